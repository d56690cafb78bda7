"""The forecast of an indicator over HTTP: page, JSON, refusals in both languages, viewers."""

from __future__ import annotations

from starlette.testclient import TestClient

from tests.web.conftest import GuardedShop


def test_the_page_shows_band_target_chance_and_backtest(client: TestClient) -> None:
    page = client.get("/kpis/C4/forecast")
    assert page.status_code == 200
    data = client.get("/api/v1/kpis/C4/forecast").json()["data"]
    course = data["course"]
    assert course["first"]["mean"] in page.text
    assert course["chance"] in page.text.replace("&lt;", "<").replace("&gt;", ">")
    assert course["chart"]["target"] == 14.0
    assert {f["label"] for f in course["facts"]} >= {"MASE", "sMAPE", "WAPE"}
    assert "<forecast-chart" in page.text
    assert 'href="/kpis/C4/forecast?' in client.get("/kpis/C4").text


def test_slices_and_articles_have_their_tables(client: TestClient) -> None:
    cut = client.get("/api/v1/kpis/paid_amount/forecast?cut=category").json()["data"]
    assert len(cut["slices"]) >= 3
    articles = client.get("/kpis/units/forecast?cut=sku")
    assert articles.status_code == 200
    assert "rice" in articles.text


def test_a_refusal_is_told_in_the_readers_language(client: TestClient) -> None:
    english, chinese = (client.get("/kpis/K1/forecast", headers={"Cookie": f"lang={n}"}) for n in ("en", "zh"))
    assert english.status_code == chinese.status_code == 200
    assert "No forecast" in english.text
    assert "无法预测" in chinese.text
    assert client.get("/api/v1/kpis/K1/forecast").json()["data"]["course"] is None


def test_what_cannot_be_asked_is_refused(client: TestClient) -> None:
    assert client.get("/kpis/C9/forecast").status_code == 404
    assert client.get("/api/v1/kpis/C4/forecast?cut=moon").status_code == 404
    assert client.get("/api/v1/kpis/C4/forecast?horizon=many").status_code == 400
    assert client.get("/api/v1/kpis/C4/forecast?horizon=99").status_code == 400


def test_a_viewer_may_see_it_and_a_stranger_may_not(guarded: GuardedShop) -> None:
    assert guarded.signed_in("vera").get("/kpis/C4/forecast").status_code == 200
    assert guarded.signed_in("charlie").get("/api/v1/kpis/C4/forecast").status_code in (403, 404)
