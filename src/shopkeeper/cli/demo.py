"""`shopkeeper demo`: a real retailer's year, loaded, scored and served."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer


def demo(
    ctx: typer.Context,
    directory: Annotated[Path, typer.Option("--dir", metavar="DIR", help="Where demo shops are kept.")] = Path("demo"),
    shop: Annotated[Literal["journey"], typer.Option("--shop", help="Which demo shop.")] = "journey",
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Open the dashboard after printing.")] = True,
    port: Annotated[int | None, typer.Option("--port", min=1, max=65535, help="Port of the dashboard.")] = None,
) -> None:
    """Load the demo shop (once), print its KPI matrix and open the dashboard."""
    from shopkeeper.cli.context import ShopContext
    from shopkeeper.cli.demo_shops import write_shop_folder
    from shopkeeper.cli.kpis import kpis
    from shopkeeper.cli.load_progress import told_progress
    from shopkeeper.ingest.load import load_source

    folder = directory / shop
    write_shop_folder(folder, shop)
    here = ShopContext(folder)
    ctx.find_root().obj = here
    opened = here.open()
    try:
        with told_progress() as progress:
            report = load_source(opened, shop, by=here.actor, progress=progress)
        typer.echo(report.summary(here.lang))
    finally:
        opened.close()
    kpis(ctx)
    if serve:
        from shopkeeper.cli.serve import serve as serve_shop

        serve_shop(ctx, port=port)
