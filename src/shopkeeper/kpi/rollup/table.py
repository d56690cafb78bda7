"""One table of a roll-up: rows of (period, slice, figures), sorted by both, with the rows of a period found at once."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

PERIOD = "period"


@dataclass(frozen=True)
class RolledTable:
    """Figures by period and slice. Column `period` and the slice's, if any, come first and sort the rows."""

    data: pa.Table

    @classmethod
    def sorted(cls, data: pa.Table, keys: Sequence[str]) -> RolledTable:
        """Rows in the order of their keys, as one chunk."""
        order = [(key, "ascending") for key in keys]
        return cls(data.take(pc.sort_indices(data, sort_keys=order)).combine_chunks())

    @functools.cached_property
    def spans(self) -> dict[dt.date, tuple[int, int]]:
        """First row and end of the rows of every period."""
        return {period: span for (period, _), span in self.groups("").items()}

    def groups(self, cut: str) -> dict[tuple[dt.date, str | None], tuple[int, int]]:
        """First row and end of the rows of every period and slice; of every period, and None, without a cut."""
        if cut not in self._groups:
            periods = self.data[PERIOD].combine_chunks()
            codes = [pc.cast(periods, pa.int32()).to_numpy()]
            if cut:
                encoded = pc.dictionary_encode(self.data[cut].combine_chunks(), null_encoding="encode")
                codes.append(encoded.indices.to_numpy(zero_copy_only=False))
            changes = np.zeros(len(periods), dtype=bool)
            changes[:1] = True
            for code in codes:
                changes[1:] |= code[1:] != code[:-1]
            begins = np.flatnonzero(changes)
            ends = [*begins[1:].tolist(), len(periods)][: len(begins)]
            starts = periods.take(pa.array(begins)).to_pylist()
            values = self.data[cut].take(pa.array(begins)).to_pylist() if cut else [None] * len(starts)
            spans = zip(begins.tolist(), ends, strict=True)
            self._groups[cut] = dict(zip(zip(starts, values, strict=True), spans, strict=True))
        return self._groups[cut]

    @functools.cached_property
    def _groups(self) -> dict[str, dict[tuple[dt.date, str | None], tuple[int, int]]]:
        return {}

    def numbers(self, name: str) -> NDArray[np.int64]:
        """A column of whole numbers, or of yes and no."""
        values: NDArray[np.int64] = self.data[name].combine_chunks().to_numpy(zero_copy_only=False)
        return values

    def column(self, name: str) -> list[Any]:
        """A column as Python values; turned once."""
        kept = self._columns.get(name)
        if kept is None:
            values = self.data[name]
            if pa.types.is_decimal(values.type) and values.type.scale == 0:
                values = pc.cast(values, pa.int64())  # the engine's sums of counts, which are no money
            kept = self._columns[name] = values.to_pylist()
        return kept

    @functools.cached_property
    def _columns(self) -> dict[str, list[Any]]:
        return {}


def summed(parts: Sequence[tuple[pa.Table, int]], keys: Sequence[str]) -> pa.Table:
    """Counts of several tables with the same columns, added with a sign; rows whose counts are all 0 are gone."""
    like = parts[0][0].schema
    names = [name for name in like.names if name not in keys]
    signed = []
    for table, sign in parts:
        columns = [
            table[name] if name in keys else pc.multiply(pc.cast(table[name], pa.int64()), pa.scalar(sign, pa.int64()))
            for name in like.names
        ]
        signed.append(pa.table(columns, names=like.names))
    whole = pa.concat_tables(signed, promote_options="permissive")
    grouped = whole.group_by(list(keys)).aggregate([(name, "sum") for name in names])
    grouped = grouped.select([*keys, *(f"{name}_sum" for name in names)]).rename_columns([*keys, *names])
    some = functools.reduce(pc.or_, [pc.not_equal(grouped[name], 0) for name in names])
    return grouped.filter(some)
