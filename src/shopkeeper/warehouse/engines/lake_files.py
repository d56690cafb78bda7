"""The Parquet files that make up one table at one snapshot, for an engine that does not know the lake's catalog."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shopkeeper.errors import UsageError
from shopkeeper.warehouse.lake import CATALOG, Lake
from shopkeeper.warehouse.sql import literal


@dataclass(frozen=True)
class LakeFiles:
    """Data files of a table, and the number by which they know each column: names may have changed since."""

    table: str
    paths: tuple[str, ...]
    field_ids: dict[str, int]


def files_at(lake: Lake, table: str, snapshot: int) -> LakeFiles:
    """Files of a table at a snapshot; a table that it does not have yet has none.

    Raises UsageError while deleted rows are kept in files of their own: the data files alone would tell them again.
    """
    numbers = f"{lake.catalog_schema}.ducklake_column c JOIN {lake.catalog_schema}.ducklake_table t USING (table_id)"
    columns = lake.query(
        f"SELECT c.column_name, c.column_id FROM {numbers} WHERE t.table_name = ? AND c.parent_column IS NULL AND "
        + " AND ".join(
            f"{x}.begin_snapshot <= {snapshot} AND coalesce({x}.end_snapshot > {snapshot}, true)" for x in "ct"
        ),
        [table],
    ).fetchall()
    if not columns:
        return LakeFiles(table, (), {})
    listed = lake.query(
        f"SELECT data_file, delete_file FROM ducklake_list_files('{CATALOG}', {literal(table)}, "
        f"snapshot_version => {snapshot}) ORDER BY 1"
    ).fetchall()
    deleted = [delete for _, delete in listed if delete]
    if deleted:
        raise UsageError(
            "Spark cannot read this table: rows deleted from it are kept in files that it does not know",
            where=f"{table}, snapshot {snapshot}",
            received=f"{len(deleted)} of {len(listed)} data files with deleted rows, first {Path(deleted[0]).name}",
            state="nothing was read",
            next_command="shopkeeper maintain --rewrite, or --engine duckdb",
        )
    return LakeFiles(table, tuple(path for path, _ in listed), {name: int(number) for name, number in columns})
