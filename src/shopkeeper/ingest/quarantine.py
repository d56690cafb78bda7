"""Rows set aside: found, looked at, corrected beside the untouched original, or dropped on purpose; each act with who and when.

A row's id follows from its file and line, so it stays the same when the file is read again.

    waiting (resolved is empty): open → edited → released, or refused with its new reason and still waiting
    resolved: released · discarded · read again (a later load has read the whole file once more)
              · superseded (a later file of the same load tells the row anew)
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from shopkeeper.core.clock import utc_now
from shopkeeper.errors import NotFound, UsageError, nearest
from shopkeeper.ingest.raw_rows import raw_columns, require_raw
from shopkeeper.warehouse.lake import Lake
from shopkeeper.warehouse.shop import Shop
from shopkeeper.warehouse.sql import literal

Status = Literal["waiting", "open", "edited", "released", "discarded", "read again", "superseded", "all"]

ROW_ID = "'q' || left(sha256(q.file_hash || '/' || q.table_name || '/' || q.source_line), 9)"
# The newest entry of every row; a file's name and the corrections belong to the row whatever load has read it.
_ROWS = f"""
SELECT {ROW_ID} AS id, q.*, coalesce(f.file_name, q.file_hash) AS file_name, l.started_at,
       coalesce(q.resolved, CASE WHEN e.source_line IS NULL THEN 'open' ELSE 'edited' END) AS status
FROM quarantine q JOIN loads l ON l.load_id = q.load_id
LEFT JOIN (SELECT file_hash, min(file_name) AS file_name FROM load_files GROUP BY 1) f ON f.file_hash = q.file_hash
LEFT JOIN (SELECT DISTINCT file_hash, source_line FROM quarantine_actions WHERE action = 'edited') e
       ON e.file_hash = q.file_hash AND e.source_line = q.source_line
QUALIFY row_number() OVER (PARTITION BY q.file_hash, q.table_name, q.source_line ORDER BY l.started_at DESC) = 1
"""


@dataclass(frozen=True)
class HeldRow:
    """One row set aside. `raw` is the row as it was read, `edits` what was corrected beside it."""

    id: str
    load_id: str
    file_hash: str
    file_name: str
    source_line: int
    table: str
    column: str
    reason: str
    received: str | None
    raw: Mapping[str, object]
    day: dt.date | None
    status: str
    edits: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reason:
    """How many rows wait, or are through, for one reason."""

    table: str
    column: str
    reason: str
    status: str
    rows: int


@dataclass(frozen=True)
class Action:
    """What a person did with a row."""

    at: dt.datetime
    by: str
    action: str
    edits: Mapping[str, str]
    reason: str
    load_id: str


@dataclass(frozen=True)
class Wanted:
    """Which rows are asked for; an empty text asks for all. `reason` is a part of the reason, in any case."""

    load: str = ""
    table: str = ""
    reason: str = ""
    file: str = ""
    line: int | None = None
    status: Status = "waiting"
    ids: tuple[str, ...] = ()

    def sql(self) -> tuple[str, list[object]]:
        """The condition, with its parameters."""
        parts: list[tuple[str, object]] = []
        if self.load:
            parts.append(("load_id = ?", self.load))
        if self.table:
            parts.append(("table_name = ?", self.table))
        if self.file:
            parts.append(("file_name = ?", self.file))
        if self.line is not None:
            parts.append(("source_line = ?", self.line))
        if self.reason:
            parts.append(("contains(lower(reason), lower(?))", self.reason))
        if self.ids:
            parts.append(("list_contains(?, id)", list(self.ids)))
        if self.status not in ("waiting", "all"):
            parts.append(("status = ?", self.status))
        waiting = ["status IN ('open', 'edited')"] if self.status == "waiting" else []
        return " AND ".join([*(sql for sql, _ in parts), *waiting]) or "true", [value for _, value in parts]


def held_rows(lake: Lake, wanted: Wanted, limit: int | None = None, offset: int = 0) -> tuple[HeldRow, ...]:
    """The rows asked for, newest load first, then by file and line; `limit` rows from the `offset`-th on."""
    where, parameters = wanted.sql()
    rows = lake.rows(
        f"SELECT * FROM ({_ROWS}) WHERE {where} ORDER BY started_at DESC, file_name, source_line, table_name"
        f"{f' LIMIT {int(limit)} OFFSET {int(offset)}' if limit is not None else ''}",
        parameters,
    )
    edits = corrections(lake, {row["file_hash"] for row in rows if row["status"] != "open"})
    return tuple(
        HeldRow(
            row["id"], row["load_id"], row["file_hash"], row["file_name"], row["source_line"], row["table_name"],
            row["column_name"] or "", row["reason"] or "", row["received"], json.loads(row["raw"] or "{}"), row["day"],
            row["status"], edits.get(row["file_hash"], {}).get(row["source_line"], {}),
        )
        for row in rows
    )  # fmt: skip


def reasons(lake: Lake, wanted: Wanted) -> tuple[Reason, ...]:
    """The rows asked for, counted by table, column, reason and status, most first."""
    where, parameters = wanted.sql()
    rows = lake.query(
        f"SELECT table_name, coalesce(column_name, ''), coalesce(reason, ''), status, count(*) FROM ({_ROWS}) "
        f"WHERE {where} GROUP BY ALL ORDER BY 5 DESC, 1, 2, 3, 4",
        parameters,
    ).fetchall()
    return tuple(Reason(*row) for row in rows)


@dataclass(frozen=True)
class Group:
    """Rows of one load and file that were meant for one table and set aside for one reason."""

    table: str
    column: str
    reason: str
    file_name: str
    load_id: str
    source: str
    started_at: dt.datetime
    rows: int


def groups(lake: Lake, wanted: Wanted) -> tuple[Group, ...]:
    """The rows asked for, counted by everything they can be chosen by, by one statement, newest load first."""
    where, parameters = wanted.sql()
    rows = lake.query(
        "SELECT r.table_name, coalesce(column_name, ''), coalesce(reason, ''), file_name, r.load_id, l.source, l.started_at, "
        f"count(*) FROM (SELECT * FROM ({_ROWS}) WHERE {where}) r JOIN loads l ON l.load_id = r.load_id GROUP BY ALL "
        "ORDER BY 7 DESC, 8 DESC, 1, 2, 3, 4",
        parameters,
    ).fetchall()
    return tuple(Group(*row) for row in rows)


def held_row(lake: Lake, row_id: str) -> HeldRow:
    """One row by its id, whatever became of it. Raises NotFound with the nearest ids."""
    return held_by_id(lake, [row_id])[0]


def held_by_id(lake: Lake, ids: Sequence[str]) -> tuple[HeldRow, ...]:
    """Rows by their ids, in that order and each once, whatever became of them. Raises NotFound with the nearest ids."""
    asked = tuple(dict.fromkeys(ids))
    found = {row.id: row for row in held_rows(lake, Wanted(ids=asked, status="all"))}
    for row_id in asked:
        if row_id not in found:
            known = [id_ for (id_,) in lake.query(f"SELECT id FROM ({_ROWS}) LIMIT 2000").fetchall()]
            raise NotFound("row set aside", row_id, known, next_command="shopkeeper quarantine list")
    return tuple(found[row_id] for row_id in asked)


def actions_of(lake: Lake, row: HeldRow) -> tuple[Action, ...]:
    """Everything that was done with a row's line, oldest first."""
    rows = lake.query(
        "SELECT acted_at, acted_by, action, edits, coalesce(reason, ''), coalesce(load_id, '') FROM quarantine_actions "
        "WHERE file_hash = ? AND source_line = ? ORDER BY acted_at, rowid",
        [row.file_hash, row.source_line],
    ).fetchall()
    return tuple(Action(at, by, what, json.loads(edits or "{}"), *rest) for at, by, what, edits, *rest in rows)


def corrections(lake: Lake, files: Iterable[str], *, released: bool = False) -> dict[str, dict[int, dict[str, str]]]:
    """File hash → line → header → corrected cell; the last correction of a cell counts.

    `released` leaves out corrections that no release has carried into the warehouse.
    """
    before = (
        "AND EXISTS (SELECT 1 FROM quarantine_actions r WHERE r.action = 'released' AND r.file_hash = a.file_hash "
        "AND r.source_line = a.source_line AND r.acted_at >= a.acted_at)"
        if released
        else ""
    )
    rows = lake.query(
        "SELECT file_hash, source_line, edits FROM quarantine_actions a "
        f"WHERE action = 'edited' AND list_contains(?, file_hash) {before} ORDER BY acted_at, rowid",
        [sorted(files)],
    ).fetchall()
    found: dict[str, dict[int, dict[str, str]]] = {}
    for file_hash, line, edits in rows:
        found.setdefault(file_hash, {}).setdefault(line, {}).update(json.loads(edits))
    return found


def edit(shop: Shop, row_id: str, cells: Mapping[str, str], *, by: str) -> HeldRow:
    """Correct cells of a row, by the file's own headers; a row that was discarded waits again. Nothing is loaded yet.

    Raises NotFound for a row or header, UsageError for a value of the wrong kind or a row that does not wait, SourceError
    when the raw copy of its file is gone.
    """
    if not cells:
        raise UsageError("no correction was given", received=row_id, allowed='--set "Header=value"', state=_SAME)
    with shop.lake.locked(by, f"edit {row_id}"):
        row = held_row(shop.lake, row_id)
        if row.status not in ("open", "edited", "discarded"):
            raise UsageError("this row does not wait any more", where=row_id, received=row.status, state=_SAME)
        require_raw(shop, {row.file_hash: row.file_name})
        checked = _checked_cells(shop, row, cells)
        with shop.lake.writing(by, f"edit {row_id}"):
            if row.status == "discarded":
                set_resolved(shop, [row], None)
            log(shop, [row], "edited", by=by, edits=checked)
        return held_row(shop.lake, row_id)


def discard(shop: Shop, ids: Sequence[str], reason: str, *, by: str) -> tuple[HeldRow, ...]:
    """Drop rows on purpose: they stay in the quarantine, marked, with who, when and why, and are not counted as waiting.

    Raises NotFound for a row, UsageError without a reason or for a row that does not wait; then none is discarded.
    """
    if not reason.strip():
        raise UsageError("a row is discarded for a reason", allowed='--reason "…"', state=_SAME)
    with shop.lake.locked(by, "discard rows"):
        rows = held_by_id(shop.lake, ids) if ids else ()
        for row in rows:
            if row.status not in ("open", "edited"):
                raise UsageError("this row does not wait any more", where=row.id, received=row.status, state=_SAME)
        if rows:
            with shop.lake.writing(by, f"discard {len(rows)} rows"):
                set_resolved(shop, rows, "discarded")
                log(shop, rows, "discarded", by=by, reason=reason.strip())
        return held_by_id(shop.lake, [row.id for row in rows]) if rows else ()


def set_resolved(shop: Shop, rows: Sequence[HeldRow], resolved: str | None) -> None:
    """Mark every entry of these rows that waits (or, to wait again, was discarded), inside the running transaction."""
    value = literal(resolved) if resolved else "NULL"
    before = "resolved IS NULL" if resolved else "resolved = 'discarded'"
    shop.lake.connection.execute(
        f"UPDATE quarantine q SET resolved = {value} WHERE {before} AND list_contains(?, {ROW_ID})",
        [[row.id for row in rows]],
    )


def log(
    shop: Shop,
    rows: Sequence[HeldRow],
    action: str,
    *,
    by: str,
    edits: Mapping[str, str] | None = None,
    reason: str | Mapping[str, str] = "",
    load_id: str = "",
) -> None:
    """Write down what was done with rows, inside the running transaction. `reason` may be one a row id."""
    at = utc_now()
    told = json.dumps(edits, ensure_ascii=False) if edits else None
    values = [
        [row.id, row.file_hash, row.table, row.source_line, action, by, at, told,
         (reason if isinstance(reason, str) else reason[row.id]) or None, load_id or None]
        for row in rows
    ]  # fmt: skip
    holders = ", ".join("(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)" for _ in values)
    shop.lake.connection.execute(
        "INSERT INTO quarantine_actions (row_id, file_hash, table_name, source_line, action, acted_by, acted_at, edits, reason, "
        f"load_id) VALUES {holders}",
        [cell for row in values for cell in row],
    )


_SAME = "nothing was changed"


def _checked_cells(shop: Shop, row: HeldRow, cells: Mapping[str, str]) -> dict[str, str]:
    """The cells under the file's own headers; a typed column (of a workbook or Parquet) takes only values of its type."""
    columns = raw_columns(shop, row.file_hash)
    folded = {header.casefold(): header for header in columns}
    checked = {}
    for asked, value in cells.items():
        header = asked if asked in columns else folded.get(asked.strip().casefold())
        if header is None:
            raise NotFound(
                "header", asked, columns, where=f"{row.file_name}, line {row.source_line}",
                next_command=f"shopkeeper quarantine show {row.id}",
            )  # fmt: skip
        kind = columns[header]
        if value and kind != "VARCHAR":
            found = shop.lake.connection.execute(f"SELECT TRY_CAST(? AS {kind}) IS NULL", [value]).fetchone()
            if found and found[0]:
                raise UsageError(
                    "this column of the file takes no such value", where=f"{row.file_name}, column {header}", received=value,
                    allowed=f"a value of type {kind}, or nothing", state=_SAME,
                )  # fmt: skip
        checked[header] = value
    return checked


def pairs(settings: Sequence[str]) -> dict[str, str]:
    """`Header=value` texts as cells; a header may hold `=` when the value does not.

    >>> pairs(["qty=3", "实付金额 = 12.50"])
    {'qty': '3', '实付金额': ' 12.50'}
    """
    found = {}
    for text in settings:
        header, equals, value = text.partition("=")
        if not equals or not header.strip():
            close = nearest(text, ["Header=value"])
            raise UsageError(
                "a correction has another form", received=text, allowed=close or "Header=value", state=_SAME
            )
        found[header.strip()] = value
    return found
