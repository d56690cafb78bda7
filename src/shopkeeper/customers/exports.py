"""Members of a segment as a file: CSV, a workbook or Parquet. Without the right to see people it names nobody."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal, get_args

from shopkeeper.customers.rules import Rule
from shopkeeper.customers.segments import member_rows
from shopkeeper.render.workbook import Sheet, SheetColumn, workbook_bytes
from shopkeeper.state import State
from shopkeeper.warehouse.shop import Shop

Form = Literal["csv", "xlsx", "parquet"]
FORMS: tuple[Form, ...] = get_args(Form)
MEDIA_TYPES: dict[Form, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}


def export_bytes(
    shop: Shop, state: State, rule: Rule, form: Form, *, personal: bool, as_of: dt.date | None = None
) -> tuple[bytes, int]:
    """The file and how many members are in it."""
    names, rows = member_rows(shop, state, rule, personal=personal, as_of=as_of)
    if form == "csv":
        return _csv(names, rows), len(rows)
    if form == "xlsx":
        columns = tuple(SheetColumn(name, width=18) for name in names)
        return workbook_bytes(
            [Sheet("members", columns, [[_cell(v) for v in row] for row in rows])], title=shop.id
        ), len(rows)
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns_of = list(zip(*rows, strict=True)) if rows else [() for _ in names]
    table = pa.table({name: pa.array(list(values)) for name, values in zip(names, columns_of, strict=True)})
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue(), len(rows)


def _csv(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """A spreadsheet takes a text that begins with = + - @ for a formula; a quote before it keeps it a text."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_harmless(v) if isinstance(v, str) else "" if v is None else v for v in row])
    return ("\ufeff" + sink.getvalue()).encode()


def _harmless(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _cell(value: Any) -> str | int | float | Decimal | dt.date | None:
    return value if value is None or isinstance(value, str | int | float | Decimal | dt.date) else str(value)
