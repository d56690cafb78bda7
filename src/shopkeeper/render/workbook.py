"""Excel workbooks from plain data: headings that stand out, formats, choices and hints by column. Same data, same bytes."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from shopkeeper.errors import InternalError

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

Cell = str | int | float | Decimal | dt.date | None
Mark = Literal["strong", "soft", "plain"]

_CREATED = dt.datetime(2024, 1, 1)  # a fixed day: the same data gives the same bytes
_LAST_ROW = 1_048_575
_HINT, _HINT_TITLE = 255, 32  # what Excel shows of a hint
_HEADS: dict[Mark, dict[str, object]] = {
    "strong": {"bg_color": "#1F4E79", "font_color": "#FFFFFF", "bold": True},
    "soft": {"bg_color": "#BDD7EE", "bold": True},
    "plain": {"bg_color": "#EDEDED"},
}


@dataclass(frozen=True)
class SheetColumn:
    """One column: `width` in characters, `format` as Excel writes it (`@` keeps a text as it was typed).

    `choices` close what may be typed; `hint` shows under `hint_title` when a cell is chosen.
    """

    heading: str
    width: int = 14
    format: str = ""
    mark: Mark = "plain"
    choices: tuple[str, ...] = ()
    hint_title: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Sheet:
    """One sheet: headings that stay in sight, then rows; `wrapped` breaks long texts into lines."""

    name: str
    columns: tuple[SheetColumn, ...]
    rows: Sequence[Sequence[Cell]] = ()
    wrapped: bool = False


def workbook_bytes(sheets: Sequence[Sheet], *, title: str = "") -> bytes:
    """The sheets as an .xlsx file. Texts stay texts: nothing becomes a formula, a number or a link.

    Raises InternalError for choices that Excel cannot hold.
    """
    import xlsxwriter  # only workbooks need it

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"title": title, "author": "Shopkeeper", "created": _CREATED})
    heads = {
        mark: book.add_format({"border": 1, "border_color": "#BFBFBF", "text_wrap": True, "valign": "top", **look})
        for mark, look in _HEADS.items()
    }
    for sheet in sheets:
        _write_sheet(book, book.add_worksheet(sheet.name), sheet, heads)
    book.close()
    return buffer.getvalue()


def _write_sheet(book: Workbook, page: Worksheet, sheet: Sheet, heads: dict[Mark, Format]) -> None:
    page.freeze_panes(1, 0)
    for place, column in enumerate(sheet.columns):
        look = {"num_format": column.format} if column.format else {}
        cells = book.add_format({**look, "text_wrap": sheet.wrapped, "valign": "top"})
        page.set_column(place, place, column.width, cells)
        page.write_string(0, place, column.heading, heads[column.mark])
        _add_hint(page, place, column)
        for line, row in enumerate(sheet.rows, start=1):
            if place < len(row):
                _write_cell(page, line, place, row[place], cells)


def _add_hint(page: Worksheet, place: int, column: SheetColumn) -> None:
    if not (column.choices or column.hint):
        return
    rule = {
        **({"validate": "list", "source": list(column.choices)} if column.choices else {"validate": "any"}),
        "input_title": column.hint_title[:_HINT_TITLE],
        "input_message": column.hint if len(column.hint) <= _HINT else column.hint[: _HINT - 1] + "…",
    }
    if page.data_validation(1, place, _LAST_ROW, place, rule) != 0:
        raise InternalError(
            "Excel cannot hold these choices", where=column.heading, received=", ".join(column.choices),
            allowed="at most 255 characters together",
        )  # fmt: skip


def _write_cell(page: Worksheet, line: int, place: int, cell: Cell, look: Format) -> None:
    if cell is None:
        page.write_blank(line, place, None, look)
    elif isinstance(cell, str):
        page.write_string(line, place, cell, look)
    elif isinstance(cell, dt.date):
        page.write_datetime(line, place, cell, look)
    else:
        page.write_number(line, place, cell, look)
