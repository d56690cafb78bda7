"""Pull a source: ask for what is new, keep it like a file, load it with its cursor in one transaction, window by window.

A crash at any moment leaves either the rows and the cursor after them, or neither: the next pull goes on from there.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import filelock

import shopkeeper
from shopkeeper.core.clock import utc_now
from shopkeeper.core.ids import new_id
from shopkeeper.errors import DataQualityError, ShopkeeperError, WarehouseBusy
from shopkeeper.ingest.assembly import Alongside, Job, Run, load_jobs, running
from shopkeeper.ingest.pull import withdraw
from shopkeeper.ingest.pull.declared import pull_source
from shopkeeper.ingest.pull.drift import drift_notes, refuse_lost_columns
from shopkeeper.ingest.pull.ledger import PullRow, Reached, reached, record_pull, require_unmoved
from shopkeeper.ingest.pull.looks import looks, remember_look
from shopkeeper.ingest.pull.source import Asked, PullSource, Stream, Window
from shopkeeper.ingest.readers import file_digest
from shopkeeper.ingest.report import LoadReport, Progress, Silent
from shopkeeper.warehouse.interrupts import interruptible
from shopkeeper.warehouse.lake import explained_engine_errors
from shopkeeper.warehouse.loads import Note, record_load
from shopkeeper.warehouse.raw import RawStore
from shopkeeper.warehouse.shop import Shop


def pull(shop: Shop, name: str, *, by: str, progress: Progress | None = None) -> LoadReport:
    """Pull a source of shopkeeper.toml by its name: every window is a load, a snapshot, and a cursor kept with it.

    Raises NotFound for another name, ConfigError for an entry or a secret that cannot be used, WarehouseBusy when another
    process pulls it, SourceError when it does not answer or what it gives is refused; windows before that are kept.
    """
    source = pull_source(shop.settings, shop.folder, name)
    clock, reports = time.perf_counter(), []
    with _alone(shop, name):
        try:
            for stream in source.streams:
                reports += list(_windows(shop, source, stream, by, progress or Silent()))
        except ShopkeeperError as error:
            remember_look(shop.data_dir, name, error=error)
            raise
        remember_look(shop.data_dir, name)
    return _joined(shop, name, reports, time.perf_counter() - clock)


@contextlib.contextmanager
def _alone(shop: Shop, name: str) -> Iterator[None]:
    """Hold the source: two pulls at once would read the same window twice."""
    folder = shop.data_dir / "pulls"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with filelock.FileLock(folder / f"{name}.lock").acquire(timeout=0):
            yield
    except filelock.Timeout:
        raise WarehouseBusy(
            "another process pulls this source", where=f"source {name}", state="nothing was changed",
            next_command=f"shopkeeper ingest {name}",
        ) from None  # fmt: skip


@dataclass(frozen=True)
class _Pull:
    """One window on its way."""

    shop: Shop
    source: PullSource
    stream: Stream
    by: str
    before: Reached
    began_anew: bool
    started_at: dt.datetime
    clock: float
    mapping_hash: str
    pull_id: str

    def keys_due(self) -> bool:
        """Whether all keys are to be compared now."""
        every, last = self.stream.compare_keys_every, self.before.keys_at
        look = looks(self.shop.data_dir).get(self.source.name)
        if look and look.keys_at and (last is None or look.keys_at > last):
            last = look.keys_at
        if every is None or not self.stream.key or not self.before.pull_id:
            return False
        return last is None or self.started_at - last >= every


def _windows(shop: Shop, source: PullSource, stream: Stream, by: str, progress: Progress) -> Iterator[LoadReport]:
    settings, store, first = shop.settings.shop, RawStore(shop.data_dir), True
    mapping_hash = stream.mapping.digest(settings.id, settings.timezone, settings.currency)
    while True:
        before = reached(shop.lake, source.name, stream.name)
        anew = bool(before.pull_id) and before.asks != stream.asks
        one = _Pull(
            shop, source, stream, by, replace(before, cursor="") if anew else before, anew, utc_now(), time.perf_counter(),
            mapping_hash, new_id("pull"),
        )  # fmt: skip
        rows, keys = store.scratch(), store.scratch()
        try:
            asked = Asked(one.before.cursor, before.columns, rows, keys if first and one.keys_due() else None)
            progress.start("pull", 0)
            window = source.read(stream, asked, progress)
            progress.done()
            refuse_lost_columns(source.name, stream, before.columns, window.columns)
            yield _load(one, window, rows, keys if window.keys_read else None, progress)
        finally:
            for path in (rows, keys):
                path.unlink(missing_ok=True)
        if not window.more:
            return
        if window.cursor == one.before.cursor:
            raise DataQualityError(
                "the source says that it has more, and not where", where=f"source {source.name}", received=window.cursor,
                allowed="another cursor", state="what was read until now is loaded", next_command="report this",
            )  # fmt: skip
        first = False


def _load(one: _Pull, window: Window, rows: Path, keys: Path | None, progress: Progress) -> LoadReport:
    """Commit a window: its rows, what has gone, its cursor. A window that says nothing new commits nothing."""
    shop, stream, before = one.shop, one.stream, one.before
    notes = [*window.notes, *drift_notes(before.columns, window.columns)]
    if one.began_anew:
        notes.append(Note("pull.began_anew", detail=one.source.name))
    if before.pull_id and before.mapping_hash != one.mapping_hash:
        notes.append(Note("pull.mapping_changed", detail=one.source.name))
    digest = file_digest(rows) if window.rows else ""
    if window.rows and digest == before.file_hash and not one.began_anew and before.mapping_hash == one.mapping_hash:
        window = replace(window, rows=0)  # the very rows of last time: the overlap, or a table that has not changed
        same = True
    else:
        same = False
    emptied = window.whole and not window.rows and not same
    unchanged = (window.cursor, dict(window.columns), stream.asks) == (before.cursor, dict(before.columns), before.asks)
    if not window.rows and not emptied and unchanged and not notes and not (keys and _any_gone(one, keys)):
        remember_look(shop.data_dir, one.source.name, keys_compared=keys is not None)
        return LoadReport("", one.source.name, shop.lake.snapshot(), 0.0, already_loaded=True)
    if window.rows:
        return _load_rows(one, window, rows, digest, keys, notes, progress)
    return _load_nothing(one, window, keys, notes, emptied)


def _any_gone(one: _Pull, keys: Path) -> bool:
    """Whether keys are gone, before anything is written: a look that finds everything in its place leaves no snapshot."""
    connection, stream = one.shop.lake.connection, one.stream
    files = withdraw.files_pulled(connection, one.source.name, stream.name)
    place = withdraw.Place(connection, RawStore(one.shop.data_dir), stream, files, "")
    try:
        with explained_engine_errors(f"keys of source {one.source.name}"):
            return withdraw.note_gone(place, one.source.name, keys) > 0
    finally:
        withdraw.forget(connection)


def _load_rows(
    one: _Pull, window: Window, rows: Path, digest: str, keys: Path | None, notes: list[Note], progress: Progress
) -> LoadReport:
    taken: dict[str, int] = {}

    def before(run: Run) -> None:
        require_unmoved(run.connection, one.source.name, one.stream.name, one.before)
        taken.update(_take_out(one, run, window, keys, emptied=False))
        run.notes += [*notes, *_withdrawn(taken)]

    def after(run: Run, snapshot: int) -> None:
        _record(one, run, window, snapshot, run.load_id, digest, sum(taken.values()), keys is not None or window.whole)

    name = f"{one.stream.mapping.name} {one.started_at:%Y-%m-%d %H:%M:%S}Z"
    job = Job(rows, one.stream.mapping, one.mapping_hash, digest=digest, shown=name, again=True)
    try:
        return load_jobs(
            one.shop, one.source.name, [job], by=one.by, progress=progress, alongside=Alongside(before, after)
        )
    finally:
        withdraw.forget(one.shop.lake.connection)


def _load_nothing(one: _Pull, window: Window, keys: Path | None, notes: list[Note], emptied: bool) -> LoadReport:
    """Commit a window without rows: keys that are gone, a cursor that went on, columns that came."""
    shop, name = one.shop, one.source.name
    with interruptible(shop.lake.connection) as check, running(shop, check) as run:
        with shop.lake.writing(one.by, f"ingest {name}", extra={"load": run.load_id}) as snapshot:
            require_unmoved(run.connection, name, one.stream.name, one.before)
            taken = _take_out(one, run, window, keys, emptied=emptied)
            notes = [*notes, *_withdrawn(taken)]
            load_id = run.load_id if notes else ""
            seconds = time.perf_counter() - one.clock
            if load_id:
                record_load(
                    run.connection, load_id=load_id, source=one.stream.mapping.name, by=one.by, started_at=one.started_at,
                    seconds=seconds, snapshot=snapshot, version=f"shopkeeper {shopkeeper.__version__}", files=[], notes=notes,
                )  # fmt: skip
            compared = keys is not None or emptied
            _record(one, run, window, snapshot, load_id, "", sum(taken.values()), compared)
        withdraw.forget(run.connection)
    return LoadReport(load_id, name, snapshot, seconds, notes=tuple(notes), already_loaded=not notes)


def _take_out(one: _Pull, run: Run, window: Window, keys: Path | None, *, emptied: bool) -> dict[str, int]:
    """Take out what the source no longer states, where it has a key to tell by."""
    stream, name = one.stream, one.source.name
    if not stream.key:
        return {}
    opened = run.opened.get(1)
    files = withdraw.files_pulled(run.connection, name, stream.name)
    place = withdraw.Place(run.connection, RawStore(one.shop.data_dir), stream, files, run.load_id)
    whole = (window.whole and bool(window.rows) or emptied) and stream.compare_keys_every is not None
    withdraw.note_new(run.connection, stream, opened.as_read if opened else "")
    withdraw.note_gone(place, name, None if whole else keys)
    return withdraw.take_out(place, run.staged, whole=whole, source=name)


def _withdrawn(taken: dict[str, int]) -> list[Note]:
    detail = ", ".join(f"{table} {rows:,}" for table, rows in taken.items())
    return [Note("pull.withdrawn", sum(taken.values()), detail=detail)] if taken else []


def _record(
    one: _Pull, run: Run, window: Window, snapshot: int, load_id: str, digest: str, withdrawn: int, compared: bool
) -> None:
    stream = one.stream
    if stream.key:
        withdraw.record_gone(run.connection, one.pull_id, one.source.name, stream.name, snapshot)
    record_pull(run.connection, PullRow(
        one.pull_id, one.source.name, stream.name, one.source.kind, load_id, digest, one.by, one.started_at,
        time.perf_counter() - one.clock, snapshot, window.rows, withdrawn, window.cursor, stream.asks, one.mapping_hash,
        window.columns, compared, window.whole, window.more,
    ))  # fmt: skip


def _joined(shop: Shop, name: str, reports: list[LoadReport], seconds: float) -> LoadReport:
    """One report of all windows: the loads that did something, by the last of them."""
    done = [report for report in reports if not report.already_loaded]
    if not done:
        return LoadReport("", name, shop.lake.snapshot(), seconds, already_loaded=True)
    notes: dict[Note, None] = dict.fromkeys(note for report in done for note in report.notes)
    tables = tuple(part for report in done for part in report.tables)
    loads = [report.load_id for report in done if report.load_id]
    return LoadReport(loads[-1] if loads else "", name, done[-1].snapshot, seconds, tables, tuple(notes))
