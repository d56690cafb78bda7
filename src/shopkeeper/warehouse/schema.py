"""Bring a lake to the commerce model of this version: make what is missing, migrate what has changed, refuse the rest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass

import duckdb

from shopkeeper.errors import InternalError
from shopkeeper.warehouse.lake import Lake
from shopkeeper.warehouse.model import TABLES, Table

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Migration:
    """One numbered change that cannot be read off the model, such as a renamed column."""

    version: int
    name: str
    apply: Callable[[duckdb.DuckDBPyConnection], None]


MIGRATIONS: tuple[Migration, ...] = ()


def model_digest() -> str:
    """A digest of every table, column, type and comment: equal digests need no look at the lake's tables."""
    content = [
        [t.name, t.comment, t.day, [[c.name, c.sql_type, c.required, c.comment, c.unit] for c in t.all_columns]]
        for t in TABLES.values()
    ]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()[:16]


def ensure_schema(lake: Lake, *, author: str = "shopkeeper") -> bool:
    """Make the lake carry the model; returns whether anything was changed. One transaction, so never half done.

    Raises InternalError when the lake was written by a newer version, or when a declared type differs from the stored one.
    """
    version, digest = _state(lake)
    if version > SCHEMA_VERSION:
        raise InternalError(
            "this warehouse was written by a newer version of Shopkeeper",
            where=str(lake.data_dir),
            received=f"schema {version}",
            allowed=f"up to schema {SCHEMA_VERSION}",
            state="nothing was changed",
            next_command="install the newer version",
        )
    if version == SCHEMA_VERSION and digest == model_digest():
        return False
    with lake.writing(author, f"schema {SCHEMA_VERSION}"):
        if _state(lake) == (SCHEMA_VERSION, model_digest()):  # another process was first
            return False
        connection = lake.connection
        for migration in MIGRATIONS:
            if migration.version > version > 0:
                migration.apply(connection)
        existing = _stored_columns(connection)
        for table in TABLES.values():
            if table.name not in existing:
                _create(connection, table)
            else:
                _extend(connection, table, existing[table.name])
        if "schema_log" not in existing:
            connection.execute(
                "CREATE TABLE schema_log (version INTEGER, digest VARCHAR, applied_at TIMESTAMP WITH TIME ZONE, author VARCHAR)"
            )
        connection.execute("INSERT INTO schema_log VALUES (?, ?, now(), ?)", [SCHEMA_VERSION, model_digest(), author])
    return True


def shadows_of_missing(lake: Lake) -> tuple[str, ...]:
    """Temporary views that give a snapshot of an earlier model the tables and columns it lacks, empty.

    Statements for each cursor of a lake opened at that snapshot; a temporary name is looked up first.
    """
    stored = _stored_columns(lake.connection)
    statements = []
    for table in TABLES.values():
        lacking = [c for c in table.all_columns if c.name not in stored.get(table.name, {})]
        if not lacking:
            continue
        empty = ", ".join(f'CAST(NULL AS {c.sql_type}) AS "{c.name}"' for c in lacking)
        source = (
            f"SELECT *, {empty} FROM lake.main.{table.name}" if table.name in stored else f"SELECT {empty} WHERE false"
        )
        statements.append(f"CREATE OR REPLACE TEMP VIEW {table.name} AS {source}")
    return tuple(statements)


def _state(lake: Lake) -> tuple[int, str]:
    try:
        row = lake.connection.execute(
            "SELECT version, digest FROM lake.main.schema_log ORDER BY applied_at DESC LIMIT 1"
        ).fetchone()
    except duckdb.CatalogException:  # a new lake
        return 0, ""
    return (int(row[0]), str(row[1])) if row else (0, "")


def _stored_columns(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    rows = connection.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE database_name = 'lake' AND NOT internal"
    ).fetchall()
    stored: dict[str, dict[str, str]] = {}
    for table_name, column_name, data_type in rows:
        stored.setdefault(table_name, {})[column_name] = data_type
    return stored


def _create(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    columns = ", ".join(f'"{c.name}" {c.sql_type}{" NOT NULL" if c.required else ""}' for c in table.all_columns)
    connection.execute(f"CREATE TABLE {table.name} ({columns})")
    if table.day and table.kind == "fact":
        connection.execute(f"ALTER TABLE {table.name} SET PARTITIONED BY (year({table.day}), month({table.day}))")
    _comment(connection, table)


def _comment(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    connection.execute(f"COMMENT ON TABLE {table.name} IS '{table.comment.replace(chr(39), chr(39) * 2)}'")
    for column in table.all_columns:
        described = f"{column.comment} [{column.unit}]" if column.unit else column.comment
        connection.execute(
            f"COMMENT ON COLUMN {table.name}.\"{column.name}\" IS '{described.replace(chr(39), chr(39) * 2)}'"
        )


def _extend(connection: duckdb.DuckDBPyConnection, table: Table, stored: dict[str, str]) -> None:
    for column in table.all_columns:
        if column.name not in stored:
            connection.execute(f'ALTER TABLE {table.name} ADD COLUMN "{column.name}" {column.sql_type}')
        elif stored[column.name] != column.sql_type:
            raise InternalError(
                "a stored column has another type than this version declares",
                where=f"{table.name}.{column.name}",
                received=stored[column.name],
                allowed=column.sql_type,
                state="nothing was changed",
                next_command="report this: a numbered migration is missing",
            )
    _comment(connection, table)
