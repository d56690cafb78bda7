"""Layouts to fill in: for a table of the commerce model, a CSV with notes behind #, or a workbook with a sheet of notes."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Literal

from shopkeeper.core.wording import LANGUAGES, word
from shopkeeper.ingest.canonical import (
    NONE_IS_EMPTY_TEXT,
    NOTES_SHEET,
    defaults_to_own_shop,
    heading,
    partner,
)
from shopkeeper.ingest.column_words import code_word, column_meaning, column_word, type_word, unit_word
from shopkeeper.ingest.examples import example
from shopkeeper.ingest.fields import FROM_ORDER, NUMBERED
from shopkeeper.render.workbook import Mark, Sheet, SheetColumn, workbook_bytes
from shopkeeper.warehouse.model import Column, Table
from shopkeeper.warehouse.model.table import Type

Form = Literal["xlsx", "csv"]
FORMS: tuple[Form, ...] = ("xlsx", "csv")
# How Excel keeps and shows a type; @ keeps an id as it was typed, with its leading zeros.
_FORMATS: dict[Type, str] = {
    "text": "@", "integer": "0", "money": "#,##0.00", "quantity": "General", "number": "General",
    "instant": "yyyy-mm-dd hh:mm:ss", "day": "yyyy-mm-dd", "flag": "@",
}  # fmt: skip
_MARKS: dict[str, Mark] = {"needed": "strong", "either": "soft", "from_order": "soft", "counted": "soft"}
_FLAGS = ("yes", "no")
_NOTES = ("identifier", "word", "meaning", "type", "unit", "need", "allowed", "example")


@dataclass(frozen=True)
class LayoutColumn:
    """One column of a layout; `need` is needed, either, from_order, counted, own_shop, none or optional."""

    column: Column
    heading: str
    word: str
    meanings: tuple[str, str]  # 中文, English
    type: str
    unit: str
    need: str
    need_text: str
    allowed: str
    example: str


def layout(table: Table) -> tuple[LayoutColumn, ...]:
    """What a person needs to know about every column of a table, in both languages.

    >>> from shopkeeper.warehouse.model import table
    >>> [c.heading for c in layout(table("fx_rates")) if c.need == "needed"]
    ['rate_day 汇率日期', 'currency 币种', 'quote_currency 计价币种']
    """
    return tuple(_layout_column(table, column) for column in table.columns)


def needed_columns(table: Table) -> tuple[str, ...]:
    """What every row of this table must say.

    >>> from shopkeeper.warehouse.model import table
    >>> needed_columns(table("orders"))
    ('order_id', 'ordered_at or ordered_day')
    """
    names = []
    for entry in layout(table):
        if entry.need in ("needed", "either", "from_order"):
            other = partner(table, entry.column.name) if entry.need != "needed" else ""
            names.append(" or ".join(name for name in table.column_names if name in (entry.column.name, other)))
    return tuple(dict.fromkeys(names))


def template_bytes(table: Table, form: Form) -> bytes:
    """A layout as a file, the same bytes every time."""
    columns = layout(table)
    if form == "csv":
        return _csv(table, columns)
    return workbook_bytes([_data_sheet(table, columns), _notes_sheet(columns)], title=_about(table))


def _layout_column(table: Table, column: Column) -> LayoutColumn:
    need = _need(table, column)
    codes = [f"{code} {code_word(table, column, code, 'zh')}" for code in column.allowed]
    return LayoutColumn(
        column, heading(table, column), column_word(table, column, "zh"),
        (column_meaning(table, column, "zh"), column_meaning(table, column, "en")),
        " ".join(type_word(column, lang) for lang in reversed(LANGUAGES)),
        " ".join(filter(None, (unit_word(column, lang) for lang in reversed(LANGUAGES)))),
        need, _both(need, other=partner(table, column.name)),
        " / ".join(codes) or ("yes 是 / no 否" if column.type == "flag" else ""), example(table, column),
    )  # fmt: skip


def _need(table: Table, column: Column) -> str:
    other = partner(table, column.name)
    if defaults_to_own_shop(table, column.name):
        return "own_shop"
    if f"{table.name}.{column.name}" in NONE_IS_EMPTY_TEXT:
        return "none"
    if not column.required:
        return "optional"
    if column.name in FROM_ORDER.get(table.name, ()):
        return "from_order"
    if other:
        return "either"
    return "counted" if column.name == NUMBERED.get(table.name) else "needed"


def _both(key: str, **values: str) -> str:
    """A word of this file in both languages, as one text."""
    return " ".join(dict.fromkeys(word(f"template.{key}", lang, **values) for lang in reversed(LANGUAGES)))


def _about(table: Table) -> str:
    return f"{table.name} {word(f'kpi_source.{table.name}', 'zh')}: {table.comment}"


def _data_sheet(table: Table, columns: tuple[LayoutColumn, ...]) -> Sheet:
    """The sheet to fill in: headings alone, so that every row is data."""
    shown = []
    for entry in columns:
        hint = [*entry.meanings, " · ".join(filter(None, (entry.type, entry.unit))), entry.need_text]
        hint += [f"{_both('example')}: {entry.example}"] if entry.example else []
        shown.append(
            SheetColumn(
                entry.heading, width=max(12, len(entry.heading) + len(entry.word) + 2),
                format=_FORMATS[entry.column.type], mark=_MARKS.get(entry.need, "plain"),
                choices=_FLAGS if entry.column.type == "flag" else entry.column.allowed,
                hint_title=entry.column.name, hint="\n".join(hint),
            )
        )  # fmt: skip
    return Sheet(table.name, tuple(shown))


def _notes_sheet(columns: tuple[LayoutColumn, ...]) -> Sheet:
    """One row a column, then how a layout is used."""
    widths = {
        "identifier": 24,
        "word": 18,
        "meaning": 44,
        "need": 34,
        "allowed": 44,
        "type": 18,
        "unit": 24,
        "example": 24,
    }
    heads = [
        SheetColumn(_both(key) if lang == "en" else word(f"template.{key}", "zh"), widths[key], "@", "strong")
        for key in _NOTES
        for lang in (("zh", "en") if key == "meaning" else ("en",))
    ]
    rows = [(c.column.name, c.word, *c.meanings, c.type, c.unit, c.need_text, c.allowed, c.example) for c in columns]
    advice = [("# " + _both(key),) for key in ("dark", "delete", "hash", "drop")]
    return Sheet(NOTES_SHEET, tuple(heads), [*rows, (), *advice], wrapped=True)


def _csv(table: Table, columns: tuple[LayoutColumn, ...]) -> bytes:
    """Headings, then notes whose first cell begins with #; the byte order mark makes Excel read it as UTF-8."""
    kinds = [" · ".join(filter(None, (c.type, c.unit, c.allowed))) for c in columns]
    notes = [
        [_about(table)],
        *([_both(key)] for key in ("delete", "hash", "drop")),
        [f"{_both('meaning')}: {columns[0].meanings[0]}", *(c.meanings[0] for c in columns[1:])],
        [columns[0].meanings[1], *(c.meanings[1] for c in columns[1:])],
        [f"{_both('type')}: {kinds[0]}", *kinds[1:]],
        [f"{_both('need')}: {columns[0].need_text}", *(c.need_text for c in columns[1:])],
        [f"{_both('example')}: {columns[0].example}", *(c.example for c in columns[1:])],
    ]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([c.heading for c in columns])
    for first, *rest in notes:
        writer.writerow([f"# {first}", *rest, *([""] * (len(columns) - 1 - len(rest)))])
    return text.getvalue().encode("utf-8-sig")
