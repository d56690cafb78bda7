"""Read files again from their raw copies with the mappings of today, as if they had been loaded so from the start.

changed files and all that feed the same tables → stand-ins of these tables, load by load → what differs → one snapshot

Rows that changed are updated, rows that no mapping produces any more are deleted, equal rows stay untouched with the load that
brought them. Released corrections hold, discarded rows stay out.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, TypeVar

import duckdb

import shopkeeper
from shopkeeper.core.clock import utc_now
from shopkeeper.core.ids import new_id
from shopkeeper.errors import ConfigError, NotFound, UsageError
from shopkeeper.ingest import assembly, shadow
from shopkeeper.ingest.assembly import Job
from shopkeeper.ingest.pull.again import PulledBefore
from shopkeeper.ingest.quarantine import corrections
from shopkeeper.ingest.raw_rows import (
    REPLAY,
    LoadedFile,
    Mappings,
    job_of_copy,
    loaded_files,
    require_raw,
    telling_files,
)
from shopkeeper.ingest.release import name_as_dropped
from shopkeeper.ingest.report import Progress, Silent
from shopkeeper.ingest.set_aside import HELD, HELD_COLUMNS
from shopkeeper.ingest.shadow import TableChange
from shopkeeper.ingest.staging import apart
from shopkeeper.warehouse.interrupts import interruptible
from shopkeeper.warehouse.loads import FileRows, Note, record_load
from shopkeeper.warehouse.merge import file_hash_sql
from shopkeeper.warehouse.model import COMMERCE_TABLES
from shopkeeper.warehouse.raw import RawStore
from shopkeeper.warehouse.shop import Shop
from shopkeeper.warehouse.sql import literal

T = TypeVar("T")
_OF_ORDERS = ("orders", "order_lines", "refunds")  # lines and refunds take from their order what their own file lacks
_DERIVED = ("platforms", "shops", "channels", "products", "customers")  # bare rows follow from what facts name
_HELD = "replay_held"

_SAME = "nothing was changed"


@dataclass(frozen=True)
class ReplayReport(Generic[T]):
    """What a replay did, or with `dry_run` would do. Without a load id there was nothing to do.

    `changed` are the files whose mapping is another one than before, `again` those read again because they feed the same
    tables; `seen` is what the caller saw in the state before and in the new one. `without_mapping` are files that no mapping
    takes any more, and that none of the others touches.
    """

    load_id: str = ""
    snapshot: int = 0
    seconds: float = 0.0
    sources: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    tables: tuple[TableChange, ...] = ()
    quarantined: tuple[int, int] = (0, 0)
    discarded: int = 0
    dry_run: bool = False
    seen: tuple[T, T] | None = None
    without_mapping: tuple[str, ...] = ()


class _RolledBackError(Exception):
    """Ends a rehearsal's transaction."""


def replay(
    shop: Shop,
    *,
    source: str | None = None,
    by: str,
    dry_run: bool = False,
    look: Callable[[Shop], T] | None = None,
    progress: Progress | None = None,
) -> ReplayReport[T]:
    """Read files anew whose mapping has changed (of one source, or of all), and all files that feed the same tables.

    `look` is called with the shop before, and inside the transaction with the shop as it would be, a rehearsal's too.

    Raises ConfigError when a mapping is gone, SourceError when a raw copy is, UsageError when another source has changed too;
    then, and after an interrupt, nothing was changed.
    """
    clock = time.perf_counter()
    connection = shop.lake.connection
    with shop.lake.locked(by, "replay"), interruptible(connection) as check:
        plan = _planned(shop, source)
        if not plan.changed:
            return ReplayReport(snapshot=shop.lake.snapshot(), dry_run=dry_run, without_mapping=plan.without_mapping)
        require_raw(shop, {file.file_hash: file.file_name for file in plan.files})
        before = look(shop) if look else None
        with shadow.standing_in(connection, plan.tables, [file.file_hash for file in plan.files]):
            try:
                made = _read_again(shop, plan, check, progress or Silent())
                shadow.keep_referenced(connection, plan.tables)
                report, after = _write(shop, plan, made, by, dry_run, look, check)
            finally:
                connection.execute(f"DROP TABLE IF EXISTS temp.main.{_HELD}")
        seconds = time.perf_counter() - clock
        if before is None or after is None:
            return replace(report, seconds=seconds)
        return replace(report, seconds=seconds, seen=(before, after))


@dataclass(frozen=True)
class _Plan:
    """What is read again: files in their order with the jobs of today, and every table that this may touch."""

    files: tuple[LoadedFile, ...]
    jobs: dict[str, Job]
    changed: frozenset[str]
    tables: tuple[str, ...]
    without_mapping: tuple[str, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(n for f in self.files for n in self.jobs[f.file_hash].mapping.name.split(", ")))


@dataclass
class _Made:
    """What reading again came to, beside the stand-ins."""

    load_id: str
    parts: list[FileRows]
    discarded: int = 0


def _planned(shop: Shop, source: str | None) -> _Plan:
    mappings, known = Mappings(shop), loaded_files(shop)
    jobs = {file.file_hash: job for file in known if (job := mappings.job(file)) is not None}
    names = {file_hash: job.mapping.name.split(", ") for file_hash, job in jobs.items()}
    if source is not None and not any(source in listed for listed in names.values()):
        raise NotFound("source with loaded files", source, {name for listed in names.values() for name in listed})
    new = [f for f in known if f.file_hash in jobs and jobs[f.file_hash].mapping_hash != f.mapping_hash]
    changed = [file for file in new if source is None or source in names[file.file_hash]]
    feeds = {file.file_hash: _feeds(file, jobs.get(file.file_hash)) for file in known}
    linked = {file.file_hash for file in changed}
    tables: set[str] = set().union(*(feeds[file_hash] for file_hash in linked))
    while more := {f.file_hash for f in known if f.file_hash not in linked and feeds[f.file_hash] & tables}:
        linked |= more
        tables |= set().union(*(feeds[file_hash] for file_hash in more))
    files = tuple(file for file in known if file.file_hash in linked)
    gone = [file for file in (files if jobs else known) if file.file_hash not in jobs]
    if gone:
        _refuse_gone(gone)
    others = [name for f in new if f.file_hash in linked and f not in changed for name in names[f.file_hash]]
    if others:
        raise UsageError(
            "another source feeds the same tables and its mapping has changed too", where=source or "",
            received=", ".join(dict.fromkeys(others)), allowed="all of them together", state=_SAME,
            next_command="shopkeeper replay",
        )  # fmt: skip
    touched = tables | set().union(*(file.tables for file in files), _DERIVED, _OF_ORDERS)
    return _Plan(
        files, jobs, frozenset(file.file_hash for file in changed), tuple(t for t in COMMERCE_TABLES if t in touched),
        tuple(file.file_name for file in known if file.file_hash not in jobs),
    )  # fmt: skip


def _feeds(file: LoadedFile, job: Job | None) -> set[str]:
    """The tables whose rows a file states, before or now; a bare row of a dimension, which never overwrites, is no statement."""
    stated = {name for name in file.tables if COMMERCE_TABLES[name].kind != "dimension"}
    stated |= {part.name for part in job.mapping.tables} if job and job.mapping.tables else file.tables
    return stated | (set(_OF_ORDERS) if stated & set(_OF_ORDERS) else set())


def _refuse_gone(gone: Sequence[LoadedFile]) -> None:
    listed = ", ".join(f"{file.file_name} (source {', '.join(file.sources)})" for file in gone[:20])
    raise ConfigError(
        "the mapping of a file is gone", where="shopkeeper.toml", received=listed,
        allowed="a [[source]] of that name, or one whose patterns take the file", state=_SAME,
        next_command="edit shopkeeper.toml",
    )  # fmt: skip


def _read_again(shop: Shop, plan: _Plan, check: Callable[[], None], progress: Progress) -> _Made:
    """Load every file into the stand-ins, load by load as they first came; what cannot be read is held in a table of its own."""
    connection = shop.lake.connection
    connection.execute(
        f"CREATE TEMP TABLE {_HELD} AS SELECT load_id, file_hash, {HELD_COLUMNS} FROM quarantine WHERE false"
    )
    made, before = _Made(new_id("load"), []), PulledBefore(shop)
    cells = corrections(shop.lake, [file.file_hash for file in plan.files], released=True)
    groups: dict[str, list[LoadedFile]] = {}
    for file in plan.files:
        groups.setdefault(file.load_id, []).append(file)
    progress.start("read", len(plan.files))
    for group in groups.values():
        check()
        with assembly.running(shop, check) as run:
            run.load_id = made.load_id
            copies: dict[Path, str] = {}
            with telling_files(lambda copies=copies: copies):  # type: ignore[misc]
                jobs = []
                for file in group:
                    jobs.append(
                        job_of_copy(shop, file, plan.jobs[file.file_hash], cells.get(file.file_hash, {}), run.scratch)
                    )
                    copies[jobs[-1].path] = file.file_name
                assembly.stage_all(run, shop, RawStore(shop.data_dir), jobs, Silent())
            name_as_dropped(run, dict(enumerate(group, start=1)))
            made.discarded += _leave_out_discarded(run)
            before.settle(run, {number: file.sources for number, file in enumerate(group, start=1)}, _HELD)
            assembly.merge_all(run, shop)
            made.parts += assembly.file_rows(run, shop.inbox)
            digest = file_hash_sql({number: opened.digest for number, opened in run.opened.items()})
            connection.execute(
                f"INSERT INTO {_HELD} SELECT {literal(made.load_id)}, {digest}, {HELD_COLUMNS} FROM {HELD}"
            )
        progress.advance(len(group))
    progress.done()
    return made


def _leave_out_discarded(run: assembly.Run) -> int:
    """Take lines out of the staged rows that a person has discarded for their table; returns how many."""
    left_out = 0
    run.staged = [apart(run.connection, staged) for staged in run.staged]
    for number, opened in run.opened.items():
        dropped = (
            "SELECT source_line FROM quarantine WHERE resolved = 'discarded' AND file_hash = "
            f"{literal(opened.digest)} AND table_name ="
        )
        only = f"file_no = {number} AND "
        places = [(staged.name, staged.table.name, only) for staged in run.staged if staged.file_no == number]
        held = run.connection.execute(f"SELECT DISTINCT table_name FROM {HELD} WHERE file_no = {number}").fetchall()
        places += [(HELD, name, f"file_no = {number} AND table_name = {literal(name)} AND ") for (name,) in held]
        for place, name, only in places:
            found = run.connection.execute(
                f"DELETE FROM {place} WHERE {only}source_line IN ({dropped} {literal(name)})"
            ).fetchone()
            count = int(found[0]) if found else 0
            run.count(number, name).read -= count
            left_out += count
    return left_out


def _write(
    shop: Shop, plan: _Plan, made: _Made, by: str, dry_run: bool, look: Callable[[Shop], T] | None, check: Callable[[], None]
) -> tuple[ReplayReport[T], T | None]:  # fmt: skip
    """The one transaction: what differs, quarantine, ledger; taken back at the end of a rehearsal."""
    connection, started_at, clock = shop.lake.connection, utc_now(), time.perf_counter()
    with (
        contextlib.suppress(_RolledBackError),
        shop.lake.writing(by, f"replay {', '.join(plan.sources)}", extra={"load": made.load_id}) as snapshot,
    ):
        changes = shadow.compare(connection, plan.tables)
        parts = _counted(made.parts, shadow.brought_by_file(connection, changes))
        shadow.bring_over(connection, changes, made.load_id)
        quarantined = _hold(connection, plan)
        record_load(
            connection, load_id=made.load_id, source=f"{REPLAY}{', '.join(plan.sources)}", by=by, started_at=started_at,
            seconds=time.perf_counter() - clock, snapshot=snapshot, version=f"shopkeeper {shopkeeper.__version__}",
            files=parts, notes=list(_notes(changes, made)),
        )  # fmt: skip
        shadow.remove(connection, plan.tables)
        after = look(shadow.uncommitted(shop, snapshot, made.load_id)) if look else None
        check()
        if dry_run:
            raise _RolledBackError
    names = {changed: tuple(f.file_name for f in plan.files if (f.file_hash in plan.changed) == changed)
             for changed in (True, False)}  # fmt: skip
    report: ReplayReport[T] = ReplayReport(
        made.load_id, shop.lake.snapshot() if dry_run else snapshot, 0.0, plan.sources, names[True], names[False], changes,
        quarantined, made.discarded, dry_run, without_mapping=plan.without_mapping,
    )  # fmt: skip
    return report, after


def _hold(connection: duckdb.DuckDBPyConnection, plan: _Plan) -> tuple[int, int]:
    """Put what waits in quarantine by what was held now; returns how many rows waited before and do so now."""
    hashes = ", ".join(literal(file.file_hash) for file in plan.files)
    waiting = f"resolved IS NULL AND file_hash IN ({hashes})"
    before, after = _count(connection, f"quarantine WHERE {waiting}"), _count(connection, _HELD)
    connection.execute(f"UPDATE quarantine SET resolved = 'read again' WHERE {waiting}")
    connection.execute(
        f"INSERT INTO quarantine (load_id, file_hash, {HELD_COLUMNS}) SELECT load_id, file_hash, {HELD_COLUMNS} FROM {_HELD}"
    )
    return before, after


def _counted(parts: Iterable[FileRows], brought: dict[tuple[str, str], int]) -> list[FileRows]:
    """The ledger's rows with what is new or changed in the warehouse as loaded, all else that was read as unchanged."""
    counted = []
    for part in parts:
        loaded = brought.pop((part.file_hash, part.table_name), 0)
        counted.append(replace(part, loaded=loaded, unchanged=part.read - part.quarantined - loaded))
    return counted


def _notes(changes: Iterable[TableChange], made: _Made) -> Iterable[Note]:
    deleted = [change for change in changes if change.deleted]
    if deleted:
        detail = ", ".join(f"{change.table} {change.deleted:,}" for change in deleted)
        yield Note("replay.deleted", sum(change.deleted for change in deleted), detail=detail)
    if made.discarded:
        yield Note("replay.discarded", made.discarded)


def _count(connection: duckdb.DuckDBPyConnection, rows: str) -> int:
    found = connection.execute(f"SELECT count(*) FROM {rows}").fetchone()
    return int(found[0]) if found else 0
