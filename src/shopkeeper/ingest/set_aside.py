"""Rows that cannot be loaded: kept apart with the column, the reason, the value and the whole row as it was."""

from __future__ import annotations

import duckdb

from shopkeeper.errors import DataQualityError
from shopkeeper.ingest.fields import Field, guard, guarded
from shopkeeper.ingest.plan import TableMapping
from shopkeeper.ingest.readers import OpenedFile
from shopkeeper.warehouse.lake import explained_engine_errors
from shopkeeper.warehouse.sql import literal, quoted

HELD = "held_rows"
HELD_COLUMNS = "table_name, source_line, column_name, reason, received, raw, day"
LATER_FILE = " of a later file"
RESOLVED = f"CASE WHEN reason LIKE 'superseded by line %{LATER_FILE}' THEN 'superseded' END"
"""What has become of a row as it is set aside: a correction by a later file of the same load asks nothing of anybody."""


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the temp table of rows set aside."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {HELD} (file_no INTEGER, table_name VARCHAR, source_line BIGINT, column_name VARCHAR, "
        "reason VARCHAR, received VARCHAR, raw VARCHAR, day DATE)"
    )


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
    headers = ", ".join(f"{literal(header)}: raw_rows.{quoted(header)}" for header in opened.headers)
    connection.execute(
        f"INSERT INTO {HELD} SELECT {file_no}, {literal(table_name)}, f.source_line, f.column_name, f.reason, f.received, "
        f"CAST(to_json({{{headers}}}) AS VARCHAR), f.day FROM ({faults}) f "
        f"JOIN {opened.as_read} raw_rows ON raw_rows.file_row_number + 1 = f.source_line"
    )


def set_aside(
    connection: duckdb.DuckDBPyConnection, name: str, opened: OpenedFile, file_no: int, part: TableMapping,
    fields: list[Field], rows: str, read: int,
) -> None:  # fmt: skip
    """Keep rows at fault apart, each under its first column at fault; refuse a column that is never readable.

    The caller takes them out of the staged rows.
    """
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
                raise _hopeless(connection, opened, part, field, guarded(rows, fields), count, read)
    cases = {"column_name": "", "reason": "", "received": ""}
    values = []
    for bit, field in checked:
        assert field.typed is not None
        column, hit = part.table.column(field.name), f"WHEN (m.faults & {1 << bit}) <> 0 THEN"
        allowed = f"not one of: {', '.join(column.allowed)}" if column.allowed else f"not a valid {column.type}"
        failed = (
            f"{guard(field.slot)} IS NULL" if field.value and field.value.sql and not field.value.trusted else "false"
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
        f"JOIN (SELECT file_row_number + 1 AS line, {', '.join(values)} FROM {guarded(opened.relation, fields)}) v "
        "ON v.line = m.source_line",
    )  # fmt: skip


def _hopeless(
    connection: duckdb.DuckDBPyConnection,
    opened: OpenedFile,
    part: TableMapping,
    field: Field,
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
