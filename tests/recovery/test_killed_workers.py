"""Two workers, killed at any moment with kill -9: every job ends once, no effect is lost, and a stop signal loses nothing.

Six kills an engine in the suite; KILLS=50 for a long run, KILLS_SEED for other moments. A moment is counted in attempts that
the workers have begun, so that a busy machine does not move it, and a little random time.
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from sqlalchemy import func, select

from shopkeeper.jobs import listing, queue
from shopkeeper.state import State, default_state_url, open_state
from shopkeeper.state.tables.jobs import JOB_RUNS, JOBS
from tests.recovery.job_worker import ENDED, SHOP, make_outside, work
from tests.unit.jobs.receiver import Receiver, receiving

KILLS = int(os.environ.get("KILLS", "6"))
SECRET = "a key of the tests"
_PATIENCE = float(os.environ.get("PATIENCE", "120"))


@dataclass
class Crew:
    """Worker processes on one state database, and where their effects show."""

    url: str
    folder: Path
    receiver: Receiver
    state: State
    processes: list[BaseProcess] = field(default_factory=list)

    @property
    def outside(self) -> Path:
        """The store of effects."""
        return self.folder / "outside.sqlite"

    def hire(self, seconds: float = 0.03, grace: float = 30.0) -> BaseProcess:
        """One worker more, forked from a clean process that has everything imported."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.recovery.job_worker"])
        given = (self.url, self.outside, self.receiver.url, SECRET, seconds, grace, self.folder / "pids")
        process = context.Process(target=work, args=given, daemon=True)
        process.start()
        self.processes.append(process)
        return process

    def give(self, n: int) -> list[str]:
        """So many jobs."""
        at = dt.datetime.now(dt.UTC)
        with self.state.writing() as connection:
            made = [
                queue.enqueue(connection, SHOP, "stamp", at=at, by="tests", payload={"n": i}, retries=1000,
                              exclusive=f"one of {i % 3}" if i % 2 else None)
                for i in range(n)
            ]  # fmt: skip
        return [one for one in made if one]

    def begun(self) -> int:
        """Attempts that were begun."""
        with self.state.reading() as connection:
            return int(connection.scalar(select(func.count()).select_from(JOB_RUNS)) or 0)

    def counts(self) -> dict[str, int]:
        """Jobs by status."""
        return listing.counts(self.state, SHOP)

    def outside_rows(self, query: str) -> list[tuple[object, ...]]:
        """What the store of effects holds."""
        with closing(sqlite3.connect(self.outside, timeout=30)) as outside:
            return outside.execute(query).fetchall()


def until(condition: Callable[[], object], what: str) -> None:
    """Wait for something."""
    end = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"waited {_PATIENCE} s in vain for {what}")
        time.sleep(0.02)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))])
def crew(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Crew]:
    on_disk = request.param == "sqlite"
    url = default_state_url(tmp_path) if on_disk else request.getfixturevalue("new_postgres_database")()
    (tmp_path / "pids").mkdir()
    with open_state(url) as state, receiving(SECRET) as receiver:
        ENDED.metadata.create_all(state.engine)
        made = Crew(url, tmp_path, receiver, state)
        make_outside(made.outside)
        yield made
        for process in made.processes:
            process.kill()
            process.join(30)


def test_killed_workers_lose_no_job_and_double_none(crew: Crew) -> None:
    dice = random.Random(f"{os.environ.get('KILLS_SEED', '1')} {crew.state.dialect}")
    ids = crew.give(20 + 4 * KILLS)
    crew.receiver.answers = [503, "drop", 200, 500]
    alive = [crew.hire(), crew.hire()]
    killed = 0
    while killed < KILLS:
        seen = crew.begun()
        until(lambda: crew.begun() >= seen + dice.randint(1, 3) or not crew.counts().get("waiting"), "work")  # noqa: B023
        time.sleep(dice.uniform(0, 0.06))
        victim = alive.pop(dice.randrange(len(alive)))
        assert victim.pid is not None
        os.kill(victim.pid, signal.SIGKILL)
        victim.join(30)
        killed += victim.exitcode == -signal.SIGKILL
        alive.append(crew.hire())
        if not crew.counts().get("waiting"):  # the jobs were done before the kills were: more of both
            ids += crew.give(10)
    until(lambda: crew.counts() == {"done": len(ids)}, "the last job")
    until(lambda: len(crew.receiver.seen) == len(ids), "the last message")
    until(
        lambda: not any(m.status in listing.OPEN for m in listing.messages(crew.state, SHOP, limit=9999)), "the outbox"
    )
    for process in alive:
        process.terminate()
        process.join(60)
        assert process.exitcode == 0

    with crew.state.reading() as connection:
        ended = sorted(connection.scalars(select(ENDED.c.job_id)))
        winners = {job: token for job, token in connection.execute(select(ENDED.c.job_id, ENDED.c.token))}
        runs = connection.execute(select(JOB_RUNS.c.job_id, JOB_RUNS.c.fence, JOB_RUNS.c.outcome)).all()
        fences = {job: fence for job, fence in connection.execute(select(JOBS.c.id, JOBS.c.fence))}
    assert ended == sorted(ids), "each job ended once, in the transaction that says so"
    assert winners == fences, "and by the newest holder of its lease"
    assert {job: fence for job, fence, outcome in runs if outcome == "done"} == fences
    assert sum(outcome == "done" for *_, outcome in runs) == len(ids)
    lost = sum(outcome == "lost" for *_, outcome in runs)
    assert lost + len(ids) == len(runs), "what was broken off was noticed, and nothing else"
    assert sorted(job for (job,) in crew.outside_rows("SELECT job FROM effects")) == sorted(ids)
    assert dict(crew.outside_rows("SELECT job, token FROM effects")) == fences  # type: ignore[arg-type]
    assert set(crew.receiver.seen) == {m.id for m in listing.messages(crew.state, SHOP, limit=9999)}
    assert crew.receiver.unsigned == 0


def test_a_stop_signal_lets_the_job_finish(crew: Crew) -> None:
    crew.give(3)
    process = crew.hire(seconds=1.0)
    until(lambda: crew.counts().get("running"), "a job that runs")
    assert process.pid is not None
    os.kill(process.pid, signal.SIGTERM)
    process.join(60)
    assert process.exitcode == 0
    counts = crew.counts()
    assert "running" not in counts
    assert counts.get("waiting", 0) >= 1, "it took no other"
    assert [
        run.outcome for job in listing.jobs(crew.state, SHOP) for run in listing.job(crew.state, SHOP, job.id)[1]
    ] == ["done"] * counts.get("done", 0)


@pytest.mark.parametrize(("number", "grace"), [(signal.SIGTERM, 0.0), (signal.SIGINT, 60.0)])
def test_a_job_that_must_not_finish_is_handed_back(crew: Crew, number: signal.Signals, grace: float) -> None:
    (job_id,) = crew.give(1)
    process = crew.hire(seconds=600.0, grace=grace)
    until(lambda: crew.counts().get("running"), "a job that runs")
    time.sleep(0.1)
    assert process.pid is not None
    os.kill(process.pid, number)
    process.join(60)
    assert process.exitcode == 0
    job, runs = listing.job(crew.state, SHOP, job_id)
    assert (job.status, job.attempts, [run.outcome for run in runs]) == ("waiting", 0, ["handed_back"])
    crew.hire()
    until(lambda: crew.counts() == {"done": 1}, "another worker")
