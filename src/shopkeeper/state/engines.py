"""How a connection to each engine is made: pragmas, transaction modes, and what a driver's complaint means."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError

from shopkeeper.errors import ConfigError, InternalError, ShopkeeperError, WarehouseBusy

BUSY_TIMEOUT_SECONDS = 10.0
_ALLOWED = ("sqlite:///path/to/state.sqlite", "postgresql://user@host/database")


def parsed_url(url: str) -> URL:
    """The URL with its driver chosen. Raises ConfigError for another engine, no file, or a missing driver."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        # the text itself may hold a password, so it is not repeated
        raise ConfigError(
            "the state URL cannot be read", where="state.url", received="not a URL", allowed=_ALLOWED
        ) from None
    if parsed.drivername in ("sqlite", "sqlite+pysqlite") and parsed.database not in (None, "", ":memory:"):
        return parsed.set(drivername="sqlite")
    if parsed.drivername not in ("postgresql", "postgres", "postgresql+psycopg"):
        received = parsed.render_as_string(hide_password=True)
        raise ConfigError("this engine cannot keep the state", where="state.url", received=received, allowed=_ALLOWED)
    if importlib.util.find_spec("psycopg") is None:
        raise ConfigError(
            "the PostgreSQL driver is not installed",
            where="state.url",
            received=parsed.render_as_string(hide_password=True),
            state="nothing was changed",
            next_command="pip install 'shopkeeper[postgres]'",
        )
    return parsed.set(drivername="postgresql+psycopg")


def make_engine(url: URL) -> Engine:
    """An engine whose transactions behave alike: readers see one snapshot and cannot write, writers are serialised."""
    if url.drivername == "sqlite":
        engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_SECONDS})
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": int(BUSY_TIMEOUT_SECONDS)})


def reader(engine: Engine) -> Engine:
    """The same pool, for transactions that only read."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(shopkeeper_mode="read")
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # Python's own implicit BEGIN would leave DDL and reads outside transactions


def _begin_sqlite(connection: Connection) -> None:
    mode = connection.get_execution_options().get("shopkeeper_mode", "write")
    connection.exec_driver_sql(f"PRAGMA foreign_keys={'OFF' if mode == 'migrate' else 'ON'}")
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if mode == 'read' else 'OFF'}")
    # a writer takes the lock before its first read: upgrading a read lock later cannot wait and would fail
    connection.exec_driver_sql("BEGIN" if mode == "read" else "BEGIN IMMEDIATE")


def prepare_sqlite_file(path: Path) -> None:
    """Create the folder and the file, readable by its owner alone (it holds password hashes), in WAL mode."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        with contextlib.closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_SECONDS)) as connection:
            _switch_to_wal(connection)
    except OSError as error:
        raise ConfigError(
            "the state database cannot be created",
            where=str(path),
            received=error.strerror or error,
            state="nothing was changed",
            next_command="shopkeeper doctor",
        ) from None
    except sqlite3.Error as error:
        raise explained(error, str(path)) or InternalError(str(error), where=str(path)) from error


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    # switching needs the file alone and does not honour the busy timeout, so it is tried again here
    deadline = time.monotonic() + BUSY_TIMEOUT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


@contextlib.contextmanager
def explaining(where: str) -> Iterator[None]:
    """Turn a driver's complaint about the database itself into one a person can act on; others pass through."""
    try:
        yield
    except DatabaseError as error:
        cause = error.orig or error
        known = explained(cause, where)
        if known is None and isinstance(error, OperationalError) and not isinstance(cause, sqlite3.Error):
            known = InternalError(
                "the state database does not answer",
                where=where,
                received=_first_line(cause),
                state="nothing was changed",
                next_command="shopkeeper doctor",
            )
        if known is None:
            raise  # a broken constraint or wrong SQL: for the caller to name
        raise known from error


def explained(error: BaseException, where: str) -> ShopkeeperError | None:
    """The house's error for a driver's error; None when it says nothing about the database as a whole."""
    text = _first_line(error)
    unchanged = "nothing was changed"
    if "database is locked" in text or "lock timeout" in text:
        return WarehouseBusy(
            "another process holds the state database",
            where=where,
            received=f"still locked after {BUSY_TIMEOUT_SECONDS:g} s",
            state=unchanged,
            next_command="try again",
        )
    if "disk is full" in text or "No space left" in text:
        return InternalError("the disk is full", where=where, state=unchanged, next_command="shopkeeper doctor")
    if "not a database" in text or "unable to open" in text or "readonly" in text or "malformed" in text:
        return ConfigError(
            "the state database cannot be used",
            where=where,
            received=text,
            allowed="a SQLite file of Shopkeeper in a folder that may be written",
            state=unchanged,
            next_command="shopkeeper doctor",
        )
    return None


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
