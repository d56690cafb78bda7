"""Readers: a file of any supported format becomes one Parquet file of its rows, in order, with its headers and types.

CSV, TSV, XLSX and JSON keep every value as the text (or typed cell) it was; Parquet is copied as it is.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from shopkeeper.errors import DataQualityError, SourceError
from shopkeeper.ingest.plan import SourceMapping
from shopkeeper.ingest.readers import columnar, compressed, delimited, workbook
from shopkeeper.ingest.readers.encodings import explained_file_errors
from shopkeeper.ingest.values import offer_number
from shopkeeper.warehouse.lake import explained_engine_errors
from shopkeeper.warehouse.sql import literal, quoted

SUFFIXES = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".xlsx": "xlsx", ".xls": "xlsx", ".xlsm": "xlsx", ".parquet": "parquet",
    ".jsonl": "json", ".ndjson": "json", ".json": "json",
}  # fmt: skip
MAX_CELL = 1_000_000
NOTHING = "nothing was changed"


@dataclass(frozen=True)
class OpenedFile:
    """A file that was read whole: `rows` rows under `columns` (header → DuckDB type) in the Parquet file `parquet`."""

    path: Path
    digest: str
    bytes: int
    format: str
    columns: dict[str, str]
    rows: int
    parquet: Path
    encoding: str = ""
    delimiter: str = ""
    sheets: tuple[str, ...] = ()
    view: str = ""
    note_rows: int = 0
    headers: tuple[str, ...] = ()  # the file's own; `columns` are those of the view once it has one

    @property
    def as_read(self) -> str:
        """SQL of all rows under the file's own headers, with `file_row_number` counted from 0."""
        return f"read_parquet({literal(str(self.parquet))}, file_row_number = true)"

    @property
    def relation(self) -> str:
        """SQL of the rows that a mapping sees, with `file_row_number` counted from 0."""
        return f"({self.view.replace('{file}', self.as_read)})" if self.view else self.as_read

    @property
    def seen_parquet(self) -> Path:
        """Where the rows of a computed view are kept while the file is loaded."""
        return self.parquet.with_suffix(".seen.parquet")

    def seen_by(self, connection: duckdb.DuckDBPyConnection, mapping: SourceMapping | None) -> OpenedFile:
        """The file as a mapping sees it: without rows that are no data, under the columns of its view.

        A view that computes is written to `seen_parquet` once: every statement of the load would bind it anew.
        """
        if mapping is None or not (mapping.view or mapping.notes_where):
            return self
        data = f"SELECT * FROM {{file}} WHERE NOT coalesce({mapping.notes_where}, false)" if mapping.notes_where else ""
        view = mapping.view.replace("{file}", f"({data})") if mapping.view and data else mapping.view or data
        seen = replace(self, view=view)
        with explained_engine_errors(str(self.path)):
            if "number(" in view.lower():
                offer_number(connection)
            if mapping.computes:
                kept = literal(str(self.seen_parquet))
                connection.execute(f"COPY (SELECT * FROM {seen.relation}) TO {kept} (FORMAT parquet, COMPRESSION zstd)")
                seen = replace(self, view=f"SELECT * FROM read_parquet({kept})")
            described = connection.execute(f"DESCRIBE SELECT * FROM {seen.relation}").fetchall()
            counted = connection.execute(f"SELECT count(*) FROM {seen.relation}").fetchone()
        rows = int(counted[0]) if counted else 0
        if rows == 0:
            raise DataQualityError(
                "the file has no rows of data",
                where=str(self.path),
                received=f"{self.rows:,} rows of notes",
                state=NOTHING,
            )
        columns = {name: kind for name, kind, *_ in described if name != "file_row_number"}
        return replace(seen, columns=columns, note_rows=self.note_rows + self.rows - rows, rows=rows)


def format_of(path: Path) -> str:
    """`csv`, `xlsx`, `parquet` or `json` by the file's ending, also before `.gz`; empty when it is none of ours."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    return SUFFIXES.get(suffixes[-1], "") if suffixes else ""


def file_digest(path: Path) -> str:
    """SHA-256 of the content. Raises SourceError when the file cannot be read."""
    with explained_file_errors(path), path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def open_file(
    connection: duckdb.DuckDBPyConnection, path: Path, parquet: Path, mapping: SourceMapping | None = None
) -> OpenedFile:
    """Read a file into the Parquet file named `parquet`. Raises SourceError or DataQualityError; then nothing was changed."""
    kind = format_of(path)
    if not kind:
        raise SourceError(
            "this kind of file cannot be read", where=str(path), received=path.suffix or "no ending",
            allowed=[*SUFFIXES, "the same with .gz"], state=NOTHING,
        )  # fmt: skip
    with explained_file_errors(path):
        size = path.stat().st_size
    if size == 0:
        raise DataQualityError("the file is empty", where=str(path), received="0 bytes", state=NOTHING)
    scratch: list[Path] = []
    try:
        plain = compressed.unpacked(path, parquet, scratch) if path.suffix.lower() == ".gz" else path
        facts = _convert(connection, kind, plain, path, parquet, scratch, mapping)
    finally:
        for extra in scratch:
            extra.unlink(missing_ok=True)
    source = plain if plain == path else path
    digest = file_digest(parquet) if kind == "parquet" and plain == path else file_digest(source)
    opened = _described(connection, path, parquet, kind, size, digest, facts)
    _refuse_giants(connection, opened)
    return opened


def _convert(
    connection: duckdb.DuckDBPyConnection, kind: str, plain: Path, path: Path, parquet: Path, scratch: list[Path],
    mapping: SourceMapping | None,
) -> dict[str, object]:  # fmt: skip
    if kind == "csv":
        return delimited.convert(
            connection, plain, path, parquet, scratch,
            encoding=mapping.encoding if mapping else "", delimiter=mapping.delimiter if mapping else "",
        )  # fmt: skip
    if kind == "xlsx":
        return workbook.convert(connection, plain, path, parquet, sheet=mapping.sheet if mapping else "")
    if kind == "json":
        return columnar.convert_json(connection, plain, path, parquet)
    with explained_file_errors(path):
        shutil.copyfile(plain, parquet)
    columnar.refuse_broken_parquet(parquet, path)
    return {}


def _described(
    connection: duckdb.DuckDBPyConnection, path: Path, parquet: Path, kind: str, size: int, digest: str,
    facts: dict[str, object],
) -> OpenedFile:  # fmt: skip
    with explained_engine_errors(str(path)):
        described = connection.execute(f"DESCRIBE SELECT * FROM read_parquet({literal(str(parquet))})").fetchall()
        counted = connection.execute(f"SELECT count(*) FROM read_parquet({literal(str(parquet))})").fetchone()
    rows = int(counted[0]) if counted else 0
    if rows == 0:
        raise DataQualityError("the file has no rows", where=str(path), received="headers only", state=NOTHING)
    return OpenedFile(
        path, digest, size, kind, {name: kind_ for name, kind_, *_ in described}, rows, parquet,
        encoding=str(facts.get("encoding", "")), delimiter=str(facts.get("delimiter", "")),
        sheets=tuple(facts.get("sheets", ())),  # type: ignore[arg-type]
        note_rows=int(str(facts.get("remarks", 0))), headers=tuple(name for name, *_ in described),
    )  # fmt: skip


def _refuse_giants(connection: duckdb.DuckDBPyConnection, opened: OpenedFile) -> None:
    """A cell of a million characters is a broken quote or an attack, never a name or an amount."""
    texts = [name for name, kind in opened.columns.items() if kind == "VARCHAR"]
    if not texts or opened.bytes < 10_000 and opened.format != "parquet":
        return
    longest = ", ".join(f"max(strlen({quoted(name)}))" for name in texts)
    with explained_engine_errors(str(opened.path)):
        found = connection.execute(f"SELECT {longest} FROM {opened.relation}").fetchone() or ()
    for name, length in zip(texts, found, strict=True):
        if length is not None and length > MAX_CELL:
            raise DataQualityError(
                "a cell is too long", where=f"{opened.path}, column {name}", received=f"{length:,} characters",
                allowed=f"at most {MAX_CELL:,}", state=NOTHING,
            )  # fmt: skip
