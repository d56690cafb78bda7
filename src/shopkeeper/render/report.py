"""A report that leaves the house: one HTML file with nothing outside it, and the same as PDF.

Report → report_html → one file that opens anywhere, offline, and prints well → report_pdf (weasyprint)
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources
from typing import Literal

from shopkeeper.core.wording import Language, word
from shopkeeper.errors import UsageError
from shopkeeper.render.bars import bar

Tone = Literal["", "good", "fair", "poor", "unknown"]


@dataclass(frozen=True)
class Mark:
    """A word with a colour, such as a grade."""

    text: str
    tone: Tone


@dataclass(frozen=True)
class Bar:
    """A text with a bar that fills a share (0–1) of its cell."""

    text: str
    share: float


@dataclass(frozen=True)
class Lines:
    """A cell of several lines: the first stands out, the others are smaller."""

    first: str
    others: tuple[str, ...]


Cell = str | Mark | Bar | Lines


@dataclass(frozen=True)
class ReportTable:
    """One table. `numeric` names the columns, from 0, that stand at the right; `widths` are percents."""

    title: str
    note: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: frozenset[int] = frozenset()
    widths: tuple[int, ...] = ()


@dataclass(frozen=True)
class Paragraphs:
    """A heading with paragraphs under it."""

    title: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """One report. `facts` stand in a row under the title; `foot` says what everything rests on."""

    title: str
    subtitle: str
    lang: Language
    lead: str
    facts: tuple[tuple[str, str], ...]
    parts: tuple[ReportTable | Paragraphs, ...]
    foot: str


@functools.cache
def _style() -> str:
    """The style sheet that every report carries in itself."""
    return (resources.files(__package__) / "report.css").read_text(encoding="utf-8")


def report_html(report: Report) -> str:
    """The report as one file: style inside, no script, nothing fetched from anywhere. Every text is escaped."""
    facts = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in report.facts)
    parts = "".join(_table(part) if isinstance(part, ReportTable) else _paragraphs(part) for part in report.parts)
    return (
        f'<!doctype html>\n<html lang="{"zh-CN" if report.lang == "zh" else "en"}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(report.title)}</title>\n<style>{_style()}{_widths(report)}</style>\n</head>\n<body>\n"
        f'<h1>{escape(report.title)}</h1>\n<p class="sub">{escape(report.subtitle)}</p>\n'
        f'<p class="lead">{escape(report.lead)}</p>\n<dl class="facts">{facts}</dl>\n{parts}\n'
        f"<footer>{escape(report.foot)} · {escape(word('app.name', report.lang))}</footer>\n</body>\n</html>\n"
    )


def report_pdf(report: Report) -> bytes:
    """The report as PDF, A4 across.

    Raises UsageError where the extra `pdf` is not installed or the system has no Pango.
    """
    try:
        import weasyprint  # an extra, and slow to import
    except ImportError:
        raise _no_pdf("the extra `pdf` is not installed", "pip install 'shopkeeper-ops[pdf]'") from None
    except OSError as error:  # weasyprint is there, the libraries that it draws letters with are not
        raise _no_pdf(str(error).splitlines()[0], "apt-get install libpangoft2-1.0-0") from None
    written: bytes = weasyprint.HTML(string=report_html(report)).write_pdf()
    return written


def _widths(report: Report) -> str:
    """One rule for each width of a column that some table has."""
    used = {width for part in report.parts if isinstance(part, ReportTable) for width in part.widths}
    return "".join(f".w{width} {{ width: {width}%; }}" for width in sorted(used))


def _no_pdf(why: str, command: str) -> UsageError:
    return UsageError(
        "a PDF cannot be written on this machine", received=why, allowed="html or xlsx", state="nothing was written",
        next_command=command,
    )  # fmt: skip


def _table(table: ReportTable) -> str:
    widths = "".join(f'<col class="w{width}">' for width in table.widths)
    heads = "".join(f"<th{_side(table, n)}>{escape(text)}</th>" for n, text in enumerate(table.headings))
    rows = "".join(
        "<tr>" + "".join(f"<td{_side(table, n)}>{_cell(cell)}</td>" for n, cell in enumerate(row)) + "</tr>"
        for row in table.rows
    )
    note = f'<p class="sub">{escape(table.note)}</p>' if table.note else ""
    return (
        f'<section><h2>{escape(table.title)}</h2>{note}<div class="wide"><table><colgroup>{widths}</colgroup>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div></section>\n"
    )


def _side(table: ReportTable, column: int) -> str:
    return ' class="r"' if column in table.numeric else ""


def _cell(cell: Cell) -> str:
    match cell:
        case Mark():
            return f'<span class="mark {cell.tone}"><i></i>{escape(cell.text)}</span>'
        case Bar():
            return f"{escape(cell.text)}{bar(cell.share)}"
        case Lines():
            others = "".join(f'<div class="sub">{escape(text)}</div>' for text in cell.others if text)
            return f"<b>{escape(cell.first)}</b>{others}"
        case _:
            return escape(cell)


def _paragraphs(part: Paragraphs) -> str:
    texts: Sequence[str] = [f"<p>{escape(text)}</p>" for text in part.texts]
    return f"<section><h2>{escape(part.title)}</h2>{''.join(texts)}</section>\n"
