"""`shopkeeper kpis --pack`: a platform's own indicators."""

from __future__ import annotations

from pathlib import Path

from shopkeeper.kpi.packs import PACKS
from tests.cli.conftest import Run


def test_a_pack_prints_its_indicators_in_the_platforms_words(run: Run, shop: Path) -> None:
    done = run("-C", shop, "kpis", "--pack", "tmall", "--format", "json")
    assert done.code == 0, done.err
    assert done.json["meta"]["pack"] == "tmall"
    assert list(dict.fromkeys(row["kpi"] for row in done.json["data"])) == list(
        dict.fromkeys(PACKS["tmall"].indicators)
    )
    assert {row["term"] for row in done.json["data"] if row["kpi"] == "roas"} == {"Return on ad spend (ROI)"}
    assert "Flagship store" in run("-C", shop, "kpis", "--pack", "tmall").out
    assert run("-C", shop, "kpis", "--pack", "tmall", "--format", "csv").out.startswith("section,term,kpi,period")


def test_what_nothing_can_tell_stands_there_with_its_need(run: Run, shop: Path) -> None:
    done = run("-C", shop, "kpis", "--pack", "jd", "--format", "json")
    assert done.code == 2  # the tiny shop is on tmall alone
    assert "tmall" in done.err


def test_a_pack_is_not_cut_otherwise(run: Run, shop: Path) -> None:
    for option in (("--kpi", "C4"), ("--by", "category")):
        assert run("-C", shop, "kpis", "--pack", "tmall", *option).code == 2
    assert "did you mean tmall?" in run("-C", shop, "kpis", "--pack", "tmal").err
