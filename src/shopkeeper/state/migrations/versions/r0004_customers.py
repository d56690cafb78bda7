"""Segments, tags and erasures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shopkeeper.state.columns import UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "segment_versions",
        sa.Column("shop_id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("rule", sa.Text),
        sa.Column("note", sa.String(400), nullable=False),
        sa.Column("saved_at", UtcDateTime, nullable=False),
        sa.Column("saved_by", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "name", "version", name="pk_segment_versions"),
        sa.CheckConstraint("version > 0", name=op.f("ck_segment_versions_version")),
    )
    op.create_table(
        "segment_refreshes",
        sa.Column("shop_id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("refresh", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("snapshot", sa.BigInteger, nullable=False),
        sa.Column("looked_from", sa.Date),
        sa.Column("members", sa.Integer, nullable=False),
        sa.Column("came", sa.Integer, nullable=False),
        sa.Column("went", sa.Integer, nullable=False),
        sa.Column("file", sa.String(200), nullable=False),
        sa.Column("refreshed_at", UtcDateTime, nullable=False),
        sa.Column("refreshed_by", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "name", "refresh", name="pk_segment_refreshes"),
    )
    op.create_table(
        "customer_tags",
        sa.Column("shop_id", sa.String(40), nullable=False),
        sa.Column("ref", sa.String(32), nullable=False),
        sa.Column("tag", sa.String(40), nullable=False),
        sa.Column("tagged_at", UtcDateTime, nullable=False),
        sa.Column("tagged_by", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "ref", "tag", name="pk_customer_tags"),
    )
    op.create_table(
        "erasures",
        sa.Column("shop_id", sa.String(40), nullable=False),
        sa.Column("ref", sa.String(32), nullable=False),
        sa.Column("erased_at", UtcDateTime, nullable=False),
        sa.Column("erased_by", sa.String(120), nullable=False),
        sa.Column("reason", sa.String(400), nullable=False),
        sa.Column("report", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "ref", name="pk_erasures"),
    )
