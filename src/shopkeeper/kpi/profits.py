"""What each buyer's orders left, day by day: gross profit of lines paid that day, less what was refunded of that day's orders.

    lines  buyer  paid_day    profit    refunds  buyer  ordered_day  net  goods back    profits  buyer  day         profit
           Li     2017-03-01  50                 Li     2017-03-01   90   40                     Li     2017-03-01  0

A refund is of its order's day whenever it was granted. Profits are whole hundredths of a cent, so that sums add up and can be
taken apart again exactly.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from shopkeeper.kpi.catalogue import MEASURES
from shopkeeper.kpi.compiler import FactPlan
from shopkeeper.kpi.relation import base
from shopkeeper.warehouse.engines.dialect import Dialect, compiled

if TYPE_CHECKING:
    import ibis.expr.types as ir


UNITS = 10_000
"""Units of a profit in one of the currency's."""

WINDOW_DAYS = 365


@functools.lru_cache(maxsize=64)
def profits_expression(plan: FactPlan) -> ir.Table:
    """One row a slice, known buyer and day: profit, and how many lines and refunds of known cost it is made of."""
    import ibis

    low, high = ibis.literal(plan.profits_from or plan.first_day), ibis.literal(plan.end_day)

    def rows(fact: str, measure: str, day: Callable[[ir.Table], ir.Value]) -> ir.Table:
        return base(
            fact, (MEASURES[measure],), plan.by, plan.filters, vat_share=plan.vat_share, persons=plan.persons, part=plan.part,
            reach=lambda t: t.customer_id.notnull() & (day(t) >= low) & (day(t) < high),
        ).mutate(day=day)  # fmt: skip

    lines = rows("order_lines", "goods_net", lambda t: t.paid_day)
    net, goods = (MEASURES[name].of(lines) for name in ("goods_net", "goods_cost"))
    sold = lines.mutate(profit=_units(net) - _units(goods))
    refunds = rows("refunds", "refund_net", lambda t: t.ordered_day.fill_null(t.refunded_day))
    refunds = refunds.filter(refunds.status == "refunded")
    net, goods = (MEASURES[name].of(refunds) for name in ("refund_net", "goods_back"))
    back = refunds.mutate(profit=_units(goods).fill_null(0) - _units(net))
    parts = [t.select(*plan.by, "customer_id", "day", "profit") for t in (sold, back)]
    t = parts[0].union(parts[1])
    t = t.filter(t.profit.notnull())
    return t.group_by([*plan.by, "customer_id", "day"]).aggregate(profit=t.profit.sum().cast("int64"), costed=t.count())


def _units(amount: ir.Value) -> ir.Value:
    return (amount * UNITS).cast("int64")


@functools.lru_cache(maxsize=64)
def profits_sql(plan: FactPlan, dialect: Dialect = "duckdb") -> str:
    """SQL of the buyers' profits."""
    return compiled(profits_expression(plan), dialect)


def realised(plan: FactPlan, opening: ir.Table) -> ir.Table:
    """What the new buyers among some openings left within 365 days from their first paid day, by period and slice."""
    import ibis

    t = ibis.table(profits_expression(plan).schema(), name=plan.profits)
    t = t.select(
        whose="customer_id", on="day", profit="profit", costed="costed", **{f"of_{name}": name for name in plan.by}
    )
    # Ibis takes a date moved by an interval for a date, but DuckDB returns a timestamp.
    until = (opening.day + ibis.interval(days=WINDOW_DAYS)).cast("timestamp").cast("date")
    opening = opening.select("period", *plan.by, "buyer", "day", until=until)
    same = [opening[name].identical_to(t[f"of_{name}"]) for name in plan.by]
    met = opening.inner_join(t, [opening.buyer == t.whose, t.on >= opening.day, t.on < opening.until, *same])
    return met.group_by(["period", *plan.by]).aggregate(
        realised=met.profit.sum().cast("int64"), realised_costed=met.costed.sum().cast("int64")
    )
