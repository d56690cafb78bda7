"""The API keeps the contract of the command line, serves the pages' view models, and documents real answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from shopkeeper.kpi.asked import parse_request
from shopkeeper.kpi.matrix import matrix_for
from shopkeeper.warehouse.shop import open_shop
from tools.api_examples import ADDRESSES, FOLDER, acted


def test_a_cell_has_the_shape_of_the_contract(client: TestClient) -> None:
    answer = client.get("/api/v1/kpis?kpi=C4&from=2017-12").json()
    assert answer["data"] == [
        {
            "kpi": "C4", "period": "2017-12", "dims": {}, "value": "16.7500", "unit": "CNY", "numerator": "67.00",
            "denominator": 4, "status": "ok", "missing": [],
        }
    ]  # fmt: skip
    assert answer["meta"]["shop"] == "little"
    assert answer["meta"]["as_of"] == "2017-12-31"
    assert set(answer["meta"]) >= {"shop", "as_of", "snapshot", "warnings"}


def test_the_api_gives_the_cells_of_the_engine_exactly(client: TestClient, little_folder: Path) -> None:
    shop = open_shop(little_folder)
    try:
        request = parse_request(grain="quarter", by=["category"], filters=["platform=tmall"])
        wanted = [cell.as_json() for cell in matrix_for(shop, request).cells]
    finally:
        shop.close()
    answer = client.get("/api/v1/kpis?period=quarter&by=category&filter=platform%3Dtmall").json()
    assert answer["data"] == json.loads(json.dumps(wanted))


def test_the_overview_of_the_api_says_what_the_page_says(client: TestClient) -> None:
    data = client.get("/api/v1/overview?kpi=C4").json()["data"]
    html = client.get("/?kpi=C4").text
    for tile in data["tiles"]:
        assert f">{tile['text']}</span>" in html
    assert data["selected"]["row"]["id"] == "C4"
    assert data["selected"]["waterfall"]["rows"][-1]["text"] in html
    assert sum(len(group["rows"]) + len(group["absent"]) for group in data["groups"]) == 25


@pytest.mark.parametrize("name", ADDRESSES)
def test_every_documented_example_has_the_shape_of_a_real_answer(client: TestClient, name: str) -> None:
    example = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert differences(example, client.get(ADDRESSES[name].replace("2017-11", "2017-10")).json(), name) == []


def test_every_documented_change_has_the_shape_of_a_real_one(tmp_path: Path) -> None:
    found = acted(tmp_path / "corner")
    for name, real in found.items():
        example = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        assert differences(example, json.loads(json.dumps(real)), name) == [], name
    assert {path.stem for path in FOLDER.glob("*.json")} == {*found, *ADDRESSES}


def differences(example: Any, real: Any, where: str) -> list[str]:
    """Where two answers differ in their keys; values, lengths and unknowns may differ."""
    if example is None or real is None:
        return []
    if isinstance(example, dict) and isinstance(real, dict):
        if where.endswith((".error", ".dims")):
            return [] if "code" not in example or real["code"] == example["code"] else [f"{where}: code"]
        if set(example) != set(real):
            return [f"{where}: {sorted(set(example) ^ set(real))}"]
        return [d for key in example for d in differences(example[key], real[key], f"{where}.{key}")]
    if isinstance(example, list) and isinstance(real, list):
        return [d for a, b in zip(example, real, strict=False) for d in differences(a, b, f"{where}[]")]
    number = (int, float)
    same = isinstance(real, type(example)) or (isinstance(example, number) and isinstance(real, number))
    return [] if same else [f"{where}: {type(example).__name__} and {type(real).__name__}"]


def test_the_shape_comparison_finds_a_difference() -> None:
    assert differences({"a": [{"b": 1}]}, {"a": [{"b": "1"}]}, "x") == ["x.a[].b: int and str"]
    assert differences({"a": 1}, {"a": 1, "b": 2}, "x") == ["x: ['b']"]


def test_the_openapi_document_lists_every_route_with_an_example(client: TestClient) -> None:
    document = client.get("/api/v1/openapi.json").json()
    assert all(path.startswith("/api/v1/") for path in document["paths"])
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            answer = described["responses"].get("200") or described["responses"]["202"]
            assert answer["content"]["application/json"]["example"], (method, path)
            assert "4XX" in described["responses"]
    assert {"/api/v1/overview", "/api/v1/kpis", "/api/v1/kpis/{kpi}", "/api/v1/data/loads"} <= set(document["paths"])


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
def test_there_is_no_documentation_page_that_loads_foreign_scripts(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_misspelt_parameter_is_refused_rather_than_ignored(client: TestClient) -> None:
    answer = client.get("/api/v1/kpis?perod=week")
    assert answer.status_code == 400
    assert answer.json()["error"]["allowed"] == "did you mean period?"


def test_tables_count_what_is_there(client: TestClient) -> None:
    tables = {t["table"]: t for t in client.get("/api/v1/data/tables").json()["data"]}
    assert tables["order_lines"]["first_day"] == "2016-11-01"
    assert tables["order_lines"]["rows"] == 57  # 41 teas, 14 of rice, a gift and the last one
    assert tables["visits"]["rows"] == 0
