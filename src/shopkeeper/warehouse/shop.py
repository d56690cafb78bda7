"""A shop folder, opened: its settings, its inbox and its lake."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path

from shopkeeper.core.settings import EngineName, ShopSettings, read_settings, resolved
from shopkeeper.state import State, default_state_url, open_state
from shopkeeper.warehouse.lake import Lake
from shopkeeper.warehouse.schema import ensure_schema, shadows_of_missing


@dataclass(frozen=True)
class Shop:
    """One business: a folder with `shopkeeper.toml`, `inbox/` and `data/`."""

    folder: Path
    settings: ShopSettings
    lake: Lake

    @property
    def id(self) -> str:
        """The short name that commands, roles and the API use."""
        return self.settings.shop.id

    @property
    def inbox(self) -> Path:
        """Where exports are dropped."""
        return self.folder / "inbox"

    @property
    def data_dir(self) -> Path:
        """Where the lake, the catalog, the state and raw copies are kept."""
        return self.folder / "data"

    def computed_by(self, engine: EngineName | None) -> Shop:
        """The same shop, its matrix computed by this engine; None leaves the shop's own setting."""
        if engine is None:
            return self
        chosen = self.settings.engine.model_copy(update={"name": engine})
        return replace(self, settings=self.settings.model_copy(update={"engine": chosen}))

    def close(self) -> None:
        """Let go of the lake."""
        self.lake.close()


def open_shop(folder: Path, *, as_of: int | dt.date | None = None, read_only: bool = False) -> Shop:
    """Open a shop folder; its lake is made or migrated when needed, then reopened for reading only when asked.

    `as_of` is a snapshot, or a day of the shop: the last snapshot of that day or before.
    Raises ConfigError when the folder or its settings cannot be used, UsageError when snapshot `as_of` is gone.
    """
    settings = read_settings(folder)
    data_dir = folder.resolve() / "data"
    lake = Lake(data_dir, settings.warehouse, schema=settings.shop.id)
    try:
        ensure_schema(lake)
        if isinstance(as_of, dt.date):
            as_of = lake.snapshot_on(as_of, settings.shop.timezone)
        elif as_of is not None:
            lake.require_snapshot(as_of)
        if as_of is not None or read_only:
            lake.close()
            lake = Lake(data_dir, settings.warehouse, schema=settings.shop.id, as_of=as_of, read_only=read_only)
        if as_of is not None:
            lake.shadows = shadows_of_missing(lake)
            lake.forget_cursors()
    except BaseException:
        lake.close()
        raise
    return Shop(folder.resolve(), settings, lake)


def open_shop_state(shop: Shop) -> State:
    """The operational state that a shop's settings name."""
    url = resolved(shop.settings.state.url, where="shopkeeper.toml, key state.url")
    return open_state(url or default_state_url(shop.data_dir))
