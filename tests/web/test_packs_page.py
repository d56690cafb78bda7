"""The pages of platforms over HTTP."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from shopkeeper.kpi.packs import PACKS


def test_the_first_pack_is_one_that_the_shop_has(client: TestClient) -> None:
    page = client.get("/packs").text
    assert "<h1>Tmall" in page
    assert 'href="/kpis/roas?' in page


@pytest.mark.parametrize("pack", PACKS)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_pack_has_its_page(client: TestClient, pack: str, lang: str) -> None:
    answer = client.get(f"/packs/{pack}", headers={"Accept-Language": "zh-CN" if lang == "zh" else "en"})
    assert answer.status_code == 200
    absent = "This shop has no such platform." if lang == "en" else "本店没有此类平台。"
    assert (absent in answer.text) is (pack not in ("tmall", "site", "stores"))


def test_the_api_gives_the_same_pack(client: TestClient) -> None:
    data = client.get("/api/v1/packs/tmall").json()["data"]
    terms = {e["entry"]["row"]["id"]: e["term"] for s in data["sections"] for e in s["entries"]}
    assert tuple(terms) == tuple(dict.fromkeys(PACKS["tmall"].indicators))
    assert data["platform"] == "tmall"
    assert client.get("/api/v1/packs/tmal").status_code == 404
    assert client.get("/api/v1/packs/tmall?kpi=C4").status_code == 400


def test_the_api_sets_cells_beside_others(client: TestClient) -> None:
    rows = client.get("/api/v1/kpis?kpi=paid_amount&from=2017-12&to=2017-12&against=previous").json()["data"]
    assert rows[0]["against"]["period"] == "2017-11"
    assert client.get("/api/v1/kpis?against=yesterday").status_code == 404
    assert client.get("/kpis/C4").text.count("festivals aligned") == 1
