"""The lease that jobs and messages share: taken, kept and given back by compare-and-set on one row.

A claim raises the row's fence. Whoever was the holder before, and comes back late, names an older fence: nothing that it
says is accepted. This holds on SQLite (one writer at a time) and on PostgreSQL (a second update of a row waits for the
first and then sees its values).
Source: Kleppmann, "How to do distributed locking" (2016), fencing tokens.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Connection, Table, update
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(connection: Connection, table: Table, values: dict[str, Any]) -> bool:
    """Add a row unless a unique key forbids it; returns whether it was added."""
    made: Any = sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
    done = connection.execute(
        made.values(values).on_conflict_do_nothing(), execution_options={"preserve_rowcount": True}
    )
    return bool(done.rowcount)


def take(
    connection: Connection, table: Table, row_id: str, fence: int, *, to: str, until: dt.datetime, **values: object
) -> bool:
    """Take a waiting row; False when another was faster. Raises IntegrityError when a unique key forbids it now."""
    done = connection.execute(
        update(table)
        .where(table.c.id == row_id, table.c.status == "waiting", table.c.fence == fence)
        .values(
            status="running", fence=fence + 1, leased_to=to, leased_until=until, attempts=table.c.attempts + 1, **values
        )
    )
    return bool(done.rowcount)


def keep(
    connection: Connection, table: Table, row_id: str, fence: int, *, until: dt.datetime, **values: object
) -> bool:
    """Hold a row for longer; False when it is no longer ours."""
    done = connection.execute(
        update(table)
        .where(table.c.id == row_id, table.c.status == "running", table.c.fence == fence)
        .values(leased_until=until, **values)
    )
    return bool(done.rowcount)


def give_back(connection: Connection, table: Table, row_id: str, fence: int, status: str, **values: object) -> bool:
    """End a lease with what became of the row; False when it is no longer ours, and then nothing was changed."""
    done = connection.execute(
        update(table)
        .where(table.c.id == row_id, table.c.status == "running", table.c.fence == fence)
        .values(status=status, leased_to=None, leased_until=None, **values)
    )
    return bool(done.rowcount)
