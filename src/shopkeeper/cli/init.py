"""`shopkeeper init`: a shop folder to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

TEMPLATE = """\
# Settings of this shop. Every key is described in docs/reference/settings.md; `shopkeeper doctor` checks this file.

[shop]
id = "{id}"                    # short name used in commands and the API
name = "{name}"
currency = "CNY"               # ISO 4217
timezone = "Asia/Shanghai"     # days of this shop begin at midnight here
language = "en"                # en | zh

# Drop CSV, XLSX, Parquet or JSONL files into inbox/ and say how their headers map to the commerce model.
# `shopkeeper ingest FILE --dry-run` proposes this block for a file of yours.
#
# [[source]]
# name = "pos"
# files = "pos_*.csv"
# [source.order_lines]
# order_id = "Order No"
# ordered_at = "Order Time"
# paid_at = "Pay Time"
# sku_id = "SKU"
# quantity = "Qty"
# payable_amount = "Paid"
# customer_id = "Buyer"

# Anchors of the 0–5 score: numbers, changes on the baseline, or a range of periods to measure it from.
#
# [targets.C4]
# floor = "-10%"
# baseline = "2026-01..2026-06"
# target = "+10%"
"""


def init(directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make; empty or absent.")]) -> None:
    """Make a shop folder: shopkeeper.toml, inbox/ and data/."""
    from shopkeeper.core.settings import FILE_NAME
    from shopkeeper.errors import InternalError, UsageError

    name = directory.resolve().name
    target = directory / FILE_NAME
    if target.exists():
        raise UsageError(
            "this folder is a shop already", where=str(target), state="nothing was changed",
            next_command=f"shopkeeper -C {directory} doctor",
        )  # fmt: skip
    shop_id = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower()).strip("-")[:40] or "shop"
    shown = "".join(c for c in name[:80] if c.isprintable()).replace("\\", "/").replace('"', "'")
    try:
        for folder in (directory, directory / "inbox", directory / "data"):
            folder.mkdir(parents=True, exist_ok=True)
        target.write_text(TEMPLATE.format(id=shop_id, name=shown), encoding="utf-8")
    except OSError as error:
        raise InternalError(
            "the shop folder cannot be made", where=str(directory), received=error.strerror or error,
            allowed="a folder that you may write to",
        ) from None  # fmt: skip
    typer.echo(
        f"{target}: edit it, then drop files into {directory / 'inbox'} and run: shopkeeper -C {directory} ingest"
    )
