"""The walls: headers, host names, forms, sessions, tokens and roles."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from shopkeeper.access.tokens import create_token
from shopkeeper.core.clock import utc_now
from shopkeeper.state import open_state
from shopkeeper.web.app import create_app
from tests.web.conftest import PASSWORD, GuardedShop, csrf_of, sign_in

EVERYWHERE = [
    "/",
    "/kpis",
    "/data",
    "/data/checks",
    "/data/quarantine",
    "/sign-in",
    "/nothing",
    "/api/v1/health",
    "/api/v1/nothing",
    "/assets/x/app.css",
]


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_answer_carries_the_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for directive in ("frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "script-src 'self'"):
        assert directive in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"


@pytest.mark.parametrize(
    "host", ["shop.attacker.example", "127.0.0.1.attacker.example:8420", "", "[::1", "localhost.x"]
)
def test_on_loopback_a_foreign_host_name_is_refused(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("host", ["127.0.0.1:8420", "localhost:8420", "localhost", "[::1]:8420"])
def test_the_machines_own_names_are_let_in(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 200


# --- before there is any user -----------------------------------------------------------------------------------------


def test_without_users_loopback_shows_demo_shops_and_says_how_to_make_a_user(client: TestClient) -> None:
    html = client.get("/").text
    assert "Little Tea" in html
    assert "user add NAME" in html


def test_without_users_a_shop_that_is_no_demo_stays_closed(little_folder: Path, tmp_path: Path) -> None:
    from tests.tiny_shop import make_tiny

    make_tiny(tmp_path / "own", '[shop]\nid = "own"\nname = "Own"\n').shop.close()
    with open_state(f"sqlite:///{tmp_path / 'state.sqlite'}") as state:
        browser = TestClient(create_app([tmp_path / "own"], state=state), base_url="http://127.0.0.1")
        answer = browser.get("/")
        assert answer.url.path == "/sign-in"
        assert f"shopkeeper -C {tmp_path / 'own'} user add NAME" in answer.text
        both = TestClient(create_app([tmp_path / "own", little_folder], state=state), base_url="http://127.0.0.1")
        assert "Little Tea" in both.get("/").text
        assert both.get("/?shop=own").status_code == 404
        assert both.get("/api/v1/kpis?shop=own").status_code == 404


def test_without_users_other_machines_see_nothing(little_folder: Path, tmp_path: Path) -> None:
    with open_state(f"sqlite:///{tmp_path / 'state.sqlite'}") as state:
        browser = TestClient(create_app([little_folder], state=state, loopback=False), base_url="https://shop.example")
        answer = browser.get("/")
        assert answer.url.path == "/sign-in"
        assert str(tmp_path) not in answer.text
        assert str(little_folder) not in answer.text
        assert browser.get("/api/v1/kpis").status_code == 401


# --- signing in -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/kpis", "/kpis/C4", "/data"])
def test_once_there_are_users_every_page_needs_a_sign_in_and_leads_back(guarded: GuardedShop, path: str) -> None:
    answer = guarded.visitor().get(f"{path}?period=week")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/sign-in?next={path.replace('/', '%2F')}%3Fperiod%3Dweek"


def test_htmx_is_led_to_the_form_as_a_whole_page(guarded: GuardedShop) -> None:
    answer = guarded.visitor().get("/?kpi=C4", headers={"HX-Request": "true", "HX-Target": "aside#detail"})
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/sign-in"


def test_signing_in_leads_back_and_the_cookie_is_kept_from_scripts(guarded: GuardedShop) -> None:
    browser = guarded.visitor()
    answer = sign_in(browser, "alice", PASSWORD, next="/kpis?period=week")
    assert answer.headers["location"] == "/kpis?period=week"
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("shopkeeper_session=")
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "alice" in browser.get("/").text


def test_off_loopback_cookies_are_secure(guarded: GuardedShop, little_folder: Path) -> None:
    app = create_app([little_folder], state=guarded.state, loopback=False)
    browser = TestClient(app, base_url="https://shop.example", follow_redirects=False)
    cookie = sign_in(browser, "alice", PASSWORD).headers["set-cookie"].lower()
    assert cookie.startswith("__host-shopkeeper_session=")
    assert "secure" in cookie
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize(
    "target", ["https://attacker.example/", "//attacker.example", "/\\attacker.example", "javascript:x"]
)
def test_signing_in_never_leads_to_another_site(guarded: GuardedShop, target: str) -> None:
    assert sign_in(guarded.visitor(), "alice", PASSWORD, next=target).headers["location"] == "/"


@pytest.mark.parametrize(("name", "password"), [("alice", "wrong wrong wrong"), ("nobody", PASSWORD), ("", "")])
def test_a_wrong_name_and_a_wrong_password_read_the_same(guarded: GuardedShop, name: str, password: str) -> None:
    answer = sign_in(guarded.visitor(), name, password)
    assert answer.status_code == 401
    assert "name or password is not right" in answer.text
    assert "set-cookie" not in answer.headers or "shopkeeper_session" not in answer.headers["set-cookie"]


def test_bob_sees_the_shop_and_charlie_is_told_why_not(guarded: GuardedShop) -> None:
    assert "Little Tea" in guarded.signed_in("bob").get("/").text
    answer = guarded.signed_in("charlie").get("/")
    assert answer.status_code == 403
    assert "Little Tea" not in answer.text


def test_sql_is_for_those_who_may_query_whoever_looked_first(guarded: GuardedShop) -> None:
    bob, vera = guarded.signed_in("bob"), guarded.signed_in("vera")
    for browser, seen in ((bob, True), (vera, False), (bob, True)):
        assert ("payable_amount" in browser.get("/kpis/gmv").text) is seen
        assert ("payable_amount" in browser.get("/api/v1/kpis/gmv").json()["data"]["sql"]) is seen


def test_signing_out_ends_the_session_on_the_server(guarded: GuardedShop) -> None:
    browser = guarded.signed_in("alice")
    token = browser.cookies["shopkeeper_session"]
    answer = browser.post("/sign-out", data={"csrf": csrf_of(browser.get("/").text)})
    assert answer.status_code == 303
    stolen = guarded.visitor()
    stolen.cookies.set("shopkeeper_session", token)
    assert stolen.get("/").status_code == 303


# --- forms of other sites ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
@pytest.mark.parametrize("csrf", ["", "made.up"])
def test_a_form_without_its_proof_is_refused(guarded: GuardedShop, path: str, csrf: str) -> None:
    browser = guarded.signed_in("bob")
    assert browser.post(path, data={"name": "bob", "password": PASSWORD, "csrf": csrf}).status_code == 403
    assert browser.get("/").status_code == 200


def test_a_proof_of_another_session_is_refused(guarded: GuardedShop) -> None:
    proof = csrf_of(guarded.signed_in("alice").get("/").text)
    assert guarded.signed_in("bob").post("/sign-out", data={"csrf": proof}).status_code == 403


def test_a_post_from_another_origin_is_refused_even_with_its_proof(guarded: GuardedShop) -> None:
    browser = guarded.signed_in("bob")
    proof = csrf_of(browser.get("/").text)
    answer = browser.post("/sign-out", data={"csrf": proof}, headers={"Origin": "https://attacker.example"})
    assert answer.status_code == 403


FORMS = {
    "/data/checks/run": {},
    "/data/checks/decide": {"rule": "orders.key", "decision": "accept"},
    "/data/quarantine/release": {"id": "q1"},
    "/data/quarantine/discard": {"id": "q1", "why": "x"},
    "/data/quarantine/{row_id}": {"then": "release"},
    "/kpis/definitions/accept": {"file": "own.toml", "text": "", "reason": "x"},
    "/customers/identities/link": {},
    "/customers/identities/judge": {"left": "a", "right": "b", "verdict": "accept", "reason": "x"},
    "/customers/{ref}/tags": {"tag": "vip"},
    "/segments": {"name": "regulars", "rule": "{}"},
    "/segments/{name}/refresh": {},
    "/models/{name}/segment": {"segment": "best", "exit": "champions"},
    "/models/{name}/scores": {},
    "/jobs/run": {"kind": "load"},
    "/jobs/retry": {"id": "job_1"},
    "/jobs/cancel": {"id": "job_1"},
}
CHECK = "/kpis/definitions/check"
LOOKS = {"/customers/search": {"who": "a"}, "/segments/count": {"rule": "{}"}, "/segments/{name}/export": {}}
"""Forms that change nothing but take a person: what they ask for may not stand in an address."""
COUNT = "/api/v1/segments/count"
SIGNED = "/api/v1/webhooks/{name}"
"""Proved by its own signature: tests/web/test_events_api.py."""
CHANGES = {
    "/api/v1/checks/run": None,
    "/api/v1/checks/decide": {"rule": "orders.key", "decision": "accept"},
    "/api/v1/quarantine/release": {"ids": ["q1"]},
    "/api/v1/quarantine/discard": {"ids": ["q1"], "reason": "x"},
    "/api/v1/quarantine/{row_id}/cells": {"cells": {"a": "b"}},
    "/api/v1/definitions": {"file": "own.toml", "text": "", "reason": "x"},
    "/api/v1/definitions/check": {"file": "own.toml", "text": ""},
    "/api/v1/customers/identities/link": {"whole": False},
    "/api/v1/customers/identities/merge": {"persons": ["P1", "P2"], "reason": "x"},
    "/api/v1/customers/identities/{person}/split": {"customers": ["c"], "reason": "x"},
    "/api/v1/customers/identities/judge": {"left": "a", "right": "b", "verdict": "accept", "reason": "x"},
    "/api/v1/segments": {"name": "regulars", "rule": {}},
    "/api/v1/segments/{name}/refresh": None,
    "/api/v1/segments/{name}/export": None,
    "/api/v1/models/{name}/scores": None,
    "/api/v1/jobs/run": {"kind": "load"},
    "/api/v1/jobs/{item_id}/retry": None,
    "/api/v1/jobs/{item_id}/cancel": None,
    "/api/v1/events": [],
}


def test_nothing_else_takes_a_post(client: TestClient, little_app: FastAPI) -> None:
    paths = set(little_app.state.addresses)
    taking = {path for path in paths if client.post(path).status_code != 405}
    assert taking == {"/sign-in", "/sign-out", *FORMS, *LOOKS, *CHANGES, CHECK, COUNT, SIGNED}


OPEN = {"/sign-in", "/api/v1/health"}
"""What anybody may read; files of the pages themselves aside."""


def test_an_outsider_is_shown_no_page_and_no_answer_of_a_shop(guarded: GuardedShop, little_app: FastAPI) -> None:
    """Every address that there is: who has not signed in is led to the form, who has no role in the shop is refused."""
    visitor, charlie = guarded.visitor(), guarded.signed_in("charlie")
    let_in = []
    for path in sorted(set(little_app.state.addresses) - OPEN):
        stranger, outsider = visitor.get(path).status_code, charlie.get(path).status_code
        told_nothing = {303, 404, 405, 422}  # 422: something needed was not asked for, whoever asks
        if stranger not in told_nothing | {401} or outsider not in told_nothing | {403}:
            let_in.append((path, stranger, outsider))
    assert let_in == []


def test_a_check_that_changes_nothing_still_needs_a_person_a_role_and_a_proof(
    client: TestClient, guarded: GuardedShop
) -> None:
    typed = {"file": "own.toml", "text": ""}
    assert client.post(CHECK, data=typed).status_code == 403
    assert guarded.visitor().post(CHECK, data=typed).status_code == 303
    assert guarded.signed_in("bob").post(CHECK, data=typed | {"csrf": "made.up"}).status_code == 403
    vera = guarded.signed_in("vera")
    assert vera.post(CHECK, data=typed | {"csrf": csrf_of(vera.get("/").text)}).status_code == 403


@pytest.mark.parametrize("path", FORMS)
def test_every_form_that_changes_data_needs_a_person_a_role_and_a_proof(
    client: TestClient, guarded: GuardedShop, path: str
) -> None:
    assert client.post(path, data=FORMS[path]).status_code == 403  # a demo shop without users changes nothing
    assert guarded.visitor().post(path, data=FORMS[path]).status_code == 303
    for name in ("alice", "bob"):
        assert guarded.signed_in(name).post(path, data=FORMS[path] | {"csrf": "made.up"}).status_code == 403
    bob = guarded.signed_in("bob")
    assert bob.post(path, data=FORMS[path] | {"csrf": csrf_of(bob.get("/").text)}).status_code == 403


@pytest.mark.parametrize("path", LOOKS)
def test_a_form_that_looks_something_up_needs_a_person_of_this_shop(guarded: GuardedShop, path: str) -> None:
    assert guarded.visitor().post(path, data=LOOKS[path]).status_code == 303
    assert guarded.signed_in("charlie").post(path, data=LOOKS[path]).status_code == 403


def test_a_file_of_people_leaves_with_a_proof_alone(guarded: GuardedShop) -> None:
    assert guarded.signed_in("bob").post("/segments/{name}/export", data={"csrf": "made.up"}).status_code == 403


def test_counting_by_the_api_needs_a_token(guarded: GuardedShop) -> None:
    assert guarded.visitor().post(COUNT, json={"rule": {}}).status_code == 401


@pytest.mark.parametrize("path", CHANGES)
def test_every_change_by_the_api_needs_a_token(client: TestClient, guarded: GuardedShop, path: str) -> None:
    assert client.post(path, json=CHANGES[path]).status_code == 403
    assert guarded.visitor().post(path, json=CHANGES[path]).status_code == 401
    assert guarded.signed_in("alice").post(path, json=CHANGES[path]).status_code == 403


# --- tokens -----------------------------------------------------------------------------------------------------------


def test_a_bearer_token_acts_with_its_users_roles(guarded: GuardedShop) -> None:
    now = utc_now()
    in_a_day = now + dt.timedelta(days=1)
    secrets = {
        name: create_token(guarded.state, name, "test", expires_at=in_a_day, actor="tests", at=now).secret
        for name in ("bob", "charlie")
    }
    asked = {
        name: guarded.visitor().get("/api/v1/kpis?kpi=C4", headers={"Authorization": f"Bearer {secret}"}).status_code
        for name, secret in {**secrets, "forged": "shk_forged"}.items()
    }
    assert asked == {"bob": 200, "charlie": 403, "forged": 401}


def test_a_wrong_token_is_not_saved_by_a_good_cookie(guarded: GuardedShop) -> None:
    answer = guarded.signed_in("alice").get("/api/v1/kpis", headers={"Authorization": "Bearer shk_forged"})
    assert answer.status_code == 401
