"""Nothing personal reaches those who may not see it: an outsider, a viewer and an analyst try every address there is."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from shopkeeper.access.audit import recent_events
from shopkeeper.access.grants import grant
from shopkeeper.access.roles import Role
from shopkeeper.access.tokens import create_token
from shopkeeper.access.users import create_user
from shopkeeper.core.clock import utc_now
from shopkeeper.customers.profiles import find, people_of
from shopkeeper.state import State, open_state
from shopkeeper.web.app import create_app
from tests.people_shop import HONG, MING, NAME, PHONE, SECRETS, people_shop
from tests.web.conftest import PASSWORD, GuardedShop, csrf_of

CAST: dict[str, Role | None] = {
    "alice": "owner",
    "olive": "operator",
    "bob": "analyst",
    "vera": "viewer",
    "charlie": None,
}
RULE = '{"all": [{"orders": ">= 1"}]}'


class Place:
    """The shop, its server and its cast."""

    def __init__(self, folder: Path, state: State) -> None:
        self.ming = people_shop(folder / "shop")
        self.state = state
        self.ref = find(self.ming.shop, people_of(self.ming.shop), MING)
        ids = "SELECT 'q' || left(sha256(file_hash || '/' || table_name || '/' || source_line), 9) FROM quarantine"
        self.held = [row_id for (row_id,) in self.ming.rows(ids)]
        self.app = create_app([self.ming.folder], state=state)
        self.guarded = GuardedShop(self.app, state)

    def script(self, name: str) -> TestClient:
        """A client with a token of one of the cast."""
        ends = utc_now() + dt.timedelta(days=1)
        token = create_token(self.state, name, "tests", expires_at=ends, actor="tests", at=utc_now())
        client = self.guarded.visitor()
        client.headers["Authorization"] = f"Bearer {token.secret}"
        return client

    def addresses(self) -> list[tuple[str, str]]:
        """Every (method, address) of the application, with what stands for its parts."""
        parts = {
            "{ref}": self.ref, "{kpi}": "orders", "{row_id}": self.held[0], "{name}": "bought", "{version}": "x",
            "{name:path}": "app.css",
            "{pack}": "stores", "{table}": "orders",
            "{job_id}": "none", "{item_id}": "none",
        }  # fmt: skip
        found = []
        for route in self.app.routes:
            if isinstance(route, APIRoute) or hasattr(route, "methods"):
                path = str(route.path)  # type: ignore[attr-defined]
                for part, value in parts.items():
                    path = path.replace(part, value)
                assert "{" not in path, f"say what stands for the parts of {path}"
                found += [(method, path) for method in sorted(route.methods or ())]
        return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("personal")
    with open_state(f"sqlite:///{folder / 'state.sqlite'}") as state:
        for name, role in CAST.items():
            person = create_user(state, name, PASSWORD, actor="tests", at=utc_now())
            if role:
                grant(state, person.id, "ming", role, actor="tests", at=utc_now())
        yield Place(folder, state)


def leaks(text: str) -> list[str]:
    return [word for word in SECRETS if word in text]


@pytest.mark.parametrize("name", ["charlie", "vera", "bob"])
def test_no_address_tells_who_anybody_is(place: Place, name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = place.script(name)
    for method, path in place.addresses():
        if path.startswith("/assets") or path in (
            "/sign-out",
            "/live/stream",
        ):  # the stream never ends; /live says the same
            continue
        for query in ("", "?shop=ming", f"?rule={RULE}"):
            answer = client.request(method, path + query, json={} if method == "POST" else None)
            assert answer.status_code < 500, (method, path, query, answer.text)
            assert leaks(answer.text) == [], (method, path, query)
            assert leaks(str(answer.headers)) == []
    assert leaks(caplog.text) == []


def test_an_outsider_gets_nothing_at_all(place: Place) -> None:
    stranger, charlie = place.guarded.visitor(), place.script("charlie")
    for path in ("/api/v1/customers", f"/api/v1/customers/{place.ref}", "/api/v1/segments"):
        assert stranger.get(path).status_code == 401
        assert charlie.get(path).status_code == 403


def test_those_who_may_see_people_do_and_it_is_written_down(place: Place) -> None:
    olive = place.script("olive")
    data = olive.get(f"/api/v1/customers/{place.ref}").json()["data"]
    assert (data["name"], data["keys"]) == (NAME, [MING])
    newest = recent_events(place.state, shop="ming", limit=1)[0]
    assert (newest.actor, newest.action, newest.target) == ("olive", "customer.seen", place.ref)
    bob = place.script("bob").get(f"/api/v1/customers/{place.ref}").json()["data"]
    assert (bob["name"], bob["keys"], bob["personal"]) == ("***", [], False)


def test_exports_name_people_only_to_those_who_may_see_them(place: Place) -> None:
    olive, bob, vera = (place.script(name) for name in ("olive", "bob", "vera"))
    saved = olive.post("/api/v1/segments", json={"name": "bought", "rule": {"all": [{"orders": ">= 1"}]}})
    assert saved.json()["data"]["version"] == 1
    refreshed = olive.post("/api/v1/segments/bought/refresh").json()["data"]
    assert (refreshed["members"], refreshed["came"], refreshed["went"]) == (2, 2, 0)
    assert MING in olive.post("/api/v1/segments/bought/export", json={"form": "csv"}).text
    for form in ("csv", "xlsx", "parquet"):
        answer = bob.post("/api/v1/segments/bought/export", json={"form": form})
        assert answer.status_code == 200
        assert not any(word.encode() in answer.content for word in SECRETS)
    assert vera.post("/api/v1/segments/bought/export", json={"form": "csv"}).status_code == 403
    assert bob.post("/api/v1/segments", json={"name": "mine", "rule": {"all": [{"orders": ">= 1"}]}}).status_code == 403
    assert [e.action for e in recent_events(place.state, shop="ming", limit=4)].count("segment.exported") == 4


def test_a_rule_is_counted_and_a_wrong_one_told(place: Place) -> None:
    vera = place.script("vera")
    counted = vera.post("/api/v1/segments/count", json={"rule": {"all": [{"orders": ">= 2"}]}}).json()["data"]
    assert (counted["members"], counted["of"]) == (1, 3)
    wrong = vera.post("/api/v1/segments/count", json={"rule": {"all": [{"oders": ">= 2"}]}})
    assert (wrong.status_code, "orders" in wrong.json()["error"]["allowed"]) == (400, True)
    unsourced = vera.post("/api/v1/segments/count", json={"rule": {"all": [{"tickets": ">= 2"}]}})
    assert (unsourced.status_code, "tickets.ticket_id" in unsourced.text) == (422, True)


def test_the_pages_find_tag_and_save(place: Place) -> None:
    olive = place.guarded.signed_in("olive")
    page = olive.get("/customers").text
    assert place.ref in page
    found = olive.post("/customers/search", data={"who": PHONE, "shop": "ming"}, follow_redirects=False)
    assert found.headers["location"].startswith(f"/customers/{place.ref}")
    one = olive.get(f"/customers/{place.ref}?shop=ming").text
    assert NAME in one
    olive.post(f"/customers/{place.ref}/tags", data={"add": "vip", "shop": "ming", "csrf": csrf_of(one)})
    assert "vip" in olive.get(f"/customers/{place.ref}?shop=ming").text
    counted = olive.post("/api/v1/segments/count", json={"rule": {"all": [{"tags": "has vip"}]}})
    assert counted.json()["data"]["members"] == 1
    form = {"rule": '{"all": [{"tags": "has vip"}]}', "name": "vips", "shop": "ming"}
    olive.post("/segments", data={**form, "csrf": csrf_of(olive.get("/segments").text)})
    assert "vips" in olive.get("/segments?shop=ming").text
    nobody = olive.post("/customers/search", data={"who": f"{HONG}x", "shop": "ming"})
    assert (nobody.status_code, HONG in nobody.text) == (404, False)
