"""Small Excel workbooks made in memory."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence

import xlsxwriter
import xlwt


def workbook(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    """A workbook with these sheets of rows; moments are written as Excel dates."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for y, row in enumerate(rows):
            for x, cell in enumerate(row):
                sheet.write(y, x, cell, *([moment] if isinstance(cell, dt.datetime) else []))
    book.close()
    return buffer.getvalue()


def old_workbook(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    """The same in the binary form of old Excel, as some back ends still write it."""
    book, buffer = xlwt.Workbook(encoding="utf-8"), io.BytesIO()
    moment = xlwt.easyxf(num_format_str="YYYY-MM-DD HH:MM:SS")
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for y, row in enumerate(rows):
            for x, cell in enumerate(row):
                sheet.write(y, x, cell, *([moment] if isinstance(cell, dt.datetime) else []))
    book.save(buffer)
    return buffer.getvalue()
