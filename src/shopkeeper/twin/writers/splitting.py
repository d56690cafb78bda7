"""Money of orders that a platform knows as several: Kuaishou and Pinduoduo have one article an order."""

from __future__ import annotations

from shopkeeper.twin.writers.desk import Desk

_SPLIT = "('kuaishou', 'pinduoduo')"
_KINDS = """CASE kind WHEN 'influencer_fee' THEN 'influencer_commission' WHEN 'payout' THEN 'transfer' WHEN 'forfeit' THEN 'other'
    ELSE kind END"""
# A sale and its subsidy are their lines'; a refund is its line's, found by its amount; fees stay with the first line.
_SETTLED = f"""
CREATE OR REPLACE TEMP TABLE settlements_told AS
WITH booked AS (
    SELECT s.*, o.placed_at, o.lines, o.freight_fen, s.kind = 'sale' OR s.kind = 'subsidy' AND s.amount_fen > 0 AS is_sale
    FROM settlements s LEFT JOIN orders o USING (order_no)
    WHERE s.shop IN ('jd', 'kuaishou', 'pinduoduo', 'site') OR s.shop = 'xiaohongshu' AND s.kind = 'payout'),
refunded AS (SELECT order_no, amount_fen, min(line) AS line FROM refunds WHERE amount_fen > 0 GROUP BY order_no, amount_fen),
moment_lines AS (
    SELECT b.order_no, b.moment, min(r.line) AS line FROM booked b JOIN refunded r ON r.order_no = b.order_no
    AND r.amount_fen = -b.amount_fen WHERE b.kind = 'refund' GROUP BY b.order_no, b.moment),
placed AS (
    SELECT b.*, 1 AS line FROM booked b WHERE b.order_no IS NULL OR b.shop NOT IN {_SPLIT} OR b.lines = 1
    UNION ALL BY NAME
    SELECT b.* REPLACE (CASE b.kind WHEN 'sale' THEN l.payable_fen + CASE WHEN l.line = 1 THEN b.freight_fen ELSE 0 END
        ELSE l.platform_fen + l.influencer_fen END AS amount_fen), l.line
    FROM booked b JOIN order_lines l USING (order_no) WHERE b.shop IN {_SPLIT} AND b.lines > 1 AND b.is_sale
    UNION ALL BY NAME
    SELECT b.*, CASE WHEN b.kind IN ('refund', 'subsidy') THEN coalesce(r.line, m.line, 1) ELSE 1 END AS line
    FROM booked b LEFT JOIN refunded r ON b.kind = 'refund' AND r.order_no = b.order_no AND r.amount_fen = -b.amount_fen
    LEFT JOIN moment_lines m ON m.order_no = b.order_no AND m.moment = b.moment
    WHERE b.shop IN {_SPLIT} AND b.lines > 1 AND NOT b.is_sale)
SELECT shop AS shop_id, CAST(statement AS VARCHAR) AS statement_id, settlement % 10000000 * 10 + line AS line_no,
    'platform' AS issuer, CASE WHEN order_no IS NOT NULL THEN order_id(shop, order_no, line, placed_at) END AS order_id,
    moment AS settled_at, {_KINDS} AS kind, cny(amount_fen) AS amount
FROM placed WHERE amount_fen <> 0"""
# What Tmall bears is paid by its coupons, a payment of its own.
_PAID = f"""
CREATE OR REPLACE TEMP TABLE payments_told AS
WITH tried AS (SELECT p.*, o.placed_at, o.lines, o.freight_fen FROM payments p JOIN orders o USING (order_no)),
whole AS (
    -- A deposit is inside the final payment's parts; one that was forfeited stands alone.
    SELECT * FROM tried t WHERE shop NOT IN {_SPLIT} OR lines = 1 OR status = 'failed' OR part = 'deposit' AND NOT EXISTS (
        FROM payments f WHERE f.order_no = t.order_no AND f.status = 'succeeded' AND f.part <> 'deposit')),
parts AS (
    SELECT t.shop, t.payment || '-' || l.line AS payment, t.order_no, t.placed_at, l.line, t.moment, t.method, t.status,
        l.payable_fen + CASE WHEN l.line = 1 THEN t.freight_fen ELSE 0 END AS amount_fen
    FROM tried t JOIN order_lines l USING (order_no)
    WHERE t.shop IN {_SPLIT} AND t.lines > 1 AND t.status = 'succeeded' AND t.part <> 'deposit'),
coupons AS (
    SELECT t.shop, t.payment, t.order_no, t.placed_at, t.moment, l.platform_fen FROM tried t JOIN (
        SELECT order_no, sum(platform_fen) AS platform_fen FROM order_lines GROUP BY order_no) l USING (order_no)
    WHERE t.shop = 'tmall' AND t.status = 'succeeded' AND t.part <> 'deposit' AND l.platform_fen > 0)
SELECT shop AS shop_id, CAST(payment AS VARCHAR) AS payment_id, order_id(shop, order_no, 1, placed_at) AS order_id,
    moment AS paid_at, cny(amount_fen) AS amount, method, status, part FROM whole
UNION ALL SELECT shop, payment, order_id(shop, order_no, line, placed_at), moment, cny(amount_fen), method, status,
    'whole' FROM parts
UNION ALL SELECT shop, payment || 'K', order_id(shop, order_no, 1, placed_at), moment, cny(platform_fen), 'tmall_coupon',
    'succeeded', 'whole' FROM coupons"""


def split_money(desk: Desk) -> None:
    """Lay out `settlements_told` and `payments_told`: rows by the order numbers that the platforms' files have."""
    desk.run(_SETTLED)
    desk.run(_PAID)
