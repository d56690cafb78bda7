"""Does any byte of a folder still say who somebody is? Files are read as they are and as what is inside them.

Parquet is read column by column, compressed files and workbooks are unpacked, text is sought in UTF-8, UTF-16 and
GB 18030; a SQLite file is read with its free pages, because it is read as bytes.
"""

from __future__ import annotations

import gzip
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

_LARGEST = 512 * 1024 * 1024
_BLOCK = 8 * 1024 * 1024


@dataclass(frozen=True)
class Place:
    """A file that holds one of the words sought, and how many of them."""

    path: Path
    words: int


def needles(words: Iterable[str]) -> tuple[bytes, ...]:
    """Words as they may stand in a file. Those of fewer than three characters are no proof of anything and left out."""
    found: dict[bytes, None] = {}
    for word in words:
        if len(word.strip()) >= 3:
            for encoding in ("utf-8", "gb18030", "utf-16-le"):
                found[word.strip().encode(encoding, "ignore")] = None
            found[json.dumps(word.strip())[1:-1].encode()] = None  # JSON that escapes what is not ASCII
    return tuple(one for one in found if len(one) >= 3)


def places(folder: Path, words: Iterable[str], *, leaving_out: Iterable[Path] = ()) -> tuple[Place, ...]:
    """The files under a folder in which any of the words stand."""
    sought, left = needles(words), {path.resolve() for path in leaving_out}
    if not sought:
        return ()
    found = []
    for path in sorted(folder.rglob("*")):
        if (
            path.is_file()
            and not path.is_symlink()
            and not any(p in left for p in (path.resolve(), *path.resolve().parents))
        ):
            hits = count_in(path, sought)
            if hits:
                found.append(Place(path, hits))
    return tuple(found)


def count_in(path: Path, sought: tuple[bytes, ...]) -> int:
    """How many of the words stand in a file, or in what is packed inside it."""
    seen: set[bytes] = set()
    try:
        for block in _blocks(path):
            low = block.lower()
            seen |= {one for one in sought if one not in seen and (one in block or one.lower() in low)}
    except FileNotFoundError:  # taken away while we looked
        return 0
    return len(seen)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        head = file.read(4)
        file.seek(0)
        yield from _overlapping(file)
    if head == b"PAR1":
        yield from _of_parquet(path)
    elif head[:2] == b"\x1f\x8b":
        try:
            with gzip.open(path) as unpacked:
                yield from _overlapping(unpacked)
        except (OSError, EOFError, zlib.error):
            return
    elif head == b"PK\x03\x04":
        try:
            with zipfile.ZipFile(path) as packed:
                for entry in packed.infolist():
                    if entry.file_size <= _LARGEST:
                        with packed.open(entry) as inside:
                            yield from _overlapping(inside)
        except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError):
            return


def _overlapping(file: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
    """A file in blocks that share their ends, so that no word falls between two."""
    tail = b""
    while block := file.read(_BLOCK):
        yield tail + block
        tail = block[-512:]


def _of_parquet(path: Path) -> Iterator[bytes]:
    """Every value of every column, and the statistics and notes beside them."""
    try:
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                for column in file.read_row_group(group).columns:
                    yield from _of_column(column)
    except (OSError, pa.ArrowInvalid):
        return


def _of_column(column: pa.ChunkedArray) -> Iterator[bytes]:
    kind = column.type
    while pa.types.is_list(kind) or pa.types.is_large_list(kind):
        column = pa.chunked_array([chunk.flatten() for chunk in column.chunks], type=kind.value_type)
        kind = kind.value_type
    if pa.types.is_nested(kind):
        yield "\x00".join(str(value) for value in column.to_pylist()).encode("utf-8", "ignore")
        return
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind)):
        column = column.cast(pa.string(), safe=False) if pa.types.is_integer(kind) else column.slice(0, 0)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    for start in range(0, len(column), 100_000):
        values = [v for v in column.slice(start, 100_000).to_pylist() if v is not None]
        yield b"\x00".join(v if isinstance(v, bytes) else str(v).encode("utf-8", "ignore") for v in values)
