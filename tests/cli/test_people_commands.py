"""`shopkeeper customers`, `segments`, and what `sql` and `export` tell of people."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from shopkeeper.cli.app import main
from tests.people_shop import MING, NAME, PHONE, SECRETS, people_shop

RULE = '{"all": [{"orders": ">= 1"}]}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shop = people_shop(tmp_path / "shop")
    shop.lake.close()
    return shop.folder


def said(capsys: pytest.CaptureFixture[str], folder: Path, *words: str, code: int = 0) -> str:
    """What a command prints; leaves with `code`."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        main(["-C", str(folder), *words])
    assert (end.value.code or 0) == code, capsys.readouterr()
    told = capsys.readouterr()
    return told.out + told.err


def test_commands_name_nobody_unless_asked_to(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, folder, "segments", "save", "bought", RULE)
    told = [
        said(capsys, folder, "customers", "list"),
        said(capsys, folder, "customers", "show", PHONE, "--format", "json"),
        said(capsys, folder, "customers", "erase", PHONE),
        said(capsys, folder, "segments", "export", "bought", "--to", str(folder / "out.csv")),
        (folder / "out.csv").read_text(),
        said(capsys, folder, "sql", "SELECT * FROM customers", "--format", "json"),
        said(capsys, folder, "sql", "SELECT customer_id, count(*) FROM order_lines GROUP BY 1"),
        said(capsys, folder, "sql", "SELECT raw, received FROM quarantine"),
        said(capsys, folder, "export", "orders", "--to", str(folder / "orders.csv")),
        (folder / "orders.csv").read_text(),
        said(capsys, folder, "customers", "show", "ming_dynasty", code=2),
    ]
    for text in told:
        assert [word for word in SECRETS if word in text] == []
    for full in ("lake.customers", "lake.main.customers", "main.customers", "unmasked_customers"):
        assert "own names" in said(capsys, folder, "sql", f"SELECT * FROM {full}", code=2)


def test_those_who_ask_for_people_see_them_and_are_written_down(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert NAME in said(capsys, folder, "customers", "show", MING, "--personal")
    assert MING in said(capsys, folder, "sql", "SELECT customer_id FROM customers", "--personal")
    trail = said(capsys, folder, "user", "audit", "--format", "json")
    assert {"customer.seen", "warehouse.asked"} <= set(re.findall(r"[a-z]+\.[a-z]+", trail))


def test_a_segment_is_counted_saved_refreshed_and_reached(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counted = json.loads(said(capsys, folder, "segments", "count", RULE, "--format", "json"))
    assert counted["data"] == [{"members": 2, "of": 3}]
    assert "version 1" in said(capsys, folder, "segments", "save", "bought", RULE)
    refreshed = json.loads(said(capsys, folder, "segments", "refresh", "bought", "--format", "json"))["data"][0]
    assert (refreshed["members"], refreshed["came"], refreshed["went"]) == (2, 2, 0)
    words = ("segments", "reach", "bought", "--purpose", "sms", "--channel", "sms", "--at", "2024-04-01T12:00:00+08:00")
    reached = json.loads(said(capsys, folder, *words, "--format", "json"))["data"]
    assert reached == [{"reason": "allowed", "n": 1}, {"reason": "withdrawn", "n": 1}]
    assert "oders" in said(capsys, folder, "segments", "count", RULE.replace("orders", "oders"), code=2)


def test_an_erasure_asks_first_and_then_leaves_nobody(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "Nothing was changed" in said(capsys, folder, "customers", "erase", MING)
    assert "inbox" in said(capsys, folder, "customers", "erase", MING, "--yes", "--reason", "asked", code=1)
    done = said(capsys, folder, "customers", "erase", MING, "--yes", "--reason", "asked", "--inbox", "remove")
    assert "0 files still name them" in done


def test_a_report_is_two_files_that_only_their_owner_reads(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, folder, "customers", "report", MING, "--to", str(folder / "report"))
    files = sorted((folder / "report").iterdir())
    assert [path.suffix for path in files] == [".html", ".json"]
    assert all(NAME in path.read_text() and path.stat().st_mode & 0o077 == 0 for path in files)
