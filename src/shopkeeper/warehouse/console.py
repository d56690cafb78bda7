"""Reading statements from a person: one SELECT, nothing that writes, nothing that leaves the warehouse."""

from __future__ import annotations

from typing import Any

import duckdb

from shopkeeper.errors import UsageError
from shopkeeper.warehouse.lake import Lake, explained_engine_errors

_READING = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}


def run_select(lake: Lake, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Column names and rows of one reading statement.

    Raises UsageError for anything but one SELECT, WITH, DESCRIBE or EXPLAIN. Column names are made unique.
    """
    with explained_engine_errors("the query"):
        statements = lake.connection.extract_statements(query)
    if len(statements) != 1 or statements[0].type not in _READING:
        kinds = ", ".join(s.type.name for s in statements) or "nothing"
        raise UsageError(
            "only one reading statement can be run", received=kinds, allowed="one SELECT, WITH, DESCRIBE or EXPLAIN",
            state="nothing was changed",
        )  # fmt: skip
    with lake.reading(), explained_engine_errors("the query"):
        cursor = lake.connection.execute(statements[0])
        names: list[str] = []
        for name, *_ in cursor.description or []:
            names.append(name if name not in names else f"{name}_{len(names) + 1}")
        return names, cursor.fetchall()
