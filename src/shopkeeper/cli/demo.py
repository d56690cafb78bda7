"""`shopkeeper demo`: a real retailer's year and a simulated brand's two, loaded, scored and served."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

DemoShop = Literal["journey", "lanting"]


def demo(
    ctx: typer.Context,
    directory: Annotated[Path, typer.Option("--dir", metavar="DIR", help="Where demo shops are kept.")] = Path("demo"),
    shop: Annotated[
        Literal["journey", "lanting", "both"], typer.Option("--shop", help="Which demo shop: real, simulated, both.")
    ] = "both",
    scale: Annotated[
        float, typer.Option("--scale", help="Size of the simulated shop; 1 = two million order lines in two years.")
    ] = 0.1,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Open the dashboard after printing.")] = True,
    port: Annotated[int | None, typer.Option("--port", min=1, max=65535, help="Port of the dashboard.")] = None,
) -> None:
    """Load the demo shops (once), print their KPI matrices and open the dashboard."""
    names: tuple[DemoShop, ...] = ("journey", "lanting") if shop == "both" else (shop,)
    for name in names:
        _load(ctx, directory / name, name, scale)
    if serve:
        from shopkeeper.cli.context import ShopContext
        from shopkeeper.cli.serve import serve as serve_shop

        ctx.find_root().obj = ShopContext(directory / names[0])
        serve_shop(ctx, port=port, also=[directory / name for name in names[1:]])


def _load(ctx: typer.Context, folder: Path, name: DemoShop, scale: float) -> None:
    """Make a demo shop's folder, load it and print its matrix."""
    from shopkeeper.cli.context import ShopContext
    from shopkeeper.cli.demo_shops import write_lanting, write_shop_folder
    from shopkeeper.cli.kpis import kpis
    from shopkeeper.cli.load_progress import told_progress
    from shopkeeper.ingest.load import load_paths, load_source

    with told_progress() as progress:
        if name == "lanting":
            write_lanting(folder, scale, progress)
        else:
            write_shop_folder(folder, name)
        here = ShopContext(folder)
        ctx.find_root().obj = here
        opened = here.open()
        try:
            if name == "lanting":
                report = load_paths(opened, [opened.inbox], by=here.actor, progress=progress)
            else:
                report = load_source(opened, name, by=here.actor, progress=progress)
        finally:
            opened.close()
    typer.echo(report.summary(here.lang))
    kpis(ctx)
