"""What the load ledger says: loads with their files, the last load of each table, notes and rows set aside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shopkeeper.warehouse.lake import Lake

LISTED_LOADS = 50
LISTED_ROWS = 200


@dataclass(frozen=True)
class LoadFile:
    """One file and table of a load; rows_read = rows_loaded + rows_unchanged + rows_quarantined."""

    file_name: str
    file_hash: str
    table: str
    rows_read: int
    rows_loaded: int
    rows_unchanged: int
    rows_quarantined: int


@dataclass(frozen=True)
class LoadNote:
    """A trap that a source handled, said aloud. `topic` is a key of the wording catalogue, or the note itself."""

    topic: str
    rows: int | None
    amount: str | None
    detail: str


@dataclass(frozen=True)
class Load:
    """One load: one snapshot."""

    id: str
    source: str
    loaded_by: str
    started_at: dt.datetime
    seconds: float | None
    snapshot: int | None
    files: tuple[LoadFile, ...]
    notes: tuple[LoadNote, ...]

    @property
    def rows_read(self) -> int:
        """Rows read over all files and tables."""
        return sum(f.rows_read for f in self.files)


@dataclass(frozen=True)
class SetAside:
    """A row in quarantine."""

    table: str
    file_name: str
    source_line: int
    column: str
    reason: str
    received: str


@dataclass(frozen=True)
class ReasonCount:
    """How many rows were set aside for one reason."""

    table: str
    column: str
    reason: str
    rows: int


def loads(lake: Lake, limit: int = LISTED_LOADS) -> tuple[Load, ...]:
    """The newest loads first."""
    return _whole(lake, lake.rows(f"SELECT * FROM loads ORDER BY started_at DESC, load_id DESC LIMIT {limit}"))


def loads_by_id(lake: Lake, ids: Sequence[str]) -> tuple[Load, ...]:
    """Named loads, the newest first."""
    if not ids:
        return ()
    asked = "SELECT * FROM loads WHERE list_contains(?, load_id) ORDER BY started_at DESC, load_id DESC"
    return _whole(lake, lake.rows(asked, [list(ids)]))


def _whole(lake: Lake, heads: list[dict[str, Any]]) -> tuple[Load, ...]:
    if not heads:
        return ()
    ids = [h["load_id"] for h in heads]
    files = _by_load(
        lake.rows(
            "SELECT * FROM load_files WHERE list_contains(?, load_id) ORDER BY rows_read DESC, file_name, table_name",
            [ids],
        )
    )
    notes = _by_load(
        lake.rows(
            "SELECT * FROM load_notes WHERE list_contains(?, load_id) ORDER BY rows DESC NULLS LAST, topic", [ids]
        )
    )
    return tuple(_load(head, files.get(head["load_id"], []), notes.get(head["load_id"], [])) for head in heads)


def last_load_at(lake: Lake) -> dt.datetime | None:
    """When the newest load began."""
    row = lake.query("SELECT max(started_at) FROM loads").fetchone()
    return row[0] if row else None


def last_load_by_table(lake: Lake) -> dict[str, tuple[str, dt.datetime, str]]:
    """For each table the newest load that brought rows: (load, when, file)."""
    rows = lake.query(
        "SELECT f.table_name, arg_max(l.load_id, l.started_at), max(l.started_at), arg_max(f.file_name, l.started_at) "
        "FROM load_files f JOIN loads l USING (load_id) WHERE f.rows_loaded > 0 GROUP BY 1"
    ).fetchall()
    return {table: (load, at, file) for table, load, at, file in rows}


def quarantine_counts(lake: Lake) -> tuple[ReasonCount, ...]:
    """Rows set aside, counted by table, column and reason, most first."""
    rows = lake.query(
        "SELECT table_name, coalesce(column_name, ''), coalesce(reason, ''), count(*) FROM quarantine "
        "WHERE resolved IS NULL GROUP BY ALL ORDER BY 4 DESC, 1, 2, 3"
    ).fetchall()
    return tuple(ReasonCount(*row) for row in rows)


def quarantined_rows(lake: Lake, limit: int = LISTED_ROWS) -> tuple[SetAside, ...]:
    """The first rows in quarantine, by file and line."""
    rows = lake.query(
        "SELECT q.table_name, coalesce(f.file_name, q.file_hash), q.source_line, coalesce(q.column_name, ''), "
        "coalesce(q.reason, ''), coalesce(q.received, '') FROM quarantine q LEFT JOIN "
        "(SELECT file_hash, min(file_name) AS file_name FROM load_files GROUP BY 1) f USING (file_hash) WHERE q.resolved IS NULL "
        f"ORDER BY 2, 3, 1, 4 LIMIT {limit}"
    ).fetchall()
    return tuple(SetAside(*row) for row in rows)


def _by_load(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        grouped.setdefault(row["load_id"], []).append(row)
    return grouped


def _load(head: dict[str, Any], files: list[dict[str, Any]], notes: list[dict[str, Any]]) -> Load:
    return Load(
        head["load_id"],
        head["source"],
        head["loaded_by"],
        head["started_at"],
        head["seconds"],
        head["snapshot"],
        tuple(
            LoadFile(
                f["file_name"], f["file_hash"], f["table_name"],
                f["rows_read"], f["rows_loaded"], f["rows_unchanged"], f["rows_quarantined"],
            )
            for f in files
        ),
        tuple(
            LoadNote(n["topic"], n["rows"], None if n["amount"] is None else f"{n['amount']:f}", n["detail"] or "")
            for n in notes
        ),
    )  # fmt: skip
