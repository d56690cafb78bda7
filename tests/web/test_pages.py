"""What people see: every page in both languages, with the shop's own figures, no dead link and no inline code."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from shopkeeper.core.wording import catalogue, has_word
from shopkeeper.kpi.catalogue import INDICATORS
from shopkeeper.state import open_state
from shopkeeper.warehouse.shop import open_shop
from shopkeeper.web.app import create_app
from tests.architecture import rules
from tests.tiny_shop import line, make_tiny
from tests.web.conftest import SETTINGS

PAGES = [
    "/", "/kpis", "/kpis/C4", "/kpis/paid_amount", "/kpis/K1", "/data", "/data/reconcile", "/data/checks", "/data/quarantine",
    "/customers/identities", "/sign-in",
]  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_in_both_languages_without_inline_code_or_foreign_addresses(
    client: TestClient, path: str, lang: str
) -> None:
    answer = client.get(path, headers={"Cookie": f"lang={lang}"})
    assert answer.status_code == 200
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}"' in answer.text
    assert rules.inline_code(path, answer.text) == []
    assert rules.external_addresses(path, answer.text) == []
    assert len(re.findall("<h1", answer.text)) == 1
    assert len(re.findall("<main", answer.text)) == 1


def test_no_link_of_any_page_is_dead(client: TestClient) -> None:
    tried: set[str] = set()
    for page in PAGES:
        for link in re.findall(r'(?:href|hx-get|src)="(/[^"]*)"', client.get(page).text):
            path = unescape(link).split("#")[0]
            # one link of each shape is enough: the values of a parameter are many
            shape = re.sub(r"=[^&]*", "", re.sub(r"/kpis/[^?]+", "/kpis/*", path))
            if shape not in tried:
                tried.add(shape)
                assert client.get(path).status_code == 200, path
    assert any(shape.startswith("/kpis/*") for shape in tried)
    assert any(shape.startswith("/assets/") for shape in tried)


def test_every_indicator_has_a_page_and_every_part_of_one_a_word(client: TestClient) -> None:
    answers = {kpi: client.get(f"/kpis/{kpi}?period=year").status_code for kpi in INDICATORS}
    assert {kpi: status for kpi, status in answers.items() if status != 200} == {}
    names = {n for i in INDICATORS.values() for n in (*i.numerator, *i.denominator, *i.minus)}
    assert [n for n in sorted(names) if not has_word(f"part.{n}")] == []
    assert [k for k in catalogue() if k.startswith("part.") and k.removeprefix("part.") not in names] == []


def test_an_anchor_leads_to_something_on_its_page(client: TestClient) -> None:
    html = client.get("/data").text
    for anchor in re.findall(r'href="#([^"]+)"', html):
        assert f'id="{anchor}"' in html


def test_the_overview_shows_what_was_paid_in_the_latest_whole_month(client: TestClient) -> None:
    # December 2017 is month 13: 3 teas at 10, rice at 33, a gift at 3 and one line at 1
    html = client.get("/").text
    assert "Dec 2017" in html
    assert "¥67.00" in html
    assert "Made up for tests." in html
    assert "为测试而编造" in client.get("/", headers={"Cookie": "lang=zh"}).text


def test_a_missing_source_is_named_and_no_unknown_figure_is_zero(client: TestClient) -> None:
    html = client.get("/").text
    assert "needs visits" in html
    visitor_value = html.split('data-kpi="T3"')[1][:160]
    assert "–" in visitor_value
    assert "0" not in re.sub(r"<[^>]+>", "", visitor_value.split(">", 1)[1].split("needs")[0])


def test_a_year_on_year_change_appears_once_there_is_a_year_before(client: TestClient) -> None:
    # December 2016 is month 1: 3 teas at 10 and rice at 21, so 67 is 31.4 % more than 51
    row = client.get("/").text.split('<tr class="row on" data-kpi="paid_amount"')[1].split("</tr>")[0]
    assert "31.4%" in row


@pytest.mark.parametrize(("part", "begins"), [("aside#detail", "<aside"), ("div#work", "<div")])
def test_htmx_gets_only_the_part_that_it_replaces(client: TestClient, part: str, begins: str) -> None:
    answer = client.get("/?kpi=C4", headers={"HX-Request": "true", "HX-Target": part})
    assert answer.text.lstrip().startswith(begins)
    assert "<html" not in answer.text
    assert "HX-Target" in answer.headers["vary"]


def test_going_back_gets_the_whole_page(client: TestClient) -> None:
    headers = {"HX-Request": "true", "HX-Target": "div#work", "HX-History-Restore-Request": "true"}
    assert "<html" in client.get("/?kpi=C4", headers=headers).text


def test_a_filter_changes_the_figures_and_stays_chosen(client: TestClient) -> None:
    html = client.get("/?category=Food").text
    assert "¥33.00" in html
    assert '<option value="Food" selected>' in html
    unknown = client.get("/?category=~").text
    assert "¥3.00" in unknown
    assert '<option value="~" selected>' in unknown


def test_another_period_length_keeps_the_time(client: TestClient) -> None:
    assert "Week 26, 2017" in client.get("/?period=week&at=2017-06").text
    assert "Q2 2017" in client.get("/?period=quarter&at=2017-06").text


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/?at=2031-01", 400, "2016-11 to 2017-12"),
        ("/?at=soon", 400, "ISO week"),
        ("/?period=moth", 404, "month"),
        ("/?kpi=C44", 404, "C4"),
        ("/?shop=litle", 404, "little"),
        ("/kpis/paid_amont", 404, "paid_amount"),
        ("/kpis/C4?by=categry", 404, "category"),
        ("/kpiz", 404, "/kpis"),
    ],
)
def test_a_request_that_cannot_be_answered_says_what_could(
    client: TestClient, path: str, status: int, said: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert said in unescape(answer.text)
    assert rules.inline_code(path, answer.text) == []


def test_text_from_the_address_is_never_markup(client: TestClient) -> None:
    answer = client.get("/", params={"category": '"><script>alert(1)</script>'})
    assert "<script>alert" not in answer.text


def test_the_breakdown_of_a_total_adds_up_to_it(client: TestClient) -> None:
    page = client.get("/api/v1/kpis/paid_amount").json()["data"]
    assert sum(row["value"] for row in page["breakdown"]["rows"]) == float(page["detail"]["row"]["value"])
    assert [row["name"] for row in page["breakdown"]["rows"]] == ["Food", "Drinks", "(unknown)"]


def test_the_formula_stands_with_its_numbers(client: TestClient) -> None:
    # buyers 0, 1, 2 and 9 paid 67 in December
    html = client.get("/kpis/C4").text
    assert "<b>¥67.00</b>" in html
    assert "<b>¥16.75</b>" in html
    assert "chosen by the test" in html


def test_the_sql_behind_a_cell_runs_and_gives_its_parts(client: TestClient, little_folder: Path) -> None:
    sql = client.get("/api/v1/kpis/paid_amount").json()["data"]["sql"]
    shop = open_shop(little_folder)
    try:
        assert Decimal("67") in [value for row in shop.lake.query(sql).fetchall() for value in row]
    finally:
        shop.close()


def test_a_shop_without_orders_says_how_to_load_some(tmp_path: Path) -> None:
    make_tiny(tmp_path / "bare", SETTINGS).shop.close()
    with TestClient(create_app([tmp_path / "bare"]), base_url="http://127.0.0.1") as browser:
        assert "No orders yet" in browser.get("/").text
        assert browser.get("/kpis").status_code == 200
        assert browser.get("/data").status_code == 200
        assert browser.get("/kpis/C4").status_code == 422


def test_a_new_load_is_seen_at_once(tmp_path: Path) -> None:
    tiny = make_tiny(tmp_path / "fresh", SETTINGS)
    tiny.put(order_lines=[line("a", "2017-03-31", "Li", 10)])
    with TestClient(create_app([tmp_path / "fresh"]), base_url="http://127.0.0.1") as browser:
        assert "¥10.00" in browser.get("/").text
        tiny.add(order_lines=[line("b", "2017-03-31", "Li", 32)])
        assert "¥42.00" in browser.get("/").text
    tiny.shop.close()


def test_two_shops_are_switched_between_and_kept_apart(tmp_path: Path, little_folder: Path) -> None:
    other = make_tiny(tmp_path / "other", SETTINGS.replace("little", "other").replace("Little Tea", "Other Tea"))
    other.put(order_lines=[line("a", "2017-12-31", "Li", 888)])
    other.shop.close()
    with (
        open_state(f"sqlite:///{tmp_path / 'state.sqlite'}") as state,
        TestClient(
            create_app([little_folder, tmp_path / "other"], state=state), base_url="http://127.0.0.1"
        ) as browser,
    ):
        first, second = browser.get("/").text, browser.get("/?shop=other").text
        assert '<option value="other">Other Tea</option>' in first
        assert '<option value="other" selected>Other Tea</option>' in second
        assert "¥888.00" not in first
        assert "¥888.00" in second
        assert 'href="/kpis?shop=other"' in second
