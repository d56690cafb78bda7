"""The small synthetic file that every platform layout comes with: its quirks, and what a load of it must give."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Fixture:
    """A file as a platform writes it. `rows` are its cells as text, headers first; `.xlsx` becomes a workbook.

    `loaded` gives the rows that each table then holds, `totals` the exact sum of `table.column`, `held` the rows set aside,
    `notes` the rows that are no data.
    """

    layout: str
    name: str
    rows: tuple[tuple[str, ...], ...]
    loaded: Mapping[str, int]
    totals: Mapping[str, str]
    encoding: str = "utf-8"
    delimiter: str = ","
    sheet: str = "Sheet1"
    held: int = 0
    notes: int = 0
    preamble: tuple[str, ...] = ()
    variants: tuple[tuple[str, str], ...] = field(default=())  # other spellings of headers that are the same layout

    def written(self, folder: Path) -> Path:
        """Write it into a folder under its name."""
        path = folder / self.name
        path.write_bytes(_workbook(self) if path.suffix == ".xlsx" else _delimited(self))
        return path


def _delimited(fixture: Fixture) -> bytes:
    text = io.StringIO(newline="")
    for line in fixture.preamble:
        text.write(line + "\r\n")
    csv.writer(text, delimiter=fixture.delimiter, lineterminator="\r\n").writerows(fixture.rows)
    return text.getvalue().encode(fixture.encoding)


def _workbook(fixture: Fixture) -> bytes:
    import xlsxwriter

    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        book.set_properties({"created": dt.datetime(2026, 1, 1)})  # the same bytes every time
        sheet = book.add_worksheet(fixture.sheet)
        for number, row in enumerate(fixture.rows):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, cell)
    return stream.getvalue()
