"""One table of a roll-up: rows of (period, slice, figures), sorted by both, with the rows of a period found at once."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

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
        found: dict[dt.date, tuple[int, int]] = {}
        encoded = pc.run_end_encode(self.data[PERIOD].combine_chunks())
        begin = 0
        for period, end in zip(encoded.values.to_pylist(), encoded.run_ends.to_pylist(), strict=True):
            found[period] = (begin, end)
            begin = end
        return found

    def column(self, name: str) -> list[Any]:
        """A column as Python values; turned once."""
        kept = self._columns.get(name)
        if kept is None:
            kept = self._columns[name] = self.data[name].to_pylist()
        return kept

    @functools.cached_property
    def _columns(self) -> dict[str, list[Any]]:
        return {}

    def without_periods(self, periods: Iterable[dt.date]) -> pa.Table:
        """Rows of all other periods."""
        values = pa.array(sorted(periods), pa.date32())
        return self.data.filter(pc.invert(pc.is_in(self.data[PERIOD], values)))


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
