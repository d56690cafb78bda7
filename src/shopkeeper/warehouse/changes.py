"""What the lake itself tells of the snapshots between two: which tables were touched, and which of their rows."""

from __future__ import annotations

from shopkeeper.warehouse.lake import CATALOG, Lake


def changed_rows(table: str, first: int, last: int) -> str:
    """Rows of a table that came or went after one snapshot and up to another, as a relation."""
    return f"ducklake_table_changes('{CATALOG}', 'main', '{table}', {first + 1}, {last})"


def touched_tables(lake: Lake, first: int, last: int) -> set[str] | None:
    """Names of the tables that got or lost rows; None when the record of one snapshot is gone."""
    rows = lake.query(
        f"SELECT changes FROM ducklake_snapshots('{CATALOG}') WHERE snapshot_id > {first} AND snapshot_id <= {last}"
    ).fetchall()
    if len(rows) < last - first:
        return None
    # A table is told by its number, or by its name where the same snapshot has made it.
    told = {
        str(name).rpartition(".")[2]
        for (changes,) in rows
        for what in ("tables_inserted_into", "tables_deleted_from")
        for name in (changes or {}).get(what, ())
    }
    names = lake.query(f"SELECT table_id, table_name FROM ducklake_table_info('{CATALOG}')").fetchall()
    return {name for number, name in names if str(number) in told or name in told}
