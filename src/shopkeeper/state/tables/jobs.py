"""Tables of the room `jobs`: what is due, what runs under which lease, how it went, and what waits to leave the house."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text, text

from shopkeeper.state.columns import UtcDateTime
from shopkeeper.state.tables.registry import METADATA


def _lease() -> list[Column[object]]:
    """What a lease is made of. A claim raises the fence, and nothing is accepted from the holder of an older one."""
    return [
        Column("fence", BigInteger, nullable=False, doc="Raised by every claim; the holder's token."),
        Column("leased_to", String(120), doc="The worker that holds it; NULL while nobody does."),
        Column("leased_until", UtcDateTime, doc="When another worker may take it over."),
    ]


JOB_SCHEDULES = Table(
    "job_schedules",
    METADATA,
    Column("shop_id", String(40), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("declared", Text, nullable=False, doc="The declaration as JSON: another one begins anew."),
    Column("next_at", UtcDateTime, doc="When it is due next; NULL when it only follows other jobs."),
    Column("last_at", UtcDateTime, doc="When it was due last."),
)

JOBS = Table(
    "jobs",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("shop_id", String(40), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("schedule", String(40), doc="Name of the schedule that made it; NULL for one asked for by hand."),
    Column("payload", Text, nullable=False, doc="JSON object: what the kind needs to know."),
    Column("status", String(16), nullable=False),
    Column("once", String(120), doc="At most one job of a shop waits under the same word; NULL once it was begun."),
    Column("exclusive", String(120), doc="At most one job of a shop runs under the same word."),
    Column("attempts", Integer, nullable=False, doc="Attempts begun, those handed back not counted."),
    Column("most_attempts", Integer, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    *_lease(),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(120), nullable=False),
    Column("caused_by", String(32), doc="The job that this one follows."),
    Column("started_at", UtcDateTime, doc="Begin of the newest attempt."),
    Column("beat_at", UtcDateTime, doc="When its worker was last heard of."),
    Column("ended_at", UtcDateTime),
    Column("progress", Text, doc="JSON: step, done, total."),
    Column("result", Text, doc="JSON object: what the kind says it did."),
    Column("error", Text, doc="JSON: the parts of the newest error."),
    Column("cancel_by", String(120), doc="Who asked that it stop."),
    CheckConstraint("status IN ('waiting', 'running', 'done', 'dead', 'cancelled', 'superseded')", name="status"),
    CheckConstraint("(status = 'running') = (leased_to IS NOT NULL)", name="lease"),
    Index("ix_jobs_due", "shop_id", "status", "next_at"),
    Index("ix_jobs_ended", "shop_id", "ended_at"),
    Index(
        "uq_jobs_once", "shop_id", "once", unique=True,
        sqlite_where=text("status = 'waiting'"), postgresql_where=text("status = 'waiting'"),
    ),
    Index(
        "uq_jobs_exclusive", "shop_id", "exclusive", unique=True,
        sqlite_where=text("status = 'running'"), postgresql_where=text("status = 'running'"),
    ),
)  # fmt: skip

JOB_RUNS = Table(
    "job_runs",
    METADATA,
    Column("job_id", ForeignKey("jobs.id"), primary_key=True),
    Column("fence", BigInteger, primary_key=True, autoincrement=False),
    Column("worker", String(120), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime, doc="NULL while it runs."),
    Column("outcome", String(16), doc="NULL while it runs."),
    Column("error", Text, doc="JSON: the parts of the error."),
    CheckConstraint(
        "outcome IN ('done', 'failed', 'lost', 'handed_back', 'cancelled') AND ended_at IS NOT NULL"
        " OR outcome IS NULL AND ended_at IS NULL",
        name="outcome",
    ),
)

JOB_WORKERS = Table(
    "job_workers",
    METADATA,
    Column("id", String(120), primary_key=True),
    Column("shop_id", String(40), nullable=False, index=True),
    Column("kinds", Text, nullable=False, doc="JSON list of the kinds it takes."),
    Column("started_at", UtcDateTime, nullable=False),
    Column("beat_at", UtcDateTime, nullable=False),
    Column("stopped_at", UtcDateTime, doc="When it said good-bye; NULL for one that runs, or was killed."),
)

OUTBOX = Table(
    "outbox",
    METADATA,
    Column("id", String(32), primary_key=True, doc="The receiver's key: the same on every attempt."),
    Column("shop_id", String(40), nullable=False),
    Column("channel", String(40), nullable=False),
    Column("idempotency_key", String(200), nullable=False, doc="What caused it; the same cause writes one message."),
    Column("payload", Text, nullable=False, doc="JSON, the bytes that are sent."),
    Column("status", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("most_attempts", Integer, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    *_lease(),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("answer", Text, doc="What the receiver said to the newest attempt."),
    Column("error", Text, doc="JSON: the parts of the newest error."),
    CheckConstraint("status IN ('waiting', 'running', 'done', 'dead', 'cancelled')", name="status"),
    CheckConstraint("(status = 'running') = (leased_to IS NOT NULL)", name="lease"),
    Index("uq_outbox_key", "shop_id", "channel", "idempotency_key", unique=True),
    Index("ix_outbox_due", "shop_id", "status", "next_at"),
)
