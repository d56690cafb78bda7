"""Events and webhooks at the door: who may post, what is answered, and what the live board then shows."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from shopkeeper.access.grants import grant
from shopkeeper.access.roles import Role
from shopkeeper.access.tokens import create_token, list_tokens, revoke_token
from shopkeeper.access.users import create_user
from shopkeeper.core.clock import utc_now
from shopkeeper.ingest.events.webhooks.signature import own_signature, shopify_signature
from shopkeeper.state import State, open_state
from shopkeeper.web import events_api
from shopkeeper.web.app import create_app
from tests.tiny_shop import SETTINGS, make_opened_folder
from tests.web.conftest import PASSWORD, GuardedShop

ROLES: dict[str, Role] = {"alice": "owner", "olive": "operator", "bob": "analyst", "vera": "viewer"}
HOOKS = """
[[webhooks]]
name = "shopify"
kind = "shopify"
secret = "env:HUSH"
[[webhooks]]
name = "till"
kind = "signed"
secret = "file:hush"
"""


@dataclass(frozen=True)
class Cast:
    """The people of these tests and a token of each."""

    state: State
    tokens: dict[str, str]


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with open_state(f"sqlite:///{tmp_path_factory.mktemp('cast') / 'state.sqlite'}") as state:
        tokens = {}
        for name in (*ROLES, "charlie"):
            person = create_user(state, name, PASSWORD, actor="tests", at=utc_now())
            if name in ROLES:
                grant(state, person.id, "tiny", ROLES[name], actor="tests", at=utc_now())
            tokens[name] = new_token(state, name)
        yield Cast(state, tokens)


def new_token(state: State, name: str) -> str:
    ends = utc_now() + dt.timedelta(days=1)
    return create_token(state, name, "tests", expires_at=ends, actor="tests", at=utc_now()).secret


@dataclass(frozen=True)
class Door:
    """A shop that takes events, and who knocks."""

    guarded: GuardedShop
    cast: Cast
    folder: Path

    def script(self, name: str) -> TestClient:
        return self.bearing(self.cast.tokens[name])

    def bearing(self, token: str) -> TestClient:
        client = self.guarded.visitor()
        client.headers["Authorization"] = f"Bearer {token}"
        return client

    def waiting(self) -> int:
        return sum(path.stat().st_size for path in (self.folder / "data").glob("journal/*/seg_*.log"))


@pytest.fixture
def door(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    monkeypatch.setenv("HUSH", "hush")
    folder = make_opened_folder(tmp_path / "shop", SETTINGS + HOOKS)
    (folder / "hush").write_text("own hush")
    (folder / "hush").chmod(0o600)
    app = create_app([folder], state=cast.state)
    yield Door(GuardedShop(app, cast.state), cast, folder)
    app.state.live.stop()


def event(number: int = 1, **more: object) -> dict[str, object]:
    return {
        "event_id": f"e{number}",
        "happened_at": utc_now().isoformat(),
        "name": "view",
        "visitor_id": f"v{number}",
        **more,
    }


def test_who_may_load_may_post_and_nobody_else(door: Door) -> None:
    for name, status in {"charlie": 403, "vera": 403, "bob": 403, "olive": 202, "alice": 202}.items():
        before = door.waiting()
        answer = door.script(name).post("/api/v1/events", json=[event()])
        assert answer.status_code == status, answer.text
        assert (door.waiting() > before) == (status == 202)


def test_nobody_posts_without_a_token_not_even_from_a_session(door: Door) -> None:
    assert door.guarded.visitor().post("/api/v1/events", json=[event()]).status_code == 401
    assert door.guarded.signed_in("alice").post("/api/v1/events", json=[event()]).status_code == 403
    assert door.waiting() == 0


def test_a_revoked_token_ends_within_seconds(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    script = door.bearing(new_token(door.cast.state, "olive"))
    assert script.post("/api/v1/events", json=[event()]).status_code == 202
    newest = list_tokens(door.cast.state, user_name="olive")[0]
    revoke_token(door.cast.state, newest.id, actor="tests", at=utc_now())
    monkeypatch.setattr(events_api, "TOKEN_SECONDS", 0.0)
    assert script.post("/api/v1/events", json=[event(2)]).status_code == 401


def test_202_means_that_it_is_on_the_disk_and_faults_are_told_by_place(door: Door) -> None:
    script = door.script("alice")
    answer = script.post("/api/v1/events", json=[event(1), event(2, shop_id="nowhere"), event(3)])
    told = answer.json()["data"]
    assert (answer.status_code, told["accepted"], told["set_aside"]) == (202, 2, 1)
    assert told["faults"][0] | {"received": "nowhere", "index": 1, "where": "shop_id"} == told["faults"][0]
    assert any(b'"e3"' in path.read_bytes() for path in (door.folder / "data").glob("journal/events/seg_*.log"))
    before = door.waiting()
    strict = script.post("/api/v1/events?strict=true", json=[event(4), {"event_id": "x"}])
    assert (strict.status_code, strict.json()["error"]["where"]) == (422, "event 1, happened_at")
    lines = json.dumps(event(5)) + "\n\n" + json.dumps(event(6)) + "\n"
    ndjson = script.post("/api/v1/events", content=lines, headers={"Content-Type": "application/x-ndjson"})
    assert ndjson.json()["data"]["accepted"] == 2
    assert door.waiting() > before


def test_what_is_no_batch_is_refused(door: Door) -> None:
    for body in (b"", b"{", b"[]", b" " * (9 << 20)):
        answer = door.script("alice").post("/api/v1/events", content=body)
        assert answer.status_code == 400
        assert answer.json()["error"]["failed"]


def test_when_too_much_waits_the_sender_is_told_when_to_come_again(door: Door) -> None:
    script = door.script("alice")
    assert script.post("/api/v1/events", json=[event()]).status_code == 202
    intake = door.guarded.app.state.live.intake(door.guarded.app.state.live.shops[0])
    for journal in intake._journals.values():
        journal._backlog_bytes, journal._looked_at = 10, -1.0
    answer = script.post("/api/v1/events", json=[event(2)])
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "backlogged")
    assert int(answer.headers["Retry-After"]) >= 1


def test_a_signed_webhook_needs_no_user_and_a_wrong_signature_is_nobody(door: Door) -> None:
    body, visitor = json.dumps([event()]).encode(), door.guarded.visitor()
    moment = str(int(time.time()))
    headers = {"X-Shopkeeper-Timestamp": moment, "X-Shopkeeper-Signature": own_signature("own hush", moment, body)}
    assert visitor.post("/api/v1/webhooks/till", content=body, headers=headers).status_code == 202
    kept = door.waiting()
    for address, sent in (("till", body + b" "), ("other", body), ("shopify", body)):
        assert visitor.post(f"/api/v1/webhooks/{address}", content=sent, headers=headers).status_code == 401
    assert door.waiting() == kept


def test_a_shopify_order_is_on_the_board_at_once(door: Door) -> None:
    now = utc_now().isoformat()
    line = {"sku": "tea", "name": "Tea", "quantity": 2, "price": "9.00"}
    body = json.dumps({
        "id": 1, "name": "#1", "created_at": now, "updated_at": now, "processed_at": now, "financial_status": "paid",
        "subtotal_price": "18.00", "total_price": "18.00", "line_items": [line],
    }).encode()  # fmt: skip
    headers = {
        "X-Shopify-Topic": "orders/paid",
        "X-Shopify-Webhook-Id": "w",
        "X-Shopify-Hmac-Sha256": shopify_signature("hush", body),
    }
    assert door.guarded.visitor().post("/api/v1/webhooks/shopify", content=body, headers=headers).status_code == 202
    (site,) = door.script("vera").get("/api/v1/live").json()["data"]["shops"]
    assert (site["name"], site["orders"], site["paid"], site["told_by"]) == ("site", 1, "18.00", "orders")


def test_the_board_counts_each_event_once_from_journal_and_lake_and_names_nobody(door: Door) -> None:
    from shopkeeper.ingest.events.flush import flush_events
    from shopkeeper.ingest.events.today import Today

    live = door.guarded.app.state.live
    (shop,) = live.shops
    script = door.script("alice")
    first = [event(n, visitor_id=f"secret{n % 2}", name="pay", value=5) for n in range(4)]
    script.post("/api/v1/events", json=first)
    flush_events(shop, by="tests")
    script.post("/api/v1/events", json=[*first[:2], event(9, visitor_id="secret0")])
    for today in (live.today(shop), Today(shop)):
        (told,) = today.current().shops
        assert (told.events, told.visitors, told.orders, str(told.paid)) == (5, 2, 4, "20.0000")
    for answer in (script.get("/live"), script.get("/api/v1/live")):
        assert "secret" not in answer.text
        assert "#1" in answer.text
    assert script.get("/live", headers={"Accept-Language": "zh"}).text.count("实时") >= 2


def test_the_board_needs_a_role_and_so_does_its_stream(door: Door) -> None:
    for address in ("/live/stream", "/api/v1/live"):
        assert door.script("charlie").get(address).status_code == 403
    assert door.guarded.visitor().get("/live").status_code == 303
