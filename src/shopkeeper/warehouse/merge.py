"""Bring staged rows into a table by its natural key: new rows are inserted, changed ones replaced, equal ones left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import duckdb

from shopkeeper.errors import InternalError
from shopkeeper.warehouse.model import Table

Keep = Literal["none", "mapped", "all"]


@dataclass(frozen=True)
class Merged:
    """What became of the staged rows, by the number of their file."""

    loaded: dict[int, int]
    unchanged: dict[int, int]


def merge(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    staged: str,
    provided: Sequence[str],
    load_id: str,
    files: dict[int, str],
    *,
    keep: Keep = "none",
) -> Merged:
    """Merge a temp table into the lake inside the running transaction.

    Args:
        connection: the cursor that holds the transaction and the temp table.
        table: the target; `staged` has at most one row a key, and no key column is NULL.
        staged: temp table with the provided columns, `file_no` and `source_line`.
        provided: columns that the rows speak for; others are NULL in new rows and stay as they are in existing ones.
        load_id: recorded in every row written.
        files: number → hash of the files that the rows come from.
            A dimension's row without a line never overwrites one that has a line.
        keep: "mapped" leaves existing rows that came from a line of a file (derived rows have none); "all" leaves every one.

    Before → after, key (order_id), provided (status):
        lake  A paid 10 · B paid 20      staged  A paid · B closed · C paid
        lake  A paid 10 · B closed 20 · C paid NULL      loaded 2, unchanged 1
    """
    total = _by_file(connection, staged)
    if connection.execute(f"SELECT 1 FROM {table.name} LIMIT 1").fetchone() is None:
        _insert(connection, table, staged, provided, load_id, files)
        return Merged(total, {})
    classified = f"{staged}_verdicts"
    _classify(connection, table, staged, provided, keep, classified)
    try:
        verdicts = connection.execute(f"SELECT verdict, file_no, count(*) FROM {classified} GROUP BY ALL").fetchall()
        counts: dict[str, dict[int, int]] = {"new": {}, "changed": {}, "same": {}}
        for verdict, file_no, number in verdicts:
            counts[verdict][file_no] = number
        if counts["changed"]:
            _replace(connection, table, staged, classified, provided, load_id, files)
        if counts["new"]:
            picked = staged if not (counts["changed"] or counts["same"]) else (
                f"(SELECT s.* FROM {staged} s WHERE s.rowid IN (SELECT row_no FROM {classified} WHERE verdict = 'new'))"
            )  # fmt: skip
            _insert(connection, table, picked, provided, load_id, files)
    finally:
        connection.execute(f"DROP TABLE IF EXISTS {classified}")
    loaded = {n: counts["new"].get(n, 0) + counts["changed"].get(n, 0) for n in total}
    merged = Merged(loaded, counts["same"])
    if any(loaded[n] + merged.unchanged.get(n, 0) != total[n] for n in total):
        raise InternalError(
            "a merge lost count of its rows", where=table.name, received=f"{merged}", allowed=f"{total}",
            state="nothing was changed", next_command="report this",
        )  # fmt: skip
    return merged


def file_hash_sql(files: dict[int, str], file_no: str = "file_no") -> str:
    """SQL that turns a file's number into its hash; numbers keep staged rows small."""
    if len(set(files.values())) == 1:
        return f"'{next(iter(files.values()))}'"
    cases = " ".join(f"WHEN {number} THEN '{digest}'" for number, digest in files.items())
    return f"CASE {file_no} {cases} END"


def _by_file(connection: duckdb.DuckDBPyConnection, staged: str) -> dict[int, int]:
    return {
        int(n): int(c) for n, c in connection.execute(f"SELECT file_no, count(*) FROM {staged} GROUP BY 1").fetchall()
    }


def _insert(
    connection: duckdb.DuckDBPyConnection, table: Table, source: str, provided: Sequence[str], load_id: str,
    files: dict[int, str],
) -> None:  # fmt: skip
    names = ", ".join(f'"{name}"' for name in provided)
    connection.execute(
        f"INSERT INTO {table.name} ({names}, load_id, file_hash, source_line) "
        f"SELECT {names}, '{load_id}', {file_hash_sql(files)}, source_line FROM {source}"
    )


def _classify(
    connection: duckdb.DuckDBPyConnection, table: Table, staged: str, provided: Sequence[str], keep: Keep, name: str
) -> None:
    """One row a staged row: new, changed or same. A day that is part of the key lets the lake skip other months."""
    facts = [column for column in provided if column not in table.key]
    same = " AND ".join(f't."{column}" IS NOT DISTINCT FROM s."{column}"' for column in facts) or "true"
    if keep == "all":
        same = "true"
    elif keep == "mapped":
        same = f"(t.source_line IS NOT NULL OR ({same}))"
    elif table.kind == "dimension":  # a name that somebody wrote outlives what a layout says of every shop
        same = f"(t.source_line IS NOT NULL AND s.source_line IS NULL OR ({same}))"
    bounds = ""
    if table.day in table.key:
        bounds = (
            f'WHERE "{table.day}" BETWEEN (SELECT min("{table.day}") FROM {staged}) '
            f'AND (SELECT max("{table.day}") FROM {staged})'
        )
    columns = ", ".join(f'"{column}"' for column in dict.fromkeys((*table.key, *facts)))
    joined = " AND ".join(f't."{column}" = s."{column}"' for column in table.key)
    connection.execute(
        f"CREATE TEMP TABLE {name} AS SELECT s.rowid AS row_no, s.file_no, "
        f"CASE WHEN t.found IS NULL THEN 'new' WHEN {same} THEN 'same' ELSE 'changed' END AS verdict "
        f"FROM {staged} s LEFT JOIN (SELECT {columns}, source_line, true AS found FROM {table.name} {bounds}) t ON {joined}"
    )


def _replace(
    connection: duckdb.DuckDBPyConnection, table: Table, staged: str, classified: str, provided: Sequence[str],
    load_id: str, files: dict[int, str],
) -> None:  # fmt: skip
    facts = [column for column in provided if column not in table.key]
    sets = ", ".join(
        [*(f'"{column}" = s."{column}"' for column in facts), f"load_id = '{load_id}'",
         f"file_hash = {file_hash_sql(files, 's.file_no')}", "source_line = s.source_line"]
    )  # fmt: skip
    joined = " AND ".join(f't."{column}" = s."{column}"' for column in table.key)
    connection.execute(
        f"UPDATE {table.name} t SET {sets} FROM (SELECT s.* FROM {staged} s "
        f"WHERE s.rowid IN (SELECT row_no FROM {classified} WHERE verdict = 'changed')) s WHERE {joined}"
    )
