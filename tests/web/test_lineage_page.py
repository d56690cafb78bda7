"""The page of one cell over HTTP: rows for those who may query, figures alone for a viewer."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from shopkeeper.kpi.catalogue import INDICATORS
from tests.web.conftest import GuardedShop


@pytest.mark.parametrize("kpi", INDICATORS)
def test_every_indicator_can_be_traced(client: TestClient, kpi: str) -> None:
    assert client.get(f"/kpis/{kpi}/lineage").status_code == 200


def test_the_value_of_an_indicator_leads_to_its_rows(client: TestClient) -> None:
    assert 'href="/kpis/C4/lineage?' in client.get("/kpis/C4").text
    assert 'href="/kpis/C4/lineage?' in client.get("/kpis").text
    data = client.get("/api/v1/kpis/C4/lineage?at=2017-12").json()["data"]
    part = next(p for p in data["parts"] if p["measure"] == "buyers")
    file = client.get("/kpis/C4/rows.csv?at=2017-12&part=buyers")
    assert len(file.text.splitlines()) == 1 + part["rows"]
    assert "buyer9" not in file.text
    assert client.get("/kpis/C4/rows.csv?at=2017-12&part=orders").status_code == 404


def test_a_viewer_sees_figures_and_no_row(guarded: GuardedShop) -> None:
    vera = guarded.signed_in("vera")
    data = vera.get("/api/v1/kpis/C4/lineage").json()["data"]
    assert data["sql"] == ""
    assert all(part["sample"] == [] and part["rows"] for part in data["parts"])
    assert vera.get("/kpis/C4/rows.csv?part=buyers").status_code == 403
    assert guarded.signed_in("bob").get("/kpis/C4/rows.csv?part=buyers").status_code == 200
