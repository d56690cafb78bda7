"""The journal: what was accepted and is not in the lake yet. Append-only segments of checksummed records.

segment = mark, then records · record = length, CRC-32, one line · a writer holds the lock beside its segment while it lives

Every process writes segments of its own, so that writers never wait for each other. Batches that wait together share one
fsync. A record that a crash cut was never confirmed to anybody: it is taken off, and kept beside the segment.
"""

from __future__ import annotations

import contextlib
import os
import struct
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import filelock

from shopkeeper.core.ids import new_id
from shopkeeper.errors import Backlogged, InternalError

MARK = b"SKJRNL1\n"
_HEAD = struct.Struct("<II")
_LONGEST = 64 * 1024 * 1024
_SEGMENT_BYTES = 16 * 1024 * 1024
_WAITING_BYTES = 32 * 1024 * 1024
_LOOK_EVERY = 0.5
_SEAL = "seal"


@dataclass(frozen=True)
class Record:
    """One line that was written, and where the next one begins."""

    line: bytes
    end: int


@dataclass(frozen=True)
class Segment:
    """A file of the journal. Names sort by the time they were begun."""

    path: Path

    @property
    def name(self) -> str:
        """What the lake calls it."""
        return self.path.stem

    @property
    def lock_path(self) -> Path:
        """The file whose lock its writer holds."""
        return self.path.with_suffix(".lock")

    def size(self) -> int:
        """Bytes so far; 0 when it is gone."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def records(self, begin: int = 0, *, limit: int | None = None) -> Iterator[Record]:
        """Whole records from an offset on, until the first that is not whole; about `limit` bytes of them."""
        try:
            with self.path.open("rb") as stream:
                stream.seek(begin)
                content = stream.read() if limit is None else stream.read(limit + _LONGEST)
        except FileNotFoundError:
            return
        place = 0
        if begin == 0:
            if not content.startswith(MARK):
                return
            place = len(MARK)
        while place + _HEAD.size <= len(content) and (limit is None or place < limit):
            length, checksum = _HEAD.unpack_from(content, place)
            end = place + _HEAD.size + length
            line = content[place + _HEAD.size : end]
            if not 0 < length <= _LONGEST or len(line) < length or zlib.crc32(line) != checksum:
                return
            place = end
            yield Record(line, begin + end)


def segments(folder: Path) -> list[Segment]:
    """The segments of a journal, oldest first."""
    return [Segment(path) for path in sorted(folder.glob("seg_*.log"))]


def journal_bytes(folder: Path) -> int:
    """Bytes that wait in a journal."""
    return sum(segment.size() for segment in segments(folder))


def ask_to_seal(folder: Path) -> None:
    """Ask every writer of a journal to let go of its segment; it does so within a second, and begins another when it must."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _SEAL).touch()


def _asked_to_seal(folder: Path) -> int:
    """When writers were last asked, in nanoseconds of the file system's clock; 0 for never."""
    try:
        return (folder / _SEAL).stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def settle(segment: Segment, read_to: int) -> bool:
    """Remove a segment that nobody writes any more and that was read to its end; returns whether it is gone.

    What follows its last whole record is a write that a crash cut: it is moved to a file `.torn` beside it.
    """
    lock = filelock.FileLock(segment.lock_path, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except filelock.Timeout:
        return False
    try:
        if next(iter(segment.records(read_to)), None) is not None:
            return False
        size = segment.size()
        if size > max(read_to, len(MARK)):
            with segment.path.open("rb") as stream:
                stream.seek(read_to)
                segment.path.with_suffix(".torn").write_bytes(stream.read())
        segment.path.unlink(missing_ok=True)
    finally:
        lock.release()
        segment.lock_path.unlink(missing_ok=True)
    return True


class Journal:
    """The writing end of a journal for this process. `append` returns at once; its future is done after the fsync."""

    def __init__(
        self, folder: Path, *, backlog_bytes: int, sync: Callable[[int], None] = os.fsync, segment_bytes: int = _SEGMENT_BYTES
    ) -> None:  # fmt: skip
        self.folder = folder
        self._backlog_bytes, self._segment_bytes, self._sync = backlog_bytes, segment_bytes, sync
        self._waiting: deque[tuple[bytes, Future[None]]] = deque()
        self._waiting_bytes = 0
        self._wake = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None
        self._looked_at, self._on_disk = -1.0, 0
        self._descriptor, self._end = -1, 0
        self._asked, self._named = 0, ""
        self._lock: filelock.BaseFileLock | None = None

    def append(self, line: bytes) -> Future[None]:
        """Write one line; the future is done when it cannot be lost any more, or holds the InternalError that kept it out.

        Raises Backlogged when too much waits for the disk or for the lake, InternalError when the journal is closed.
        """
        record = _HEAD.pack(len(line), zlib.crc32(line)) + line
        done: Future[None] = Future()
        with self._wake:
            if self._closing:
                raise InternalError("the journal is closed", where=str(self.folder), state="nothing was kept")
            self._refuse_backlog(len(record))
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_on, name="journal", daemon=True)
                self._thread.start()
            self._waiting.append((record, done))
            self._waiting_bytes += len(record)
            self._wake.notify()
        return done

    def close(self) -> None:
        """Write what waits, and let go of the segment."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join()
        self._seal()

    def _refuse_backlog(self, more: int) -> None:
        if self._waiting_bytes + more > _WAITING_BYTES:
            raise Backlogged(
                "the disk cannot keep up with the events", where=str(self.folder), received=f"{self._waiting_bytes:,} bytes wait",
                allowed=f"{_WAITING_BYTES:,}", state="nothing of this batch was kept", next_command="send it again later",
                retry_after=1,
            )  # fmt: skip
        now = time.monotonic()
        if now - self._looked_at > _LOOK_EVERY:
            self._looked_at, self._on_disk = now, journal_bytes(self.folder)
        if self._on_disk > self._backlog_bytes:
            raise Backlogged(
                "too many events wait for the warehouse", where=str(self.folder), received=f"{self._on_disk:,} bytes",
                allowed=f"{self._backlog_bytes:,} (live.backlog_mb)", state="nothing of this batch was kept",
                next_command="send it again later; shopkeeper events flush", retry_after=5,
            )  # fmt: skip

    def _write_on(self) -> None:
        while True:
            with self._wake:
                while not self._waiting and not self._closing:
                    self._seal_if_asked()
                    self._wake.wait(_LOOK_EVERY if self._descriptor >= 0 else None)
                if not self._waiting:
                    return
                batch, self._waiting, self._waiting_bytes = self._waiting, deque(), 0
            try:
                self._write(b"".join(record for record, _ in batch))
            except OSError as error:
                self._undo()
                failure = InternalError(
                    "the journal cannot be written", where=str(self.folder), received=error.strerror or str(error),
                    state="nothing of this batch was kept", next_command="free some space, then send it again",
                )  # fmt: skip
                for _, done in batch:
                    done.set_exception(failure)
            else:
                for _, done in batch:
                    done.set_result(None)

    def _write(self, content: bytes) -> None:
        self._seal_if_asked()
        if self._descriptor < 0 or self._end >= self._segment_bytes:
            self._begin()
        view = memoryview(content)
        while view:
            view = view[os.write(self._descriptor, view) :]
        self._sync(self._descriptor)
        self._end += len(content)

    def _begin(self) -> None:
        """A new segment, its lock held before anybody can see it."""
        self._seal()
        self.folder.mkdir(parents=True, exist_ok=True)
        segment = Segment(self.folder / f"{self._next_name()}.log")
        lock = filelock.FileLock(segment.lock_path, thread_local=False)
        lock.acquire()
        self._lock = lock
        self._descriptor = os.open(segment.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._asked = _asked_to_seal(self.folder)
        os.write(self._descriptor, MARK)
        self._end = len(MARK)
        if hasattr(os, "O_DIRECTORY"):  # the name too must survive
            place = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(place)
            finally:
                os.close(place)

    def _next_name(self) -> str:
        """A name that sorts behind the one before: names of one millisecond have no order."""
        name = new_id("seg")
        while name <= self._named:
            time.sleep(0.001)
            name = new_id("seg")
        self._named = name
        return name

    def _seal_if_asked(self) -> None:
        if self._descriptor >= 0 and _asked_to_seal(self.folder) != self._asked:
            self._seal()

    def _undo(self) -> None:
        """Take back what a failed write may have left; a segment that cannot be cut is given up."""
        if self._descriptor < 0:
            return
        try:
            os.ftruncate(self._descriptor, self._end)
        except OSError:
            self._seal()

    def _seal(self) -> None:
        if self._descriptor >= 0:
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
        self._descriptor = -1
        if self._lock is not None:
            self._lock.release()
            self._lock = None
