"""A block of hours: candidates look, compare and fill baskets. Nothing here depends on what others do in the same day."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from shopkeeper.twin.calendar import Days
from shopkeeper.twin.daily.attention import GENERAL, Attention
from shopkeeper.twin.daily.basket import Basket
from shopkeeper.twin.daily.choice import OUT_OF_SIGHT, Board, Choice
from shopkeeper.twin.daily.later import Frame, chosen, length
from shopkeeper.twin.daily.levers import Levers, Prices, offer_table
from shopkeeper.twin.daily.looks import Looks, count_looks
from shopkeeper.twin.draws import Array, Draws
from shopkeeper.twin.parameters import Parameters
from shopkeeper.twin.people.population import Population
from shopkeeper.twin.supply.catalogue import Catalogue


@dataclass
class Traffic:
    """Visits of a day by shop: buyers count in full, everyone else by how many visits a candidate stands for."""

    visitors: Array = field(default_factory=lambda: np.zeros(8))
    carting: Array = field(default_factory=lambda: np.zeros(8))
    owned: Array = field(default_factory=lambda: np.zeros(8))
    looks: Looks | None = None  # by article; None = nobody asks


class Selling:
    """Evaluates candidates of one region."""

    def __init__(
        self, parameters: Parameters, draws: Draws, population: Population, catalogue: Catalogue, attention: Attention,
        prices: Prices, days: Days,
    ) -> None:  # fmt: skip
        self._days = days
        self._draws = draws
        self._people = population
        self._catalogue = catalogue
        self._attention = attention
        self._prices = prices
        self._choice = Choice(parameters, draws, population, catalogue)
        self._basket = Basket(parameters, draws, population, catalogue)

    def places(self, frame: Frame, day: int, depth: Array) -> Frame:
        """Where and when each candidate looks, and for what."""
        platform = self._choice.platforms(frame["person"], day, depth)
        return {
            **frame,
            "platform": platform,
            "second": self._attention.seconds(frame["person"], platform, day),
            "category": self._attention.categories(frame, day),
        }

    def board(self, day: int, levers: Levers, sold_out: Array) -> Board:
        """What is shown. `sold_out`: shape (2, n), as of the morning."""
        asked = self._prices.asked(day, levers)
        surprise, burden = self._prices.felt(asked)
        mood = self._catalogue.mood(day, float(self._days.phase[day])).astype(np.float32)
        value = self._catalogue.appeal_at.astype(np.float32) + mood[None, :] + surprise
        hidden = np.repeat(sold_out[:1], 8, axis=0)
        hidden[7] = sold_out[1]
        value[hidden | ~self._catalogue.on_sale(day, float(self._days.phase[day]))[None, :]] = OUT_OF_SIGHT
        threshold, face, coupon, bearer = offer_table(levers.offers, day)
        return Board(asked, value, burden, threshold, face, coupon, bearer, levers)

    def block(
        self, frame: Frame, day: int, urge: float, season: Array, board: Board, traffic: Traffic
    ) -> tuple[Frame, Frame]:
        """Baskets and lines of candidates who look in a block; their visits are added to `traffic`."""
        if length(frame) == 0:
            return {}, {}
        platform, category = frame["platform"], frame["category"]
        nothing = self._choice.outside(frame, category, day, urge, season)
        sku, utility, words = self._choice.consider(frame, category, platform, day, board)
        factor = board.levers.conversion[platform, category]
        buys, chance = self._choice.buys(frame, utility, nothing, factor, day)
        others, cart = self._count(frame, platform, buys, chance, traffic)
        rows = np.flatnonzero(buys)
        first, other = self._choice.best_two(sku[rows], utility[rows], words[rows])
        if traffic.looks is not None:
            bought = np.full(len(buys), -1, dtype=np.int64)
            bought[rows] = first
            numbers = self._people.numbers[frame["person"]]
            count_looks(
                traffic.looks, self._draws, self._catalogue, numbers, day, platform, sku, utility, bought, others, cart
            )
        if len(rows) == 0:
            return {}, {}
        buyers = chosen(frame, rows)
        buyers["sku"], buyers["other"] = first, other
        lines = self._basket.fill(buyers, day, board)
        shop = buyers["platform"]
        baskets: Frame = {
            "person": buyers["person"],
            "platform": shop,
            "second": buyers["second"],
            "source": buyers["source"],
            "need": buyers["need"],
            "payment": board.levers.payment[shop],
            "threshold": board.threshold[shop],
            "face": board.face[shop],
            "coupon": board.coupon[shop],
            "bearer": board.bearer[shop],
        }
        return baskets, lines

    @staticmethod
    def _count(frame: Frame, platform: Array, buys: Array, chance: Array, traffic: Traffic) -> tuple[Array, Array]:
        """Add visits; how many visitors each candidate stands for, and the share of them that fills a cart."""
        weight = frame["weight"]
        others = np.where(buys, 1.0, 0.0) + np.maximum(weight * (1.0 - chance), 0.0) * np.where(
            weight > 1.0, 1.0, ~buys
        )
        traffic.visitors += np.bincount(platform, others, minlength=8)
        cart = np.minimum(0.75, 0.035 + 2.6 * chance)
        traffic.carting += np.bincount(platform, np.where(buys, 1.0, 0.0) + (others - buys) * cart, minlength=8)
        own = frame["source"] != GENERAL
        traffic.owned += np.bincount(platform[own], others[own], minlength=8)
        return others, np.where(buys, 1.0 / np.maximum(others, 1.0) * (1.0 - cart) + cart, cart)
