"""A person who was erased is nowhere: every byte of the shop's folder is searched, packed columns and free pages included."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sqlalchemy import update

from shopkeeper.access.audit import recent_events, verify_audit
from shopkeeper.customers import search, segments, tags
from shopkeeper.customers.erase import erase, erased_already, plan_erasure
from shopkeeper.customers.held import held_of
from shopkeeper.customers.oneid.decisions import decide, decisions
from shopkeeper.customers.oneid.linking import link
from shopkeeper.customers.profiles import find, people_of
from shopkeeper.errors import GuardrailViolation, NotFound, UsageError
from shopkeeper.ingest.events.intake import EventIntake
from shopkeeper.ingest.events.keeper import flush_all
from shopkeeper.jobs.outbox import put
from shopkeeper.jobs.queue import enqueue
from shopkeeper.state import State
from shopkeeper.state.tables.jobs import JOBS, OUTBOX
from shopkeeper.views.held import report_html, report_json
from shopkeeper.warehouse.shop import open_shop_state
from tests.people_shop import ADDRESS, HONG, LINES, MING, NAME, NOTE, PEOPLE, PHONE, SECRETS, WEI, people_shop
from tests.shop_folders import ShopFolder

AT = dt.datetime(2024, 4, 1, tzinfo=dt.UTC)
OF_MING = [word for word in SECRETS if word not in (HONG, WEI)]


def holding(folder: Path, words: list[str]) -> list[str]:
    """Files that hold a word, by a search of this test's own: bytes, Parquet values, and what is packed."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            parts = [path.read_bytes()]
            if path.suffix == ".parquet":
                parts.append(str(pq.read_table(path).to_pydict()).encode())
            if any(word.encode() in part for part in parts for word in words):
                found.append(str(path.relative_to(folder)))
    return found


@pytest.fixture
def ming(tmp_path: Path) -> ShopFolder:
    return people_shop(tmp_path / "shop")


def test_nothing_is_left_of_somebody_erased_but_their_amounts(ming: ShopFolder) -> None:
    shop = ming.shop
    with open_shop_state(shop) as state:
        ref = find(shop, people_of(shop), PHONE)
        tags.tag(state, shop, [ref], "vip", by="alice", at=AT)
        segments.save(state, shop, "bought", '{"all": [{"orders": ">= 1"}]}', by="alice", at=AT)
        segments.refresh(state, shop, "bought", by="alice", at=AT)
        plan = plan_erasure(shop, state, MING)
        assert (plan.ref, plan.segments, plan.tags, set(plan.inbox)) == (
            ref, 1, 1, {"lines.csv", "refunds.csv", "people.csv", "consents.csv"},
        )  # fmt: skip
        before = ming.rows("SELECT sum(payable_amount), count(*) FROM order_lines")
        with pytest.raises(GuardrailViolation, match="inbox"):
            erase(shop, state, MING, reason="asked", by="alice", at=AT)
        with pytest.raises(UsageError, match="must not name"):
            erase(shop, state, MING, reason=f"{MING} asked", by="alice", at=AT, inbox="remove")
        done = erase(shop, state, MING, reason="asked", by="alice", at=AT, inbox="remove")
        assert done.left == ()
        assert [e.ref if hasattr(e, "ref") else e[0] for e in erased_already(state, shop)] == [ref]
        assert verify_audit(state).ok
        assert recent_events(state, limit=1)[0].target == ref
        assert tags.tags_of(state, shop, ref) == ()
    assert holding(ming.folder, OF_MING) == []
    assert ming.rows("SELECT sum(payable_amount), count(*) FROM order_lines") == before
    assert ming.rows("SELECT count(*) FROM order_lines WHERE starts_with(customer_id, 'erased_')") == [(2,)]
    assert holding(ming.folder, [WEI]) != []
    with pytest.raises(NotFound):
        find(shop, people_of(shop), MING)
    assert len(ming.lake.snapshots()) == 1


def test_files_of_somebody_erased_do_not_bring_them_back(ming: ShopFolder) -> None:
    shop = ming.shop
    with open_shop_state(shop) as state:
        erase(shop, state, MING, reason="asked", by="alice", at=AT, inbox="remove")
    ming.drop("lines2.csv", LINES.replace("A,mug", "Z,mug"))
    ming.drop("people2.csv", PEOPLE)
    ming.load()
    for name in ("lines2.csv", "people2.csv"):
        (ming.inbox / name).unlink()
    assert holding(ming.folder, [MING, NAME, PHONE, ADDRESS, NOTE]) == []
    assert ming.rows("SELECT order_id FROM order_lines WHERE order_id = 'Z'") == [("Z",)]
    assert ming.rows(f"SELECT name FROM customers WHERE customer_id = '{HONG}'") == [("洪灯笼",)]


def test_files_of_an_inbox_that_is_kept_are_told_of(ming: ShopFolder) -> None:
    with open_shop_state(ming.shop) as state:
        done = erase(ming.shop, state, MING, reason="asked", by="alice", at=AT, inbox="keep")
    assert {Path(name).name for name in done.left} == {"lines.csv", "refunds.csv", "people.csv", "consents.csv"}


def test_the_search_looks_inside_what_is_packed(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(f"x {MING} y".encode()))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("sheet.xml", f"<t>{NAME}</t>" * 50)
    (tmp_path / "b.xlsx").write_bytes(packed.getvalue())
    (tmp_path / "c.csv").write_bytes(NAME.encode("gb18030"))
    (tmp_path / "d.csv").write_text("nobody")
    assert [place.path.name for place in search.places(tmp_path, [MING, NAME])] == ["a.gz", "b.xlsx", "c.csv"]


def test_a_report_tells_the_person_everything_and_of_nobody_else(ming: ShopFolder) -> None:
    with open_shop_state(ming.shop) as state:
        held = held_of(ming.shop, state, MING, at=AT)
    for text in (report_json(held, "ming"), report_html(held, "Ming", "Asia/Shanghai", "zh")):
        assert all(word in text for word in (MING, NAME, ADDRESS, "Suzhou"))
        assert not any(word in text for word in (WEI, HONG, "洪灯笼"))


def test_journals_messages_jobs_and_decisions_forget_too(ming: ShopFolder) -> None:
    """Ming is two customers, one told by a webhook; a server goes on writing while both are erased."""
    shop, device = ming.shop, "device_of_ming_3141"
    event = {
        "event_id": "e1",
        "happened_at": "2024-03-02T10:00:00+08:00",
        "name": "view",
        "visitor_id": device,
        "customer_id": MING,
    }
    order = {
        "id": 1, "name": "#1", "created_at": "2024-03-02T10:00:00+08:00", "updated_at": "2024-03-02T10:00:00+08:00",
        "subtotal_price": "9.00", "total_price": "9.00", "phone": PHONE,
        "line_items": [{"sku": "mug", "quantity": 1, "price": "9"}],
        "shipping_address": {"name": NAME, "address1": ADDRESS},
    }  # fmt: skip
    words = [*OF_MING, device, json.dumps(NAME)[1:-1]]
    intake = EventIntake(shop)
    with open_shop_state(shop) as state:
        intake.take_webhook("site", "w1", "orders/create", json.dumps(order).encode()).result(10)
        flush_all(shop, by="alice")
        link(shop, state, by="alice")
        intake.take_body(json.dumps(event).encode(), "json", by="alice")[1].result(10)
        decide(state, shop.id, "apart", [MING], [HONG], by="alice", reason="two people", at=AT, target="P1 P2")
        with pytest.raises(UsageError, match="must not name"):
            decide(state, shop.id, "apart", [MING], [WEI], by="alice", reason=f"not {MING}", at=AT, target="P1 P3")
        _leave_messages(state, shop.id)
        assert ming.rows("SELECT count(*) FROM person_members WHERE linked") == [(2,)]
        assert {Path(name).parts[0] for name in holding(ming.folder, words)} == {"data", "inbox"}
        done = erase(shop, state, MING, reason="asked", by="alice", at=AT, inbox="remove")
        assert done.left == ()
        assert holding(ming.folder, words) == []
        (kept,) = decisions(state, shop.id)
        assert (len(kept.left), kept.right) == (1, frozenset({HONG}))
        assert next(iter(kept.left)).startswith("erased_")
        with state.reading() as connection:
            sent = {row.idempotency_key: row for row in connection.execute(OUTBOX.select())}
            dead = connection.execute(JOBS.select()).one()
        assert {key: row.status for key, row in sent.items()} == {"a": "cancelled", "b": "waiting", "c": "done"}
        assert json.loads(sent["b"].payload) == {"to": WEI}
        assert "erased_" in dead.error
        assert verify_audit(state).ok
    assert ming.rows("SELECT count(*) FROM person_members WHERE starts_with(customer_id, 'erased_')") == [(2,)]
    assert ming.rows("SELECT count(*) FROM events WHERE starts_with(customer_id, 'erased_')") == [(1,)]
    intake.take_body(json.dumps(event | {"event_id": "e2", "customer_id": WEI}).encode(), "json", by="alice")[1].result(
        10
    )
    intake.close()
    assert flush_all(shop, by="alice").loaded == 1


def _leave_messages(state: State, shop_id: str) -> None:
    with state.writing() as connection:
        for key, status, to in (("a", "waiting", MING), ("b", "waiting", WEI), ("c", "done", MING)):
            put(connection, shop_id, "webhook", key, {"to": to}, at=AT)
            connection.execute(update(OUTBOX).where(OUTBOX.c.idempotency_key == key).values(status=status))
        enqueue(connection, shop_id, "load", at=AT, by="alice")
        failed = json.dumps({"failed": f"no row of {MING}", "received": NAME})
        connection.execute(update(JOBS).values(status="dead", error=failed))
