"""Bring what the journal holds into the lake: rows, sessions and the place that was read to, in one transaction.

A flush that is killed changes nothing; the next one reads the same stretch again. A segment is removed only when its writer
has gone and the lake holds it to its end.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import filelock

from shopkeeper.core.ids import new_id
from shopkeeper.errors import WarehouseBusy
from shopkeeper.ingest.assembly import Alongside, Job, Run, load_jobs
from shopkeeper.ingest.events.journal import MARK, Segment, segments, settle
from shopkeeper.ingest.events.lines import EVENT_ROWS, LIVE_EVENTS, MAPPING_HASH, name_faults, write_rows
from shopkeeper.ingest.events.sessions import Formed, form_sessions, remember_told, touched_by
from shopkeeper.ingest.report import LoadReport
from shopkeeper.ingest.set_aside import HELD
from shopkeeper.warehouse.loads import Note
from shopkeeper.warehouse.shop import Shop
from shopkeeper.warehouse.sql import listed, literal

JournalName = Literal["events", "webhooks"]
CHUNK_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Stretch:
    """Bytes of a segment that were read together."""

    segment: Segment
    begin: int
    end: int


@dataclass(frozen=True)
class Flushed:
    """What one flush did: rows by what became of them, and the sessions that were formed."""

    load_id: str = ""
    snapshot: int = 0
    read: int = 0
    loaded: int = 0
    unchanged: int = 0
    set_aside: int = 0
    sessions: int = 0
    seconds: float = 0.0

    def __add__(self, other: Flushed) -> Flushed:
        return Flushed(
            other.load_id or self.load_id, max(self.snapshot, other.snapshot), self.read + other.read, self.loaded + other.loaded,
            self.unchanged + other.unchanged, self.set_aside + other.set_aside, self.sessions + other.sessions,
            self.seconds + other.seconds,
        )  # fmt: skip


def journal_folder(data_dir: Path, name: JournalName) -> Path:
    """Where a journal of a shop lies."""
    return data_dir / "journal" / name


def flush_events(shop: Shop, *, by: str) -> Flushed:
    """Bring all events of the journal into the lake, in loads of 64 MB.

    Raises WarehouseBusy when another process flushes or writes; then the events stay in the journal.
    """
    done = Flushed()
    with flushing(shop, "events") as folder:
        while stretches := unread(shop, folder):
            done += _flush_chunk(shop, stretches, by)
        sweep(shop, folder)
    return done


@contextlib.contextmanager
def flushing(shop: Shop, name: JournalName) -> Iterator[Path]:
    """Be the only one who flushes a journal. Raises WarehouseBusy when somebody else does."""
    folder = journal_folder(shop.data_dir, name)
    folder.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(folder / "flush.lock", thread_local=False)
    try:
        lock.acquire(timeout=shop.settings.warehouse.lock_timeout_seconds)
    except filelock.Timeout:
        raise WarehouseBusy(
            "another process brings these events into the warehouse", where=str(folder), state="nothing was changed",
            next_command="shopkeeper events status",
        ) from None  # fmt: skip
    try:
        for left in folder.glob("chunk_*"):
            left.unlink(missing_ok=True)
        yield folder
    finally:
        lock.release()


def positions(shop: Shop, names: Sequence[str]) -> dict[str, int]:
    """How far the lake holds some segments: the byte after the last record of each."""
    if not names:
        return {}
    rows = shop.lake.query(
        f"SELECT segment, max(to_byte) FROM journal_reads WHERE segment IN ({listed(names)}) GROUP BY 1"
    ).fetchall()
    return {name: int(end) for name, end in rows}


def unread(shop: Shop, folder: Path, *, limit: int = CHUNK_BYTES) -> list[Stretch]:
    """What the lake lacks, oldest first, about `limit` bytes of it."""
    known = segments(folder)
    held = positions(shop, [segment.name for segment in known])
    found, room = [], limit
    for segment in known:
        begin = held.get(segment.name, 0)
        end = begin
        if room > 0 and segment.size() > max(begin, len(MARK)):
            for record in segment.records(begin, limit=room):
                end = record.end
        if end > begin:
            found.append(Stretch(segment, begin, end))
            room -= end - begin
    return found


def waiting_lines(stretch: Stretch) -> Iterator[bytes]:
    """The lines of a stretch."""
    for record in stretch.segment.records(stretch.begin, limit=stretch.end - stretch.begin):
        if record.end > stretch.end:
            return
        yield record.line


def record_positions(run: Run, name: JournalName, stretches: Sequence[Stretch]) -> None:
    """Say in the running transaction what of the journal the lake now holds."""
    rows = [[run.load_id, name, stretch.segment.name, stretch.begin, stretch.end] for stretch in stretches]
    run.connection.execute(
        "INSERT INTO journal_reads (load_id, journal, segment, from_byte, to_byte) VALUES "
        + ", ".join("(?, ?, ?, ?, ?)" for _ in rows),
        [cell for row in rows for cell in row],
    )


def sweep(shop: Shop, folder: Path) -> int:
    """Remove the segments that the lake holds and nobody writes; returns how many."""
    known = segments(folder)
    held = positions(shop, [segment.name for segment in known])
    return sum(settle(segment, held.get(segment.name, 0)) for segment in known)


def _flush_chunk(shop: Shop, stretches: Sequence[Stretch], by: str) -> Flushed:
    folder = stretches[0].segment.path.parent
    lines, parquet = (folder / f"{new_id('chunk')}{suffix}" for suffix in (".jsonl", ".parquet"))
    formed: list[Formed] = []

    def within(run: Run, _: int) -> None:
        name_faults(run.connection, HELD)
        record_positions(run, "events", stretches)
        if shop.settings.live.sessions:
            formed.append(_form(shop, run))

    try:
        with lines.open("wb") as stream:
            for stretch in stretches:
                stream.writelines(line + b"\n" for line in waiting_lines(stretch))
        write_rows(shop.lake.connection, lines, parquet)
        named = parquet.with_name(f"events-{stretches[0].segment.name}-{stretches[0].begin}.parquet")
        parquet.rename(named)
        parquet = named
        with shop.lake.locked(by, "flush events"):
            remember_told(shop.lake.connection, f"read_parquet({literal(str(parquet))}) WHERE fault IS NULL")
            report = load_jobs(
                shop, LIVE_EVENTS, [Job(parquet, EVENT_ROWS, MAPPING_HASH)], by=by, alongside=Alongside(merged=within)
            )
    finally:
        lines.unlink(missing_ok=True)
        parquet.unlink(missing_ok=True)
    return _flushed(report, sum(one.written for one in formed))


def _form(shop: Shop, run: Run) -> Formed:
    formed = form_sessions(
        run.connection, touched_by(run.load_id), pause_minutes=shop.settings.live.session_minutes,
        load_id=run.load_id, file_hash=run.opened[1].digest,
    )  # fmt: skip
    if formed.written:
        # a note and no row of the ledger: a replay makes again what a file's own tables say, and visits follow from events
        run.notes.append(Note("ingest.visits_formed", formed.written))
    if formed.left:
        run.notes.append(Note("ingest.visits_told_daily", formed.left))
    return formed


def _flushed(report: LoadReport, sessions: int) -> Flushed:
    parts = [part for part in report.tables if part.table in ("events", "")]
    read, loaded, unchanged = (
        sum(counts) for counts in zip(*((p.rows_read, p.loaded, p.unchanged) for p in parts), strict=True)
    )
    return Flushed(
        report.load_id, report.snapshot, read, loaded, unchanged, read - loaded - unchanged, sessions, report.seconds
    )  # fmt: skip
