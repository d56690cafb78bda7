"""The settings of the demo shops, written like any shop's: nothing about them is special to the product."""

from __future__ import annotations

import datetime as dt
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from shopkeeper.errors import InternalError

if TYPE_CHECKING:
    from shopkeeper.ingest.report import Progress

LANTING_SEED = 7


def write_shop_folder(folder: Path, shop: str) -> None:
    """Make a demo shop's folder; settings that are there already stay as their owner left them."""
    target = folder / "shopkeeper.toml"
    try:
        (folder / "inbox").mkdir(parents=True, exist_ok=True)
        (folder / "data").mkdir(exist_ok=True)
        if not target.exists():
            settings = resources.files(__package__) / f"{shop}.toml"
            target.write_bytes(settings.read_bytes())
    except OSError as error:
        raise InternalError(
            "the demo shop's folder cannot be made", where=str(folder), received=error.strerror,
            allowed="a folder that you may write to", next_command="shopkeeper demo --dir DIR",
        ) from None  # fmt: skip


def write_lanting(folder: Path, scale: float, progress: Progress) -> None:
    """Make the simulated shop's folder, unless it is there already."""
    from shopkeeper.twin.world import DAYS, START, World
    from shopkeeper.twin.writers.writing import write

    if (folder / "shopkeeper.toml").exists():
        return
    progress.start("simulate", 24)
    world = World(LANTING_SEED, scale)
    write(world, folder, START + dt.timedelta(DAYS), every=12, demo=True, told=lambda _: progress.advance(1))
    progress.done()
