"""From declared measures to SQL: one scan a fact table for all sums, one look a counted entity, small finishing queries.

The scan adds a fact's rows up by slice and day: sums of days are sums of periods. What must be counted once (order, buyer,
visitor) is counted afresh in each period, from the fact's own rows; so both are exact:

    order_lines                          scan (level)           buyer days            finish (month)
    day         order  buyer  amount     day         amount     buyer  day            month    amount  orders  buyers
    2017-03-01  1      Li     10         2017-03-01  15         Li     2017-03-01     2017-03  25      2       1
    2017-03-01  1      Li      5         2017-03-09  10         Li     2017-03-09
    2017-03-09  2      Li     10

Sums beside the entities' keys would be kept once an order: nearly as many rows as the fact has, each with every sum.
"""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, get_args

from shopkeeper.core.period import Grain
from shopkeeper.kpi.catalogue import MEASURES
from shopkeeper.kpi.definition import Measure, ShopFlag, Slice, Speaking
from shopkeeper.kpi.relation import BUYER, Reach, base, unique_in_shop
from shopkeeper.kpi.result import Filters
from shopkeeper.warehouse.engines.dialect import Dialect, compiled

if TYPE_CHECKING:
    import ibis.expr.types as ir

_TRUNCATE = {"day": "D", "week": "W", "month": "M", "quarter": "Q", "year": "Y"}


@dataclass(frozen=True)
class FactPlan:
    """What to read of one fact table. All fields are hashable, so the compiled SQL is kept.

    `persons` and `part` are as `relation.base` takes them.
    """

    fact: str
    measures: tuple[str, ...]
    by: tuple[Slice, ...]
    filters: Filters
    first_day: dt.date
    end_day: dt.date
    with_buyers: bool = False
    own: tuple[Measure, ...] = ()
    speaking: Speaking = ()
    vat_share: Decimal | None = None
    with_profits: bool = False
    profits_from: dt.date | None = None
    persons: str = ""
    part: str = ""

    @property
    def level(self) -> str:
        """Name of the temporary relation that the scan leaves: sums by slice and day."""
        return f"level_{self.fact}"

    @property
    def buyer_days(self) -> str:
        """Name of the temporary relation of `buyer_days_sql`: a row a slice, buyer and day on which the buyer paid."""
        return f"buyer_days_{self.fact}"

    @property
    def profits(self) -> str:
        """Name of the temporary relation of `profits.profits_sql`: what each buyer's orders left, by day."""
        return f"buyer_profits_{self.fact}"

    def declared(self) -> tuple[Measure, ...]:
        """The measures themselves: built-in ones by name, and `own`."""
        own = {measure.id: measure for measure in self.own}
        return tuple(own.get(name) or MEASURES[name] for name in self.measures)

    def axes(self) -> tuple[str, ...]:
        """Day columns in use, in order of first use."""
        days = dict.fromkeys(m.day for m in self.declared())
        if self.with_buyers:
            days["paid_day"] = None
        return tuple(days)


_DIMENSION_FLAGS = ("is_online", "is_direct", *get_args(ShopFlag))


def _fields(value: ir.Value) -> set[str]:
    """Names of the columns that an expression reads."""
    import ibis.expr.operations as ops

    return {field.name for field in value.op().find(ops.Field, filter=ops.Value)}


def _keys(plan: FactPlan, t: ir.Table) -> tuple[str, ...]:
    """What the scan groups by: a flag of a dimension makes hardly more groups, and conditions on it share one sum."""
    conditions = [m.where(t) for m in _summed(plan) if m.where]
    read = set().union(*(_fields(c) for c in conditions)) if conditions else set()
    flags = [name for name in _DIMENSION_FLAGS if name in read]
    return tuple(dict.fromkeys([*plan.by, *plan.axes(), *flags]))


@dataclass(frozen=True)
class _Sum:
    """A summed column of the level, and what is still to be filtered when it is finished."""

    column: str
    summed: ir.Value
    where_later: bool


def _sums(plan: FactPlan, t: ir.Table, keys: tuple[str, ...]) -> dict[str, _Sum]:
    """Each sum's column in the level. Measures that differ only in conditions on keys share one column."""
    columns: dict[object, str] = {}
    found: dict[str, _Sum] = {}
    for measure in _summed(plan):
        where = measure.where(t) if measure.where else None
        later = where is not None and _fields(where) <= set(keys)
        summed = measure.of(t).sum(where=None if later else where)
        found[measure.id] = _Sum(columns.setdefault(summed.op(), f"sum_{measure.id}"), summed, later)
    return found


def _base(
    plan: FactPlan, measures: tuple[Measure, ...], *, buyers: bool = False, reach: Reach | None = None
) -> ir.Table:  # fmt: skip
    """The fact's rows; `buyers`: those who are one person are one buyer. What is summed need not know."""
    persons = plan.persons if buyers else ""
    return base(
        plan.fact,
        measures,
        plan.by,
        plan.filters,
        plan.speaking,
        plan.vat_share,
        reach,
        persons=persons,
        part=plan.part,
    )


def _summed(plan: FactPlan) -> tuple[Measure, ...]:
    return tuple(m for m in plan.declared() if m.kind == "sum")


def _in_reach(plan: FactPlan, measures: tuple[Measure, ...], *, buyers: bool = False) -> ir.Table:
    """The fact's rows of the plan's days, on any of its axes, beside what some of its measures look at."""
    import ibis

    low, high = ibis.literal(plan.first_day), ibis.literal(plan.end_day)

    def reach(t: ir.Table) -> ir.Value:
        return functools.reduce(lambda a, b: a | b, [(t[axis] >= low) & (t[axis] < high) for axis in plan.axes()])

    return _base(plan, measures, buyers=buyers, reach=reach)


@functools.lru_cache(maxsize=256)
def scan_expression(plan: FactPlan) -> ir.Table:
    """The one scan of a fact for all its sums: grouped by slice and day."""
    t = _in_reach(plan, _summed(plan))
    keys = _keys(plan, t)
    aggregates = {s.column: s.summed for s in _sums(plan, t, keys).values()}
    return t.group_by(list(keys)).aggregate(**aggregates) if aggregates else t.select(*keys).distinct()


@functools.lru_cache(maxsize=256)
def buyer_days_expression(plan: FactPlan) -> ir.Table:
    """Each known buyer's paid days, once a slice."""
    t = _in_reach(plan, (), buyers=True)
    t = t.filter(t.customer_id.notnull() & t.paid_day.notnull())
    return t.select(*plan.by, "customer_id", "paid_day").distinct()


def _buyer_counts(plan: FactPlan, grain: Grain, measures: list[Measure], days: tuple[ir.Value, ir.Value]) -> ir.Table:
    """Buyers of each period and slice: whose first paid day in it is in the histories, counted without looking twice."""
    t = histories_table(plan, grain)
    t = t.filter((t.day >= days[0]) & (t.day < days[1]))
    t = t.filter(t.previous.isnull() | (t.previous < t.period))
    return t.group_by(["period", *plan.by]).aggregate(**{m.id: t.count() for m in measures})


HISTORIES = "histories"
"""Name of the temporary relation of `histories_expression`; `kpi/history.py` says what rests on it."""


def histories_expression(plan: FactPlan, grain: Grain) -> ir.Table:
    """One row a slice, buyer and paid day, with the buyer's previous and next paid day and the day's period."""
    import ibis

    t = ibis.table(buyer_days_expression(plan).schema(), name=plan.buyer_days)
    of_buyer = ibis.window(group_by=[*plan.by, "customer_id"], order_by="paid_day")
    t = t.select(
        *plan.by,
        buyer=t.customer_id,
        day=t.paid_day,
        previous=t.paid_day.lag().over(of_buyer),
        next=t.paid_day.lead().over(of_buyer),
    )
    return t.mutate(period=period_start(t.day, grain))


def histories_table(plan: FactPlan, grain: Grain) -> ir.Table:
    """The kept relation of `histories_expression`, to finish from."""
    import ibis

    return ibis.table(histories_expression(plan, grain).schema(), name=HISTORIES)


def level_table(plan: FactPlan) -> ir.Table:
    """The relation that the scan left, as an expression to finish from."""
    import ibis

    return ibis.table(scan_expression(plan).schema(), name=plan.level)


def period_start(day: ir.Value, grain: Grain) -> ir.Value:
    """First day of the period of a day column."""
    # Ibis takes a truncated date for a date and drops a plain cast, but DuckDB returns a timestamp.
    return day.truncate(_TRUNCATE[grain]).cast("timestamp").cast("date")


def finish_expression(plan: FactPlan, axis: str, grain: Grain, start: dt.date, end: dt.date) -> ir.Table:
    """Sums and distinct counts of each period and slice, on one day axis."""
    import ibis

    days = (ibis.literal(start), ibis.literal(end))
    t = level_table(plan)
    t = t.filter((t[axis] >= days[0]) & (t[axis] < days[1]))
    measures = [m for m in plan.declared() if m.day == axis]
    found = _period_sums(plan, [m for m in measures if m.kind == "sum"], t, axis, grain)
    for (entity, kept), counted in _counted_together(plan, measures).items():
        if kept:
            counts = _buyer_counts(plan, grain, counted, days)
        else:
            t = _in_reach(plan, tuple(counted), buyers=entity == BUYER)
            t = t.filter((t[axis] >= days[0]) & (t[axis] < days[1]))
            counts = _period_counts(plan, entity, counted, t, period_start(t[axis], grain))
        found = with_counts(found, counts, plan)
    return found.select("period", *plan.by, *(m.id for m in measures))


def _counted_together(plan: FactPlan, measures: list[Measure]) -> dict[tuple[str, bool], list[Measure]]:
    """Distinct measures of one axis by what they count, and whether the histories tell it."""
    t = _base(plan, tuple(m for m in measures if m.kind == "distinct"))
    found: dict[tuple[str, bool], list[Measure]] = {}
    for measure in measures:
        if measure.kind == "distinct":
            entity = measure.of(t).get_name()
            kept = plan.with_buyers and entity == BUYER and measure.day == "paid_day" and measure.where is None
            found.setdefault((entity, kept), []).append(measure)
    return found


def _period_sums(plan: FactPlan, measures: list[Measure], t: ir.Table, axis: str, grain: Grain) -> ir.Table:
    """Sums by day, of which the sums by period: a period is worked out once a day, not once a row."""
    scanned = _base(plan, _summed(plan))
    sums = _sums(plan, scanned, _keys(plan, scanned))
    by_day: dict[str, ir.Value] = {}
    for measure in measures:
        kept = sums[measure.id]
        total = t[kept.column].sum(where=measure.where(t) if measure.where and kept.where_later else None)
        # Rows were there and none met the measure's condition: nothing, not unknown.
        by_day[measure.id] = total.fill_null(0) if measure.where else total
    days = t.group_by([axis, *plan.by]).aggregate(**by_day)
    days = days.mutate(period=period_start(days[axis], grain))
    return days.group_by(["period", *plan.by]).aggregate(**{m.id: days[m.id].sum() for m in measures})


def _period_counts(plan: FactPlan, entity: str, measures: list[Measure], t: ir.Table, period: ir.Value) -> ir.Table:
    """How many of an entity each period and slice has, by each measure's condition; an order is one within its shop."""
    within = ("shop_id",) if unique_in_shop(entity) else ()
    t = t.mutate(period=period).filter(t[entity].notnull())
    conditions = {m.id: m.where(t).fill_null(False) for m in measures if m.where}
    if len(conditions) == len(measures):
        t = t.filter(functools.reduce(lambda a, b: a | b, conditions.values()))
    keys = dict.fromkeys(["period", *plan.by, *within, entity])
    met = {f"{name}_counts": condition.any() for name, condition in conditions.items()}
    t = t.group_by(list(keys)).aggregate(**met) if met else t.select(*keys).distinct()
    counts = {
        m.id: t.count(where=t[f"{m.id}_counts"]) if f"{m.id}_counts" in t.columns else t.count() for m in measures
    }
    return t.group_by(["period", *plan.by]).aggregate(**counts)


def with_counts(found: ir.Table, counted: ir.Table, plan: FactPlan) -> ir.Table:
    """Figures of each period and slice with more counts beside them; where nothing was counted, 0."""
    names = ("period", *plan.by)
    counts = [name for name in counted.columns if name not in names]
    counted = counted.rename({f"its_{name}": name for name in names})
    joined = found.left_join(counted, [found[name].identical_to(counted[f"its_{name}"]) for name in names])
    return joined.select(*found.columns, **{name: joined[name].fill_null(0) for name in counts})


@functools.lru_cache(maxsize=256)
def scan_sql(plan: FactPlan, dialect: Dialect = "duckdb") -> str:
    """SQL of the scan."""
    return compiled(scan_expression(plan), dialect)


@functools.lru_cache(maxsize=256)
def buyer_days_sql(plan: FactPlan, dialect: Dialect = "duckdb") -> str:
    """SQL of the buyers' paid days."""
    return compiled(buyer_days_expression(plan), dialect)


@functools.lru_cache(maxsize=512)
def finish_sql(
    plan: FactPlan, axis: str, grain: Grain, start: dt.date, end: dt.date, dialect: Dialect = "duckdb"
) -> str:
    """SQL of one finishing query."""
    return compiled(finish_expression(plan, axis, grain, start, end), dialect)
