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
from shopkeeper.kpi.compiler import FactPlan, level_table, period_start, with_counts
from shopkeeper.warehouse.engines.dialect import Dialect, compiled

if TYPE_CHECKING:
    import ibis.expr.types as ir

WINDOW_DAYS = (30, 90, 365)
RETENTION_DAYS = (7, 30)


def _period_after(start: ir.Value, grain: Grain) -> ir.Value:
    import ibis

    step = {"day": "days", "week": "weeks", "month": "months", "quarter": "quarters", "year": "years"}[grain]
    return _as_date(start + ibis.interval(**{step: 1}))


def _as_date(moment: ir.Value) -> ir.Value:
    # Ibis takes a date moved by an interval for a date, but DuckDB returns a timestamp.
    return moment.cast("timestamp").cast("date")


HISTORIES = "histories"
"""Name of the temporary relation of `histories_sql`, from which the three others finish."""


def _history_expression(plan: FactPlan, grain: Grain, dialect: Dialect) -> ir.Table:
    import ibis

    t = level_table(plan)
    t = t.filter(t.customer_id.notnull() & t.paid_day.notnull())
    # A buyer's days as one sorted list: its neighbours are found without sorting all days of all buyers.
    t = t.group_by([*plan.by, "customer_id"]).aggregate(days=t.paid_day.collect(distinct=True))
    t = t.select(*plan.by, buyer=_buyer(plan, t, dialect), days=t.days.sort())
    earlier = ibis.array([ibis.null("date")]).concat(t.days[:-1])
    t = t.select(*plan.by, "buyer", day=t.days.unnest(), previous=earlier.unnest(), next=t.days[1:].unnest())
    return t.mutate(period=period_start(t.day, grain))


def _buyer(plan: FactPlan, t: ir.Table, dialect: Dialect) -> ir.Value:
    """A key of a buyer in its slice: a number is looked up sooner than names are."""
    import ibis

    if dialect == "duckdb":
        return ibis.row_number().over(ibis.window())
    # To number the rows of a cluster, all of them would have to come to one machine.
    return ibis.struct({name: t[name] for name in (*plan.by, "customer_id")})


@functools.lru_cache(maxsize=256)
def histories_sql(plan: FactPlan, grain: Grain, dialect: Dialect = "duckdb") -> str:
    """One row a slice, buyer and paid day, with the buyer's previous and next paid day and their periods."""
    return compiled(_history_expression(plan, grain, dialect), dialect)


def _histories(plan: FactPlan, grain: Grain, dialect: Dialect) -> ir.Table:
    import ibis

    return ibis.table(_history_expression(plan, grain, dialect).schema(), name=HISTORIES)


def _opening(plan: FactPlan, grain: Grain, start: dt.date, end: dt.date, dialect: Dialect) -> ir.Table:
    import ibis

    t = _histories(plan, grain, dialect)
    t = t.filter((t.period >= ibis.literal(start)) & (t.period < ibis.literal(end)))
    return t.filter(t.previous.isnull() | (t.previous < t.period))


@functools.lru_cache(maxsize=256)
def openings_sql(
    plan: FactPlan, grain: Grain, start: dt.date, end: dt.date, last_day: dt.date, dialect: Dialect = "duckdb"
) -> str:
    """New, first-ever and returning buyers, and retention on exactly day 7 and day 30, by period and slice."""
    import ibis

    t = _opening(plan, grain, start, end, dialect)
    year_ago = _as_date(t.day - ibis.interval(days=365))
    before = period_start(_as_date(t.period - ibis.interval(days=1)), grain)
    aggregates: dict[str, ir.Value] = {
        "openings": t.count(),
        "new_buyers": (t.previous.isnull() | (t.previous < year_ago)).sum(),
        "first_buyers": t.previous.isnull().sum(),
        "returning": (t.previous >= before).fill_null(False).sum(),
    }
    for n in RETENTION_DAYS:
        aggregates[f"cohort_{n}"] = (t.day <= ibis.literal(last_day - dt.timedelta(days=n))).sum()
    found = t.group_by(["period", *plan.by]).aggregate(**aggregates)
    return compiled(with_counts(found, _retention(plan, grain, t, dialect), plan), dialect)


def _retention(plan: FactPlan, grain: Grain, opening: ir.Table, dialect: Dialect) -> ir.Table:
    """Buyers of each opening who paid again on exactly day 7 and day 30: one look-up a buyer and day that is due."""
    import ibis

    due = [
        opening.select(
            "period", *plan.by, "buyer", after=ibis.literal(n), due=_as_date(opening.day + ibis.interval(days=n))
        )
        for n in RETENTION_DAYS
    ]
    days = _histories(plan, grain, dialect).select(came="buyer", on="day")
    hopes = ibis.union(*due)
    met = hopes.semi_join(days, [hopes.buyer == days.came, hopes.due == days.on])
    return met.group_by(["period", *plan.by]).aggregate(
        **{f"active_{n}": (met.after == n).sum() for n in RETENTION_DAYS}
    )


@functools.lru_cache(maxsize=256)
def spells_sql(
    plan: FactPlan, grain: Grain, start: dt.date, end: dt.date, last_day: dt.date, dialect: Dialect = "duckdb"
) -> str:
    """Spells by length in days, completed or still waiting, with their number: three parallel lists a period and slice."""
    import ibis

    t = _opening(plan, grain, start, end, dialect)
    t = t.mutate(
        happened=t.next.notnull(), duration_days=t.next.fill_null(ibis.literal(last_day)).delta(t.day, unit="day")
    )
    t = t.group_by(["period", *plan.by, "happened", "duration_days"]).aggregate(spells=t.count())
    lists = t.group_by(["period", *plan.by]).aggregate(
        duration_days=t.duration_days.collect(), happened=t.happened.collect(), spells=t.spells.collect()
    )
    return compiled(lists, dialect)


@functools.lru_cache(maxsize=256)
def windows_sql(
    plan: FactPlan, grain: Grain, start: dt.date, end: dt.date, last_day: dt.date, dialect: Dialect = "duckdb"
) -> str:
    """Buyers, and buyers with two paid days, within the last 30, 90 and 365 days of each period, by period and slice."""
    import ibis

    t = _histories(plan, grain, dialect)
    t = t.filter(t.next.isnull() | (period_start(t.next, grain) > t.period))
    t = t.select(*plan.by, "day", "previous", "next", row_period=t.period)
    starts = [p.start for p in periods_between(start, min(end, last_day + dt.timedelta(days=1)), grain)]
    ends = ibis.array([ibis.literal(day) for day in starts]).unnest().name("period").as_table()
    ends = ends.mutate(after=_period_after(ends.period, grain))
    final_day = _as_date(ends.after - ibis.interval(days=1))
    ends = ends.mutate(final_day=ibis.least(final_day, ibis.literal(last_day)))
    ends = ends.mutate(**{f"since_{n}": _as_date(ends.final_day - ibis.interval(days=n)) for n in WINDOW_DAYS})
    t = t.join(ends, [ends.period >= t.row_period, t.next.isnull() | (ends.after <= t.next)])
    aggregates: dict[str, ir.Value] = {}
    for n in WINDOW_DAYS:
        since = t[f"since_{n}"]
        aggregates[f"buyers_{n}"] = (t.day > since).sum()
        aggregates[f"repeat_{n}"] = (t.previous > since).fill_null(False).sum()
    found = t.group_by(["period", *plan.by]).aggregate(**aggregates)
    return compiled(found.filter(found[f"buyers_{WINDOW_DAYS[-1]}"] > 0), dialect)
