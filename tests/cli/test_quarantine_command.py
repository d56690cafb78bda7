"""`shopkeeper quarantine` and `shopkeeper replay` as a person types them: exit codes, tables, JSON by the contract."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.shop_folders import GOOD, LINES, ShopFolder

PAID = LINES + 'paid_at = "day"\n'


@pytest.fixture
def mugs(tmp_path: Path) -> ShopFolder:
    made = ShopFolder(tmp_path, PAID)
    made.load(made.drop("a.csv", GOOD + "C,jug,2024-03-05,some,7.50\nD,jug,2024-03-31,many,8\n"))
    return made


def test_a_row_is_listed_shown_corrected_released_and_another_discarded(mugs: ShopFolder, run: Run) -> None:
    quarantine = ("-C", mugs.folder, "quarantine")
    listed = run(*quarantine, "list", "--format", "json")
    assert listed.code == 1, "rows wait for a person"
    assert listed.json["meta"]["reasons"] == [
        {"table": "order_lines", "column": "quantity", "reason": "not a valid quantity", "status": "open", "rows": 2}
    ]
    first, second = listed.json["data"]
    assert (first["file"], first["line"], first["received"], first["raw"]["paid"]) == ("a.csv", 3, "some", "7.50")
    assert "not a valid quantity" in run(*quarantine, "list", "--reason", "valid", "--limit", "1").out
    assert run(*quarantine, "list", "--table", "refunds").code == 0

    edited = run(*quarantine, "edit", first["id"], "--set", "qty=2")
    assert (edited.code, "qty = '2'" in edited.out) == (0, True)
    released = run(*quarantine, "release", "--all-edited", "--format", "json")
    assert released.code == 0
    assert [(row["id"], row["outcome"]) for row in released.json["data"]] == [(first["id"], "released")]
    assert {"shop", "as_of", "snapshot", "warnings", "load", "tables"} == set(released.json["meta"])
    assert run(*quarantine, "discard", second["id"], "--reason", "a test order").code == 0
    assert "No such row" in run(*quarantine, "list").out

    shown = run(*quarantine, "show", first["id"], "--format", "json")
    assert {"header": "qty", "read": "some", "corrected": "2"} in shown.json["data"]
    assert [done["action"] for done in shown.json["meta"]["actions"]] == ["edited", "released"]
    assert "a test order" in run(*quarantine, "show", second["id"]).out
    assert mugs.rows("SELECT sum(payable_amount) FROM order_lines")[0][0] == 38


def test_rows_that_stay_leave_with_1_and_say_why(mugs: ShopFolder, run: Run) -> None:
    row = run("-C", mugs.folder, "quarantine", "list", "--format", "json").json["data"][0]
    run("-C", mugs.folder, "quarantine", "edit", row["id"], "--set", "qty=few")
    left = run("-C", mugs.folder, "quarantine", "release", row["id"])
    assert left.code == 1
    assert "few" in left.out
    assert "1 stay" in left.out


def test_wrong_words_leave_with_2(mugs: ShopFolder, run: Run) -> None:
    for arguments in (
        ["show", "qnothing"], ["edit", "qnothing", "--set", "qty"], ["release"], ["release", "--load", "load_x"],
        ["discard", "qnothing", "--reason", "why"],
    ):  # fmt: skip
        assert run("-C", mugs.folder, "quarantine", *arguments).code == 2


def test_a_replay_says_what_it_changes_in_rows_and_indicators(mugs: ShopFolder, run: Run) -> None:
    replay = ("-C", mugs.folder, "replay")
    assert "Nothing to do" in run(*replay).out
    mugs.map(PAID.replace('payable_amount = "paid"', 'payable_amount = { column = "paid", scale = 2 }'))
    told = run(*replay, "--dry-run", "--format", "json")
    assert told.code == 0
    assert mugs.rows("SELECT sum(payable_amount) FROM order_lines")[0][0] == 30.5
    done = run(*replay, "--format", "json")
    assert done.json["data"] == told.json["data"]
    paid = [row for row in done.json["data"] if row["kpi"] == "paid_amount"]
    assert [(row["period"], row["before"], row["after"]) for row in paid] == [("2024-03", "30.50", "61.00")]
    assert done.json["meta"]["tables"] == [{"table": "order_lines", "inserted": 0, "updated": 2, "deleted": 0}]
    assert json.loads(done.out)["meta"]["changed_files"] == ["a.csv"]
    mugs.map(PAID)
    shown = run(*replay, "--months", "1").out
    assert "order_lines" in shown
    assert "1 files read with another mapping" in shown


def test_doctor_counts_only_rows_that_wait(mugs: ShopFolder, run: Run) -> None:
    def told() -> list[str]:
        found = run("-C", mugs.folder, "doctor", "--format", "json").json["data"]
        return [one["found"] for one in found if one["check"] == "loads" and one["verdict"] == "warning"]

    assert told() == ["2 rows are set aside and wait for a decision"]
    listed = run("-C", mugs.folder, "quarantine", "list", "--file", "a.csv", "--format", "json").json["data"]
    run("-C", mugs.folder, "quarantine", "discard", *(row["id"] for row in listed), "--reason", "test orders")
    assert told() == []
