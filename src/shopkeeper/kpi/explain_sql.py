"""The SQL behind a cell: one statement that gives its parts, to be read, pasted and doubted."""

from __future__ import annotations

import datetime as dt

from shopkeeper.core.period import Period
from shopkeeper.errors import NotEstimable
from shopkeeper.kpi import compiler, history
from shopkeeper.kpi.compiler import FactPlan
from shopkeeper.kpi.coverage import checked_tables, coverage_sql
from shopkeeper.kpi.definition import Indicator
from shopkeeper.kpi.matrix import fact_plans, holdings
from shopkeeper.kpi.own.folder import definitions_of
from shopkeeper.kpi.profits import profits_sql
from shopkeeper.kpi.result import Dims, Request
from shopkeeper.warehouse.shop import Shop


def cell_sql(shop: Shop, kpi_id: str, period: Period, dims: Dims = ()) -> str:
    """One statement whose row holds the parts of a cell: numerator and denominator, or the spells of a median.

    Raises NotEstimable when the cell has no value because something is missing.
    """
    definitions = definitions_of(shop)
    declared = definitions.indicator(kpi_id)
    found = holdings(shop, definitions)
    lacks = found.lacks(declared.needs)
    if lacks or found.last_day is None:
        raise NotEstimable("this cell has no SQL because its data is missing", lacks or ("order_lines",))
    if declared.id == "D3":
        end = min(period.end, found.last_day + dt.timedelta(days=1))
        return coverage_sql(checked_tables(shop.settings.coverage.required), period.grain, period.start, end)
    filters = tuple((name, (value,)) for name, value in dims)
    request = Request(period.grain, period.start, period.end, (), (declared.id,), filters)
    parts = [
        _of_fact(plan, declared, period, found.last_day)
        for plan in fact_plans(request, [declared], (period,), found, definitions)
    ]
    return ";\n\n".join(parts)


def _of_fact(plan: FactPlan, declared: Indicator, period: Period, last_day: dt.date) -> str:
    names = {*declared.numerator, *declared.denominator, *declared.minus}
    finishes = [
        compiler.finish_sql(plan, axis, period.grain, _first(plan, period, names), period.end)
        for axis in plan.axes()
        if any(m.day == axis for m in plan.declared())
    ]
    if plan.with_buyers:
        arguments = (plan, period.grain, period.start, period.end, last_day)
        if declared.how in ("median_gap", "km_share"):
            finishes.append(history.spells_sql(*arguments))
        elif any(n.startswith(("buyers_", "repeat_")) for n in names):
            finishes.append(history.windows_sql(*arguments))
        elif names & {"new_buyers", "first_buyers", "returning", "cohort_7", "cohort_30", "realised"}:
            finishes.append(history.openings_sql(*arguments))
    before = {plan.level: compiler.scan_sql(plan)} if plan.measures else {}
    if plan.with_buyers:
        if plan.with_profits:
            before[plan.profits] = profits_sql(plan)
        before[plan.buyer_days] = compiler.buyer_days_sql(plan)
        before[compiler.HISTORIES] = history.histories_sql(plan, period.grain)
    return ";\n\n".join(_one_statement(before, finish) for finish in finishes)


def _one_statement(before: dict[str, str], finish: str) -> str:
    """The finishing query after those that it rests on, in their order."""
    needed: dict[str, str] = {}
    for name, sql in reversed(before.items()):
        if any(f'"{name}"' in text for text in (finish, *needed.values())):
            needed[name] = sql
    parts = [f"{name} AS MATERIALIZED (\n{sql}\n)" for name, sql in reversed(needed.items())]
    return f"WITH {', '.join(parts)}\nSELECT * FROM (\n{finish}\n)"


def _first(plan: FactPlan, period: Period, names: set[str]) -> dt.date:
    return period.previous().start if "previous_buyers" in names and "buyers" in plan.measures else period.start
