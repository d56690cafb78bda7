"""How far each stream was read, as the lake itself says: written with the rows, so that both are there or neither."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

from shopkeeper.errors import WarehouseBusy
from shopkeeper.warehouse.lake import Lake


@dataclass(frozen=True)
class Reached:
    """What is known of a stream. Without a pull id it was never pulled.

    `file_hash` is of the last rows that were loaded, `keys_at` when all keys were last compared.
    """

    pull_id: str = ""
    cursor: str = ""
    asks: str = ""
    mapping_hash: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    file_hash: str = ""
    keys_at: dt.datetime | None = None


@dataclass(frozen=True)
class PullRow:
    """One window for the ledger."""

    pull_id: str
    source: str
    stream: str
    kind: str
    load_id: str
    file_hash: str
    by: str
    started_at: dt.datetime
    seconds: float
    snapshot: int
    rows_read: int
    rows_withdrawn: int
    cursor: str
    asks: str
    mapping_hash: str
    columns: Mapping[str, str]
    keys_compared: bool
    whole: bool
    more: bool


def reached(lake: Lake, source: str, stream: str) -> Reached:
    """How far a stream was read."""
    rows = lake.rows(
        "SELECT arg_max(pull_id, snapshot) AS pull_id, arg_max(cursor, snapshot) AS cursor, arg_max(asks, snapshot) AS asks, "
        "arg_max(mapping_hash, snapshot) AS mapping_hash, arg_max(columns, snapshot) AS columns, "
        "arg_max(file_hash, snapshot) FILTER (file_hash <> '') AS file_hash, "
        "max(started_at) FILTER (keys_compared) AS keys_at FROM pulls WHERE source = ? AND stream = ? HAVING count(*) > 0",
        [source, stream],
    )
    if not rows:
        return Reached()
    found: dict[str, Any] = rows[0]
    columns = json.loads(found["columns"])
    return Reached(
        found["pull_id"], found["cursor"], found["asks"], found["mapping_hash"], columns, found["file_hash"] or "",
        found["keys_at"],
    )  # fmt: skip


def require_unmoved(connection: duckdb.DuckDBPyConnection, source: str, stream: str, before: Reached) -> None:
    """Raise WarehouseBusy, inside the transaction, when another pull of this stream was committed meanwhile."""
    row = connection.execute(
        "SELECT arg_max(pull_id, snapshot) FROM pulls WHERE source = ? AND stream = ?", [source, stream]
    ).fetchone()
    if (row[0] if row else None) != (before.pull_id or None):
        raise WarehouseBusy(
            "another process has pulled this source meanwhile", where=f"source {source}",
            received=str(row[0]) if row else "", allowed=before.pull_id or "nothing pulled yet",
            state="nothing was changed", next_command=f"shopkeeper ingest {source}",
        )  # fmt: skip


def record_pull(connection: duckdb.DuckDBPyConnection, row: PullRow) -> None:
    """Write a window into the ledger, inside the transaction that loads its rows."""
    columns = json.dumps(dict(row.columns), ensure_ascii=False)
    connection.execute(
        "INSERT INTO pulls (pull_id, source, stream, kind, load_id, file_hash, pulled_by, started_at, seconds, snapshot, "
        "rows_read, rows_withdrawn, cursor, asks, mapping_hash, columns, keys_compared, whole, more) "
        f"VALUES ({', '.join('?' * 19)})",
        [
            row.pull_id, row.source, row.stream, row.kind, row.load_id, row.file_hash, row.by, row.started_at, row.seconds,
            row.snapshot, row.rows_read, row.rows_withdrawn, row.cursor, row.asks, row.mapping_hash, columns,
            row.keys_compared, row.whole, row.more,
        ],
    )  # fmt: skip
