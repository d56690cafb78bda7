"""One reading transaction on a database: opened with its secrets, closed without a trace of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from shopkeeper.core.credentials import hidden, is_reference, revealed
from shopkeeper.errors import ConfigError, InternalError, ShopkeeperError, SourceError
from shopkeeper.ingest.databases.dialect import DIALECTS, Dialect, Login
from shopkeeper.ingest.databases.settings import SCHEMES, DatabaseHead, url_parts
from shopkeeper.warehouse.extensions import load_extension
from shopkeeper.warehouse.interrupts import interruptible
from shopkeeper.warehouse.spill import SpillFolder

_SAME = "nothing was changed"
_PASSING = (  # what a server or network says of a trouble that may be over soon
    "failed to connect", "could not connect", "can't connect", "unable to connect", "connection refused", "server closed",
    "lost connection", "gone away", "terminating connection", "connection reset", "timeout", "timed out", "too many",
    "starting up", "shutting down", "is locked", "deadlock", "recovery", "ssl syscall", "connection not open", "no connection",
    "failed to fetch result row",
)  # fmt: skip


@dataclass(frozen=True)
class Session:
    """A reading transaction; of MySQL, statements that are one consistent read each."""

    connection: duckdb.DuckDBPyConnection
    dialect: Dialect

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """Rows of a statement in the source's own SQL."""
        return self.connection.execute(f"SELECT * FROM {self.dialect.found(sql)}").fetchall()

    def types(self, relation: str) -> dict[str, str]:
        """Columns of a relation with DuckDB's types."""
        return {
            name: kind for name, kind, *_ in self.connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
        }


@contextlib.contextmanager
def session(
    head: DatabaseHead, folder: Path, data_dir: Path, *, zone: str, memory_limit_mb: int, threads: int = 0
) -> Iterator[Session]:
    """Open the source and hold one transaction. Raises ConfigError for a wrong secret, SourceError for what the source says."""
    login = login_of(head, folder)
    dialect = DIALECTS[head.kind]
    secrets = (login.password,)
    spill = SpillFolder(data_dir)
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False, "allow_unsigned_extensions": True, "memory_limit": f"{memory_limit_mb}MB",
        "temp_directory": str(spill.path),
    }  # fmt: skip
    if threads:
        config["threads"] = threads
    try:
        with contextlib.closing(duckdb.connect(config=config)) as connection, explained(head, secrets):
            # Standard output carries the answer of a reading process, and a long statement would draw its progress there.
            connection.execute("SET enable_progress_bar = false")
            connection.execute("SET TimeZone = 'UTC'")
            load_extension(connection, dialect.extension)
            for statement in (*dialect.prepare(zone), *dialect.attach(login), "BEGIN"):
                connection.execute(statement)
            with interruptible(connection):
                yield Session(connection, dialect)
    finally:
        spill.close()


@contextlib.contextmanager
def explained(head: DatabaseHead, secrets: tuple[str, ...]) -> Iterator[None]:
    """Turn what DuckDB and the server say into our error, without secrets and without the exception that held them."""
    try:
        yield
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except RuntimeError as error:
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from None
        raise
    except duckdb.Error as error:
        raise _told(head, hidden(str(error), secrets)) from None


def _told(head: DatabaseHead, text: str) -> ShopkeeperError:
    low, where = text.lower(), f"source {head.name}, {place_of(head)}"
    if any(told in low for told in ("no space left", "disk quota", "disk is full", "disk i/o error")):
        return InternalError(
            "the disk is full", where=where, received=text, state=_SAME, next_command="free some space"
        )
    if any(
        told in low
        for told in ("access denied", "password authentication failed", "authentication failed", "permission denied")
    ):
        return SourceError(
            "the source refuses this user", where=where, received=text, state=_SAME,
            next_command="check user, password and rights to read",
        )  # fmt: skip
    if any(told in low for told in _PASSING):
        return SourceError(
            "the source does not answer", retryable=True, where=where, received=text, state=_SAME,
            next_command=f"shopkeeper ingest {head.name}",
        )  # fmt: skip
    return SourceError(
        "the source cannot be read", where=where, received=text, state=_SAME,
        next_command="check its table or query in shopkeeper.toml",
    )  # fmt: skip


def login_of(head: DatabaseHead, folder: Path) -> Login:
    """Who asks where, secrets revealed. Raises ConfigError; no message holds a secret."""
    where = f"shopkeeper.toml, source {head.name}, key connection"
    text = revealed(head.connection, where=where, folder=folder) if is_reference(head.connection) else head.connection
    if head.kind == "sqlite":
        path = folder / Path(text).expanduser()
        if not path.is_file():
            raise SourceError(
                "the SQLite file is not there", where=f"source {head.name}", received=str(path), state=_SAME,
                next_command="check connection in its [[source]]",
            )  # fmt: skip
        return Login(path=str(path))
    try:
        parts = url_parts(text)
    except ValueError:
        parts = {"scheme": ""}
    if parts["scheme"] not in SCHEMES[head.kind]:
        raise ConfigError(  # the text itself may hold a password: it is not repeated
            "this connection is of another kind", where=where, received=f"{parts['scheme'] or 'no'} URL",
            allowed=f"{SCHEMES[head.kind][0]}://user@host/database", state=_SAME,
        )  # fmt: skip
    password = revealed(head.password, where=where.replace("connection", "password"), folder=folder)
    options = dict(part.split("=", 1) for part in parts["options"].split("&") if "=" in part)
    return Login(parts["host"], parts["port"], parts["user"], password or parts["password"], parts["database"], options)


def place_of(head: DatabaseHead) -> str:
    """Where a source is, for people: as the settings say it, which hold no secret."""
    return head.connection if is_reference(head.connection) else head.connection.split("?")[0]
