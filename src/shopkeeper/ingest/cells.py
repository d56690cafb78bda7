"""SQL over the cells of a file, for the mappings of platform layouts.

`rows_of` cleans each cell once, and reads its amount once; what the mappings say then is short SQL over columns: `cell` is a
cell's text, `number_of` its amount, unknown when it is none, and `amount` its amount, an error when it is none, so that an
expression that is not trusted sets the row aside.
"""

from __future__ import annotations

from collections.abc import Iterable

from shopkeeper.ingest.plan import Value
from shopkeeper.ingest.values import cleaned, literal, plain_number, quoted


def rows_of(texts: Iterable[str], amounts: Iterable[str], *more: str, rows: str = "{rows}") -> str:
    """A query over a layout's rows: these cells cleaned, a dash being nothing, the amounts read; `more` are further columns."""
    read = tuple(amounts)
    headers = (*texts, *read)
    clean = ", ".join(f"{cleaned(f'CAST({quoted(h)} AS VARCHAR)')} AS {quoted(h)}" for h in headers)
    filled = ", ".join(
        f"CASE WHEN {quoted(h)} IN ('-', '--', '—') THEN NULL "
        f"WHEN regexp_full_match({quoted(h)}, '\\d+\\.0') THEN {quoted(h)}[:-3] ELSE {quoted(h)} END AS {quoted(h)}"
        for h in headers
    )
    numbers = [f"TRY_CAST({plain_number(quoted(h))} AS DECIMAL(18,6)) AS {number_of(h)}" for h in read]
    inner = f"SELECT * REPLACE ({filled}) FROM (SELECT * REPLACE ({clean}) FROM {rows})"
    return f"SELECT {', '.join(('*', *numbers, *more))} FROM ({inner})"


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
