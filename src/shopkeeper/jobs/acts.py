"""What a person does to jobs and messages: ask for one, try one again, call one off. Each is in the audit trail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from sqlalchemy import Connection, Row, Table, select, update

from shopkeeper.access.audit import append
from shopkeeper.errors import NotFound, UsageError
from shopkeeper.jobs.kinds import known_kind
from shopkeeper.jobs.queue import enqueue
from shopkeeper.state import State
from shopkeeper.state.tables.jobs import JOBS, OUTBOX

_MOST_NAMED = 40


def run_now(state: State, shop_id: str, kind: str, *, source: str = "", by: str, at: dt.datetime) -> str:
    """Put a job of a kind in, due at once; returns its id.

    Raises NotFound for another kind, UsageError when its source is missing or one waits already.
    """
    found = known_kind(kind, source)
    once = f"by hand: {kind} {source}".strip()
    with state.writing() as connection:
        job_id = enqueue(
            connection, shop_id, kind, at=at, by=by, payload={"source": source} if source else {}, once=once,
            exclusive=found.lock(source),
        )  # fmt: skip
        if job_id is None:
            raise UsageError(
                "such a job waits already", where=f"shop {shop_id}", received=f"{kind} {source}".strip(),
                state="nothing was changed", next_command="shopkeeper jobs list",
            )  # fmt: skip
        append(connection, "jobs.run", job_id, actor=by, at=at, shop=shop_id, kind=kind, source=source)
    return job_id


def retry(state: State, shop_id: str, item_id: str, *, by: str, at: dt.datetime) -> None:
    """Let a job or message that ended without success begin anew, with all its attempts.

    Raises NotFound for another id, UsageError for one that waits, runs or is done.
    """
    again: dict[str, object] = {"status": "waiting", "attempts": 0, "next_at": at, "ended_at": None}
    _change(state, shop_id, item_id, ("dead", "cancelled", "superseded"), again, "jobs.retried", by=by, at=at)


def cancel(state: State, shop_id: str, item_id: str, *, by: str, at: dt.datetime) -> bool:
    """Call a job or message off. True when it is off now; False when it runs, and stops as soon as it can.

    Raises NotFound for another id, UsageError for one that has ended.
    """
    off: dict[str, object] = {"status": "cancelled", "ended_at": at}
    row = _change(
        state, shop_id, item_id, ("waiting", "dead", "running"), off, "jobs.cancelled", by=by, at=at,
        running={"cancel_by": by[:120]},
    )  # fmt: skip
    return bool(row.status != "running")


def _change(
    state: State, shop_id: str, item_id: str, allowed: tuple[str, ...], values: Mapping[str, object], action: str, *,
    by: str, at: dt.datetime, running: Mapping[str, object] | None = None,
) -> Row[tuple[object, ...]]:  # fmt: skip
    """Change one row whose status allows it; returns the row as it was before."""
    table = OUTBOX if item_id.startswith("msg_") else JOBS
    with state.writing() as connection:
        row = _row(connection, table, shop_id, item_id)
        if row.status not in allowed or (table is OUTBOX and row.status == "running"):
            raise UsageError(
                "this cannot be done to it now", where=item_id, received=row.status,
                allowed=[one for one in allowed if one != "running" or table is JOBS],
                state="nothing was changed", next_command=f"shopkeeper jobs show {item_id}",
            )  # fmt: skip
        new = dict(running or {}) if row.status == "running" else dict(values)
        if table is JOBS and row.status != "running":
            new["cancel_by"] = by[:120] if new["status"] == "cancelled" else None
        # the row is locked, so its status cannot have changed; on SQLite the whole database is
        connection.execute(update(table).where(table.c.id == item_id).values(new))
        append(connection, action, item_id, actor=by, at=at, shop=shop_id, was=row.status)
    return row


def _row(connection: Connection, table: Table, shop_id: str, item_id: str) -> Row[tuple[object, ...]]:
    found = connection.execute(
        select(table).where(table.c.shop_id == shop_id, table.c.id == item_id).with_for_update()
    ).first()
    if found is None:
        newest = select(table.c.id).where(table.c.shop_id == shop_id).order_by(table.c.created_at.desc())
        known = connection.scalars(newest.limit(_MOST_NAMED)).all()
        raise NotFound("job or message", item_id, known, next_command="shopkeeper jobs list")
    return found
