"""What people decided about who is one person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shopkeeper.state.columns import UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "identity_decisions",
        sa.Column("shop_id", sa.String(40), nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("decided_at", UtcDateTime, nullable=False),
        sa.Column("decided_by", sa.String(120), nullable=False),
        sa.Column("reason", sa.String(400), nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "number", name="pk_identity_decisions"),
        sa.CheckConstraint("number > 0", name=op.f("ck_identity_decisions_number")),
        sa.CheckConstraint("kind IN ('together', 'apart')", name=op.f("ck_identity_decisions_kind")),
    )
    op.create_table(
        "identity_decision_sides",
        sa.Column("shop_id", sa.String(40), nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("customer_id", sa.String(400), nullable=False),
        sa.Column("side", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("shop_id", "number", "customer_id", name="pk_identity_decision_sides"),
        sa.ForeignKeyConstraint(
            ["shop_id", "number"], ["identity_decisions.shop_id", "identity_decisions.number"], ondelete="CASCADE",
            name="fk_identity_decision_sides_shop_id",
        ),
        sa.CheckConstraint("side IN (1, 2)", name=op.f("ck_identity_decision_sides_side")),
    )  # fmt: skip
    op.create_index("ix_identity_decision_sides_customer_id", "identity_decision_sides", ["customer_id"])
