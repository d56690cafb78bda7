"""`shopkeeper customers …` as a person types it: exit codes, tables, JSON by the contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.one_id_shop import OneIdShop


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = OneIdShop(tmp_path / "shop")
    made.customers(
        ("wang", {"phone_hash": "p1", "name": "王小明"}), ("li", {"phone_hash": "p1", "name": "李静怡"}),
        ("ann", {"email_hash": "e1"}), ("ann2", {"email_hash": "e1"}),
    )  # fmt: skip
    made.close()
    return tmp_path / "shop"


def test_customers_are_linked_shown_judged_and_split(folder: Path, run: Run) -> None:
    customers = ("-C", folder, "customers")
    linked = run(*customers, "link", "--format", "json")
    assert linked.code == 1, "a link waits for a person"
    row = linked.json["data"][0]
    assert (row["customers"], row["persons"], row["review"], row["whole"]) == (4, 3, 1, True)
    assert {"shop", "as_of", "snapshot", "warnings"} == set(linked.json["meta"])
    waiting = run(*customers, "links", "review", "--format", "json")
    assert (waiting.code, waiting.json["data"][0]["left_id"]) == (1, "li")
    assert "names differ" in waiting.json["data"][0]["says"]
    told = run(*customers, "links", "judge", "li", "wang", "reject", "--reason", "mother and son")
    assert (told.code, "Decision 1" in told.out) == (0, True)
    assert run(*customers, "links", "review").code == 0
    shown = run(*customers, "links", "show", "P00000001", "--format", "json").json
    assert shown["meta"]["customers"] == ["ann", "ann2"]
    assert "e-mail" in shown["data"][0]["says"]
    assert "P00000001: 2 customers" in run(*customers, "links", "show", "P00000001").out
    parted = run(*customers, "split", "P00000001", "ann2", "--reason", "two Anns", "--format", "json").json["data"][0]
    assert len(parted["persons"]) == 2
    again = run(*customers, "merge", *parted["persons"], "--reason", "one after all", "--format", "json").json["data"][
        0
    ]
    assert again["persons"] == ["P00000001"]
    assert run(*customers, "link").code == 0
    assert run(*customers, "links", "show", "P77").code == 2
