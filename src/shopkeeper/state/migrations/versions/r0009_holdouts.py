"""Tags that segments give, and holdouts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shopkeeper.state.columns import UtcDateTime

revision = "0009"
down_revision = "0005"


def upgrade() -> None:
    """Add the columns, create the table."""
    op.add_column("segment_versions", sa.Column("tag", sa.String(40)))
    op.add_column("customer_tags", sa.Column("segment", sa.String(80)))
    op.create_table(
        "holdouts",
        sa.Column("shop_id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("salt", sa.String(64), nullable=False),
        sa.Column("share", sa.Float, nullable=False),
        sa.Column("purpose", sa.String(80), nullable=False),
        sa.Column("channel", sa.String(80), nullable=False),
        sa.Column("starts_at", UtcDateTime, nullable=False),
        sa.Column("ends_at", UtcDateTime),
        sa.Column("note", sa.String(400), nullable=False),
        sa.Column("declared_at", UtcDateTime, nullable=False),
        sa.Column("declared_by", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "name", name="pk_holdouts"),
        sa.CheckConstraint("share > 0 AND share < 1", name=op.f("ck_holdouts_share")),
    )
