"""Data silos: how much of what was paid on each platform can be joined to its buyer, costs, visits, refunds and the rest.

platform   paid       buyer   cost   visits   refunds …
tmall      600,000    1.00    0.98   1.00     1.00
douyin     400,000    0.00    0.97   1.00     1.00
all      1,000,000    0.60    0.98   1.00     1.00      shares of the paid amount; the headline is the weakest link, 0.60

Stores without a website have no clicks: visits, advertising and tickets are asked of online platforms alone.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal

from shopkeeper.insight.diagnose.finding import Links, PlatformLinks
from shopkeeper.warehouse.engines import Engine
from shopkeeper.warehouse.engines.dialect import translated

BY_SHOP = {
    "visits": "visited_day",
    "ad_spend": "spent_day",
    "refunds": "refunded_day",
    "shipments": "due_day",
    "tickets": "opened_day",
    "settlements": "settled_day",
}
"""Links by the shop that tells: each table with the day that must lie in the period."""

LINKS = ("customers", "sku_costs", *BY_SHOP)
"""Every link, under the table that it leads to."""

_ONLINE = {"visits", "ad_spend", "tickets"}


def links_of(engine: Engine, start: dt.date, end: dt.date) -> Links | None:
    """The links of the sales of some days; None without sales. Amounts must be of one currency: ask before."""
    filled = set(engine.filled_tables())
    if "order_lines" not in filled:
        return None
    sales = engine.rows(translated(_sales_sql(filled, start, end), engine.dialect)).rows
    telling = {
        table: {row[0] for row in engine.rows(translated(_telling_sql(table, day, start, end), engine.dialect)).rows}
        for table, day in BY_SHOP.items() if table in filled
    }  # fmt: skip
    paid: dict[str | None, Decimal] = defaultdict(Decimal)
    asked: dict[str | None, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(LINKS, Decimal(0)))
    joined: dict[str | None, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(LINKS, Decimal(0)))
    for shop, platform, online, amount, named, costed in sales:
        paid[platform] += amount
        parts = {"customers": named or Decimal(0), "sku_costs": costed or Decimal(0)}
        for name in LINKS:
            if online is False and name in _ONLINE:
                continue
            asked[platform][name] += amount
            joined[platform][name] += parts.get(name, amount if shop in telling.get(name, ()) else Decimal(0))
    if not paid:
        return None
    rows = tuple(
        PlatformLinks(platform, amount, {n: float(joined[platform][n] / of) for n, of in asked[platform].items() if of})
        for platform, amount in sorted(paid.items(), key=lambda item: -item[1])
    )
    whole = {name: sum((of[name] for of in asked.values()), Decimal(0)) for name in LINKS}
    shares = {n: float(sum((part[n] for part in joined.values()), Decimal(0)) / of) for n, of in whole.items() if of}
    return Links(LINKS, rows, shares, sum(paid.values(), Decimal(0)))


def _sales_sql(filled: set[str], start: dt.date, end: dt.date) -> str:
    """Paid amount by shop, with the part that names its buyer and the part whose article or order has a cost."""
    joins, known = "", ["false"]
    if "sku_costs" in filled:
        costed = "(SELECT DISTINCT shop_id, sku_id AS costed FROM sku_costs)"
        joins += f" LEFT JOIN {costed} c ON c.shop_id = l.shop_id AND c.costed = l.sku_id"
        known.append("c.costed IS NOT NULL")
        if "products" in filled:
            parent = "(SELECT sku_id, max(product_id) AS product FROM products GROUP BY sku_id)"
            joins += f" LEFT JOIN {parent} p ON p.sku_id = l.sku_id"
            joins += f" LEFT JOIN {costed} d ON d.shop_id = l.shop_id AND d.costed = p.product"
            known.append("d.costed IS NOT NULL")
    if "order_costs" in filled:
        joins += (
            " LEFT JOIN (SELECT DISTINCT shop_id, order_id AS booked FROM order_costs) o ON o.shop_id = l.shop_id "
            "AND o.booked = l.order_id"
        )
        known.append("o.booked IS NOT NULL")
    online = "NULL"
    if "platforms" in filled:
        joins += " LEFT JOIN platforms f ON f.platform_id = s.platform_id"
        online = "bool_or(f.is_online)"
    return (
        f"SELECT l.shop_id, max(s.platform_id), {online}, sum(l.payable_amount), "
        "sum(l.payable_amount) FILTER (WHERE l.customer_id IS NOT NULL), "
        f"sum(l.payable_amount) FILTER (WHERE {' OR '.join(known)}) FROM order_lines l "
        f"LEFT JOIN shops s ON s.shop_id = l.shop_id{joins} WHERE l.paid_day >= DATE '{start}' AND l.paid_day < DATE '{end}' "
        "AND NOT coalesce(l.is_brushing, false) GROUP BY l.shop_id HAVING sum(l.payable_amount) > 0"
    )


def _telling_sql(table: str, day: str, start: dt.date, end: dt.date) -> str:
    return f"SELECT DISTINCT shop_id FROM {table} WHERE {day} >= DATE '{start}' AND {day} < DATE '{end}'"
