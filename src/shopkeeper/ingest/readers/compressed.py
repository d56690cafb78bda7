"""Files packed with gzip, unpacked once beside the raw copies."""

from __future__ import annotations

import gzip
import shutil
import zlib
from pathlib import Path

from shopkeeper.errors import SourceError
from shopkeeper.ingest.readers.encodings import explained_file_errors


def unpacked(path: Path, beside: Path, scratch: list[Path]) -> Path:
    """The unpacked file, listed in `scratch` for removal. Raises SourceError when the archive is cut or broken."""
    target = beside.with_suffix(".unpacked")
    scratch.append(target)
    try:
        with explained_file_errors(path), gzip.open(path) as packed, target.open("wb") as plain:
            shutil.copyfileobj(packed, plain, 1 << 20)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SourceError(
            "the packed file is cut off or broken", where=str(path), received=error, allowed="a whole gzip file",
            state="nothing was changed", next_command="download or export the file again",
        ) from None  # fmt: skip
    return target
