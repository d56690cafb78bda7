"""Tables stay readable in a narrow terminal: no word is broken, what does not fit becomes a record a row."""

from __future__ import annotations

import pytest

from shopkeeper.cli.output import emit

COLUMNS = [("rule", "rule"), ("checked", "checked"), ("says", "says"), ("seen", "seen"), ("note", "note")]
ROWS = [
    {"rule": "order_lines.payable_amount.drift", "checked": "7,373", "says": "what it says takes a good part of a whole line",
     "seen": "all_orders_of_2026.csv, line 3: 701-02", "note": None},
    {"rule": "line_buyer_known", "checked": "77", "says": "customer_id is filled", "seen": "", "note": None},
]  # fmt: skip


def printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(width))
    emit(ROWS, columns=COLUMNS, fmt="table", meta={}, title="Rules")
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    return [line.rstrip() for line in lines]


def test_a_wide_terminal_shows_a_table_with_every_column(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = printed(capsys, monkeypatch, 200)
    assert lines[0] == "Rules"
    assert any(line.split() == ["rule", "checked", "says", "seen", "note"] for line in lines)
    assert sum("line_buyer_known" in line for line in lines) == 1


def test_a_column_that_says_nothing_makes_room_first(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = printed(capsys, monkeypatch, 120)
    assert any(line.split() == ["rule", "checked", "says", "seen"] for line in lines)


def test_a_narrow_terminal_shows_records_with_whole_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = printed(capsys, monkeypatch, 60)
    assert lines == [
        "Rules",
        "order_lines.payable_amount.drift",
        "  checked 7,373",
        "  says: what it says takes a good part of a whole line",
        "  seen: all_orders_of_2026.csv, line 3: 701-02",
        "line_buyer_known",
        "  checked 77",
        "  says: customer_id is filled",
        "",
    ]


def test_wide_characters_count_as_two(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    emit([{"a": "订单明细没有对应的商品", "b": "12"}], columns=[("a", "情况"), ("b", "行数")], fmt="table", meta={})
    out = capsys.readouterr().out
    assert "订单明细没有对应的商品" in out
