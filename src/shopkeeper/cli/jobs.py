"""`shopkeeper jobs …`: what is due, runs and has run; try again, call off, or ask for a job now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from shopkeeper.cli.context import ShopContext, current_shop
from shopkeeper.cli.output import Format, emit
from shopkeeper.core.clock import utc_now
from shopkeeper.core.wording import Language, word

if TYPE_CHECKING:
    from shopkeeper.jobs.job import Job, Run
    from shopkeeper.jobs.outbox import Message

FINDINGS = 1
Shown = Literal["waiting", "running", "done", "dead", "cancelled", "superseded", "all"]
Printed = Annotated[Format, typer.Option("--format", help="How rows are printed.")]
ItemId = Annotated[str, typer.Argument(metavar="ID", help="Id of a job, or of a message of the outbox.")]

jobs_app = typer.Typer(
    no_args_is_help=True, help="Jobs: what is due, runs and has run; try again, call off, or ask for one now."
)


@jobs_app.command("list")
def list_(
    ctx: typer.Context,
    status: Annotated[Shown, typer.Option("--status", help="Only jobs of this status.")] = "all",
    kind: Annotated[str, typer.Option("--kind", metavar="KIND", help="Only jobs of this kind.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most this many.")] = 30,
    format: Printed = "table",
) -> None:
    """List jobs: what runs, waits or is a dead letter first, then the newest. Leaves with 1 while there are dead letters."""
    from shopkeeper.jobs import listing

    here = current_shop(ctx)
    shop_id = here.settings.shop.id
    with here.state() as state:
        found = listing.jobs(state, shop_id, statuses=() if status == "all" else (status,), kind=kind, limit=limit)
        counts = listing.counts(state, shop_id)
        seen = listing.workers(state, shop_id, at=utc_now())
    alive = [one.id for one in seen if one.alive(utc_now())]
    if format == "table" and not found:
        typer.echo(word("jobs.none", here.lang))
    else:
        names = ("id", "job", "status", "attempts", "next", "began", "seconds", "created_by", "told")
        meta = _meta(here) | {"counts": counts, "workers": alive}
        rows = [_row(job, here.lang) if format == "table" else _plain(job) for job in found]
        columns = _columns(names, here.lang) if format == "table" else [(n, n) for n in _CSV]
        emit(rows, columns=columns, fmt=format, meta=meta)
    if format == "table" and not alive:
        typer.echo(word("jobs.no_worker", here.lang) + " shopkeeper work")
    if counts.get("dead"):
        raise typer.Exit(FINDINGS)


@jobs_app.command("schedules")
def schedules(ctx: typer.Context, format: Printed = "table") -> None:
    """List declared jobs: when each is due, what it follows, and how it went last."""
    from shopkeeper.jobs import listing
    from shopkeeper.jobs.schedule import schedules_of

    here = current_shop(ctx)
    with here.state() as state:
        found = listing.due(state, here.settings.shop.id, schedules_of(here.settings))
    rows = [
        {
            "name": one.schedule.name, "kind": one.schedule.kind, "source": one.schedule.source,
            "when": one.schedule.when, "after": ", ".join(one.schedule.after), "next": one.next_at, "last": one.last_at,
            "status": one.newest and _status(one.newest.status, here.lang, format),
        }
        for one in found
    ]  # fmt: skip
    emit(rows, columns=_columns(tuple(rows[0]), here.lang), fmt=format, meta=_meta(here))


@jobs_app.command("show")
def show(ctx: typer.Context, item: ItemId, format: Printed = "table") -> None:
    """Show one job with its attempts, progress, result and error; or one message of the outbox."""
    from shopkeeper.jobs import listing

    here = current_shop(ctx)
    shop_id = here.settings.shop.id
    with here.state() as state:
        if item.startswith("msg_"):
            facts, runs = _message(listing.message(state, shop_id, item)), []
        else:
            job, attempts = listing.job(state, shop_id, item)
            facts = _plain(job)
            runs = [_attempt(run) for run in attempts]
    if format == "json":
        emit([facts | {"runs": runs}], columns=[], fmt=format, meta=_meta(here))
        return
    rows = [{"part": name, "value": value} for name, value in _flat(facts)]
    emit(rows, columns=_columns(("part", "value"), here.lang), fmt=format, meta=_meta(here))
    if format == "table" and runs:
        told = [
            run
            | {
                "outcome": _status(run["outcome"] or "running", here.lang, format),
                "error": (run["error"] or {}).get("failed"),
            }
            for run in runs
        ]
        emit(told, columns=_columns(tuple(runs[0]), here.lang), fmt=format, meta={})


@jobs_app.command("outbox")
def outbox(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most this many.")] = 30,
    format: Printed = "table",
) -> None:
    """List messages that leave the house: those not delivered first. Leaves with 1 while there are dead letters."""
    from shopkeeper.jobs import listing

    here = current_shop(ctx)
    with here.state() as state:
        found = listing.messages(state, here.settings.shop.id, limit=limit)
    names = ("id", "channel", "status", "attempts", "next", "created", "told")
    rows = [
        _message(one)
        | {"status": _status(one.status, here.lang, format), "told": one.answer or (one.error or {}).get("failed")}
        for one in found
    ]
    if format == "table" and not rows:
        typer.echo(word("jobs.no_messages", here.lang))
    else:
        emit(rows, columns=_columns(names, here.lang), fmt=format, meta=_meta(here))
    if any(one.status == "dead" for one in found):
        raise typer.Exit(FINDINGS)


@jobs_app.command("retry")
def retry(ctx: typer.Context, item: ItemId) -> None:
    """Let a job or message that ended without success begin anew, with all its attempts."""
    from shopkeeper.jobs import acts

    here = current_shop(ctx)
    with here.state() as state:
        acts.retry(state, here.settings.shop.id, item, by=f"os:{here.actor}", at=utc_now())
    typer.echo(word("jobs.retried", here.lang, id=item))


@jobs_app.command("cancel")
def cancel(ctx: typer.Context, item: ItemId) -> None:
    """Call a job or message off; a job that runs stops as soon as it can."""
    from shopkeeper.jobs import acts

    here = current_shop(ctx)
    with here.state() as state:
        off = acts.cancel(state, here.settings.shop.id, item, by=f"os:{here.actor}", at=utc_now())
    typer.echo(word("jobs.cancelled" if off else "jobs.stopping", here.lang, id=item))


@jobs_app.command("run")
def run(
    ctx: typer.Context,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="load, pull, check, rollup or maintain.")],
    source: Annotated[str, typer.Option("--source", metavar="NAME", help="The source that load or pull reads.")] = "",
) -> None:
    """Ask for a job now; a worker takes it at once, or `shopkeeper work --once` does."""
    from shopkeeper.jobs import acts

    here = current_shop(ctx)
    with here.state() as state:
        job_id = acts.run_now(state, here.settings.shop.id, kind, source=source, by=f"os:{here.actor}", at=utc_now())
    typer.echo(word("jobs.asked", here.lang, id=job_id))


_CSV = ("id", "kind", "source", "schedule", "status", "attempts", "most_attempts", "next", "created", "created_by",
        "caused_by", "began", "ended", "progress", "result", "error")  # fmt: skip


def _plain(job: Job) -> dict[str, Any]:
    return {
        "id": job.id, "kind": job.kind, "source": job.source or None, "schedule": job.schedule, "status": job.status,
        "attempts": job.attempts, "most_attempts": job.most_attempts,
        "next": job.next_at if job.status == "waiting" else None, "created": job.created_at, "created_by": job.created_by,
        "caused_by": job.caused_by, "began": job.started_at, "beat": job.beat_at, "ended": job.ended_at,
        "progress": job.progress, "result": job.result, "error": job.error, "cancel_by": job.cancel_by,
    }  # fmt: skip


def _row(job: Job, lang: Language) -> dict[str, Any]:
    """A job in one line of a table."""
    began, ended = job.started_at, job.ended_at
    told = (job.error or {}).get("failed") if job.status in ("dead", "waiting") else None
    if job.status == "running" and job.progress:
        told = " ".join(str(job.progress[part]) for part in ("step", "done", "total") if job.progress.get(part))
    if job.status == "done" and job.result:
        told = ", ".join(
            f"{name} {value}" for name, value in job.result.items() if isinstance(value, int) and value is not False
        )
    return {
        "id": job.id, "job": f"{job.schedule or job.kind} {job.source}".strip(), "status": _status(job.status, lang, "table"),
        "attempts": job.attempts, "next": job.next_at if job.status == "waiting" else None, "began": began,
        "seconds": f"{(ended - began).total_seconds():.1f}" if ended and began else None,
        "created_by": job.created_by, "told": told,
    }  # fmt: skip


def _attempt(run: Run) -> dict[str, Any]:
    return {
        "fence": run.fence, "worker": run.worker, "began": run.started_at, "ended": run.ended_at, "outcome": run.outcome,
        "error": run.error,
    }  # fmt: skip


def _message(one: Message) -> dict[str, Any]:
    return {
        "id": one.id, "channel": one.channel, "key": one.idempotency_key, "status": one.status, "attempts": one.attempts,
        "most_attempts": one.most_attempts, "next": one.next_at if one.status == "waiting" else None,
        "created": one.created_at, "ended": one.ended_at, "body": one.body, "answer": one.answer, "error": one.error,
    }  # fmt: skip


def _flat(facts: dict[str, Any]) -> list[tuple[str, object]]:
    """Facts that are known, the parts of an error and of a result each on its own line."""
    told: list[tuple[str, object]] = []
    for name, value in facts.items():
        if isinstance(value, dict):
            told += [(f"{name}.{part}", inner) for part, inner in value.items() if inner is not None]
        elif value is not None:
            told.append((name, value))
    return told


def _status(status: str, lang: Language, fmt: Format) -> str:
    return word(f"job_status.{status}", lang) if fmt == "table" else status


def _columns(names: tuple[str, ...], lang: Language) -> list[tuple[str, str]]:
    return [(name, word(f"job_heading.{name}", lang)) for name in names]


def _meta(here: ShopContext) -> dict[str, Any]:
    return {"shop": here.settings.shop.id, "as_of": utc_now().isoformat(), "snapshot": None, "warnings": []}
