"""The live side of the shops of one server: what takes events in, what brings them on, and what shows them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from shopkeeper.ingest.events.intake import EventIntake
from shopkeeper.ingest.events.keeper import Keeper
from shopkeeper.ingest.events.today import Today
from shopkeeper.warehouse.shop import Shop


class LiveShops:
    """One intake and one view of today a shop, made when first asked for. `start` lets journals flow by themselves."""

    def __init__(self, shops: tuple[Shop, ...]) -> None:
        self.shops = shops
        self.leaving: Callable[[], bool] = lambda: False
        self._lock = threading.Lock()
        self._intakes: dict[Path, EventIntake] = {}
        self._todays: dict[Path, Today] = {}
        self._keepers: list[Keeper] = []

    def intake(self, shop: Shop) -> EventIntake:
        """Where a shop's events come in."""
        with self._lock:
            found = self._intakes.get(shop.data_dir)
            if found is None:
                found = self._intakes[shop.data_dir] = EventIntake(shop)
            return found

    def today(self, shop: Shop) -> Today:
        """A shop's day so far."""
        with self._lock:
            found = self._todays.get(shop.data_dir)
            if found is None:
                found = self._todays[shop.data_dir] = Today(shop)
            return found

    def start(self, around: Callable[[Shop], AbstractContextManager[None]]) -> None:
        """Let every shop's journal flow into its lake, each time inside `around`."""
        self._keepers = [Keeper(self.intake(shop), around=around) for shop in self.shops]
        for keeper in self._keepers:
            keeper.start()

    def stop(self) -> None:
        """End the threads, and write what waits."""
        for keeper in self._keepers:
            keeper.stop()
        for intake in self._intakes.values():
            intake.close()
        for today in self._todays.values():
            today.close()
