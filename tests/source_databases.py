"""The same small ERP table on each kind of database, for tests of sources that are pulled. This file is a pytest plugin.

database: SourceDatabase — `database.run("DELETE FROM sold WHERE id = 1")`, and `database.entry` for shopkeeper.toml.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.mariadb_server import in_mariadb

KINDS = [
    "sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgresql")),
    pytest.param("mysql", marks=pytest.mark.needs("mariadb")),
]  # fmt: skip
_TYPES = {
    "sqlite": "id INTEGER PRIMARY KEY, order_no TEXT, line INTEGER, sku TEXT, name TEXT, qty NUMERIC, paid TEXT, "
    "brushed INTEGER, made TEXT, changed TEXT",
    "postgres": "id BIGINT PRIMARY KEY, order_no TEXT, line INT, sku TEXT, name TEXT, qty NUMERIC, paid NUMERIC(18,4), "
    "brushed BOOLEAN, made TIMESTAMPTZ, changed TIMESTAMP",
    "mysql": "id BIGINT UNSIGNED PRIMARY KEY, order_no VARCHAR(40) COLLATE utf8mb4_bin, line INT, sku VARCHAR(40), "
    "name VARCHAR(80), qty DECIMAL(65,3), paid DECIMAL(18,4), brushed BOOLEAN, made TIMESTAMP NULL, changed DATETIME(6)",
}
MAPPING = """
[source.order_lines]
order_id = "order_no"
line_no = "line"
sku_id = "sku"
ordered_at = "made"
quantity = "qty"
payable_amount = "paid"
is_brushing = "brushed"
"""


@dataclass(frozen=True)
class SourceDatabase:
    """One database with the table `sold`, and how shopkeeper.toml names it."""

    kind: str
    connection: str
    execute: Callable[..., None]

    def run(self, *statements: str) -> None:
        """Run statements, each committed."""
        self.execute(*statements)

    def entry(self, *settings: str, name: str = "erp", mapping: str = MAPPING) -> str:
        """The `[[source]]`; `settings` are further lines. It reads `table = "sold"` unless they say otherwise."""
        asks = "" if any(one.startswith(("table", "query")) for one in settings) else 'table = "sold"\n'
        head = f'[[source]]\nname = "{name}"\nkind = "{self.kind}"\nconnection = "{self.connection}"\n{asks}'
        return head + "\n".join(settings) + mapping

    def moment(self, text: str) -> str:
        """A literal of Shanghai's clock for `made`."""
        return f"TIMESTAMPTZ '{text}+08'" if self.kind == "postgres" else f"'{text}'"

    def add(
        self, number: int, order: str, line: int, paid: str, changed: str, made: str = "2024-03-01 09:00:00"
    ) -> None:
        """Add one line."""
        gift = {"postgres": "false"}.get(self.kind, "0")
        self.run(
            "INSERT INTO sold (id, order_no, line, sku, name, qty, paid, brushed, made, changed) VALUES "
            f"({number}, '{order}', {line}, 'mug', '兰亭茶杯', 1, '{paid}', {gift}, {self.moment(made)}, '{changed}')"
        )


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> SourceDatabase:
    """An empty table `sold` on each kind of database."""
    return made_database(request.param, request, tmp_path)


def made_database(kind: str, request: pytest.FixtureRequest, folder: Path) -> SourceDatabase:
    """An empty table `sold` on this kind of database."""
    if kind == "sqlite":
        path = folder / "erp.sqlite"

        def in_sqlite(*statements: str) -> None:
            with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=20)) as connection:
                for statement in statements:
                    connection.execute(statement)

        found = SourceDatabase(kind, str(path), in_sqlite)
        found.run("PRAGMA journal_mode = WAL")
    elif kind == "postgres":
        import psycopg

        url: str = request.getfixturevalue("new_postgres_database")()

        def in_postgres(*statements: str) -> None:
            with psycopg.connect(url, autocommit=True) as connection:
                for statement in statements:
                    connection.execute(statement.encode())

        found = SourceDatabase(kind, url, in_postgres)
    else:
        url = request.getfixturevalue("new_mariadb_database")()
        found = SourceDatabase(kind, url, lambda *statements: in_mariadb(url, *statements))
    found.run(f"CREATE TABLE sold ({_TYPES[kind]})")
    return found
