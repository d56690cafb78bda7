"""What a table's columns hold, seen without being told: one statement profiles every column, one more every pair.

Works on any table or view of a DuckDB connection, typed or all text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from shopkeeper.quality.lookups import MIN_GROUP
from shopkeeper.quality.rule import PLACEHOLDERS
from shopkeeper.warehouse.sql import listed, literal, quoted

SAMPLE_ROWS = 500_000
"""Rows that a profile looks at; rules are then counted on all rows."""
PAIR_ROWS = 50_000
TOP = 60
_CLASSES = ((r"\p{Lu}", "A"), (r"\p{Ll}", "a"), (r"[\p{Lo}\p{Lm}]", "字"), ("[0-9]", "9"))
LINEAGE = ("load_id", "file_hash", "source_line")

# A number with what may be written around it: currency in front, a unit behind.
_NUMBER = r"^\s*([¥￥$€£]?)\s*[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?\s*([^0-9]{0,24}?)\s*$"


@dataclass(frozen=True)
class Counted:
    """A value, shape or unit and the rows that have it."""

    text: str
    rows: int


@dataclass(frozen=True)
class ColumnProfile:
    """One column. Lists hold the most frequent first; `shapes` write letters as A, a or 字 and digits as 9, runs as one."""

    name: str
    type: str
    rows: int
    filled: int
    distinct: int
    min: str | None
    max: str | None
    longest: int
    placeholders: int
    numbers: int
    quantiles: tuple[float, ...]
    """1 %, 25 %, 50 %, 75 % and 99 % of the cells that are numbers."""
    top: tuple[Counted, ...]
    shapes: tuple[Counted, ...]
    exact_shapes: tuple[Counted, ...]
    units: tuple[Counted, ...]

    @property
    def null_share(self) -> float:
        """Share of rows with nothing written."""
        return 1 - self.filled / self.rows if self.rows else 0.0

    @property
    def said(self) -> int:
        """Rows that hold a value and not a word for nothing."""
        return self.filled - self.placeholders


def profile(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[ColumnProfile, ...]:
    """Every column of a table or view, by one statement over at most half a million of its rows."""
    columns = _columns(connection, table)
    if not columns:
        return ()
    groups = [
        f"g{i} AS (SELECT nullif(trim(CAST({quoted(name)} AS VARCHAR)), '') AS v, count(*) AS n FROM s GROUP BY 1)"
        for i, (name, _) in enumerate(columns)
    ]
    sampled = (
        f"s AS MATERIALIZED (SELECT * FROM {quoted(table)} USING SAMPLE reservoir({SAMPLE_ROWS} ROWS) REPEATABLE (1))"
    )
    parts = [_summary(i) for i in range(len(columns))]
    rows = connection.execute(f"WITH {', '.join([sampled, *groups])} {' UNION ALL '.join(parts)} ORDER BY 1").fetchall()
    return tuple(
        ColumnProfile(
            name, type_, int(row[1]), int(row[2]), row[3], row[4], row[5], row[6] or 0, int(row[7]), int(row[8]),
            tuple(row[9] or ()), *(tuple(Counted(c["v"], int(c["n"])) for c in found or ()) for found in row[10:]),
        )
        for (name, type_), row in zip(columns, rows, strict=True)
    )  # fmt: skip


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str]]:
    described = connection.execute(f"DESCRIBE {quoted(table)}").fetchall()
    return [(name, type_) for name, type_, *_ in described if name not in LINEAGE]


def _summary(i: int) -> str:
    """SELECT of one column's profile from its distinct values and their counts."""
    exact = "v"
    for letters, sign in _CLASSES:
        exact = f"regexp_replace({exact}, '{letters}', '{sign}', 'g')"
    runs = exact
    for _, sign in _CLASSES:
        runs = f"regexp_replace({runs}, '{sign}+', '{sign}', 'g')"
    real = f"v IS NOT NULL AND lower(v) NOT IN ({listed(PLACEHOLDERS)})"
    number = f"regexp_full_match(v, {literal(_NUMBER)})"
    unit = f"regexp_extract(v, {literal(_NUMBER)}, 1) || '#' || regexp_extract(v, {literal(_NUMBER)}, 2)"

    def ranked(what: str, where: str) -> str:
        return (
            f"(SELECT list({{'v': x, 'n': m}} ORDER BY m DESC, x) FROM (SELECT {what} AS x, sum(n) AS m FROM g{i} "
            f"WHERE {where} GROUP BY 1 ORDER BY m DESC, x LIMIT {TOP}))"
        )

    return (
        f"SELECT {i}, coalesce(sum(n), 0), coalesce(sum(n) FILTER (WHERE v IS NOT NULL), 0), count(v), min(v), max(v), "
        f"max(length(v)), "
        f"coalesce(sum(n) FILTER (WHERE lower(v) IN ({listed(PLACEHOLDERS)})), 0), "
        f"coalesce(sum(n) FILTER (WHERE {real} AND {number}), 0), "
        "quantile_cont(TRY_CAST(v AS DOUBLE), [0.01, 0.25, 0.5, 0.75, 0.99]), "
        f"{ranked('v', 'v IS NOT NULL')}, {ranked(f'left({runs}, 80)', real)}, {ranked(f'left({exact}, 80)', real)}, "
        f"{ranked(unit, f'{real} AND {number}')} FROM g{i}"
    )


@dataclass(frozen=True)
class Pair:
    """How far one column determines another, over groups of at least three rows."""

    by: str
    column: str
    rows: int
    agreeing: int
    elsewhere: int
    """Rows in groups whose most frequent value is not the most frequent one of the whole column."""

    @property
    def confidence(self) -> float:
        """Share of rows that have the most frequent value of their group."""
        return self.agreeing / self.rows if self.rows else 0.0


def pairs(connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[ColumnProfile]) -> tuple[Pair, ...]:
    """Every ordered pair of columns that could depend on each other, by one statement."""
    by = [c for c in columns if MIN_GROUP <= MIN_GROUP * c.distinct <= c.filled and c.distinct > 1]
    of = [c for c in columns if c.distinct > 1 and c.top]
    arms = [
        _pair(a.name, b.name, b.top[0].text) for a in by for b in of if a.name != b.name and 2 * b.distinct <= b.filled
    ]
    if not arms:
        return ()
    sampled = (
        f"s AS MATERIALIZED (SELECT * FROM {quoted(table)} USING SAMPLE reservoir({PAIR_ROWS} ROWS) REPEATABLE (1))"
    )
    rows = connection.execute(f"WITH {sampled} {' UNION ALL '.join(arms)}").fetchall()
    return tuple(Pair(a, b, int(n or 0), int(m or 0), int(e or 0)) for a, b, n, m, e in rows)


def _pair(a: str, b: str, usual: str) -> str:
    counted = f"SELECT {quoted(a)} AS a, trim(CAST({quoted(b)} AS VARCHAR)) AS b, count(*) AS n FROM s "
    counted += f"WHERE {quoted(a)} IS NOT NULL AND {quoted(b)} IS NOT NULL GROUP BY 1, 2"
    groups = f"SELECT sum(n) AS n, max(n) AS m, arg_max(b, n) AS major FROM ({counted}) GROUP BY a HAVING sum(n) >= {MIN_GROUP}"
    return f"SELECT {literal(a)}, {literal(b)}, sum(n), sum(m), sum(n) FILTER (WHERE major <> {literal(usual)}) FROM ({groups})"
