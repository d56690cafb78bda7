"""The settings of the demo shops, written like any shop's: nothing about them is special to the product."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from shopkeeper.errors import InternalError


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
