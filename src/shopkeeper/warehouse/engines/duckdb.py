"""DuckDB inside this process: the lake's own connection."""

from __future__ import annotations

from dataclasses import dataclass

from shopkeeper.warehouse.engines.dialect import Dialect
from shopkeeper.warehouse.engines.engine import Answer
from shopkeeper.warehouse.lake import CATALOG, Lake


@dataclass(frozen=True)
class DuckdbEngine:
    """Statements on this thread's cursor, inside its reading transaction."""

    lake: Lake
    snapshot: int
    dialect: Dialect = "duckdb"

    def filled_tables(self) -> frozenset[str]:
        """Tables that have any data file."""
        return tables_with_files(self.lake)

    def rows(self, sql: str) -> Answer:
        """Run one reading statement."""
        cursor = self.lake.query(sql)
        return Answer(tuple(d[0] for d in cursor.description or []), cursor.fetchall())

    def keep(self, name: str, sql: str) -> None:
        """Keep a result as a temporary table."""
        self.lake.query(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}")

    def drop(self, *names: str) -> None:
        """Drop temporary tables."""
        for name in names:
            self.lake.connection.execute(f"DROP TABLE IF EXISTS temp.{name}")


def tables_with_files(lake: Lake) -> frozenset[str]:
    """Tables that have any data file in the snapshot that this thread reads."""
    sized = lake.query(f"SELECT table_name FROM ducklake_table_info('{CATALOG}') WHERE file_count > 0").fetchall()
    return frozenset(name for (name,) in sized)
