"""SQL of a plan for any days: built once with days that no shop has, which are then put right in its text.

Building SQL takes longer than running it on a day's rows, and a refresh asks the same of other days every time.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from shopkeeper.core.period import Grain, periods_between
from shopkeeper.kpi import compiler, history, profits
from shopkeeper.kpi.compiler import FactPlan

_SCAN = (dt.date(1801, 2, 3), dt.date(2801, 2, 3))
_RANGE = (dt.date(1802, 2, 3), dt.date(2802, 2, 3))
_LAST = dt.date(2803, 2, 3)
_PERIOD = dt.date(1803, 2, 3)


def dateless(plan: FactPlan) -> FactPlan:
    """The plan over days that stand for any others."""
    return replace(plan, first_day=_SCAN[0], end_day=_SCAN[1])


def scan_sql(plan: FactPlan) -> str:
    """As `compiler.scan_sql`."""
    return _put_right(compiler.scan_sql(dateless(plan)), dict(zip(_SCAN, (plan.first_day, plan.end_day), strict=True)))


def buyer_days_sql(plan: FactPlan) -> str:
    """As `compiler.buyer_days_sql`."""
    sql = compiler.buyer_days_sql(dateless(plan))
    return _put_right(sql, dict(zip(_SCAN, (plan.first_day, plan.end_day), strict=True)))


def profits_sql(plan: FactPlan) -> str:
    """As `profits.profits_sql`."""
    sql = profits.profits_sql(dateless(plan))
    return _put_right(sql, dict(zip(_SCAN, (plan.first_day, plan.end_day), strict=True)))


def finish_sql(plan: FactPlan, axis: str, grain: Grain, start: dt.date, end: dt.date) -> str:
    """As `compiler.finish_sql`."""
    sql = compiler.finish_sql(dateless(plan), axis, grain, *_RANGE)
    stand_ins, days = (*_SCAN, *_RANGE), (plan.first_day, plan.end_day, start, end)
    return _put_right(sql, dict(zip(stand_ins, days, strict=True)))


def histories_sql(plan: FactPlan, grain: Grain) -> str:
    """As `history.histories_sql`, which knows no days."""
    return history.histories_sql(dateless(plan), grain)


def openings_sql(plan: FactPlan, grain: Grain, start: dt.date, end: dt.date) -> str:
    """As `history.openings_sql`, but for the cohorts: they are counted from openings by day."""
    sql = history.openings_sql(dateless(plan), grain, *_RANGE, _LAST)
    return _put_right(sql, dict(zip(_RANGE, (start, end), strict=True)))


def spells_sql(plan: FactPlan, grain: Grain, start: dt.date, end: dt.date, last_day: dt.date) -> str:
    """As `history.spells_sql`."""
    sql = history.spells_sql(dateless(plan), grain, *_RANGE, _LAST)
    return _put_right(sql, {_RANGE[0]: start, _RANGE[1]: end, _LAST: last_day})


def windows_sql(plan: FactPlan, grain: Grain, start: dt.date, end: dt.date) -> str:
    """As `history.windows_sql` of periods that are over: each ends on its own last day."""
    sql = history.whole_windows_sql(dateless(plan), grain, (_PERIOD,), *_RANGE)
    starts = ", ".join(_spelled(period.start) for period in periods_between(start, end, grain))
    return _put_right(sql.replace(_spelled(_PERIOD), starts), dict(zip(_RANGE, (start, end), strict=True)))


def _put_right(sql: str, days: dict[dt.date, dt.date]) -> str:
    for stand_in, day in days.items():
        sql = sql.replace(_spelled(stand_in), _spelled(day))
    return sql


def _spelled(day: dt.date) -> str:
    return f"MAKE_DATE({day.year}, {day.month}, {day.day})"
