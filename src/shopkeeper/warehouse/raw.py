"""Raw rows, kept as Parquet by the hash of the file they came from, so that a better mapping can replay them.

Row n of `data/raw/<sha256>.parquet` is row n of the file (1 = first data row): `source_line` in every table counts so.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from pathlib import Path

from shopkeeper.core.ids import new_id
from shopkeeper.errors import InternalError


class RawStore:
    """The folder of raw copies of one shop. Files are written under a scratch name and become visible by a rename."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "raw"

    def path(self, file_hash: str) -> Path:
        """Where the rows of a file are kept."""
        return self.folder / f"{file_hash}.parquet"

    def scratch(self) -> Path:
        """A new name to write to. Raises InternalError when the folder cannot be made."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InternalError(
                "the folder of raw copies cannot be made", where=str(self.folder), received=error.strerror,
                allowed="a folder that you may write to", state="nothing was changed", next_command="shopkeeper doctor",
            ) from None  # fmt: skip
        return self.folder / f".{new_id('raw')}.parquet"

    def keep(self, scratch: Path, file_hash: str) -> bool:
        """Make a scratch file the kept copy; returns whether it is new, so that a failed load can take it back."""
        target = self.path(file_hash)
        existed = target.exists()
        os.replace(scratch, target)
        return not existed

    def drop(self, path: Path) -> None:
        """Remove a file that a failed load leaves behind."""
        with contextlib.suppress(OSError):
            path.unlink()

    def sweep(self, now: dt.datetime) -> int:
        """Remove scratch files that killed loads left behind; a load takes less than the day after which they go."""
        oldest = (now - dt.timedelta(days=1)).timestamp()
        left = [path for path in self.folder.glob(".raw_*") if path.is_file() and path.stat().st_mtime < oldest]
        for path in left:
            self.drop(path)
        return len(left)
