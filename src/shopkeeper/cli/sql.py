"""`shopkeeper sql`: ask the warehouse anything, without being able to change it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from shopkeeper.cli.context import current_shop
from shopkeeper.cli.output import Format, emit


def sql(
    ctx: typer.Context,
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="One SELECT statement of DuckDB SQL; - reads it from stdin.")
    ],
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="SNAPSHOT|DAY", help="As it was known then.")] = None,
    format: Annotated[Format, typer.Option("--format", help="How rows are printed.")] = "table",
) -> None:
    """Run one reading statement on the warehouse: tables of the commerce model and the load ledger."""
    from shopkeeper.warehouse.console import run_select

    shop = current_shop(ctx).open(as_of, read_only=True)
    try:
        names, rows = run_select(shop.lake, sys.stdin.read() if query == "-" else query)
        snapshot = shop.lake.snapshot()
    finally:
        shop.close()
    meta: dict[str, object] = {"shop": shop.id, "as_of": None, "snapshot": snapshot, "warnings": []}
    emit([dict(zip(names, row, strict=True)) for row in rows], columns=[(n, n) for n in names], fmt=format, meta=meta)
