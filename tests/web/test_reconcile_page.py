"""The page and API of the reconciliation: both languages, the shop's own figures, no single row for a viewer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from shopkeeper.access.grants import grant
from shopkeeper.access.users import create_user
from shopkeeper.core.clock import utc_now
from shopkeeper.state import open_state
from shopkeeper.web.app import create_app
from tests.architecture import rules
from tests.soundness.test_reconcile_orders import BEGIN, booked
from tests.tiny_shop import line, make_tiny
from tests.web.conftest import PASSWORD, SETTINGS, GuardedShop


@pytest.fixture(scope="module")
def settled_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """March: one order of 10 settled, one of 25 lost; May: one of 10 settled, 1 taken off."""
    folder = tmp_path_factory.mktemp("settled") / "shop"
    made = make_tiny(folder, SETTINGS)
    made.put(
        order_lines=[line("a", "2017-03-02"), line("lost", "2017-03-02", amount=25), line("b", "2017-05-01", shop_id="s2")],
        settlements=[
            BEGIN, booked(1, "a", "sale", 10), booked(2, "b", "sale", 10, "2017-05-20", shop_id="s2"),
            booked(3, "b", "commission", -1, "2017-05-20", shop_id="s2"),
        ],
    )  # fmt: skip
    made.shop.close()
    return folder


@pytest.fixture(scope="module")
def settled(settled_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A browser before that shop, which has no users."""
    state = open_state(f"sqlite:///{tmp_path_factory.mktemp('state') / 'state.sqlite'}")
    yield TestClient(create_app([settled_folder], state=state), base_url="http://127.0.0.1")
    state.close()


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("query", ["", "?by=branch", "?by=platform&at=2017-03", "?period=week"])
def test_the_page_answers_in_both_languages_without_inline_code(settled: TestClient, query: str, lang: str) -> None:
    answer = settled.get(f"/data/reconcile{query}", headers={"Cookie": f"lang={lang}"})
    assert answer.status_code == 200
    assert rules.inline_code("reconcile", answer.text) == []
    assert len(re.findall("<h1", answer.text)) == 1
    for anchor in re.findall(r'href="#([^"]+)"', answer.text):
        assert f'id="{anchor}"' in answer.text
    assert ("对账" in answer.text) == (lang == "zh")


def test_the_page_shows_open_money_and_a_period_only_its_own(settled: TestClient) -> None:
    whole = settled.get("/data/reconcile").text
    assert "¥25.00 &gt; 60 d" in whole
    assert ">lost</th>" in whole
    assert "10.0%" in whole  # the commission of 1 on sales of 10
    may = settled.get("/data/reconcile?at=2017-05").text
    assert ">lost</th>" not in may
    assert "No open money" in may


def test_htmx_gets_the_part_that_it_replaces(settled: TestClient) -> None:
    answer = settled.get("/data/reconcile?by=branch", headers={"HX-Request": "true", "HX-Target": "div#work"})
    assert answer.text.lstrip().startswith('<div id="work"')
    assert "<html" not in answer.text


def test_a_cut_that_statements_do_not_have_is_refused(settled: TestClient) -> None:
    answer = settled.get("/data/reconcile?by=channel")
    assert answer.status_code == 404
    assert "platform" in answer.text
    assert settled.get("/api/v1/reconcile?by=channel").status_code == 404
    assert settled.get("/api/v1/reconcile?form=2017").status_code == 400


def test_the_api_says_what_the_page_says(settled: TestClient) -> None:
    answer = settled.get("/api/v1/reconcile?by=shop&from=2017-03&to=2017-03").json()
    (row,) = answer["data"]["orders"]
    assert (row["period"], row["slice"], row["outcomes"]["unsettled"]["expected"]) == ("2017-03", "s1", "25.0000")
    assert answer["data"]["unmatched"][0]["cause"] == "overdue"
    assert answer["meta"]["as_of"] == "2017-05-20"


def test_a_shop_without_statements_says_what_to_load(client: TestClient) -> None:
    html = client.get("/data/reconcile").text
    assert "Nothing to reconcile yet" in html
    assert "platform and bank statements" in html


def test_a_viewer_sees_sums_and_an_analyst_the_single_rows(settled_folder: Path, tmp_path: Path) -> None:
    now = utc_now()
    with open_state(f"sqlite:///{tmp_path / 'state.sqlite'}") as state:
        for name, role in (("bob", "analyst"), ("vera", "viewer")):
            person = create_user(state, name, PASSWORD, actor="tests", at=now)
            grant(state, person.id, "little", role, actor="tests", at=now)
        guarded = GuardedShop(create_app([settled_folder], state=state), state)
        assert guarded.visitor().get("/data/reconcile").status_code == 303
        seen = {name: guarded.signed_in(name) for name in ("bob", "vera")}
        pages = {name: browser.get("/data/reconcile").text for name, browser in seen.items()}
        lists = {name: b.get("/api/v1/reconcile").json()["data"]["unmatched"] for name, b in seen.items()}
    assert {name: ">lost</th>" in page for name, page in pages.items()} == {"bob": True, "vera": False}
    assert "¥25.00" in pages["vera"]
    assert {name: len(found) for name, found in lists.items()} == {"bob": 1, "vera": 0}
