"""What happened to the lake between two snapshots: which days of which facts, and which buyers, are not what they were."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shopkeeper.kpi.compiler import FactPlan
from shopkeeper.kpi.relation import OF_ORDERS
from shopkeeper.kpi.rollup import people
from shopkeeper.warehouse.changes import AFTER, BEFORE, changed_rows, touched_tables
from shopkeeper.warehouse.lake import Lake
from shopkeeper.warehouse.model import TABLES

CHANGED_BUYERS = "rollup_buyers"
"""Temp table of the buyers with a line that came, went or changed, or who are others than they were."""

MOST_REGROUPED = 50_000
"""Customers of changed persons beyond which everything is made anew."""

_PLACES = {"shops": ("shop_id", ("platform_id",)), "platforms": ("platform_id", ("is_online", "is_direct"))}


@dataclass
class Changes:
    """Days touched by fact (of any of its day axes). `all_over`: why nothing less than everything must be made anew.

    `covered`: days on which some required table may have come or gone; None for any day.
    `regrouped`: some customers are other persons now (`rollup/people.py`).
    """

    days: dict[str, set[dt.date]] = field(default_factory=dict)
    all_over: str = ""
    covered: set[dt.date] | None = field(default_factory=set)
    regrouped: bool = False

    def add(self, fact: str, days: Iterable[dt.date | None]) -> None:
        """More days of a fact."""
        self.days.setdefault(fact, set()).update(day for day in days if day is not None)


def changes_between(
    lake: Lake, plans: Mapping[str, FactPlan], required: tuple[str, ...], shops: frozenset[str], first: int, last: int
) -> Changes:  # fmt: skip
    """What the snapshots after `first` up to `last` changed of what the plans read; leaves `CHANGED_BUYERS`.

    `shops` are those that had sold before. A snapshot in between that is no longer kept makes it "all over".
    """
    found = Changes()
    touched = touched_tables(lake, first, last)
    if touched is None:
        return Changes(all_over="a snapshot in between is not kept")
    for dimension in _PLACES.keys() & touched:
        if _places_moved(lake, dimension, shops, first, last):
            return Changes(all_over=dimension)
    lake.query(f"CREATE OR REPLACE TEMP TABLE {CHANGED_BUYERS} (customer_id VARCHAR)")
    for fact in plans:
        if fact in touched:
            _of_fact(lake, plans[fact], found, first, last)
    for table in touched.intersection(required):
        _of_required(lake, table, found, first, last)
    if "products" in touched:
        _of_products(lake, plans, found, first, last)
    costed = {fact: plan for fact, plan in plans.items() if _reads_costs(plan)}
    if costed and "sku_costs" in touched:
        _of_dated_costs(lake, costed, found, first, last)
    if costed and "order_costs" in touched:
        _of_booked_costs(lake, costed, found, first, last)
    if "refunds" in costed and "order_lines" in touched:
        _of_their_lines(lake, costed["refunds"], found, first, last)
    if "refunds" in touched and "order_lines" in plans and plans["order_lines"].with_profits:
        changed = changed_rows("refunds", first, last)
        lake.query(
            f"INSERT INTO {CHANGED_BUYERS} SELECT DISTINCT customer_id FROM {changed} WHERE customer_id IS NOT NULL"
        )
    if "order_lines" in touched:
        _of_brushing(lake, plans, found, first, last)
    if any(plan.persons for plan in plans.values()):
        if "person_members" in touched:
            moved = people.regrouped(lake, first, last)
            if moved > MOST_REGROUPED:
                people.drop_rows(lake)
                return Changes(all_over=f"{moved:,} customers may be other persons")
            found.regrouped = moved > 0
        people.as_buyers(lake, CHANGED_BUYERS, regrouped=found.regrouped)
    return found


def _places_moved(lake: Lake, dimension: str, shops: frozenset[str], first: int, last: int) -> bool:
    """Whether a platform's flags or a shop's platform changed for a shop that had sold before."""
    key, facts = _PLACES[dimension]
    told = ", ".join(facts)
    moved = (
        f"SELECT {key} FROM (SELECT {key}, {told} FROM {changed_rows(dimension, first, last)} WHERE change_type IN {{}}"
        f" EXCEPT ALL SELECT {key}, {told} FROM {changed_rows(dimension, first, last)} WHERE change_type IN {{}})"
    )
    rows = lake.query(f"{moved.format(BEFORE, AFTER)} UNION {moved.format(AFTER, BEFORE)}").fetchall()
    if dimension == "platforms":
        known = lake.query("SELECT DISTINCT platform_id FROM shops WHERE list_contains(?, shop_id)", [sorted(shops)])
        return not {p for (p,) in known.fetchall()}.isdisjoint(p for (p,) in rows)
    return not shops.isdisjoint(shop for (shop,) in rows)


def _axes(plan: FactPlan) -> list[str]:
    return list(dict.fromkeys((*(m.day for m in plan.declared()), *(("paid_day",) if plan.with_buyers else ()))))


def _of_fact(lake: Lake, plan: FactPlan, found: Changes, first: int, last: int) -> None:
    for axis in _axes(plan):
        rows = lake.query(f"SELECT DISTINCT {axis} FROM {changed_rows(plan.fact, first, last)}").fetchall()
        found.add(plan.fact, (day for (day,) in rows))
    if plan.with_buyers:
        lake.query(
            f"INSERT INTO {CHANGED_BUYERS} SELECT DISTINCT customer_id FROM {changed_rows(plan.fact, first, last)} "
            "WHERE customer_id IS NOT NULL"
        )


def _of_required(lake: Lake, table: str, found: Changes, first: int, last: int) -> None:
    day = TABLES[table].day
    if found.covered is None or not day:  # a cost covers every later day
        found.covered = None
        return
    rows = lake.query(f"SELECT DISTINCT {day} FROM {changed_rows(table, first, last)}").fetchall()
    found.covered.update(day for (day,) in rows if day is not None)


def _reads_costs(plan: FactPlan) -> bool:
    return plan.with_profits or any("costs" in m.joins for m in plan.declared())


def _of_dated_costs(lake: Lake, plans: Mapping[str, FactPlan], found: Changes, first: int, last: int) -> None:
    """Days of lines and refunds of articles that have another cost now: from the first day of what came, went or changed."""
    lake.query(
        "CREATE OR REPLACE TEMP TABLE rollup_costs AS WITH changed AS (SELECT shop_id, sku_id, min(valid_from) AS since "
        f"FROM {changed_rows('sku_costs', first, last)} GROUP BY shop_id, sku_id) FROM changed UNION ALL "
        "SELECT c.shop_id, p.sku_id, c.since FROM changed c JOIN products p ON p.product_id = c.sku_id"
    )
    for fact, plan in plans.items():
        day = "coalesce(t.ordered_day, t.refunded_day)" if fact == "refunds" else "t.paid_day"
        _hit(lake, plan, found, f"FROM {fact} t JOIN rollup_costs k ON t.shop_id = k.shop_id AND t.sku_id = k.sku_id "
             f"AND {day} >= k.since")  # fmt: skip
        if fact == "refunds":  # those that name no article are of their order's
            _hit(lake, plan, found, "FROM refunds t JOIN order_lines l ON t.shop_id = l.shop_id AND t.order_id = l.order_id "
                 f"JOIN rollup_costs k ON l.shop_id = k.shop_id AND l.sku_id = k.sku_id AND {day} >= k.since "
                 "WHERE t.sku_id IS NULL")  # fmt: skip


def _of_booked_costs(lake: Lake, plans: Mapping[str, FactPlan], found: Changes, first: int, last: int) -> None:
    """Days of the lines and refunds of orders on which a cost was booked, came off or changed."""
    lake.query(
        "CREATE OR REPLACE TEMP TABLE rollup_booked AS SELECT DISTINCT shop_id, order_id, child_order_id "
        f"FROM {changed_rows('order_costs', first, last)}"
    )
    for fact, plan in plans.items():
        for same in ("t.order_id = b.order_id", "CAST(t.line_no AS VARCHAR) = b.child_order_id"):
            _hit(lake, plan, found, f"FROM {fact} t JOIN rollup_booked b ON t.shop_id = b.shop_id AND {same}")


def _of_their_lines(lake: Lake, plan: FactPlan, found: Changes, first: int, last: int) -> None:
    """Refunds whose article or units are read off their order's lines, of orders whose lines came, went or changed."""
    lake.query(
        "CREATE OR REPLACE TEMP TABLE rollup_orders AS SELECT DISTINCT shop_id, order_id "
        f"FROM {changed_rows('order_lines', first, last)}"
    )
    _hit(lake, plan, found, "FROM refunds t JOIN rollup_orders o ON t.shop_id = o.shop_id AND t.order_id = o.order_id "
         "AND (t.sku_id IS NULL OR t.kind = 'before_shipment')")  # fmt: skip


def _hit(lake: Lake, plan: FactPlan, found: Changes, rows: str) -> None:
    """Rows of a fact that count for another amount now: their days, and their buyers."""
    axes = ", ".join(f"t.{axis}" for axis in _axes(plan))
    for row in lake.query(f"SELECT DISTINCT {axes} {rows}").fetchall():
        found.add(plan.fact, row)
    buyers = f"SELECT DISTINCT t.customer_id {rows}"
    lake.query(f"INSERT INTO {CHANGED_BUYERS} SELECT customer_id FROM ({buyers}) WHERE customer_id IS NOT NULL")


def _of_products(lake: Lake, plans: Mapping[str, FactPlan], found: Changes, first: int, last: int) -> None:
    """Days of the facts of articles that came, went, or have another category or product now."""
    changed = f"SELECT sku_id, category, product_id FROM {changed_rows('products', first, last)} WHERE change_type IN"
    lake.query(
        f"CREATE OR REPLACE TEMP TABLE rollup_skus AS SELECT DISTINCT sku_id FROM (({changed} {BEFORE} EXCEPT ALL "
        f"{changed} {AFTER}) UNION ALL ({changed} {AFTER} EXCEPT ALL {changed} {BEFORE}))"
    )
    for fact, plan in plans.items():
        reads = "category" in plan.by or _reads_costs(plan) or any("products" in m.joins for m in plan.declared())
        if not reads or "sku_id" not in TABLES[fact].column_names:
            continue
        axes = _axes(plan)
        hit = f"FROM {fact} t SEMI JOIN rollup_skus k ON t.sku_id = k.sku_id"
        for row in lake.query(f"SELECT DISTINCT {', '.join(axes)} {hit}").fetchall():
            found.add(fact, row)
        if "customer_id" in TABLES[fact].column_names and ("category" in plan.by or _reads_costs(plan)):
            lake.query(f"INSERT INTO {CHANGED_BUYERS} SELECT DISTINCT customer_id {hit} WHERE customer_id IS NOT NULL")


def _of_brushing(lake: Lake, plans: Mapping[str, FactPlan], found: Changes, first: int, last: int) -> None:
    """Refunds and the like of orders that were, or now are, brushing: they count, or not, as their order does."""
    facts = [fact for fact in plans if fact in OF_ORDERS]
    if not facts:
        return
    lake.query(
        f"CREATE OR REPLACE TEMP TABLE rollup_brushing AS SELECT DISTINCT shop_id, order_id, ordered_day "
        f"FROM {changed_rows('order_lines', first, last)} WHERE is_brushing"
    )
    for fact in facts:
        same = "t.shop_id = b.shop_id AND t.order_id = b.order_id"
        if "ordered_day" in TABLES[fact].column_names:  # it says nothing more, but most files need not be read for it
            same += " AND t.ordered_day = b.ordered_day"
        hit = f"FROM {fact} t SEMI JOIN rollup_brushing b ON {same}"
        for row in lake.query(f"SELECT DISTINCT {', '.join(_axes(plans[fact]))} {hit}").fetchall():
            found.add(fact, row)
