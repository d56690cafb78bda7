"""The Data page: the coverage matrix says what is there, what is missing and how old it is, without colour."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from shopkeeper.core.clock import utc_now
from shopkeeper.errors import SourceError
from shopkeeper.ingest.load import load_paths
from shopkeeper.state import open_state
from shopkeeper.web.app import create_app
from tests.architecture import rules
from tests.tiny_shop import line, make_tiny, noon
from tests.web.conftest import SETTINGS

REQUIRED = '[coverage]\nrequired = ["order_lines", "refunds", "visits"]\n'


def day(ago: int) -> str:
    """A day before today, in the shop's zone."""
    return (utc_now() + dt.timedelta(hours=8) - dt.timedelta(days=ago)).date().isoformat()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Sales on each of the last 40 days but the 5th before today; refunds until 10 days ago; a file that was refused."""
    folder = tmp_path_factory.mktemp("covered") / "shop"
    made = make_tiny(folder, SETTINGS + REQUIRED)
    refunded = [{"refunded_day": day(n), "refunded_at": noon(day(n))} for n in range(10, 41)]
    booked = {"statement_id": "s", "line_no": 1, "settled_day": day(3), "settled_at": noon(day(3)), "amount": "1"}
    made.put(
        order_lines=[line(f"o{n}", day(n), load_id="load_a") for n in range(1, 41) if n != 5],
        refunds=[
            {"refund_id": f"r{n}", "order_id": f"o{n}", "amount": "1"} | when
            for n, when in enumerate(refunded, start=10)
        ],
        settlements=[booked | {"shop_id": "s2"}],
        loads=[{"load_id": "load_a", "source": "till", "loaded_by": "li", "started_at": "2017-04-01 08:00:00+00"}],
    )
    (folder / "inbox" / "odd.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(SourceError):
        load_paths(made.shop, [folder / "inbox"], by="li")
    made.shop.close()
    with open_state(f"sqlite:///{tmp_path_factory.mktemp('state') / 'state.sqlite'}") as state:
        yield TestClient(create_app([folder], state=state), base_url="http://127.0.0.1")


def matrix(client: TestClient, query: str = "") -> dict[str, object]:
    found: dict[str, object] = client.get(f"/api/v1/data/coverage{query}").json()["data"]
    return found


def lines(found: dict[str, object]) -> dict[tuple[str, str], dict[str, object]]:
    return {(b["platform"], line["table"]): line for b in found["blocks"] for line in b["lines"]}  # type: ignore[attr-defined]


def test_a_missing_required_day_is_a_hole_and_all_are_counted(client: TestClient) -> None:
    found = matrix(client)
    table = lines(found)
    sales = table["tmall", "order_lines"]
    assert [s["start"] for s in sales["slots"] if s["state"] == "hole"] == [day(5)]  # type: ignore[attr-defined]
    assert (sales["days_held"], sales["days_expected"]) == (27, 28)
    assert (table["tmall", "refunds"]["days_held"], table["tmall", "visits"]["days_held"]) == (19, 0)
    assert (found["held"], found["expected"], found["holes"], found["share"]) == (46, 84, 38, 46 / 84)


def test_nothing_is_required_of_a_platform_without_sales(client: TestClient) -> None:
    bank = lines(matrix(client))["site", "settlements"]
    assert (bank["required"], bank["days_expected"]) == (False, None)
    assert {s["state"] for s in bank["slots"]} == {"held", "none"}  # type: ignore[attr-defined]


def test_ages_are_held_against_the_rules_that_apply(client: TestClient, tmp_path: Path) -> None:
    table = lines(matrix(client))
    assert (table["tmall", "order_lines"]["age_days"], table["tmall", "order_lines"]["verdict"]) == (1, "on_track")
    assert table["tmall", "refunds"]["verdict"] == "not_scored"  # no rule of freshness for refunds
    assert table["tmall", "visits"]["verdict"] == "no_data"


def test_a_rule_of_the_shop_changes_the_verdict_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    made = make_tiny(folder, SETTINGS + REQUIRED)
    made.put(order_lines=[line("a", day(3))])
    made.shop.close()
    with TestClient(create_app([folder]), base_url="http://127.0.0.1") as browser:
        assert lines(matrix(browser))["tmall", "order_lines"]["verdict"] == "off"
        rule = '[[rule]]\nid = "order_lines.freshness"\ntable = "order_lines"\nkind = "freshness"\nmax_age_days = 4\n'
        (folder / "checks.toml").write_text(rule, encoding="utf-8")
        assert lines(matrix(browser))["tmall", "order_lines"]["verdict"] == "on_track"
        (folder / "checks.toml").write_text("rule = 3", encoding="utf-8")
        answer = browser.get("/api/v1/data/coverage").json()
        assert "checks.toml" in answer["meta"]["warnings"][0]
        assert browser.get("/data").status_code == 200


def test_another_month_and_whole_months_are_one_choice_away(client: TestClient) -> None:
    month = day(35)[:7]
    found = matrix(client, f"?window={month}")
    assert found["columns"][0]["start"] == f"{month}-01"  # type: ignore[index]
    whole = matrix(client, "?window=months")
    assert whole["width"] == "month"
    assert len(whole["columns"]) == 24  # type: ignore[arg-type]
    assert client.get("/data?window=2017-W40").status_code == 400
    assert client.get("/api/v1/data/coverage?windw=2017-10").status_code == 400


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_says_every_cell_in_words(client: TestClient, lang: str) -> None:
    html = unescape(client.get("/data", headers={"Cookie": f"lang={lang}"}).text)
    assert rules.inline_code("data", html) == []
    said = "required" if lang == "en" else "必须有数据"
    holes = re.findall(r'<td class="hole[^"]*"><span data-slot title="([^"]*)"><span aria-hidden="true">×', html)  # noqa: RUF001
    assert len(holes) == 1 + 9
    assert all(said in hole for hole in holes)
    assert ("load of till" if lang == "en" else "载入 till") in html
    for anchor in re.findall(r'href="#([^"]+)"', html):
        assert f'id="{anchor}"' in html


def test_a_cell_leads_to_its_load(client: TestClient) -> None:
    html = client.get("/data").text
    assert '<a href="#load_a" data-slot' in html
    assert '<details class="load" id="load_a"' in html


def test_htmx_gets_the_matrix_alone(client: TestClient) -> None:
    answer = client.get("/data?window=months", headers={"HX-Request": "true", "HX-Target": "section#matrix"})
    assert answer.text.lstrip().startswith('<section class="card" id="matrix"')
    assert "<html" not in answer.text


def test_a_refused_file_stands_on_the_page_with_what_to_do(client: TestClient) -> None:
    html = unescape(client.get("/data").text)
    assert "Refused: odd.csv" in html
    assert "--dry-run</code>" in html
    assert client.get("/api/v1/data").json()["data"]["refused"][0]["by"] == "li"


def test_joins_are_those_of_the_reconciliation(client: TestClient) -> None:
    joins = {hit["id"]: hit for hit in client.get("/api/v1/data").json()["data"]["joins"]}
    again = {hit["id"]: hit for hit in client.get("/api/v1/reconcile").json()["data"]["hits"]}
    assert joins == again
    assert joins["refunds_order"]["share"] == 1.0
    assert joins["lines_cost"]["missing"] == ["sku_costs"]
