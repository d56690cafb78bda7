"""Digests of files that were seen before: an unchanged inbox is not read again to find out that it is unchanged."""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path

from shopkeeper.ingest.readers import file_digest
from shopkeeper.ingest.readers.encodings import explained_file_errors

_FRESH_NS = 2_000_000_000  # a file written this shortly ago may change again within the same tick of its clock


class SeenFiles:
    """SHA-256 by path, believed while size, time of change and inode are the same. A cache: losing it costs time alone."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "seen.json"
        self._known: dict[str, list[object]] = {}
        self._new: dict[str, list[object]] = {}
        with contextlib.suppress(OSError, ValueError):
            found = json.loads(self._path.read_text(encoding="utf-8"))
            self._known = found if isinstance(found, dict) else {}

    def digest(self, path: Path) -> str:
        """SHA-256 of a file's content. Raises SourceError when it cannot be read."""
        with explained_file_errors(path):
            at = path.stat()
        facts = [at.st_size, at.st_mtime_ns, at.st_ctime_ns, at.st_ino]
        known = self._known.get(str(path))
        if isinstance(known, list) and known[:4] == facts and len(known) == 5:
            self._new[str(path)] = known
            return str(known[4])
        digest = file_digest(path)
        with explained_file_errors(path):
            after = path.stat()
        steady = [after.st_size, after.st_mtime_ns, after.st_ctime_ns, after.st_ino] == facts
        if steady and time.time_ns() - at.st_mtime_ns > _FRESH_NS:
            self._new[str(path)] = [*facts, digest]
        return digest

    def keep(self) -> None:
        """Write what was seen for the next call. What cannot be written is only looked at again."""
        if self._new == self._known:
            return
        merged = {path: facts for path, facts in (self._known | self._new).items() if os.path.exists(path)}
        scratch = self._path.with_suffix(".new")
        with contextlib.suppress(OSError):
            scratch.write_text(json.dumps(merged), encoding="utf-8")
            os.replace(scratch, self._path)
