"""Tables in the product's own columns, for what no platform exports: one file a table, written at the end.

`TABLES` names the file (which begins with the table's name), its rows as SQL over the desk, and their order.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shopkeeper.twin.writers.desk import Desk
from shopkeeper.twin.writers.files import write_csv

README = """# Canonical layouts
These tables come from no platform's export. They are the brand's own lists (costs, prices, staff, purchasing, stock, service,
content, competitors, after-sales, payments, logistics), in the columns that the product's own layouts have
(`shopkeeper template TABLE`). A real brand would fill such layouts from its ERP, service desk and spreadsheets.
All of it is simulated.
"""


@dataclass(frozen=True)
class Sheet:
    """A canonical file. `rows` gives its columns, `order` their order."""

    name: str
    rows: str
    order: str

    def write(self, desk: Desk, folder: Path, suffix: str = "") -> None:
        """Write it, unless it has no row."""
        if desk.run(f"SELECT 1 FROM ({self.rows}) LIMIT 1").fetchone() is not None:
            select = f"SELECT * FROM ({self.rows}) ORDER BY {self.order}"
            write_csv(desk, select, folder / "canonical" / f"{self.name}{suffix}.csv")


_ARTICLES = """
SELECT {0} AS sku_id, product_code AS product_id, name, category_word(category) AS category,
    variant AS size, '兰亭' AS brand, 'S' || lpad(CAST(supplier AS VARCHAR), 3, '0') AS supplier_id, launched_day
FROM skus"""
_OF_ORDER = "JOIN orders o USING (order_no)"
_FIRST = "order_id(o.shop, order_no, 1, o.placed_at)"
_LINE = """CASE WHEN o.shop IN ('tmall', 'douyin') THEN child_no(order_no, line, o.lines) WHEN o.shop IN ('kuaishou', 'pinduoduo')
    THEN 1 ELSE line END"""
_SKU = "CASE WHEN {shop} = 'jd' THEN jd_number(sku) ELSE k.code END"


def tables() -> tuple[Sheet, ...]:
    """All of them."""
    return (
        *_DIMENSIONS,
        Sheet("products", f"{_ARTICLES.format('code')} UNION ALL {_ARTICLES.format('jd_number(sku)')}", "product_id, sku_id"),
        *_TRADE, *_ATTENTION, *_SUPPLY, *_SERVICE, *_MONEY,
    )  # fmt: skip


_DIMENSIONS = (
    Sheet(
        "shops",
        "SELECT shop AS shop_id, name, shop AS platform_id, 'CNY' AS currency, 'Asia/Shanghai' AS timezone FROM shops",
        "shop_id",
    ),
    Sheet(
        "platforms",
        "SELECT 'store' AS platform_id, '门店' AS name, 'no' AS is_online, 'yes' AS is_direct "
        "UNION ALL SELECT 'wallet', '钱包', 'yes', 'no'",
        "platform_id",
    ),
    Sheet(
        "channels",
        "SELECT * FROM (VALUES ('search', '搜索', 'organic'), ('feed', '推荐流', 'organic'), ('live', '直播', 'live'), "
        "('short_video', '短视频', 'organic'), ('recommend', '站内推荐', 'organic'), ('direct', '直接访问', 'owned'), "
        "('message', '短信与社群', 'owned'), ('affiliate', '达人分销', 'affiliate'), ('ads', '广告', 'paid'), "
        "('walk_in', '进店', 'retail'), ('search_ads', '搜索广告', 'paid'), ('feed_ads', '信息流广告', 'paid'), "
        "('live_ads', '直播投流', 'paid'), ('influencer_ads', '达人投放', 'paid'), ('site_ads', '站外广告', 'paid'), "
        "('sms', '短信', 'owned'), ('wecom', '企业微信', 'owned'), ('email', '邮件', 'owned'), ('app_push', '推送', 'owned')"
        ") t(channel_id, name, kind)",
        "channel_id",
    ),
    Sheet(
        "suppliers",
        "SELECT 'S' || lpad(CAST(supplier AS VARCHAR), 3, '0') AS supplier_id, name, lead_time_days FROM suppliers",
        "supplier_id",
    ),
    Sheet("calendar", "SELECT date AS day, name, kind FROM calendar", "day, name"),
    Sheet(
        "customers",
        "SELECT customer AS customer_id, CASE WHEN is_member AND phone IS NOT NULL THEN sha256('86' || phone) END AS phone_hash, "
        "CASE WHEN email IS NOT NULL THEN sha256(lower(email)) END AS email_hash, t.tier AS member_tier, "
        "CASE WHEN is_member THEN CAST(created_at AS DATE) END AS joined_day "
        "FROM (SELECT * FROM accounts WHERE customer IS NOT NULL QUALIFY row_number() OVER (PARTITION BY customer "
        "ORDER BY created_at, account) = 1) LEFT JOIN (SELECT account, arg_max(tier, order_no) AS tier FROM orders "
        "GROUP BY account) t USING (account)",
        "customer_id",
    ),
    Sheet(
        "identities",
        "SELECT shop AS platform_id, handle AS identity, 'buyer_id' AS kind, customer AS customer_id FROM accounts "
        "WHERE customer IS NOT NULL AND shop <> 'site' "
        "UNION ALL SELECT shop, open_id, 'open_id', customer FROM accounts WHERE customer IS NOT NULL AND open_id IS NOT NULL "
        "UNION ALL SELECT shop, CAST(device AS VARCHAR), 'device', customer FROM (SELECT * FROM accounts WHERE shop = 'site' "
        "AND customer IS NOT NULL QUALIFY row_number() OVER (PARTITION BY device ORDER BY account) = 1)",
        "platform_id, identity",
    ),
)
# The stores' till writes receipts and their lines; other shops' brushing orders are declared by the brand.
TILL = (
    Sheet(
        "orders_store",
        "SELECT shop AS shop_id, order_id(shop, order_no, 1, placed_at) AS order_id, customer AS customer_id, "
        "channel AS channel_id, "
        "placed_at AS ordered_at, paid_at, CASE WHEN status = 'deposit_paid' THEN 'placed' ELSE status END AS status, "
        "order_type, cny(freight_fen) AS freight_amount, cny(payable_fen) AS payable_amount, tier AS member_tier, "
        "province AS region FROM sheet WHERE shop = 'store'",
        "ordered_at, order_id",
    ),
    Sheet(
        "order_lines_store",
        "SELECT shop AS shop_id, order_id, line AS line_no, code AS sku_id, quantity, cny(list_fen) AS list_amount, "
        "cny(merchant_fen) AS discount_merchant, cny(platform_fen) AS discount_platform, cny(influencer_fen) AS "
        "discount_influencer, "
        "cny(payable_fen) AS payable_amount, cny(payable_fen + platform_fen + influencer_fen) AS receivable_amount, "
        "placed_at AS ordered_at, paid_at FROM sheet_lines WHERE shop = 'store'",
        "ordered_at, order_id, line_no",
    ),
)
# What an advertisement's report says now: too little until somebody corrects it.
AD_REPORT = """
CREATE OR REPLACE TEMP TABLE ad_report AS
SELECT a.* REPLACE (CASE WHEN f.mended_at >= getvariable('until') THEN a.spend_fen * f.told // f.whole ELSE
    a.spend_fen END AS spend_fen),
    f.mended_at
FROM ad_days a LEFT JOIN (
    SELECT b.shop, b.date, f.told, f.mended_at, b.whole FROM reporting_faults f JOIN (
        SELECT d.shop, d.date, sum(spend_fen) AS whole, (datediff('day', DATE '{start}', d.date) + 1) * 10 +
            any_value(s.place) AS key
        FROM ad_days d JOIN (SELECT shop, row_number() OVER () - 1 AS place FROM shops) s USING (shop) GROUP BY d.shop, d.date) b
    ON b.key = f.key WHERE f.record = 'ad_days') f ON f.shop = a.shop AND f.date = a.date
WHERE a.date >= CAST(getvariable('first') AS DATE) OR f.mended_at >= getvariable('first')"""
_SPENT = """
SELECT shop AS shop_id, date AS spent_day, channel AS channel_id, CAST(campaign AS VARCHAR) AS campaign_id,
    CAST(ad AS VARCHAR) AS ad_id, cny(spend_fen) AS amount, is_acquisition, impressions, clicks, attributed_orders,
    cny(attributed_fen) AS attributed_amount
FROM ad_report WHERE NOT (shop = 'douyin' AND date >= CAST(getvariable('qianchuan') AS DATE)) AND """
_SPEND_ORDER = "spent_day, shop_id, channel_id, campaign_id, ad_id"
SPEND = Sheet("ad_spend", f"{_SPENT} date >= CAST(getvariable('first') AS DATE)", _SPEND_ORDER)
SPEND_CORRECTED = Sheet("ad_spend", f"{_SPENT} date < CAST(getvariable('first') AS DATE)", _SPEND_ORDER)

_TRADE = (
    Sheet(
        "orders_brushing",
        f"SELECT DISTINCT o.shop AS shop_id, order_id(o.shop, order_no, line, o.placed_at) AS order_id, CASE WHEN "
        f"o.shop = 'pinduoduo' "
        "AND p.moment IS NOT NULL AND NOT (order_no % 97 = 3 AND CAST(p.moment AS DATE) = CAST(o.placed_at AS "
        "DATE)) THEN p.moment "
        "WHEN o.shop = 'pinduoduo' THEN CAST(CAST(o.placed_at AS DATE) AS TIMESTAMP_S) ELSE o.placed_at END AS ordered_at, "
        f"'yes' AS is_brushing FROM order_lines {_OF_ORDER} LEFT JOIN (SELECT order_no, max(moment) AS moment FROM order_states "
        "WHERE state = 'paid' GROUP BY order_no) p USING (order_no) WHERE o.is_brushing",
        "ordered_at, order_id",
    ),
    Sheet(
        "payments",
        "SELECT * FROM payments_told",
        "paid_at, payment_id",
    ),
    Sheet(
        "refunds",
        f"SELECT o.shop AS shop_id, CAST(refund AS VARCHAR) AS refund_id, order_id(o.shop, order_no, line, "
        f"o.placed_at) AS order_id, "
        f"{_LINE} AS line_no, {_SKU.format(shop='o.shop')} AS sku_id, r.moment AS refunded_at, r.quantity, "
        "cny(r.amount_fen) AS amount, r.kind, r.reason, r.status "
        f"FROM refunds r {_OF_ORDER} JOIN skus k USING (sku) WHERE NOT (o.shop = 'jd' AND r.kind = 'before_shipment')",
        "refunded_at, refund_id",
    ),
    Sheet(
        "shipments",
        f"SELECT h.shop AS shop_id, CAST(parcel AS VARCHAR) AS shipment_id, {_FIRST} AS order_id, due_at, shipped_at, "
        "CASE WHEN delivered_at < getvariable('until') THEN delivered_at END AS delivered_at, h.quantity, carrier, "
        "warehouse AS warehouse_id, is_perfect, cny(freight_cost_fen) AS freight_cost "
        f"FROM shipments h {_OF_ORDER} WHERE h.shop NOT IN ('kuaishou', 'xiaohongshu')",
        "shipped_at, shipment_id",
    ),
    Sheet(
        "subscriptions",
        "SELECT s.shop AS shop_id, CAST(subscription AS VARCHAR) AS subscription_id, a.customer AS customer_id, "
        "k.code AS sku_id, "
        "s.moment AS changed_at, change, cny(monthly_fen) AS monthly_amount FROM subscriptions s JOIN skus k USING (sku) "
        "LEFT JOIN accounts a USING (account)",
        "changed_at, subscription_id",
    ),
    Sheet(
        "coupons",
        "SELECT shop AS shop_id, CAST(coupon AS VARCHAR) AS coupon_id, cny(threshold_fen) AS threshold_amount, "
        "cny(face_fen) AS face_value, borne_by, start_day, end_day FROM coupons",
        "shop_id, start_day, coupon_id",
    ),
    Sheet(
        "coupon_uses",
        f"SELECT u.shop AS shop_id, CAST(u.coupon AS VARCHAR) AS coupon_id, a.customer AS customer_id, "
        f"CAST(u.moment AS DATE) AS used_day, {_FIRST} AS order_id, cny(u.amount_fen) AS amount FROM coupon_uses u "
        f"{_OF_ORDER} JOIN accounts a ON a.account = u.account WHERE a.customer IS NOT NULL",
        "used_day, order_id",
    ),
    Sheet(
        "prices",
        f"SELECT p.shop AS shop_id, {_SKU.format(shop='p.shop')} AS sku_id, valid_from, cny(p.list_fen) AS list_price, "
        "cny(sale_fen) AS sale_price FROM prices p JOIN skus k USING (sku)",
        "valid_from, shop_id, sku_id",
    ),
    Sheet(
        "promotions",
        f"SELECT p.shop AS shop_id, {_SKU.format(shop='p.shop')} AS sku_id, start_day, end_day, display FROM promotions p "
        "JOIN skus k USING (sku)",
        "start_day, shop_id, sku_id",
    ),
)
# A shop's day of visitors by origin; a tracking break tells fewer, in each origin alike. The site's visits are in its event
# log: its days are told here, too, since indicators count either days or visits, for all shops alike.
_ATTENTION = (
    Sheet(
        "visits",
        "SELECT shop AS shop_id, 'platform_day' AS grain, date || '|' || origin AS visit_id, date AS visited_day, "
        "visitors_told AS visitors, carting_told AS carting_visitors, origin FROM ("
        "SELECT *, paid * told_visitors // greatest(visitors, 1) AS p, owned * told_visitors // greatest(visitors, 1) AS w, "
        "carting * told_visitors // greatest(visitors, 1) AS c "
        "FROM (SELECT * REPLACE (CAST(told_visitors AS BIGINT) AS told_visitors) FROM visitor_days)) "
        "CROSS JOIN LATERAL (VALUES ('paid', p, c * paid // greatest(visitors, 1)), "
        "('owned', w, c * owned // greatest(visitors, 1)), "
        "('organic', told_visitors - p - w, c - c * paid // greatest(visitors, 1) - c * owned // greatest(visitors, 1))"
        ") t(origin, visitors_told, carting_told)",
        "visited_day, shop_id, origin",
    ),
    Sheet(
        "content_stats",
        "SELECT d.shop AS shop_id, date AS stat_day, CAST(post AS VARCHAR) AS content_id, p.kind, impressions, plays, "
        "completed_plays, reads, likes, comments, shares, saves, cny(d.cost_fen) AS cost, cny(attributed_fen) AS "
        "attributed_amount, "
        "cny(attributed_margin_fen) AS attributed_margin FROM post_days d LEFT JOIN posts p USING (post)",
        "stat_day, shop_id, content_id",
    ),
    Sheet(
        "campaigns",
        "SELECT shop AS shop_id, CAST(campaign AS VARCHAR) AS campaign_id, name, kind, start_day, end_day, "
        "cny(budget_fen) AS budget FROM campaigns",
        "start_day, campaign_id, shop_id",
    ),
    Sheet(
        "competitor_prices",
        f"SELECT p.shop AS shop_id, competitor, item, {_SKU.format(shop='p.shop')} AS sku_id, seen_at, cny(price_fen) AS price "
        "FROM competitor_prices p JOIN skus k USING (sku)",
        "seen_at, shop_id, competitor, item",
    ),
    Sheet(
        "brand_index",
        "SELECT NULL AS shop_id, name AS index_name, date AS index_day, value FROM brand_index",
        "index_day, index_name",
    ),
    Sheet(
        "consents",
        "SELECT a.customer AS customer_id, purpose, moment AS given_at, bool_or(granted) AS granted, "
        "any_value(evidence) AS evidence "
        "FROM consents JOIN accounts a USING (account) WHERE a.customer IS NOT NULL GROUP BY ALL",
        "given_at, customer_id, purpose",
    ),
    Sheet(
        "contacts",
        "SELECT CAST(contact AS VARCHAR) AS contact_id, a.customer AS customer_id, sent_at, channel AS channel_id, "
        "CAST(campaign AS VARCHAR) AS campaign_id, status FROM contacts JOIN accounts a USING (account) "
        "WHERE a.customer IS NOT NULL",
        "sent_at, contact_id",
    ),
)
_SUPPLY = (
    Sheet(
        "stock_levels",
        "SELECT NULL AS shop_id, warehouse AS warehouse_id, k.code AS sku_id, date AS stock_day, on_hand, available, in_transit, "
        "cny(value_fen) AS value, last_received_day, last_sold_day FROM stock_days JOIN skus k USING (sku)",
        "stock_day, warehouse_id, sku_id",
    ),
    Sheet(
        "stock_moves",
        "SELECT NULL AS shop_id, CAST(move AS VARCHAR) AS move_id, warehouse AS warehouse_id, k.code AS sku_id, "
        "moment AS moved_at, "
        "quantity, kind, cny(cost_fen) AS cost FROM stock_moves JOIN skus k USING (sku)",
        "moved_at, move_id",
    ),
    Sheet(
        "purchase_orders",
        "SELECT NULL AS shop_id, CAST(p.purchase AS VARCHAR) AS purchase_id, k.code AS sku_id, "
        "'S' || lpad(CAST(p.supplier AS VARCHAR), 3, '0') AS supplier_id, ordered_day, due_day, r.received_day, p.quantity, "
        "r.quantity AS received_quantity, cny(unit_cost_fen) AS unit_cost FROM purchase_orders p JOIN skus k USING (sku) "
        "LEFT JOIN receipts r ON r.purchase = p.purchase AND r.sku = p.sku",
        "ordered_day, purchase_id",
    ),
    Sheet(
        "sku_costs",
        f"SELECT s.shop AS shop_id, {_SKU.format(shop='s.shop')} AS sku_id, valid_from, cny(unit_cost_fen) AS unit_cost, "
        "round(vat_share / (1 + vat_share), 6) AS vat_share FROM sku_costs JOIN skus k USING (sku) "
        "CROSS JOIN (SELECT shop FROM shops) s",
        "valid_from, sku_id, shop_id",
    ),
)
_SERVICE = (
    Sheet(
        "tickets",
        "SELECT t.shop AS shop_id, CAST(ticket AS VARCHAR) AS ticket_id, opened_at, a.customer AS customer_id, "
        "CASE WHEN order_no IS NOT NULL THEN order_id(t.shop, order_no, 1, o.placed_at) END AS order_id, topic, "
        "first_response_seconds, answered_by_bot, resolved_by_bot, is_simple, "
        "CASE WHEN closed_at < getvariable('until') THEN closed_at END AS closed_at, satisfaction "
        "FROM tickets t LEFT JOIN accounts a USING (account) LEFT JOIN orders o USING (order_no)",
        "opened_at, ticket_id",
    ),
    Sheet(
        "reviews",
        f"SELECT r.shop AS shop_id, CAST(review AS VARCHAR) AS review_id, {_SKU.format(shop='r.shop')} AS sku_id, "
        "order_id(r.shop, order_no, line, o.placed_at) AS order_id, a.customer AS customer_id, r.moment AS "
        "reviewed_at, stars, text "
        f"FROM reviews r {_OF_ORDER} JOIN skus k USING (sku) LEFT JOIN accounts a ON a.account = r.account",
        "reviewed_at, review_id",
    ),
    Sheet(
        "people",
        "SELECT CAST(staff AS VARCHAR) AS person_id, valid_from, team, role, CAST(reports_to AS VARCHAR) AS reports_to, "
        "cny(monthly_cost_fen) AS monthly_cost, left_day FROM staff",
        "valid_from, person_id",
    ),
)
_MONEY = (
    Sheet(
        "ledger_entries",
        "SELECT shop AS shop_id, CAST(entry AS VARCHAR) AS entry_id, date AS booked_day, kind, cny(amount_fen) AS amount, "
        "party AS account, note FROM ledger_entries",
        "booked_day, entry_id",
    ),
    Sheet("settlements", "SELECT * FROM settlements_told", "settled_at, shop_id, statement_id, line_no"),
)
