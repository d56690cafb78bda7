"""What happened to a customer, in order: orders, refunds, visits, conversations, reviews, messages, consents and more."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args

from shopkeeper.customers.feeds import OWNER
from shopkeeper.customers.store import People
from shopkeeper.errors import NotFound
from shopkeeper.warehouse.lake import Lake

EventKind = Literal[
    "order", "refund", "visit", "ticket", "review", "contact", "consent", "withdrawal", "coupon", "subscription"
]
EVENT_KINDS: tuple[EventKind, ...] = get_args(EventKind)

_OWNED = f"JOIN {OWNER} w USING (customer_id)"
_PARTS: dict[str, str] = {
    "orders": "SELECT w.ref, ordered_at AS happened_at, 'order' AS kind, o.shop_id, o.order_id AS id, "
    f"coalesce(o.payable_amount, p.paid) AS amount, o.status AS detail FROM orders o {_OWNED} "
    "LEFT JOIN profile_orders p ON p.ref = w.ref AND p.shop_id = o.shop_id AND p.order_id = o.order_id",
    "refunds": f"SELECT w.ref, refunded_at, 'refund', shop_id, order_id, amount, coalesce(reason, kind) FROM refunds {_OWNED}",
    "visits": f"SELECT w.ref, coalesce(started_at, timezone({{zone}}, CAST(visited_day AS TIMESTAMP))), 'visit', shop_id, "
    f"visit_id, NULL, origin FROM visits {_OWNED} WHERE grain = 'session'",
    "tickets": f"SELECT w.ref, opened_at, 'ticket', shop_id, ticket_id, NULL, topic FROM tickets {_OWNED}",
    "reviews": f"SELECT w.ref, reviewed_at, 'review', shop_id, review_id, NULL, repeat('★', CAST(stars AS INTEGER)) "
    f"FROM reviews {_OWNED}",
    "contacts": f"SELECT w.ref, sent_at, 'contact', channel_id, contact_id, NULL, status FROM contacts {_OWNED}",
    "consents": f"SELECT w.ref, given_at, CASE WHEN granted THEN 'consent' ELSE 'withdrawal' END, NULL, NULL, NULL, purpose "
    f"FROM consents {_OWNED}",
    "coupon_uses": f"SELECT w.ref, timezone({{zone}}, CAST(used_day AS TIMESTAMP)), 'coupon', shop_id, order_id, amount, "
    f"coupon_id FROM coupon_uses {_OWNED}",
    "subscriptions": f"SELECT w.ref, changed_at, 'subscription', shop_id, subscription_id, monthly_amount, change "
    f"FROM subscriptions {_OWNED}",
}
ROWS = 50
"""Happenings on one page of a timeline."""


@dataclass(frozen=True)
class Happening:
    """One line of a timeline. `detail` is a code or word of the source: a status, topic, purpose, reason."""

    at: dt.datetime
    kind: EventKind
    place: str | None
    id: str | None
    amount: Decimal | None
    detail: str | None


def history_sql(tables: frozenset[str], zone: str) -> str:
    """Query of (ref, happened_at, kind, place, id, amount, detail) over the people in `profile_owner`.

    What has only a day happened when that day began in `zone`, an SQL literal.
    """
    parts = [sql.replace("{zone}", zone) for table, sql in _PARTS.items() if table in tables]
    empty = (
        "SELECT '' AS ref, now() AS happened_at, '' AS kind, '' AS shop_id, '' AS id, CAST(0 AS DECIMAL(18,4)) AS amount, "
        "'' AS detail "
        "WHERE false"
    )
    return (
        "SELECT ref, happened_at, kind, shop_id AS place, id, CAST(amount AS DECIMAL(18,4)) AS amount, detail FROM ("
        + " UNION ALL ".join([empty, *parts])
        + ")"
    )


def history(
    lake: Lake, people: People, ref: str, layer: int, *, page: int = 1, kind: str = "", rows: int = ROWS
) -> tuple[Happening, ...]:
    """One page of a customer's timeline, newest first; one more than `rows` tells that there is another page.

    Raises NotFound for a kind that there is not.
    """
    if kind and kind not in EVENT_KINDS:
        raise NotFound("kind of happening", kind, EVENT_KINDS, where="parameter kind")
    where, given = ("AND kind = ?", [kind]) if kind else ("", [])
    found = lake.query(
        f"SELECT happened_at, kind, place, id, amount, detail FROM {people.history(layer)} WHERE ref = ? {where} "
        f"ORDER BY happened_at DESC, kind, id LIMIT {rows + 1} OFFSET {(page - 1) * rows}",
        [ref, *given],
    ).fetchall()
    return tuple(Happening(*row) for row in found)
