"""The Checks page: what a run found, run again by those who may, suggested rules kept or dismissed in the shop's own file."""

from __future__ import annotations

import re
from html import unescape

import pytest

from shopkeeper.cli.app import main
from shopkeeper.quality.rules_file import active_rules, dismissed_rules
from tests.architecture import rules
from tests.web.acting_shop import ActingShop, acting, send

__all__ = ["acting"]
RUN, DECIDE = "/data/checks/run", "/data/checks/decide"


def test_a_run_is_recorded_under_its_person_and_stands_on_the_page(acting: ActingShop) -> None:
    olive = acting.browser("olive")
    assert "have not run yet" in olive.get("/data/checks").text
    acting.mugs.drop("b.csv", "order,sku,day,qty,paid\nH,mug,2024-03-30,-2,10\n")
    acting.mugs.load()
    done = send(olive, "/data/checks", RUN)
    assert (done.status_code, done.headers["location"]) == (303, "/data/checks?shop=mugs&done=run")
    html = unescape(olive.get("/data/checks?done=run").text)
    assert "The checks have run" in html
    assert "by olive" in html
    assert ">quantity > 0<" in html
    assert "b.csv</span>" in html or "b.csv:1</span>" in html
    assert acting.audited() == [("olive", "checks.run")]
    page = olive.get("/api/v1/checks").json()["data"]
    failing = {rule["rule"]: rule for rule in page["failing"]}
    assert failing["line_quantity_positive"]["samples"] == [{"file_name": "b.csv", "source_line": 1, "value": "-2.000"}]
    assert page["failing"][0]["severity"] == "error"
    assert page["run"]["failed"] == len(page["failing"])


def test_the_page_and_the_command_write_the_same_ledger(acting: ActingShop, capsys: pytest.CaptureFixture[str]) -> None:
    bob, olive = acting.browser("bob"), acting.browser("olive")
    with pytest.raises(SystemExit):
        main(["-C", str(acting.mugs.folder), "check"])
    capsys.readouterr()
    first = bob.get("/api/v1/checks").json()["data"]
    send(olive, "/data/checks", RUN)
    second = bob.get("/api/v1/checks").json()["data"]
    assert (len(first["runs"]), len(second["runs"])) == (1, 2)
    assert [r["rule"] for r in first["failing"]] == [r["rule"] for r in second["failing"]]
    assert second["accuracy"]["values"] == [first["run"]["accuracy"], second["run"]["accuracy"]]


@pytest.mark.parametrize("name", ["bob", "vera"])
def test_who_is_no_operator_sees_no_button_and_is_refused(acting: ActingShop, name: str) -> None:
    browser = acting.browser(name)
    html = browser.get("/data/checks").text
    assert f'action="{RUN}"' not in html
    refused = browser.post(RUN, data={"shop": "mugs", "csrf": html.split('name="csrf" value="')[1].split('"')[0]})
    assert refused.status_code == 403
    assert acting.mugs.rows("SELECT count(*) FROM check_runs") == [(0,)]


def test_a_form_without_its_proof_or_from_elsewhere_changes_nothing(acting: ActingShop) -> None:
    olive = acting.browser("olive")
    assert olive.post(RUN, data={"shop": "mugs", "csrf": "0.0"}).status_code == 403
    assert olive.post(RUN, data={"shop": "mugs"}, headers={"Origin": "https://elsewhere.example"}).status_code == 403
    assert olive.post("/api/v1/checks/run").status_code == 403  # a cookie is no token
    assert acting.guarded.visitor().post(RUN, data={"shop": "mugs"}).status_code == 303
    assert (acting.audited(), acting.mugs.rows("SELECT count(*) FROM check_runs")) == ([], [(0,)])


def test_suggestions_are_accepted_and_dismissed_one_by_one_in_the_shops_file(acting: ActingShop) -> None:
    olive = acting.browser("olive")
    page = "/data/checks?suggest=order_lines"
    found = [s["rule"] for s in olive.get("/api/v1/checks/suggestions?table=order_lines").json()["data"]]
    assert len(found) >= 2
    kept, unwanted = found[:2]
    assert f'name="rule" value="{kept}"' in olive.get(page).text
    assert send(olive, page, DECIDE, rule=kept, decision="accept").status_code == 303
    assert send(olive, page, DECIDE, rule=unwanted, decision="dismiss").status_code == 303
    assert kept in {rule.id for rule in active_rules(acting.mugs.folder)}
    assert dismissed_rules(acting.mugs.folder) == {unwanted}
    left = [s["rule"] for s in olive.get("/api/v1/checks/suggestions?table=order_lines").json()["data"]]
    assert left == found[2:]
    assert acting.audited() == [("olive", "checks.dismiss"), ("olive", "checks.accept")]
    assert "by olive" in (acting.mugs.folder / "checks.toml").read_text(encoding="utf-8")
    again = send(olive, page, DECIDE, rule=kept, decision="accept")
    assert again.status_code == 404
    send(olive, "/data/checks", RUN)
    shown = olive.get("/api/v1/checks").json()["data"]
    sources = {r["rule"]: r["source"] for r in (*shown["passing"], *shown["failing"], *shown["silent"])}
    assert sources[kept].startswith("checks.toml, line ")
    assert sources["order_lines.key"] == "built in"
    assert shown["dismissed"] == [unwanted]


def test_the_command_dismisses_in_the_same_file(acting: ActingShop, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(acting.mugs.folder)
    rule = acting.browser("bob").get("/api/v1/checks/suggestions?table=order_lines").json()["data"][0]["rule"]
    for command in (["--dismiss", rule], ["--suggest", "order_lines"]):
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main(["-C", folder, "check", *command])
        assert not end.value.code
    assert dismissed_rules(acting.mugs.folder) == {rule}
    assert rule not in capsys.readouterr().out


def test_a_viewer_sees_rules_and_no_content_of_rows(acting: ActingShop) -> None:
    acting.mugs.drop("b.csv", "order,sku,day,qty,paid\nH,mug,2024-03-30,-2.125,10\n")
    acting.mugs.load()
    send(acting.browser("olive"), "/data/checks", RUN)
    vera, bob = acting.browser("vera"), acting.browser("bob")
    assert "-2.125" in bob.get("/data/checks").text
    assert "-2.125" not in vera.get("/data/checks").text
    assert "-2.125" not in vera.get("/api/v1/checks").text
    assert all(s["samples"] == [] for s in vera.get("/api/v1/checks/suggestions?table=order_lines").json()["data"])


def test_a_script_runs_the_checks_with_a_token(acting: ActingShop) -> None:
    assert acting.script("bob").post("/api/v1/checks/run").status_code == 403
    answer = acting.script("olive").post("/api/v1/checks/run")
    assert answer.status_code == 200
    assert acting.mugs.rows("SELECT DISTINCT run_id, ran_by FROM check_runs") == [
        (answer.json()["data"]["run"], "olive")
    ]


def test_a_broken_rules_file_is_said_and_the_page_stays(acting: ActingShop) -> None:
    (acting.mugs.folder / "checks.toml").write_text("[[rule]]\nkind = 'rang'\n", encoding="utf-8")
    olive = acting.browser("olive")
    html = olive.get("/data/checks").text
    assert "checks.toml" in html
    assert send(olive, "/data/checks", RUN).status_code == 400
    assert olive.get("/data/checks?suggest=orderlines").status_code == 404


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_has_its_words_and_no_inline_code(acting: ActingShop, lang: str) -> None:
    olive = acting.browser("olive")
    send(olive, "/data/checks", RUN)
    olive.cookies.set("lang", lang)
    html = olive.get("/data/checks?suggest=order_lines&done=run").text
    assert rules.inline_code("checks", html) == []
    assert len(re.findall("<h1", html)) == 1
    assert ("立即检查" in html) == (lang == "zh")
