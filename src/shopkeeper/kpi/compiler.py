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
from shopkeeper.kpi.relation import base
from shopkeeper.kpi.result import Filters

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

    @property
    def level(self) -> str:
        """Name of the temporary relation that the scan leaves."""
        return f"level_{self.fact}"

    def declared(self) -> tuple[Measure, ...]:
        """The measures themselves."""
        return tuple(MEASURES[m] for m in self.measures)

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
    if "order_id" in found:
        found["shop_id"] = t.shop_id
    return found


@functools.lru_cache(maxsize=256)
def scan_expression(plan: FactPlan) -> ir.Table:
    """The one scan of a fact: grouped by slice, day and counted entities."""
    import ibis

    t = base(plan.fact, plan.declared(), plan.by, plan.filters)
    low, high = ibis.literal(plan.first_day), ibis.literal(plan.end_day)
    in_range = [(t[axis] >= low) & (t[axis] < high) for axis in plan.axes()]
    t = t.filter(functools.reduce(lambda a, b: a | b, in_range))
    entities = _entities(plan)
    aggregates: dict[str, ir.Value] = {}
    for measure in plan.declared():
        where = measure.where(t) if measure.where else None
        if measure.kind == "sum":
            aggregates[measure.id] = measure.of(t).sum(where=where)
        elif where is not None:
            aggregates[f"{measure.id}_counts"] = where.fill_null(False).any()
    keys = [*plan.by, *plan.axes(), *entities]
    return t.group_by(list(dict.fromkeys(keys))).aggregate(**aggregates)


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
    t = t.mutate(period=period_start(t[axis], grain))
    aggregates: dict[str, ir.Value] = {}
    for measure in plan.declared():
        if measure.day != axis:
            continue
        if measure.kind == "sum":
            total = t[measure.id].sum()
            # Rows were there and none met the measure's condition: nothing, not unknown.
            aggregates[measure.id] = total.fill_null(0) if measure.where else total
            continue
        entity = measure.of(t)
        if entity.get_name() == "order_id":
            entity = ibis.ifelse(
                t.order_id.notnull(), t.shop_id + ibis.literal("\x1f") + t.order_id, ibis.null("string")
            )
        counts = t[f"{measure.id}_counts"] if measure.where else None
        aggregates[measure.id] = entity.nunique(where=counts)
    return t.group_by(["period", *plan.by]).aggregate(**aggregates)


@functools.lru_cache(maxsize=256)
def scan_sql(plan: FactPlan) -> str:
    """SQL of the scan."""
    return to_sql(scan_expression(plan))


@functools.lru_cache(maxsize=512)
def finish_sql(plan: FactPlan, axis: str, grain: Grain, start: dt.date, end: dt.date) -> str:
    """SQL of one finishing query."""
    return to_sql(finish_expression(plan, axis, grain, start, end))


def to_sql(expression: ir.Table) -> str:
    """DuckDB SQL of an expression."""
    import ibis

    return str(ibis.to_sql(expression, dialect="duckdb"))
