"""What truly happened in a simulated shop beside what was loaded of its files: to the cent, the unit, the person and the day.

`CHECKS` holds both sides as SQL. Nothing here asks the writers what they meant. Where a platform's own file tells something
otherwise than it happened, the check says so beside its truth.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import duckdb

from shopkeeper.warehouse.lake import Lake

VIEWS = """
CREATE VIEW times AS SELECT "order", max("at") FILTER (state = 'paid') AS paid_at, max("at") FILTER (state =
    'closed') AS closed_at,
    max("at") FILTER (state = 'completed') AS completed_at, max("at") FILTER (state = 'cancelled') AS cancelled_at
FROM order_states GROUP BY "order";
-- JD's file shows an order that was taken back before shipping as deleted and never paid.
CREATE VIEW placed AS SELECT o.*, t.* EXCLUDE ("order", paid_at),
    CASE WHEN o.shop = 'jd' AND closed_at IS NOT NULL THEN NULL ELSE paid_at END AS paid_at
FROM orders o LEFT JOIN times t USING ("order")
WHERE "order" NOT IN (SELECT key FROM reporting_faults WHERE fault = 'late' AND mended_at >= TIMESTAMPTZ '{until}');
CREATE VIEW lines AS SELECT o.shop, o.paid_at, o.placed_at, o.account, l.*,
    CASE WHEN l.line = 1 THEN o.freight_fen ELSE 0 END AS line_freight_fen,
    -- At Tmall, what the platform bears is a coupon that pays; elsewhere it is taken off.
    l.payable_fen + CASE WHEN o.shop = 'tmall' THEN l.platform_fen ELSE 0 END AS owed_fen
FROM order_lines l JOIN placed o USING ("order");
"""
_SPLIT = "shop IN ('kuaishou', 'pinduoduo')"  # one article an order there
# What is compared: the truth, and what was loaded. Amounts are fen on one side and CNY on the other.
CHECKS = {
    "lines": (
        "SELECT shop, count(*), sum(quantity), sum(list_fen), sum(owed_fen), "
        "sum(payable_fen + platform_fen + influencer_fen) FROM lines GROUP BY 1",
        "SELECT shop_id, count(*), sum(quantity), sum(list_amount) * 100, sum(payable_amount) * 100, "
        "sum(receivable_amount) * 100 "
        "FROM order_lines GROUP BY 1",
    ),
    "discounts": (
        # Tmall's files do not tell who bears a discount; Xiaohongshu's count the influencer's with the platform's.
        "SELECT shop, sum(CASE shop WHEN 'tmall' THEN 0 ELSE merchant_fen END), "
        "sum(CASE shop WHEN 'tmall' THEN 0 WHEN 'xiaohongshu' THEN platform_fen + influencer_fen ELSE platform_fen END), "
        "sum(CASE shop WHEN 'xiaohongshu' THEN 0 ELSE influencer_fen END), sum(CASE shop WHEN 'tmall' THEN "
        "merchant_fen ELSE 0 END) "
        "FROM lines GROUP BY 1",
        "SELECT shop_id, coalesce(sum(discount_merchant), 0) * 100, coalesce(sum(discount_platform), 0) * 100, "
        "coalesce(sum(discount_influencer), 0) * 100, coalesce(sum(discount_unattributed), 0) * 100 FROM order_lines GROUP BY 1",
    ),
    "units_by_article": (
        "SELECT shop, CASE shop WHEN 'jd' THEN '100' || lpad(CAST(sku AS VARCHAR), 9, '0') ELSE code END, sum(quantity), "
        "sum(owed_fen) FILTER (shop <> 'jd') FROM lines JOIN skus USING (sku) GROUP BY 1, 2",
        "SELECT shop_id, sku_id, sum(quantity), sum(payable_amount) FILTER (shop_id <> 'jd') * 100 FROM order_lines "
        "GROUP BY 1, 2",
    ),
    "orders": (
        # Xiaohongshu's file does not state an order's total; freight is the order's everywhere.
        f"SELECT shop, CASE WHEN {_SPLIT} THEN count(*) ELSE count(DISTINCT \"order\") END, sum(line_freight_fen), "
        "CASE shop WHEN 'xiaohongshu' THEN NULL ELSE sum(owed_fen + line_freight_fen) END FROM lines GROUP BY 1",
        "SELECT shop_id, count(*), sum(freight_amount) * 100, sum(payable_amount) * 100 FROM orders GROUP BY 1",
    ),
    "paid_by_day": (
        f"SELECT shop, CAST(paid_at AS DATE), count(DISTINCT CASE WHEN {_SPLIT} THEN (\"order\", line) ELSE (\"order\", 0) END), "
        "sum(owed_fen), sum(quantity) FROM lines WHERE paid_at IS NOT NULL GROUP BY ALL",
        "SELECT shop_id, paid_day, count(DISTINCT order_id), sum(payable_amount) * 100, sum(quantity) FROM order_lines "
        "WHERE paid_at IS NOT NULL GROUP BY ALL",
    ),
    "moments": (
        "SELECT shop, min(placed_at), max(placed_at), max(paid_at), sum(epoch(paid_at)) FROM placed "
        f"WHERE NOT {_SPLIT} GROUP BY 1",
        f"SELECT shop_id, min(ordered_at), max(ordered_at), max(paid_at), sum(epoch(paid_at)) FROM orders "
        f"WHERE NOT {_SPLIT.replace('shop', 'shop_id', 1)} GROUP BY 1",
    ),
    "statuses": (
        # What an order has come to; Pinduoduo says 退款成功 of a delivered order whose goods all came back.
        "SELECT shop, CASE WHEN cancelled_at IS NOT NULL OR shop = 'jd' AND closed_at IS NOT NULL THEN 'cancelled' "
        "WHEN closed_at IS NOT NULL THEN 'closed' WHEN shop = 'site' AND completed_at IS NOT NULL THEN 'shipped' "
        "WHEN completed_at IS NOT NULL THEN 'completed' ELSE 'open' END AS state, count(*) FROM placed "
        "WHERE shop NOT IN ('kuaishou', 'pinduoduo', 'site') GROUP BY ALL",
        "SELECT shop_id, CASE WHEN status IN ('placed', 'paid', 'shipped') THEN 'open' ELSE status END, count(*) FROM orders "
        "WHERE shop_id NOT IN ('kuaishou', 'pinduoduo', 'site') GROUP BY ALL",
    ),
    "buyers": (
        # Who bought, where the file tells it: not at Douyin, Kuaishou, Pinduoduo, nor a store's stranger, nor a masked name.
        "SELECT p.shop, count(DISTINCT account) FROM placed p JOIN accounts a USING (account) WHERE paid_at IS NOT NULL AND ("
        "p.shop IN ('tmall', 'jd', 'xiaohongshu') AND account % 47 <> 5 OR p.shop = 'site' AND "
        "(email IS NOT NULL OR phone IS NOT NULL) OR p.shop = 'store' AND is_member) GROUP BY 1",
        "SELECT shop_id, count(DISTINCT customer_id) FROM order_lines WHERE paid_at IS NOT NULL GROUP BY 1 "
        "HAVING count(customer_id) > 0",
    ),
    "brushing": (
        f"SELECT shop, CASE WHEN {_SPLIT} THEN count(*) ELSE count(DISTINCT \"order\") END, sum(owed_fen) FROM lines "
        'WHERE "order" IN (SELECT "order" FROM orders WHERE is_brushing) GROUP BY 1',
        "SELECT shop_id, count(DISTINCT order_id), sum(payable_amount) * 100 FROM order_lines WHERE is_brushing GROUP BY 1",
    ),
    "refunds_by_day": (
        # JD has no after-sales case of an order that its file shows as never paid.
        "SELECT r.shop, status, kind, CAST(\"at\" AS DATE), count(*), sum(amount_fen), sum(quantity) FROM refunds r "
        "WHERE NOT (r.shop = 'jd' AND kind = 'before_shipment') GROUP BY ALL",
        "SELECT shop_id, status, kind, refunded_day, count(*), sum(amount) * 100, sum(quantity) FROM refunds GROUP BY ALL",
    ),
    "refunds_find_their_lines": (
        "SELECT count(*), count(*) FROM refunds WHERE NOT (shop = 'jd' AND kind = 'before_shipment')",
        "SELECT count(*), count(l.sku_id) FROM refunds r LEFT JOIN order_lines l ON l.shop_id = r.shop_id "
        "AND l.order_id = r.order_id AND l.line_no = r.line_no AND l.sku_id = r.sku_id",
    ),
    "payments": (
        # A coupon that pays at Tmall is a payment, too.
        "SELECT p.shop, sum(amount_fen) + coalesce(any_value(k.coupons), 0) FROM payments p LEFT JOIN (SELECT o.shop, "
        "sum(platform_fen) AS coupons FROM order_lines l JOIN orders o USING (\"order\") JOIN times t USING (\"order\") "
        "WHERE o.shop = 'tmall' AND t.paid_at IS NOT NULL GROUP BY 1) k ON k.shop = p.shop WHERE status = 'succeeded' GROUP BY 1",
        "SELECT shop_id, sum(amount) * 100 FROM payments WHERE status = 'succeeded' GROUP BY 1",
    ),
    "parcels": (
        "SELECT shop, count(*), sum(freight_cost_fen), sum(quantity), "
        "count(*) FILTER (delivered_at < TIMESTAMPTZ '{until}') FROM shipments "
        "WHERE shop NOT IN ('kuaishou', 'xiaohongshu') GROUP BY 1",
        "SELECT shop_id, count(*), sum(freight_cost) * 100, sum(quantity), count(delivered_at) FROM shipments "
        "WHERE shop_id NOT IN ('kuaishou', 'xiaohongshu') GROUP BY 1",
    ),
    "visitors_by_day": (
        "SELECT shop, day, told_visitors, CAST(carting AS BIGINT) * told_visitors // greatest(visitors, 1) FROM visitor_days",
        "SELECT shop_id, visited_day, sum(visitors), sum(carting_visitors) FROM visits WHERE grain = 'platform_day' "
        "AND sku_id IS NULL GROUP BY ALL",
    ),
    "visitors_by_article": (
        "SELECT shop, day, CASE shop WHEN 'jd' THEN '100' || lpad(CAST(sku AS VARCHAR), 9, '0') ELSE '6' || "
        "lpad(CAST(sku AS VARCHAR), 11, '0') END, told_visitors, "
        "CAST(carting AS BIGINT) * told_visitors // greatest(visitors, 1) FROM item_days",
        "SELECT shop_id, visited_day, sku_id, visitors, carting_visitors FROM visits WHERE sku_id IS NOT NULL",
    ),
    "site_visits": (
        "SELECT count(DISTINCT session), count(DISTINCT device) FROM events JOIN sessions USING (session)",
        "SELECT count(DISTINCT session_id), count(DISTINCT visitor_id) FROM events",
    ),
    "events": (
        "SELECT name, count(*), sum(value_fen) FROM events GROUP BY 1",
        "SELECT name, count(*), CAST(round(sum(value) * 100) AS BIGINT) FROM events GROUP BY 1",
    ),
    "ad_spend_by_day": (
        "SELECT shop, day, sum(spend_fen), sum(impressions), sum(clicks), sum(attributed_fen) FROM ad_days a "
        "WHERE NOT EXISTS (FROM reporting_faults f WHERE record = 'ad_days' AND mended_at >= TIMESTAMPTZ '{until}' "
        "AND f.key // 10 - 1 = a.day - DATE '2024-01-01') GROUP BY ALL",
        "SELECT shop_id, spent_day, sum(amount) * 100, sum(impressions), sum(clicks), sum(attributed_amount) * 100 FROM ad_spend "
        "WHERE spent_day NOT IN ({faulty}) GROUP BY ALL",
    ),
    "settled": (
        "SELECT shop, sum(amount_fen), sum(amount_fen) FILTER (kind = 'payout') FROM settlements GROUP BY 1",
        "SELECT shop_id, sum(amount) * 100, sum(amount) FILTER (kind = 'transfer') * 100 FROM settlements "
        "WHERE issuer <> 'bank' AND NOT (shop_id = 'douyin' AND issuer = 'platform') GROUP BY 1",
    ),
    "settled_at_douyin": (
        "SELECT sum(amount_fen) FROM settlements WHERE shop = 'douyin' AND kind <> 'payout'",
        "SELECT sum(amount) * 100 FROM settlements WHERE shop_id = 'douyin' AND issuer = 'platform'",
    ),
    "fees": (
        "SELECT shop, sum(amount_fen) FILTER (kind IN ('commission', 'service_fee', 'influencer_fee')) FROM "
        "settlements GROUP BY 1",
        "SELECT shop_id, sum(amount) FILTER (kind IN ('commission', 'service_fee', 'influencer_commission')) * 100 "
        "FROM settlements "
        "WHERE issuer <> 'bank' AND NOT (shop_id = 'douyin' AND issuer = 'wallet') GROUP BY 1",
    ),
    "bank": (
        "SELECT count(*), sum(amount_fen), arg_max(balance_fen, bank_line) FROM bank_lines",
        "SELECT count(*), sum(amount) * 100, arg_max(balance, CAST(statement_id AS BIGINT)) * 100 FROM settlements "
        "WHERE issuer = 'bank'",
    ),
    "payouts_arrive": (
        "SELECT sum(amount_fen) FROM bank_lines WHERE kind = 'payout'",
        "SELECT sum(amount) * 100 FROM settlements WHERE issuer = 'bank' AND kind = 'transfer'",
    ),
    "stock_by_day": (
        "SELECT day, warehouse, count(*), sum(on_hand), sum(available), sum(in_transit), sum(value_fen) FROM "
        "stock_days GROUP BY ALL",
        "SELECT stock_day, warehouse_id, count(*), sum(on_hand), sum(available), sum(in_transit), sum(value) * 100 "
        "FROM stock_levels "
        "GROUP BY ALL",
    ),
    "stock_moves": (
        "SELECT warehouse, kind, count(*), sum(quantity), sum(cost_fen) FROM stock_moves GROUP BY ALL",
        "SELECT warehouse_id, kind, count(*), sum(quantity), sum(cost) * 100 FROM stock_moves GROUP BY ALL",
    ),
    "purchases": (
        "SELECT count(*), sum(p.quantity), sum(r.quantity), sum(p.quantity * unit_cost_fen) FROM purchase_orders p "
        "LEFT JOIN receipts r USING (purchase, sku)",
        "SELECT count(*), sum(quantity), sum(received_quantity), sum(quantity * unit_cost) * 100 FROM purchase_orders",
    ),
    "costs": (
        "SELECT valid_from, sum(unit_cost_fen) * 8, count(*) * 8 FROM sku_costs GROUP BY 1",
        "SELECT valid_from, sum(unit_cost) * 100, count(*) FROM sku_costs GROUP BY 1",
    ),
    "books": (
        "SELECT coalesce(shop, 'lanting'), kind, count(*), sum(amount_fen) FROM ledger_entries GROUP BY ALL",
        "SELECT shop_id, kind, count(*), sum(amount) * 100 FROM ledger_entries GROUP BY ALL",
    ),
    "service": (
        "SELECT shop, topic, count(*), count(\"order\"), sum(first_response_seconds) FROM tickets GROUP BY ALL",
        "SELECT shop_id, topic, count(*), count(order_id), CAST(sum(first_response_seconds) AS BIGINT) FROM tickets GROUP BY ALL",
    ),
    "reviews": (
        "SELECT shop, stars, count(*) FROM reviews GROUP BY ALL",
        "SELECT shop_id, stars, count(*) FROM reviews GROUP BY ALL",
    ),
    "content": (
        "SELECT shop, day, sum(impressions), sum(cost_fen) FROM post_days GROUP BY ALL",
        "SELECT shop_id, stat_day, sum(impressions), sum(cost) * 100 FROM content_stats GROUP BY ALL",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Compared:
    """One check: rows that truly happened, and rows that were loaded; alike when the shop knows the truth."""

    name: str
    happened: list[tuple[str, ...]]
    loaded: list[tuple[str, ...]]

    @property
    def alike(self) -> bool:
        """Whether something happened and all of it was loaded as it happened."""
        return len(self.happened) > 0 and self.happened == self.loaded


def prepare(truth: duckdb.DuckDBPyConnection, until: dt.date) -> None:
    """Lay out, over the records of a world run to `until`, what the checks compare with."""
    truth.execute("SET TimeZone = 'Asia/Shanghai'")
    truth.execute(VIEWS.replace("{until}", _midnight(until)))


def compare(name: str, truth: duckdb.DuckDBPyConnection, lake: Lake, until: dt.date) -> Compared:
    """One of `CHECKS`: the truth's side and the shop's."""
    happened, loaded = CHECKS[name]
    midnight = _midnight(until)
    faulty = truth.execute(
        f"SELECT DISTINCT CAST(DATE '2024-01-01' + CAST(key // 10 - 1 AS INTEGER) AS DATE) FROM reporting_faults "
        f"WHERE record = 'ad_days' AND mended_at >= TIMESTAMPTZ '{midnight}'"
    ).fetchall()
    listed = ", ".join(f"DATE '{day}'" for (day,) in faulty) or "DATE '1900-01-01'"
    expected = truth.execute(happened.replace("{until}", midnight)).fetchall()
    found = lake.query(loaded.replace("{faulty}", listed)).fetchall()
    return Compared(name, _plain(expected), _plain(found))


def _midnight(day: dt.date) -> str:
    return f"{day} 00:00:00+08"


def _plain(rows: list[tuple[object, ...]]) -> list[tuple[str, ...]]:
    """Rows in an order of their own; whole numbers alike whatever their type, moments as seconds."""
    return sorted(tuple(_cell(value) for value in row) for row in rows)


def _cell(value: object) -> str:
    if isinstance(value, dt.datetime):
        return str(int(value.timestamp()))
    if value is None or isinstance(value, str | dt.date):
        return str(value)
    number = float(str(value))
    assert number == round(number), f"{value} is no whole number of fen or units"
    return str(int(number))
