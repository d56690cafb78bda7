"""Room on disk for queries that outgrow their memory: a folder of its own for every opened lake, gone when it is closed.

DuckDB gives spilled blocks the same file names in every process: two that shared one folder would read each other's blocks.
"""

from __future__ import annotations

import contextlib
import errno
import shutil
from pathlib import Path

import filelock

from shopkeeper.core.ids import new_id


class SpillFolder:
    """A folder that DuckDB makes when it first spills. A lock beside it tells whoever opens the shop next that it is in use."""

    def __init__(self, data_dir: Path) -> None:
        """Raises OSError when the folder of all of them cannot be made or written."""
        self._all = data_dir / "spill"
        self._all.mkdir(exist_ok=True)
        self.sweep()
        self._take()

    def _take(self) -> None:
        """Take a new name. Whoever sweeps meanwhile may hold its lock for a moment, or have removed it: then another."""
        for _ in range(100):
            self.path = self._all / new_id("spill")
            self._lock = filelock.FileLock(f"{self.path}.lock", thread_local=False)
            with contextlib.suppress(filelock.Timeout):
                self._lock.acquire(timeout=0)
                if Path(f"{self.path}.lock").exists():
                    return
                self._lock.release()
        raise OSError(errno.EBUSY, "its locks are taken away as soon as they are made", str(self._all))

    def close(self) -> None:
        """Remove it, whatever is left in it."""
        _remove(self.path)
        self._lock.release()

    def sweep(self) -> int:
        """Remove what killed processes left behind: folders whose lock nobody holds. Returns how many."""
        swept = 0
        for left in self._all.glob("*.lock"):
            with contextlib.suppress(filelock.Timeout, OSError), filelock.FileLock(left).acquire(timeout=0):
                _remove(left.with_suffix(""))
                swept += 1
        return swept


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        Path(f"{folder}.lock").unlink()
