"""A model's answer as a file: all of it as a workbook, one table of it as CSV."""

from __future__ import annotations

import csv
import io

from shopkeeper.core.wording import Language, word
from shopkeeper.errors import NotEstimable, NotFound
from shopkeeper.render.workbook import Cell, Sheet, SheetColumn, workbook_bytes
from shopkeeper.views.models import Answer, ModelPage
from shopkeeper.views.plain import as_plain

FIGURES = "figures"
"""The name of the first table of every answer: its single figures."""


def table_rows(page: ModelPage, table: str, lang: Language) -> tuple[list[str], list[list[object]]]:
    """Headings and rows of one table of the answer; the figures when no table is named. Raises NotFound, NotEstimable."""
    answer = answered(page)
    if table in ("", FIGURES):
        heads = [word(f"models.column_{n}", lang) for n in ("figure", "value", "low", "high", "unit")]
        return heads, [[f.label, f.value, f.low, f.high, f.unit] for f in answer.figures]
    for one in answer.tables:
        if one.id == table:
            return [c.heading for c in one.columns], [list(row) for row in one.rows]
    raise NotFound("table", table, [FIGURES, *(t.id for t in answer.tables)], where=f"model {page.model.id}")


def csv_text(page: ModelPage, table: str, lang: Language) -> str:
    """One table as CSV."""
    heads, rows = table_rows(page, table, lang)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([["" if cell is None else as_plain(cell) for cell in row] for row in rows])
    return text.getvalue()


def workbook(page: ModelPage, lang: Language) -> bytes:
    """Everything as a workbook: what it says of itself, the figures, then a sheet a table."""
    answer = answered(page)
    about: list[tuple[Cell, ...]] = [
        (word("models.question", lang), page.model.question),
        (word("models.method", lang), answer.method),
        (word("models.from", lang), answer.basis_text),
        (word("models.breaks", lang), page.model.breaks),
        *((word("models.remark", lang), r) for r in answer.remarks),
        *((word("models.reference", lang), r) for r in page.model.references),
    ]
    sheets = [Sheet(word("models.about", lang), (SheetColumn("", 22), SheetColumn(page.model.name, 110)), about, True)]
    for table, name in ((FIGURES, word("models.figures", lang)), *((t.id, t.title) for t in answer.tables)):
        heads, rows = table_rows(page, table, lang)
        cells = [tuple(_cell(c) for c in row) for row in rows]
        sheets.append(Sheet(_sheet_name(name, len(sheets)), tuple(SheetColumn(h, 18) for h in heads), cells))
    return workbook_bytes(sheets, title=page.model.name)


def answered(page: ModelPage) -> Answer:
    """The page's answer. Raises NotEstimable with its refusal where there is none."""
    if page.answer is None:
        refused = page.refusal
        assert refused is not None
        raise NotEstimable(refused.reason, refused.needed, where=f"model {page.model.id}")
    return page.answer


def _cell(value: object) -> Cell:
    if isinstance(value, float) and value != value:
        return None
    plain = value if value is None or isinstance(value, str | int | float) else as_plain(value)
    return plain if plain is None or isinstance(plain, str | int | float) else str(plain)


def _sheet_name(title: str, number: int) -> str:
    """A name that Excel takes: 31 characters, no brackets or slashes; the number keeps names apart."""
    kept = "".join(" " if c in "[]:*?/\\'" else c for c in title)
    return f"{number} {kept}"[:31].strip()
