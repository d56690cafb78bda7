"""The benchmarks' own arithmetic: bars, medians, the result file and the judge of the matrix."""

from __future__ import annotations

import datetime as dt
import json
import os
from decimal import Decimal
from pathlib import Path

import pytest

from benchmarks.by_hand import Cells
from benchmarks.harness import Figure, Timings, full_scale, in_child, interleaved, peak_rss_gb, ratio_of_pairs, report
from benchmarks.matrix import disagreements, same
from shopkeeper.core.period import Period
from shopkeeper.kpi.result import Cell, Value

MAY = Period.parse("2017-05")


def cell(value: Value, numerator: Value = None, denominator: Value = None) -> Cell:
    return Cell("U3", MAY, (("category", "FUEL"),), value, "share", numerator, denominator, "ok")


def own_process(text: str) -> tuple[str, int]:
    return text.upper(), os.getpid()


@pytest.mark.parametrize(
    ("value", "bar", "better", "met"),
    [(8.0, 8.0, "lower", True), (8.1, 8.0, "lower", False), (8.1, 8.0, "higher", True), (99.0, None, "lower", True)],
)
def test_a_bar_is_the_worst_value_allowed(value: float, bar: float | None, better: str, met: bool) -> None:
    assert Figure("x", value, "s", bar, better).met is met  # type: ignore[arg-type]


def test_a_missed_bar_is_exit_code_1_and_is_written_down(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept, missed = Figure("a", 1.0, "s", 2.0), Figure("b", 3.0, "s", 2.0, against="the promise")
    assert report("good", [kept], folder=tmp_path) == 0
    assert report("bad", [kept, missed], folder=tmp_path) == 1
    written = json.loads((tmp_path / "bad.json").read_text(encoding="utf-8"))
    assert set(written) == {"name", "when", "machine", "versions", "figures"}
    assert written["figures"][1] == {
        "id": "b", "value": 3.0, "unit": "s", "bar": 2.0, "better": "lower", "against": "the promise",
    }  # fmt: skip
    assert dt.datetime.fromisoformat(written["when"]).tzinfo is not None
    assert "NO" in capsys.readouterr().out


def test_candidates_take_turns_and_another_begins_each_round() -> None:
    order: list[str] = []
    found = interleaved(3, {name: lambda name=name: order.append(name) for name in "abc"})  # type: ignore[misc]
    assert "".join(order) == "abcbcacab"
    assert all(len(t.wall) == len(t.cpu) == 3 for t in found.values())


def test_a_ratio_of_pairs_is_untouched_by_a_slow_minute() -> None:
    assert ratio_of_pairs(Timings([1.2, 12.0, 1.2]), Timings([1.0, 10.0, 1.0])) == pytest.approx(1.2)


def test_a_child_returns_its_result_and_its_own_peak() -> None:
    held = bytearray(400_000_000)
    (text, process), peak = in_child(own_process, "warm")
    assert text == "WARM"
    assert process != os.getpid()
    assert 0 < peak < 0.3 < peak_rss_gb(), f"the child's peak must not count our {len(held)} bytes"


def test_an_unknown_scale_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALE", "huge")
    with pytest.raises(SystemExit, match="small or full"):
        full_scale()


def test_the_judge_takes_rounding_of_money_and_nothing_more() -> None:
    assert same(Decimal("14.9262"), Decimal("14.92624999"))
    assert not same(Decimal("14.9262"), Decimal("14.9264"))
    assert same(7, Decimal(7))
    assert not same(7, 8)
    assert same(0.1 + 0.2, 0.3)
    assert not same(0.3, 0.3000001)
    assert not same(None, 0)
    assert not same(0, None)


def test_the_judge_names_every_cell_that_differs() -> None:
    key = ("U3", MAY.start, "FUEL")
    written: Cells = {key: (0.5, 2, 4)}
    assert disagreements([cell(0.5, 2, 4)], written) == []
    assert len(disagreements([cell(0.5, 2, 5)], written)) == 1
    assert len(disagreements([cell(None)], written)) == 1
    assert len(disagreements([cell(0.5, 2, 4)], {})) == 3
    assert len(disagreements([], written)) == 1
