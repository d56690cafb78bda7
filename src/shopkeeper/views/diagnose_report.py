"""The diagnosis as a report to send on: HTML, PDF and a workbook, from the same view as the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from shopkeeper.core.wording import Language, word
from shopkeeper.errors import NotFound
from shopkeeper.render.report import Bar, Lines, Mark, Paragraphs, Report, ReportTable, Tone, report_html, report_pdf
from shopkeeper.render.workbook import Cell, Sheet, SheetColumn, workbook_bytes
from shopkeeper.views.diagnose import DiagnosePage, FindingRow, LinkRow
from shopkeeper.warehouse.shop import Shop

Form = Literal["html", "pdf", "xlsx"]
FORMS: tuple[Form, ...] = get_args(Form)
MEDIA_TYPES: Mapping[Form, str] = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_TONES: Mapping[str, Tone] = {"good": "good", "fair": "fair", "poor": "poor", "unknown": "unknown"}


def form_of(name: str) -> Form:
    """A form of a report by its name. Raises NotFound for another."""
    found = next((form for form in FORMS if form == name), None)
    if found is None:
        raise NotFound("form of a report", name, FORMS)
    return found


def report_bytes(shop: Shop, view: DiagnosePage, lang: Language, form: Form) -> bytes:
    """The report in one form. Raises UsageError for a PDF where none can be written."""
    if form == "xlsx":
        return workbook_bytes(_sheets(view, lang), title=_title(shop, view, lang))
    report = diagnosis_report(shop, view, lang)
    return report_pdf(report) if form == "pdf" else report_html(report).encode()


def _title(shop: Shop, view: DiagnosePage, lang: Language) -> str:
    return f"{shop.settings.shop.name} · {word('diagnose.title', lang)} · {view.period_text}"


def diagnosis_report(shop: Shop, view: DiagnosePage, lang: Language) -> Report:
    """What the report says, in order: summary, findings, what is missing, links, and what it all rests on."""
    settings = shop.settings.shop
    parts: list[ReportTable | Paragraphs] = [_findings(view, lang)]
    parts.append(_needs(view, lang) if view.needs else Paragraphs(
        word("diagnose.missing", lang), (word("diagnose.nothing_missing", lang),)
    ))  # fmt: skip
    if view.links:
        parts.append(_links(view.links.names, (*view.links.rows, view.links.whole), lang))
    notices = [
        notice
        for notice in (word("frame.simulated", lang) if settings.simulated else "", _notice(shop, lang))
        if notice
    ]
    parts.append(Paragraphs(word("diagnose.remarks", lang), (
        *notices, *view.warnings, *view.assumed, word("diagnose.files", lang, file=view.benchmarks)
    )))  # fmt: skip
    facts = (
        (word("diagnose.fact_items", lang), f"{len(view.findings) - view.counts['unknown']} / {len(view.findings)}"),
        *((word(f"diagnose_grade.{g}", lang), str(view.counts[g])) for g in ("poor", "fair", "good")),
    )
    foot = word(
        "diagnose.foot_plain", lang, shop=settings.name, day=view.freshness.last_day_text, n=view.freshness.snapshot
    )
    subtitle = f"{word('diagnose.period', lang)}: {view.period_text} · {word('diagnose.days', lang, n=view.days)}"
    if settings.simulated:
        subtitle += f" · {word('frame.simulated', lang)}"
    return Report(_title(shop, view, lang), subtitle, lang, view.lead, facts, tuple(parts), foot)


def _notice(shop: Shop, lang: Language) -> str:
    settings = shop.settings.shop
    return (settings.notice_zh if lang == "zh" else "") or settings.notice


def _findings(view: DiagnosePage, lang: Language) -> ReportTable:
    def cells(f: FindingRow) -> tuple[str | Mark | Bar | Lines, ...]:
        beside = tuple(text for text in (f.worth_range, f.once_text) if text)
        money = Lines(f.worth_text, beside) if beside else f.worth_text
        return (
            Mark(f.grade_text, _TONES.get(f.grade, "")), Lines(f.name, (f.indicator,)), Lines(f.value_text, f.remarks),
            Lines(f.benchmark_text, (f.source,)), money, Bar(f.formula, f.share) if f.worth else f.formula,
        )  # fmt: skip

    keys = ("grade", "item", "now", "benchmark", "worth", "formula")
    return ReportTable(
        word("diagnose.findings", lang), word("diagnose.findings_note", lang),
        tuple(word(f"diagnose.{key}", lang) for key in keys), tuple(cells(f) for f in view.findings),
        frozenset({4}), (8, 15, 17, 25, 12, 23),
    )  # fmt: skip


def _needs(view: DiagnosePage, lang: Language) -> ReportTable:
    rows = tuple(
        (need.name, Lines("", need.waiting), Lines("", tuple(f"{w.text} {w.command}".strip() for w in need.ways)))
        for need in view.needs
    )
    headings = tuple(word(f"diagnose.{key}", lang) for key in ("need", "waits", "ways"))
    return ReportTable(
        word("diagnose.missing", lang), word("diagnose.missing_note", lang), headings, rows, widths=(22, 26, 52)
    )


def _links(names: tuple[str, ...], rows: tuple[LinkRow, ...], lang: Language) -> ReportTable:
    headings = (word("diagnose.platform", lang), word("diagnose.paid", lang), *names)
    return ReportTable(
        word("diagnose.links", lang), word("diagnose.links_note", lang), headings,
        tuple((row.name, row.paid_text, *row.texts) for row in rows), frozenset(range(1, len(headings))),
    )  # fmt: skip


_MONEY = "#,##0.00"
_FINDING_COLUMNS = (
    ("diagnose.grade", 12, ""),
    ("diagnose.item", 30, ""),
    ("diagnose.now", 14, ""),
    ("diagnose_sheet.unit", 14, ""),
    ("diagnose_sheet.good", 12, ""),
    ("diagnose_sheet.poor", 12, ""),
    ("diagnose.worth", 16, _MONEY),
    ("diagnose_sheet.low", 16, _MONEY),
    ("diagnose_sheet.high", 16, _MONEY),
    ("diagnose_sheet.once", 16, _MONEY),
    ("diagnose.formula", 60, ""),
    ("diagnose.source", 50, ""),
    ("diagnose.remarks", 50, ""),
)
_NEED_COLUMNS = (("diagnose.need", 34, ""), ("diagnose.waits", 40, ""), ("diagnose.ways", 90, ""))
_LINK_COLUMNS = (("diagnose.platform", 24, ""), ("diagnose.paid", 18, _MONEY))


def _sheets(view: DiagnosePage, lang: Language) -> list[Sheet]:
    """One sheet a part, with numbers as numbers."""

    def heads(columns: Sequence[tuple[str, int, str]]) -> tuple[SheetColumn, ...]:
        return tuple(SheetColumn(word(key, lang), width, format, "strong") for key, width, format in columns)

    needs: list[tuple[Cell, ...]] = [
        (need.name, ", ".join(need.waiting), "\n".join(f"{w.text} {w.command}".strip() for w in need.ways))
        for need in view.needs
    ]
    findings = [_finding_cells(f) for f in view.findings]
    sheets = [
        Sheet(word("diagnose.title", lang), heads(_FINDING_COLUMNS), findings, wrapped=True),
        Sheet(word("diagnose_sheet.missing", lang), heads(_NEED_COLUMNS), needs, wrapped=True),
    ]
    if view.links:
        shares = tuple(SheetColumn(name, 16, "0.0%", "strong") for name in view.links.names)
        rows: list[tuple[Cell, ...]] = [(r.name, r.paid, *r.shares) for r in (*view.links.rows, view.links.whole)]
        sheets.append(Sheet(word("diagnose_sheet.links", lang), (*heads(_LINK_COLUMNS), *shares), rows))
    return sheets


def _finding_cells(f: FindingRow) -> tuple[Cell, ...]:
    return (
        f.grade_text, f.name, f.value, f.unit, f.good, f.poor, f.worth, f.worth_low, f.worth_high, f.once, f.formula, f.source,
        "; ".join(f.remarks),
    )  # fmt: skip
