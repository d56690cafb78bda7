"""How each kind of database is attached, asked for its columns, and read without losing a digit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shopkeeper.ingest.databases.cursor import Point
from shopkeeper.warehouse.sql import literal


@dataclass(frozen=True)
class Login:
    """Where a database is and who asks, secrets revealed. Never shown."""

    host: str = ""
    port: str = ""
    user: str = ""
    password: str = ""
    database: str = ""
    options: Mapping[str, str] | None = None
    path: str = ""


class Dialect(Protocol):
    """One kind of database."""

    extension: str

    def prepare(self, zone: str) -> tuple[str, ...]:
        """Statements before attaching; `zone` is what a session's clock says, where the kind has one."""

    def attach(self, login: Login) -> tuple[str, ...]:
        """Statements that attach it as `source`."""

    def quoted(self, name: str) -> str:
        """A name in its own SQL."""

    def columns(self, table: str) -> str:
        """Its own SQL for (name, declared type) of a table's columns in their order."""

    def cell(self, name: str, declared: str) -> str:
        """Its own SQL of a column's value, as text where DuckDB's type for it would not hold it exactly."""

    def kinds(self, query: str, names: Sequence[str]) -> str:
        """Its own SQL for one row with the types of a query's columns; empty where DuckDB's types tell enough."""

    def bound(self, point: Point) -> str:
        """Its own SQL of a cursor's value."""

    def found(self, sql: str) -> str:
        """DuckDB's relation of a statement of its own SQL."""


_PLAIN = (
    "smallint", "integer", "bigint", "real", "double precision", "boolean", "text", "character varying", "character", "date",
    "timestamp without time zone", "timestamp with time zone", "uuid", "bytea", "json", "jsonb", "numeric(", "DECIMAL(",
)  # fmt: skip


class Postgres:
    """PostgreSQL. Moments with a zone arrive as moments; a transaction reads one snapshot."""

    extension = "postgres"

    def prepare(self, zone: str) -> tuple[str, ...]:
        """Nothing to set."""
        return ()

    def attach(self, login: Login) -> tuple[str, ...]:
        """A secret keeps the password out of every message."""
        told = {
            "HOST": login.host,
            "PORT": login.port,
            "USER": login.user,
            "PASSWORD": login.password,
            "DATABASE": login.database,
        }
        options = {"connect_timeout": "10", "keepalives_idle": "30", **(login.options or {})}
        listed = " ".join(f"{name}='{value}'" for name, value in options.items())
        return (
            _secret("postgres", told),
            f"ATTACH {literal(listed)} AS source (TYPE postgres, SECRET source_login, READ_ONLY)",
        )

    def quoted(self, name: str) -> str:
        """Double quotes."""
        return '"' + name.replace('"', '""') + '"'

    def columns(self, table: str) -> str:
        """From the catalog, with precision and length."""
        named = ".".join(self.quoted(part) for part in table.split("."))
        return (
            "SELECT attname::text AS name, format_type(atttypid, atttypmod) AS declared FROM pg_attribute "
            f"WHERE attrelid = {literal(named)}::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
        )

    def cell(self, name: str, declared: str) -> str:
        """Numbers without a stated precision, or with more than 38 digits, and types that DuckDB does not have, as text."""
        plain = declared.startswith(_PLAIN) and not declared.endswith("[]")
        if declared.startswith("numeric("):
            plain = int(declared.removeprefix("numeric(").split(",")[0].rstrip(")")) <= 38
        return self.quoted(name) if plain else f"{self.quoted(name)}::text AS {self.quoted(name)}"

    def kinds(self, query: str, names: Sequence[str]) -> str:
        """A query's numbers without precision would arrive as floating ones. The join never runs the query."""
        listed = ", ".join(f"pg_typeof(q.{self.quoted(name)})::text AS {self.quoted(name)}" for name in names)
        return f"SELECT {listed} FROM (SELECT 1) AS one LEFT JOIN ({query}) AS q ON false"

    def bound(self, point: Point) -> str:
        """Moments with a zone say so."""
        if isinstance(point, dt.datetime) and point.tzinfo is not None:
            return f"timestamptz {literal(point.isoformat(sep=' '))}"
        if isinstance(point, dt.datetime):
            return f"timestamp {literal(point.isoformat(sep=' '))}"
        return (
            f"date {literal(point)}"
            if isinstance(point, dt.date)
            else literal(point)
            if isinstance(point, str)
            else str(point)
        )

    def found(self, sql: str) -> str:
        """The server runs it."""
        return f"postgres_query('source', {literal(sql)})"


class MySql:
    """MySQL and MariaDB. A zero date is no date; TINYINT(1) stays a number, since many use it for codes."""

    extension = "mysql"

    def prepare(self, zone: str) -> tuple[str, ...]:
        """TIMESTAMP columns arrive in the session's zone."""
        return (
            f"SET GLOBAL mysql_session_time_zone = {literal(zone)}", "SET GLOBAL mysql_incomplete_dates_as_nulls = true",
            "SET GLOBAL mysql_tinyint1_as_boolean = false", "SET GLOBAL mysql_query_timeout_enabled = false",
        )  # fmt: skip

    def attach(self, login: Login) -> tuple[str, ...]:
        """A secret keeps the password out of every message."""
        told = {
            "HOST": login.host,
            "PORT": login.port,
            "USER": login.user,
            "PASSWORD": login.password,
            "DATABASE": login.database,
        }
        told |= {name.upper(): value for name, value in (login.options or {}).items()}
        return _secret("mysql", told), "ATTACH '' AS source (TYPE mysql, SECRET source_login, READ_ONLY)"

    def quoted(self, name: str) -> str:
        """Backticks."""
        return "`" + name.replace("`", "``") + "`"

    def columns(self, table: str) -> str:
        """From the information schema, with precision and length."""
        schema, _, name = table.rpartition(".")
        of = _text(schema) if schema else "DATABASE()"
        return (
            "SELECT CAST(column_name AS CHAR) AS name, CAST(column_type AS CHAR(200)) AS declared "
            f"FROM information_schema.columns WHERE table_schema = {of} AND table_name = {_text(name)} ORDER BY ordinal_position"
        )

    def cell(self, name: str, declared: str) -> str:
        """Numbers of more than 38 digits as text."""
        digits = declared.lower().removeprefix("decimal(").split(",")[0].rstrip(")")
        if declared.lower().startswith("decimal(") and digits.isdigit() and int(digits) > 38:
            return f"CAST({self.quoted(name)} AS CHAR) AS {self.quoted(name)}"
        return self.quoted(name)

    def kinds(self, query: str, names: Sequence[str]) -> str:
        """DuckDB's types tell enough."""
        return ""

    def bound(self, point: Point) -> str:
        """In the session's zone."""
        if isinstance(point, dt.datetime):
            return _text(point.replace(tzinfo=None).isoformat(sep=" "))
        return _text(str(point)) if isinstance(point, dt.date | str) else str(point)

    def found(self, sql: str) -> str:
        """The server runs it."""
        return f"mysql_query('source', {literal(sql)})"


class SQLite:
    """SQLite. Its columns have no types of their own: every value arrives as the text that it reads as."""

    extension = "sqlite"

    def prepare(self, zone: str) -> tuple[str, ...]:
        """A column may hold a number in one row and a text in the next."""
        return ("SET GLOBAL sqlite_all_varchar = true",)

    def attach(self, login: Login) -> tuple[str, ...]:
        """The file, for reading."""
        return (f"ATTACH {literal(login.path)} AS source (TYPE sqlite, READ_ONLY)",)

    def quoted(self, name: str) -> str:
        """Double quotes."""
        return '"' + name.replace('"', '""') + '"'

    def columns(self, table: str) -> str:
        """As the table declares them, if it does."""
        return f"SELECT name, type AS declared FROM pragma_table_info({literal(table)}) ORDER BY cid"

    def cell(self, name: str, declared: str) -> str:
        """As it is."""
        return self.quoted(name)

    def kinds(self, query: str, names: Sequence[str]) -> str:
        """DuckDB's types tell enough."""
        return ""

    def bound(self, point: Point) -> str:
        """A number stays one: SQLite orders every number before every text."""
        return literal(str(point)) if isinstance(point, str | dt.date) else str(point)

    def found(self, sql: str) -> str:
        """This process runs it."""
        return f"sqlite_query('source', {literal(sql)})"


DIALECTS: Mapping[str, Dialect] = {"postgres": Postgres(), "mysql": MySql(), "sqlite": SQLite()}


def _secret(kind: str, told: Mapping[str, str]) -> str:
    listed = ", ".join(f"{name} {literal(str(value))}" for name, value in told.items() if value)
    return f"CREATE OR REPLACE TEMPORARY SECRET source_login (TYPE {kind}, {listed})"


def _text(value: str) -> str:
    """A text that MySQL reads as it stands: there a backslash begins an escape."""
    return literal(value.replace("\\", "\\\\"))
