"""Order ↔ settlement, as SQL: each statement line finds its order, then each order gets one outcome and one cause.

Two temporary tables of the reading transaction, so that every figure and list comes from the same one classification:

- `reconcile_lines`: one row a statement line that is no transfer, with the order it belongs to and how that was found.
- `reconcile_orders`: one row an order, or one a settled id that no order has.

Every join is to a relation with one row a key, so an order of three lines, two refunds and four statement lines is one.
"""

from __future__ import annotations

from shopkeeper.quality.reconcile.result import GOODS
from shopkeeper.quality.reconcile.scope import DUE_DAYS, bucket_sql

_GOODS = ", ".join(f"'{kind}'" for kind in GOODS)
FEE_CEILING = 30
"""A shortfall of up to this percentage of an order looks like a fee that the statement does not list."""


def _normalised(id_: str) -> str:
    """An id without quotes, spaces, prefix (letters, `#`, Alipay's T200P) and leading zeros."""
    bare = f"""upper(regexp_replace({id_}, '[\\s"''`=‘’“”]', '', 'g'))"""
    return f"coalesce(nullif(regexp_extract({bare}, '^(?:T[0-9]+P|[A-Z#_-]+)?0*([0-9].*)$', 1), ''), {bare})"


_NOTE_PATTERNS = (
    r"(?i)trade_?(?:id|no)[^0-9A-Za-z]*([0-9A-Za-z-]+)",
    r"(?i)\bT[0-9]+P([0-9]+)",
    r"(?i)(?:订单(?:编?号|id)?|order[ _]?(?:id|no|number)?)[ .:：=#\[【（(]*([A-Za-z]*-?[0-9][0-9A-Za-z-]*)",
)
_NOTE_ID = (
    "coalesce(" + ", ".join(f"nullif(regexp_extract(note, '{pattern}', 1), '')" for pattern in _NOTE_PATTERNS) + ")"
)

_KNOWN = """
line_orders AS (
    SELECT shop_id, order_id, min(paid_day) AS paid_day, coalesce(bool_or(is_brushing), false) AS brushing,
        sum(coalesce(receivable_amount, payable_amount)) AS amount,
        sum(coalesce(receivable_amount, payable_amount)) FILTER (paid_day IS NOT NULL) AS paid_amount,
        bool_and(receivable_amount IS NOT NULL) AS receivable_known
    FROM order_lines GROUP BY shop_id, order_id),
known AS (
    SELECT coalesce(l.shop_id, o.shop_id) AS shop_id, coalesce(l.order_id, o.order_id) AS order_id,
        coalesce(l.paid_day, o.paid_day) AS paid_day,
        coalesce(l.brushing, false) OR coalesce(o.is_brushing, false) AS brushing,
        coalesce(o.freight_amount, 0) AS freight,
        CASE WHEN l.paid_day IS NOT NULL THEN l.paid_amount WHEN o.paid_day IS NULL THEN 0
            WHEN l.order_id IS NOT NULL THEN l.amount
            ELSE o.payable_amount - coalesce(o.freight_amount, 0) END AS receivable,
        CASE WHEN l.order_id IS NULL THEN 'order_total' WHEN l.receivable_known THEN 'receivable' ELSE 'payable' END AS basis
    FROM line_orders l FULL JOIN orders o ON l.shop_id = o.shop_id AND l.order_id = o.order_id)"""

LINES_SQL = f"""
CREATE OR REPLACE TEMP TABLE reconcile_lines AS
WITH {_KNOWN},
asked AS (
    SELECT shop_id, statement_id, line_no, coalesce(issuer, 'platform') AS issuer, coalesce(kind, 'other') AS kind,
        settled_day, amount, nullif(trim(order_id), '') AS order_id, note
    FROM settlements WHERE kind IS DISTINCT FROM 'transfer'),
first_try AS (
    SELECT a.*, k.order_id AS found, k.brushing
    FROM asked a LEFT JOIN known k ON a.shop_id = k.shop_id AND a.order_id = k.order_id),
leftover AS MATERIALIZED (
    SELECT *, {_normalised("order_id")} AS bare_id, {_NOTE_ID} AS note_id FROM first_try WHERE found IS NULL),
bare_orders AS (
    SELECT shop_id, {_normalised("order_id")} AS bare_id, order_id, brushing FROM known
    WHERE shop_id IN (SELECT shop_id FROM leftover)),
single_orders AS (
    SELECT shop_id, bare_id, any_value(order_id) AS order_id, any_value(brushing) AS brushing
    FROM bare_orders GROUP BY shop_id, bare_id HAVING count(*) = 1),
second_try AS (
    SELECT l.*, n.order_id AS found_bare, coalesce(e.order_id, b.order_id) AS found_note,
        CASE WHEN n.order_id IS NOT NULL THEN n.brushing ELSE coalesce(e.brushing, b.brushing) END AS brushed
    FROM leftover l
    LEFT JOIN single_orders n ON l.shop_id = n.shop_id AND l.bare_id = n.bare_id
    LEFT JOIN known e ON l.shop_id = e.shop_id AND l.note_id = e.order_id
    LEFT JOIN single_orders b ON l.shop_id = b.shop_id AND {_normalised("l.note_id")} = b.bare_id),
placed AS (
    SELECT shop_id, statement_id, line_no, issuer, kind, settled_day, amount, found AS order_id, 'exact' AS step,
        brushing, false AS orphan
    FROM first_try WHERE found IS NOT NULL
    UNION ALL
    SELECT shop_id, statement_id, line_no, issuer, kind, settled_day, amount,
        coalesce(found_bare, found_note, order_id, note_id),
        CASE WHEN found_bare IS NOT NULL THEN 'normalised' WHEN found_note IS NOT NULL THEN 'note'
            WHEN order_id IS NULL AND note_id IS NULL THEN 'no_id' ELSE 'none' END,
        coalesce(brushed, false), found_bare IS NULL AND found_note IS NULL
    FROM second_try),
ranked AS (
    SELECT *, CASE issuer WHEN 'platform' THEN 1 WHEN 'wallet' THEN 2 ELSE 3 END AS rank FROM placed),
told_twice AS (
    SELECT shop_id, order_id, orphan, kind, min(rank) AS best FROM ranked WHERE order_id IS NOT NULL
    GROUP BY ALL HAVING min(rank) < max(rank)),
told_whole AS (
    SELECT shop_id, order_id, orphan, amount < 0 AS back FROM ranked WHERE order_id IS NOT NULL AND kind IN ({_GOODS})
    GROUP BY ALL HAVING sum(amount) FILTER (rank = 1) = sum(amount) FILTER (rank = 2))
SELECT r.* EXCLUDE (rank), coalesce(r.rank > t.best, false) OR (r.rank = 2 AND w.order_id IS NOT NULL) AS echo
FROM ranked r LEFT JOIN told_twice t
    ON r.shop_id = t.shop_id AND r.order_id = t.order_id AND r.orphan = t.orphan AND r.kind = t.kind
LEFT JOIN told_whole w
    ON r.shop_id = w.shop_id AND r.order_id = w.order_id AND r.orphan = w.orphan AND (r.amount < 0) = w.back
        AND r.kind IN ({_GOODS})
"""
"""A line of a wallet or bank is an echo where the platform has told the same kind for the same order: the money is one.

So it is where the wallet splits what the platform tells whole, such as a sale and its subsidy, and both sums are equal.
"""

_SETTLED = f"""
used AS (
    SELECT shop_id, coalesce(order_id, statement_id || ':' || line_no) AS order_id, orphan, kind, settled_day, amount
    FROM reconcile_lines WHERE NOT echo),
repeated AS (
    SELECT shop_id, order_id, orphan, list(amount) AS amounts, sum(amount * (times - 1)) AS surplus FROM (
        SELECT shop_id, order_id, orphan, amount, count(*) AS times FROM used
        WHERE kind IN ({_GOODS}) AND amount > 0 GROUP BY shop_id, order_id, orphan, kind, amount HAVING count(*) > 1)
    GROUP BY shop_id, order_id, orphan),
settled AS (
    SELECT shop_id, order_id, orphan, min(settled_day) FILTER (kind IN ({_GOODS})) AS first_day,
        count(*) FILTER (kind IN ({_GOODS})) AS goods_lines,
        coalesce(sum(amount) FILTER (kind IN ({_GOODS})), 0) AS goods,
        coalesce(sum(amount) FILTER (kind = 'refund'), 0) AS refunded,
        coalesce(sum(amount) FILTER (kind NOT IN ({_GOODS})), 0) AS fees
    FROM used GROUP BY shop_id, order_id, orphan),
granted AS (
    SELECT shop_id, order_id, sum(amount) AS amount FROM refunds
    WHERE status = 'refunded' AND order_id IS NOT NULL GROUP BY shop_id, order_id),
delivered AS (
    SELECT shop_id, order_id, max(delivered_at) AS moment FROM shipments WHERE delivered_at IS NOT NULL
    GROUP BY shop_id, order_id),
stated AS (
    SELECT shop_id, min(settled_day) AS first_day FROM settlements WHERE issuer IS DISTINCT FROM 'bank'
    GROUP BY shop_id HAVING bool_or(kind IN ({_GOODS})))"""
"""A store's statements begin with their first line of any kind: what was settled before it, nobody here can know."""


_AS_ONE = """
of_orders AS (
    SELECT k.shop_id, k.order_id, false AS orphan, k.brushing, k.basis, k.paid_day, s.goods_lines > 0 AS has_goods,
        coalesce(k.paid_day, s.first_day) AS day,
        CASE WHEN d.moment IS NULL THEN 'paid' ELSE 'delivered' END AS aged_by,
        coalesce(greatest(k.paid_day, timezone(coalesce(p.timezone, 'UTC'), d.moment)::DATE), s.first_day) AS aged_from,
        k.receivable - coalesce(g.amount, 0) AS expected, k.freight, coalesce(g.amount, 0) AS granted,
        coalesce(s.goods, 0) AS settled, coalesce(s.refunded, 0) AS refunded, coalesce(s.fees, 0) AS fees,
        r.amounts AS repeats, r.surplus, t.first_day AS stated_from, p.platform_id, p.currency
    FROM known k
    LEFT JOIN settled s ON k.shop_id = s.shop_id AND k.order_id = s.order_id AND NOT s.orphan
    LEFT JOIN repeated r ON k.shop_id = r.shop_id AND k.order_id = r.order_id AND NOT r.orphan
    LEFT JOIN granted g ON k.shop_id = g.shop_id AND k.order_id = g.order_id
    LEFT JOIN delivered d ON k.shop_id = d.shop_id AND k.order_id = d.order_id
    LEFT JOIN stated t ON k.shop_id = t.shop_id
    LEFT JOIN shops p ON k.shop_id = p.shop_id
    WHERE k.paid_day IS NOT NULL OR s.goods_lines > 0),
of_nobody AS (
    SELECT s.shop_id, s.order_id, true, false, NULL, NULL, true, s.first_day, 'settled', s.first_day, 0, 0, 0,
        s.goods, s.refunded, s.fees, NULL, NULL, s.first_day, p.platform_id, p.currency
    FROM settled s LEFT JOIN shops p ON s.shop_id = p.shop_id WHERE s.orphan AND s.goods_lines > 0),
whole AS (SELECT * FROM of_orders UNION ALL SELECT * FROM of_nobody),
compared AS (
    SELECT *, coalesce(has_goods, false) AS settled_at_all, date_diff('day', aged_from, $as_of) AS age,
        CASE WHEN settled <= expected THEN settled - expected
            WHEN settled >= expected + freight THEN settled - expected - freight
            WHEN settled - expected <= expected + freight - settled THEN settled - expected
            ELSE settled - expected - freight END AS difference
    FROM whole)"""
"""The freight that a buyer pays may be inside the settled amount or not: the difference is to the nearer reading."""

_OUTCOME = """CASE WHEN orphan THEN 'orphan' WHEN brushing THEN 'brushing' WHEN expected IS NULL THEN 'unchecked'
    WHEN NOT settled_at_all AND (stated_from IS NULL OR day < stated_from) THEN 'unchecked'
    WHEN abs(difference) < 0.005 THEN 'matched'
    WHEN NOT settled_at_all THEN 'unsettled'
    WHEN abs(settled + fees - expected) < 0.005 OR abs(settled + fees - expected - freight) < 0.005 THEN 'matched_fees'
    WHEN difference < 0 THEN 'short' ELSE 'over' END"""

_CAUSE = f"""CASE outcome WHEN 'orphan' THEN 'order_unknown' WHEN 'brushing' THEN 'brushing_excluded'
    WHEN 'unchecked' THEN CASE WHEN expected IS NULL THEN 'amount_unknown' ELSE 'no_statement' END
    WHEN 'unsettled' THEN CASE WHEN age <= {DUE_DAYS} THEN 'not_yet_due' ELSE 'overdue' END
    WHEN 'over' THEN CASE WHEN paid_day IS NULL THEN 'order_unpaid'
        WHEN list_contains(repeats, difference::DECIMAL(18, 4)) OR surplus = difference THEN 'duplicate_settlement'
        WHEN granted > 0 AND difference = granted + refunded THEN 'refund_not_settled' ELSE 'amount_differs' END
    WHEN 'short' THEN CASE WHEN refunded < 0 AND difference = granted + refunded THEN 'refund_unknown'
        WHEN settled > 0 AND -difference * 100 <= expected * {FEE_CEILING} THEN 'fee_unexplained'
        ELSE 'amount_differs' END
    ELSE '' END"""

ORDERS_SQL = f"""
CREATE OR REPLACE TEMP TABLE reconcile_orders AS
WITH {_KNOWN}, {_SETTLED}, {_AS_ONE},
judged AS (SELECT *, {_OUTCOME} AS outcome FROM compared)
SELECT shop_id, order_id, platform_id, currency, day, paid_day, age, {bucket_sql("age")} AS bucket, basis, aged_by,
    settled_at_all, outcome, {_CAUSE} AS cause, expected, settled, fees,
    CASE WHEN outcome IN ('short', 'over', 'unsettled', 'orphan') THEN difference ELSE 0 END AS difference
FROM judged WHERE day >= $low AND day < $high
"""
