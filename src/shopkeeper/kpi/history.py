"""Buyers' purchase histories: repurchase, retention and returning, from the days on which each buyer paid.

From the scan's level, one row a (slice, buyer, paid day) with the buyer's previous and next paid day:

    buyer  day         previous    next
    Li     2017-03-01  –           2017-03-09
    Li     2017-03-09  2017-03-01  –

- `opening` rows are a buyer's first paid day in each period: the origin of its spell, its retention cohort.
- A row is the buyer's *last* paid day as of every period end from its own period up to the one before `next`; there
  `day` and `previous` tell whether the buyer bought once or twice within the last N days. So each buyer counts once a
  period without joining every period to every purchase.
"""

from __future__ import annotations

import datetime as dt
import functools
from typing import TYPE_CHECKING

from shopkeeper.core.period import Grain, periods_between
from shopkeeper.kpi.compiler import FactPlan, level_table, period_start, to_sql

if TYPE_CHECKING:
    import ibis.expr.types as ir

WINDOW_DAYS = (30, 90, 365)
RETENTION_DAYS = (7, 30)


def _period_after(start: ir.Value, grain: Grain) -> ir.Value:
    import ibis

    step = {"day": "days", "week": "weeks", "month": "months", "quarter": "quarters", "year": "years"}[grain]
    return (start + ibis.interval(**{step: 1})).cast("date")


def _paid_days(plan: FactPlan) -> ir.Table:
    t = level_table(plan)
    t = t.filter(t.customer_id.notnull() & t.paid_day.notnull())
    return t.select(*plan.by, "customer_id", day=t.paid_day).distinct()


HISTORIES = "histories"
"""Name of the temporary relation of `histories_sql`, from which the three others finish."""


def _history_expression(plan: FactPlan, grain: Grain) -> ir.Table:
    import ibis

    days = _paid_days(plan)
    own = ibis.window(group_by=[*plan.by, "customer_id"], order_by="day")
    t = days.mutate(previous=days.day.lag().over(own), next=days.day.lead().over(own))
    return t.mutate(
        period=period_start(t.day, grain),
        previous_period=period_start(t.previous, grain),
        next_period=period_start(t.next, grain),
    )


@functools.lru_cache(maxsize=256)
def histories_sql(plan: FactPlan, grain: Grain) -> str:
    """One row a slice, buyer and paid day, with the buyer's previous and next paid day and their periods."""
    return to_sql(_history_expression(plan, grain))


def _histories(plan: FactPlan, grain: Grain) -> ir.Table:
    import ibis

    return ibis.table(_history_expression(plan, grain).schema(), name=HISTORIES)


def _opening(plan: FactPlan, grain: Grain, start: dt.date, end: dt.date) -> ir.Table:
    import ibis

    t = _histories(plan, grain)
    t = t.filter((t.period >= ibis.literal(start)) & (t.period < ibis.literal(end)))
    return t.filter(t.previous_period.isnull() | (t.previous_period < t.period))


@functools.lru_cache(maxsize=256)
def openings_sql(plan: FactPlan, grain: Grain, start: dt.date, end: dt.date, last_day: dt.date) -> str:
    """New, first-ever and returning buyers, and retention on exactly day 7 and day 30, by period and slice."""
    import ibis

    t = _opening(plan, grain, start, end)
    last = ibis.literal(last_day)
    days = _histories(plan, grain)
    for n in RETENTION_DAYS:
        later = days.select(
            **{f"{name}_{n}": days[name] for name in (*plan.by, "customer_id")},
            **{f"seen_{n}": (days.day - ibis.interval(days=n)).cast("date")},
        )
        same = [t[name].identical_to(later[f"{name}_{n}"]) for name in plan.by]
        t = t.left_join(later, [t.customer_id == later[f"customer_id_{n}"], t.day == later[f"seen_{n}"], *same])
    year_ago = (t.day - ibis.interval(days=365)).cast("date")
    before = period_start((t.period - ibis.interval(days=1)).cast("date"), grain)
    aggregates: dict[str, ir.Value] = {
        "openings": t.count(),
        "new_buyers": (t.previous.isnull() | (t.previous < year_ago)).sum(),
        "first_buyers": t.previous.isnull().sum(),
        "returning": (t.previous_period == before).fill_null(False).sum(),
    }
    for n in RETENTION_DAYS:
        observed = (t.day + ibis.interval(days=n)).cast("date") <= last
        aggregates[f"cohort_{n}"] = observed.sum()
        aggregates[f"active_{n}"] = (observed & t[f"seen_{n}"].notnull()).sum()
    return to_sql(t.group_by(["period", *plan.by]).aggregate(**aggregates))


@functools.lru_cache(maxsize=256)
def spells_sql(plan: FactPlan, grain: Grain, start: dt.date, end: dt.date, last_day: dt.date) -> str:
    """Spells by length in days, completed or still waiting, with their number: three parallel lists a period and slice."""
    import ibis

    t = _opening(plan, grain, start, end)
    t = t.mutate(
        happened=t.next.notnull(), duration_days=t.next.fill_null(ibis.literal(last_day)).delta(t.day, unit="day")
    )
    t = t.group_by(["period", *plan.by, "happened", "duration_days"]).aggregate(spells=t.count())
    return to_sql(
        t.group_by(["period", *plan.by]).aggregate(
            duration_days=t.duration_days.collect(), happened=t.happened.collect(), spells=t.spells.collect()
        )
    )


@functools.lru_cache(maxsize=256)
def windows_sql(plan: FactPlan, grain: Grain, start: dt.date, end: dt.date, last_day: dt.date) -> str:
    """Buyers, and buyers with two paid days, within the last 30, 90 and 365 days of each period, by period and slice."""
    import ibis

    t = _histories(plan, grain)
    t = t.filter(t.next_period.isnull() | (t.next_period > t.period))
    t = t.select(*plan.by, "day", "previous", row_period=t.period, until=t.next_period)
    starts = [p.start for p in periods_between(start, min(end, last_day + dt.timedelta(days=1)), grain)]
    ends = ibis.array([ibis.literal(day) for day in starts]).unnest().name("period").as_table()
    final_day = (_period_after(ends.period, grain) - ibis.interval(days=1)).cast("date")
    ends = ends.mutate(final_day=ibis.least(final_day, ibis.literal(last_day)))
    t = t.join(ends, [ends.period >= t.row_period, t.until.isnull() | (ends.period < t.until)])
    aggregates: dict[str, ir.Value] = {}
    for n in WINDOW_DAYS:
        since = (t.final_day - ibis.interval(days=n)).cast("date")
        aggregates[f"buyers_{n}"] = (t.day > since).sum()
        aggregates[f"repeat_{n}"] = (t.previous > since).fill_null(False).sum()
    return to_sql(t.group_by(["period", *plan.by]).aggregate(**aggregates))
