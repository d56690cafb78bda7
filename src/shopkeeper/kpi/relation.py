"""Fact tables as Ibis expressions, joined to just the dimensions that a request needs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from shopkeeper.errors import KpiDefinitionError
from shopkeeper.kpi.costs import beside
from shopkeeper.kpi.definition import Measure, Slice, Speaking
from shopkeeper.kpi.result import Filters
from shopkeeper.warehouse.model import TABLES

if TYPE_CHECKING:
    import ibis.expr.types as ir

Reach = Callable[["ir.Table"], "ir.Value"]

# Facts that belong to an order: those of a brushing order are left out like the order itself.
OF_ORDERS = ("refunds", "shipments", "tickets", "reviews")

BUYER = "customer_id"
PERSON = "person "
"""What the key of a buyer begins with who is several customers."""

DIMENSION_COLUMNS: dict[str, Slice] = {
    "platform": "platform", "is_online": "platform", "is_direct": "platform", "category": "category",
}  # fmt: skip
"""Columns that a join brings beside a fact's own, each with the slice whose key the fact must carry."""

_IBIS_TYPES = {
    "text": "string",
    "integer": "int64",
    "money": "decimal(18, 4)",
    "quantity": "decimal(18, 3)",
    "number": "float64",
    "instant": "timestamp('UTC')",
    "day": "date",
    "flag": "boolean",
}


@functools.cache
def unbound(table_name: str, named: str = "") -> ir.Table:
    """A table of the commerce model, as an expression that names it, or else a relation that stands for it."""
    import ibis

    table = TABLES[table_name]
    return ibis.table({c.name: _IBIS_TYPES[c.type] for c in table.all_columns}, name=named or table_name)


def carries(fact: str, slice_: Slice) -> bool:
    """Whether rows of a fact can be told apart by this dimension."""
    columns = TABLES[fact].column_names
    return {"platform": "shop_id", "shop": "shop_id", "category": "sku_id", "channel": "channel_id"}[slice_] in columns


@functools.cache
def unique_in_shop(column: str) -> bool:
    """Whether a column is an id that each shop gives out by itself, such as order_id: two shops may give the same."""
    if not column.endswith("_id") or column in ("shop_id", "warehouse_id"):
        return False
    keyed = [table for table in TABLES.values() if "shop_id" in table.key and column in table.key]
    return bool(keyed) and not any(table.column(column).references for table in keyed)


def base(fact: str, measures: tuple[Measure, ...], by: tuple[Slice, ...], filters: Filters, speaking: Speaking = (),
         vat_share: Decimal | None = None, reach: Reach | None = None, *, persons: str = "",
         part: str = "") -> ir.Table:  # fmt: skip
    """The rows of a fact that count: brushing orders left out, dimensions joined as `platform`, `shop`, …, filters applied.

    `speaking` are the shops of each flag that a measure's condition reads.
    A left join by a dimension's key never multiplies rows: dimension keys are unique by the load's contract.
    `vat_share` is what a price holds of VAT where a cost does not say. `reach` keeps rows by their own columns, before
    anything is looked up for them.
    `persons` names a relation like `person_members`: customers whom it links are their person in `customer_id`.
    `part`: the rows are those of `part_of(fact, part)`.
    """
    wanted = {*by, *(name for name, _ in filters)}
    for slice_ in wanted:
        if not carries(fact, slice_):
            raise KpiDefinitionError("this fact has no such dimension", where=fact, received=slice_)
    t = unbound(fact, part_of(fact, part))
    if reach is not None:
        t = t.filter(reach(t))
    joins = {join for m in measures for join in m.joins}
    if "is_brushing" in t.columns:
        t = t.filter(~t.is_brushing.fill_null(False))
    elif fact in OF_ORDERS:
        lines = unbound("order_lines")
        brushed = lines.filter(lines.is_brushing).select(brushed_shop="shop_id", brushed_order="order_id").distinct()
        t = t.anti_join(brushed, [t.shop_id == brushed.brushed_shop, t.order_id == brushed.brushed_order])
    if persons and BUYER in t.columns:
        t = _as_persons(t, persons)
    if "platform" in wanted or "platforms" in joins:
        t = _join_platforms(t, with_flags="platforms" in joins)
    if "category" in wanted or "products" in joins:
        products = unbound("products").select(product_sku="sku_id", category="category")
        t = t.left_join(products, t.sku_id == products.product_sku)
        t = t.mutate(product_known=t.product_sku.notnull())
    telling = dict(speaking)
    for flag in dict.fromkeys(flag for m in measures for flag in m.of_shops):
        t = t.mutate(**{flag: t.shop_id.isin(telling.get(flag, ()))})
    if "costs" in joins:
        t = beside(
            t, unbound("sku_costs"), unbound("order_costs"), unbound("products"), unbound("order_lines"), vat_share
        )
    if "shop" in wanted:
        t = t.mutate(shop=t.shop_id)
    if "channel" in wanted:
        t = t.mutate(channel=t.channel_id)
    for name, values in filters:
        known = [v for v in values if v is not None]
        keep = t[name].isin(known)
        t = t.filter(keep | t[name].isnull() if None in values else keep)
    return t


def part_of(fact: str, part: str) -> str:
    """The relation that holds some rows of a fact; nothing when it is to be the fact itself.

    >>> part_of("refunds", "moved")
    'moved_refunds'
    """
    return f"{part}_{fact}" if part else ""


def _as_persons(t: ir.Table, persons: str) -> ir.Table:
    """The same rows with the linked customers' person in place of the customer.

    customer  →  buyer          members  customer  person     linked
    tb_li        person P…17             tb_li     P00000017  true
    dy_li        person P…17             dy_li     P00000017  true
    wu           wu                      wu        P00000020  false
    """
    import ibis

    members = unbound("person_members", persons)
    members = members.filter(members.linked).select(member=BUYER, person="person_id")
    t = t.left_join(members, t[BUYER] == members.member)
    # A source may call a customer P00000017, too.
    buyer = ibis.coalesce(ibis.literal(PERSON) + t.person, t[BUYER])
    return t.mutate(**{BUYER: buyer}).drop("member", "person")


def _join_platforms(t: ir.Table, *, with_flags: bool) -> ir.Table:
    shops = unbound("shops").select(dim_shop="shop_id", platform="platform_id")
    if with_flags:  # the two small tables first, so that each row of the fact is looked up once
        platforms = unbound("platforms").select("is_online", "is_direct", dim_platform="platform_id")
        shops = shops.left_join(platforms, shops.platform == platforms.dim_platform)
    return t.left_join(shops, t.shop_id == shops.dim_shop)
