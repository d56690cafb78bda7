"""Records as the rows that are kept: the declared fields alone, as text, so that nothing personal reaches a disk."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from shopkeeper.ingest.platforms.declaration import Call, Json, as_text, found_at

Row = tuple[str | None, ...]


def rows_of(call: Call, records: Iterable[Json]) -> Iterator[Row]:
    """The rows of a call's records, each with a cell for every column of `call.kept`, known or not.

    Before → after, each = "lines", keep = ("id", "lines.sku"):
        {"id": 7, "name": "Li", "lines": [{"sku": "A"}, {"sku": "B"}]}   →   (7, A), (7, B)
    """
    inside = f"{call.each}."
    for record in records:
        own = {
            path: _cell(call, path, found_at(record, path))
            for path in call.kept if not (call.each and path.startswith(inside))
        }  # fmt: skip
        elements = found_at(record, call.each) if call.each else [None]
        for element in elements if isinstance(elements, list) else ():
            cells = {
                path: own[path] if path in own else _cell(call, path, found_at(element, path.removeprefix(inside)))
                for path in call.kept
            }
            if call.only(cells):
                yield tuple(cells.values())


def write_rows(call: Call, rows: Sequence[Row], path: Path) -> None:
    """Write rows as a Parquet file of texts. No rows, no file."""
    if not rows:
        return
    import pyarrow
    import pyarrow.parquet

    columns = [pyarrow.array(column, pyarrow.string()) for column in zip(*rows, strict=True)]
    table = pyarrow.Table.from_arrays(columns, names=list(call.kept))
    pyarrow.parquet.write_table(table, path, compression="zstd")


def _cell(call: Call, path: str, value: Json) -> str | None:
    text = as_text(value)
    return _hashed(path, text or "") if path in call.hashed else text


def _hashed(path: str, text: str) -> str | None:
    """SHA-256 of an e-mail address in lower case, or of a telephone's digits: the keys that the mappings of files make too."""
    plain = text.strip().lower()
    if path.endswith("phone"):
        digits = re.sub(r"\D", "", plain)
        return hashlib.sha256(digits.encode()).hexdigest() if 7 <= len(digits) <= 15 and "*" not in plain else None
    return hashlib.sha256(plain.encode()).hexdigest() if re.fullmatch(r"[^@\s*]+@[^@\s*]+", plain) else None
