"""The columns that staged rows will have: where each one's value comes from, how it is read, and what puts a row at fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from shopkeeper.errors import ConfigError, DataQualityError, nearest
from shopkeeper.ingest.plan import TableMapping, Value
from shopkeeper.ingest.readers import OpenedFile
from shopkeeper.ingest.values import Surroundings, Typed, typed_column
from shopkeeper.ingest.zones import day_of
from shopkeeper.warehouse.model import Column, Table
from shopkeeper.warehouse.sql import literal, quoted

# What a row takes from its order when its own file does not say it.
FROM_ORDER = {
    "order_lines": ("customer_id", "channel_id", "ordered_at", "ordered_day", "paid_at", "paid_day", "is_brushing"),
    "refunds": ("customer_id", "channel_id", "ordered_day"),
    "shipments": ("ordered_day",),
}
NUMBERED = {"order_lines": "line_no", "refunds": "refund_id", "settlements": "line_no"}
NUMBERED_WITHIN = {"order_lines": "order_id", "refunds": "order_id", "settlements": "statement_id"}


@dataclass(frozen=True)
class Field:
    """One column on its way: its value in the file, its SQL, or how it is filled from other columns."""

    name: str
    slot: int
    value: Value | None
    typed: Typed | None
    final: str
    checked: str  # SQL that is true when the row must be set aside for this column; empty when it cannot be


def instant_of(table: Table, day: str) -> str:
    """The instant column that a day column is the day of, or ''."""
    name = "started_at" if day == "visited_day" else day.removesuffix("_day") + "_at"
    return name if name in table.column_names else ""


def slots_of(parts: Sequence[TableMapping]) -> list[dict[str, int]]:
    """Number of the value that each part's columns read; columns of the same type that read the same share one."""
    shared: dict[str, int] = {}
    return [
        {
            column: shared.setdefault(f"{part.table.column(column).type} {value!r}", len(shared))
            for column, value in part.columns.items()
        }
        for part in parts
    ]


def fields_of(part: TableMapping, types: dict[str, str], slots: dict[str, int], around: Surroundings) -> list[Field]:
    """Every column that the rows will have, with its default where the mapping is silent."""
    read = {}
    for name, value in part.columns.items():
        column, computed = part.table.column(name), f"{guard(slots[name])}.v" if value.sql and not value.trusted else ""
        read[name] = typed_column(column, value, types[name], _raw(value, slots[name]), around, computed)
    place = {name: _cell(value, slots[name], read[name]) for name, value in part.columns.items()}
    fields = []
    for column in part.table.columns:
        if column.name in part.columns:
            value, typed, slot = part.columns[column.name], read[column.name], slots[column.name]
            needed = column.required or column.name == _numbers_by(part)
            checked = _checks(column, value, typed, slot, needed)
            fields.append(Field(column.name, slot, value, typed, place[column.name], checked))
        elif default := _default(part.table, column, place, around):
            fields.append(Field(column.name, -1, None, None, default, ""))
    return fields


def _raw(value: Value, slot: int) -> str:
    """A constant stands for itself; a value that the file has is computed once and has a name."""
    return literal(value.constant) if value.constant is not None else f"r{slot}"


def _cell(value: Value, slot: int, typed: Typed) -> str:
    return f"({typed.typed})" if value.constant is not None else f"c{slot}"


def _numbers_by(part: TableMapping) -> str:
    """The column within which rows of this mapping are numbered by us, or ''."""
    return NUMBERED_WITHIN.get(part.name, "") if NUMBERED.get(part.name) not in part.columns else ""


def _checks(column: Column, value: Value, typed: Typed, slot: int, needed: bool) -> str:
    raw, cell = _raw(value, slot), _cell(value, slot, typed)
    checks = [f"{raw} IS NOT NULL AND {cell} IS NULL"] if typed.may_fail else []
    if column.allowed:
        checks.append(f"{cell} NOT IN ({', '.join(literal(code) for code in column.allowed)})")
    if needed:
        checks.append(f"{raw} IS NULL")
    if value.sql and not value.trusted:
        checks.append(f"{guard(slot)} IS NULL")
    return " OR ".join(checks)


def _default(table: Table, column: Column, place: dict[str, str], around: Surroundings) -> str:
    """SQL that fills an unmapped column from mapped ones, never from a guess; '' when nothing can."""
    zone, name = literal(around.zone), column.name
    at = instant_of(table, name) if name.endswith("_day") else ""
    if at in place:
        return day_of(place[at], around.zone)
    days = [day for day in place if day.endswith("_day") and instant_of(table, day) == name]
    if days:
        return f"CAST({place[days[0]]} AS TIMESTAMP) AT TIME ZONE {zone}"
    if name == NUMBERED.get(table.name) and NUMBERED_WITHIN[table.name] in place:
        return _numbering(table, place)
    return f"CAST(NULL AS {column.sql_type})" if name in FROM_ORDER.get(table.name, ()) else ""


def _numbering(table: Table, place: dict[str, str]) -> str:
    """1, 2, 3 … within the order and shop, in file order; a refund's number also names its order."""
    within = place[NUMBERED_WITHIN[table.name]]
    number = f"row_number() OVER (PARTITION BY {place['shop_id']}, {within} ORDER BY source_line)"
    return number if table.column(NUMBERED[table.name]).type == "integer" else f"{within} || '#' || {number}"


def types_of(
    connection: duckdb.DuckDBPyConnection, rows: str, part: TableMapping, opened: OpenedFile, source: str
) -> dict[str, str]:
    """DuckDB type of every mapped column's value; a header or expression that does not fit is named."""
    folded = {header.casefold(): header for header in opened.columns}
    for column, value in part.columns.items():
        if value.header and not part.relation and value.header.casefold() not in folded:
            close = nearest(value.header, opened.columns)
            raise DataQualityError(
                "a column is missing", where=f"{opened.path}, read by source {source}, {part.name}.{column}",
                received=f"no header {value.header!r}",
                allowed=f"did you mean {', '.join(close)}?" if close else ", ".join(list(opened.columns)[:40]),
                state="nothing was changed", next_command=f"shopkeeper ingest {opened.path.name} --dry-run",
            )  # fmt: skip
    asked = {
        column: value.sql or quoted(value.header) for column, value in part.columns.items() if value.constant is None
    }
    try:
        listed = ", ".join(f"({sql}) AS {quoted(column)}" for column, sql in asked.items()) or "1"
        described = connection.execute(f"DESCRIBE SELECT {listed} FROM {rows}").fetchall()
    except (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException, duckdb.SyntaxException):
        raise _unfitting(connection, rows, part, asked, opened, source) from None
    return {row[0]: row[1] for row in described} | dict.fromkeys(
        (column for column, value in part.columns.items() if value.constant is not None), "VARCHAR"
    )


def _unfitting(
    connection: duckdb.DuckDBPyConnection,
    rows: str,
    part: TableMapping,
    asked: dict[str, str],
    opened: OpenedFile,
    source: str,
) -> ConfigError:
    """The first condition or expression that DuckDB cannot bind to the file's headers, in its own words."""
    tried = [("where", f"SELECT 1 FROM {opened.relation} WHERE {part.where or 'true'}")]
    tried += [(column, f"SELECT ({sql}) FROM {rows}") for column, sql in asked.items()]
    for key, sql in tried:
        try:
            connection.execute(f"DESCRIBE {sql}")
        except duckdb.Error as error:
            expression = part.where if key == "where" else asked[key]
            return ConfigError(
                "an expression of a mapping does not fit the file",
                where=f"shopkeeper.toml, source {source}, key {part.name}.{key}, file {opened.path.name}", received=expression,
                allowed=f"SQL over {', '.join(list(opened.columns)[:40])} ({str(error).splitlines()[0]})",
                state="nothing was changed", next_command="edit shopkeeper.toml",
            )  # fmt: skip
    return ConfigError(
        "a mapping does not fit the file", where=f"shopkeeper.toml, source {source}", state="nothing was changed"
    )


def guard(slot: int) -> str:
    """Name of the guarded value of an expression."""
    return f"shopkeeper_sql_{slot}"


def guarded(rows: str, fields: list[Field]) -> str:
    """The rows with each expression of the mapping computed as {'v': value}, or NULL where it fails on a row.

    Each in a query of its own: DuckDB computes what two expressions share once, outside of the TRY that guards them.
    """
    asked = {
        field.slot: field.value.sql for field in fields if field.value and field.value.sql and not field.value.trusted
    }
    for slot, sql in asked.items():
        rows = f"(SELECT *, TRY({{'v': ({sql})}}) AS {guard(slot)} FROM {rows})"
    return rows
