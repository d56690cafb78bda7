"""Users, roles, sessions, tokens, throttling, and the audit trail with its guards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shopkeeper.state.columns import ExactDecimal, UtcDateTime

revision = "0001"
down_revision = None

GENESIS_HASH = "0" * 64


def upgrade() -> None:
    """Create the tables and refuse, in the database itself, to change what the trail says."""
    _people()
    _ways_in()
    _trail()
    for statement in _SQLITE_GUARDS if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL_GUARDS:
        op.execute(sa.text(statement))


def _people() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("display_name", sa.String(120), nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("password_changed_at", UtcDateTime, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("disabled_at", UtcDateTime),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
    )
    op.create_table(
        "grants",
        sa.Column("user_id", sa.String(32), nullable=False),
        sa.Column("shop_id", sa.String(40), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("approver_limit", ExactDecimal),
        sa.Column("approver_currency", sa.String(3)),
        sa.Column("granted_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "shop_id", name="pk_grants"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_grants_user_id"),
        sa.CheckConstraint(
            "role IN ('viewer', 'analyst', 'operator', 'approver', 'owner')", name=op.f("ck_grants_role")
        ),
        sa.CheckConstraint(
            "(role = 'approver') = (approver_limit IS NOT NULL)"
            " AND (approver_limit IS NULL) = (approver_currency IS NULL)",
            name=op.f("ck_grants_limit"),
        ),
    )
    op.create_index("ix_grants_shop_id", "grants", ["shop_id"])


def _ways_in() -> None:
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("user_id", sa.String(32), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("seen_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("revoked_at", UtcDateTime),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_sessions_user_id"),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("user_id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("used_at", UtcDateTime),
        sa.Column("revoked_at", UtcDateTime),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.UniqueConstraint("token_hash", name="uq_api_tokens_token_hash"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_api_tokens_user_id"),
    )
    op.create_index("ix_api_tokens_user_id", "api_tokens", ["user_id"])
    op.create_table(
        "sign_in_throttle",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("blocked_until", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_sign_in_throttle"),
    )
    op.create_index("ix_sign_in_throttle_blocked_until", "sign_in_throttle", ["blocked_until"])


def _trail() -> None:
    op.create_table(
        "audit_events",
        sa.Column("seq", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.Column("shop", sa.String(40)),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("target", sa.String(200), nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_events"),
    )
    op.create_index("ix_audit_events_shop", "audit_events", ["shop"])
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("last_seq", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_single")),
    )
    op.bulk_insert(head, [{"id": 1, "last_seq": 0, "hash": GENESIS_HASH}])


def _sqlite_guard(name: str, event: str, table: str, when: str = "") -> str:
    return (
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} {when} "
        "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
    )


# INSERT OR REPLACE removes a row without firing delete triggers, hence the guards on INSERT
_SQLITE_GUARDS = (
    _sqlite_guard("audit_events_no_update", "UPDATE", "audit_events"),
    _sqlite_guard("audit_events_no_delete", "DELETE", "audit_events"),
    _sqlite_guard(
        "audit_events_no_replace",
        "INSERT",
        "audit_events",
        "WHEN EXISTS (SELECT 1 FROM audit_events WHERE seq = NEW.seq)",
    ),
    _sqlite_guard("audit_head_no_delete", "DELETE", "audit_head"),
    _sqlite_guard("audit_head_no_replace", "INSERT", "audit_head"),
    _sqlite_guard("audit_head_no_rewind", "UPDATE", "audit_head", "WHEN NEW.last_seq <> OLD.last_seq + 1"),
)

_POSTGRESQL_GUARDS = (
    """CREATE FUNCTION audit_trail_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN
        RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'integrity_constraint_violation';
    END $$""",
    "CREATE TRIGGER audit_events_no_change BEFORE UPDATE OR DELETE ON audit_events"
    " FOR EACH ROW EXECUTE FUNCTION audit_trail_is_append_only()",
    "CREATE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON audit_events"
    " FOR EACH STATEMENT EXECUTE FUNCTION audit_trail_is_append_only()",
    "CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head"
    " FOR EACH ROW EXECUTE FUNCTION audit_trail_is_append_only()",
    "CREATE TRIGGER audit_head_no_truncate BEFORE TRUNCATE ON audit_head"
    " FOR EACH STATEMENT EXECUTE FUNCTION audit_trail_is_append_only()",
    "CREATE TRIGGER audit_head_no_rewind BEFORE UPDATE ON audit_head"
    " FOR EACH ROW WHEN (NEW.last_seq <> OLD.last_seq + 1) EXECUTE FUNCTION audit_trail_is_append_only()",
)
