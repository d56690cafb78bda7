"""The ledger of loads: which file, read by which mapping, put how many rows where, and what was said about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import duckdb

from shopkeeper.errors import InternalError
from shopkeeper.warehouse.lake import Lake


@dataclass(frozen=True)
class FileRows:
    """One file and table of a load: read = loaded + unchanged + quarantined."""

    file_hash: str
    file_name: str
    file_bytes: int
    mapping_hash: str
    table_name: str
    read: int
    loaded: int
    unchanged: int
    quarantined: int
    platform: str = ""
    path: str = ""


@dataclass(frozen=True)
class Note:
    """Something about the data that was handled and is said. `topic` is a key of the wording catalogue."""

    topic: str
    rows: int | None = None
    amount: Decimal | None = None
    detail: str = ""


def loaded_before(lake: Lake, asked: Sequence[tuple[str, str]]) -> list[bool]:
    """For each (file hash, mapping hash), whether a load has read this very file with this very mapping."""
    if not asked:
        return []
    hashes = [file_hash for file_hash, _ in asked]
    rows = lake.query(
        "SELECT DISTINCT file_hash, mapping_hash FROM load_files WHERE list_contains(?, file_hash)", [hashes]
    )
    found = set(rows.fetchall())
    return [pair in found for pair in asked]


def record_load(
    connection: duckdb.DuckDBPyConnection,
    *,
    load_id: str,
    source: str,
    by: str,
    started_at: dt.datetime,
    seconds: float,
    snapshot: int,
    version: str,
    files: Sequence[FileRows],
    notes: Sequence[Note],
) -> None:
    """Write a load into the ledger, inside its own transaction. Raises InternalError when the rows do not add up."""
    for part in files:
        if part.read != part.loaded + part.unchanged + part.quarantined:
            raise InternalError(
                "the rows of a load do not add up", where=f"{part.file_name} → {part.table_name}",
                received=f"{part.read} read, {part.loaded} loaded, {part.unchanged} unchanged, {part.quarantined} quarantined",
                state="nothing was changed", next_command="report this",
            )  # fmt: skip
    connection.execute(
        "INSERT INTO loads (load_id, source, loaded_by, started_at, seconds, snapshot, version) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [load_id, source, by, started_at, seconds, snapshot, version],
    )
    _insert_all(
        connection,
        "load_files (load_id, file_hash, file_name, file_bytes, mapping_hash, table_name, rows_read, rows_loaded, "
        "rows_unchanged, rows_quarantined, platform, file_path)",
        [
            [load_id, f.file_hash, f.file_name, f.file_bytes, f.mapping_hash, f.table_name, f.read, f.loaded,
             f.unchanged, f.quarantined, f.platform, f.path]
            for f in files
        ],
    )  # fmt: skip
    _insert_all(
        connection,
        "load_notes (load_id, topic, rows, amount, detail)",
        [[load_id, note.topic, note.rows, note.amount, note.detail] for note in notes],
    )


def _insert_all(connection: duckdb.DuckDBPyConnection, target: str, rows: list[list[object]]) -> None:
    """One statement for all rows: every statement on the lake writes a file."""
    if rows:
        holders = ", ".join(f"({', '.join('?' for _ in row)})" for row in rows)
        connection.execute(f"INSERT INTO {target} VALUES {holders}", [cell for row in rows for cell in row])


def file_names(lake: Lake) -> dict[str, str]:
    """The name under which each file was dropped, by its hash."""
    rows = lake.query("SELECT file_hash, any_value(file_name) FROM load_files GROUP BY 1").fetchall()
    return {str(digest): str(name) for digest, name in rows}
