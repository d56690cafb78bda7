"""Tables of One-ID in the room `customers`: what people decided about who is who."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, String, Table

from shopkeeper.state.columns import UtcDateTime
from shopkeeper.state.tables.registry import METADATA

IDENTITY_DECISIONS = Table(
    "identity_decisions",
    METADATA,
    Column("shop_id", String(40), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False, doc="1, 2, 3 … in each shop; a later one wins."),
    Column(
        "kind", String(8), nullable=False, doc="together: one person. apart: nobody of one side is one of the other."
    ),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("decided_by", String(120), nullable=False),
    Column("reason", String(400), nullable=False),
    CheckConstraint("number > 0", name="number"),
    CheckConstraint("kind IN ('together', 'apart')", name="kind"),
)
IDENTITY_DECISION_SIDES = Table(
    "identity_decision_sides",
    METADATA,
    Column("shop_id", String(40), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("customer_id", String(400), primary_key=True, doc="A customer of the sources; to be forgotten with them."),
    Column("side", Integer, nullable=False, doc="1 or 2."),
    ForeignKeyConstraint(
        ["shop_id", "number"], ["identity_decisions.shop_id", "identity_decisions.number"], ondelete="CASCADE",
        name="fk_identity_decision_sides_shop_id",
    ),
    CheckConstraint("side IN (1, 2)", name="side"),
    Index("ix_identity_decision_sides_customer_id", "customer_id"),
)  # fmt: skip
