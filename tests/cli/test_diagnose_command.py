"""`shopkeeper diagnose`: figures against benchmarks, and the report to send on."""

from __future__ import annotations

import tomllib
from pathlib import Path

import python_calamine

from shopkeeper.core.wording import catalogue
from tests.cli.conftest import Run


def test_the_diagnosis_is_told_in_every_form(run: Run, shop: Path) -> None:
    done = run("-C", shop, "diagnose", "--period", "2017-03", "--format", "json")
    assert done.code == 0, done.err
    data = done.json["data"]
    assert (data["period"], data["currency"]) == ("2017-03", "CNY")
    items = {f["item"]: f for f in data["findings"]}
    assert items["K1"]["grade"] == "unknown"
    assert items["profile_dimensions"]["value"] >= 1
    assert done.json["meta"].keys() >= {"shop", "as_of", "snapshot", "warnings"}
    table = run("-C", shop, "diagnose", "--period", "2017-03").out
    assert "What is missing, and how to get it" in table
    assert run("-C", shop, "diagnose", "--format", "csv").out.startswith("item,name,grade,period,value")


def test_reports_are_written_in_both_languages(run: Run, shop: Path, tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("SHOPKEEPER_LANG", "zh")
    assert run("-C", shop, "diagnose", "--to", tmp_path / "r.html").code == 0
    html = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert catalogue()["diagnose.findings"]["zh"] in html
    assert run("-C", shop, "diagnose", "--to", tmp_path / "r.xlsx").code == 0
    book = python_calamine.CalamineWorkbook.from_path(tmp_path / "r.xlsx")
    assert len(book.sheet_names) == 3
    rows = book.get_sheet_by_name(book.sheet_names[0]).to_python()
    assert len(rows) == 1 + 21
    assert run("-C", shop, "diagnose", "--to", tmp_path / "r.docx").code == 2


def test_the_benchmarks_that_ship_can_be_kept_and_changed(run: Run, shop: Path) -> None:
    text = run("-C", shop, "diagnose", "--benchmarks").out
    assert tomllib.loads(text)["benchmark"]["K1"]["good"] == 150


def test_a_period_without_data_is_refused(run: Run, shop: Path) -> None:
    done = run("-C", shop, "diagnose", "--period", "2011")
    assert done.code == 2
    assert "2017-03-01" in done.err
