"""`shopkeeper export`: a table of the warehouse as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from shopkeeper.cli.context import current_shop


def export(
    ctx: typer.Context,
    table: Annotated[str, typer.Argument(metavar="TABLE", help="A table of the commerce model.")],
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Where; TABLE.csv when absent, - is stdout.")
    ] = None,
    format: Annotated[
        Literal["csv", "json", "parquet", "table"], typer.Option("--format", help="Form of the file.")
    ] = "csv",
    personal: Annotated[
        bool, typer.Option("--personal", help="Say who people are, not references; the audit trail says who did.")
    ] = False,
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="SNAPSHOT|DAY", help="As it was known then.")] = None,
) -> None:
    """Write one table to CSV, JSON lines or Parquet; `table` prints the first rows. People go by references."""
    from shopkeeper.cli.output import emit
    from shopkeeper.warehouse.console import mask_people
    from shopkeeper.warehouse.exporting import export_table
    from shopkeeper.warehouse.model import table as declared

    found = declared(table)
    here = current_shop(ctx)
    if personal:
        here.written_down("table.exported", found.name)
    shop = here.open(as_of)
    try:
        if not personal:
            mask_people(shop.lake)
        if format == "table":
            rows = shop.lake.rows(f"SELECT * FROM {found.name} LIMIT 50")
            emit(rows, columns=[(c.name, c.name) for c in found.columns], fmt="table", meta={})
            return
        target = to or Path(f"{found.name}.{'jsonl' if format == 'json' else format}")
        rows_written = export_table(shop.lake, found, target, format)
        if str(target) != "-":
            typer.echo(f"{target}: {rows_written:,} rows of {found.name}, snapshot {shop.lake.snapshot()}")
    finally:
        shop.close()
