"""Schedules, jobs with their runs and workers, and the outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shopkeeper.state.columns import UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables."""
    _schedules_and_workers()
    _jobs()
    _outbox()


def _lease() -> list[sa.Column[object]]:
    return [
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("leased_to", sa.String(120)),
        sa.Column("leased_until", UtcDateTime),
    ]


def _schedules_and_workers() -> None:
    op.create_table(
        "job_schedules",
        sa.Column("shop_id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("declared", sa.Text, nullable=False),
        sa.Column("next_at", UtcDateTime),
        sa.Column("last_at", UtcDateTime),
        sa.PrimaryKeyConstraint("shop_id", "name", name="pk_job_schedules"),
    )
    op.create_table(
        "job_workers",
        sa.Column("id", sa.String(120), nullable=False),
        sa.Column("shop_id", sa.String(40), nullable=False),
        sa.Column("kinds", sa.Text, nullable=False),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("beat_at", UtcDateTime, nullable=False),
        sa.Column("stopped_at", UtcDateTime),
        sa.PrimaryKeyConstraint("id", name="pk_job_workers"),
    )
    op.create_index("ix_job_workers_shop_id", "job_workers", ["shop_id"])


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("shop_id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("schedule", sa.String(40)),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("once", sa.String(120)),
        sa.Column("exclusive", sa.String(120)),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("most_attempts", sa.Integer, nullable=False),
        sa.Column("next_at", UtcDateTime, nullable=False),
        *_lease(),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("created_by", sa.String(120), nullable=False),
        sa.Column("caused_by", sa.String(32)),
        sa.Column("started_at", UtcDateTime),
        sa.Column("beat_at", UtcDateTime),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("progress", sa.Text),
        sa.Column("result", sa.Text),
        sa.Column("error", sa.Text),
        sa.Column("cancel_by", sa.String(120)),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.CheckConstraint(
            "status IN ('waiting', 'running', 'done', 'dead', 'cancelled', 'superseded')", name=op.f("ck_jobs_status")
        ),
        sa.CheckConstraint("(status = 'running') = (leased_to IS NOT NULL)", name=op.f("ck_jobs_lease")),
    )
    op.create_index("ix_jobs_due", "jobs", ["shop_id", "status", "next_at"])
    op.create_index("ix_jobs_ended", "jobs", ["shop_id", "ended_at"])
    for name, status in (("once", "waiting"), ("exclusive", "running")):
        where = sa.text(f"status = '{status}'")
        op.create_index(
            f"uq_jobs_{name}", "jobs", ["shop_id", name], unique=True, sqlite_where=where, postgresql_where=where
        )
    op.create_table(
        "job_runs",
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("worker", sa.String(120), nullable=False),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("outcome", sa.String(16)),
        sa.Column("error", sa.Text),
        sa.PrimaryKeyConstraint("job_id", "fence", name="pk_job_runs"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_runs_job_id"),
        sa.CheckConstraint(
            "outcome IN ('done', 'failed', 'lost', 'handed_back', 'cancelled') AND ended_at IS NOT NULL"
            " OR outcome IS NULL AND ended_at IS NULL",
            name=op.f("ck_job_runs_outcome"),
        ),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("shop_id", sa.String(40), nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("idempotency_key", sa.String(200), nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("most_attempts", sa.Integer, nullable=False),
        sa.Column("next_at", UtcDateTime, nullable=False),
        *_lease(),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("answer", sa.Text),
        sa.Column("error", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.CheckConstraint(
            "status IN ('waiting', 'running', 'done', 'dead', 'cancelled')", name=op.f("ck_outbox_status")
        ),
        sa.CheckConstraint("(status = 'running') = (leased_to IS NOT NULL)", name=op.f("ck_outbox_lease")),
    )
    op.create_index("uq_outbox_key", "outbox", ["shop_id", "channel", "idempotency_key"], unique=True)
    op.create_index("ix_outbox_due", "outbox", ["shop_id", "status", "next_at"])
