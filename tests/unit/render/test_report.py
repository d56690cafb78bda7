"""A report that leaves the house: one file, nothing fetched, nothing that runs."""

from __future__ import annotations

import re
import sys

import pytest

from shopkeeper.errors import UsageError
from shopkeeper.render.report import Bar, Lines, Mark, Paragraphs, Report, ReportTable, report_html, report_pdf

ROWS = ((Mark("Poor", "poor"), Lines("<b>K1</b>", ("a & b",)), Bar("¥480", 0.5)), ("–", "x", "y"))
TABLE = ReportTable("Findings", "a note", ("Grade", "Item", "Worth"), ROWS, frozenset({2}), (20, 60, 20))
REPORT = Report(
    "兰亭 <script>alert(1)</script>",
    "2025",
    "zh",
    "lead",
    (("Poor", "2"),),
    (TABLE, Paragraphs("More", ("one",))),
    "foot",
)


def test_the_file_holds_everything_and_runs_nothing() -> None:
    html = report_html(REPORT)
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert re.findall(r"(?:src|href)=|url\(|@import|https?://", html) == []
    assert '<html lang="zh-CN">' in html
    assert "default-src 'none'" in html


def test_cells_keep_their_words_and_their_side() -> None:
    html = report_html(REPORT)
    assert '<span class="mark poor"><i></i>Poor</span>' in html
    assert "<b>&lt;b&gt;K1&lt;/b&gt;</b>" in html
    assert "a &amp; b" in html
    assert '<td class="r">¥480<svg class="bar"' in html
    assert html.count("<col ") == 3


@pytest.mark.needs("chinese-fonts")
def test_a_pdf_is_written() -> None:
    pytest.importorskip("weasyprint", exc_type=(ImportError, OSError))
    assert report_pdf(REPORT).startswith(b"%PDF-")


def test_without_the_extra_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(UsageError) as refused:
        report_pdf(REPORT)
    assert "shopkeeper-ops[pdf]" in refused.value.next_command
    assert refused.value.allowed == "html or xlsx"
