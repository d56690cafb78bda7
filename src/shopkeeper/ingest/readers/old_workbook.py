"""Workbooks of the old binary form (.xls), read by calamine in a process of its own: a damaged one can end its reader."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

MARK = bytes.fromhex("D0CF11E0A1B11AE1")
"""What the container of old workbooks, and of encrypted new ones, begins with."""
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SECONDS = 300
_READ = """
import pickle, sys
import python_calamine
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
except (ImportError, ValueError, OSError):
    pass
book = python_calamine.CalamineWorkbook.from_filelike(open(sys.argv[1], "rb"))
rows = int(sys.argv[2]) or None
read = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=True, nrows=rows) for name in book.sheet_names}
sys.stdout.buffer.write(pickle.dumps(read))
"""


class Unreadable(ValueError):
    """The file is none, is damaged, or is shut by a password."""


def is_old(path: Path) -> bool:
    """Whether the file is in the container of old workbooks, whatever its ending says."""
    with path.open("rb") as stream:
        return stream.read(len(MARK)) == MARK


def is_encrypted(path: Path) -> bool:
    """Whether the container holds a new workbook under a password."""
    return _ENCRYPTED in path.read_bytes()


def read_sheets(path: Path, first_rows: int = 0) -> dict[str, list[list[Any]]]:
    """The cells of every sheet, or of its first rows. Raises Unreadable."""
    command = [sys.executable, "-c", _READ, str(path), str(first_rows)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise Unreadable(f"reading it took more than {_SECONDS} seconds") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise Unreadable(said[-1][:200] if said else f"reading it ended with {done.returncode}")
    sheets: dict[str, list[list[Any]]] = pickle.loads(done.stdout)
    return sheets
