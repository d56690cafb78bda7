"""The pages of models over HTTP: the list, an answer, a refusal, files, what is saved from them, and who may see them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from shopkeeper.access.grants import grant
from shopkeeper.access.tokens import create_token
from shopkeeper.access.users import create_user
from shopkeeper.core.clock import utc_now
from shopkeeper.state import open_state
from shopkeeper.web.app import create_app
from tests.returning_buyers import orders
from tests.tiny_shop import make_tiny
from tests.web.conftest import PASSWORD, GuardedShop, csrf_of, sign_in


def test_the_list_names_every_model_in_the_readers_language(client: TestClient) -> None:
    assert "Recency, frequency, money (RFM)" in client.get("/models").text
    assert "RFM 客户价值分层" in client.get("/models", headers={"Accept-Language": "zh-CN"}).text


def test_too_few_buyers_are_refused_and_never_shown_as_a_number(client: TestClient) -> None:
    page = client.get("/models/rfm").text
    assert "No answer from these data" in page
    assert "Only 5 buyers are known" in page
    data = client.get("/api/v1/models/rfm").json()["data"]
    assert data["answer"] is None
    assert data["refusal"]["needed"] == ["at least 30 buyers with a customer key"]
    assert client.get("/models/rfm/file").status_code == 422


def test_a_misspelt_option_or_model_is_refused(client: TestClient) -> None:
    assert client.get("/models/rmf").status_code == 404
    assert client.get("/models/rfm?follow_day=3").status_code == 400
    assert client.get("/api/v1/models/rfm?follow_days=1").status_code == 400
    assert client.get("/models/rfm?from=yesterday").status_code == 400


def test_viewers_see_the_list_and_no_answer(guarded: GuardedShop) -> None:
    vera, bob = guarded.signed_in("vera"), guarded.signed_in("bob")
    assert vera.get("/models").status_code == 200
    assert vera.get("/models/rfm").status_code == 403
    assert vera.get("/api/v1/models/rfm").status_code == 403
    assert bob.get("/models/rfm").status_code == 200
    form = {"exit": "group_7", "segment": "best", "shop": "little", "csrf": csrf_of(bob.get("/models/rfm").text)}
    assert bob.post("/models/rfm/segment", data=form).status_code == 403, "an analyst saves nothing"


@pytest.fixture
def returning(tmp_path: Path) -> Iterator[tuple[TestClient, str]]:
    """A shop whose buyers come back, run by Olive, and a token of hers."""
    tiny = make_tiny(tmp_path / "shop").put(order_lines=orders())
    tiny.shop.close()
    now = utc_now()
    with open_state(f"sqlite:///{tmp_path / 'state.sqlite'}") as state:
        olive = create_user(state, "olive", PASSWORD, actor="tests", at=now)
        grant(state, olive.id, "tiny", "operator", actor="tests", at=now)
        ends = now + dt.timedelta(days=1)
        secret = create_token(state, "olive", "tests", expires_at=ends, actor="tests", at=now).secret
        app = create_app([tmp_path / "shop"], state=state)
        browser = TestClient(app, base_url="http://127.0.0.1", follow_redirects=False)
        sign_in(browser, "olive", PASSWORD)
        yield browser, secret


def test_a_group_is_saved_as_a_segment_with_the_same_customers(returning: tuple[TestClient, str]) -> None:
    browser, _ = returning
    page = browser.get("/models/rfm?follow_days=30").text
    data = browser.get("/api/v1/models/rfm?follow_days=30").json()["data"]["answer"]
    (table,) = [t for t in data["tables"] if t["id"] == "groups"]
    form = {"exit": "group_7", "segment": "best", "query": "follow_days=30", "shop": "tiny", "csrf": csrf_of(page)}
    assert browser.post("/models/rfm/segment", data=form).headers["location"].endswith("done=best")
    (kept,) = browser.get("/api/v1/segments").json()["data"]["rows"]
    assert kept["members"] == table["rows"][0][1] > 0
    assert browser.post("/models/rfm/segment", data={**form, "exit": "group_9"}).status_code == 404
    assert browser.post("/models/rfm/segment", data={**form, "csrf": "x"}).status_code == 403


def test_values_are_published_by_form_and_by_token(returning: tuple[TestClient, str]) -> None:
    browser, secret = returning
    page = browser.get("/models/clv?horizon_days=30").text
    assert "Publish to profiles" in page
    form = {"query": "horizon_days=30", "shop": "tiny", "csrf": csrf_of(page)}
    assert browser.post("/models/clv/scores", data=form).status_code == 303
    assert browser.post("/api/v1/models/clv/scores").status_code == 403, "a session's cookie changes nothing by the API"
    headers = {"Authorization": f"Bearer {secret}"}
    done = browser.post("/api/v1/models/clv/scores", json={"options": {"horizon_days": "30"}}, headers=headers).json()[
        "data"
    ]
    assert dict(done["scores"])["clv"] == 160


def test_an_answer_is_a_workbook_and_each_table_a_csv(returning: tuple[TestClient, str]) -> None:
    browser, _ = returning
    assert browser.get("/models/rfm/file?follow_days=30").content.startswith(b"PK")
    text = browser.get("/models/rfm/file?follow_days=30&form=csv&table=groups").text
    assert text.startswith("\ufeffGroup,Buyers,")
    assert len(text.splitlines()) == 9
    assert browser.get("/models/rfm/file?form=csv&table=none").status_code == 404
    assert browser.get("/models/rfm/file?form=doc").status_code == 404
