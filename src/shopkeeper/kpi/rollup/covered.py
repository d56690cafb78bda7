"""Data coverage, kept: how many required tables had rows, by day and platform; longer periods are sums of days."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa

from shopkeeper.kpi.coverage import coverage_sql
from shopkeeper.kpi.rollup.facts import outside, runs_of
from shopkeeper.kpi.rollup.table import PERIOD, RolledTable
from shopkeeper.warehouse.lake import Lake

COVERED = "covered"
_KEYS = (PERIOD, "platform_id")
_DAY = dt.timedelta(days=1)


def made(lake: Lake, required: tuple[str, ...], days: tuple[dt.date, dt.date]) -> RolledTable:
    """Cells from the data's first day to its last."""
    return RolledTable.sorted(_counted(lake, required, days[0], days[1] + _DAY), _KEYS)


def mended(
    lake: Lake, required: tuple[str, ...], kept: RolledTable, touched: set[dt.date] | None,
    before: tuple[dt.date, dt.date], days: tuple[dt.date, dt.date],
) -> RolledTable:  # fmt: skip
    """Cells of the touched days, and of those that the data's first and last day have moved over, counted anew."""
    if touched is None:
        return made(lake, required, days)
    moved = [*_between(before[0], days[0]), *_between(before[1] + _DAY, days[1] + _DAY)]
    runs = runs_of([*touched, *moved], "day")
    parts = [kept.data.filter(outside(kept.data, runs))] if runs else [kept.data]
    for start, end in runs:
        low, high = max(start, days[0]), min(end, days[1] + _DAY)
        if low < high:
            parts.append(_counted(lake, required, low, high).cast(kept.data.schema))
    return RolledTable.sorted(pa.concat_tables(parts), _KEYS)


def _between(a: dt.date, b: dt.date) -> list[dt.date]:
    low, high = min(a, b), max(a, b)
    return [low + n * _DAY for n in range((high - low).days)]


def _counted(lake: Lake, required: tuple[str, ...], start: dt.date, end: dt.date) -> pa.Table:
    sql = coverage_sql(required, "day", start, end)
    return lake.query(f"SELECT * FROM ({sql}) AS cells({', '.join(_KEYS)}, fresh)").to_arrow_table()
