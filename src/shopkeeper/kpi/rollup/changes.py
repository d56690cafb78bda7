"""What happened to the lake between two snapshots: which days of which facts, and which buyers, are not what they were."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shopkeeper.kpi.compiler import FactPlan
from shopkeeper.kpi.relation import OF_ORDERS
from shopkeeper.warehouse.changes import changed_rows, touched_tables
from shopkeeper.warehouse.lake import Lake
from shopkeeper.warehouse.model import TABLES

CHANGED_BUYERS = "rollup_buyers"
"""Temp table of the buyers with a line that came, went or changed."""

BEFORE, AFTER = "('delete', 'update_preimage')", "('insert', 'update_postimage')"
"""Kinds of a changed row: as it was, and as it is."""

_PLACES = {"shops": ("shop_id", ("platform_id",)), "platforms": ("platform_id", ("is_online", "is_direct"))}


@dataclass
class Changes:
    """Days touched by fact (of any of its day axes). `all_over`: why nothing less than everything must be made anew.

    `covered`: days on which some required table may have come or gone; None for any day.
    """

    days: dict[str, set[dt.date]] = field(default_factory=dict)
    all_over: str = ""
    covered: set[dt.date] | None = field(default_factory=set)

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
    if "order_lines" in touched:
        _of_brushing(lake, plans, found, first, last)
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


def _of_products(lake: Lake, plans: Mapping[str, FactPlan], found: Changes, first: int, last: int) -> None:
    """Days of the facts of articles that came, went or have another category now."""
    changed = f"SELECT sku_id, category FROM {changed_rows('products', first, last)} WHERE change_type IN"
    lake.query(
        f"CREATE OR REPLACE TEMP TABLE rollup_skus AS SELECT DISTINCT sku_id FROM (({changed} {BEFORE} EXCEPT ALL "
        f"{changed} {AFTER}) UNION ALL ({changed} {AFTER} EXCEPT ALL {changed} {BEFORE}))"
    )
    for fact, plan in plans.items():
        reads = "category" in plan.by or any("products" in m.joins for m in plan.declared())
        if not reads or "sku_id" not in TABLES[fact].column_names:
            continue
        axes = _axes(plan)
        hit = f"FROM {fact} t SEMI JOIN rollup_skus k ON t.sku_id = k.sku_id"
        for row in lake.query(f"SELECT DISTINCT {', '.join(axes)} {hit}").fetchall():
            found.add(fact, row)
        if plan.with_buyers and "category" in plan.by:
            lake.query(f"INSERT INTO {CHANGED_BUYERS} SELECT DISTINCT customer_id {hit} WHERE customer_id IS NOT NULL")


def _of_brushing(lake: Lake, plans: Mapping[str, FactPlan], found: Changes, first: int, last: int) -> None:
    """Refunds and the like of orders that were, or now are, brushing: they count, or not, as their order does."""
    facts = [fact for fact in plans if fact in OF_ORDERS]
    if not facts:
        return
    lake.query(
        f"CREATE OR REPLACE TEMP TABLE rollup_brushing AS SELECT DISTINCT shop_id, order_id "
        f"FROM {changed_rows('order_lines', first, last)} WHERE is_brushing"
    )
    for fact in facts:
        hit = f"FROM {fact} t SEMI JOIN rollup_brushing b ON t.shop_id = b.shop_id AND t.order_id = b.order_id"
        for row in lake.query(f"SELECT DISTINCT {', '.join(_axes(plans[fact]))} {hit}").fetchall():
            found.add(fact, row)
