"""What stands in the queue: jobs, their attempts, schedules with their next times, workers, and messages."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, case, func, or_, select

from shopkeeper.errors import NotFound
from shopkeeper.jobs.job import STATUSES, Job, Run, job_of, run_of
from shopkeeper.jobs.outbox import Message, message_of
from shopkeeper.jobs.schedule import Schedule
from shopkeeper.state import State
from shopkeeper.state.tables.jobs import JOB_RUNS, JOB_SCHEDULES, JOB_WORKERS, JOBS, OUTBOX

OPEN = ("running", "waiting", "dead")
"""Statuses of what still wants something."""

SILENT = dt.timedelta(minutes=3)
"""A worker not heard of for so long is gone: it beats at least once a minute."""


@dataclass(frozen=True)
class Due:
    """A declared schedule: when it was and will be due, and its newest job. `next_at` is None before a worker saw it."""

    schedule: Schedule
    next_at: dt.datetime | None
    last_at: dt.datetime | None
    newest: Job | None


@dataclass(frozen=True)
class WorkerSeen:
    """A worker process, as it was last heard of."""

    id: str
    kinds: tuple[str, ...]
    started_at: dt.datetime
    beat_at: dt.datetime
    stopped_at: dt.datetime | None

    def alive(self, at: dt.datetime) -> bool:
        """Whether it was heard of lately and has not said good-bye."""
        return self.stopped_at is None and at - self.beat_at <= SILENT


def jobs(
    state: State, shop_id: str, *, statuses: Collection[str] = (), kind: str = "", limit: int = 50
) -> tuple[Job, ...]:
    """Jobs, those that want something first, then the newest. Raises NotFound for a status that does not exist."""
    for status in statuses:
        if status not in STATUSES:
            raise NotFound("status", status, STATUSES)
    order = case({"running": 0, "waiting": 1, "dead": 2}, value=JOBS.c.status, else_=3)
    query = select(JOBS).where(JOBS.c.shop_id == shop_id)
    query = query.order_by(order, func.coalesce(JOBS.c.ended_at, JOBS.c.created_at).desc(), JOBS.c.id.desc())
    if statuses:
        query = query.where(JOBS.c.status.in_(statuses))
    if kind:
        query = query.where(JOBS.c.kind == kind)
    with state.reading() as connection:
        return tuple(job_of(row) for row in connection.execute(query.limit(limit)))


def job(state: State, shop_id: str, job_id: str) -> tuple[Job, tuple[Run, ...]]:
    """One job with its attempts, newest first. Raises NotFound with the nearest ids."""
    with state.reading() as connection:
        row = connection.execute(select(JOBS).where(JOBS.c.shop_id == shop_id, JOBS.c.id == job_id)).first()
        if row is None:
            newest = select(JOBS.c.id).where(JOBS.c.shop_id == shop_id).order_by(JOBS.c.created_at.desc()).limit(40)
            raise NotFound("job", job_id, connection.scalars(newest).all(), next_command="shopkeeper jobs list")
        runs = connection.execute(
            select(JOB_RUNS).where(JOB_RUNS.c.job_id == job_id).order_by(JOB_RUNS.c.fence.desc())
        ).all()
    return job_of(row), tuple(run_of(run) for run in runs)


def counts(state: State, shop_id: str) -> dict[str, int]:
    """How many jobs there are of each status that any has."""
    query = select(JOBS.c.status, func.count()).where(JOBS.c.shop_id == shop_id).group_by(JOBS.c.status)
    with state.reading() as connection:
        return {status: int(n) for status, n in connection.execute(query)}


def due(state: State, shop_id: str, schedules: Sequence[Schedule]) -> tuple[Due, ...]:
    """Every declared schedule in its order, with what is kept of it."""
    newest = (
        select(JOBS.c.schedule, func.max(JOBS.c.id).label("id"))
        .where(JOBS.c.shop_id == shop_id, JOBS.c.schedule.is_not(None))
        .group_by(JOBS.c.schedule)
        .subquery()
    )
    with state.reading() as connection:
        rows = connection.execute(select(JOB_SCHEDULES).where(JOB_SCHEDULES.c.shop_id == shop_id)).all()
        last = connection.execute(select(JOBS).join(newest, JOBS.c.id == newest.c.id)).all()
    kept = {row.name: row for row in rows}
    ran = {row.schedule: job_of(row) for row in last}
    return tuple(
        Due(s, kept[s.name].next_at, kept[s.name].last_at, ran.get(s.name))
        if s.name in kept and kept[s.name].declared == s.declared
        else Due(s, None, None, ran.get(s.name))
        for s in schedules
    )


def workers(state: State, shop_id: str, *, at: dt.datetime) -> tuple[WorkerSeen, ...]:
    """Workers that are alive, and those that fell silent within a day without a good-bye; newest first."""
    query = (
        select(JOB_WORKERS)
        .where(
            JOB_WORKERS.c.shop_id == shop_id,
            JOB_WORKERS.c.stopped_at.is_(None),
            JOB_WORKERS.c.beat_at > at - dt.timedelta(days=1),
        )
        .order_by(JOB_WORKERS.c.beat_at.desc())
        .limit(20)
    )
    with state.reading() as connection:
        rows: list[Any] = list(connection.execute(query))
    return tuple(WorkerSeen(r.id, tuple(json.loads(r.kinds)), r.started_at, r.beat_at, r.stopped_at) for r in rows)


def messages(state: State, shop_id: str, *, only_open: bool = False, limit: int = 50) -> tuple[Message, ...]:
    """Messages of the outbox, those not delivered first, then the newest."""
    order = case({"running": 0, "waiting": 1, "dead": 2}, value=OUTBOX.c.status, else_=3)
    query = select(OUTBOX).where(OUTBOX.c.shop_id == shop_id).order_by(order, OUTBOX.c.id.desc()).limit(limit)
    if only_open:
        query = query.where(OUTBOX.c.status.in_(OPEN))
    with state.reading() as connection:
        return tuple(message_of(row) for row in connection.execute(query))


def message(state: State, shop_id: str, message_id: str) -> Message:
    """One message of the outbox. Raises NotFound with the nearest ids."""
    with state.reading() as connection:
        row = connection.execute(select(OUTBOX).where(OUTBOX.c.shop_id == shop_id, OUTBOX.c.id == message_id)).first()
        if row is None:
            newest = select(OUTBOX.c.id).where(OUTBOX.c.shop_id == shop_id).order_by(OUTBOX.c.id.desc()).limit(40)
            known = connection.scalars(newest).all()
            raise NotFound("message", message_id, known, next_command="shopkeeper jobs outbox")
    return message_of(row)


def forget_old(state: State, shop_id: str, *, before: dt.datetime) -> int:
    """Remove jobs, messages and workers that ended well, or were called off, before a moment; returns how many jobs.

    Dead letters stay until somebody sees to them.
    """
    ended = ("done", "cancelled", "superseded")
    old = and_(JOBS.c.shop_id == shop_id, JOBS.c.status.in_(ended), JOBS.c.ended_at < before)
    gone = or_(JOB_WORKERS.c.stopped_at < before, JOB_WORKERS.c.beat_at < before)
    with state.writing() as connection:
        connection.execute(JOB_RUNS.delete().where(JOB_RUNS.c.job_id.in_(select(JOBS.c.id).where(old))))
        removed = connection.execute(JOBS.delete().where(old)).rowcount
        connection.execute(
            OUTBOX.delete().where(
                OUTBOX.c.shop_id == shop_id, OUTBOX.c.status.in_(("done", "cancelled")), OUTBOX.c.ended_at < before
            )
        )
        connection.execute(JOB_WORKERS.delete().where(JOB_WORKERS.c.shop_id == shop_id, gone))
    return int(removed)
