"""Follow a growing file of events: whole lines alone, from where the last reading ended, through rotation and cutting.

The place is kept after the lines are safe in the journal: a crash between the two reads them again, which changes nothing,
since an event is known by its id.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

READ_BYTES = 4 * 1024 * 1024
_HEAD_BYTES = 512


@dataclass(frozen=True)
class Place:
    """How far a file was read: which file it was (by its number and its beginning), and the byte after the last whole line."""

    inode: int = 0
    head: str = ""
    head_bytes: int = 0
    offset: int = 0


class Tail:
    """One followed file. `read` hands whole lines to `keep`, which returns once they are safe."""

    def __init__(self, path: Path, memory: Path) -> None:
        self.path = path
        self._memory = memory
        self._key = str(path)

    @property
    def place(self) -> Place:
        """Where the next reading begins."""
        found = _remembered(self._memory).get(self._key)
        return Place(**found) if found else Place()

    def read(self, keep: Callable[[bytes], None]) -> int:
        """Hand over what has come since; returns the number of bytes read. A file that is not there yet has none."""
        total, place = 0, self.place
        current = _number(self.path)
        if current is None:
            return 0
        if place.inode and (current != place.inode or not _same(self.path, place)):
            old = self._rotated(place)
            if old is not None:
                total += self._read_from(old, place, keep, whole=True)
            place = Place()
        return total + self._read_from(self.path, place, keep, whole=False)

    def _rotated(self, place: Place) -> Path | None:
        """The file under its new name, in the same folder."""
        for path in sorted(self.path.parent.glob(f"{self.path.name}*")):
            if path != self.path and _number(path) == place.inode and _same(path, place):
                return path
        return None

    def _read_from(self, path: Path, place: Place, keep: Callable[[bytes], None], *, whole: bool) -> int:
        """Read to the end; `whole` says that nothing will follow, so that a last line without its end counts too."""
        total = 0
        with path.open("rb") as stream:
            inode = os.fstat(stream.fileno()).st_ino
            head = stream.read(_HEAD_BYTES)
            while True:
                stream.seek(place.offset)
                content = stream.read(READ_BYTES)
                end = len(content) if whole and len(content) < READ_BYTES else content.rfind(b"\n") + 1
                if end == 0 and len(content) == READ_BYTES:
                    end = READ_BYTES  # no line is that long: it is kept, as a row set aside
                if end == 0:
                    return total
                if content[:end].strip():
                    keep(content[:end])
                size = min(_HEAD_BYTES, place.offset + end)
                place = Place(inode, _digest(head[:size]), size, place.offset + end)
                _remember(self._memory, self._key, place)
                total += end


def _number(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def _same(path: Path, place: Place) -> bool:
    """Whether a file still begins as it did, and has not been cut: an inode may be used again."""
    if path.stat().st_size < place.offset:
        return False
    with path.open("rb") as stream:
        return _digest(stream.read(place.head_bytes)) == place.head


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _remembered(memory: Path) -> dict[str, dict[str, Any]]:
    try:
        found: dict[str, dict[str, Any]] = json.loads(memory.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found


def _remember(memory: Path, key: str, place: Place) -> None:
    known = _remembered(memory) | {key: asdict(place)}
    memory.parent.mkdir(parents=True, exist_ok=True)
    scratch = memory.with_suffix(".new")
    with scratch.open("w", encoding="utf-8") as stream:
        json.dump(known, stream)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(scratch, memory)
