"""The queue: put a job in, take one out under a lease, settle it. Every change is one transaction of the state database."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import Connection, and_, exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from shopkeeper.core.ids import new_id
from shopkeeper.jobs.backoff import backoff
from shopkeeper.jobs.failure import error_parts, may_pass, worker_lost
from shopkeeper.jobs.job import Job, Outcome, as_text, job_of
from shopkeeper.jobs.lease import give_back, insert_new, keep, take
from shopkeeper.jobs.schedule import Schedule
from shopkeeper.state import State
from shopkeeper.state.tables.jobs import JOB_RUNS, JOB_WORKERS, JOBS

Told = Callable[[Connection, Job, Mapping[str, Any], dt.datetime], None]
"""Told of a dead letter in the transaction that makes it one."""

_TRIED = 5


def enqueue(
    connection: Connection,
    shop_id: str,
    kind: str,
    *,
    at: dt.datetime,
    by: str,
    payload: Mapping[str, object] | None = None,
    schedule: str | None = None,
    caused_by: str | None = None,
    once: str | None = None,
    exclusive: str | None = None,
    retries: int = 5,
) -> str | None:
    """Put a job in, inside the caller's write transaction. Returns its id, or None when one waits already under `once`.

    Args:
        connection: of a write transaction.
        shop_id: the shop whose workers take it.
        kind: what is to be done; a worker that knows no such kind leaves it.
        at: now; the job is due at once.
        by: who asks, a person or the worker.
        payload: what the kind needs to know, as JSON values.
        schedule: the declared job that this is a run of.
        caused_by: the job that it follows.
        once: at most one job waits under this word.
        exclusive: at most one job runs under this word.
        retries: how often it is tried again.
    """
    job_id = new_id("job")
    added = insert_new(
        connection,
        JOBS,
        {
            "id": job_id, "shop_id": shop_id, "kind": kind, "schedule": schedule, "payload": as_text(dict(payload or {})),
            "status": "waiting", "once": once, "exclusive": exclusive, "attempts": 0, "most_attempts": retries + 1,
            "next_at": at, "fence": 0, "created_at": at, "created_by": by[:120], "caused_by": caused_by,
        },
    )  # fmt: skip
    return job_id if added else None


def claim(
    state: State, shop_id: str, *, worker: str, kinds: Collection[str], at: dt.datetime, lease: dt.timedelta
) -> Job | None:
    """Take the job that has been due longest, for so long; None when none is due or others were faster."""
    busy = JOBS.alias("busy")
    free = ~exists().where(
        busy.c.shop_id == JOBS.c.shop_id, busy.c.exclusive == JOBS.c.exclusive, busy.c.status == "running"
    )
    due = (
        select(JOBS.c.id, JOBS.c.fence)
        .where(
            JOBS.c.shop_id == shop_id, JOBS.c.status == "waiting", JOBS.c.next_at <= at, JOBS.c.kind.in_(kinds), free
        )
        .order_by(JOBS.c.next_at, JOBS.c.id)
        .limit(_TRIED)
    )
    with state.reading() as connection:
        found = connection.execute(due).all()
    for row in found:
        try:
            with state.writing() as connection:
                if not take(
                    connection, JOBS, row.id, row.fence, to=worker, until=at + lease, once=None, started_at=at, beat_at=at,
                    ended_at=None, progress=None,
                ):  # fmt: skip
                    continue
                connection.execute(
                    insert(JOB_RUNS).values(job_id=row.id, fence=row.fence + 1, worker=worker, started_at=at)
                )
                return job_of(connection.execute(select(JOBS).where(JOBS.c.id == row.id)).one())
        except IntegrityError:  # another job began under the same word in between
            continue
    return None


def renew(
    state: State, job: Job, *, at: dt.datetime, lease: dt.timedelta, progress: Mapping[str, object] | None = None
) -> Literal["held", "cancel", "lost"]:
    """Say that the worker lives. "cancel": somebody asked that the job stop; "lost": it is another worker's now."""
    told = {"beat_at": at} | ({"progress": as_text(progress)} if progress is not None else {})
    with state.writing() as connection:
        if not keep(connection, JOBS, job.id, job.fence, until=at + lease, **told):
            return "lost"
        connection.execute(update(JOB_WORKERS).where(JOB_WORKERS.c.id == job.leased_to).values(beat_at=at))
        wanted = connection.scalar(select(JOBS.c.cancel_by).where(JOBS.c.id == job.id))
    return "held" if wanted is None else "cancel"


def finish(
    state: State,
    job: Job,
    *,
    at: dt.datetime,
    result: Mapping[str, object],
    changed: bool = False,
    schedules: Sequence[Schedule] = (),
    write: Callable[[Connection], None] | None = None,
) -> bool:
    """The job is done: its result, what `write` adds, and the jobs that follow a change commit together.

    Returns False, and nothing was changed, when the lease is another worker's by now.
    """
    with state.writing() as connection:
        told = as_text({**result, "changed": changed})
        if not _settle(connection, job, "done", "done", at, ended_at=at, result=told, error=None):
            return False
        if write is not None:
            write(connection)
        _supersede(connection, job)
        if changed:
            for schedule in schedules:
                if schedule.follows(job.schedule, job.kind):
                    enqueue(
                        connection, job.shop_id, schedule.kind, at=at, by="worker", payload=schedule.payload,
                        schedule=schedule.name, caused_by=job.id, once=schedule.name, exclusive=schedule.lock,
                        retries=schedule.retries,
                    )  # fmt: skip
        return True


def fail(
    state: State, job: Job, error: BaseException, *, at: dt.datetime, dice: random.Random, told: Told | None = None
) -> Literal["waiting", "dead", "lost"]:
    """An attempt failed: the job waits for its next one, or is a dead letter when that cannot help or was the last."""
    parts = error_parts(error)
    last = job.attempts >= job.most_attempts or not may_pass(error)
    with state.writing() as connection:
        if not _after_failure(connection, job, parts, "failed", last, at + backoff(job.attempts, dice), at, told):
            return "lost"
    return "dead" if last else "waiting"


def hand_back(state: State, job: Job, *, at: dt.datetime) -> bool:
    """The worker must stop: the job waits as if this attempt had never begun."""
    with state.writing() as connection:
        return _settle(
            connection, job, "waiting", "handed_back", at, attempts=job.attempts - 1, next_at=at, progress=None
        )


def stopped(state: State, job: Job, *, at: dt.datetime) -> bool:
    """The job was cancelled while it ran."""
    with state.writing() as connection:
        return _settle(connection, job, "cancelled", "cancelled", at, ended_at=at)


def reclaim(
    state: State, shop_id: str, *, at: dt.datetime, dice: random.Random, told: Told | None = None
) -> tuple[str, ...]:
    """Take back jobs whose workers were not heard of in time; they begin anew, or die after their last attempt.

    Returns the ids of those that died.
    """
    expired = select(JOBS).where(JOBS.c.shop_id == shop_id, JOBS.c.status == "running", JOBS.c.leased_until <= at)
    with state.reading() as connection:
        if connection.execute(expired.limit(1)).first() is None:
            return ()
    dead = []
    with state.writing() as connection:
        for row in connection.execute(expired.with_for_update()).all():
            job = job_of(row)
            if job.cancel_by is not None:
                _settle(connection, job, "cancelled", "lost", at, ended_at=at)
                continue
            last = job.attempts >= job.most_attempts
            # the first loss may be a restart, so the job goes on at once; a job that kills its workers waits
            next_at = at if job.attempts < 2 else at + backoff(job.attempts - 1, dice)
            parts = error_parts(worker_lost(job.leased_to or ""))
            if _after_failure(connection, job, parts, "lost", last, next_at, at, told) and last:
                dead.append(job.id)
    return tuple(dead)


def _after_failure(
    connection: Connection, job: Job, parts: Mapping[str, Any], outcome: Outcome, last: bool, next_at: dt.datetime,
    at: dt.datetime, told: Told | None,
) -> bool:  # fmt: skip
    text = as_text(parts)
    if not last:
        return _settle(connection, job, "waiting", outcome, at, run_error=text, error=text, next_at=next_at)
    if not _settle(connection, job, "dead", outcome, at, run_error=text, error=text, ended_at=at):
        return False
    known = _supersede(connection, job)
    if told is not None and not known:  # of a schedule that fails again and again, once
        told(connection, job, parts, at)
    return True


def _settle(
    connection: Connection, job: Job, status: str, outcome: Outcome, at: dt.datetime, *, run_error: str | None = None,
    **values: object,
) -> bool:  # fmt: skip
    """The job and its run, if the lease is still the one that `job` was taken under."""
    if not give_back(connection, JOBS, job.id, job.fence, status, **values):
        return False
    mine = and_(JOB_RUNS.c.job_id == job.id, JOB_RUNS.c.fence == job.fence)
    connection.execute(update(JOB_RUNS).where(mine).values(ended_at=at, outcome=outcome, error=run_error))
    return True


def _supersede(connection: Connection, job: Job) -> int:
    """A later run takes the place of its schedule's dead letters; returns how many there were."""
    if job.schedule is None:
        return 0
    older = and_(
        JOBS.c.shop_id == job.shop_id, JOBS.c.schedule == job.schedule, JOBS.c.status == "dead", JOBS.c.id != job.id
    )
    return int(connection.execute(update(JOBS).where(older).values(status="superseded")).rowcount)
