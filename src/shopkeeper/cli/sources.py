"""`shopkeeper sources`: what has been loaded, and what each source still lacks."""

from __future__ import annotations

from typing import Annotated

import typer

from shopkeeper.cli.context import current_shop
from shopkeeper.cli.output import Format, emit


def sources(
    ctx: typer.Context, format: Annotated[Format, typer.Option("--format", help="How rows are printed.")] = "table"
) -> None:
    """List every load: file, table, rows read = loaded + unchanged + quarantined, who, when and how long."""
    shop = current_shop(ctx).open()
    try:
        rows = shop.lake.rows(
            "SELECT l.started_at, l.source, f.file_name, f.table_name, f.rows_read, f.rows_loaded, f.rows_unchanged, "
            "f.rows_quarantined, l.loaded_by, l.seconds, l.snapshot, l.load_id FROM load_files f JOIN loads l USING (load_id) "
            "ORDER BY l.started_at DESC, f.file_name, f.table_name"
        )
        snapshot = shop.lake.snapshot()
    finally:
        shop.close()
    names = ["started_at", "source", "file_name", "table_name", "rows_read", "rows_loaded", "rows_unchanged",
             "rows_quarantined", "snapshot"]  # fmt: skip
    meta: dict[str, object] = {"shop": shop.id, "as_of": None, "snapshot": snapshot, "warnings": []}
    emit(rows, columns=[(n, n.replace("_", " ")) for n in names], fmt=format, meta=meta)
