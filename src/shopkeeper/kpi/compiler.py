"""From declared measures to SQL: one scan of each fact table, then small finishing queries on what the scan left.

The scan groups a fact's rows by slice, day and the entities that must be counted once (order, buyer, visitor). Sums of
those groups add up to sums of periods, and distinct counts are taken afresh in each period, so both are exact:

    order_lines                                    scan (level)                            finish (month)
    day         order  buyer  amount               day         order  buyer  amount        month    amount  orders  buyers
    2017-03-01  1      Li     10                   2017-03-01  1      Li     15            2017-03  25      2       1
    2017-03-01  1      Li      5                   2017-03-09  2      Li     10
    2017-03-09  2      Li     10
"""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shopkeeper.core.period import Grain
from shopkeeper.kpi.catalogue import MEASURES
from shopkeeper.kpi.definition import Measure, Slice
from shopkeeper.kpi.relation import base, unique_in_shop
from shopkeeper.kpi.result import Filters
from shopkeeper.warehouse.engines.dialect import Dialect, compiled

if TYPE_CHECKING:
    import ibis.expr.types as ir

_TRUNCATE = {"day": "D", "week": "W", "month": "M", "quarter": "Q", "year": "Y"}


@dataclass(frozen=True)
class FactPlan:
    """What to read of one fact table. All fields are hashable, so the compiled SQL is kept."""

    fact: str
    measures: tuple[str, ...]
    by: tuple[Slice, ...]
    filters: Filters
    first_day: dt.date
    end_day: dt.date
    with_buyers: bool = False
    own: tuple[Measure, ...] = ()

    @property
    def level(self) -> str:
        """Name of the temporary relation that the scan leaves."""
        return f"level_{self.fact}"

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


def _entities(plan: FactPlan) -> dict[str, ir.Value]:
    """Columns that distinct measures count, by name; an order is one within its shop."""
    t = base(plan.fact, plan.declared(), plan.by, plan.filters)
    found: dict[str, ir.Value] = {}
    for measure in plan.declared():
        if measure.kind == "distinct":
            column = measure.of(t)
            found[column.get_name()] = column
    if plan.with_buyers:
        found["customer_id"] = t.customer_id
    if any(unique_in_shop(name) for name in found):
        found["shop_id"] = t.shop_id
    return found


_DIMENSION_FLAGS = ("is_online", "is_direct", "tells_visits")


def _fields(value: ir.Value) -> set[str]:
    """Names of the columns that an expression reads."""
    import ibis.expr.operations as ops

    return {field.name for field in value.op().find(ops.Field, filter=ops.Value)}


def _keys(plan: FactPlan, t: ir.Table) -> tuple[str, ...]:
    """What the scan groups by. A flag of a dimension is settled by its shop, so as a key it makes no more groups."""
    conditions = [m.where(t) for m in plan.declared() if m.where and m.kind == "sum"]
    read = set().union(*(_fields(c) for c in conditions)) if conditions else set()
    flags = [name for name in _DIMENSION_FLAGS if name in read]
    return tuple(dict.fromkeys([*plan.by, *plan.axes(), *_entities(plan), *flags]))


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
    for measure in plan.declared():
        if measure.kind != "sum":
            continue
        where = measure.where(t) if measure.where else None
        later = where is not None and _fields(where) <= set(keys)
        summed = measure.of(t).sum(where=None if later else where)
        found[measure.id] = _Sum(columns.setdefault(summed.op(), f"sum_{measure.id}"), summed, later)
    return found


def _base(plan: FactPlan) -> ir.Table:
    return base(plan.fact, plan.declared(), plan.by, plan.filters)


@functools.lru_cache(maxsize=256)
def scan_expression(plan: FactPlan) -> ir.Table:
    """The one scan of a fact: grouped by slice, day and counted entities."""
    import ibis

    t = _base(plan)
    low, high = ibis.literal(plan.first_day), ibis.literal(plan.end_day)
    in_range = [(t[axis] >= low) & (t[axis] < high) for axis in plan.axes()]
    t = t.filter(functools.reduce(lambda a, b: a | b, in_range))
    keys = _keys(plan, t)
    aggregates = {s.column: s.summed for s in _sums(plan, t, keys).values()}
    for measure in plan.declared():
        if measure.kind == "distinct" and measure.where:
            aggregates[f"{measure.id}_counts"] = measure.where(t).fill_null(False).any()
    return t.group_by(list(keys)).aggregate(**aggregates)


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

    t = level_table(plan)
    t = t.filter((t[axis] >= ibis.literal(start)) & (t[axis] < ibis.literal(end)))
    measures = [m for m in plan.declared() if m.day == axis]
    found = _period_sums(plan, [m for m in measures if m.kind == "sum"], t, axis, grain)
    for measure in measures:
        if measure.kind == "distinct":
            found = with_counts(found, _period_count(plan, measure, t, axis, grain), plan)
    return found.select("period", *plan.by, *(m.id for m in measures))


def _period_sums(plan: FactPlan, measures: list[Measure], t: ir.Table, axis: str, grain: Grain) -> ir.Table:
    """Sums by day, of which the sums by period: a period is worked out once a day, not once a row."""
    scanned = _base(plan)
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


def _period_count(plan: FactPlan, measure: Measure, t: ir.Table, axis: str, grain: Grain) -> ir.Table:
    """How many of an entity each period and slice has; an order is one within its shop."""
    entity = measure.of(t).get_name()
    if measure.where:
        t = t.filter(t[f"{measure.id}_counts"])
    t = t.filter(t[entity].notnull())
    within = ("shop_id",) if unique_in_shop(entity) else ()
    t = t.select(*plan.by, *within, entity, period=period_start(t[axis], grain)).distinct()
    return t.group_by(["period", *plan.by]).aggregate(**{measure.id: t.count()})


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


@functools.lru_cache(maxsize=512)
def finish_sql(
    plan: FactPlan, axis: str, grain: Grain, start: dt.date, end: dt.date, dialect: Dialect = "duckdb"
) -> str:
    """SQL of one finishing query."""
    return compiled(finish_expression(plan, axis, grain, start, end), dialect)
