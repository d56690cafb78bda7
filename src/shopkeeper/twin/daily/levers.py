"""What can be decided from outside: the state of every lever, and the prices and offers that follow from it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from shopkeeper.twin.calendar import Days
from shopkeeper.twin.draws import Array, Draws
from shopkeeper.twin.parameters import Parameters
from shopkeeper.twin.supply.catalogue import Catalogue

FEATURED_SHARE = 0.35


@dataclass
class Levers:
    """How the brand is steered at a moment; everything at its neutral value is the world without actions.

    `price`: factor on every price, shape (8, n). `fixed_fen`: prices set, −1 = none, shape (8, n). `budget`: factor on
    advertising, shape (8,). `featured`: articles on the first screen, by shop. `agents`: further service staff.
    `cost_per_mille`, `attention`: factors of incidents, shape (8,). `conversion`: factor on buying, shape (8, 12).
    """

    price: Array
    fixed_fen: Array
    budget: Array = field(default_factory=lambda: np.ones(8))
    featured: dict[int, Array] = field(default_factory=dict)
    agents: int = 0
    cost_per_mille: Array = field(default_factory=lambda: np.ones(8))
    attention: Array = field(default_factory=lambda: np.ones(8))
    conversion: Array = field(default_factory=lambda: np.ones((8, 12), dtype=np.float32))
    payment: Array = field(default_factory=lambda: np.ones(8))
    offers: list[Offer] = field(default_factory=list)

    @classmethod
    def neutral(cls, size: int) -> Levers:
        """Nothing decided."""
        return cls(price=np.ones((8, size)), fixed_fen=np.full((8, size), -1, dtype=np.int64))


@dataclass(frozen=True)
class Offer:
    """A threshold offer: from `threshold_fen` on, `face_fen` off, borne by the merchant (0) or the platform (1)."""

    coupon: int
    shop: int
    threshold_fen: int
    face_fen: int
    bearer: int
    first_day: int
    end_day: int  # half-open


class Prices:
    """Everyday prices, weekly offers, festivals, clearance and whatever the levers say; and what people remember."""

    def __init__(self, parameters: Parameters, draws: Draws, catalogue: Catalogue, days: Days) -> None:
        self._draws = draws
        self._days = days
        self._catalogue = catalogue
        self._level = parameters.of_platforms("price_level")
        self._ordinary = (parameters.of_categories("price")[catalogue.category] * 100.0)[None, :]
        self._memory = parameters.behaviour.memory
        self._gain = parameters.behaviour.gain
        self._loss = parameters.behaviour.loss
        sku, shop = np.arange(catalogue.size)[None, :], np.arange(8)[:, None]
        self._everyday = self._level[:, None] * (1.0 + 0.025 * draws.normal("everyday price", sku, shop))
        self.remembered = self._everyday * catalogue.list_fen[None, :]
        self.clearance = np.zeros(catalogue.size)
        self._week = -1
        self._weekly = np.zeros((8, catalogue.size))

    def standing(self, day: int) -> Array:
        """Prices of a day without levers, fen, shape (8, n)."""
        week = (day + self._days.start.weekday()) // 7
        if week != self._week:
            self._week = week
            sku, shop = np.arange(self._catalogue.size)[None, :], np.arange(8)[:, None]
            drawn = self._draws.uniform("weekly offer", sku, week, shop)
            self._weekly = np.where(drawn < 0.06, 0.10 + 2.6 * drawn, 0.0)
        off = np.maximum(self._weekly, self._days.depth[day])
        off = np.maximum(off, self.clearance[None, :])
        price = self._everyday * (1.0 - off) * self._catalogue.list_fen[None, :]
        rounded: Array = (np.round(price / 100.0) * 100.0).astype(np.int64)
        return rounded

    def asked(self, day: int, levers: Levers) -> Array:
        """Prices of a moment, fen, shape (8, n): at least 1 fen and never above the tag price."""
        price = np.round(self.standing(day) * levers.price).astype(np.int64)
        price = np.where(levers.fixed_fen >= 0, levers.fixed_fen, price)
        return np.clip(price, 1, self._catalogue.list_fen[None, :])

    def felt(self, asked: Array) -> tuple[Array, Array]:
        """Utility of the change against remembered prices, and price in units of the category: each (8, n) float32."""
        change = (self.remembered - asked) / self._ordinary
        surprise = np.where(change > 0, self._gain, self._loss) * change
        return surprise.astype(np.float32), (asked / self._ordinary).astype(np.float32)

    def remember(self, asked: Array) -> None:
        """People slowly take the price for the ordinary one."""
        self.remembered += self._memory * (asked - self.remembered)


def standing_offers(days: Days) -> list[Offer]:
    """The brand's own offers without any action: a small one all year, larger ones at festivals."""
    offers = []
    number = 1
    for shop in range(7):
        offers.append(Offer(number, shop, 29_900, 2_000, 0, 0, days.length))
        number += 1
    for festival in days.festivals:
        if festival.depth < 0.09:
            continue
        first = max(0, (festival.first - days.start).days)
        end = min(days.length, (festival.last - days.start).days + 1)
        for shop in (0, 1, 2, 3, 4, 5):
            offers.append(Offer(number, shop, 30_000, 4_000, 1 if shop in (0, 1) else 0, first, end))
            number += 1
    return offers


def offer_table(offers: list[Offer], day: int) -> tuple[Array, Array, Array, Array]:
    """The offers of a day, the two of each shop that take off most: threshold, face, coupon, bearer; each (8, 2).

    Sorted by threshold; none = a threshold that no basket reaches.
    """
    threshold = np.full((8, 2), 2**40, dtype=np.int64)
    face, coupon, bearer = (np.zeros((8, 2), dtype=np.int64) for _ in range(3))
    for shop in range(8):
        here = [o for o in offers if o.shop == shop and o.first_day <= day < o.end_day and o.face_fen > 0]
        best = sorted(sorted(here, key=lambda o: (-o.face_fen, o.coupon))[:2], key=lambda o: o.threshold_fen)
        for place, offer in enumerate(best):
            threshold[shop, place], face[shop, place] = offer.threshold_fen, offer.face_fen
            coupon[shop, place], bearer[shop, place] = offer.coupon, offer.bearer
    return threshold, face, coupon, bearer
