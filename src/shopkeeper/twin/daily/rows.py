"""Collects what became true, holds back what is dated in the future, and makes Arrow tables of it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

import numpy as np
import pyarrow as pa

from shopkeeper.twin.daily.later import Frame, Later, length
from shopkeeper.twin.draws import Array
from shopkeeper.twin.fields import MOMENT, Field
from shopkeeper.twin.records import RECORDS

DAY = 86_400
_EPOCH = dt.date(1970, 1, 1)
NONE = np.int64(-(2**62))  # an empty number, in columns that may be empty


class Rows:
    """Rows of every record since the last time they were asked for.

    Frames hold seconds of the world for moments, day numbers for days and positions for codes; `table` turns them into
    the record's own types. A future row is kept back until its day.
    """

    def __init__(self, start: dt.date, wanted: frozenset[str] | None = None) -> None:
        self.start = start
        self._wanted = wanted
        self._now: dict[str, list[Frame]] = defaultdict(list)
        self._later: dict[str, Later] = defaultdict(Later)
        self._day = 0

    def wants(self, record: str) -> bool:
        """Whether anybody will ask for this record."""
        return self._wanted is None or record in self._wanted

    def add(self, record: str, frame: Frame, at: Array | None = None) -> None:
        """Take rows; `at` is the second of the world at which each becomes true, None = now."""
        if not self.wants(record) or length(frame) == 0:
            return
        frame = {field.name: frame[field.name] for field in RECORDS[record].fields}
        if at is None:
            self._now[record].append(frame)
            return
        days = at // DAY
        future = days > self._day
        if not future.any():
            self._now[record].append(frame)
            return
        self._now[record].append({n: c[~future] for n, c in frame.items()})
        self._later[record].put(days[future], {n: c[future] for n, c in frame.items()})

    def open_day(self, day: int) -> None:
        """Let through what was held back for this day."""
        self._day = day
        for record in list(self._later):
            frame = self._later[record].take(day)
            if frame:
                self._now[record].append(frame)

    def take(self) -> dict[str, pa.Table]:
        """Arrow tables of all wanted records; the rows are then let go."""
        tables = {name: self._table(name) for name in RECORDS if self.wants(name)}
        self._now.clear()
        return tables

    def _table(self, name: str) -> pa.Table:
        record = RECORDS[name]
        frames = [f for f in self._now.get(name, []) if length(f)]
        if not frames:
            return record.schema.empty_table()
        columns = []
        for field in record.fields:
            values: Array = np.concatenate([np.asarray(f[field.name]) for f in frames])
            columns.append(arrow_column(field, values, self.start))
        return pa.Table.from_arrays(columns, schema=record.schema)


def arrow_column(field: Field, values: Array, start: dt.date) -> pa.Array:
    """One column of a frame as its record's type."""
    empty = _emptiness(field, values)
    if field.codes:
        positions = np.where(empty, 0, values).astype(np.int8) if empty is not None else values.astype(np.int8)
        places = pa.array(positions, mask=empty)
        return pa.DictionaryArray.from_arrays(places, pa.array(field.codes, pa.string()))
    if field.type == MOMENT:
        offset = (start - _EPOCH).days * DAY - 8 * 3600
        return pa.array(_filled(values, empty).astype(np.int64) + offset, mask=empty).cast(MOMENT)
    if field.type == pa.date32():
        offset = (start - _EPOCH).days
        return pa.array((_filled(values, empty) + offset).astype(np.int32), mask=empty).cast(pa.date32())
    if field.type == pa.string():
        return pa.array(values, pa.string())
    return pa.array(_filled(values, empty), mask=empty).cast(field.type)


def _emptiness(field: Field, values: Array) -> Array | None:
    if not field.nullable or values.dtype == object:
        return None
    empty = values == NONE if values.dtype != np.float64 else np.isnan(values)
    return empty if bool(empty.any()) else None


def _filled(values: Array, empty: Array | None) -> Array:
    return values if empty is None else np.where(empty, 0, values)


def texts(values: list[Any]) -> Array:
    """Words as a column of a frame; None = empty."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
