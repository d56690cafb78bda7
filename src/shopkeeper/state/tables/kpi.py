"""Tables of the room `kpi`: which definitions a shop accepted, by whom, when and why."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Integer, String, Table, Text

from shopkeeper.state.columns import UtcDateTime
from shopkeeper.state.tables.registry import METADATA

DEFINITION_VERSIONS = Table(
    "definition_versions",
    METADATA,
    Column("shop_id", String(40), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False, doc="1, 2, 3 … without a gap in each shop."),
    Column("file", String(200), nullable=False, doc="The file that changed, as kpis/NAME."),
    Column("text", Text, doc="Its whole text; NULL when it was taken away."),
    Column("digest", String(16), nullable=False, doc="Of all files of the shop from this version on."),
    Column("accepted_at", UtcDateTime, nullable=False),
    Column("accepted_by", String(120), nullable=False),
    Column("reason", String(400), nullable=False),
    CheckConstraint("version > 0", name="version"),
)
