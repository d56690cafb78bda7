"""Sums and distinct counts of every period and slice of one fact, on each of its day axes: all of them, or some periods anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from shopkeeper.core.period import Grain, Period
from shopkeeper.kpi.compiler import HISTORIES, FactPlan
from shopkeeper.kpi.rollup import dated
from shopkeeper.kpi.rollup.table import PERIOD, RolledTable
from shopkeeper.warehouse.lake import Lake

FIRST, END = dt.date(1900, 1, 1), dt.date(2200, 1, 1)
"""Days that every fact lies between."""


def table_name(fact: str, axis: str) -> str:
    """What the table of one axis is called."""
    return f"{fact}.{axis}"


def axes_of(plan: FactPlan) -> tuple[str, ...]:
    """Day axes that some measure is counted on."""
    return tuple(axis for axis in plan.axes() if any(m.day == axis for m in plan.declared()))


def scanned(lake: Lake, plan: FactPlan) -> None:
    """Leave the plan's level and its buyers' days, for any number of finishing queries."""
    if plan.measures:
        lake.query(f"CREATE OR REPLACE TEMP TABLE {plan.level} AS {dated.scan_sql(plan)}")
    if plan.with_buyers:
        lake.query(f"CREATE OR REPLACE TEMP TABLE {plan.buyer_days} AS {dated.buyer_days_sql(plan)}")
    if plan.with_profits:
        lake.query(f"CREATE OR REPLACE TEMP TABLE {plan.profits} AS {dated.profits_sql(plan)}")


def finished(lake: Lake, plan: FactPlan, grain: Grain, start: dt.date, end: dt.date) -> dict[str, pa.Table]:
    """Every axis' rows of the periods between two days, from what `scanned` and `with_histories` left."""
    return {
        table_name(plan.fact, axis): lake.query(
            dated.finish_sql(plan, axis, grain, start, end)
        ).to_arrow_table()
        for axis in axes_of(plan)
    }  # fmt: skip


def with_histories(lake: Lake, plan: FactPlan, grain: Grain) -> None:
    """Leave the histories of the buyers whose days are there, for queries of one grain."""
    lake.query(f"CREATE OR REPLACE TEMP TABLE {HISTORIES} AS {dated.histories_sql(plan, grain)}")


def whole(plan: FactPlan) -> FactPlan:
    """The plan over all days."""
    return replace(plan, first_day=FIRST, end_day=END)


def runs_of(days: Iterable[dt.date], grain: Grain) -> list[tuple[dt.date, dt.date]]:
    """Touched periods that follow one another, each run as its first day and the day after it.

    >>> [str(d) for d in runs_of([dt.date(2017, 3, 1), dt.date(2017, 2, 1)], "month")[0]]
    ['2017-02-01', '2017-04-01']
    """
    runs: list[tuple[dt.date, dt.date]] = []
    for period in sorted({Period.containing(day, grain) for day in days}, key=lambda p: p.start):
        if runs and runs[-1][1] == period.start:
            runs[-1] = (runs[-1][0], period.end)
        else:
            runs.append((period.start, period.end))
    return runs


def mended(
    lake: Lake, plan: FactPlan, grains: Sequence[Grain], days: Iterable[dt.date],
    tables: dict[Grain, dict[str, RolledTable]], keys: Sequence[str],
) -> None:  # fmt: skip
    """Put the rows of the touched periods into each grain's tables in place of what they were."""
    touched = set(days)
    for grain in grains:
        runs = runs_of(touched, grain)
        fresh: dict[str, list[pa.Table]] = {}
        for start, end in runs:
            for part in by_axis(replace(plan, first_day=start, end_day=end)):
                scanned(lake, part)
                if part.with_buyers:
                    with_histories(lake, part, grain)
                for name, rows in finished(lake, part, grain, start, end).items():
                    fresh.setdefault(name, []).append(rows)
        for name, parts in fresh.items():
            old = tables[grain][name].data
            kept = old.filter(outside(old, runs))
            tables[grain][name] = RolledTable.sorted(
                pa.concat_tables([kept, *(p.cast(old.schema) for p in parts)]), keys
            )


def by_axis(plan: FactPlan) -> list[FactPlan]:
    """The plan one day axis at a time: days of one column leave most files unread, days of either of two do not."""
    parts = []
    for axis in axes_of(plan):
        measures = tuple(m.id for m in plan.declared() if m.day == axis)
        parts.append(
            replace(plan, measures=measures, with_buyers=plan.with_buyers and axis == "paid_day", with_profits=False)
        )
    return parts


def outside(table: pa.Table, runs: Sequence[tuple[dt.date, dt.date]]) -> pa.ChunkedArray:
    """Whether a row's period is in none of the runs."""
    column = table[PERIOD]
    inside = None
    for start, end in runs:
        of_run = pc.and_(
            pc.greater_equal(column, pa.scalar(start, pa.date32())), pc.less(column, pa.scalar(end, pa.date32()))
        )
        inside = of_run if inside is None else pc.or_(inside, of_run)
    return pc.invert(inside)
