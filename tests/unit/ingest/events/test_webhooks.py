"""Signatures, and which of several tellings of one order counts."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from shopkeeper.errors import DataQualityError, NotSignedIn, UsageError
from shopkeeper.ingest.events.webhooks.flush import Message, Seen, message_line, read_message, sorted_out
from shopkeeper.ingest.events.webhooks.shopify import read_body
from shopkeeper.ingest.events.webhooks.signature import (
    REPLAY_SECONDS,
    check_own,
    check_shopify,
    own_signature,
    shopify_signature,
)

NOW = dt.datetime(2026, 7, 6, 2, tzinfo=dt.UTC)


def order(minute: int, number: int = 1) -> bytes:
    moment = f"2026-07-06T10:{minute:02}:00+08:00"
    line = {"sku": "tea", "name": "Tea", "quantity": 1, "price": "9.00"}
    return json.dumps({
        "id": number, "name": f"#{number}", "created_at": moment, "updated_at": moment, "subtotal_price": "9.00",
        "total_price": "9.00", "line_items": [line],
    }).encode()  # fmt: skip


def message(webhook_id: str, minute: int, number: int = 1) -> Message:
    return read_message(message_line("shopify", webhook_id, "orders/updated", NOW, order(minute, number)))


def test_only_the_bytes_that_were_signed_pass() -> None:
    body = b'{"id": 1}'
    check_shopify("hush", body, shopify_signature("hush", body))
    for given, content in ((shopify_signature("hush", body), body + b" "), ("", body), ("é", body)):
        with pytest.raises(NotSignedIn):
            check_shopify("hush", content, given)
    with pytest.raises(NotSignedIn):
        check_shopify("other", body, shopify_signature("hush", body))


@pytest.mark.parametrize("age", [-REPLAY_SECONDS - 1, REPLAY_SECONDS + 1])
def test_what_was_signed_long_ago_or_ahead_is_refused(age: int) -> None:
    moment = "1783303200"
    signed = own_signature("hush", moment, b"[]")
    check_own("hush", b"[]", signed, moment, now=int(moment) + REPLAY_SECONDS)
    with pytest.raises(NotSignedIn, match="too long ago"):
        check_own("hush", b"[]", signed, moment, now=int(moment) + age)
    with pytest.raises(NotSignedIn, match="does not fit"):
        check_own("hush", b"[]", signed, "1783303201", now=int(moment))


@pytest.mark.parametrize("moment", ["", "soon", "-1", "٣", "9" * 30])
def test_a_moment_that_is_none_is_refused_even_when_signed(moment: str) -> None:
    with pytest.raises(NotSignedIn):
        check_own("hush", b"[]", own_signature("hush", moment, b"[]"), moment, now=0)


def test_the_newest_telling_counts_whatever_the_order_of_arrival() -> None:
    told = [message("a", 5), message("b", 9), message("c", 7), message("a", 5), message("d", 1, number=2)]
    taken, stale = sorted_out(told, Seen(frozenset(), {}, {}))
    assert [m.webhook_id for m in taken] == ["b", "d"]
    assert {m.webhook_id for m in stale} == {"a", "c"}
    known = Seen(frozenset({("shopify", "d")}), {("shopify", "order 1"): taken[0].told.created_at}, {})
    taken, stale = sorted_out(told, known)
    assert [m.webhook_id for m in taken] == ["b"]
    assert {m.webhook_id for m in stale} == {"a", "c"}


def test_a_topic_or_a_body_that_is_not_understood_is_refused_at_the_door() -> None:
    with pytest.raises(UsageError, match="not taken"):
        read_body("carts/update", b"{}")
    with pytest.raises(DataQualityError, match="orders/paid: name"):
        read_body("orders/paid", order(1).replace(b'"name": "#1"', b'"naem": "#1"'))
