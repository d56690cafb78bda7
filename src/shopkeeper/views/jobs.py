"""The Jobs page: what is due, what runs and how far it is, what waits for a person, and how it went."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shopkeeper.core.settings import ShopSettings, read_settings
from shopkeeper.core.wording import Language, has_word, word
from shopkeeper.errors import ShopkeeperError
from shopkeeper.jobs import listing
from shopkeeper.jobs.job import Job, Run
from shopkeeper.jobs.kinds import KINDS
from shopkeeper.jobs.listing import WorkerSeen
from shopkeeper.jobs.outbox import Message
from shopkeeper.jobs.schedule import Schedule, schedules_of
from shopkeeper.state import State
from shopkeeper.views.pulls import Pulls, pulls
from shopkeeper.warehouse.shop import Shop

HISTORY = 40
_OPEN_MOST = 200


@dataclass(frozen=True)
class Share:
    """How far a running job is. `share` is None while its length is unknown."""

    text: str
    share: float | None


@dataclass(frozen=True)
class JobShown:
    """A job as people see it. `error` holds label and text of each part that the reader may see, the first alone else."""

    id: str
    name: str
    kind: str
    kind_word: str
    source: str
    status: str
    status_word: str
    attempts: int
    most_attempts: int
    next_at: dt.datetime | None
    began_at: dt.datetime | None
    ended_at: dt.datetime | None
    took: str
    by: str
    did: str
    progress: Share | None
    error: tuple[tuple[str, str], ...]
    stopping: bool


@dataclass(frozen=True)
class ScheduleShown:
    """A declared schedule. `follows` says what it comes after; `next_at` is None when that is all, or no worker ran yet."""

    name: str
    kind: str
    kind_word: str
    source: str
    when: str
    follows: str
    next_at: dt.datetime | None
    newest: JobShown | None


@dataclass(frozen=True)
class MessageShown:
    """A message of the outbox. `answer` is the receiver's, for readers who may see it."""

    id: str
    channel: str
    key: str
    status: str
    status_word: str
    attempts: int
    most_attempts: int
    created_at: dt.datetime
    next_at: dt.datetime | None
    ended_at: dt.datetime | None
    answer: str
    error: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class RunShown:
    """One attempt of a job."""

    token: int
    worker: str
    began_at: dt.datetime
    ended_at: dt.datetime | None
    took: str
    outcome: str
    outcome_word: str
    error: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class JobsPage:
    """Everything on the page. `wrong` says why the declared jobs cannot be read; then `schedules` is empty."""

    shop: str
    zone: str
    counts: Mapping[str, int]
    undelivered: int
    workers: tuple[WorkerSeen, ...]
    alive: int
    defaults: bool
    wrong: str
    schedules: tuple[ScheduleShown, ...]
    open: tuple[JobShown, ...]
    dead: tuple[JobShown, ...]
    history: tuple[JobShown, ...]
    messages: tuple[MessageShown, ...]
    pulls: Pulls


@dataclass(frozen=True)
class JobPage:
    """One job with its attempts, newest first."""

    shop: str
    job: JobShown
    runs: tuple[RunShown, ...]


def jobs_page(shop: Shop, state: State, lang: Language, *, whole: bool, at: dt.datetime) -> JobsPage:
    """The page at a moment. Without `whole`, errors are told by their first part and receivers' answers are left out."""
    wrong, schedules, defaults = "", tuple[Schedule, ...](), False
    try:
        settings: ShopSettings = read_settings(shop.folder)
        schedules, defaults = schedules_of(settings), not settings.job
    except ShopkeeperError as error:
        wrong = error.message() if whole else error.what
    workers = listing.workers(state, shop.id, at=at)
    counts = listing.counts(state, shop.id)
    now = listing.jobs(state, shop.id, statuses=("running", "waiting"), limit=_OPEN_MOST)
    dead = listing.jobs(state, shop.id, statuses=("dead",), limit=_OPEN_MOST)
    ended = listing.jobs(state, shop.id, statuses=("done", "cancelled", "superseded"), limit=HISTORY)
    messages = listing.messages(state, shop.id, limit=HISTORY)

    def shown(jobs: Sequence[Job]) -> tuple[JobShown, ...]:
        return tuple(job_shown(job, lang, whole=whole) for job in jobs)

    return JobsPage(
        shop.id, shop.settings.shop.timezone, counts, sum(m.status in listing.OPEN for m in messages), workers,
        sum(one.alive(at) for one in workers), defaults, wrong,
        tuple(_schedule(due, lang, whole) for due in listing.due(state, shop.id, schedules)), shown(now), shown(dead),
        shown(ended), tuple(_message(message, lang, whole) for message in messages), pulls(shop, lang, whole=whole),
    )  # fmt: skip


def job_page(shop: Shop, state: State, lang: Language, job_id: str, *, whole: bool) -> JobPage:
    """One job. Raises NotFound with the nearest ids."""
    job, runs = listing.job(state, shop.id, job_id)
    return JobPage(shop.id, job_shown(job, lang, whole=whole), tuple(_run(run, lang, whole) for run in runs))


def job_shown(job: Job, lang: Language, *, whole: bool) -> JobShown:
    """A job in words."""
    by = word("jobs.by_schedule", lang) if job.schedule and not job.caused_by else job.created_by
    return JobShown(
        job.id, job.schedule or job.kind, job.kind, word(f"job_kind.{job.kind}", lang) if job.kind in KINDS else job.kind,
        job.source, job.status, word(f"job_status.{job.status}", lang), job.attempts, job.most_attempts,
        job.next_at if job.status == "waiting" else None, job.started_at, job.ended_at,
        took(job.started_at, job.ended_at, lang), by if not job.caused_by else job.caused_by,
        did(job.result, lang) if job.status == "done" else "", _share(job, lang), _parts(job.error, lang, whole),
        job.status == "running" and job.cancel_by is not None,
    )  # fmt: skip


def when_text(schedule: Schedule, lang: Language) -> str:
    """When a schedule is due, in words; empty for one that only follows others."""
    if schedule.every_seconds:
        return word("jobs.every", lang, n=_length(schedule.every_seconds, lang))
    if schedule.times:
        return word("jobs.daily", lang, times=", ".join(schedule.times))
    return schedule.cron


def did(result: Mapping[str, Any] | None, lang: Language) -> str:
    """What a job did, by the counts that have a word; what is 0 is left out.

    >>> did({"files": 3, "loaded": 12, "unchanged": 0, "changed": True}, "en")
    '3 files, 12 loaded'
    """
    told = [
        word(f"job_did.{name}", lang, n=f"{value:,}")
        for name, value in (result or {}).items()
        if isinstance(value, int) and not isinstance(value, bool) and value and has_word(f"job_did.{name}")
    ]
    return ", ".join(told) or word("job_did.nothing", lang)


def took(began: dt.datetime | None, ended: dt.datetime | None, lang: Language) -> str:
    """How long an attempt took; empty while it is not known."""
    if began is None or ended is None:
        return ""
    return _length(max((ended - began).total_seconds(), 0.0), lang)


def _length(seconds: float, lang: Language) -> str:
    if seconds < 10 and seconds != int(seconds):
        return word("jobs.seconds", lang, n=f"{seconds:.1f}")
    if seconds < 90:
        return word("jobs.seconds", lang, n=f"{seconds:.0f}")
    if seconds < 5400:
        return word("jobs.minutes", lang, n=f"{seconds / 60:.0f}")
    return word("jobs.hours", lang, n=f"{seconds / 3600:.1f}".removesuffix(".0"))


def _share(job: Job, lang: Language) -> Share | None:
    if job.status != "running" or not job.progress:
        return None
    step, done, total = job.progress["step"], int(job.progress["done"]), int(job.progress["total"])
    if not total:
        return Share(word("jobs.progress_open", lang, step=step, done=f"{done:,}" if done else "").strip(), None)
    return Share(
        word("jobs.progress_of", lang, step=step, done=f"{done:,}", total=f"{total:,}"), min(done / total, 1.0)
    )


def _parts(error: Mapping[str, Any] | None, lang: Language, whole: bool) -> tuple[tuple[str, str], ...]:
    if not error:
        return ()
    first = ("", str(error["failed"]))
    if not whole:
        return (first,)
    rest = ((label, error.get(label)) for label in ("where", "received", "allowed", "state", "next"))
    return (first, *((word(f"problem.{label}", lang), str(text)) for label, text in rest if text))


def _schedule(due: listing.Due, lang: Language, whole: bool) -> ScheduleShown:
    schedule = due.schedule
    follows = word("jobs.follows", lang, jobs=", ".join(schedule.after)) if schedule.after else ""
    newest = None if due.newest is None else job_shown(due.newest, lang, whole=whole)
    return ScheduleShown(
        schedule.name, schedule.kind, word(f"job_kind.{schedule.kind}", lang), schedule.source, when_text(schedule, lang),
        follows, due.next_at, newest,
    )  # fmt: skip


def _run(run: Run, lang: Language, whole: bool) -> RunShown:
    outcome = run.outcome or "running"
    return RunShown(
        run.fence, run.worker, run.started_at, run.ended_at, took(run.started_at, run.ended_at, lang), outcome,
        word(f"job_status.{outcome}", lang), _parts(run.error, lang, whole),
    )  # fmt: skip


def _message(message: Message, lang: Language, whole: bool) -> MessageShown:
    return MessageShown(
        message.id, message.channel, message.idempotency_key, message.status, word(f"job_status.{message.status}", lang),
        message.attempts, message.most_attempts, message.created_at,
        message.next_at if message.status == "waiting" else None, message.ended_at, (message.answer or "") if whole else "",
        _parts(message.error, lang, whole) if message.status != "done" else (),
    )  # fmt: skip
