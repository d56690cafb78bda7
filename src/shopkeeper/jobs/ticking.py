"""Turn declared schedules into jobs: each due time makes one job, whichever worker notices it first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Connection, Row, delete, exists, select, update

from shopkeeper.jobs.lease import insert_new
from shopkeeper.jobs.queue import enqueue
from shopkeeper.jobs.schedule import Schedule
from shopkeeper.state import State
from shopkeeper.state.tables.jobs import JOB_SCHEDULES, JOBS


def tick(state: State, shop_id: str, schedules: Sequence[Schedule], *, at: dt.datetime) -> int:
    """Note new, changed and vanished declarations, and put in every job that is due; returns how many that were.

    A schedule that was missed many times runs once. While its last job still waits or runs, the due time passes.
    """
    with state.reading() as connection:
        kept = {row.name: row for row in connection.execute(_rows(shop_id))}
    declared = {schedule.name: schedule.declared for schedule in schedules}
    due = [row for row in kept.values() if row.next_at is not None and row.next_at <= at]
    if declared == {name: row.declared for name, row in kept.items()} and not due:
        return 0
    made = 0
    with state.writing() as connection:
        kept = {row.name: row for row in connection.execute(_rows(shop_id).with_for_update())}
        for schedule in schedules:
            made += _noted(connection, shop_id, schedule, kept.get(schedule.name), at)
        gone = set(kept) - set(declared)
        if gone:
            connection.execute(
                delete(JOB_SCHEDULES).where(JOB_SCHEDULES.c.shop_id == shop_id, JOB_SCHEDULES.c.name.in_(gone))
            )
    return made


def _rows(shop_id: str):  # type: ignore[no-untyped-def]  # noqa: ANN202
    return select(JOB_SCHEDULES).where(JOB_SCHEDULES.c.shop_id == shop_id)


def _noted(
    connection: Connection, shop_id: str, schedule: Schedule, row: Row[tuple[object, ...]] | None, at: dt.datetime
) -> int:
    """Bring one schedule's row up to date; returns 1 when that made a job."""
    this = (JOB_SCHEDULES.c.shop_id == shop_id, JOB_SCHEDULES.c.name == schedule.name)
    if row is None or row.declared != schedule.declared:
        values = {"declared": schedule.declared, "next_at": schedule.first(at)}
        if row is None and not insert_new(
            connection, JOB_SCHEDULES, {"shop_id": shop_id, "name": schedule.name, **values}
        ):
            return 0  # another worker noted it at the same moment, and will see to it
        if row is not None:
            connection.execute(update(JOB_SCHEDULES).where(*this).values(values))
        row = connection.execute(select(JOB_SCHEDULES).where(*this)).one()
    if row.next_at is None or row.next_at > at:
        return 0
    moved = connection.execute(
        update(JOB_SCHEDULES)
        .where(*this, JOB_SCHEDULES.c.next_at == row.next_at)
        .values(last_at=row.next_at, next_at=schedule.next_after(at, row.next_at))
    )
    if not moved.rowcount or _still_there(connection, shop_id, schedule.name):
        return 0
    made = enqueue(
        connection, shop_id, schedule.kind, at=at, by="worker", payload=schedule.payload, schedule=schedule.name,
        once=schedule.name, exclusive=schedule.lock, retries=schedule.retries,
    )  # fmt: skip
    return 1 if made else 0


def _still_there(connection: Connection, shop_id: str, name: str) -> bool:
    open_ = exists().where(
        JOBS.c.shop_id == shop_id, JOBS.c.schedule == name, JOBS.c.status.in_(("waiting", "running"))
    )
    return bool(connection.scalar(select(open_)))
