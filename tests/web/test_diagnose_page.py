"""The diagnosis over HTTP: page, JSON and the report."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from shopkeeper.access.audit import recent_events
from tests.architecture import rules
from tests.web.conftest import GuardedShop


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_shows_findings_gaps_and_links(client: TestClient, lang: str) -> None:
    answer = client.get("/diagnose", headers={"Accept-Language": "zh-CN" if lang == "zh" else "en"})
    assert answer.status_code == 200
    assert rules.inline_code("diagnose", answer.text) == []
    for part in ("findings", "missing", "links", "remarks"):
        assert f'id="{part}-title"' in answer.text
    assert answer.text.count("<tr class=") >= 21


def test_the_api_and_the_page_say_the_same(client: TestClient) -> None:
    data = client.get("/api/v1/diagnose?at=2017").json()["data"]
    html = client.get("/diagnose?at=2017").text
    assert data["period"] == "2017"
    assert all(f["value_text"] in html for f in data["findings"])
    assert {f["item"] for f in data["findings"] if f["value"] is None} == {i for n in data["needs"] for i in n["items"]}
    assert client.get("/api/v1/diagnose?period=2017").status_code == 400
    assert client.get("/api/v1/diagnose?at=2011").status_code == 400
    assert client.get("/api/v1/diagnose?at=soon").status_code == 400


def test_the_report_is_a_file(client: TestClient) -> None:
    answer = client.get("/api/v1/diagnose/report?at=2017&form=html")
    assert answer.headers["content-disposition"] == 'attachment; filename="diagnosis-little-2017-en.html"'
    assert "Made up for tests." in answer.text
    book = client.get("/api/v1/diagnose/report?form=xlsx")
    assert book.content.startswith(b"PK")
    assert client.get("/api/v1/diagnose/report?form=docx").status_code == 404


def test_a_viewer_sees_the_page_and_takes_no_file(guarded: GuardedShop) -> None:
    vera = guarded.signed_in("vera")
    assert "analyst or higher" in vera.get("/diagnose").text
    assert vera.get("/api/v1/diagnose").status_code == 200
    assert vera.get("/api/v1/diagnose/report").status_code == 403
    bob = guarded.signed_in("bob")
    assert "form=pdf" in bob.get("/diagnose").text
    assert bob.get("/api/v1/diagnose/report?at=2017").status_code == 200
    assert next(e for e in recent_events(guarded.state) if e.action == "diagnosis.exported").target == "2017"
    assert guarded.visitor().get("/diagnose").status_code == 303
