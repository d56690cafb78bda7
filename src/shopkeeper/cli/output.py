"""How a reading command prints: a table for people, JSON by the contract, CSV for spreadsheets."""

from __future__ import annotations

import csv
import datetime as dt
import json
import math
import re
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from rich.console import Console

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


_GAP = 3
"""Columns of a terminal between two columns of a table."""

_LONGEST_WORD = 28
"""Longer words, of a path or an expression, may be broken."""

_IN_A_LINE = 32
"""In a record, a column with longer values stands on a line of its own."""

_FIGURE = re.compile(r"[–−+-]?[\d.,]*%?")


def _table(rows: Sequence[Mapping[str, object]], columns: Sequence[tuple[str, str]], title: str) -> None:
    """A table where every word fits its column, else a record a row: a column of slivers cannot be read."""
    from rich.console import Console

    console = Console(soft_wrap=False)
    texts = [[_short(row.get(key)) for key, _ in columns] for row in rows]
    if _natural([heading for _, heading in columns], texts) > console.width - 2:  # columns that say nothing make room
        kept = [n for n in range(len(columns)) if any(row[n] not in ("", "–") for row in texts)]
        columns = [columns[n] for n in kept] or columns
        texts = [[_short(row.get(key)) for key, _ in columns] for row in rows]
    widths = _widths([heading for _, heading in columns], texts, console.width - 2)
    if widths is None:
        _records(console, [heading for _, heading in columns], texts, title)
        return
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False, title_style="bold")
    for (_, heading), width, numeric in zip(columns, widths, _numeric(rows, columns), strict=True):
        table.add_column(heading, justify="right" if numeric else "left", overflow="fold", width=width)
    for cells in texts:
        table.add_row(*(Text(cell) for cell in cells))
    console.print(table)


def _numeric(rows: Sequence[Mapping[str, object]], columns: Sequence[tuple[str, str]]) -> list[bool]:
    numbers = (int, float, Decimal)
    return [
        any(isinstance(row.get(key), numbers) and not isinstance(row.get(key), bool) for row in rows)
        for key, _ in columns
    ]


def _widths(headings: Sequence[str], texts: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """Widths that fit the room without breaking a word, the widest columns narrowed first; None when there are none.

    >>> _widths(["rule", "says"], [["a", "two words"]], 80), _widths(["rule", "says"], [["a", "two words"]], 12)
    ([4, 9], [4, 5])
    >>> _widths(["rule", "says"], [["a", "two words"]], 10) is None
    True
    """
    from rich.cells import cell_len

    cells = [[heading, *(row[n] for row in texts)] for n, heading in enumerate(headings)]
    least = [
        max((min(cell_len(part), _LONGEST_WORD) for text in column for part in text.split()), default=1)
        for column in cells
    ]
    widths = [max(cell_len(line) for text in column for line in text.splitlines() or [""]) for column in cells]
    room -= _GAP * (len(cells) - 1)
    if sum(least) > room:
        return None
    while sum(widths) > room:
        widest = max((n for n in range(len(cells)) if widths[n] > least[n]), key=lambda n: widths[n])
        widths[widest] -= 1
    return [max(width, 1) for width in widths]


def _natural(headings: Sequence[str], texts: Sequence[Sequence[str]]) -> int:
    """Terminal columns that a table takes when nothing is wrapped."""
    from rich.cells import cell_len

    widths = [
        max(cell_len(text) for text in (heading, *(row[n] for row in texts))) for n, heading in enumerate(headings)
    ]
    return sum(widths) + _GAP * (len(widths) - 1)


def _records(console: Console, headings: Sequence[str], texts: Sequence[Sequence[str]], title: str) -> None:
    """One record a row: what names it, then its figures in a line, then what is long under its own heading."""
    from rich.padding import Padding
    from rich.text import Text

    columns = [[row[n] for row in texts] for n in range(len(headings))]
    naming = next(
        (n for n, column in enumerate(columns) if all(_FIGURE.fullmatch(cell) for cell in column)), len(columns)
    )
    naming = max(min(naming, 3), 1)
    long = [max(map(len, column)) > _IN_A_LINE for column in columns]
    if title:
        console.print(Text(title, style="bold"))
    for cells in texts:
        told = [n for n in range(naming, len(cells)) if cells[n] not in ("", "–")]
        figures = " · ".join(f"{headings[n]} {cells[n]}" for n in told if not long[n])
        lines = [figures] if figures else []
        lines += [f"{headings[n]}: {cells[n]}" for n in told if long[n]]
        console.print(Text(" · ".join(cell for cell in cells[:naming] if cell), style="bold"))
        for line in lines:
            console.print(Padding(Text(line), (0, 0, 0, 2), expand=False))
    console.print()
