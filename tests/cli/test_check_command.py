"""`shopkeeper check` as a person meets it: what it prints, exit codes, the ledger, and suggestions accepted one by one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shopkeeper.cli.app import main
from tests.tiny_shop import line, make_tiny


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sixty lines of thirty orders; one names an article that is not there. The terminal is wide."""
    monkeypatch.setenv("COLUMNS", "240")
    tiny = make_tiny(tmp_path / "tiny")
    lines = [line(f"o{n // 2}", "2017-03-01", line_no=n % 2 + 1) for n in range(60)]
    tiny.put(order_lines=[*lines[:-1], {**lines[-1], "sku_id": "nowhere"}])
    tiny.shop.close()
    return tmp_path / "tiny"


def run(folder: Path, *arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(["-C", str(folder), "check", *arguments])
    return int(end.value.code or 0)


def document(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_an_error_ends_with_1_and_a_warning_with_0(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "order_lines", "--as-of", "2017-03-02") == 1
    out = capsys.readouterr().out
    assert "line_product_known" in out
    assert "Recorded as check_" in out
    assert run(folder, "--rule", "order_lines.freshness") == 0
    assert "FAIL" in capsys.readouterr().out


def test_json_has_the_shape_of_every_reading_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "--as-of", "2017-03-02", "--format", "json") == 1
    found = document(capsys)
    assert found["meta"] == {
        "shop": "tiny",
        "as_of": "2017-03-02",
        "snapshot": found["meta"]["snapshot"],
        "warnings": [],
    }  # type: ignore[index]
    by_rule = {row["rule"]: row for row in found["data"]}  # type: ignore[attr-defined]
    known = by_rule["line_product_known"]
    assert (known["status"], known["checked"], known["violations"]) == ("fail", 60, 1)
    assert known["samples"][0]["value"] == "nowhere"
    assert (by_rule["refunds.key"]["status"], by_rule["refunds.key"]["why"]) == ("not_run", "table_empty")


def test_every_run_is_in_the_history(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "--history") == 0
    assert "No run has been recorded" in capsys.readouterr().out
    run(folder, "--rule", "line_product_known")
    run(folder, "order_lines")
    capsys.readouterr()
    assert run(folder, "--history", "--format", "json") == 0
    runs = document(capsys)["data"]
    assert [row["scope"] for row in runs] == ["order_lines", "line_product_known"]  # type: ignore[attr-defined]
    assert runs[1]["accuracy"] == pytest.approx(59 / 60)  # type: ignore[index]


def test_a_suggestion_has_no_effect_until_it_is_accepted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "order_lines", "--suggest", "--format", "json") == 0
    offered = [row["rule"] for row in document(capsys)["data"]]  # type: ignore[attr-defined]
    assert not (folder / "checks.toml").exists()
    ident = next(name for name in offered if name.endswith(".not_null"))
    assert run(folder, "--rule", ident) == 2
    assert run(folder, "--accept", ident) == 0
    assert run(folder, "--rule", ident) == 0
    capsys.readouterr()
    assert run(folder, "order_lines", "--suggest", "--format", "json") == 0
    assert ident not in [row["rule"] for row in document(capsys)["data"]]  # type: ignore[attr-defined]


def test_a_file_is_profiled_without_loading_it(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "towns.csv"
    path.write_text("town\n" + "Birmingham\n" * 60 + "Birminghxm\n", encoding="utf-8")
    assert run(folder, "--suggest", str(path)) == 0
    out = capsys.readouterr().out
    assert "towns.town.spelling" in out
    assert not (folder / "checks.toml").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["order_line"], "order_lines"),
        (["--rule", "orders.fresness"], "orders.freshness"),
        (["--as-of", "yesterday"], "a day such as"),
        (["--accept", "orders.nothing.set"], "suggested rule"),
        (["--suggest", "--history"], "one of them at a time"),
        (["--suggest", "missing.csv"], "missing.csv"),
    ],
)
def test_a_wrong_request_says_what_would_be_right(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    assert run(folder, *arguments) in (2, 3)
    assert told in capsys.readouterr().err
