"""A worker process for tests that kill it: its jobs leave marks by which a doubled or lost effect would show."""

from __future__ import annotations

import datetime as dt
import os
import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, insert

from shopkeeper.jobs.outbox import put
from shopkeeper.jobs.task import Done, Task
from shopkeeper.jobs.webhook import Webhook
from shopkeeper.jobs.worker import Orders, Pace, Worker
from shopkeeper.state import open_state

SHOP = "tea"
# No key: if two workers ever ended the same job, it would have two rows.
ENDED = Table("ended_jobs_of_tests", MetaData(), Column("job_id", String(32)), Column("token", Integer))


def make_outside(path: Path) -> None:
    """A store outside the state database that takes an effect only from a token that is not older than the last."""
    with closing(sqlite3.connect(path)) as outside, outside:
        outside.execute("PRAGMA journal_mode=WAL")
        outside.execute("CREATE TABLE effects (job TEXT PRIMARY KEY, token INTEGER)")
        outside.execute("CREATE TABLE attempts (job TEXT, token INTEGER, accepted INTEGER)")


def affect(path: Path, job_id: str, token: int) -> None:
    """The effect outside, idempotent by job, fenced by token; and a line about the attempt."""
    with closing(sqlite3.connect(path, timeout=30)) as outside, outside:
        accepted = outside.execute(
            "INSERT INTO effects VALUES (?, ?) ON CONFLICT (job) DO UPDATE SET token = excluded.token"
            " WHERE excluded.token >= effects.token",
            (job_id, token),
        ).rowcount
        outside.execute("INSERT INTO attempts VALUES (?, ?, ?)", (job_id, token, accepted))


def work(url: str, outside: Path, hook: str, secret: str, seconds: float, grace: float, pids: Path) -> None:
    """Be a worker until killed or told to stop."""
    dice = random.Random(os.getpid())

    def stamp(task: Task) -> Done:
        end = time.monotonic() + dice.uniform(0, 2 * seconds)
        while time.monotonic() < end:
            time.sleep(0.005)
            task.report("stamp", 1, 2)
        affect(outside, task.job.id, task.token)

        def ended(connection: Connection) -> None:
            connection.execute(insert(ENDED).values(job_id=task.job.id, token=task.token))
            put(
                connection,
                SHOP,
                "hook",
                task.job.id,
                {"job": task.job.id},
                at=dt.datetime.now(dt.UTC),
                most_attempts=99,
            )

        return Done({"token": task.token}, write=ended)

    with open_state(url) as state:
        orders = Orders((), {"hook": Webhook(hook, secret, seconds=5)})
        pace = Pace(dt.timedelta(seconds=1.5), 0.05, grace, message_lease=dt.timedelta(seconds=8))
        worker = Worker(state, SHOP, {"stamp": stamp}, lambda: orders, pace=pace)
        pids.joinpath(str(os.getpid())).touch()
        worker.run()
