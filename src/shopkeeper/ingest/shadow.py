"""A second state of the warehouse beside the first: temporary tables that stand in for the lake's, compared and brought over.

A temporary name is looked up first, so what loads files into the lake loads them into a stand-in, by the same statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from shopkeeper.warehouse.lake import Lake
from shopkeeper.warehouse.model import COMMERCE_TABLES, TABLES, Table
from shopkeeper.warehouse.shop import Shop
from shopkeeper.warehouse.sql import literal

_VERDICTS = "replay_verdicts_"


@dataclass(frozen=True)
class TableChange:
    """What becomes of the rows of one table."""

    table: str
    inserted: int
    updated: int
    deleted: int

    @property
    def rows(self) -> int:
        """Rows that differ."""
        return self.inserted + self.updated + self.deleted


@contextmanager
def standing_in(
    connection: duckdb.DuckDBPyConnection, tables: Iterable[str], without_files: Sequence[str]
) -> Iterator[None]:
    """Stand-ins for tables, holding the lake's rows that did not come from these files; gone afterwards, whatever happens."""
    names = list(tables)
    hashes = ", ".join(literal(file_hash) for file_hash in without_files)
    try:
        for name in names:
            connection.execute(
                f"CREATE TEMP TABLE {name} AS SELECT * FROM lake.main.{name} WHERE file_hash NOT IN ({hashes})"
            )
        yield
    finally:
        remove(connection, names)


def remove(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> None:
    """Let the lake's own tables be seen again."""
    for name in tables:
        connection.execute(f"DROP TABLE IF EXISTS temp.main.{name}")
        connection.execute(f"DROP TABLE IF EXISTS temp.main.{_VERDICTS}{name}")


def keep_referenced(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> None:
    """Give stand-ins of dimensions back the rows that no file names any more but some row still refers to."""
    for name in tables:
        table = COMMERCE_TABLES[name]
        if table.kind != "dimension" or len(table.key) != 1:
            continue
        key = table.key[0]
        lost = f"FROM lake.main.{name} o ANTI JOIN temp.main.{name} n ON n.{key} = o.{key}"
        if connection.execute(f"SELECT 1 {lost} LIMIT 1").fetchone() is None:
            continue
        named = " UNION ALL ".join(
            f"SELECT {key} FROM {other.name}" for other in COMMERCE_TABLES.values()
            if key in other.column_names and other.name != name
        )  # fmt: skip
        if named:
            connection.execute(f"INSERT INTO temp.main.{name} SELECT o.* {lost} WHERE o.{key} IN ({named})")


def compare(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> tuple[TableChange, ...]:
    """What differs between each stand-in and its table of the lake, in what the rows say; noted beside the stand-ins."""
    changes = []
    for name in tables:
        table = COMMERCE_TABLES[name]
        facts = [column for column in table.column_names if column not in table.key]
        differs = " OR ".join(["n.load_id IS NULL", "o.load_id IS NULL",
                               *(f'n."{column}" IS DISTINCT FROM o."{column}"' for column in facts)])  # fmt: skip
        keys = ", ".join(f'coalesce(n."{column}", o."{column}") AS "{column}"' for column in table.key)
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {_VERDICTS}{name} AS SELECT {keys}, CASE WHEN o.load_id IS NULL THEN 'inserted' "
            f"WHEN n.load_id IS NULL THEN 'deleted' ELSE 'updated' END AS verdict "
            f"FROM temp.main.{name} n FULL JOIN lake.main.{name} o ON {_joined(table, 'n', 'o')} WHERE {differs}"
        )
        found = dict(
            connection.execute(f"SELECT verdict, count(*) FROM {_VERDICTS}{name} GROUP BY 1").fetchall()
        )  # fmt: skip
        if found:
            changes.append(
                TableChange(name, *(found.get(verdict, 0) for verdict in ("inserted", "updated", "deleted")))
            )
    return tuple(changes)


def brought_by_file(
    connection: duckdb.DuckDBPyConnection, changes: Iterable[TableChange]
) -> dict[tuple[str, str], int]:
    """(File hash, table) → rows of the file that are new or changed."""
    brought: dict[tuple[str, str], int] = {}
    for change in changes:
        table = COMMERCE_TABLES[change.table]
        rows = connection.execute(
            f"SELECT n.file_hash, count(*) FROM temp.main.{table.name} n JOIN {_VERDICTS}{table.name} v "
            f"ON {_joined(table, 'n', 'v')} GROUP BY 1"
        ).fetchall()
        brought |= {(file_hash, table.name): count for file_hash, count in rows}
    return brought


def bring_over(connection: duckdb.DuckDBPyConnection, changes: Iterable[TableChange], load_id: str) -> None:
    """Make the lake's tables say what the stand-ins say, inside the running transaction; equal rows stay untouched."""
    for change in changes:
        table = COMMERCE_TABLES[change.table]
        name, verdicts = table.name, f"{_VERDICTS}{table.name}"
        picked = f"SELECT n.* FROM temp.main.{name} n JOIN {verdicts} v ON {_joined(table, 'n', 'v')} WHERE v.verdict ="
        if change.deleted:
            connection.execute(
                f"DELETE FROM lake.main.{name} t USING {verdicts} v WHERE v.verdict = 'deleted' AND {_joined(table, 't', 'v')}"
            )
        if change.updated:
            facts = [column for column in table.column_names if column not in table.key]
            sets = ", ".join(f'"{column}" = s."{column}"' for column in (*facts, "file_hash", "source_line"))
            connection.execute(
                f"UPDATE lake.main.{name} t SET {sets}, load_id = {literal(load_id)} FROM ({picked} 'updated') s "
                f"WHERE {_joined(table, 't', 's')}"
            )
        if change.inserted:
            listed = ", ".join(f'"{column}"' for column in table.column_names)
            connection.execute(
                f"INSERT INTO lake.main.{name} ({listed}, load_id, file_hash, source_line) "
                f"SELECT {listed}, {literal(load_id)}, file_hash, source_line FROM ({picked} 'inserted')"
            )


def _joined(table: Table, left: str, right: str) -> str:
    return " AND ".join(f'{left}."{column}" = {right}."{column}"' for column in table.key)


class _Uncommitted(Lake):
    """The lake as the write transaction that this thread has open sees it: reading opens none of its own."""

    def __init__(self, lake: Lake, number: int) -> None:
        self.__dict__.update(lake.__dict__)
        self._number = number
        self.uncommitted = True

    def snapshot(self) -> int:
        """Number that the snapshot would have."""
        return self._number

    @contextmanager
    def reading(self) -> Iterator[int]:
        """The open transaction is the one snapshot."""
        yield self._number

    def query(self, sql: str, parameters: Sequence[object] | None = None) -> duckdb.DuckDBPyConnection:
        """Run one reading statement; the catalog does not know yet which tables have files, so the rows tell."""
        if "ducklake_table_info" in sql:
            sql = " UNION ALL ".join(f"SELECT '{t}' AS table_name WHERE EXISTS (SELECT 1 FROM {t})" for t in TABLES)
        return super().query(sql, parameters)


def uncommitted(shop: Shop, snapshot: int, load_id: str) -> Shop:
    """The shop inside its open write transaction, to compute on; its folder is a name that no cache knows."""
    return replace(shop, folder=Path(load_id), lake=_Uncommitted(shop.lake, snapshot))
