"""The catalog keeps the smallest and largest value of every column: after an erasure they must not be somebody's key."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from shopkeeper.errors import WarehouseBusy
from shopkeeper.warehouse.lake import Lake
from shopkeeper.warehouse.personal import SAYINGS
from shopkeeper.warehouse.sql import listed, literal

_LONG = 6
"""From how many characters on a word is sought within others."""
_TABLES = ("ducklake_table_column_stats", "ducklake_file_column_stats")


def forget_values(lake: Lake, data_dir: Path, words: Iterable[str]) -> None:
    """Take values out of the catalog's statistics: without a bound nothing is skipped by it, and nothing is wrong.

    A SQLite catalog is also packed anew, so that its free pages hold nothing. Raises WarehouseBusy while another
    process reads it.
    """
    known = sorted(set(words))
    # a session's id may hold a device's
    within = "".join(
        f" OR replace({{bound}}, {literal(word)}, '') <> {{bound}}" for word in known if len(word) >= _LONG
    )
    changes = [
        f"UPDATE {{schema}}{table} SET {bound} = NULL WHERE {bound} IN ({listed(known)}){within.replace('{bound}', bound)}"
        for table in _TABLES
        for bound in ("min_value", "max_value")
    ]
    # of what people wrote, the first and last texts stand here whole
    telling = listed(f"{table}.{column}" for table, columns in SAYINGS.items() for column in columns)
    changes.append(
        "UPDATE {schema}ducklake_table_column_stats SET min_value = NULL, max_value = NULL WHERE (table_id, column_id) IN "
        "(SELECT c.table_id, c.column_id FROM {schema}ducklake_column c JOIN {schema}ducklake_table t "
        f"ON t.table_id = c.table_id WHERE t.table_name || '.' || c.column_name IN ({telling}))"
    )
    path = data_dir / "catalog.sqlite"
    if not path.exists():
        for change in changes:
            lake.query(change.replace("{schema}", f"{lake.catalog_schema}."))
        return
    lake.forget_cursors()
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as connection:
        for change in changes:
            connection.execute(change.replace("{schema}", ""))
        connection.commit()
    vacuum(path)


def vacuum(path: Path) -> None:
    """Write a SQLite file anew without its free pages, and empty its write-ahead log."""
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as connection:
        try:
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("VACUUM")
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError as error:
            busy = (str(error),)
    if busy and busy[0]:
        raise WarehouseBusy(
            "a file cannot be packed while another process reads it", where=str(path), received=busy[0],
            state="rows are rewritten; free pages of this file may still hold what was deleted",
            next_command="stop the server, then run the same command again",
        )  # fmt: skip
