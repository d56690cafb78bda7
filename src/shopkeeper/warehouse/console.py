"""Reading statements from a person: one SELECT, nothing that writes, nothing that leaves the warehouse."""

from __future__ import annotations

import re
import weakref
from typing import Any

import duckdb

from shopkeeper.errors import UsageError
from shopkeeper.warehouse.lake import Lake, explained_engine_errors
from shopkeeper.warehouse.personal import masking_views, shop_salt

_EXPLAIN = re.compile(r"\s*EXPLAIN\s+(ANALYZE\s+)?(\([^)]*\)\s*)?", re.IGNORECASE)
# The catalog's extensions read and write past DuckDB's own file rules, and dynamic SQL would hide their names.
_BARRED = re.compile(
    r"\b(sqlite_\w+|postgres_\w+|pg_\w+_scan|query|query_table|set_commit_message|__ducklake\w*"
    r"|ducklake_(?:expire|cleanup|delete|merge|rewrite|flush|add|set)\w*)\b\"?\s*[(.]",
    re.IGNORECASE,
)

# A masked table stands before the real one, which a full name would still reach.
_FULL_NAMES = re.compile(r"\b(lake|main)\"?\s*\.", re.IGNORECASE)
_UNMASKED = re.compile(
    r"\bunmasked_\w+|\bduckdb_views\b|\bread_\w+|\bparquet_\w+|\bducklake_table_\w+|\bglob\b|['\"][^'\"]*\.parquet",
    re.IGNORECASE,
)
_masked: weakref.WeakSet[Lake] = weakref.WeakSet()


def mask_people(lake: Lake) -> None:
    """From now on, let statements on this lake see references in place of people, and nothing that says who they are."""
    views = masking_views(shop_salt(lake.data_dir), frozenset(lake.table_names()))
    lake.shadows = (*lake.shadows, *_over(views, lake.shadows))
    lake.forget_cursors()
    _masked.add(lake)


def _over(views: tuple[str, ...], shadows: tuple[str, ...]) -> tuple[str, ...]:
    """Views over those of an older snapshot, where it has some: those hold the columns that the snapshot lacks."""
    found = []
    for view in views:
        name = view.split(" TEMP VIEW ", 1)[1].split(" ", 1)[0]
        if any(f" TEMP VIEW {name} AS " in shadow for shadow in shadows):
            found += [f"CREATE OR REPLACE TEMP VIEW unmasked_{name} AS {_body(name, shadows)}",
                      view.replace(f"FROM lake.main.{name}", f"FROM unmasked_{name}")]  # fmt: skip
        else:
            found.append(view)
    return tuple(found)


def _body(name: str, shadows: tuple[str, ...]) -> str:
    return next(s.split(" AS ", 1)[1] for s in shadows if f" TEMP VIEW {name} AS " in s)


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
    if lake in _masked and (full := _FULL_NAMES.search(query) or _UNMASKED.search(query)):
        raise UsageError(
            "tables go by their own names alone where people are masked", received=full.group(0), allowed="such as customers",
            state="nothing was changed", next_command="shopkeeper sql --personal QUERY, which the audit trail records",
        )  # fmt: skip
    with lake.reading(), explained_engine_errors("the query"):
        cursor = lake.connection.execute(statements[0])
        names: list[str] = []
        for name, *_ in cursor.description or []:
            names.append(name if name not in names else f"{name}_{len(names) + 1}")
        return names, cursor.fetchall()
