"""Platform payout ↔ bank or wallet, as SQL: each transfer that left finds the one that arrived, equal and soon after.

`reconcile_payouts` is a temporary table of the reading transaction with one row a transfer. Pairing is one to one within a
shop and an amount: first in the order of days and lines where the days stand close together (so a steady daily payout
pairs with its own receipt), then, for what a lost transfer has put out of step, by the smallest delay. Money goes from a
platform to a wallet, and from either to a bank.
"""

from __future__ import annotations

from shopkeeper.quality.reconcile.scope import bucket_sql

LONGEST_DELAY = 5
"""Days that a transfer may be on its way."""

_HOPS: tuple[tuple[str, str], ...] = (("'platform'", "'wallet'"), ("'platform', 'wallet'", "'bank'"))

_LEGS = """
legs AS MATERIALIZED (
    SELECT row_number() OVER () AS id, * FROM (
        SELECT s.shop_id, coalesce(s.issuer, 'platform') AS issuer, s.statement_id, s.line_no, s.settled_day AS day,
            s.amount, abs(s.amount) AS size,
            CASE WHEN coalesce(s.issuer, 'platform') = 'platform' AND s.amount < 0 THEN 'sent'
                WHEN s.issuer = 'wallet' AND s.amount < 0 THEN 'sent'
                WHEN s.issuer IN ('wallet', 'bank') AND s.amount > 0 THEN 'received' ELSE 'backwards' END AS side
        FROM settlements s WHERE s.kind = 'transfer' AND s.amount <> 0))"""

_SPANS = """
spans AS (
    SELECT shop_id, coalesce(issuer, 'platform') AS issuer, min(settled_day) AS first_day FROM settlements
    GROUP BY shop_id, coalesce(issuer, 'platform')),
partners AS (
    SELECT l.id, min(s.first_day) AS first_day FROM legs l JOIN spans s ON l.shop_id = s.shop_id AND CASE
        WHEN l.side = 'sent' AND l.issuer = 'platform' THEN s.issuer IN ('wallet', 'bank')
        WHEN l.side = 'sent' THEN s.issuer = 'bank'
        WHEN l.side = 'received' AND l.issuer = 'wallet' THEN s.issuer = 'platform'
        WHEN l.side = 'received' THEN s.issuer IN ('platform', 'wallet') ELSE false END
    GROUP BY l.id)"""


def _unpaired(side: str, issuers: str, done: int) -> str:
    rounds = [f"SELECT {side}_id FROM round_{n}" for n in range(done)]
    without = f" AND id NOT IN ({' UNION ALL '.join(rounds)})" if rounds else ""
    return f"SELECT * FROM legs WHERE side = '{side}' AND issuer IN ({issuers}){without}"


def _paired(number: int, sent: str, received: str, same: str) -> str:
    """One round: the n-th sent and the n-th received of a group are a pair when the delay can be."""
    order = f"PARTITION BY shop_id, size, {same} ORDER BY day, statement_id, line_no"
    return f"""
round_{number} AS MATERIALIZED (
    SELECT o.id AS sent_id, i.id AS received_id
    FROM (SELECT *, {same} AS same, row_number() OVER ({order}) AS n FROM ({sent})) o
    JOIN (SELECT *, {same} AS same, row_number() OVER ({order}) AS n FROM ({received})) i
        ON o.shop_id = i.shop_id AND o.size = i.size AND o.same = i.same AND o.n = i.n
    WHERE i.day BETWEEN o.day AND o.day + {LONGEST_DELAY})"""


def _hop(sent: str, received: str, first: int) -> list[str]:
    """The rounds of one hop: neighbours in time, then each delay from none to the longest."""
    left, right = _unpaired("sent", sent, first), _unpaired("received", received, first)
    parts = [
        f"""
close_{first} AS (
    SELECT *, sum(apart) OVER (PARTITION BY shop_id, size ORDER BY day, side DESC, id ROWS UNBOUNDED PRECEDING) AS near
    FROM (SELECT *, CASE WHEN day - lag(day) OVER (PARTITION BY shop_id, size ORDER BY day, side DESC, id)
            > {LONGEST_DELAY} THEN 1 ELSE 0 END AS apart FROM ({left} UNION ALL {right})))""",
        _paired(
            first,
            f"SELECT * FROM close_{first} WHERE side = 'sent'",
            f"SELECT * FROM close_{first} WHERE side = 'received'",
            "near",
        ),
    ]
    for delay in range(LONGEST_DELAY + 1):
        number = first + 1 + delay
        same = f"(CASE side WHEN 'sent' THEN day ELSE day - {delay} END)"
        parts.append(_paired(number, _unpaired("sent", sent, number), _unpaired("received", received, number), same))
    return parts


def _payouts_sql() -> str:
    per_hop = LONGEST_DELAY + 2
    rounds = [part for n, (sent, received) in enumerate(_HOPS) for part in _hop(sent, received, n * per_hop)]
    last = per_hop * len(_HOPS)
    pairs = " UNION ALL ".join(
        f"SELECT {side}_id AS id FROM round_{n}" for n in range(last) for side in ("sent", "received")
    )
    return f"""
CREATE OR REPLACE TEMP TABLE reconcile_payouts AS
WITH {_LEGS}, {_SPANS}, {", ".join(rounds)},
judged AS (
    SELECT l.*, date_diff('day', l.day, $as_of) AS age, CASE WHEN l.id IN ({pairs}) THEN 'matched'
        WHEN l.side = 'backwards' THEN 'not_a_payout'
        WHEN p.first_day IS NULL OR l.day < p.first_day THEN 'unchecked' ELSE 'unmatched' END AS status
    FROM legs l LEFT JOIN partners p ON l.id = p.id)
SELECT j.shop_id, h.platform_id, h.currency, j.issuer, j.statement_id, j.line_no, j.day, j.amount, j.side, j.age,
    {bucket_sql("j.age")} AS bucket, j.status
FROM judged j LEFT JOIN shops h ON j.shop_id = h.shop_id WHERE j.day >= $low AND j.day < $high
"""


PAYOUTS_SQL = _payouts_sql()
