"""From the journal into the lake: each event once, every row accounted for, the place kept with the rows."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from shopkeeper.ingest.events import flush as flushing
from shopkeeper.ingest.events.flush import flush_events, journal_folder
from shopkeeper.ingest.events.intake import EventIntake
from shopkeeper.ingest.events.journal import segments
from shopkeeper.ingest.events.webhooks.flush import flush_webhooks
from shopkeeper.ingest.replay import replay
from shopkeeper.warehouse.model import TABLES
from shopkeeper.warehouse.shop import Shop
from tests.lake_tables import with_files
from tests.live_events import event, flushed, sent
from tests.tiny_shop import make_tiny

OF_THE_RUN = {"load_id", "file_hash", "source_line", "started_at", "seconds", "snapshot"}
LEDGERS = {"loads", "load_files", "load_notes", "journal_reads", "schema_log"}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = make_tiny(tmp_path / "shop").shop
    yield made
    made.close()


def content(shop: Shop) -> dict[str, tuple[int, int]]:
    """Rows and a sum over every table that is no ledger of loads."""
    found = {}
    for name in with_files(shop.lake):
        if name not in LEDGERS:
            told = ", ".join(f'"{c.name}"' for c in TABLES[name].all_columns if c.name not in OF_THE_RUN)
            found[name] = shop.lake.query(f"SELECT count(*), sum(hash({told})) FROM {name}").fetchone()
    return found  # type: ignore[return-value]


def day(n: int = 40) -> list[dict[str, object]]:
    return [
        event(f"e{i}", f"2026-03-01 {10 + i // 20}:{i % 20 * 3:02}", f"v{i % 7}", value=i, sku_id="tea")
        for i in range(n)
    ]


def test_a_day_of_events_sent_twice_changes_nothing(shop: Shop) -> None:
    first = flushed(shop, day())
    assert (first.read, first.loaded, first.unchanged, first.set_aside) == (40, 40, 0, 0)
    before = content(shop)
    again = flushed(shop, list(reversed(day())))
    assert (again.read, again.loaded, again.unchanged, again.sessions) == (40, 0, 40, 0)
    assert content(shop) == before


def test_every_row_read_is_loaded_known_or_set_aside(shop: Shop) -> None:
    bad = [{**day()[0], "shop_id": "nowhere"}, {**day()[1], "happened_at": "soon"}, 7]
    done = flushed(shop, [*day(5), *bad, *day(3)])
    assert (done.read, done.loaded, done.unchanged, done.set_aside) == (11, 5, 3, 3)
    told = shop.lake.query("SELECT column_name, reason, received FROM quarantine ORDER BY source_line").fetchall()
    assert [(column, received) for column, _, received in told] == [
        ("shop_id", "nowhere"),
        ("happened_at", "soon"),
        ("event", "7"),
    ]
    assert told[0][1].startswith("no shop has this name: ")
    shown = shop.lake.query("SELECT raw FROM quarantine WHERE column_name = 'shop_id'").fetchone()
    assert shown is not None
    assert json.loads(json.loads(shown[0])["told"])["shop_id"] == "nowhere"


def test_a_flush_that_fails_leaves_the_lake_and_the_next_one_brings_everything(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(shop, day(10))

    def fail(*_: object) -> None:
        raise OSError("pulled the plug")

    with monkeypatch.context() as broken:
        broken.setattr(flushing, "record_positions", fail)
        with pytest.raises(Exception, match="plug"):
            flush_events(shop, by="tests")
    assert shop.lake.query("SELECT count(*) FROM events").fetchone() == (0,)
    assert flush_events(shop, by="tests").loaded == 10
    assert segments(journal_folder(shop.data_dir, "events")) == []
    assert flush_events(shop, by="tests").read == 0


def test_a_stretch_that_the_lake_holds_is_not_read_again_when_its_segment_stays(shop: Shop) -> None:
    intake = EventIntake(shop)
    for part in (day(10), day(20)):
        intake.take_body(json.dumps(part).encode(), "json", by="tests")[1].result(30)
        flush_events(shop, by="tests")
    intake.close()
    rows = shop.lake.query("SELECT from_byte, to_byte FROM journal_reads ORDER BY to_byte").fetchall()
    assert rows[0][0] == 0
    assert rows[0][1] == rows[1][0]
    assert shop.lake.query("SELECT sum(rows_read) FROM load_files WHERE table_name = 'events'").fetchone() == (30,)


def test_flushed_events_can_be_replayed_from_their_raw_copies(shop: Shop) -> None:
    flushed(shop, day(10))
    assert replay(shop, by="tests").load_id == ""


ORDER = {
    "id": 11, "name": "#1001", "created_at": "2026-03-01T10:00:00+08:00", "updated_at": "2026-03-01T10:00:00+08:00",
    "processed_at": "2026-03-01T10:01:00+08:00", "email": "li@example.cn", "currency": "CNY", "financial_status": "pending",
    "subtotal_price": "18.00", "total_price": "23.00", "total_shipping_price_set": {"shop_money": {"amount": "5.00"}},
    "line_items": [
        {"sku": "tea", "name": "Tea", "quantity": 2, "price": "5.00"},
        {"sku": "cup", "name": "Cup", "quantity": 1, "price": "10.00"},
    ],
}  # fmt: skip
PAID = {**ORDER, "financial_status": "paid", "updated_at": "2026-03-01T10:05:00+08:00"}
REFUND = {
    "id": 77, "order_id": 11, "created_at": "2026-03-03T10:00:00+08:00", "transactions": [
        {"amount": "14.00", "kind": "refund", "status": "success"}],
    "refund_line_items": [{
        "id": 5, "quantity": 1, "subtotal": "9.00", "restock_type": "return",
        "line_item": {"sku": "cup", "name": "Cup", "quantity": 1, "price": "10.00"},
    }],
}  # fmt: skip


def hooked(shop: Shop, *messages: tuple[str, str, object]) -> None:
    intake = EventIntake(shop)
    for webhook_id, topic, told in messages:
        intake.take_webhook("shopify", webhook_id, topic, json.dumps(told).encode()).result(30)
    intake.close()
    flush_webhooks(shop, by="tests")


def orders(shop: Shop) -> list[tuple[object, ...]]:
    return shop.lake.query("SELECT shop_id, order_id, status, CAST(paid_day AS VARCHAR) FROM orders").fetchall()


def test_webhooks_of_an_order_count_once_and_never_run_backwards(shop: Shop) -> None:
    hooked(shop, ("a", "orders/create", ORDER))
    assert orders(shop) == [("site", "#1001", "placed", None)]
    hooked(shop, ("b", "orders/paid", PAID), ("a", "orders/create", ORDER))
    hooked(shop, ("c", "orders/updated", {**ORDER, "updated_at": "2026-03-01T10:02:00+08:00"}))
    hooked(shop, ("b", "orders/paid", PAID))
    assert orders(shop) == [("site", "#1001", "paid", "2026-03-01")]
    lines = shop.lake.query("SELECT sku_id, quantity, payable_amount FROM order_lines ORDER BY line_no").fetchall()
    assert [(sku, int(q), float(a)) for sku, q, a in lines] == [("tea", 2, 9.0), ("cup", 1, 9.0)]
    told = shop.lake.query("SELECT webhook_id, stale FROM webhooks ORDER BY webhook_id").fetchall()
    assert told == [("a", False), ("b", False), ("c", True)]


def test_a_refund_adds_up_to_what_was_paid_back_and_is_one_whoever_tells_it(shop: Shop) -> None:
    later = "2026-03-04T10:00:00+08:00"
    hooked(shop, ("r", "refunds/create", REFUND))
    assert shop.lake.query("SELECT DISTINCT order_id FROM refunds").fetchall() == [(None,)]
    hooked(
        shop,
        (
            "o",
            "orders/updated",
            {**PAID, "financial_status": "partially_refunded", "refunds": [REFUND], "updated_at": later},
        ),
    )
    rows = shop.lake.query(
        "SELECT refund_id, order_id, sku_id, amount, refunded_day, ordered_day FROM refunds ORDER BY 1"
    ).fetchall()
    three, one = dt.date(2026, 3, 3), dt.date(2026, 3, 1)
    assert [(i, o, s, float(a), r, d) for i, o, s, a, r, d in rows] == [
        ("77", "#1001", None, 5.0, three, one), ("77-5", "#1001", "cup", 9.0, three, one),
    ]  # fmt: skip
