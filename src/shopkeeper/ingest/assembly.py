"""Load files into a shop's warehouse: staged first, then one transaction, one snapshot; or nothing at all."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

import shopkeeper
from shopkeeper.core.clock import utc_now
from shopkeeper.core.ids import new_id
from shopkeeper.errors import InternalError
from shopkeeper.ingest import collisions, derive, set_aside, staging
from shopkeeper.ingest.fields import FROM_ORDER
from shopkeeper.ingest.plan import SourceMapping
from shopkeeper.ingest.readers import OpenedFile, file_digest, open_file
from shopkeeper.ingest.report import LoadReport, Progress, Silent, TableReport
from shopkeeper.ingest.set_aside import HELD, HELD_COLUMNS, RESOLVED
from shopkeeper.ingest.staging import Staged, discard, owned
from shopkeeper.ingest.told_twice import refuse_orders_told_twice
from shopkeeper.ingest.values import Surroundings
from shopkeeper.warehouse.interrupts import interruptible
from shopkeeper.warehouse.lake import explained_engine_errors
from shopkeeper.warehouse.loads import FileRows, Note, loaded_before, record_load
from shopkeeper.warehouse.merge import Keep, file_hash_sql, merge
from shopkeeper.warehouse.raw import RawStore
from shopkeeper.warehouse.shop import Shop
from shopkeeper.warehouse.sql import quoted
from shopkeeper.warehouse.suppression import clean_rows

_MANY_FILES, _FEW_ROWS = 20, 50_000  # from here on, small files share temp tables: each column of each takes room
_TEMP_NAMES = ("stage_", "pool_", "typed_", "united_", "derived_", HELD)
# Dimensions before facts, orders before what takes its buyer and days from them.
_ORDER = ("platforms", "shops", "channels", "suppliers", "products", "customers", "orders")


@dataclass(frozen=True)
class Job:
    """One file and the mapping that reads it. `bind` fills in places of this machine that the mapping's hash must not know.

    `choose` picks the mapping once the file is open; `mapping` then only says how to open it. `digest` is the file's
    SHA-256 where the caller knows it. `shown` is the name that reports and the ledger give it; empty: its own. `again`: it is
    read even when the same mapping has read the same content before.
    """

    path: Path
    mapping: SourceMapping
    mapping_hash: str
    bind: Callable[[SourceMapping], SourceMapping] = lambda mapping: mapping
    choose: Callable[[OpenedFile], SourceMapping] | None = None
    digest: str = ""
    shown: str = ""
    again: bool = False


@dataclass
class _Counts:
    """Rows of one file and table on their way."""

    read: int = 0
    loaded: int = 0
    unchanged: int = 0


@dataclass
class Run:
    """Everything of one load that is not yet in the lake."""

    connection: duckdb.DuckDBPyConnection
    load_id: str
    check: Callable[[], None]
    opened: dict[int, OpenedFile] = field(default_factory=dict)
    jobs: dict[int, Job] = field(default_factory=dict)
    staged: list[Staged] = field(default_factory=list)
    counts: dict[tuple[int, str], _Counts] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    scratch: list[Path] = field(default_factory=list)
    types: dict[Hashable, dict[str, str]] = field(default_factory=dict)
    pools: dict[Hashable, str] = field(default_factory=dict)
    earlier: frozenset[str] = frozenset()  # tables that had rows before this load
    stated: dict[int, Staged] = field(default_factory=dict)  # orders that came as they are into a warehouse without any

    def count(self, file_no: int, table_name: str) -> _Counts:
        """What became of the rows of a file for one table, so far."""
        return self.counts.setdefault((file_no, table_name), _Counts())


@dataclass(frozen=True)
class Alongside:
    """What belongs to a load's transaction beside its rows; the number is the snapshot's.

    Called `before` the rows are merged; once they are `merged`, when what was set aside may still be told otherwise; and `after`
    the ledger knows them.
    """

    before: Callable[[Run], None] = lambda run: None
    merged: Callable[[Run, int], None] = lambda run, snapshot: None
    after: Callable[[Run, int], None] = lambda run, snapshot: None


def load_jobs(
    shop: Shop,
    source: str,
    jobs: Sequence[Job],
    *,
    by: str,
    progress: Progress | None = None,
    notes: Callable[[duckdb.DuckDBPyConnection], list[Note]] | None = None,
    alongside: Alongside = Alongside(),  # noqa: B008
) -> LoadReport:
    """Load files as one snapshot. A file that the same mapping has read before, and whose raw copy is kept, is left alone.

    An empty `source` becomes the names of the mappings. `alongside` is what must be committed with the rows, or follows from
    them.

    Raises SourceError or DataQualityError for a file that is refused; then, and after an interrupt, nothing was changed.
    """
    started_at, clock = utc_now(), time.perf_counter()
    shown = progress or Silent()
    store = RawStore(shop.data_dir)
    digests = [job.digest or file_digest(job.path) for job in jobs]
    before = loaded_before(shop.lake, [(digest, job.mapping_hash) for digest, job in zip(digests, jobs, strict=True)])
    known = {
        job.path
        for job, digest, loaded in zip(jobs, digests, before, strict=True)
        if loaded
        and not job.again
        and store.path(digest).exists()  # without its raw copy the file could not be replayed
    }
    fresh = [job for job in jobs if job.path not in known]
    names = tuple(job.path.name for job in jobs if job.path in known)
    if not fresh:
        return LoadReport(
            "", source, shop.lake.snapshot(), time.perf_counter() - clock, known_files=names, already_loaded=True
        )
    with interruptible(shop.lake.connection) as check, running(shop, check) as run:
        stage_all(run, shop, store, fresh, shown)
        source = source or ", ".join(dict.fromkeys(job.mapping.name for job in run.jobs.values()))
        run.notes += notes(run.connection) if notes else []
        shown.start("write", 0)
        snapshot = _write(run, shop, store, source, by, started_at, clock, alongside)
        shown.done()
        tables = tuple(
            TableReport(run.opened[n].path.name, table, c.read, c.loaded, c.unchanged, c.read - c.loaded - c.unchanged)
            for (n, table), c in sorted(run.counts.items(), key=lambda item: (item[0][0], _rank(item[0][1])))
        )
        return LoadReport(
            run.load_id, source, snapshot, time.perf_counter() - clock, tables, tuple(run.notes), names
        )  # fmt: skip


@contextlib.contextmanager
def running(shop: Shop, check: Callable[[], None]) -> Iterator[Run]:
    """A run whose temp tables and scratch files are gone afterwards, whatever happened."""
    connection = shop.lake.connection
    run = Run(connection, new_id("load"), check)
    try:
        with explained_engine_errors("staging of a load"):
            set_aside.prepare(connection)
            yield run
            staging.discard_values(connection, run.staged)
            connection.execute(f"DROP TABLE {HELD}")
    except BaseException:
        with contextlib.suppress(duckdb.Error):
            staging.discard_all(connection, _TEMP_NAMES)
        raise
    finally:
        for path in run.scratch:
            path.unlink(missing_ok=True)


def _rank(table_name: str) -> int:
    return _ORDER.index(table_name) if table_name in _ORDER else len(_ORDER)


def stage_all(
    run: Run, shop: Shop, store: RawStore, jobs: Sequence[Job], progress: Progress, *, pool: bool = True
) -> None:
    """Read every file and stage its rows; the lake is not touched. `pool`: small files among many may share temp tables."""
    settings = shop.settings.shop
    around = Surroundings(settings.timezone, settings.currency)
    progress.start("read", len(jobs))
    for file_no, job in enumerate(jobs, start=1):
        parquet = store.scratch()
        run.scratch.append(parquet)
        opened = open_file(run.connection, job.path, parquet, job.mapping)
        if job.shown:
            opened = replace(opened, path=Path(job.shown))
        clean_rows(run.connection, parquet, shop.data_dir)  # whoever was erased does not come back
        if job.choose:
            job = replace(job, mapping=job.choose(opened))
        run.scratch.append(opened.seen_parquet)
        opened = opened.seen_by(run.connection, job.mapping)
        run.opened[file_no], run.jobs[file_no] = opened, job
        run.check()
        bound = job.bind(job.mapping)
        names = [f"stage_{file_no}_{len(run.staged) + number}" for number in range(len(bound.tables))]
        repeats = frozenset(["orders"] if job.mapping.maps("order_lines") else [])
        for staged in staging.stage(
            run.connection,
            opened,
            file_no,
            bound.tables,
            names,
            around,
            source=job.mapping.name,
            repeats=repeats,
            types=run.types,
        ):
            if pool and len(jobs) > _MANY_FILES and staged.read <= _FEW_ROWS:
                staged = staging.pooled(run.connection, staged, job.mapping.maps("orders"), run.pools)
            run.staged.append(staged)
            run.count(file_no, staged.table.name).read += staged.read
            run.notes += _notes_of(staged, opened)
        if job.mapping.leaves_out:
            told = f"{opened.path.name}: {', '.join(job.mapping.leaves_out)}"
            run.notes.append(Note("ingest.orders_left_out", opened.rows, detail=told))
        if opened.note_rows:
            run.notes.append(Note("ingest.note_rows", opened.note_rows, detail=opened.path.name))
        lost = set_aside.untaken(run.connection, opened, file_no, bound.tables)
        if lost:
            run.count(file_no, "").read += lost
        if any(staged.numbered and staged.file_no == file_no for staged in run.staged):
            run.notes += _duplicates(run.connection, opened)
        progress.advance(1)
    progress.done()


def _notes_of(staged: Staged, opened: OpenedFile) -> list[Note]:
    notes = []
    if staged.without_customer:
        notes.append(
            Note("ingest.without_customer", staged.without_customer, detail=f"{opened.path.name} → {staged.table.name}")
        )
    if staged.noisy:
        notes.append(Note("ingest.float_noise", staged.noisy, detail=f"{opened.path.name} → {staged.table.name}"))
    return notes


def _duplicates(connection: duckdb.DuckDBPyConnection, opened: OpenedFile) -> list[Note]:
    """How many rows repeat an earlier row of the file in every column: kept, since nothing tells a repeat from an error."""
    columns = ", ".join(quoted(header) for header in opened.columns)
    found = connection.execute(
        f"SELECT sum(times - 1) FROM (SELECT count(*) AS times FROM {opened.relation} GROUP BY {columns} HAVING count(*) > 1)"
    ).fetchone()
    return [Note("ingest.duplicate_rows", int(found[0]), detail=opened.path.name)] if found and found[0] else []


def _write(
    run: Run,
    shop: Shop,
    store: RawStore,
    source: str,
    by: str,
    started_at: dt.datetime,
    clock: float,
    alongside: Alongside,
) -> int:
    """The one transaction: merges, quarantine, ledger. Raw copies that a failed commit leaves behind are taken back."""
    kept: list[Path] = []
    try:
        with shop.lake.writing(by, f"ingest {source}", extra={"load": run.load_id}) as snapshot:
            alongside.before(run)
            merge_all(run, shop)
            alongside.merged(run, snapshot)
            files = file_rows(run, shop.inbox)
            run.connection.execute(
                "UPDATE quarantine SET resolved = 'read again' WHERE resolved IS NULL AND list_contains(?, file_hash)",
                [list(_digests(run).values())],
            )
            run.connection.execute(
                f"INSERT INTO quarantine (load_id, file_hash, resolved, {HELD_COLUMNS}) "
                f"SELECT '{run.load_id}', {file_hash_sql(_digests(run))}, {RESOLVED}, {HELD_COLUMNS} FROM {HELD}"
            )
            record_load(
                run.connection, load_id=run.load_id, source=source, by=by, started_at=started_at,
                seconds=time.perf_counter() - clock, snapshot=snapshot,
                version=f"shopkeeper {shopkeeper.__version__}", files=files, notes=_joined(run.notes),
            )  # fmt: skip
            alongside.after(run, snapshot)
            for opened in run.opened.values():
                if store.keep(opened.parquet, opened.digest):
                    kept.append(store.path(opened.digest))
            run.check()
    except BaseException:
        for path in kept:
            store.drop(path)
        raise
    store.sweep(started_at)
    return snapshot


def merge_all(run: Run, shop: Shop) -> None:
    """Bring what was staged, and what follows from it, into the tables, inside the running transaction."""
    refuse_orders_told_twice(run.connection, run.staged, {n: job.mapping for n, job in run.jobs.items()}, run.opened)
    mapped = {staged.table.name for staged in run.staged}
    stating = {job.mapping.name for job in run.jobs.values() if job.mapping.maps("shops")}
    placed = {n for n, job in run.jobs.items() if job.mapping.name in stating}
    facts = list(run.staged)
    groups: dict[tuple[str, tuple[str, ...], bool, bool], list[Staged]] = {}
    for staged in sorted(run.staged, key=lambda s: _rank(s.table.name)):
        groups.setdefault((staged.table.name, staged.provided, staged.numbered, staged.repeats), []).append(staged)
    run.earlier = frozenset(name for name in ("orders", *FROM_ORDER) if _has_rows(run.connection, name))
    derived = derive.dimension_keys(run.connection, facts, mapped, placed, shop.settings.shop, "derived")
    for rows in derived:
        _merge_derived(run, rows, "all")
    lines = [s for s in run.staged if s.table.name == "order_lines" and not run.jobs[s.file_no].mapping.maps("orders")]
    alone = sum(name == "orders" for name, *_ in groups) == 1 and "orders" not in run.earlier
    for number, ((name, *_), group) in enumerate(groups.items()):
        if name == "order_lines":
            _merge_derived_orders(run, [s for s in lines if s in group], number)
        unique = _merge_group(run, group, number)
        if name == "orders" and alone and unique:
            run.stated = {staged.file_no: staged for staged in group}
    derive.mirror_orders(run.connection, run.load_id, run.earlier)
    staging.discard_values(run.connection, run.staged)


def _merge_group(run: Run, group: list[Staged], number: int) -> bool:
    """Merge the rows of files that say the same columns; returns whether each row had a key of its own."""
    table = group[0].table
    rows = collisions.united(run.connection, group, f"united_{number}")
    opened = {staged.file_no: run.opened[staged.file_no] for staged in group}
    told = derive.tell_what_orders_do(group, run.stated)
    if table.name in FROM_ORDER and not told:
        derive.fill_from_orders(run.connection, rows, table.name)
        _hold_orphans(run, rows, table.name)
    collisions.refuse_clashes(run.connection, rows, group, opened)
    unique = collisions.one_a_key(run.connection, rows, group, run.stated)
    if not unique:
        for file_no, dropped in collisions.settle(run.connection, rows, group, opened).items():
            run.count(file_no, table.name).unchanged += dropped
    if table.name == "order_lines" and _has_rows(run.connection, table.name):
        for file_no, dropped in derive.give_way(run.connection, rows).items():
            run.count(file_no, table.name).unchanged += dropped
    if _has_rows(run.connection, table.name):
        owned(run.connection, rows)
    merged = merge(run.connection, table, rows, group[0].provided, run.load_id, _digests(run))
    _add(run, table.name, merged.loaded, merged.unchanged)
    discard(run.connection, rows)
    return unique


def _has_rows(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    return connection.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone() is not None


def _merge_derived_orders(run: Run, lines: list[Staged], number: int) -> None:
    if lines:
        _merge_derived(run, derive.orders_from_lines(run.connection, lines, f"derived_orders_{number}"), "mapped")


def _merge_derived(run: Run, rows: Staged, keep: Keep) -> None:
    merged = merge(run.connection, rows.table, rows.name, rows.provided, run.load_id, _digests(run), keep=keep)
    for counts in (merged.loaded, merged.unchanged):
        for file_no, count in counts.items():
            run.count(file_no, rows.table.name).read += count
    _add(run, rows.table.name, merged.loaded, merged.unchanged)
    run.connection.execute(f"DROP TABLE {rows.name}")


def _add(run: Run, table_name: str, loaded: dict[int, int], unchanged: dict[int, int]) -> None:
    for file_no, count in loaded.items():
        run.count(file_no, table_name).loaded += count
    for file_no, count in unchanged.items():
        run.count(file_no, table_name).unchanged += count


def _hold_orphans(run: Run, rows: str, table_name: str) -> None:
    """Set aside lines whose moment neither their file nor a known order states."""
    if table_name != "order_lines":
        return
    orphans = f"FROM {rows} WHERE ordered_at IS NULL"
    files = [n for (n,) in run.connection.execute(f"SELECT DISTINCT file_no {orphans}").fetchall()]
    for file_no in files:
        set_aside.hold(
            run.connection, run.opened[file_no], file_no, table_name,
            f"SELECT source_line, 'ordered_at' AS column_name, 'its order is not known' AS reason, order_id AS received, "
            f"CAST(NULL AS DATE) AS day {orphans} AND file_no = {file_no}",
        )  # fmt: skip
    if files:
        owned(run.connection, rows)
        run.connection.execute(f"DELETE {orphans}")


def file_rows(run: Run, inbox: Path) -> list[FileRows]:
    """The ledger's rows, with the quarantined counted where they were set aside."""
    held = {
        (int(n), name): int(count)
        for n, name, count in run.connection.execute(
            f"SELECT file_no, table_name, count(*) FROM {HELD} GROUP BY ALL"
        ).fetchall()
    }
    if missing := set(held) - set(run.counts):
        raise InternalError(
            "rows were set aside for a table that was not read", received=missing, state="nothing was changed"
        )
    rows = []
    for (file_no, table_name), count in run.counts.items():
        opened, job = run.opened[file_no], run.jobs[file_no]
        path = opened.path.relative_to(inbox).as_posix() if opened.path.is_relative_to(inbox) else ""
        rows.append(
            FileRows(opened.digest, opened.path.name, opened.bytes, job.mapping_hash, table_name, count.read, count.loaded,
                     count.unchanged, held.get((file_no, table_name), 0), job.mapping.platform, path)
        )  # fmt: skip
    return rows


def _digests(run: Run) -> dict[int, str]:
    return {file_no: opened.digest for file_no, opened in run.opened.items()}


def _joined(notes: list[Note]) -> list[Note]:
    """One note a topic: the ledger's key. Details of several files follow one another."""
    topics: dict[str, list[Note]] = {}
    for note in notes:
        topics.setdefault(note.topic, []).append(note)
    joined = []
    for topic, same in topics.items():
        rows = [note.rows for note in same if note.rows is not None]
        amounts = [note.amount for note in same if note.amount is not None]
        joined.append(
            Note(topic, sum(rows) if rows else None, sum(amounts, start=amounts[0] - amounts[0]) if amounts else None,
                 "; ".join(note.detail for note in same if note.detail))
        )  # fmt: skip
    return joined
