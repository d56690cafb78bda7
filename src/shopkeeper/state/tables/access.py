"""Tables of the room `access`: who may come in, what they may do, and what was done."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Integer, String, Table, Text

from shopkeeper.state.columns import ExactDecimal, UtcDateTime
from shopkeeper.state.tables.registry import METADATA

USERS = Table(
    "users",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("name", String(64), nullable=False, unique=True, doc="Login name, NFKC and case-folded."),
    Column("display_name", String(120), nullable=False),
    Column("password_hash", Text, nullable=False, doc="argon2id in PHC form: parameters and salt included."),
    Column("password_changed_at", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("disabled_at", UtcDateTime, doc="NULL while the user may sign in."),
)

GRANTS = Table(
    "grants",
    METADATA,
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    Column("shop_id", String(40), primary_key=True, index=True),
    Column("role", String(16), nullable=False),
    Column("approver_limit", ExactDecimal, doc="Largest amount this person approves; only for approvers."),
    Column("approver_currency", String(3), doc="ISO 4217 code of the limit."),
    Column("granted_at", UtcDateTime, nullable=False),
    CheckConstraint("role IN ('viewer', 'analyst', 'operator', 'approver', 'owner')", name="role"),
    CheckConstraint(
        "(role = 'approver') = (approver_limit IS NOT NULL) AND (approver_limit IS NULL) = (approver_currency IS NULL)",
        name="limit",
    ),
)

SESSIONS = Table(
    "sessions",
    METADATA,
    Column("token_hash", String(64), primary_key=True, doc="SHA-256 of the cookie; the cookie itself is not kept."),
    Column("user_id", ForeignKey("users.id"), nullable=False, index=True),
    Column("address", String(64), nullable=False, doc="Where the sign-in came from."),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True, doc="Absolute end, whatever the activity."),
    Column("revoked_at", UtcDateTime),
)

API_TOKENS = Table(
    "api_tokens",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("user_id", ForeignKey("users.id"), nullable=False, index=True),
    Column("name", String(80), nullable=False, doc="What the token is for, in its owner's words."),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime, doc="Last use, to the hour."),
    Column("revoked_at", UtcDateTime),
)

SIGN_IN_THROTTLE = Table(
    "sign_in_throttle",
    METADATA,
    Column("key", String(64), primary_key=True, doc="SHA-256 of scope, name and address: no typed name is kept."),
    Column("failures", Integer, nullable=False),
    Column("blocked_until", UtcDateTime, nullable=False, index=True),
)

AUDIT_EVENTS = Table(
    "audit_events",
    METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False, doc="1, 2, 3 … without a gap."),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("shop", String(40), index=True, doc="NULL: concerns every shop."),
    Column("action", String(64), nullable=False),
    Column("target", String(200), nullable=False),
    Column("details", Text, nullable=False, doc="Canonical JSON, the bytes that were hashed."),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

AUDIT_HEAD = Table(
    "audit_head",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    CheckConstraint("id = 1", name="single"),
)
