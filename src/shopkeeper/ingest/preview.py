"""What a load would do, without doing it: the file as it would be read, the mapping that fits or a proposal for one."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from shopkeeper.ingest import set_aside, staging
from shopkeeper.ingest.layouts import same_word
from shopkeeper.ingest.load import declared_mapping
from shopkeeper.ingest.mapping import read_sources
from shopkeeper.ingest.plan import SourceMapping, Value
from shopkeeper.ingest.proposal import Proposal, propose
from shopkeeper.ingest.readers import OpenedFile, open_file
from shopkeeper.ingest.recognise import Recogniser, recogniser
from shopkeeper.ingest.report import TableReport
from shopkeeper.ingest.values import Surroundings, typed_column
from shopkeeper.warehouse.lake import explained_engine_errors
from shopkeeper.warehouse.model import Column
from shopkeeper.warehouse.model.table import Type
from shopkeeper.warehouse.shop import Shop
from shopkeeper.warehouse.sql import literal, quoted

_SAMPLES = 3
_MANY = 20  # more different values than this are not codes
_LOOKED_AT = 10_000
_LOOKS: tuple[Type, ...] = ("integer", "money", "instant", "flag")  # the first that fits
_NATIVE = {
    "BOOLEAN": "flag", "DATE": "instant", "TIMESTAMP": "instant", "TIMESTAMP_NS": "instant", "TIMESTAMP_MS": "instant",
    "TIMESTAMP_S": "instant", "TIMESTAMP WITH TIME ZONE": "instant", "DOUBLE": "number", "FLOAT": "number", "BIGINT": "integer",
    "INTEGER": "integer", "SMALLINT": "integer", "TINYINT": "integer", "UBIGINT": "integer", "UINTEGER": "integer",
    "HUGEINT": "integer",
}  # fmt: skip
_TIMES = {r"\d{1,2}:\d\d:\d\d": "%H:%M:%S", r"\d{1,2}:\d\d": "%H:%M"}


@dataclass(frozen=True)
class HeaderPreview:
    """One header: what its values look like, some of them, and the columns that they would go to."""

    header: str
    kind: str
    samples: tuple[str, ...]
    goes_to: tuple[str, ...]


@dataclass(frozen=True)
class Preview:
    """A file as a load would see it. `source` is the mapping that takes it, or empty: then `toml` proposes one.

    `tables` says, for a mapped file, how many rows would be staged and set aside. `provides` are the `table.column` names
    that the file would fill, so that a caller can say which indicator still lacks what.
    """

    file: str
    format: str
    encoding: str
    delimiter: str
    sheets: tuple[str, ...]
    rows: int
    headers: tuple[HeaderPreview, ...]
    source: str
    toml: str
    needed: dict[str, tuple[str, ...]]
    tables: tuple[TableReport, ...]
    provides: frozenset[str]

    @property
    def untaken(self) -> tuple[str, ...]:
        """Headers that go nowhere."""
        return tuple(header.header for header in self.headers if not header.goes_to)


def preview(shop: Shop, path: Path, source: str | None = None, known: Recogniser | None = None) -> Preview:
    """Read a file whole, in a scratch folder, and say what a load of it would do; the warehouse is not touched.

    Raises what a load would raise when the file cannot be read or its mapping is wrong.
    """
    known = known or recogniser(shop)
    mapping = declared_mapping(path.resolve(), read_sources(shop.settings, shop.folder), shop, source)
    opening = mapping or SourceMapping("", (), (), sheet=known.sheet_of(path))
    connection = shop.lake.connection
    around = Surroundings(shop.settings.shop.timezone, shop.settings.shop.currency)
    with tempfile.TemporaryDirectory(prefix="shopkeeper-") as scratch, explained_engine_errors(str(path)):
        opened = open_file(connection, path, Path(scratch, "rows.parquet"), opening)
        mapping = mapping or known.known_mapping(opened)
        seen = opened.seen_by(connection, mapping)
        with _first_cells(connection, opened):
            kinds = _kinds(connection, opened, around)
            samples = _samples(connection, opened)
            few = _few(connection) if mapping is None else frozenset()
        proposal = None
        if mapping is None:
            formats = {h: _format(connection, opened, h) for h in kinds if kinds[h] == "text" and _slashed(samples[h])}
            codes = {h: values for h in kinds if h in few and (values := _codes(connection, opened, h))}
            proposal = propose(_name(path), path, kinds | dict.fromkeys(formats, "instant"), formats, codes)
        tables = _rehearse(connection, seen, mapping, around) if mapping else ()
    goes_to = _destinations(mapping, proposal, list(opened.columns))
    headers = tuple(HeaderPreview(h, kinds[h], samples[h], goes_to.get(h, ())) for h in opened.columns)
    return Preview(
        str(path), opened.format, opened.encoding, opened.delimiter, opened.sheets, opened.rows, headers,
        mapping.name if mapping else "", proposal.toml if proposal else "", dict(proposal.needed) if proposal else {}, tables,
        proposal.provides if proposal else _provided(mapping),
    )  # fmt: skip


def _name(path: Path) -> str:
    """A name for a source, from the file's."""
    bare = re.sub(r"[^a-z0-9]+", "_", path.name.split(".")[0].casefold()).strip("_")
    return re.sub(r"(_?\d{4,})+$", "", bare)[:40] or "my_source"


@contextlib.contextmanager
def _first_cells(connection: duckdb.DuckDBPyConnection, opened: OpenedFile) -> Iterator[None]:
    """The different cells of every header in the first rows, how often and where first, as the temp table `first_cells`.

    Statements over it are bound once for all headers: binding one a header took most of the time of looking at a file.
    """
    headers = ", ".join(literal(header) for header in opened.columns)
    texts = ", ".join(f"CAST({quoted(header)} AS VARCHAR)" for header in opened.columns)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE first_cells AS SELECT header, v, count(*) AS times, min(n) AS n FROM "
        f"(SELECT file_row_number AS n, unnest([{headers}]) AS header, unnest([{texts}]) AS v "
        f"FROM (SELECT * FROM {opened.relation} LIMIT {_LOOKED_AT})) GROUP BY header, v"
    )
    try:
        yield
    finally:
        connection.execute("DROP TABLE first_cells")


def _kinds(connection: duckdb.DuckDBPyConnection, opened: OpenedFile, around: Surroundings) -> dict[str, str]:
    """What at least half of each header's first values look like; text when nothing else fits."""
    probes = [
        typed_column(Column("probe", kind, ""), Value(header="v"), "VARCHAR", "r", around) for kind in _LOOKS
    ]  # fmt: skip
    counts = ", ".join(f"coalesce(sum(times) FILTER (({probe.typed}) IS NOT NULL), 0)" for probe in probes)
    moment = next(probe for probe in probes if probe.steps)  # no other kind has steps
    read = moment.query(f"SELECT header, times, {probes[0].raw} AS r FROM first_cells", "r")
    rows = connection.execute(
        f"SELECT header, sum(times), {counts} FROM ({read}) WHERE r IS NOT NULL GROUP BY header"
    ).fetchall()
    looks = {
        header: next((kind for kind, count in zip(_LOOKS, fitting, strict=True) if count >= filled / 2), "text")
        for header, filled, *fitting in rows
    }
    return {
        header: looks.get(header, "text") if native == "VARCHAR"
        else "money" if native.startswith("DECIMAL") else _NATIVE.get(native, "text")
        for header, native in opened.columns.items()
    }  # fmt: skip


def _few(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The headers whose first values are few enough to be codes."""
    rows = connection.execute(
        f"SELECT header FROM first_cells WHERE trim(v) <> '' GROUP BY header HAVING count(DISTINCT trim(v)) <= {_MANY}"
    ).fetchall()
    return frozenset(header for (header,) in rows)


def _codes(connection: duckdb.DuckDBPyConnection, opened: OpenedFile, header: str) -> tuple[str, ...]:
    """The different values of a header, when they are few enough to be codes."""
    name = f"trim(CAST({quoted(header)} AS VARCHAR))"
    rows = connection.execute(
        f"SELECT {name} AS v FROM {opened.relation} WHERE {name} <> '' GROUP BY v ORDER BY count(*) DESC, v LIMIT {_MANY + 1}"
    ).fetchall()
    return tuple(value for (value,) in rows) if len(rows) <= _MANY else ()


def _samples(connection: duckdb.DuckDBPyConnection, opened: OpenedFile) -> dict[str, tuple[str, ...]]:
    """The first different values of every header."""
    rows = connection.execute(
        f"SELECT header, list(shown ORDER BY n)[:{_SAMPLES}] FROM (SELECT header, left(v, 60) AS shown, min(n) AS n "
        "FROM first_cells WHERE v IS NOT NULL GROUP BY ALL) GROUP BY header"
    ).fetchall()
    found = {header: tuple(shown) for header, shown in rows}
    return {header: found.get(header, ()) for header in opened.columns}


def _slashed(samples: tuple[str, ...]) -> bool:
    """Whether the values are days with the year last: 31/01/2024, 1.2.2024 18:05."""
    return bool(samples) and all(re.match(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{4}\b", sample) for sample in samples)


def _format(connection: duckdb.DuckDBPyConnection, opened: OpenedFile, header: str) -> str:
    """The strptime format that reads every value, when only one order of day and month does; else ''."""
    name = quoted(header)
    first = connection.execute(f"SELECT {name} FROM {opened.relation} WHERE {name} IS NOT NULL LIMIT 1").fetchone()
    text = str(first[0]).strip() if first else ""
    mark = next((c for c in "/.-" if c in text[:3]), "/")
    time = next((shown for pattern, shown in _TIMES.items() if re.search(rf" {pattern}$", text)), "")
    found = []
    for order in ("%d{0}%m{0}%Y", "%m{0}%d{0}%Y"):
        shape = f"{order.format(mark)} {time}".strip()
        row = connection.execute(
            f"SELECT count({name}) = count(try_strptime(trim({name}), '{shape}')) FROM {opened.relation}"
        ).fetchone()
        found += [shape] if row and row[0] else []
    return found[0] if len(found) == 1 else ""


def _rehearse(
    connection: duckdb.DuckDBPyConnection, opened: OpenedFile, mapping: SourceMapping, around: Surroundings
) -> tuple[TableReport, ...]:
    """Stage every table and throw it away."""
    reports = []
    set_aside.prepare(connection)
    found: list[staging.Staged] = []
    names = [f"rehearsal_{number}" for number in range(len(mapping.tables))]
    try:
        found = staging.stage(connection, opened, 1, mapping.tables, names, around, source=mapping.name)
        for staged in found:
            row = connection.execute(f"SELECT count(*) FROM {staged.name}").fetchone()
            kept = int(row[0]) if row else 0
            reports.append(TableReport(opened.path.name, staged.table.name, staged.read, kept, 0, staged.read - kept))
        lost = set_aside.untaken(connection, opened, 1, mapping.tables)
        if lost:
            reports.append(TableReport(opened.path.name, "", lost, 0, 0, lost))
    finally:
        for name in (*names, set_aside.HELD):
            staging.discard(connection, name)
        staging.discard_values(connection, found)
    return tuple(reports)


def _destinations(
    mapping: SourceMapping | None, proposal: Proposal | None, headers: list[str]
) -> dict[str, tuple[str, ...]]:
    """Header → the columns that take it; an SQL expression takes every header that it names."""
    found: dict[str, list[str]] = {}
    if proposal:
        for table, columns in proposal.tables.items():
            for column, header in columns.items():
                found.setdefault(header, []).append(f"{table}.{column}")
    for part in mapping.tables if mapping else ():
        for column, value in part.columns.items():
            for header in headers:
                named = (
                    same_word(value.header) == same_word(header)
                    or value.sql
                    and re.search(rf"(?<!\w){re.escape(header)}(?!\w)", value.sql, re.IGNORECASE)
                )
                if named:
                    found.setdefault(header, []).append(f"{part.name}.{column}")
    return {header: tuple(columns) for header, columns in found.items()}


def _provided(mapping: SourceMapping | None) -> frozenset[str]:
    return frozenset(f"{part.name}.{column}" for part in (mapping.tables if mapping else ()) for column in part.columns)
