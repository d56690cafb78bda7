"""Buyers' purchase histories: repurchase, retention and returning, from the days on which each buyer paid.

From the buyers' days, one row a (slice, buyer, paid day) with the buyer's previous and next paid day:

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

from shopkeeper.core.period import Grain, Period, periods_between
from shopkeeper.kpi.compiler import (
    FactPlan,
    buyer_days_sql,
    histories_expression,
    histories_table,
    period_start,
    with_counts,
)
from shopkeeper.kpi.profits import realised
from shopkeeper.warehouse.engines.dialect import Dialect, compiled

if TYPE_CHECKING:
    import ibis.expr.types as ir

WINDOW_DAYS = (30, 90, 365)
RETENTION_DAYS = (7, 30)
WINDOW_COUNTS = tuple(f"{kind}_{n}" for kind in ("buyers", "repeat") for n in WINDOW_DAYS)


def _as_date(moment: ir.Value) -> ir.Value:
    # Ibis takes a date moved by an interval for a date, but DuckDB returns a timestamp.
    return moment.cast("timestamp").cast("date")


@functools.lru_cache(maxsize=256)
def histories_sql(plan: FactPlan, grain: Grain, dialect: Dialect = "duckdb") -> str:
    """One row a slice, buyer and paid day, with the buyer's previous and next paid day and their periods."""
    return compiled(histories_expression(plan, grain), dialect)


@functools.lru_cache(maxsize=256)
def whole_histories_sql(plan: FactPlan, grain: Grain, dialect: Dialect = "duckdb") -> str:
    """As `histories_sql`, with the buyers' days made on the way: for one who needs them only once."""
    days, histories = buyer_days_sql(plan, dialect), histories_sql(plan, grain, dialect)
    return f"WITH {plan.buyer_days} AS (\n{days}\n)\nSELECT * FROM (\n{histories}\n)"


def _opening(plan: FactPlan, grain: Grain, start: dt.date, end: dt.date) -> ir.Table:
    import ibis

    t = histories_table(plan, grain)
    t = t.filter((t.period >= ibis.literal(start)) & (t.period < ibis.literal(end)))
    return t.filter(t.previous.isnull() | (t.previous < t.period))


@functools.lru_cache(maxsize=256)
def openings_sql(
    plan: FactPlan, grain: Grain, start: dt.date, end: dt.date, last_day: dt.date, dialect: Dialect = "duckdb"
) -> str:
    """New, first-ever and returning buyers, retention on exactly day 7 and 30, and what new ones left, by period and slice."""
    import ibis

    t = _opening(plan, grain, start, end)
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
    found = with_counts(found, _retention(plan, grain, t), plan)
    if plan.with_profits:
        new = t.filter(t.previous.isnull() | (t.previous < year_ago))
        found = with_counts(found, realised(plan, new), plan)
    return compiled(found, dialect)


def _retention(plan: FactPlan, grain: Grain, opening: ir.Table) -> ir.Table:
    """Buyers of each opening who paid again on exactly day 7 and day 30.

    Whose next paid day is that day has; whose next one is later has not. Only those who paid in between are looked up.
    """
    import ibis

    hopes = []
    for n in RETENTION_DAYS:
        due = _as_date(opening.day + ibis.interval(days=n))
        hopes.append(
            opening.filter(opening.next <= due).select(
                "period", *plan.by, "buyer", "next", after=ibis.literal(n), due=due
            )
        )
    hope = ibis.union(*hopes)
    days = histories_table(plan, grain)
    days = days.filter(days.previous.notnull())
    days = days.select(came="buyer", on="day", **{f"its_{name}": days[name] for name in plan.by})
    asked = hope.filter(hope.next < hope.due)
    same = [asked[name].identical_to(days[f"its_{name}"]) for name in plan.by]
    late = asked.semi_join(days, [asked.buyer == days.came, asked.due == days.on, *same])
    met = hope.filter(hope.next == hope.due).union(late)
    return met.group_by(["period", *plan.by]).aggregate(
        **{f"active_{n}": (met.after == n).sum() for n in RETENTION_DAYS}
    )


@functools.lru_cache(maxsize=256)
def spells_sql(
    plan: FactPlan, grain: Grain, start: dt.date, end: dt.date, last_day: dt.date, dialect: Dialect = "duckdb"
) -> str:
    """Spells by length in days, completed or still waiting, with their number: three parallel lists a period and slice."""
    import ibis

    t = _opening(plan, grain, start, end)
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
    """Buyers, and buyers with two paid days, within the last 30, 90 and 365 days of each period, by period and slice.

    The period of the last day ends on it; each other one on its own last day. A row counts in every period from its own up
    to where it is too old or the buyer's next one begins: so it is counted once where it comes in and once where it goes,
    and the running sum of both is each period's figure.
    """
    t = histories_table(plan, grain)
    t = t.filter(t.next.isnull() | (period_start(t.next, grain) > t.period))
    current = Period.containing(last_day, grain)
    parts = []
    if start < min(end, current.start):
        ended = (start, min(end, current.start))
        parts.append(_whole_windows(plan, grain, t, [p.start for p in periods_between(*ended, grain)], *ended))
    if start <= current.start < end:
        parts.append(_last_windows(plan, t, current.start, last_day))
    found = parts[0].union(*parts[1:]) if len(parts) > 1 else parts[0]
    return compiled(found.filter(found[f"buyers_{WINDOW_DAYS[-1]}"] > 0), dialect)


@functools.lru_cache(maxsize=64)
def whole_windows_sql(plan: FactPlan, grain: Grain, starts: tuple[dt.date, ...], start: dt.date, end: dt.date) -> str:
    """As `windows_sql`, of periods that are over and begin on given days."""
    t = histories_table(plan, grain)
    t = t.filter(t.next.isnull() | (period_start(t.next, grain) > t.period))
    found = _whole_windows(plan, grain, t, list(starts), start, end)
    return compiled(found.filter(found[f"buyers_{WINDOW_DAYS[-1]}"] > 0), "duckdb")


def _windows_of(t: ir.Table) -> dict[str, tuple[ir.Value, int]]:
    """Each window count: the day that must be recent enough, and how many days that is."""
    days = [(day, n) for day in (t.day, t.previous) for n in WINDOW_DAYS]
    return dict(zip(WINDOW_COUNTS, days, strict=True))


def _last_windows(plan: FactPlan, t: ir.Table, period: dt.date, last_day: dt.date) -> ir.Table:
    """Windows that end on the last day of the data: of rows that no later one has replaced."""
    import ibis

    t = t.filter(t.next.isnull())
    counts = {
        name: (day > ibis.literal(last_day - dt.timedelta(days=n))).fill_null(False).cast("int64").sum()
        for name, (day, n) in _windows_of(t).items()
    }
    found = t.mutate(period=ibis.literal(period)).group_by(["period", *plan.by]).aggregate(**counts)
    return found.select("period", *plan.by, *(found[name].cast("int64").name(name) for name in counts))


def _whole_windows(
    plan: FactPlan, grain: Grain, t: ir.Table, starts: list[dt.date], start: dt.date, end: dt.date
) -> ir.Table:  # fmt: skip
    import ibis

    spans = _spans(plan, grain, t)
    came = spans.select("period", *plan.by, "window", moved="rows")
    gone = spans.select(*plan.by, "window", period="until", moved=-spans.rows).select(came.columns)
    moves = came.union(gone)
    totals = {
        name: moves.moved.sum(where=moves.window == number).fill_null(0) for number, name in enumerate(WINDOW_COUNTS)
    }
    change = _counts(moves.group_by(["period", *plan.by]).aggregate(**totals), plan, WINDOW_COUNTS)
    spine = ibis.array([ibis.literal(day) for day in starts]).unnest().name("period").as_table()
    spine = spine.cross_join(change.select(*plan.by).distinct()) if plan.by else spine
    still = _counts(spine.mutate(**{name: ibis.literal(0) for name in WINDOW_COUNTS}), plan, WINDOW_COUNTS)
    change = change.union(still)
    change = change.group_by(["period", *plan.by]).aggregate(**{n: change[n].sum() for n in WINDOW_COUNTS})
    so_far = ibis.window(group_by=list(plan.by), order_by="period", preceding=None, following=0)
    sums = {name: change[name].sum().over(so_far).cast("int64") for name in WINDOW_COUNTS}
    found = change.select("period", *plan.by, **sums)
    return found.filter((found.period >= ibis.literal(start)) & (found.period < ibis.literal(end)))


def _spans(plan: FactPlan, grain: Grain, t: ir.Table) -> ir.Table:
    """From which period on and until which one rows count in each window, and how many do: rows of equal days together.

    Without a day that counts, as without a second purchase, a row never comes in.
    """
    import ibis

    counted = []
    for kind, name in enumerate(("day", "previous")):
        known = t.filter(t[name].notnull()).mutate(since=t[name], replaced=period_start(t.next, grain))
        known = known.group_by(["period", *plan.by, "since", "replaced"]).aggregate(rows=known.count())
        for number, days in enumerate(WINDOW_DAYS):
            over = period_start(_as_date(known.since + ibis.interval(days=days)), grain)
            until = ibis.least(over, known.replaced)
            window = ibis.literal(kind * len(WINDOW_DAYS) + number, type="int64")
            counted.append(known.select("period", *plan.by, "rows", until=until, window=window))
    spans = counted[0].union(*counted[1:])
    return spans.filter(spans.until > spans.period)


def _counts(t: ir.Table, plan: FactPlan, names: tuple[str, ...]) -> ir.Table:
    return t.select("period", *plan.by, *(t[name].cast("int64").name(name) for name in names))
