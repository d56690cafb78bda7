"""Reading statements from a person: one SELECT, nothing that writes, nothing that leaves the warehouse."""

from __future__ import annotations

import re
from typing import Any

import duckdb

from shopkeeper.errors import UsageError
from shopkeeper.warehouse.lake import Lake, explained_engine_errors

_EXPLAIN = re.compile(r"\s*EXPLAIN\s+(ANALYZE\s+)?(\([^)]*\)\s*)?", re.IGNORECASE)
# The catalog's extensions read and write past DuckDB's own file rules, and dynamic SQL would hide their names.
_BARRED = re.compile(
    r"\b(sqlite_\w+|postgres_\w+|pg_\w+_scan|query|query_table|set_commit_message|__ducklake\w*"
    r"|ducklake_(?:expire|cleanup|delete|merge|rewrite|flush|add|set)\w*)\b\"?\s*[(.]",
    re.IGNORECASE,
)


def run_select(lake: Lake, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Column names and rows of one reading statement. Column names are made unique.

    Open the lake with `read_only=True` for statements that a person wrote: then no function can write or read elsewhere.
    Raises UsageError for anything but one SELECT, WITH, DESCRIBE, or an EXPLAIN of one.
    """
    with explained_engine_errors("the query"):
        statements = lake.connection.extract_statements(query)
        explained = lake.connection.extract_statements(_EXPLAIN.sub("", query, count=1))
    kinds = [s.type for s in statements]
    if kinds == [duckdb.StatementType.EXPLAIN]:
        kinds = [s.type for s in explained]
    if kinds != [duckdb.StatementType.SELECT]:
        raise UsageError(
            "only one reading statement can be run",
            received=", ".join(kind.name for kind in kinds) or "nothing",
            allowed="one SELECT, WITH, DESCRIBE, or an EXPLAIN of one",
            state="nothing was changed",
        )
    barred = _BARRED.search(query)
    if barred:
        raise UsageError(
            "this function is not for queries",
            received=barred.group(1),
            allowed="tables of the warehouse and functions that compute",
            state="nothing was changed",
        )
    with lake.reading(), explained_engine_errors("the query"):
        cursor = lake.connection.execute(statements[0])
        names: list[str] = []
        for name, *_ in cursor.description or []:
            names.append(name if name not in names else f"{name}_{len(names) + 1}")
        return names, cursor.fetchall()
