"""The Definitions page and its API: seen by viewers, checked by analysts, accepted by operators, in force at once."""

from __future__ import annotations

from html import unescape

import pytest

from shopkeeper.access.audit import recent_events
from shopkeeper.warehouse.shop import open_shop_state
from tests.kpi_definitions import declare, indicator, measure
from tests.web.acting_shop import ActingShop, acting, send

__all__ = ["acting"]
PAGE = "/kpis/definitions"
GOOD = measure("dear", more='where = "payable_amount > 10"') + indicator("dear_share", "dear", "paid_amount")


def test_an_accepted_text_is_on_every_page_without_a_restart(acting: ActingShop) -> None:
    olive, vera = acting.browser("olive"), acting.browser("vera")
    assert "dear_share" not in vera.get("/kpis").text
    done = send(olive, PAGE, f"{PAGE}/accept", file="own.toml", text=GOOD, reason="dear lines")
    assert (done.status_code, done.headers["location"]) == (
        303,
        "/kpis/definitions?shop=mugs&done=accepted&file=kpis%2Fown.toml",
    )
    assert "dear_share" in vera.get("/kpis").text
    assert vera.get("/kpis/dear_share").status_code == 200
    page = unescape(vera.get(f"{PAGE}?done=accepted").text)
    assert "Accepted. Every page" in page
    assert "dear lines" in page
    assert "kpis/own.toml:9" in page
    rows = vera.get("/api/v1/kpis?kpi=dear_share").json()["data"]
    assert 0 < rows[0]["value"] < 1
    indicators = {i["id"]: i for i in vera.get("/api/v1/indicators").json()["data"]}
    assert (indicators["dear_share"]["origin"], indicators["dear_share"]["name"]["zh"]) == ("own", "自有")
    (acting.mugs.folder / "kpis" / "own.toml").unlink()
    assert vera.get("/kpis/dear_share").status_code == 404


def test_a_check_keeps_what_was_typed_and_tells_every_mistake(acting: ActingShop) -> None:
    bob = acting.browser("bob")
    bad = GOOD.replace('payable_amount"', 'payabel_amount"').replace('unit = "share"', 'unit = "money"')
    done = send(bob, PAGE, f"{PAGE}/check", file="own.toml", text=bad)
    html = unescape(done.text)
    assert done.status_code == 400
    assert "payabel_amount" in html.partition("<textarea")[2].partition("</textarea>")[0]
    assert "did you mean payable_amount" in html
    good = send(bob, PAGE, f"{PAGE}/check", file="own.toml", text=GOOD)
    assert good.status_code == 200
    assert "It can be accepted" in good.text
    assert not (acting.mugs.folder / "kpis").exists()


def test_a_check_shows_what_it_would_change(acting: ActingShop) -> None:
    declare(acting.mugs.folder, GOOD)
    html = send(acting.browser("bob"), PAGE, f"{PAGE}/check", file="own.toml", text=GOOD.replace("> 10", "> 11")).text
    assert "1 of 1 cells differ between now and draft" in html
    assert html.count('<svg class="spark"') == 0  # one month draws no line


@pytest.mark.parametrize(
    ("name", "check", "accept"), [("vera", 403, 403), ("bob", 200, 403), ("olive", 200, 303), ("alice", 200, 303)]
)
def test_who_may_check_and_who_may_accept(acting: ActingShop, name: str, check: int, accept: int) -> None:
    browser = acting.browser(name)
    asked = {"file": "own.toml", "text": GOOD, "reason": "test"}
    assert send(browser, PAGE, f"{PAGE}/check", **asked).status_code == check
    assert send(browser, PAGE, f"{PAGE}/accept", **asked).status_code == accept
    assert (acting.mugs.folder / "kpis" / "own.toml").exists() == (accept == 303)


@pytest.mark.parametrize("file", ["../own.toml", "own.txt", "a/b.toml", ".toml", "kpis/../../x.toml"])
def test_no_file_outside_the_folder_is_written(acting: ActingShop, file: str) -> None:
    done = send(acting.browser("olive"), PAGE, f"{PAGE}/accept", file=file, text=GOOD, reason="test")
    assert done.status_code == 400
    assert [p.name for p in acting.mugs.folder.glob("**/*.toml")] == ["shopkeeper.toml"]


def test_a_broken_file_closes_figures_and_not_this_page(acting: ActingShop) -> None:
    declare(acting.mugs.folder, GOOD.replace('payable_amount"', 'payabel_amount"'))
    vera = acting.browser("vera")
    assert vera.get("/kpis").status_code == 400
    page = vera.get(PAGE)
    assert (page.status_code, "payabel_amount" in page.text) == (200, True)
    assert "kpis/own.toml" in vera.get("/api/v1/kpis").json()["error"]["where"]
    declare(acting.mugs.folder, GOOD)
    assert vera.get("/kpis").status_code == 200


def test_the_api_checks_accepts_and_compares(acting: ActingShop) -> None:
    script = acting.script("olive")
    assert script.post("/api/v1/definitions/check", json={"file": "own.toml", "text": GOOD}).json()["data"][
        "acceptable"
    ]
    for text in (GOOD, GOOD.replace("> 10", "> 11")):
        done = script.post("/api/v1/definitions", json={"file": "own.toml", "text": text, "reason": "by script"})
        assert done.status_code == 200
    assert done.json()["data"] == {"file": "kpis/own.toml", "versions": [2]}
    found = acting.browser("vera").get("/api/v1/definitions/diff?kpi=dear_share&before=1&after=2").json()["data"]
    assert found["differing"] == 1
    assert [c["samples"] for c in found["causes"]] == [[]]  # a viewer sees how many rows, not what stands in them
    assert script.get("/api/v1/definitions/diff?kpi=dear_share").json()["data"]["causes"][0]["samples"]
    refused = script.post("/api/v1/definitions", json={"file": "own.toml", "text": "[[x]]", "reason": "r"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "kpi_definition")
    assert (
        acting.browser("olive")
        .post("/api/v1/definitions", json={"file": "a.toml", "text": "", "reason": "r"})
        .status_code
        == 403
    )
    with open_shop_state(acting.mugs.shop) as state:
        assert [(e.actor, e.target) for e in recent_events(state, shop="mugs")] == [("olive", "kpis/own.toml")] * 2


def test_the_page_speaks_chinese(acting: ActingShop) -> None:
    declare(acting.mugs.folder, GOOD)
    html = acting.browser("vera").get(PAGE, headers={"Accept-Language": "zh-CN"}).text
    assert "指标定义" in html
    assert "自有" in html
    assert "Definitions" not in html
