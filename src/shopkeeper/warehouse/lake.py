"""The shop's lake: Parquet files under one SQL catalog, read by any number of processes and written by one at a time."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import re
import threading
import zoneinfo
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import filelock

from shopkeeper.core.clock import utc_now
from shopkeeper.core.settings import WarehouseSection, resolved
from shopkeeper.errors import InternalError, ShopkeeperError, SourceError, UsageError, WarehouseBusy
from shopkeeper.warehouse.extensions import load_extension
from shopkeeper.warehouse.interrupts import interruptible
from shopkeeper.warehouse.spared import spare_pandas
from shopkeeper.warehouse.spill import SpillFolder
from shopkeeper.warehouse.sql import listed, literal

CATALOG = "lake"


@dataclass(frozen=True)
class Snapshot:
    """One committed state of the lake."""

    id: int
    at: str
    author: str
    message: str


class Lake:
    """A shop's warehouse, opened. Close it, or use it as a context manager.

    Every thread gets its own cursor; a cursor sees the newest snapshot at the start of each statement, or one fixed
    snapshot inside `reading()` and `writing()`.
    """

    def __init__(
        self,
        data_dir: Path,
        settings: WarehouseSection | None = None,
        *,
        schema: str = "main",
        as_of: int | None = None,
        read_only: bool = False,
    ) -> None:
        self.data_dir = data_dir
        self.settings = settings or WarehouseSection()
        self.as_of = as_of
        self.read_only = read_only
        self.uncommitted = (
            False  # whether it shows the inside of an open write transaction, which nothing may be kept of
        )
        self.shadows: tuple[str, ...] = ()
        self._schema = schema
        self._local = threading.local()
        self._lock = filelock.FileLock(str(data_dir / "writer.lock"))
        with explained_engine_errors(f"warehouse in {data_dir}"):
            self._root = self._connect()

    def _connect(self) -> duckdb.DuckDBPyConnection:
        spare_pandas()
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            (self.data_dir / "lake").mkdir(exist_ok=True)
            self._spill = SpillFolder(self.data_dir)
        except OSError as error:
            raise InternalError(
                "the shop's data folder cannot be made", where=str(self.data_dir), received=error.strerror,
                allowed="a folder that you may write to", state="nothing was changed",
            ) from None  # fmt: skip
        config: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": False,
            # Extensions come from installed wheels, trusted like the rest of the installation; hashing their 70 MB for
            # the signature would take most of the time of opening a shop. Statements of people cannot load any.
            "allow_unsigned_extensions": True,
            "memory_limit": f"{self.settings.memory_limit_mb}MB",
            "temp_directory": str(self._spill.path),
        }
        if self.settings.threads:
            config["threads"] = self.settings.threads
        connection = duckdb.connect(config=config)
        connection.execute("SET TimeZone = 'UTC'")
        load_extension(connection, "ducklake")
        connection.execute(f"ATTACH {self._attachment(connection)}")
        connection.execute(f"USE {CATALOG}")
        if self.read_only:  # what a person types may read the lake's files and nothing else of the machine
            folders = listed(f"{folder}/" for folder in (self.data_dir / "lake", self._spill.path))
            connection.execute(f"SET allowed_directories = [{folders}]")
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
        return connection

    def _attachment(self, connection: duckdb.DuckDBPyConnection) -> str:
        catalog = resolved(self.settings.catalog, where="shopkeeper.toml, key warehouse.catalog")
        # The folder may have been moved or copied since; files are named relative to it.
        options = {
            "DATA_PATH": literal(f"{self.data_dir / 'lake'}/"),
            "OVERRIDE_DATA_PATH": "true",
            "DATA_INLINING_ROW_LIMIT": "0",
        }
        if catalog.startswith(("postgresql://", "postgres://")):
            load_extension(connection, "postgres")
            self._ensure_catalog_schema(connection, catalog)
            options["META_SCHEMA"] = literal(self._schema)
            target = f"postgres:{catalog}"
        elif catalog:
            raise UsageError(
                "this catalog is of no known kind", where="shopkeeper.toml, key warehouse.catalog", received=catalog,
                allowed="empty (SQLite), postgresql://user@host/db, env:NAME",
            )  # fmt: skip
        else:
            load_extension(connection, "sqlite")
            target = f"sqlite:{self.data_dir / 'catalog.sqlite'}"
            options |= {"META_JOURNAL_MODE": "'WAL'", "META_BUSY_TIMEOUT": "10000"}
        if self.as_of is not None:
            options["SNAPSHOT_VERSION"] = str(self.as_of)
        if self.read_only:
            options["READ_ONLY"] = "true"
        told = ", ".join(f"{name} {value}" for name, value in options.items())
        return f"{literal(f'ducklake:{target}')} AS {CATALOG} ({told})"

    def _ensure_catalog_schema(self, connection: duckdb.DuckDBPyConnection, catalog: str) -> None:
        """DuckLake makes its tables, not the schema that keeps the shops of one database apart."""
        connection.execute(f"ATTACH {literal(catalog)} AS catalog_server (TYPE postgres)")
        connection.execute(f'CREATE SCHEMA IF NOT EXISTS catalog_server."{self._schema}"')
        connection.execute("DETACH catalog_server")

    def __enter__(self) -> Lake:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the catalog and its files."""
        self._root.close()
        self._spill.close()

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """This thread's own cursor."""
        cursor: duckdb.DuckDBPyConnection | None = getattr(self._local, "cursor", None)
        if cursor is None:
            cursor = self._root.cursor()
            cursor.execute(f"USE {CATALOG}")
            for statement in self.shadows:
                cursor.execute(statement)
            self._local.cursor = cursor
        return cursor

    def forget_cursors(self) -> None:
        """Let every thread take a new cursor when it next asks."""
        self._local = threading.local()

    @property
    def catalog_schema(self) -> str:
        """Where a statement finds the catalog's own tables."""
        database = f"__ducklake_metadata_{CATALOG}"
        return f'{database}."{self._schema}"' if self.settings.catalog else database

    def snapshot(self) -> int:
        """Number of the snapshot that a read would see now."""
        if self.as_of is not None:
            return self.as_of
        row = self.connection.execute(f"SELECT id FROM {CATALOG}.current_snapshot()").fetchone()
        return int(row[0]) if row else 0

    def snapshots(self) -> list[Snapshot]:
        """Every snapshot that is still kept, oldest first."""
        rows = self.connection.execute(
            "SELECT snapshot_id, snapshot_time, coalesce(author, ''), coalesce(commit_message, '') "
            f"FROM ducklake_snapshots('{CATALOG}') ORDER BY snapshot_id"
        ).fetchall()
        return [Snapshot(int(i), at.isoformat(), author, message) for i, at, author, message in rows]

    def query(self, sql: str, parameters: Sequence[object] | None = None) -> duckdb.DuckDBPyConnection:
        """Run one reading statement on this thread's cursor."""
        connection = self.connection
        with explained_engine_errors("query of the warehouse"), interruptible(connection):
            return connection.execute(sql, parameters)

    def rows(self, sql: str, parameters: Sequence[object] | None = None) -> list[dict[str, Any]]:
        """The rows of one reading statement, as dictionaries."""
        cursor = self.query(sql, parameters)
        names = [d[0] for d in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    @contextlib.contextmanager
    def reading(self) -> Iterator[int]:
        """Hold one snapshot over several statements; yields its number."""
        connection = self.connection
        connection.execute("BEGIN")
        try:
            with interruptible(connection):
                yield self.snapshot()
        finally:
            with contextlib.suppress(duckdb.Error):
                connection.execute("ROLLBACK")

    @contextlib.contextmanager
    def writing(self, author: str, message: str, *, extra: dict[str, object] | None = None) -> Iterator[int]:
        """One write transaction under the shop's writer lock; yields the number that its snapshot will have.

        All of it is committed, or, on any error or interrupt, nothing. Raises WarehouseBusy when another writer stays.
        """
        if self.as_of is not None or self.read_only:
            raise UsageError("this warehouse was opened for reading only", state="nothing was changed")
        with self.locked(author, message), explained_engine_errors("write to the warehouse"):
            connection = self.connection
            expected = self.snapshot() + 1
            connection.execute("BEGIN")
            try:
                with interruptible(connection) as check:
                    connection.execute(
                        f"CALL {CATALOG}.set_commit_message(?, ?, extra_info => ?)",
                        [author, message, json.dumps(extra or {})],
                    )
                    yield expected
                    check()
                    connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(duckdb.Error):  # a failed COMMIT has rolled back already
                    connection.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def locked(self, author: str, message: str) -> Iterator[None]:
        """Hold the shop's writer lock. Raises WarehouseBusy when another writer stays too long."""
        note = self.data_dir / "writer.json"
        try:
            self._lock.acquire(timeout=self.settings.lock_timeout_seconds)
        except filelock.Timeout:
            raise WarehouseBusy(
                "another process is writing to this shop",
                where=str(self.data_dir),
                received=_read_note(note),
                allowed=f"one writer at a time; waited {self.settings.lock_timeout_seconds:g} s",
                state="nothing was changed",
                next_command="run the same command again when it has finished",
            ) from None
        except OSError as error:
            raise InternalError(
                "the shop's data folder cannot be written", where=str(self.data_dir), received=error.strerror,
                allowed="a folder that you may write to", state="nothing was changed",
            ) from None  # fmt: skip
        try:
            with contextlib.suppress(OSError):
                note.write_text(
                    json.dumps({"pid": os.getpid(), "who": author, "what": message, "since": utc_now().isoformat()})
                )
            yield
        finally:
            with contextlib.suppress(OSError):
                note.unlink()
            self._lock.release()

    def table_names(self) -> list[str]:
        """Tables that exist in the lake."""
        sql = "SELECT table_name FROM duckdb_tables() WHERE database_name = ? ORDER BY 1"
        return [name for (name,) in self.query(sql, [CATALOG]).fetchall()]

    def snapshot_on(self, day: dt.date, timezone: str) -> int:
        """The last snapshot of a day or before it, by the shop's clock. Raises UsageError naming the oldest that is kept."""
        kept = self.snapshots()
        end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zoneinfo.ZoneInfo(timezone))
        known = [snapshot.id for snapshot in kept if dt.datetime.fromisoformat(snapshot.at) < end]
        if not known:
            oldest = dt.datetime.fromisoformat(kept[0].at).astimezone(zoneinfo.ZoneInfo(timezone))
            raise UsageError(
                "no snapshot is kept of this day", where=str(self.data_dir), received=day.isoformat(),
                allowed=f"{oldest.date()} (snapshot {kept[0].id}) or later",
                next_command="shopkeeper kpis without --as-of asks the newest",
            )  # fmt: skip
        return known[-1]

    def require_snapshot(self, number: int) -> None:
        """Raise UsageError naming the snapshots that are kept when this one is gone or not there yet."""
        kept = [snapshot.id for snapshot in self.snapshots()]
        if number not in kept:
            raise UsageError(
                "this snapshot is not kept", where=str(self.data_dir), received=number, allowed=_runs(kept),
                next_command="shopkeeper kpis without --as-of asks the newest",
            )  # fmt: skip


def _runs(numbers: list[int]) -> list[str]:
    """Rising numbers as runs.

    >>> _runs([3, 4, 5, 9])
    ['3 to 5', '9']
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return [f"{first} to {last}" if first != last else str(first) for first, last in runs]


def _read_note(path: Path) -> str:
    try:
        note = json.loads(path.read_text())
        return f"process {note['pid']} ({note['who']}: {note['what']}) since {note['since']}"
    except (OSError, ValueError, KeyError):
        return "a process that left no note"


@contextlib.contextmanager
def explained_engine_errors(where: str) -> Iterator[None]:
    """Turn DuckDB's and the file system's errors into ours: full disk, no rights, no memory, bad SQL, interrupted."""
    try:
        yield
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except RuntimeError as error:
        if str(error) == "Query interrupted":  # what DuckDB raises for Ctrl-C
            raise KeyboardInterrupt from None
        raise
    except (duckdb.Error, OSError) as error:
        raise _explained(error, where) from error


_NO_ROOM = ("no space left", "disk quota", "file too large", "disk is full", "disk i/o error")


def _explained(error: Exception, where: str) -> ShopkeeperError:
    text = re.sub(r"(\w+://[^:/@\s]+):[^@\s]*@|(password=)\S+", r"\1\2…@", str(error))
    low = text.lower()
    state = "nothing was changed"
    if any(told in low for told in _NO_ROOM):
        return InternalError(
            "the disk is full",
            where=where,
            received=text,
            state=state,
            next_command="free some space, then shopkeeper doctor",
        )
    if "unable to connect to postgres" in low:
        return InternalError(
            "the catalog's server does not answer", where=where, received=text, state=state,
            next_command="start it, or check warehouse.catalog in shopkeeper.toml",
        )  # fmt: skip
    if isinstance(error, duckdb.PermissionException):
        return UsageError("a query may read the warehouse alone", where=where, received=text, state=state)
    if "permission denied" in low or "read-only" in low or "readonly" in low:
        return InternalError(
            "no right to write here", where=where, received=text, state=state, next_command="shopkeeper doctor"
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return InternalError(
            "the query needs more memory than it may use", where=where, received=text, state=state,
            next_command="raise warehouse.memory_limit_mb in shopkeeper.toml",
        )  # fmt: skip
    if isinstance(error, duckdb.ParserException | duckdb.BinderException | duckdb.CatalogException):
        return UsageError("the query cannot be understood", where=where, received=text, state=state)
    if isinstance(error, duckdb.IOException | duckdb.InvalidInputException | duckdb.ConversionException):
        return SourceError(
            "the data cannot be read", where=where, received=text, state=state, next_command="shopkeeper doctor"
        )
    return InternalError(
        "the database engine failed", where=where, received=text, state=state, next_command="shopkeeper doctor"
    )
