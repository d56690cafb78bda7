"""The revisions of the state database that this code knows, and the one a database says it has.

Kept as data, so that opening a database that is up to date needs no Alembic. A test compares it with the scripts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

REVISIONS: tuple[str, ...] = ("0001", "0002", "0003", "0004", "0005", "0009")
"""Oldest first."""

HEAD = REVISIONS[-1]


def stored_revision(connection: Connection) -> str | None:
    """The revision a database says it has; None when it is new."""
    from sqlalchemy import inspect, text

    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision
