"""What a `[[source]]` of a database says, checked; secrets are only referred to."""

from __future__ import annotations

import datetime as dt
import re
from typing import Literal
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from shopkeeper.core.credentials import is_reference

Kind = Literal["postgres", "mysql", "sqlite"]
SCHEMES = {
    "postgres": ("postgresql", "postgres"), "mysql": ("mysql", "mariadb"), "sqlite": (),
}  # fmt: skip
_SPAN = re.compile(r"(\d+) *(seconds?|minutes?|hours?|days?|s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_READING = re.compile(r"^\s*(select|with|table|values)\b", re.IGNORECASE)
LOOK_BACK_TIME, LOOK_BACK_NUMBERS = dt.timedelta(minutes=10), 1000


class DatabaseHead(BaseModel):
    """The settings beside the tables."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,40}$", description="Name of the source: shopkeeper ingest NAME.")
    kind: Kind = Field(description="postgres, mysql (MariaDB too) or sqlite.")
    connection: str = Field(
        min_length=1,
        description="postgresql://user@host/db, mysql://user@host/db, a path of a SQLite file (from the shop's folder), or "
        "env:NAME or file:PATH that hold one; a password may stand in those alone.",
    )
    password: str = Field("", description="env:NAME or file:PATH (0600); empty: none, or that of the connection.")
    table: str = Field("", description="Table or view to read: name or schema.name.")
    query: str = Field("", description="A reading query instead of a table.")
    columns: list[str] = Field(default_factory=list, description="Columns of the table to read; empty: all of them.")
    cursor: str = Field(
        "",
        description="Column that grows when a row is new or changed: a moment, a day or a number. Empty: read whole.",
    )
    look_back: str | int = Field(
        "", description="How far before the newest cursor each pull begins again, for rows committed late: 10 minutes, or "
        "1000 numbers."
    )  # fmt: skip
    window: str | int = Field(
        "", description="Most that one window spans of the cursor, such as 30 days; empty: all at once."
    )
    key: str | list[str] = Field(default_factory=list, description="Columns that name a row: needed to find rows gone.")
    deletions: str = Field(
        "", description="How often all keys are compared to find rows that are gone: every pull, never, or a span such as "
        "1 day (the default with a cursor and a key). A source that is read whole compares at every pull."
    )  # fmt: skip
    withdraw_at_most: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Share of a table's rows that one pull may take out; beyond it the pull is refused.",
    )
    shop_id: str = Field("", description="Shop of every row that maps none; empty: the shop of this folder.")
    timezone: str = Field("", description="Zone of moments without one; empty: the shop's.")

    @field_validator("look_back", "window", "deletions")
    @classmethod
    def _spans(cls, value: str | int) -> str | int:
        if isinstance(value, str) and value not in ("", "every pull", "never") and not value.isdigit():
            span(value)
        return value

    @model_validator(mode="after")
    def _whole(self) -> DatabaseHead:
        if bool(self.table) == bool(self.query):
            raise ValueError("exactly one of table and query is needed")
        if self.query and (not _READING.match(self.query) or ";" in self.query.rstrip().rstrip(";")):
            raise ValueError("query is one statement that reads: SELECT … or WITH …")
        if self.columns and self.query:
            raise ValueError("columns belong to a table; a query names its own")
        if self.deletions not in ("", "never") and not self.keys:
            raise ValueError("deletions need key: the columns that name a row")
        if self.window and not self.cursor:
            raise ValueError("window belongs to a cursor")
        if self.window and _size(self.window) <= _size(self.look_back or (
            LOOK_BACK_NUMBERS if isinstance(self.window, int) else "10 minutes"
        )):  # fmt: skip
            raise ValueError("window must span more than look_back")
        return self

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns of the key."""
        return (self.key,) if isinstance(self.key, str) else tuple(self.key)

    @property
    def compare_keys_every(self) -> dt.timedelta | None:
        """How often all keys are compared; None: never."""
        if self.deletions == "never" or not self.keys:
            return None
        if self.deletions == "every pull" or not self.deletions and not self.cursor:
            return dt.timedelta()
        return span(self.deletions) if self.deletions else dt.timedelta(days=1)


def span(text: str | int) -> dt.timedelta:
    """A span of time. Raises ValueError for anything else.

    >>> span("10 minutes"), span("2h")
    (datetime.timedelta(seconds=600), datetime.timedelta(seconds=7200))
    """
    found = _SPAN.fullmatch(str(text).strip())
    if not found:
        raise ValueError("not a span of time such as 30 s, 10 minutes, 2 hours or 1 day")
    return dt.timedelta(**{_UNITS[found.group(2)[0]]: int(found.group(1))})


def _size(value: str | int) -> float:
    return float(value) if str(value).isdigit() else span(value).total_seconds()


def password_in(connection: str) -> bool:
    """Whether a connection that stands in the settings holds a password."""
    if is_reference(connection):
        return False
    return re.search(r"://[^/@\s]*:[^/@\s]+@|\bpassword\s*=|\bpasswd\s*=", connection, re.IGNORECASE) is not None


def url_parts(url: str) -> dict[str, str]:
    """Host, port, user, password, database and options of a URL; ValueError when it is none."""
    parts = urlsplit(url)
    return {
        "host": parts.hostname or "", "port": str(parts.port or ""), "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""), "database": unquote(parts.path.lstrip("/")), "options": parts.query,
        "scheme": parts.scheme,
    }  # fmt: skip
