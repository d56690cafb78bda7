"""Tells a day: what happened becomes records. Nothing here changes the world."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shopkeeper.twin import codes
from shopkeeper.twin.daily.day import Day
from shopkeeper.twin.daily.faults import tell_faults
from shopkeeper.twin.daily.orders import Sales
from shopkeeper.twin.daily.rows import NONE
from shopkeeper.twin.daily.standing import Standing, tell_beginning
from shopkeeper.twin.daily.telling import tell_sales
from shopkeeper.twin.daily.traffic import tell_traffic
from shopkeeper.twin.draws import Array
from shopkeeper.twin.money.books import Books
from shopkeeper.twin.people.accounts import Accounts
from shopkeeper.twin.people.service import tell_service

if TYPE_CHECKING:
    from shopkeeper.twin.world import World

_SERVICE = codes.TEAMS.index("service")


class Teller:
    """The records of a world. What stands (prices, articles …) is told by the first region for all."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._standing = Standing()
        share = 1.0 / max(1, world.number_of_regions)
        self.books = {r.number: Books(r, world.staff, share) for r in world.regions}
        self._accounts = {r.number: Accounts() for r in world.regions}
        for region in world.regions:
            if region.number == 0:
                tell_beginning(world)
            if self._names_people:
                self._accounts[region.number].tell_past(region)

    @property
    def _names_people(self) -> bool:
        return any(self._world.rows.wants(r) for r in ("people", "accounts", "consents"))

    def tell(self, day: Day, sales: Sales) -> None:
        """Everything of one region's day."""
        rows = day.region.rows
        tell_sales(day, sales)
        if any(rows.wants(r) for r in _ATTENTION):
            tell_traffic(day, sales)
        if self._names_people:
            self._accounts[day.region.number].tell(day, sales)
        day.service_staff = self._service(day.day)
        tell_service(day, sales)
        tell_faults(day, sales)
        if any(rows.wants(r) for r in ("bank_lines", "ledger_entries")):
            self.books[day.region.number].tell(day)
        if day.region.number == 0:
            self._standing.tell(day)

    def _service(self, day: int) -> Array:
        """Numbers of the service team that work on a day."""
        staff = self._world.staff
        there = (staff["valid_from"] <= day) & ((staff["left_day"] == NONE) | (staff["left_day"] > day))
        team: Array = staff["staff"][there & (staff["team"] == _SERVICE)]
        return team


_ATTENTION = (
    "visitor_days", "item_days", "sessions", "events", "ad_days", "posts", "post_days", "competitor_prices", "brand_index",
    "bank_lines", "ledger_entries", "reporting_faults",
)  # fmt: skip
