"""Stage the rows of a file for one table: typed, defaulted and numbered in a temp table; what cannot be is set aside.

file → raw values (r0, r1, …) → typed values (c0, c1, …) → columns of the table + a bit for every column at fault
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from shopkeeper.errors import ConfigError, DataQualityError, nearest
from shopkeeper.ingest.plan import TableMapping, Value
from shopkeeper.ingest.readers import OpenedFile
from shopkeeper.ingest.values import Surroundings, Typed, literal, offer_number, quoted, typed_column
from shopkeeper.ingest.zones import day_of
from shopkeeper.warehouse.lake import explained_engine_errors
from shopkeeper.warehouse.model import Column, Table

# What a row takes from its order when its own file does not say it.
FROM_ORDER = {
    "order_lines": ("customer_id", "channel_id", "ordered_at", "ordered_day", "paid_at", "paid_day", "is_brushing"),
    "refunds": ("customer_id", "channel_id", "ordered_day"),
}
NUMBERED = {"order_lines": "line_no", "refunds": "refund_id", "settlements": "line_no"}
NUMBERED_WITHIN = {"order_lines": "order_id", "refunds": "order_id", "settlements": "statement_id"}
HELD = "held_rows"


@dataclass(frozen=True)
class Staged:
    """Rows of one table from one file, waiting in the temp table `name`. `read` counts those set aside too."""

    name: str
    table: Table
    file_no: int
    provided: tuple[str, ...]
    numbered: bool
    read: int
    repeats: bool = False  # a file of lines states its orders again on every line, and dimensions wherever they occur
    without_customer: int = 0
    noisy: int = 0


@dataclass(frozen=True)
class _Field:
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


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the temp table of rows set aside."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {HELD} (file_no INTEGER, table_name VARCHAR, source_line BIGINT, column_name VARCHAR, "
        "reason VARCHAR, received VARCHAR, raw VARCHAR, day DATE)"
    )


def stage(
    connection: duckdb.DuckDBPyConnection, opened: OpenedFile, file_no: int, part: TableMapping, name: str,
    around: Surroundings, *, source: str, repeats: bool = False,
) -> Staged:  # fmt: skip
    """Stage one table's rows of a file.

    Raises ConfigError when the mapping does not fit the file, DataQualityError when no row of a column can be read.
    """
    if any("number(" in sql.lower() for sql in (part.where, *(value.sql for value in part.columns.values()))):
        offer_number(connection)
    rows, line = _rows(opened, part)
    types = _types(connection, rows, part, opened, source)
    fields = _fields(part, types, around)
    with explained_engine_errors(f"{opened.path}, table {part.name}"):
        connection.execute(f"CREATE TEMP TABLE {name} AS {_select(rows, line, part, fields, file_no)}")
        counted = connection.execute(
            f"SELECT count(*), count(*) FILTER (faults <> 0), count(*) FILTER (noisy) FROM {name}"
        ).fetchone()
    read, faulty, noisy = counted or (0, 0, 0)
    if faulty:
        _set_aside(connection, name, opened, file_no, part, fields, rows, read)
    names = tuple(field.name for field in fields)
    without = 0
    if "customer_id" in part.columns:
        found = connection.execute(f"SELECT count(*) FROM {name} WHERE customer_id IS NULL").fetchone()
        without = int(found[0]) if found else 0
    numbered = NUMBERED.get(part.name, "") in names and NUMBERED[part.name] not in part.columns
    return Staged(name, part.table, file_no, names, numbered, int(read), repeats, without, int(noisy))


def untaken(
    connection: duckdb.DuckDBPyConnection, opened: OpenedFile, file_no: int, parts: tuple[TableMapping, ...]
) -> int:
    """Set aside the rows that no table of the mapping takes; returns how many."""
    own = [part for part in parts if not part.relation]
    if not own or not all(part.where for part in own):
        return 0
    taken = " OR ".join(f"coalesce(({part.where}), false)" for part in own)
    with explained_engine_errors(str(opened.path)):
        hold(
            connection, opened, file_no, "",
            f"SELECT file_row_number + 1 AS source_line, '' AS column_name, 'no table of this mapping takes this row' AS reason, "
            f"CAST(NULL AS VARCHAR) AS received, CAST(NULL AS DATE) AS day FROM {opened.relation} WHERE NOT ({taken})",
        )  # fmt: skip
        found = connection.execute(
            f"SELECT count(*) FROM {HELD} WHERE file_no = {file_no} AND table_name = ''"
        ).fetchone()
    return int(found[0]) if found else 0


def hold(connection: duckdb.DuckDBPyConnection, opened: OpenedFile, file_no: int, table_name: str, faults: str) -> None:
    """Set rows aside. `faults` is a query of source_line, column_name, reason, received, day."""
    headers = ", ".join(f"{literal(header)}: raw_rows.{quoted(header)}" for header in opened.columns)
    connection.execute(
        f"INSERT INTO {HELD} SELECT {file_no}, {literal(table_name)}, f.source_line, f.column_name, f.reason, f.received, "
        f"CAST(to_json({{{headers}}}) AS VARCHAR), f.day FROM ({faults}) f "
        f"JOIN {opened.relation} raw_rows ON raw_rows.file_row_number + 1 = f.source_line"
    )


def _rows(opened: OpenedFile, part: TableMapping) -> tuple[str, str]:
    """The rows as SQL, and the expression of a row's line."""
    if part.relation:
        return f"({part.relation.replace('{file}', opened.relation)})", "CAST(NULL AS BIGINT)"
    where = f" WHERE {part.where}" if part.where else ""
    return f"(SELECT * FROM {opened.relation}{where})", "file_row_number + 1"


def _types(
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


def _slots(part: TableMapping) -> dict[str, int]:
    """Number of the value that each column reads; columns of the same type that read the same share one."""
    shared: dict[str, int] = {}
    slots = {}
    for number, (column, value) in enumerate(part.columns.items()):
        slots[column] = shared.setdefault(f"{part.table.column(column).type} {value!r}", number)
    return slots


def _fields(part: TableMapping, types: dict[str, str], around: Surroundings) -> list[_Field]:
    """Every column that the rows will have, with its default where the mapping is silent."""
    slots = _slots(part)
    place = {column: f"c{slot}" for column, slot in slots.items()}
    fields = []
    for column in part.table.columns:
        value = part.columns.get(column.name)
        if value is not None:
            slot = slots[column.name]
            computed = f"{_guard(slot)}.v" if value.sql and not value.trusted else ""
            typed = typed_column(column, value, types[column.name], f"r{slot}", around, computed)
            needed = column.required or column.name == _numbers_by(part)
            fields.append(
                _Field(column.name, slot, value, typed, f"c{slot}", _checks(column, value, typed, slot, needed))
            )
        elif default := _default(part.table, column, place, around):
            fields.append(_Field(column.name, -1, None, None, default, ""))
    return fields


def _numbers_by(part: TableMapping) -> str:
    """The column within which rows of this mapping are numbered by us, or ''."""
    return NUMBERED_WITHIN.get(part.name, "") if NUMBERED.get(part.name) not in part.columns else ""


def _checks(column: Column, value: Value, typed: Typed, slot: int, needed: bool) -> str:
    checks = [f"r{slot} IS NOT NULL AND c{slot} IS NULL"] if typed.may_fail else []
    if column.allowed:
        checks.append(f"c{slot} NOT IN ({', '.join(literal(code) for code in column.allowed)})")
    if needed:
        checks.append(f"r{slot} IS NULL")
    if value.sql and not value.trusted:
        checks.append(f"{_guard(slot)} IS NULL")
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


def _select(rows: str, line: str, part: TableMapping, fields: list[_Field], file_no: int) -> str:
    """The staging query: raw → typed → columns and faults."""
    raw, typed = {}, {}
    for field in fields:
        if field.typed is None or field.value is None:
            continue
        raw[field.slot] = f"{field.typed.raw} AS r{field.slot}"
        if field.value.sql and not field.value.trusted:
            raw[field.slot] += f", {_guard(field.slot)}"
        typed[field.slot] = f"{field.typed.typed} AS c{field.slot}"
    faults = " + ".join(
        f"CASE WHEN {field.checked} THEN {1 << bit} ELSE 0 END" for bit, field in enumerate(fields) if field.checked
    )
    noisy = " OR ".join(f"coalesce({f.typed.noise}, false)" for f in fields if f.typed and f.typed.noise)
    final = ", ".join(f"{field.final} AS {quoted(field.name)}" for field in fields)
    return (
        f"SELECT {final}, source_line, CAST({file_no} AS SMALLINT) AS file_no, CAST({faults or '0'} AS BIGINT) AS faults, "
        f"{noisy or 'false'} AS noisy "
        f"FROM (SELECT *, {', '.join(typed.values())} FROM (SELECT {line} AS source_line, {', '.join(raw.values())} "
        f"FROM {_guarded(rows, fields)}))"
    )


def _guard(slot: int) -> str:
    return f"shopkeeper_sql_{slot}"


def _guarded(rows: str, fields: list[_Field]) -> str:
    """The rows with each expression of the mapping computed as {'v': value}, or NULL where it fails on a row.

    Each in a query of its own: DuckDB computes what two expressions share once, outside of the TRY that guards them.
    """
    asked = {
        field.slot: field.value.sql for field in fields if field.value and field.value.sql and not field.value.trusted
    }
    for slot, sql in asked.items():
        rows = f"(SELECT *, TRY({{'v': ({sql})}}) AS {_guard(slot)} FROM {rows})"
    return rows


def _set_aside(
    connection: duckdb.DuckDBPyConnection, name: str, opened: OpenedFile, file_no: int, part: TableMapping,
    fields: list[_Field], rows: str, read: int,
) -> None:  # fmt: skip
    """Move rows at fault into quarantine, each under its first column at fault; refuse a column that is never readable."""
    checked = [(bit, field) for bit, field in enumerate(fields) if field.checked and field.value is not None]
    counts = (
        connection.execute(
            "SELECT " + ", ".join(f"count(*) FILTER (faults & {1 << bit} <> 0)" for bit, _ in checked) + f" FROM {name}"
        ).fetchone()
        or ()
    )
    for (bit, field), count in zip(checked, counts, strict=True):
        if count:
            usable = f"SELECT 1 FROM {name} WHERE faults & {1 << bit} = 0 AND {quoted(field.name)} IS NOT NULL LIMIT 1"
            if connection.execute(usable).fetchone() is None:
                raise _hopeless(connection, opened, part, field, _guarded(rows, fields), count, read)
    cases = {"column_name": "", "reason": "", "received": ""}
    values = []
    for bit, field in checked:
        assert field.typed is not None
        column, hit = part.table.column(field.name), f"WHEN (m.faults & {1 << bit}) <> 0 THEN"
        allowed = f"not one of: {', '.join(column.allowed)}" if column.allowed else f"not a valid {column.type}"
        failed = (
            f"{_guard(field.slot)} IS NULL" if field.value and field.value.sql and not field.value.trusted else "false"
        )
        values.append(f"CAST({field.typed.raw} AS VARCHAR) AS v{bit}, {failed} AS e{bit}")
        cases["column_name"] += f"{hit} {literal(field.name)} "
        cases["reason"] += (
            f"{hit} CASE WHEN e{bit} THEN 'its expression fails on this row' "
            f"WHEN v{bit} IS NULL THEN 'empty, and needed' ELSE {literal(allowed)} END "
        )
        cases["received"] += f"{hit} v{bit} "
    day = quoted(part.table.day) if part.table.day in [f.name for f in fields] else "CAST(NULL AS DATE)"
    listed = ", ".join(f"CASE {case} END AS {key}" for key, case in cases.items())
    hold(
        connection, opened, file_no, part.name,
        f"SELECT m.source_line, {listed}, m.day FROM (SELECT source_line, faults, {day} AS day FROM {name} WHERE faults <> 0) m "
        f"JOIN (SELECT file_row_number + 1 AS line, {', '.join(values)} FROM {_guarded(opened.relation, fields)}) v "
        "ON v.line = m.source_line",
    )  # fmt: skip
    connection.execute(f"DELETE FROM {name} WHERE faults <> 0")


def _hopeless(
    connection: duckdb.DuckDBPyConnection,
    opened: OpenedFile,
    part: TableMapping,
    field: _Field,
    rows: str,
    count: int,
    read: int,
) -> DataQualityError:
    """No row's value of a column can be used: then the mapping is wrong, not the rows."""
    assert field.typed is not None
    assert field.value is not None
    raw = f"CAST({field.typed.raw} AS VARCHAR)"
    filled, sample = connection.execute(f"SELECT count({raw}), any_value({raw}) FROM {rows}").fetchone() or (0, None)
    column = part.table.column(field.name)
    return DataQualityError(
        "no row of a column can be read" if filled else "a needed column is empty in every row",
        where=f"{opened.path}, {field.value.shown} → {part.name}.{field.name}",
        received=f"{count:,} of {read:,} rows, such as {sample!r}" if filled else f"{read:,} empty rows",
        allowed=", ".join(column.allowed) or _expected(column.type),
        state="nothing was changed", next_command=f"shopkeeper ingest {opened.path.name} --dry-run",
    )  # fmt: skip


def _expected(kind: str) -> str:
    moments = 'year first, such as 2024-01-31 18:05, or say how: { column = "…", format = "%d/%m/%Y %H:%M" }'
    return {
        "instant": moments, "day": moments, "money": "an amount such as 1,234.50", "quantity": "a quantity such as 3",
        "integer": "a whole number", "number": "a number", "flag": "yes/no, true/false, 1/0, 是/否", "text": "text",
    }[kind]  # fmt: skip
