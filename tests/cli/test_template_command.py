"""`shopkeeper template` as a person types it: names, forms, folders, and files that are not overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from shopkeeper.ingest.canonical import LAYOUTS
from shopkeeper.ingest.templates import template_bytes
from tests.cli.conftest import Run
from tests.shop_folders import ShopFolder


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_workbook_is_written_here_and_says_what_it_needs(run: Run) -> None:
    told = run("template", "refunds")
    assert told.code == 0
    assert told.out == "refunds.xlsx: 15 columns of refunds, needed: refunded_at or refunded_day, amount\n"
    assert Path("refunds.xlsx").read_bytes() == template_bytes(LAYOUTS["refunds"], "xlsx")


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (("--format", "csv"), "orders.csv"),
        (("--to", "Bob.CSV"), "Bob.CSV"),
        (("--to", "new/folder"), "new/folder/orders.xlsx"),
        (("--to", "new/folder", "--format", "csv"), "new/folder/orders.csv"),
        (("--to", "new/o.xlsx"), "new/o.xlsx"),
    ],
)
def test_the_place_and_the_form_follow_what_is_said(run: Run, options: tuple[str, ...], wanted: str) -> None:
    assert run("template", "orders", *options).code == 0
    form = "csv" if wanted.lower().endswith("csv") else "xlsx"
    assert Path(wanted).read_bytes() == template_bytes(LAYOUTS["orders"], form)


def test_all_writes_every_layout_into_a_folder(run: Run) -> None:
    assert run("template", "--all", "--format", "csv").code == 0
    assert {path.stem for path in Path("templates").iterdir()} == set(LAYOUTS)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "say which layout to write"),
        (("orders", "--all"), "a table and --all"),
        (("refund",), "did you mean refunds"),
        (("decision_log",), "shopkeeper export decision_log"),
        (("orders", "--to", "o.txt"), "FILE.xlsx"),
        (("orders", "--to", "o.xlsx", "--format", "csv"), "FILE.csv"),
        (("--all", "--to", "o.xlsx"), "every layout goes into a folder"),
    ],
)
def test_what_cannot_be_written_leaves_with_2_and_nothing_behind(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    told = run("template", *arguments)
    assert told.code == 2
    assert said in told.err
    assert list(tmp_path.iterdir()) == []


def test_a_layout_that_was_filled_in_is_not_overwritten(run: Run) -> None:
    assert run("template", "orders", "--format", "csv").code == 0
    assert run("template", "orders", "--format", "csv").code == 0, "an untouched layout may be written again"
    with Path("orders.csv").open("a", encoding="utf-8") as filled:
        filled.write("mugs,A1\n")
    told = run("template", "--all", "--to", ".", "--format", "csv")
    assert told.code == 2
    assert "orders.csv" in told.err
    assert [path.name for path in Path().iterdir()] == ["orders.csv"]


def test_a_filled_in_layout_dropped_into_the_inbox_is_loaded(run: Run, tmp_path: Path) -> None:
    shop = ShopFolder(tmp_path / "mugs", "")
    assert run("template", "brand_index", "--to", shop.inbox / "march.csv").code == 0
    with (shop.inbox / "march.csv").open("a", encoding="utf-8") as filled:
        filled.write(",baidu,2024-03-05,1342\n")
    told = run("-C", shop.folder, "ingest", "--format", "json")
    assert told.code == 0
    assert "9 rows are notes" in told.json["meta"]["warnings"][0]
    assert shop.rows("SELECT shop_id, index_name, value FROM brand_index") == [("mugs", "baidu", 1342.0)]
