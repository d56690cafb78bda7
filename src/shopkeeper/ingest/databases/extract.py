"""One window of a database as a Parquet file: streamed, exact, and of one state of the source."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from shopkeeper.core.clock import utc_now
from shopkeeper.errors import DataQualityError
from shopkeeper.ingest.databases.cursor import Point, Reading, is_ordered, moved, reading_of
from shopkeeper.ingest.databases.session import Session
from shopkeeper.ingest.databases.settings import DatabaseHead
from shopkeeper.ingest.pull.source import Asked, Window
from shopkeeper.warehouse.loads import Note
from shopkeeper.warehouse.sql import literal, quoted

_SAME = "nothing was changed"
_OWN = {  # PostgreSQL's words for what DuckDB has read exactly
    "VARCHAR": "text", "BIGINT": "bigint", "INTEGER": "integer", "SMALLINT": "smallint", "BOOLEAN": "boolean", "DATE": "date",
    "TIMESTAMP": "timestamp without time zone", "TIMESTAMP WITH TIME ZONE": "timestamp with time zone", "FLOAT": "real",
    "UUID": "uuid", "BLOB": "bytea",
}  # fmt: skip
_WIDE = ("HUGEINT", "UHUGEINT", "INTERVAL", "TIME WITH TIME ZONE", "BIT")  # Parquet would round or refuse them


@dataclass(frozen=True)
class Extract:
    """A table or query being read. `declared` are the source's own types of a table's columns; `zone` that of its clock."""

    session: Session
    head: DatabaseHead
    declared: Mapping[str, str]
    zone: str

    @property
    def rows_from(self) -> str:
        """What stands behind FROM, in the source's own SQL."""
        dialect, head = self.session.dialect, self.head
        if head.query:
            return f"({head.query.rstrip().rstrip(';')}) AS asked"
        parts = [head.table] if head.kind == "sqlite" else head.table.split(".")
        return ".".join(dialect.quoted(part) for part in parts)

    def cells(self, names: tuple[str, ...]) -> str:
        """What stands behind SELECT."""
        return ", ".join(self.session.dialect.cell(name, self.declared[name]) for name in names or self.declared)

    @property
    def cursor(self) -> str:
        """The cursor's column in the source's own SQL."""
        return self.session.dialect.quoted(self.head.cursor)

    @property
    def where(self) -> str:
        """For messages."""
        return f"source {self.head.name}, {self.head.table or 'query'}"


def extract(session: Session, head: DatabaseHead, asked: Asked, zone: str) -> Window:
    """Read what is new since the cursor asked about. Raises DataQualityError for a column that is not there or cannot order."""
    one = Extract(session, head, _declared(session, head), zone)
    names = tuple(dict.fromkeys((*head.columns, *head.keys, *filter(None, [head.cursor])))) if head.columns else ()
    types = session.types(session.dialect.found(f"SELECT {one.cells(names)} FROM {one.rows_from} WHERE 1 = 0"))
    _require(one, types)
    reading = reading_of(asked.cursor)
    condition, upper = _bounds(one, reading) if head.cursor else ("", None)
    native = f"SELECT {one.cells(names)} FROM {one.rows_from}{condition}"
    sorted_by = (*filter(None, [head.cursor]), *head.keys) if reading.at is not None or not head.cursor else ()
    rows = _copied(one, native, types, asked.rows, sorted_by if head.keys or reading.at is not None else ())
    if asked.keys is not None and head.cursor:
        keys = {name: types[name] for name in head.keys}
        _copied(one, f"SELECT {one.cells(head.keys)} FROM {one.rows_from}", keys, asked.keys, ())
    columns = {name: one.declared.get(name, kind) for name, kind in types.items()}
    if not head.cursor:
        return Window(rows, columns, "", whole=True)
    if upper is not None:
        following = Reading(upper, midway=True)
        return Window(rows, columns, following.told(), more=True, keys_read=asked.keys is not None)
    following, notes = _reached(one, reading, asked.rows if rows else None, native)
    return Window(rows, columns, following.told(), keys_read=asked.keys is not None, notes=notes)


def columns_of(session: Session, head: DatabaseHead) -> dict[str, str]:
    """The columns that a pull would read, with their types. Raises DataQualityError as a pull would."""
    one = Extract(session, head, _declared(session, head), "UTC")
    types = session.types(session.dialect.found(f"SELECT {one.cells(())} FROM {one.rows_from} WHERE 1 = 0"))
    _require(one, types)
    return {name: one.declared.get(name, kind) for name, kind in types.items()}


def _declared(session: Session, head: DatabaseHead) -> dict[str, str]:
    if head.query:
        return _asked_kinds(session, head)
    found = {str(name): str(kind) for name, kind in session.rows(session.dialect.columns(head.table))}
    if not found:
        raise DataQualityError(
            "the source has no such table", where=f"source {head.name}", received=head.table, allowed="a table or view",
            state=_SAME, next_command="check table in its [[source]]",
        )  # fmt: skip
    for name in head.columns:
        if name not in found:
            raise DataQualityError(
                "the source's table has no such column", where=f"source {head.name}, table {head.table}", received=name,
                allowed=found, state=_SAME, next_command="check columns in its [[source]]",
            )  # fmt: skip
    return found


def _asked_kinds(session: Session, head: DatabaseHead) -> dict[str, str]:
    """The columns of a query with DuckDB's types, or the source's own where those would lose digits."""
    query, dialect = head.query.rstrip().rstrip(";"), session.dialect
    found = session.types(dialect.found(f"SELECT * FROM ({query}) AS asked WHERE 1 = 0"))
    loose = [name for name, kind in found.items() if kind == "DOUBLE"]
    if loose and (sql := dialect.kinds(query, loose)):
        found |= dict(zip(loose, map(str, session.rows(sql)[0]), strict=True))
    return {name: _OWN.get(kind, kind) for name, kind in found.items()} if head.kind == "postgres" else found


def _require(one: Extract, types: Mapping[str, str]) -> None:
    """The cursor and the key must be there, and the cursor must order here as it does at the source."""
    for name in filter(None, (one.head.cursor, *one.head.keys)):
        if name not in types:
            raise DataQualityError(
                "the source lacks a column that its [[source]] names", where=one.where, received=name, allowed=types,
                state=_SAME, next_command="check cursor and key in its [[source]]",
            )  # fmt: skip
    kind = types.get(one.head.cursor, "")
    if kind and one.head.kind != "sqlite" and not is_ordered(kind):
        raise DataQualityError(
            "this column cannot be a cursor", where=f"{one.where}, column {one.head.cursor}",
            received=one.declared.get(one.head.cursor, kind), allowed="a moment, a day or a whole or exact number",
            state=_SAME, next_command="name another cursor, or none: then it is read whole",
        )  # fmt: skip


def _bounds(one: Extract, reading: Reading) -> tuple[str, Point | None]:
    """The condition of the window, and where it ends if it is not the last. Rows without a cursor come with the last."""
    head, bound, column = one.head, one.session.dialect.bound, one.cursor
    low = reading.at
    if low is not None and not reading.midway:
        low = moved(low, head.look_back, -1, where=one.where)
    high: Point | None = None
    if head.window:
        first, newest = low if low is not None else _edge(one, "min"), _edge(one, "max")
        if first is not None and newest is not None:
            high = moved(first, head.window, 1, where=one.where)
            high = high if high <= newest else None  # type: ignore[operator]
    if low is None and high is None:
        return "", None
    if high is None:
        return f" WHERE ({column} >= {bound(low)} OR {column} IS NULL)" if low is not None else "", None
    parts = [f"{column} >= {bound(low)}"] if low is not None else []
    return f" WHERE {' AND '.join([*parts, f'{column} < {bound(high)}'])}", high


def _edge(one: Extract, function: str, of: str = "") -> Point | None:
    """The least or greatest cursor, asked of the source."""
    column, rows = one.cursor, f"({of}) AS taken" if of else one.rows_from
    edge = f"{function}({column})"
    if one.head.kind != "sqlite":
        found = one.session.rows(f"SELECT {edge} AS edge FROM {rows}")[0][0]
        return _known(found)
    sql = f"SELECT CASE typeof({edge}) WHEN 'real' THEN printf('%!.17g', {edge}) ELSE {edge} END, typeof({edge}) FROM {rows}"
    value, kind = one.session.rows(sql)[0]
    if value is None or kind == "text":
        return None if value is None else str(value)
    return int(str(value)) if kind == "integer" else Decimal(str(value))


def _known(value: object) -> Point | None:
    return value if isinstance(value, int | Decimal | dt.date | dt.datetime | str) else None


def _copied(one: Extract, native: str, types: Mapping[str, str], target: Path, sorted_by: tuple[str, ...]) -> int:
    """Write the rows of a statement; the same rows in the same order give the same file."""
    cells = ", ".join(_cell(one, name, kind) for name, kind in types.items())
    order = f" ORDER BY {', '.join(map(quoted, sorted_by))}" if sorted_by else ""
    found = one.session.connection.execute(
        f"COPY (SELECT {cells} FROM {one.session.dialect.found(native)}{order}) TO {literal(target)} "
        "(FORMAT parquet, COMPRESSION zstd)"
    ).fetchone()
    return int(found[0]) if found else 0


def _cell(one: Extract, name: str, kind: str) -> str:
    column = quoted(name)
    if kind == "BLOB":  # text in a binary collation, JSON of MariaDB; what is no text is told in hexadecimal
        return f"coalesce(TRY(decode({column})), '0x' || lower(hex({column}))) AS {column}"
    if one.head.kind == "mysql" and one.head.table and one.declared.get(name, "").lower().startswith("timestamp"):
        return f"CAST({column} AS TIMESTAMPTZ) AS {column}"  # the session's clock is UTC
    if kind in _WIDE or kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION")):
        return f"CAST({column} AS VARCHAR) AS {column}"
    return column


def _reached(one: Extract, reading: Reading, rows: Path | None, native: str) -> tuple[Reading, tuple[Note, ...]]:
    """How far the rows reach. A row dated in the future does not carry the cursor there: what comes before it would be lost."""
    newest: Point | None = None
    if rows is not None and one.head.kind == "sqlite":
        newest = _edge(one, "max", native)
    elif rows is not None:
        found = one.session.connection.execute(
            f"SELECT max({quoted(one.head.cursor)}) FROM read_parquet({literal(rows)})"
        ).fetchone()
        newest = _known(found[0]) if found else None
    latest = _now(newest, one.zone)
    notes: tuple[Note, ...] = ()
    if newest is not None and latest is not None and newest > latest:  # type: ignore[operator]
        notes = (Note("pull.future", detail=f"{one.where}: {newest}"),)
        newest = latest
    if reading.at is not None and (newest is None or newest < reading.at):  # type: ignore[operator]
        newest = reading.at
    return Reading(newest), notes


def _now(like: Point | None, zone: str) -> Point | None:
    """This moment as a cursor of this kind would tell it: of a clock without a zone, whichever is later here or in UTC."""
    now = utc_now()
    local = max(now.replace(tzinfo=None), now.astimezone(zoneinfo.ZoneInfo(zone)).replace(tzinfo=None))
    if isinstance(like, dt.datetime):
        return now if like.tzinfo else local
    if isinstance(like, dt.date):
        return local.date()
    if isinstance(like, str) and len(like) > len("2024-01-05"):
        return local.isoformat(sep=like[10], timespec="seconds")
    return local.date().isoformat() if isinstance(like, str) else None
