"""SQL over the cells of a file, for the mappings of platform layouts.

`rows_of` cleans each cell once, and reads its amount once; what the mappings say then is short SQL over columns: `cell` is a
cell's text, `number_of` its amount, unknown when it is none, and `amount` its amount, an error when it is none, so that an
expression that is not trusted sets the row aside. `named_rows` does the same under names of our own. `clean` and `as_number`
are for rows that nothing has cleaned: each is written out wherever it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shopkeeper.ingest.plan import Value
from shopkeeper.ingest.values import cleaned, plain_number
from shopkeeper.warehouse.sql import literal, quoted

_WHOLE = r"\d+\.0"  # an identifier that a spreadsheet has made a float


def clean(header: str) -> str:
    """A cell's text without what spreadsheets add to it; NULL when it is blank."""
    return cleaned(f"CAST({quoted(header)} AS VARCHAR)")


def as_number(sql: str) -> str:
    """A cleaned text as an amount; NULL where it is none."""
    return f"TRY_CAST({plain_number(sql)} AS DECIMAL(18,6))"


def rows_of(texts: Iterable[str], amounts: Iterable[str], *more: str, rows: str = "{rows}") -> str:
    """A query over a layout's rows: these cells cleaned, a dash being nothing, the amounts read; `more` are further columns."""
    read = tuple(amounts)
    headers = (*texts, *read)
    cleaned_once = ", ".join(f"{clean(h)} AS {quoted(h)}" for h in headers)
    filled = ", ".join(f"{_filled(h)} AS {quoted(h)}" for h in headers)
    numbers = [f"{as_number(quoted(h))} AS {number_of(h)}" for h in read]
    inner = f"SELECT * REPLACE ({filled}) FROM (SELECT * REPLACE ({cleaned_once}) FROM {rows})"
    return f"SELECT {', '.join(('*', *numbers, *more))} FROM ({inner})"


def named_rows(texts: Mapping[str, str], amounts: Mapping[str, str], rows: str = "{rows}") -> str:
    """`rows_of` under names of our own, the headers left as they are: a name each text, `{name}_text` and `name` each amount."""
    cells = {**texts, **{f"{name}_text": header for name, header in amounts.items()}}
    cleaned_once = ", ".join(f"{clean(header)} AS {name}" for name, header in cells.items())
    filled = ", ".join(f"{_filled(name)} AS {name}" for name in cells)
    numbers = [f"{as_number(f'{name}_text')} AS {name}" for name in amounts]
    inner = f"SELECT * REPLACE ({filled}) FROM (SELECT *, {cleaned_once} FROM {rows})"
    return f"SELECT {', '.join(('*', *numbers))} FROM ({inner})"


def unread(names: Iterable[str]) -> str:
    """The first cell of `named_rows` that should be an amount and is none; NULL when all are, or are blank."""
    return f"coalesce({', '.join(f'CASE WHEN {name} IS NULL THEN {name}_text END' for name in names)})"


def _filled(column: str) -> str:
    name = quoted(column)
    return (
        f"CASE WHEN {name} IN ('-', '--', '—') THEN NULL "
        f"WHEN regexp_full_match({name}, '{_WHOLE}') THEN {name}[:-3] ELSE {name} END"
    )


def cell(header: str) -> str:
    """A cell's cleaned text; NULL when it is blank or a dash."""
    return quoted(header)


def number_of(header: str) -> str:
    """A cell's amount; NULL when it is none."""
    return quoted(f"{header}#")


def amount(header: str) -> str:
    """A cell's amount; NULL when it is blank, an error when it is no number."""
    number, text = number_of(header), cell(header)
    return f"(CASE WHEN {number} IS NULL AND {text} IS NOT NULL THEN CAST({text} AS DECIMAL(18,6)) ELSE {number} END)"


def no_figure_in(*headers: str) -> str:
    """A condition: none of a row's cells under these headers has a figure; it is a note, a second heading or a total."""
    return " AND ".join(
        f"NOT regexp_matches(coalesce(CAST({quoted(header)} AS VARCHAR), ''), '[0-9]')" for header in headers
    )


def any_of(words: Iterable[str]) -> str:
    """The list of an IN condition."""
    return f"({', '.join(literal(word) for word in words)})"


def cases(sql: str, codes: Iterable[tuple[str, Iterable[str]]]) -> str:
    """Ours for theirs; NULL for a word that nobody listed."""
    listed = " ".join(f"WHEN {sql} IN {any_of(theirs)} THEN {literal(ours)}" for ours, theirs in codes)
    return f"CASE {listed} END"


def own(sql: str) -> Value:
    """An expression of ours that cannot fail on a row."""
    return Value(sql=sql, trusted=True)


def text(header: str) -> Value:
    """A cell's cleaned text."""
    return Value(header=header, trusted=True)


def money(sql: str) -> Value:
    """An expression over amounts: the row is set aside when a part of it is no number."""
    return Value(sql=sql)
