"""How a table becomes a file: an export is its headers and an SQL expression for each cell that is filled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from shopkeeper.twin.writers.desk import Desk

Encoding = Literal["utf-8", "utf-8-sig", "gb18030"]
_CHUNK = 1 << 22


@dataclass(frozen=True)
class Export:
    """One kind of file.

    `headers` are all its columns in order; `cells` says what stands in those that are filled, as SQL over `source`.
    `spelled` are headers as this export writes them. `notes` are rows below the headers that are no data, each a mapping
    of header to text.
    """

    name: str
    headers: tuple[str, ...]
    cells: Mapping[str, str]
    source: str
    order: str
    encoding: Encoding = "utf-8-sig"
    spelled: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Mapping[str, str], ...] = ()

    def select(self, where: str = "true") -> str:
        """Its rows as SQL, in order."""
        spelled = [quoted(self.spelled.get(h, h)) for h in self.headers]
        cells = ", ".join(
            f"CAST({self.cells.get(h, 'NULL')} AS VARCHAR) AS {name}"
            for h, name in zip(self.headers, spelled, strict=True)
        )
        rows = f"SELECT {cells} FROM {self.source} WHERE {where} ORDER BY {self.order}"
        if not self.notes:
            return rows
        notes = " UNION ALL ".join(
            "SELECT " + ", ".join(f"{text(note[h])} AS {n}" if h in note else f"NULL AS {n}" for h,
            n in zip(self.headers, spelled, strict=True))
            for note in self.notes
        )  # fmt: skip
        return f"SELECT * FROM ({notes}) UNION ALL SELECT * FROM ({rows})"

    def write(self, desk: Desk, path: Path, where: str = "true") -> bool:
        """Write the rows that `where` takes; a file without rows is not made. Returns whether there is one."""
        if desk.run(f"SELECT 1 FROM {self.source} WHERE {where} LIMIT 1").fetchone() is None:
            return False
        write_csv(desk, self.select(where), path, self.encoding)
        return True


def write_csv(desk: Desk, select: str, path: Path, encoding: Encoding = "utf-8-sig") -> None:
    """Write the rows of a query as CSV in an encoding of the trade."""
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = path if encoding == "utf-8" else path.with_suffix(".part")
    desk.run(f"COPY ({select}) TO {text(str(plain))} (FORMAT csv, HEADER true)")
    if plain is path:
        return
    with plain.open(encoding="utf-8", newline="") as source, path.open("w", encoding=encoding, newline="") as target:
        while chunk := source.read(_CHUNK):
            target.write(chunk)
    plain.unlink()


def quoted(name: str) -> str:
    """A name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text in SQL."""
    return "'" + value.replace("'", "''") + "'"
