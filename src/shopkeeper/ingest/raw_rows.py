"""The rows of files that were loaded before, read again from their raw copies, with people's corrections laid over them."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from shopkeeper.errors import ShopkeeperError, SourceError
from shopkeeper.ingest.assembly import Job
from shopkeeper.ingest.layouts import DAY
from shopkeeper.ingest.load import SOURCES
from shopkeeper.ingest.mapping import read_sources
from shopkeeper.ingest.plan import SourceMapping
from shopkeeper.ingest.pull.declared import pull_mappings
from shopkeeper.ingest.readers import OpenedFile
from shopkeeper.ingest.recognise import recogniser
from shopkeeper.ingest.sources import layouts
from shopkeeper.ingest.sources.journey import source as journey_source
from shopkeeper.ingest.sources.journey.layout import OPTIONS
from shopkeeper.warehouse.model import TABLES
from shopkeeper.warehouse.raw import RawStore
from shopkeeper.warehouse.shop import Shop
from shopkeeper.warehouse.sql import literal, quoted

RELEASE, REPLAY = "release: ", "replay: "
_SAME = "nothing was changed"


@dataclass(frozen=True)
class LoadedFile:
    """A file in the warehouse. `load_id` is the last load that read the file itself, `mapping_hash` the one last used."""

    file_hash: str
    file_name: str
    bytes: int
    mapping_hash: str
    sources: tuple[str, ...]
    load_id: str
    tables: frozenset[str]
    path: str = ""
    """Where in the inbox it was read; its bare name where that is not known."""


def loaded_files(shop: Shop, only: str = "") -> tuple[LoadedFile, ...]:
    """Every file that was loaded, in the order in which they were last read; `only` is one file's hash."""
    where = f"AND f.file_hash = {literal(only)}" if only else ""
    rows = shop.lake.query(
        f"""
        WITH reads AS (
            SELECT f.*, f.rowid AS place, l.source, l.started_at, starts_with(l.source, '{REPLAY}') AS replayed
            FROM load_files f JOIN loads l ON l.load_id = f.load_id
            WHERE NOT starts_with(l.source, '{RELEASE}') {where}),
        last AS (
            SELECT file_hash, arg_max(load_id, (started_at, place)) FILTER (NOT replayed) AS load_id,
                   arg_max(source, (started_at, place)) FILTER (NOT replayed) AS source,
                   max(started_at) FILTER (NOT replayed) AS read_at, arg_max(mapping_hash, (started_at, place)) AS mapping_hash,
                   list(DISTINCT table_name) AS tables
            FROM reads GROUP BY file_hash)
        SELECT r.file_hash, arg_min(r.file_name, r.place), min(r.file_bytes), any_value(last.mapping_hash),
               any_value(last.source), any_value(last.load_id), any_value(last.tables),
               coalesce(arg_min(nullif(r.file_path, ''), r.place), arg_min(r.file_name, r.place))
        FROM reads r JOIN last ON last.file_hash = r.file_hash AND last.load_id = r.load_id
        GROUP BY r.file_hash ORDER BY any_value(last.read_at), any_value(last.load_id), min(r.place)
        """
    ).fetchall()
    return tuple(
        LoadedFile(
            digest, name, size or 0, mapping, tuple(source.split(", ")), load, frozenset(t for t in tables if t), path
        )
        for digest, name, size, mapping, source, load, tables, path in rows
    )


class Mappings:
    """The mappings of today, by which a file that was loaded before would be read now."""

    def __init__(self, shop: Shop) -> None:
        settings = shop.settings.shop
        self._shop = shop
        self._own = {
            mapping.name: Job(Path(), mapping, mapping.digest(settings.id, settings.timezone, settings.currency))
            for mapping in (*read_sources(shop.settings, shop.folder), *pull_mappings(shop.settings, shop.folder))
        }
        self._known: dict[str, Job] | None = None
        self._layouts = {layout.id: layout for layout in layouts()}

    def job(self, file: LoadedFile) -> Job | None:
        """How the file would be read today, or None when nothing takes it any more.

        The shop's own mapping that it was read with, if that is unchanged; else the one of the same name; else the only one
        whose patterns take its place in the inbox; else, as in a load, the layout that its headers are of.
        """
        if any(name in SOURCES for name in file.sources):
            return self._of_known_source(file)
        named = [self._own[name] for name in file.sources if name in self._own]
        same = [job for job in self._own.values() if job.mapping_hash == file.mapping_hash]
        if same or len(file.sources) == 1 and named:
            return (same or named)[0]
        place, inbox = self._shop.inbox / file.path, self._shop.inbox
        fitting = [job for job in named if job.mapping.takes(place, inbox)] or [
            job for job in self._own.values() if job.mapping.takes(place, inbox)
        ]
        if fitting:
            return fitting[0] if len(fitting) == 1 else None
        return self._of_layout(file)

    def _of_known_source(self, file: LoadedFile) -> Job | None:
        if self._known is None:
            _, jobs = journey_source.jobs(frozenset(OPTIONS))
            self._known = {job.path.name: job for job in jobs}
        return self._known.get(file.file_name)

    def _of_layout(self, file: LoadedFile) -> Job | None:
        """The layout is recognised anew; a day that was said for the file is the one that its rows are of."""
        placeholder = SourceMapping(", ".join(file.sources), (), ())
        copy = RawStore(self._shop.data_dir).path(file.file_hash)
        if not copy.exists():  # nothing to recognise it by: left as it was
            return Job(Path(), placeholder, file.mapping_hash)
        by_name = recogniser(self._shop)
        dated = any(self._layouts[name].days for name in file.sources if name in self._layouts)
        days = [day for day in [self._day_of_rows(file)] if day] if dated else []
        known = next(
            (
                r
                for r in [by_name, *(recogniser(self._shop, day=day) for day in days)]
                if r.digest() == file.mapping_hash
            ),
            recogniser(self._shop, day=days[0]) if days else by_name,
        )
        headers = raw_columns(self._shop, file.file_hash)
        opened = OpenedFile(
            self._shop.inbox / file.path,
            file.file_hash,
            file.bytes,
            "parquet",
            headers,
            0,
            copy,
            headers=tuple(headers),
        )
        if known.known_mapping(opened) is None:
            return None

        def choose(opened: OpenedFile) -> SourceMapping:
            return known.mapping_of(replace(opened, path=self._shop.inbox / file.path))

        return Job(Path(), placeholder, known.digest(), choose=choose)

    def _day_of_rows(self, file: LoadedFile) -> dt.date | None:
        """The one day that was said for a file: what the columns hold that its layout fills with it; None when they tell none."""
        parts = [
            (part.name, column, value.constant == DAY)
            for name in file.sources if name in self._layouts
            for part in self._layouts[name].tables for column, value in part.columns.items()
            if part.name in file.tables
        ]  # fmt: skip
        filled = {(table, column) for table, column, said in parts if said}
        filled -= {(table, column) for table, column, said in parts if not said}
        if not filled:
            return None
        zone = literal(self._shop.settings.shop.timezone)
        union = " UNION ".join(
            f"SELECT {column if TABLES[table].column(column).type == 'day' else f'CAST({column} AT TIME ZONE {zone} AS DATE)'} "
            f"FROM {table} WHERE file_hash = {literal(file.file_hash)}"
            for table, column in sorted(filled)
        )
        found = {day for (day,) in self._shop.lake.query(union).fetchall() if day}
        return found.pop() if len(found) == 1 else None


def require_raw(shop: Shop, files: Mapping[str, str]) -> None:
    """Raise SourceError naming the files (hash → name) whose raw copies are gone."""
    store = RawStore(shop.data_dir)
    gone = [name for file_hash, name in files.items() if not store.path(file_hash).exists()]
    if gone:
        raise SourceError(
            "the raw copy of a file is missing", where=str(store.folder), received=", ".join(sorted(gone)[:20]),
            allowed="the copies that loads keep: restore them from a backup, or drop these files into the inbox again",
            state=_SAME, next_command=f"shopkeeper ingest {sorted(gone)[0]}",
        )  # fmt: skip


def raw_columns(shop: Shop, file_hash: str) -> dict[str, str]:
    """The headers of a raw copy with their DuckDB types."""
    path = literal(str(RawStore(shop.data_dir).path(file_hash)))
    described = shop.lake.query(f"DESCRIBE SELECT * FROM read_parquet({path})").fetchall()
    return {name: kind for name, kind, *_ in described}


def job_of_copy(
    shop: Shop, file: LoadedFile, job: Job, cells: Mapping[int, Mapping[str, str]], scratch: list[Path]
) -> Job:
    """The job that reads a file's raw copy; with corrections, a scratch copy that carries them, added to `scratch`."""
    store = RawStore(shop.data_dir)
    copy = store.path(file.file_hash)
    if cells:
        scratch.append(store.scratch())
        _correct(shop.lake.connection, copy, scratch[-1], cells, raw_columns(shop, file.file_hash))
        copy = scratch[-1]
    return replace(job, path=copy)


def _correct(
    connection: duckdb.DuckDBPyConnection, copy: Path, target: Path, cells: Mapping[int, Mapping[str, str]],
    columns: Mapping[str, str],
) -> None:  # fmt: skip
    """Write the rows of a copy with corrected cells, in their order; an empty correction empties the cell."""
    listed = [
        (line, header, value) for line, row in cells.items() for header, value in row.items() if header in columns
    ]
    connection.execute("CREATE OR REPLACE TEMP TABLE corrected_cells (line BIGINT, header VARCHAR, value VARCHAR)")
    holders = ", ".join("(?, ?, ?)" for _ in listed)
    if listed:
        connection.execute(f"INSERT INTO corrected_cells VALUES {holders}", [cell for row in listed for cell in row])
    headers = dict.fromkeys(header for _, header, _ in listed)
    replaced = ", ".join(
        f"CASE WHEN c.cells IS NOT NULL AND map_contains(c.cells, {literal(header)}) "
        f"THEN CAST(nullif(c.cells[{literal(header)}], '') AS {columns[header]}) ELSE r.{quoted(header)} END AS {quoted(header)}"
        for header in headers
    )
    picked = f"r.* EXCLUDE (file_row_number) REPLACE ({replaced})" if replaced else "r.* EXCLUDE (file_row_number)"
    connection.execute(
        f"COPY (SELECT {picked} FROM read_parquet({literal(str(copy))}, file_row_number = true) r LEFT JOIN "
        "(SELECT line, map_from_entries(list((header, value))) AS cells FROM corrected_cells GROUP BY line) c "
        f"ON c.line = r.file_row_number + 1 ORDER BY r.file_row_number) TO {literal(str(target))} (FORMAT parquet)"
    )
    connection.execute("DROP TABLE corrected_cells")


@contextlib.contextmanager
def telling_files(names: Callable[[], Mapping[Path, str]]) -> Iterator[None]:
    """Let errors name the files as they were dropped, not their raw copies."""
    try:
        yield
    except ShopkeeperError as error:
        for path, name in names().items():
            for text in (str(path), path.name):
                error.where = error.where.replace(text, name)
                error.next_command = error.next_command.replace(text, name)
        error.args = (error.message(),)
        raise
