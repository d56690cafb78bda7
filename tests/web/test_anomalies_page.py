"""The page and API of anomalies over a shop in which a fault was put, and the same by command."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from shopkeeper.cli.app import main
from shopkeeper.state import open_state
from shopkeeper.web.app import create_app
from tests.architecture import rules
from tests.tiny_shop import Row, line, make_tiny
from tests.web.conftest import SETTINGS

FIRST, DAYS, DROP, HOLE = dt.date(2025, 2, 20), 80, range(60, 63), 70


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """About 30 orders a day; a third of them on three days, and on one day no row at all."""
    draw = np.random.default_rng(5)
    rows: list[Row] = []
    for n, count in enumerate(draw.poisson(30, DAYS)):
        day = (FIRST + dt.timedelta(n)).isoformat()
        kept = 0 if n == HOLE else count // 3 if n in DROP else count
        rows += [line(f"o{n}-{k}", day, f"b{n}-{k}", 10) for k in range(kept)]
    folder = tmp_path_factory.mktemp("anomalies") / "shop"
    made = make_tiny(folder, SETTINGS)
    made.put(order_lines=rows)
    made.shop.close()
    return folder


@pytest.fixture(scope="module")
def browser(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A browser before that shop, which has no users."""
    state = open_state(f"sqlite:///{tmp_path_factory.mktemp('state') / 'state.sqlite'}")
    yield TestClient(create_app([folder], state=state), base_url="http://127.0.0.1")
    state.close()


def test_the_api_tells_the_fault_and_the_hole_and_nothing_else(browser: TestClient) -> None:
    answer = browser.get("/api/v1/anomalies").json()
    told = {row["cause"]: row for row in answer["data"]}
    assert set(told) == {"missing_data", "sales"}
    hole, sales = told["missing_data"], told["sales"]
    assert (hole["fault"], hole["start"], hole["end"]) == ("data", "2025-05-01", "2025-05-01")
    assert (sales["fault"], sales["start"], sales["end"][:7]) == ("business", "2025-04-21", "2025-04")
    assert 400 < float(sales["money"]) < 900  # three days of 20 orders less at 10
    assert float(sales["money_low"]) < float(sales["money"]) < float(sales["money_high"])
    assert {e["kpi"] for e in sales["evidence"]} >= {"orders", "paid_amount"}
    assert answer["meta"]["as_of"] == "2025-05-10"
    only = browser.get("/api/v1/anomalies?kpi=orders").json()["data"]
    assert [row["cause"] for row in only] == ["sales"]


@pytest.mark.parametrize(("lang", "title"), [("en", "Sales fall short"), ("zh", "销售不足")])
def test_the_page_shows_each_incident_with_its_band(browser: TestClient, lang: str, title: str) -> None:
    answer = browser.get("/anomalies", headers={"Cookie": f"lang={lang}"})
    assert answer.status_code == 200
    assert title in answer.text
    assert rules.inline_code("anomalies", answer.text) == []
    assert len(re.findall("<h1", answer.text)) == 1
    assert '<polygon class="band' in answer.text
    part = browser.get("/anomalies", headers={"HX-Request": "true", "HX-Target": "div#work"})
    assert part.text.lstrip().startswith('<div id="work"')


def test_a_quiet_month_says_so_and_what_cannot_be_asked_is_refused(browser: TestClient) -> None:
    assert "Nothing stood out" in browser.get("/anomalies?from=2025-04-05&to=2025-04-15").text
    assert browser.get("/api/v1/anomalies?kpi=T2").status_code == 404
    assert browser.get("/api/v1/anomalies?by=colour").status_code == 404
    assert browser.get("/api/v1/anomalies?from=2025-05&to=2025-04").status_code == 400
    assert browser.get("/api/v1/anomalies?since=2025-05").status_code == 400


def test_the_command_prints_what_the_api_says(
    folder: Path, browser: TestClient, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    with pytest.raises(SystemExit) as done:
        main(["-C", str(folder), "anomalies", "--format", "json"])
    assert done.value.code == 0  # nothing is still on
    assert json.loads(capsys.readouterr().out)["data"] == browser.get("/api/v1/anomalies").json()["data"]
    with pytest.raises(SystemExit):
        main(["-C", str(folder), "anomalies"])
    assert "Sales fall short" in capsys.readouterr().out
    with pytest.raises(SystemExit) as wrong:
        main(["-C", str(folder), "anomalies", "--by", "colour"])
    assert wrong.value.code == 2


def test_a_shop_with_too_few_days_says_what_is_needed(tmp_path: Path) -> None:
    made = make_tiny(tmp_path / "young", SETTINGS)
    made.put(order_lines=[line("a", "2025-03-01"), line("b", "2025-03-09")])
    made.shop.close()
    with open_state(f"sqlite:///{tmp_path / 'state.sqlite'}") as state:
        young = TestClient(create_app([tmp_path / "young"], state=state), base_url="http://127.0.0.1")
        assert "too few days" in young.get("/anomalies").text
        assert young.get("/api/v1/anomalies").status_code == 422
