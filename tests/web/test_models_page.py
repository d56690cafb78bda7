"""The pages of models over HTTP: the list, an answer, a refusal, files, what is saved from them, and who may see them."""

from __future__ import annotations

from starlette.testclient import TestClient

from tests.web.conftest import GuardedShop, csrf_of


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
