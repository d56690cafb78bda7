"""`shopkeeper ingest` as a person types it: exit codes, tables, JSON by the contract."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shopkeeper.cli.app import main
from tests.shop_folders import GOOD, LINES, ShopFolder


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main([str(a) for a in arguments])
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out, said.err


def test_a_clean_load_leaves_with_0_and_a_second_one_says_nothing_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mugs = ShopFolder(tmp_path)
    mugs.drop("a.csv", GOOD)
    code, out, _ = run(capsys, "-C", tmp_path, "ingest")
    assert code == 0
    assert "order_lines" in out
    code, out, _ = run(capsys, "-C", tmp_path, "ingest")
    assert code == 0
    assert "Nothing to do" in out


def test_rows_set_aside_leave_with_1_and_the_command_that_shows_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mugs = ShopFolder(tmp_path)
    path = mugs.drop("a.csv", GOOD + "C,jug,2024-03-01,some,1\n")
    code, out, _ = run(capsys, "-C", tmp_path, "ingest", path)
    assert code == 1
    assert "shopkeeper quarantine list" in out


def test_a_refused_file_leaves_with_3_and_the_error_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mugs = ShopFolder(tmp_path)
    code, out, err = run(capsys, "-C", tmp_path, "ingest", mugs.drop("a.csv", ""), "--format", "json")
    assert (code, out) == (3, "")
    assert json.loads(err.splitlines()[-1])["error"]["code"] == "data_quality"


def test_a_path_that_is_not_there_leaves_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ShopFolder(tmp_path)
    assert run(capsys, "-C", tmp_path, "ingest", "nowhere.csv")[0] == 2


def test_json_carries_rows_snapshot_and_notes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mugs = ShopFolder(tmp_path)
    mugs.drop("a.csv", GOOD + "A,mug,2024-03-01,1,10\n")
    code, out, _ = run(capsys, "-C", tmp_path, "ingest", "--format", "json")
    told = json.loads(out)
    assert code == 0
    assert {"file", "table", "rows_read", "loaded", "unchanged", "quarantined"} == set(told["data"][0])
    assert told["meta"]["shop"] == "mugs"
    assert "1 rows repeat an earlier row" in told["meta"]["warnings"][0]


def test_a_dry_run_shows_a_mapping_to_paste_and_what_indicators_lack(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mugs = ShopFolder(tmp_path, "")
    mugs.drop("a.csv", GOOD.replace("order,", "order no,"))
    code, out, _ = run(capsys, "-C", tmp_path, "ingest", "--dry-run")
    assert '[[source]]\nname = "a"\nfiles = "a.csv"\n[source.order_lines]\norder_id = "order no"' in out
    assert "T1: visits" in out
    assert code == 1, "a needed column has no header: a person must say which"
    assert mugs.rows("SELECT count(*) FROM loads") == [(0,)]


def test_a_dry_run_in_json_names_what_the_file_provides(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mugs = ShopFolder(tmp_path, LINES)
    mugs.drop("a.csv", GOOD)
    code, out, _ = run(capsys, "-C", tmp_path, "ingest", "--dry-run", "--format", "json")
    told = json.loads(out)
    assert code == 0
    assert told["meta"]["files"][0]["source"] == "lines"
    assert "order_lines.quantity" in told["meta"]["files"][0]["provides"]
    assert told["meta"]["lacking"]["U4"]
