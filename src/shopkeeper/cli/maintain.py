"""`shopkeeper maintain`: keep the lake small and quick."""

from __future__ import annotations

from typing import Annotated

import typer

from shopkeeper.cli.context import current_shop
from shopkeeper.cli.output import Format, emit


def maintain(
    ctx: typer.Context,
    keep_days: Annotated[int | None, typer.Option("--keep-days", min=0, help="Keep snapshots this many days.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be let go.")] = False,
    rewrite: Annotated[
        bool,
        typer.Option(
            "--rewrite", help="Rewrite every file that has deleted rows: Spark needs it. Implied by its setting."
        ),
    ] = False,
    format: Annotated[Format, typer.Option("--format", help="How rows are printed.")] = "table",
) -> None:
    """Merge small files, rewrite deleted rows away, let old unpinned snapshots go and remove their files."""
    from shopkeeper.kpi.rollup.store import pins
    from shopkeeper.warehouse.maintenance import maintain_lake

    here = current_shop(ctx)
    shop = here.open()
    try:
        days = shop.settings.warehouse.keep_snapshots_days if keep_days is None else keep_days
        steps = maintain_lake(
            shop.lake, keep_days=days, author=here.actor, dry_run=dry_run,
            every_deletion=rewrite or shop.settings.engine.name == "spark", pins=pins(shop.data_dir),
        )  # fmt: skip
        snapshot = shop.lake.snapshot()
    finally:
        shop.close()
    rows = [{"step": s.name, "count": s.count, "detail": s.detail} for s in steps]
    meta: dict[str, object] = {"shop": shop.id, "as_of": None, "snapshot": snapshot, "warnings": []}
    emit(rows, columns=[("step", "step"), ("count", "count"), ("detail", "detail")], fmt=format, meta=meta)
