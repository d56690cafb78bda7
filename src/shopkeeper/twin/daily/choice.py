"""What a candidate does: which platform, which articles come into view, whether one beats buying nothing, and which.

Random utility over a set that attention made: the utility of an article is its appeal there, less the buyer's own weight
of money times its price, plus the surprise against the price remembered; buying nothing has a utility that needs, goodwill,
recent spending and tiredness move. Unseen parts are Gumbel, one for each person, day and place in view.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shopkeeper.twin.daily.attention import NEED
from shopkeeper.twin.daily.later import Frame
from shopkeeper.twin.daily.levers import FEATURED_SHARE, Levers
from shopkeeper.twin.daily.rivals import rival_cuts
from shopkeeper.twin.draws import Array, Draws, gumbel_of, unit
from shopkeeper.twin.parameters import Parameters
from shopkeeper.twin.people.population import Population
from shopkeeper.twin.supply.catalogue import SLOTS, Catalogue

OUT_OF_SIGHT = np.float32(-40.0)
_GREED = 3.0  # who comes for a wrong price means to buy


@dataclass(frozen=True)
class Board:
    """What is shown in a block of hours: prices in fen and as felt, appeal with surprise, offers. Shapes (8, n)."""

    asked: Array
    value: Array  # float32: appeal + surprise, OUT_OF_SIGHT when not on sale
    burden: Array  # float32: price ÷ ordinary price of the category
    threshold: Array
    face: Array
    coupon: Array
    bearer: Array
    levers: Levers


class Choice:
    """The choices of one region's people."""

    def __init__(self, parameters: Parameters, draws: Draws, population: Population, catalogue: Catalogue) -> None:
        self._b = parameters.behaviour
        self._draws = draws
        self._people = population
        self._catalogue = catalogue
        self._level = parameters.of_platforms("price_level")
        self._substitute = parameters.partner("substitute").astype(np.int8)
        self._money = parameters.of_categories("money_weight").astype(np.float32)
        # Categories differ in how often a look ends in a purchase only by taste and price: their sets are equally large.
        self._outside = np.full(12, self._b.outside, dtype=np.float32)

    def platforms(self, people: Array, day: int, depth: Array) -> Array:
        """Where each looks: at home, or on the second platform when it is cheaper or was used last."""
        home, second = self._people.home[people], self._people.second[people]
        lean = -1.9 + self._b.switch * (self._level[home] - self._level[second] + depth[second] - depth[home])
        lean = lean + np.where(self._people.last_platform[people] == second, 1.1, 0.0)
        lean = np.where((second == 7) | (home == 7), lean - 0.5, lean)
        u = self._draws.uniform("where", self._people.numbers[people], day)
        return np.where(u < 1.0 / (1.0 + np.exp(-lean)), second, home).astype(np.int8)

    def outside(self, frame: Frame, category: Array, day: int, urge: float, season: Array) -> Array:
        """Utility of buying nothing, shape (n,) float32."""
        people = frame["person"]
        b = self._b
        wallet = self._people.wallet_on(people, day, b.wallet_days) / b.budget
        nothing = self._outside[category] - b.goodwill_weight * self._people.goodwill[people] + b.wallet_weight * wallet
        source = frame["source"]
        drawn_by = np.array([0.0, b.need, 1.2, _GREED])  # by source: GENERAL, NEED, MESSAGE, BARGAIN
        nothing = nothing - drawn_by[source]
        nothing = nothing + b.rival_weight * rival_cuts(self._draws, day)[category]
        nothing = nothing - urge - np.where(source == NEED, 0.0, 0.35 * season[category])
        utility: Array = nothing.astype(np.float32)
        return utility

    def consider(
        self, frame: Frame, category: Array, platform: Array, day: int, board: Board
    ) -> tuple[Array, Array, Array]:
        """The articles in view, their utilities and the words that drew them; each of shape (n, set size)."""
        people = frame["person"]
        size = self._b.set_size
        words = self._draws.words("view", self._people.numbers[people][:, None], day, np.arange(size)[None, :])
        shelf = np.repeat(category[:, None], size, axis=1)
        shelf[:, size - self._b.sets_from_substitute :] = self._substitute[category][:, None]
        sku = self._catalogue.slots[shelf, (words & np.uint64(SLOTS - 1)).astype(np.int64)]
        before = frame["before"]
        again = before >= 0
        sku[:, 0] = np.where(again, before, sku[:, 0])
        self._feature(sku, people, platform, day, board.levers)
        place = platform[:, None].astype(np.int64) * self._catalogue.size + sku
        weight = self._people.thrift[people] * self._money[category]
        utility = board.value.ravel()[place] - weight[:, None] * board.burden.ravel()[place]
        utility[:, 0] += np.where(again, np.float32(self._b.habit), np.float32(0.0))
        return sku, utility, words

    def _feature(self, sku: Array, people: Array, platform: Array, day: int, levers: Levers) -> None:
        for shop, featured in levers.featured.items():
            here = np.flatnonzero(platform == shop)
            if len(here) == 0 or len(featured) == 0:
                continue
            numbers = self._people.numbers[people[here]]
            seen = self._draws.uniform("first screen", numbers, day) < FEATURED_SHARE
            which = self._draws.below("which on the first screen", len(featured), numbers, day)
            sku[here[seen], 1] = featured[which[seen]]

    def buys(self, frame: Frame, utility: Array, nothing: Array, factor: Array, day: int) -> tuple[Array, Array]:
        """Who buys, and the chance that a visit like this ends in a purchase.

        A general candidate stands for several visits, so the chance of a purchase is as many times that of one visit.
        """
        total = np.exp(utility).sum(axis=1)
        chance = total / (total + np.exp(nothing)) * factor
        u = self._draws.uniform("buy", self._people.numbers[frame["person"]], day)
        return u < chance * frame["weight"], chance

    def best_two(self, sku: Array, utility: Array, words: Array) -> tuple[Array, Array]:
        """The article that each buyer likes best, and the next one should it be sold out."""
        total = utility + gumbel_of(unit(words)).astype(np.float32)
        rows = np.arange(len(total))
        best = total.argmax(axis=1)
        first = sku[rows, best]
        total[sku == first[:, None]] = -np.inf
        return first, sku[rows, total.argmax(axis=1)]
