"""Bring a state database to the revision of this code: one transaction, under the engine's own lock.

Both engines have transactional DDL, so the lock, the check, every script and the new revision number commit together:
of several processes that start at once one migrates and the others wait and find it done, and a crash in the middle
leaves the old database.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from shopkeeper.errors import InternalError
from shopkeeper.state.revisions import HEAD, REVISIONS, stored_revision

_LOCK_KEY = 0x73686F706B656570  # "shopkeep": PostgreSQL names an advisory lock by a number


def alembic_config(connection: Connection) -> Config:
    """Alembic's settings for this package's scripts on one open connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Run the scripts still to run, on a connection whose write transaction has begun.

    Raises InternalError when they would leave a row that refers to nothing.
    """
    sqlite = connection.dialect.name == "sqlite"
    if not sqlite:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
    if stored_revision(connection) not in (None, *REVISIONS[:-1]):
        return  # another process was faster
    command.upgrade(alembic_config(connection), HEAD)
    # foreign keys are off while SQLite tables are rebuilt, so they are checked once at the end
    dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").first() if sqlite else None
    if dangling is not None:
        raise InternalError(
            "the upgrade of the state database would break a reference",
            where=f"table {dangling[0]}, row {dangling[1]}",
            received=f"no such row in {dangling[2]}",
            state="the database is as it was before",
            next_command="shopkeeper doctor",
        )
