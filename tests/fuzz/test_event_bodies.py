"""Whatever body is posted: an error of the house, or a batch in which every event is taken or told to be at fault."""

from __future__ import annotations

import datetime as dt
import json

from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.errors import ShopkeeperError
from shopkeeper.ingest.events.accept import FIELDS, Rules, judge
from shopkeeper.ingest.events.webhooks.flush import message_line, read_message
from shopkeeper.ingest.events.webhooks.shopify import read_body

NOW = dt.datetime(2026, 7, 6, 2, 0, tzinfo=dt.UTC)
RULES = Rules(frozenset({"site"}), "site", dt.timedelta(minutes=5), dt.timedelta(days=400))
VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
        st.sampled_from(["e1", "site", "\x00", "\ud800"]),
        st.sampled_from(["2026-07-06T10:00:00+08:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)  # fmt: skip
EVENTS = st.lists(
    st.one_of(st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=8), VALUES), min_size=1, max_size=5
)


@given(EVENTS, st.sampled_from(["json", "ndjson"]))
def test_any_events(events: list[object], kind: str) -> None:
    texts = [json.dumps(event) for event in events]
    body = ("\n".join(texts) if kind == "ndjson" else f"[{','.join(texts)}]").encode()
    _whole(body, kind)


@given(st.binary(max_size=200), st.sampled_from(["json", "ndjson"]))
def test_any_bytes(body: bytes, kind: str) -> None:
    _whole(body, kind)


def _whole(body: bytes, kind: str) -> None:
    try:
        done = judge(body, "ndjson" if kind == "ndjson" else "json", RULES, received_at=NOW, by="fuzz")
    except ShopkeeperError:
        return
    assert b"\n" not in done.line
    kept = json.loads(done.line)["events"]
    assert len(kept) == done.received
    assert sum("fault" in event for event in kept) == len(done.faults)
    json.dumps([fault.as_json() for fault in done.faults]).encode()


@given(st.binary(max_size=200))
def test_any_webhook(body: bytes) -> None:
    try:
        told = read_body("orders/paid", body)
    except ShopkeeperError:
        return
    assert read_message(message_line("shopify", "1", "orders/paid", NOW, body)).told == told
