"""How a reading command prints: a table for people, JSON by the contract, CSV for spreadsheets."""

from __future__ import annotations

import csv
import datetime as dt
import json
import math
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

Format = Literal["table", "json", "csv"]


def emit(
    rows: Sequence[Mapping[str, object]],
    *,
    columns: Sequence[tuple[str, str]],
    fmt: Format,
    meta: Mapping[str, object],
    title: str = "",
) -> None:
    """Print rows. `columns` are (key, heading); JSON carries every key of a row and the meta."""
    if fmt == "json":
        document = {"data": [_finite(row) for row in rows], "meta": dict(meta)}
        sys.stdout.write(json.dumps(document, ensure_ascii=False, allow_nan=False, default=plain) + "\n")
    elif fmt == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow([key for key, _ in columns])
        writer.writerows([_text(row.get(key), empty="") for key, _ in columns] for row in rows)
    else:
        _table(rows, columns, title)


def plain(value: object) -> Any:
    """A value as JSON takes it: amounts as decimal strings, days and moments in ISO form."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    return str(value)


def _finite(value: object) -> object:
    """JSON has no NaN and no infinity: null, like everything unknown."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): _finite(inner) for key, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, list | tuple) else value


def _text(value: object, *, empty: str = "–") -> str:
    if value is None:
        return empty
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=plain)
    return str(plain(value))


def _short(value: object) -> str:
    """A moment to the second, everything else whole."""
    return value.strftime("%Y-%m-%d %H:%M:%S") if isinstance(value, dt.datetime) else _text(value)


def _table(rows: Sequence[Mapping[str, object]], columns: Sequence[tuple[str, str]], title: str) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False, title_style="bold")
    for key, heading in columns:
        numeric = any(
            isinstance(row.get(key), int | float | Decimal) and not isinstance(row.get(key), bool) for row in rows
        )
        table.add_column(heading, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_short(row.get(key))) for key, _ in columns))
    Console(soft_wrap=False).print(table)
