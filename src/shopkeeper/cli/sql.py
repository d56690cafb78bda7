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
    personal: Annotated[
        bool, typer.Option("--personal", help="Show who people are, not references; the audit trail says who did.")
    ] = False,
    format: Annotated[Format, typer.Option("--format", help="How rows are printed.")] = "table",
) -> None:
    """Run one reading statement on the warehouse: tables of the commerce model and the load ledger. People go by references."""
    from shopkeeper.warehouse.console import mask_people, run_select

    here = current_shop(ctx)
    if personal:
        here.written_down("warehouse.asked", "sql --personal")
    shop = here.open(as_of, read_only=True)
    try:
        if not personal:
            mask_people(shop.lake)
        names, rows = run_select(shop.lake, sys.stdin.read() if query == "-" else query)
        snapshot = shop.lake.snapshot()
    finally:
        shop.close()
    meta: dict[str, object] = {"shop": shop.id, "as_of": None, "snapshot": snapshot, "warnings": []}
    emit([dict(zip(names, row, strict=True)) for row in rows], columns=[(n, n) for n in names], fmt=format, meta=meta)
