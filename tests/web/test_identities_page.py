"""The One-ID page: counts for everybody, links for analysts, decisions for operators, by forms with a proof or a token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shopkeeper.access.audit import recent_events
from shopkeeper.access.grants import grant
from shopkeeper.access.users import create_user
from shopkeeper.core.clock import utc_now
from shopkeeper.state import open_state
from shopkeeper.web.app import create_app
from tests.architecture import rules
from tests.one_id_shop import OneIdShop
from tests.web.acting_shop import ROLES, ActingShop, send
from tests.web.conftest import PASSWORD, GuardedShop

PAGE, API = "/customers/identities", "/api/v1/customers/identities"


@pytest.fixture
def acting(tmp_path: Path) -> Iterator[ActingShop]:
    """Wang and Li share a phone under two names; Ann is two customers with one mailbox."""
    made = OneIdShop(tmp_path / "shop")
    made.customers(
        ("wang", {"phone_hash": "p1", "name": "王小明"}), ("li", {"phone_hash": "p1", "name": "李静怡"}),
        ("ann", {"email_hash": "e1"}), ("ann2", {"email_hash": "e1"}), ("solo", {}),
    )  # fmt: skip
    now = utc_now()
    with open_state(f"sqlite:///{tmp_path / 'state.sqlite'}") as state:
        for name, role in ROLES.items():
            person = create_user(state, name, PASSWORD, actor="tests", at=now)
            grant(state, person.id, "mugs", role, actor="tests", at=now)
        create_user(state, "charlie", PASSWORD, actor="tests", at=now)
        app = create_app([made.shop.folder], state=state)
        yield ActingShop(made._made, GuardedShop(app, state), state)


def test_links_are_made_seen_and_decided_on(acting: ActingShop) -> None:
    olive = acting.browser("olive")
    html = olive.get(PAGE).text
    assert "shopkeeper customers link" in html
    assert send(olive, PAGE, f"{PAGE}/link").status_code == 303
    view = olive.get(API).json()["data"]
    assert (view["run"]["persons"], view["linked_persons"], view["waiting"]) == (4, 1, 1)
    assert view["unlinkable_share"] == pytest.approx(0.2)
    row = view["review"][0]
    assert {row["link"]["left_id"], row["link"]["right_id"]} == {"wang", "li"}
    assert "2 customers" in row["link"]["says"]
    for lang, says in (("en", "names differ"), ("zh", "姓名不同")):
        page = olive.get(PAGE, headers={"Cookie": f"lang={lang}; {_session(olive)}"}).text
        assert says in page
        assert rules.inline_code(PAGE, page) == []

    pair = {"left": "li", "right": "wang", "verdict": "accept"}
    assert send(olive, PAGE, f"{PAGE}/judge", **pair, why="").status_code == 400
    assert send(olive, PAGE, f"{PAGE}/judge", **pair, why="a married couple's one account").status_code == 303
    assert olive.get(API).json()["data"]["waiting"] == 0
    event = recent_events(acting.state, shop="mugs")[0]
    assert (event.actor, event.action) == ("olive", "persons.merged")
    assert "wang" not in f"{event.target}{event.details}"


def test_scripts_merge_and_split_with_a_token(acting: ActingShop) -> None:
    script = acting.script("olive")
    assert script.post(f"{API}/link", json={"whole": True}).json()["data"]["persons"] == 4
    both = [row for row in acting.mugs.rows("SELECT customer_id, person_id FROM person_members ORDER BY 1")]
    of = dict(both)
    merged = script.post(f"{API}/merge", json={"persons": [of["solo"], of["ann"]], "reason": "told me so"}).json()[
        "data"
    ]
    assert merged["persons"] == [of["ann"]]  # the one with most customers keeps its id
    told = script.get(f"{API}/{of['solo']}").json()["data"]
    assert (told["person_id"], told["asked"]) == (of["ann"], of["solo"])
    assert told["customers"] == ["ann", "ann2", "solo"]
    parted = script.post(f"{API}/{of['ann']}/split", json={"customers": ["ann2"], "reason": "no"}).json()["data"]
    assert len(parted["persons"]) == 2
    assert script.post(f"{API}/P00000099/split", json={"customers": ["x"], "reason": "no"}).status_code == 404
    assert (
        script.post(
            f"{API}/judge", json={"left": "ann", "right": "solo", "verdict": "maybe", "reason": "x"}
        ).status_code
        == 404
    )


def test_who_may_not_sees_no_person_and_changes_nothing(acting: ActingShop) -> None:
    acting.script("olive").post(f"{API}/link")
    vera, bob, charlie = (acting.browser(name) for name in ("vera", "bob", "charlie"))
    seen = vera.get(API).json()["data"]
    assert (seen["waiting"], seen["review"]) == (1, [])
    assert "wang" not in vera.get(PAGE).text
    assert vera.get(f"{API}/P00000001").status_code == 403
    assert bob.get(f"{API}/P00000001").status_code == 200
    assert "wang" in bob.get(PAGE).text
    for browser, path in ((vera, "link"), (bob, "link"), (bob, "merge")):
        assert browser.post(f"{API}/{path}", json={"persons": ["a", "b"], "reason": "x"}).status_code == 403
    assert acting.script("bob").post(f"{API}/link").status_code == 403
    assert charlie.get(API).status_code in (403, 404)
    assert acting.guarded.visitor().get(API).status_code == 401


def _session(browser: object) -> str:
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())  # type: ignore[attr-defined]
