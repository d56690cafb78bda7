"""Versions of a shop's own indicators, measures and targets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shopkeeper.state.columns import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "definition_versions",
        sa.Column("shop_id", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("file", sa.String(200), nullable=False),
        sa.Column("text", sa.Text),
        sa.Column("digest", sa.String(16), nullable=False),
        sa.Column("accepted_at", UtcDateTime, nullable=False),
        sa.Column("accepted_by", sa.String(120), nullable=False),
        sa.Column("reason", sa.String(400), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "version", name="pk_definition_versions"),
        sa.CheckConstraint("version > 0", name=op.f("ck_definition_versions_version")),
    )
