"""`shopkeeper doctor`: is everything this shop needs there, whole and usable?"""

from __future__ import annotations

from typing import Annotated

import typer

from shopkeeper.cli.context import current_shop
from shopkeeper.cli.output import Format, emit


def doctor(
    ctx: typer.Context, format: Annotated[Format, typer.Option("--format", help="How rows are printed.")] = "table"
) -> None:
    """Examine installation, settings, folders, warehouse, loads, state and browser assets; exit 1 when a person is needed."""
    from shopkeeper.cli.examine import examine
    from shopkeeper.core.wording import word
    from shopkeeper.errors import ShopkeeperError

    here = current_shop(ctx)
    findings = examine(here)
    try:
        lang, shop_id = here.lang, here.settings.shop.id
    except ShopkeeperError:
        lang, shop_id = "en", None
    rows: list[dict[str, object]] = [
        {
            "check": f.check,
            "verdict": word(f"doctor.{f.verdict}", lang) if format == "table" else f.verdict,
            "found": f.found,
            "next": f.next_command,
        }
        for f in findings
    ]
    columns = [(key, word(f"doctor.{key}", lang)) for key in ("check", "verdict", "found", "next")]
    emit(rows, columns=columns, fmt=format, meta={"shop": shop_id, "as_of": None, "snapshot": None, "warnings": []})
    if any(f.verdict == "failed" for f in findings):
        raise typer.Exit(1)
