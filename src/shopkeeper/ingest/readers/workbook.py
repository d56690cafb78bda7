"""Excel workbooks, read in bulk by calamine: typed cells stay typed, a column of mixed cells becomes text."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb

from shopkeeper.errors import DataQualityError, NotFound, SourceError
from shopkeeper.ingest.readers import old_workbook
from shopkeeper.ingest.readers.delimited import checked_headers
from shopkeeper.ingest.readers.encodings import explained_file_errors
from shopkeeper.warehouse.sql import literal


def convert(
    connection: duckdb.DuckDBPyConnection, path: Path, shown: Path, parquet: Path, *, sheet: str = ""
) -> dict[str, object]:
    """Write the rows of a workbook as Parquet. Sheets with the same headers are read one after another.

    Raises SourceError when the file is encrypted or broken, DataQualityError when its sheets do not belong together.
    """
    import pyarrow  # heavy: only workbooks need it

    sheets = _sheets(path, shown, sheet)
    headers = next(iter(sheets.values()))[0]
    rows = [row for _, body in sheets.values() for row in body]
    columns = list(zip(*rows, strict=True)) if rows else [() for _ in headers]
    arrays = {name: _array(values) for name, values in zip(headers, columns, strict=True)}
    connection.register("workbook_rows", pyarrow.table(arrays))
    try:
        connection.execute(
            f"COPY (SELECT * FROM workbook_rows) TO {literal(str(parquet))} (FORMAT parquet, COMPRESSION zstd)"
        )
    finally:
        connection.unregister("workbook_rows")
    return {"sheets": tuple(sheets)}


def sheet_headers(path: Path) -> dict[str, list[str]]:
    """First row with anything in it of every sheet; nothing for a workbook that cannot be read, or has one sheet."""
    try:
        read = _cells(path, path, first_rows=5)
    except (SourceError, OSError):
        return {}  # reading it whole will say what is wrong
    if len(read) < 2:
        return {}
    filled = {name: _without_blank(rows) for name, rows in read.items()}
    return {name: [_text(cell) or "" for cell in rows[0]] for name, rows in filled.items() if rows}


def _sheets(path: Path, shown: Path, wanted: str) -> dict[str, tuple[list[str], list[list[Any]]]]:
    """Headers and rows of every sheet that is read."""
    with explained_file_errors(shown):
        read = _cells(path, shown, wanted)
    filled = {name: rows for name, rows in ((n, _without_blank(r)) for n, r in read.items()) if rows}
    if not filled:
        raise DataQualityError("the workbook is empty", where=str(shown), state="nothing was changed")
    sheets = {
        name: (checked_headers([_text(cell) or "" for cell in rows[0]], shown), rows[1:])
        for name, rows in filled.items()
    }
    first, (headers, _) = next(iter(sheets.items()))
    for name, (other, _) in sheets.items():
        if other != headers:
            raise DataQualityError(
                "the sheets have different headers", where=str(shown),
                received=f"{first}: {', '.join(headers[:8])} · {name}: {', '.join(other[:8])}",
                allowed='one sheet named in the mapping: sheet = "…"', state="nothing was changed",
                next_command=f"shopkeeper ingest {shown.name} --dry-run",
            )  # fmt: skip
    return sheets


def _cells(path: Path, shown: Path, wanted: str = "", first_rows: int = 0) -> dict[str, list[list[Any]]]:
    """The cells of the wanted sheet or of all, in whichever form: back ends name .xlsx files .xls and the other way round.

    First rows alone are read of workbooks with several sheets: reading a few takes as long as reading all.
    """
    import python_calamine

    try:
        if old_workbook.is_old(path):
            if old_workbook.is_encrypted(path):
                raise _encrypted(shown)
            read = old_workbook.read_sheets(path, first_rows)
            names = list(read)
        else:
            with path.open("rb") as stream:
                book = python_calamine.CalamineWorkbook.from_filelike(stream)
            names = book.sheet_names
            if first_rows and len(names) < 2:
                return {}
            read = {
                name: book.get_sheet_by_name(name).to_python(skip_empty_area=True, nrows=first_rows or None)
                for name in names if wanted in ("", name)
            }  # fmt: skip
    except python_calamine.PasswordError:
        raise _encrypted(shown) from None
    except (python_calamine.CalamineError, ValueError) as error:
        raise SourceError(
            "the workbook is cut off or broken", where=str(shown), received=error, allowed="a whole .xlsx or .xls file",
            state="nothing was changed", next_command="download or export the file again, or save it as .xlsx",
        ) from None  # fmt: skip
    if wanted and wanted not in names:
        raise NotFound("sheet", wanted, names, where=str(shown))
    return {wanted: read[wanted]} if wanted else read


def _encrypted(shown: Path) -> SourceError:
    return SourceError(
        "the workbook is encrypted", where=str(shown), allowed="a workbook without a password",
        state="nothing was changed", next_command="open it, take the password off, save it as .xlsx",
    )  # fmt: skip


def _without_blank(rows: list[list[Any]]) -> list[list[Any]]:
    return [row for row in rows if any(cell not in ("", None) for cell in row)]


def _array(values: tuple[Any, ...]) -> Any:
    """One typed Arrow column: numbers, days or moments when all cells are, else text."""
    import pyarrow

    cells = [None if cell == "" else cell for cell in values]
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds <= {float, int} and kinds:
        if all(cell is None or float(cell).is_integer() and abs(cell) < 2**53 for cell in cells):
            return pyarrow.array([None if cell is None else int(cell) for cell in cells], pyarrow.int64())
        return pyarrow.array(cells, pyarrow.float64())
    if kinds == {bool}:
        return pyarrow.array(cells, pyarrow.bool_())
    if kinds == {dt.date}:
        return pyarrow.array(cells, pyarrow.date32())
    if kinds and kinds <= {dt.datetime, dt.date}:
        moments = [dt.datetime(c.year, c.month, c.day) if type(c) is dt.date else c for c in cells]
        return pyarrow.array(moments, pyarrow.timestamp("us"))
    return pyarrow.array([None if cell is None else _text(cell) for cell in cells], pyarrow.string())


def _text(cell: object) -> str | None:
    if cell is None or cell == "":
        return None
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.isoformat(" ")
    return str(cell)
