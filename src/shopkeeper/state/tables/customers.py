"""Tables of the room `customers`: segments with their versions and refreshes, tags, holdouts, and who was erased."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, Float, Integer, String, Table, Text

from shopkeeper.state.columns import UtcDateTime
from shopkeeper.state.tables.registry import METADATA

SEGMENT_VERSIONS = Table(
    "segment_versions",
    METADATA,
    Column("shop_id", String(40), primary_key=True),
    Column("name", String(80), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False, doc="1, 2, 3 … without a gap in each segment."),
    Column("rule", Text, doc="The rule as canonical JSON; NULL when the segment was let go."),
    Column("note", String(400), nullable=False),
    Column("saved_at", UtcDateTime, nullable=False),
    Column("saved_by", String(120), nullable=False),
    Column("tag", String(40), doc="Tag that a refresh gives to members and takes from who is none; NULL for none."),
    CheckConstraint("version > 0", name="version"),
)

SEGMENT_REFRESHES = Table(
    "segment_refreshes",
    METADATA,
    Column("shop_id", String(40), primary_key=True),
    Column("name", String(80), primary_key=True),
    Column("refresh", Integer, primary_key=True, autoincrement=False, doc="1, 2, 3 … of each segment."),
    Column("version", Integer, nullable=False, doc="Version of the rule that was asked."),
    Column("snapshot", BigInteger, nullable=False, doc="Snapshot of the lake that the members are of."),
    Column("looked_from", Date, doc="Day that ages were counted from."),
    Column("members", Integer, nullable=False),
    Column("came", Integer, nullable=False, doc="Members that the refresh before had not."),
    Column("went", Integer, nullable=False, doc="Members of the refresh before that are no more."),
    Column("file", String(200), nullable=False, doc="File of the members' references under data/segments."),
    Column("refreshed_at", UtcDateTime, nullable=False),
    Column("refreshed_by", String(120), nullable=False),
)

CUSTOMER_TAGS = Table(
    "customer_tags",
    METADATA,
    Column("shop_id", String(40), primary_key=True),
    Column("ref", String(32), primary_key=True, doc="Reference of the customer, never a key of a source."),
    Column("tag", String(40), primary_key=True),
    Column("tagged_at", UtcDateTime, nullable=False),
    Column("tagged_by", String(120), nullable=False),
    Column("segment", String(80), doc="Segment whose refresh gave it, and may take it; NULL when a person did."),
)

HOLDOUTS = Table(
    "holdouts",
    METADATA,
    Column("shop_id", String(40), primary_key=True),
    Column("name", String(80), primary_key=True),
    Column("salt", String(64), nullable=False, doc="What assignment hashes with the reference; never changed."),
    Column("share", Float, nullable=False, doc="Share of all customers that is held out, 0–1."),
    Column("purpose", String(80), nullable=False, doc="Messages of this purpose alone; empty for all."),
    Column("channel", String(80), nullable=False, doc="Messages by this channel alone; empty for all."),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, doc="From when on nobody is held out any more; NULL while it goes on."),
    Column("note", String(400), nullable=False),
    Column("declared_at", UtcDateTime, nullable=False),
    Column("declared_by", String(120), nullable=False),
    CheckConstraint("share > 0 AND share < 1", name="share"),
)

ERASURES = Table(
    "erasures",
    METADATA,
    Column("shop_id", String(40), primary_key=True),
    Column(
        "ref",
        String(32),
        primary_key=True,
        doc="Reference of the person as it was: it cannot be turned back into a key.",
    ),
    Column("erased_at", UtcDateTime, nullable=False),
    Column("erased_by", String(120), nullable=False),
    Column("reason", String(400), nullable=False),
    Column("report", Text, nullable=False, doc="What was rewritten, as JSON: numbers and names of tables alone."),
)
