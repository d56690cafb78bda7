"""The buyer: orders up to a level when stock runs low, from a guess of what will sell; errs, and is carried away by novelty.

Nothing here knows what people really want: the guess is smoothed sales, so a stock-out is taken for want of interest,
and what was bought too much stays. Dead stock and lost sales follow from it.
"""

from __future__ import annotations

import numpy as np

from shopkeeper.twin.daily.later import Frame, Later, chosen
from shopkeeper.twin.draws import Array, Draws
from shopkeeper.twin.parameters import Parameters
from shopkeeper.twin.supply.catalogue import Catalogue
from shopkeeper.twin.supply.dealing import as_normal, dealt
from shopkeeper.twin.supply.stock import Stock

ONLINE, STORE = 0, 1
LEAD_DAYS = np.array([14, 18, 25, 32, 40, 21])


class Buyer:
    """Purchasing of one region, for the online warehouse; the stores are filled from it."""

    def __init__(self, parameters: Parameters, draws: Draws, catalogue: Catalogue, scale: float, region: int) -> None:
        self._s = parameters.supply
        self._draws = draws
        self._catalogue = catalogue
        self._region = region
        self._least = np.maximum(2, np.round(self._s.least_units * np.sqrt(scale))).astype(np.int64)
        self._shown = 1.5 * np.sqrt(scale)  # units that stores show beyond what they sell
        self.lead_days = LEAD_DAYS[catalogue.supplier % len(LEAD_DAYS)]
        guess = dealt(draws, "buyer's belief", catalogue.category, catalogue.appeal)
        self._belief = np.exp(self._s.buyer_error * as_normal(draws, guess))
        self.sold_a_day = np.zeros((2, catalogue.size))
        self.arriving = Later()
        self.delayed_until: dict[int, int] = {}

    def opening(self, expected: Array) -> tuple[Array, Array]:
        """Stock at the start, shape (2, n), and first guesses: what articles were believed to sell, units a day."""
        self.sold_a_day = expected.copy()
        sku = np.arange(self._catalogue.size)
        age = self._draws.uniform("age of stock", sku)
        cover = (self._s.cover_days + self.lead_days) * (0.35 + 0.9 * age) * self._belief
        units = np.round(expected[ONLINE] * cover + self._least * 0.8 * age).astype(np.int64)
        shelf = np.round(expected[STORE] * self._s.store_days + self._shown).astype(np.int64)
        live = self._catalogue.launched < 0
        return np.stack([units * live, shelf * live]), self.sold_a_day

    def learn(self, sold: Array) -> None:
        """A day's sales, shape (2, n): the guess follows over three weeks."""
        self.sold_a_day += 0.045 * (sold - self.sold_a_day)

    def order(self, day: int, stock: Stock, season: Array) -> Frame:
        """Purchase orders of today: every article is looked at once a week, before a launch as well."""
        c = self._catalogue
        sku = np.arange(c.size)
        looked = (sku + day) % 7 == 0
        going_on = (c.launched <= day) & (c.ended - self.lead_days > day)
        level = self.sold_a_day.sum(axis=0) * self._belief * np.exp(0.5 * season[c.category])
        level = level * np.exp(0.18 * self._draws.normal("buyer's mood", sku, day))
        position = stock.available[ONLINE] + stock.in_transit[ONLINE]
        low = level * (self.lead_days + self._s.safety_days)
        wanted = np.where(looked & going_on & (position < low), low + level * self._s.cover_days - position, 0.0)
        launch = c.launched - self.lead_days - 5
        first = (launch == day) | ((day == 0) & (launch < 0) & (c.launched >= 0))
        typical = np.median(self.sold_a_day.sum(axis=0)[c.launched < 0]) if (c.launched < 0).any() else 1.0
        guess = typical * np.exp(0.6 * self._draws.normal("hope", sku)) * self._s.hype
        wanted = np.where(first, guess * self._s.cover_days, wanted)
        units = np.where(wanted > 0, np.maximum(wanted, self._least), 0.0)
        step = np.maximum(1, self._least // 4)
        return self._placed((np.round(units / step) * step).astype(np.int64), day)

    def demanded(self, sku: Array, quantity: Array, day: int) -> Frame:
        """Purchase orders that somebody decided from outside."""
        units = np.zeros(self._catalogue.size, dtype=np.int64)
        np.add.at(units, sku, quantity)
        return self._placed(units, day, kind=1)

    def _placed(self, units: Array, day: int, kind: int = 0) -> Frame:
        sku = np.flatnonzero(units > 0)
        late = np.floor(-np.log(self._draws.uniform("supplier late", sku, day)) * 3.0).astype(np.int64)
        late -= (self._draws.uniform("supplier early", sku, day) < 0.3).astype(np.int64)
        received = day + np.maximum(3, self.lead_days[sku] + late)
        for article, until in self.delayed_until.items():
            received = np.where((sku == article) & (received < until), until, received)
        base = 1.0 - self._catalogue.quality[sku]
        unsound = np.minimum(0.5, base * np.exp(0.5 * self._draws.normal("batch", sku, day)))
        frame: Frame = {
            "purchase": (day + 1) * 10_000_000 + self._region * 100_000 + kind * 50_000 + sku,
            "sku": sku,
            "supplier": self._catalogue.supplier[sku],
            "warehouse": np.zeros(len(sku), dtype=np.int64),
            "ordered_day": np.full(len(sku), day),
            "due_day": day + self.lead_days[sku],
            "quantity": units[sku],
            "unit_cost_fen": self._catalogue.cost_of(day)[sku],
            "received_day": received,
            "true_defect_share": unsound,
        }
        self.arriving.put(received, frame)
        return frame

    def refill(self, stock: Stock, day: int) -> Frame:
        """Units that go from the warehouse to the stores today: Mondays and Thursdays."""
        if day % 7 not in (0, 3):
            return {}
        aim = np.round(self.sold_a_day[STORE] * self._s.store_days + self._shown).astype(np.int64)
        short = np.where(self._catalogue.launched <= day, aim - stock.on_hand[STORE], 0)
        spare = stock.available[ONLINE] * 6 // 10
        units = np.minimum(short, spare)
        sku = np.flatnonzero((units > 0) & (short * 3 >= aim))
        return chosen({"sku": np.arange(len(units)), "quantity": units}, sku)

    def clearance(self, stock: Stock, day: int) -> Array:
        """Discount shares that clear what lies too long; the buyer sees only part of it, and late."""
        rate = np.maximum(self.sold_a_day.sum(axis=0), 1e-3)
        long = stock.on_hand.sum(axis=0) / rate > 260.0
        seen = self._draws.uniform("clearance seen", np.arange(self._catalogue.size), day // 56) < 0.35
        ended = self._catalogue.ended <= day
        return np.where((long & seen) | ended, 0.30, 0.0)
