"""`shopkeeper reconcile`: orders against statements, payouts against the bank, fees, and join hit rates."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import typer

from shopkeeper.cli.context import current_shop
from shopkeeper.cli.output import Format
from shopkeeper.core.period import Grain

Shown = Literal["all", "orders", "open", "payouts", "fees", "hits", "steps", "unmatched"]


def reconcile(
    ctx: typer.Context,
    period: Annotated[Grain, typer.Option("--period", help="Length of one period.")] = "month",
    from_: Annotated[
        str | None, typer.Option("--from", metavar="D", help="First day or period, such as 2017-10.")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="D", help="Last day or period, included.")] = None,
    by: Annotated[str | None, typer.Option("--by", help="Cut by platform or shop.")] = None,
    show: Annotated[
        Shown, typer.Option("--show", help="Which part is printed; unmatched lists single orders, lines and transfers.")
    ] = "all",
    limit: Annotated[int, typer.Option("--limit", metavar="N", help="How many unmatched ones are listed.")] = 50,
    format: Annotated[Format, typer.Option("--format", help="How rows are printed.")] = "table",
) -> None:
    """Reconcile orders with statements and bank: what matches, what is open by cause and age, fees, join hit rates.

    JSON holds every part; CSV holds one, orders unless --show names another. Exit code 1 when money has been open for
    more than 60 days, the longest age; 0 otherwise.
    """
    from shopkeeper.cli.reconcile_tables import print_parts
    from shopkeeper.quality.reconcile import parse_scope
    from shopkeeper.quality.reconcile import reconcile as reconciled
    from shopkeeper.views.reconcile import reconcile_data, warnings_of

    here = current_shop(ctx)
    scope = parse_scope(period=period, from_=from_, to=to, by=by, limit=limit)
    shop = here.open()
    try:
        result = reconciled(shop.lake, scope)
    finally:
        shop.close()
    warnings = list(warnings_of(result, here.lang))
    as_of = result.as_of.isoformat() if result.as_of else None
    meta = {"shop": shop.id, "as_of": as_of, "snapshot": result.snapshot, "warnings": warnings}
    if format == "json":
        typer.echo(json.dumps({"data": reconcile_data(result), "meta": meta}, ensure_ascii=False))
    else:
        print_parts(result, show, here.lang, format, meta)
        if format == "table":
            for warning in warnings:
                typer.echo(warning, err=True)
    if result.overdue:
        raise typer.Exit(1)
