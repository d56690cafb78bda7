"""What the queue and the outbox promise on every engine of the state database."""

from __future__ import annotations

import datetime as dt
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from shopkeeper.access.audit import recent_events, verify_audit
from shopkeeper.errors import ConfigError, InternalError, NotFound, SourceError, Undelivered, UsageError
from shopkeeper.jobs import acts, listing, queue
from shopkeeper.jobs.job import Job
from shopkeeper.jobs.outbox import Message, deliver_next, put, take_back
from shopkeeper.jobs.schedule import Schedule
from shopkeeper.jobs.task import Done, Task
from shopkeeper.jobs.ticking import tick
from shopkeeper.jobs.worker import Orders, Pace, Worker
from shopkeeper.state import State, default_state_url, open_state
from shopkeeper.state.tables.jobs import JOBS, OUTBOX

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
LEASE = dt.timedelta(seconds=60)
SHOP = "tea"
BUSY = SourceError("the server does not answer", retryable=True)


def minutes(n: float) -> dt.timedelta:
    return dt.timedelta(minutes=n)


def schedule(name: str, *, every: int = 0, after: tuple[str, ...] = (), kind: str = "", retries: int = 2) -> Schedule:
    return Schedule(name, kind or name, every, (), "", after, "", retries, "Asia/Shanghai")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[State]:
    on_disk = request.param == "sqlite"
    url = default_state_url(tmp_path) if on_disk else request.getfixturevalue("new_postgres_database")()
    with open_state(url) as opened:
        yield opened


def put_in(
    state: State, kind: str = "load", *, at: dt.datetime = NOON, shop: str = SHOP, **given: object
) -> str | None:
    with state.writing() as connection:
        return queue.enqueue(connection, shop, kind, at=at, by="tests", **given)  # type: ignore[arg-type]


def claim(
    state: State, worker: str = "a", *, at: dt.datetime = NOON, kinds: tuple[str, ...] = ("load", "check")
) -> Job:
    found = try_claim(state, worker, at=at, kinds=kinds)
    assert found is not None
    return found


def try_claim(
    state: State, worker: str = "a", *, at: dt.datetime = NOON, kinds: tuple[str, ...] = ("load", "check")
) -> Job | None:
    return queue.claim(state, SHOP, worker=worker, kinds=kinds, at=at, lease=LEASE)


def seen(state: State, job_id: str) -> Job:
    return listing.job(state, SHOP, job_id)[0]


def outcomes(state: State, job_id: str) -> list[str | None]:
    return [run.outcome for run in listing.job(state, SHOP, job_id)[1]]


def at_once(*works: Callable[[], object]) -> None:
    """Run all at the same moment, and let whatever one raises be seen."""
    barrier, failed = threading.Barrier(len(works)), []

    def run(work: Callable[[], object]) -> None:
        barrier.wait()
        try:
            work()
        except BaseException as error:  # noqa: BLE001
            failed.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


# --- one job, one worker -------------------------------------------------------------------------------------------------


def test_many_workers_at_once_take_each_job_once(state: State) -> None:
    ids = {put_in(state, "load", payload={"n": n}) for n in range(12)}
    taken: list[Job] = []

    def work(name: str) -> None:
        while (job := try_claim(state, name)) is not None or queue_waits(state):
            if job is not None:
                taken.append(job)

    at_once(*(lambda name=name: work(name) for name in "abcd"))  # type: ignore[misc]
    assert sorted(job.id for job in taken) == sorted(i for i in ids if i)
    assert {job.fence for job in taken} == {1}


def queue_waits(state: State) -> bool:
    with state.reading() as connection:
        return bool(connection.scalar(select(func.count()).where(JOBS.c.status == "waiting")))


def test_a_job_waits_for_its_time_and_for_a_worker_of_its_kind_and_shop(state: State) -> None:
    put_in(state, "load", at=NOON + minutes(1))
    put_in(state, "check")
    put_in(state, "load", shop="other")
    assert try_claim(state, kinds=("load",)) is None
    assert claim(state, kinds=("load",), at=NOON + minutes(1)).kind == "load"
    assert claim(state, kinds=("check",)).kind == "check"
    assert try_claim(state, at=NOON + minutes(9)) is None


def test_of_an_exclusive_kind_one_runs_at_a_time(state: State) -> None:
    for _ in range(3):
        put_in(state, "load", exclusive="load")
    taken: list[Job | None] = []
    at_once(*(lambda w=w: taken.append(try_claim(state, w)) for w in "abc"))  # type: ignore[misc]
    (first,) = [job for job in taken if job is not None]
    assert try_claim(state) is None
    assert queue.finish(state, first, at=NOON, result={})
    assert claim(state).id != first.id


def test_the_database_itself_forbids_a_second_one(state: State) -> None:
    """Whatever the query for candidates overlooked at that very moment."""
    first, second = put_in(state, "load", exclusive="load"), put_in(state, "load", exclusive="load")
    assert first
    assert second
    from sqlalchemy.exc import IntegrityError

    from shopkeeper.jobs.lease import take

    assert claim(state).id == first
    with pytest.raises(IntegrityError), state.writing() as connection:
        take(connection, JOBS, second, 0, to="b", until=NOON + LEASE)
    assert seen(state, second).status == "waiting"


# --- leases and fences ---------------------------------------------------------------------------------------------------


def test_a_silent_workers_job_is_taken_over_and_its_late_word_is_refused(state: State) -> None:
    put_in(state)
    old = claim(state, "a")
    later = NOON + LEASE
    assert queue.reclaim(state, SHOP, at=later - dt.timedelta(seconds=1), dice=random.Random(1)) == ()
    assert try_claim(state, "b", at=later) is None
    queue.reclaim(state, SHOP, at=later, dice=random.Random(1))
    new = claim(state, "b", at=later)
    assert (new.id, new.fence) == (old.id, old.fence + 1)
    written: list[int] = []
    assert queue.renew(state, old, at=later, lease=LEASE) == "lost"
    assert not queue.finish(state, old, at=later, result={"by": "a"}, write=lambda _: written.append(1))
    assert queue.fail(state, old, BUSY, at=later, dice=random.Random(1)) == "lost"
    assert not queue.hand_back(state, old, at=later)
    assert not queue.stopped(state, old, at=later)
    assert (written, seen(state, old.id).status) == ([], "running")
    assert queue.finish(state, new, at=later, result={"by": "b"})
    assert seen(state, old.id).result == {"by": "b", "changed": False}
    assert outcomes(state, old.id) == ["done", "lost"]


def test_a_lease_that_is_renewed_is_not_taken_over(state: State) -> None:
    put_in(state)
    job = claim(state)
    for n in range(1, 5):
        assert (
            queue.renew(state, job, at=NOON + n * LEASE / 2, lease=LEASE, progress={"step": "load", "done": n})
            == "held"
        )
    assert queue.reclaim(state, SHOP, at=NOON + 2.9 * LEASE, dice=random.Random(1)) == ()
    assert seen(state, job.id).progress == {"step": "load", "done": 4}
    assert queue.finish(state, job, at=NOON + 3 * LEASE, result={})


def test_a_job_that_ends_its_workers_each_time_is_a_dead_letter_at_last(state: State) -> None:
    job_id = put_in(state, retries=2)
    assert job_id
    at, told = NOON, []
    for n in range(3):
        at = max(at, seen(state, job_id).next_at)
        assert claim(state, f"w{n}", at=at).attempts == n + 1
        at += LEASE
        dead = queue.reclaim(state, SHOP, at=at, dice=random.Random(n), told=lambda *a: told.append(a[1].id))
    assert (dead, told) == ((job_id,), [job_id])
    job = seen(state, job_id)
    assert job.status == "dead"
    assert job.error is not None
    assert job.error["where"] == "w2"
    assert outcomes(state, job_id) == ["lost"] * 3


def test_two_workers_that_take_back_at_once_count_one_loss(state: State) -> None:
    job_id = put_in(state, retries=9)
    assert job_id
    claim(state)
    at_once(*(lambda: queue.reclaim(state, SHOP, at=NOON + LEASE, dice=random.Random(1)) for _ in range(3)))
    assert (seen(state, job_id).attempts, outcomes(state, job_id)) == (1, ["lost"])


def test_a_job_handed_back_has_not_used_an_attempt(state: State) -> None:
    put_in(state, retries=0)
    job = claim(state)
    assert queue.hand_back(state, job, at=NOON)
    again = claim(state, "b")
    assert (again.id, again.attempts, again.fence) == (job.id, 1, 2)
    assert outcomes(state, job.id) == [None, "handed_back"]


# --- retries and dead letters --------------------------------------------------------------------------------------------


def test_an_attempt_that_failed_is_tried_again_later_and_the_last_is_a_dead_letter(state: State) -> None:
    job_id = put_in(state, retries=2)
    assert job_id
    dice, at = random.Random(7), NOON
    for attempt in (1, 2, 3):
        at = max(at, seen(state, job_id).next_at)
        job = claim(state, at=at)
        ended = queue.fail(state, job, BUSY, at=at, dice=dice)
        assert ended == ("waiting" if attempt < 3 else "dead")
        if attempt < 3:
            wait = seen(state, job_id).next_at - at
            assert dt.timedelta(0) < wait <= dt.timedelta(seconds=10 * 2 ** (attempt - 1))
    job = seen(state, job_id)
    assert (job.status, job.attempts, job.error) == ("dead", 3, {"code": "source", "failed": BUSY.what})
    assert try_claim(state, at=NOON + minutes(999)) is None


@pytest.mark.parametrize("error", [SourceError("an unknown header"), NotFound("source", "erp", []), ConfigError("no")])
def test_what_cannot_pass_is_a_dead_letter_at_once(state: State, error: Exception) -> None:
    put_in(state, retries=9)
    assert queue.fail(state, claim(state), error, at=NOON, dice=random.Random(1)) == "dead"


def test_an_unforeseen_error_is_tried_again_and_told_in_the_houses_form(state: State) -> None:
    job_id = put_in(state)
    assert job_id
    assert queue.fail(state, claim(state), ZeroDivisionError("1/0"), at=NOON, dice=random.Random(1)) == "waiting"
    error = seen(state, job_id).error
    assert error is not None
    assert (error["code"], error["received"]) == ("internal", "ZeroDivisionError: 1/0")


def test_a_later_run_of_a_schedule_takes_the_place_of_its_dead_letter(state: State) -> None:
    told: list[str] = []

    def notice(_: object, job: Job, *rest: object) -> None:
        told.append(job.id)

    ids = []
    for n in range(3):
        ids.append(put_in(state, schedule="load", at=NOON + minutes(n)))
        job = claim(state, at=NOON + minutes(n))
        queue.fail(state, job, UsageError("no"), at=NOON + minutes(n), dice=random.Random(1), told=notice)
    assert [seen(state, i).status for i in ids if i] == ["superseded", "superseded", "dead"]
    assert told == [ids[0]], "told once, not every five minutes"
    put_in(state, schedule="load", at=NOON + minutes(5))
    assert queue.finish(state, claim(state, at=NOON + minutes(5)), at=NOON + minutes(5), result={})
    assert listing.counts(state, SHOP) == {"superseded": 3, "done": 1}


# --- schedules and chains ------------------------------------------------------------------------------------------------


def test_missed_times_make_one_job_however_many_workers_notice(state: State) -> None:
    plan = [schedule("load", every=300)]
    assert tick(state, SHOP, plan, at=NOON) == 1
    queue.finish(state, claim(state), at=NOON, result={})
    late = NOON + minutes(47)
    made: list[int] = []
    at_once(*(lambda: made.append(tick(state, SHOP, plan, at=late)) for _ in range(4)))
    assert sum(made) == 1
    (due,) = listing.due(state, SHOP, plan)
    assert due.next_at == NOON + minutes(50), "on the same grid as before"
    assert tick(state, SHOP, plan, at=late + minutes(1)) == 0


def test_a_due_time_passes_while_the_last_job_is_still_there(state: State) -> None:
    plan = [schedule("load", every=300)]
    tick(state, SHOP, plan, at=NOON)
    assert tick(state, SHOP, plan, at=NOON + minutes(5)) == 0
    job = claim(state, at=NOON + minutes(6))
    assert tick(state, SHOP, plan, at=NOON + minutes(10)) == 0
    queue.finish(state, job, at=NOON + minutes(11), result={})
    assert tick(state, SHOP, plan, at=NOON + minutes(14)) == 0
    assert tick(state, SHOP, plan, at=NOON + minutes(15)) == 1


def test_a_changed_declaration_begins_anew_and_a_removed_one_is_forgotten(state: State) -> None:
    tick(state, SHOP, [schedule("load", every=86400), schedule("check", every=60)], at=NOON)
    while (job := try_claim(state)) is not None:
        queue.finish(state, job, at=NOON, result={})
    assert tick(state, SHOP, [schedule("load", every=60)], at=NOON + minutes(1)) == 1
    assert [d.next_at for d in listing.due(state, SHOP, [schedule("check", every=60)])] == [None]


def test_what_follows_is_put_in_once_with_the_end_of_a_job_that_changed_something(state: State) -> None:
    plan = [schedule("load", every=300), schedule("check", after=("load",)), schedule("rollup", after=("check",))]
    for n, (changed, follow) in enumerate([(False, 0), (True, 1), (True, 1)]):
        put_in(state, schedule="load")
        job = claim(state, kinds=("load",))
        assert queue.finish(state, job, at=NOON, result={}, changed=changed, schedules=plan), n
        waiting = listing.jobs(state, SHOP, statuses=("waiting",))
        assert [j.kind for j in waiting] == ["check"] * follow, "a second load before the check needs no second check"
    assert waiting[0].caused_by is not None
    check = claim(state, kinds=("check",))
    put_in(state, schedule="load")
    queue.finish(state, claim(state, kinds=("load",)), at=NOON, result={}, changed=True, schedules=plan)
    assert [j.kind for j in listing.jobs(state, SHOP, statuses=("waiting",))] == ["check"], (
        "one that runs saw older data"
    )
    assert queue.finish(state, check, at=NOON, result={}, schedules=plan)


# --- what people do ------------------------------------------------------------------------------------------------------


def test_a_person_asks_for_a_job_calls_it_off_and_tries_again_and_all_of_it_is_audited(state: State) -> None:
    job_id = acts.run_now(state, SHOP, "check", by="olive", at=NOON)
    with pytest.raises(UsageError, match="waits already"):
        acts.run_now(state, SHOP, "check", by="olive", at=NOON)
    assert acts.cancel(state, SHOP, job_id, by="olive", at=NOON)
    with pytest.raises(UsageError, match="cannot be done"):
        acts.cancel(state, SHOP, job_id, by="olive", at=NOON)
    acts.retry(state, SHOP, job_id, by="bob", at=NOON + minutes(1))
    job = claim(state, at=NOON + minutes(1))
    assert not acts.cancel(state, SHOP, job_id, by="olive", at=NOON), "it runs: it stops as soon as it can"
    assert queue.renew(state, job, at=NOON, lease=LEASE) == "cancel"
    assert queue.stopped(state, job, at=NOON)
    assert (seen(state, job_id).status, seen(state, job_id).cancel_by) == ("cancelled", "olive")
    for wrong in ("job_nothing", "msg_nothing"):
        with pytest.raises(NotFound):
            acts.retry(state, SHOP, wrong, by="olive", at=NOON)
    with pytest.raises(NotFound):
        acts.retry(state, "other", job_id, by="olive", at=NOON)
    done = [(e.actor, e.action) for e in recent_events(state, shop=SHOP)]
    assert done == [
        ("olive", "jobs.cancelled"), ("bob", "jobs.retried"), ("olive", "jobs.cancelled"), ("olive", "jobs.run"),
    ]  # fmt: skip
    assert verify_audit(state).ok


def test_a_job_that_was_called_off_and_whose_worker_is_lost_stays_off(state: State) -> None:
    job_id = put_in(state)
    assert job_id
    claim(state)
    acts.cancel(state, SHOP, job_id, by="olive", at=NOON)
    queue.reclaim(state, SHOP, at=NOON + LEASE, dice=random.Random(1))
    assert seen(state, job_id).status == "cancelled"


def test_old_jobs_are_forgotten_and_dead_letters_are_not(state: State) -> None:
    put_in(state)
    queue.finish(state, claim(state), at=NOON, result={})
    put_in(state)
    queue.fail(state, claim(state), UsageError("no"), at=NOON, dice=random.Random(1))
    assert listing.forget_old(state, SHOP, before=NOON) == 0
    assert listing.forget_old(state, SHOP, before=NOON + minutes(1)) == 1
    assert listing.counts(state, SHOP) == {"dead": 1}


# --- the outbox ----------------------------------------------------------------------------------------------------------


class Told:
    """A channel that remembers what it was given and fails as it is told to."""

    def __init__(self, *failures: Exception) -> None:
        self.got: list[Message] = []
        self.failures = list(failures)

    def send(self, message: Message, at: dt.datetime) -> str:
        self.got.append(message)
        if self.failures:
            raise self.failures.pop(0)
        return "200 thanks"


def write(state: State, key: str = "k", **given: object) -> str | None:
    with state.writing() as connection:
        return put(connection, SHOP, "post", key, {"n": 1}, at=NOON, **given)  # type: ignore[arg-type]


def deliver(state: State, channel: Told, at: dt.datetime = NOON, worker: str = "a") -> str | None:
    return deliver_next(state, SHOP, {"post": channel}, worker=worker, at=at, dice=random.Random(3), lease=LEASE)


def test_a_message_is_written_with_its_cause_or_not_at_all_and_once_for_one_cause(state: State) -> None:
    put_in(state)
    job = claim(state)

    def half(connection: object) -> None:
        put(connection, SHOP, "post", "k", {}, at=NOON)  # type: ignore[arg-type]
        raise InternalError("the disk is full")

    with pytest.raises(InternalError):
        queue.finish(state, job, at=NOON, result={}, write=half)
    assert (listing.messages(state, SHOP), seen(state, job.id).status) == ((), "running")
    assert queue.finish(state, job, at=NOON, result={}, write=lambda c: put(c, SHOP, "post", "k", {}, at=NOON) and None)
    assert write(state) is None, "the same cause"
    assert [m.idempotency_key for m in listing.messages(state, SHOP)] == ["k"]


def test_many_workers_at_once_send_each_message_once(state: State) -> None:
    ids = {write(state, f"k{n}") for n in range(10)}
    channel = Told()

    def work(name: str) -> None:
        while deliver(state, channel, worker=name) is not None or waits(state):
            pass

    at_once(*(lambda name=name: work(name) for name in "abc"))  # type: ignore[misc]
    assert sorted(m.id for m in channel.got) == sorted(i for i in ids if i)
    assert {m.status for m in listing.messages(state, SHOP)} == {"done"}


def waits(state: State) -> bool:
    with state.reading() as connection:
        return bool(connection.scalar(select(func.count()).where(OUTBOX.c.status == "waiting")))


def test_the_handlers_word_decides_between_another_attempt_and_a_dead_letter(state: State) -> None:
    first = write(state)
    channel = Told(
        Undelivered("busy", final=False, wait_seconds=600), ValueError("a bug"), Undelivered("no", final=True)
    )
    deliver(state, channel)
    message = listing.message(state, SHOP, first or "")
    assert message.status == "waiting"
    assert message.next_at == NOON + minutes(10), "as the receiver asked"
    assert deliver(state, channel, NOON + minutes(9)) is None
    deliver(state, channel, NOON + minutes(10))
    deliver(state, channel, NOON + minutes(20))
    assert {m.body for m in channel.got} == {'{"n": 1}'}
    assert {m.id for m in channel.got} == {first}
    assert [m.status for m in listing.messages(state, SHOP)] == ["dead"]
    acts.retry(state, SHOP, first or "", by="olive", at=NOON + minutes(30))
    deliver(state, channel, NOON + minutes(30))
    message = listing.message(state, SHOP, first or "")
    assert (message.status, message.answer, message.error) == ("done", "200 thanks", None)


def test_a_message_of_a_lost_sender_is_sent_again_under_the_same_id_and_dies_at_last(state: State) -> None:
    class Killed(BaseException):
        pass

    class Ending(Told):
        def send(self, message: Message, at: dt.datetime) -> str:
            self.got.append(message)
            raise Killed

    first, at, channel = write(state, most_attempts=2), NOON, Ending()
    for _ in range(2):
        with pytest.raises(Killed):
            deliver(state, channel, at)
        take_back(state, SHOP, at=at + LEASE / 2, dice=random.Random(1))
        assert deliver(state, channel, at + LEASE / 2) is None
        at += LEASE
        take_back(state, SHOP, at=at, dice=random.Random(1))
    assert [m.id for m in channel.got] == [first, first]
    assert [m.status for m in listing.messages(state, SHOP)] == ["dead"]


def test_a_message_may_be_called_off_until_it_is_sent(state: State) -> None:
    first = write(state) or ""
    assert acts.cancel(state, SHOP, first, by="olive", at=NOON)
    assert deliver(state, Told()) is None
    acts.retry(state, SHOP, first, by="olive", at=NOON)
    assert deliver(state, Told()) == first
    with pytest.raises(UsageError):
        acts.cancel(state, SHOP, first, by="olive", at=NOON)


# --- the worker ----------------------------------------------------------------------------------------------------------


def test_a_worker_does_all_that_is_due_with_what_follows_and_sends_what_they_wrote(state: State) -> None:
    order: list[str] = []
    channel = Told()

    def load(task: Task) -> Done:
        order.append("load")
        task.report("files", 1, 1)
        return Done(
            {"loaded": 3}, changed=True, write=lambda c: put(c, SHOP, "post", task.job.id, {}, at=NOON) and None
        )

    def check(task: Task) -> Done:
        order.append("check")
        raise SourceError("refused")

    plan = (schedule("load", every=300), schedule("check", after=("load",)))
    worker = Worker(
        state, SHOP, {"load": load, "check": check}, lambda: Orders(plan, {"post": channel}), clock=lambda: NOON,
        pace=Pace(poll_seconds=0.05),
    )  # fmt: skip
    worker.run_due()
    assert (order, worker.dead, len(channel.got)) == (["load", "check"], 1, 1)
    assert listing.counts(state, SHOP) == {"done": 1, "dead": 1}
    assert listing.workers(state, SHOP, at=NOON) == (), "it said good-bye"


def test_a_worker_stops_a_job_that_was_called_off(state: State) -> None:
    job_id = acts.run_now(state, SHOP, "check", by="olive", at=NOON)
    begun = threading.Event()

    def endless(task: Task) -> Done:
        begun.set()
        while True:
            threading.Event().wait(0.01)
            task.check()

    pace = Pace(lease=dt.timedelta(seconds=0.2), poll_seconds=0.05)
    worker = Worker(state, SHOP, {"check": endless}, pace=pace)
    thread = threading.Thread(target=worker.run)
    thread.start()
    assert begun.wait(30)
    (alive,) = listing.workers(state, SHOP, at=dt.datetime.now(dt.UTC))
    assert alive.kinds == ("check",)
    acts.cancel(state, SHOP, job_id, by="olive", at=NOON)
    deadline = threading.Event()
    for _ in range(600):
        if seen(state, job_id).status == "cancelled":
            break
        deadline.wait(0.05)
    assert seen(state, job_id).status == "cancelled"
    worker.stop()
    thread.join(30)
    assert not thread.is_alive()
