"""What goes into the basket: units of the first article, then further articles while they are worth their money.

A further article that lifts the basket over an offer's threshold costs less by what the offer takes off, and what is in the
basket already makes the rest of the month's money dearer: thresholds and budgets tie categories together.
"""

from __future__ import annotations

import numpy as np

from shopkeeper.twin.daily.choice import Board
from shopkeeper.twin.daily.later import Frame, chosen, joined
from shopkeeper.twin.draws import Array, Draws, gumbel_of, unit
from shopkeeper.twin.parameters import Parameters
from shopkeeper.twin.people.population import Population
from shopkeeper.twin.supply.catalogue import SLOTS, Catalogue

ROUNDS = 3
_IN_VIEW = 4


class Basket:
    """Fills baskets of one region's buyers."""

    def __init__(self, parameters: Parameters, draws: Draws, population: Population, catalogue: Catalogue) -> None:
        self._b = parameters.behaviour
        self._draws = draws
        self._people = population
        self._catalogue = catalogue
        self._several = parameters.of_categories("several")
        self._complement = parameters.partner("complement").astype(np.int8)
        self._money = parameters.of_categories("money_weight").astype(np.float32)
        self._ordinary = parameters.of_categories("price") * 100.0

    def fill(self, buyers: Frame, day: int, board: Board) -> Frame:
        """Lines of all buyers, sorted by owner and round.

        `buyers`: person, platform, sku, other (second choice). Lines: owner (row of buyers), round, sku, other, quantity,
        asked_fen, other_fen.
        """
        people, platform, sku = buyers["person"], buyers["platform"], buyers["sku"]
        rows = np.arange(len(people))
        parts = [self._line(rows, 0, people, platform, sku, buyers["other"], day, board)]
        subtotal = parts[0]["asked_fen"] * parts[0]["quantity"]
        going, category = rows, self._catalogue.category[sku]
        wallet = self._people.wallet_on(people, day, self._b.wallet_days)
        for turn in range(1, ROUNDS + 1):
            found, sku, other, category = self._further(
                turn, people[going], platform[going], category, subtotal[going], wallet[going], day, board
            )
            going, sku, other, category = going[found], sku[found], other[found], category[found]
            if len(going) == 0:
                break
            line = self._line(going, turn, people[going], platform[going], sku, other, day, board)
            subtotal[going] += line["asked_fen"] * line["quantity"]
            parts.append(line)
        lines = joined(parts)
        return chosen(lines, np.argsort(lines["owner"] * (ROUNDS + 1) + lines["round"]))

    def _line(
        self, owner: Array, turn: int, people: Array, platform: Array, sku: Array, other: Array, day: int, board: Board
    ) -> Frame:
        u = self._draws.uniform("units", self._people.numbers[people], day, turn)
        several = self._several[self._catalogue.category[sku]]
        quantity = 1 + np.minimum((np.log(u) / np.log(several)).astype(np.int64), 4)
        return {
            "owner": owner,
            "round": np.full(len(owner), turn, dtype=np.int8),
            "sku": sku,
            "other": other,
            "quantity": quantity,
            "asked_fen": board.asked[platform, sku],
            "other_fen": board.asked[platform, other],
        }

    def _further(
        self, turn: int, people: Array, platform: Array, category: Array, subtotal: Array, wallet: Array, day: int,
        board: Board,
    ) -> tuple[Array, Array, Array, Array]:  # fmt: skip
        """Positions of those who take one more, the article, their second choice, and its category."""
        numbers = self._people.numbers[people]
        u = self._draws.uniform("one more of", numbers, day, turn)
        wanted = np.where(u < 0.45, self._complement[category], category)
        wanted = np.where(u > 0.75, self._people.favourite[turn - 1, people], wanted).astype(np.int8)
        words = self._draws.words("one more", numbers[:, None], day, 16 * turn + np.arange(_IN_VIEW + 1)[None, :])
        sku = self._catalogue.slots[wanted[:, None], (words[:, :_IN_VIEW] & np.uint64(SLOTS - 1)).astype(np.int64)]
        place = platform[:, None].astype(np.int64) * self._catalogue.size + sku
        asked = board.asked.ravel()[place]
        saved = self._saved(platform, subtotal, asked, board)
        weight = self._people.thrift[people] * self._money[wanted]
        burden = board.burden.ravel()[place] - saved / self._ordinary[wanted][:, None]
        utility = board.value.ravel()[place] - weight[:, None] * burden
        spent = (wallet + subtotal / 100.0) / self._b.budget
        nothing = self._b.add_on_outside + 0.8 * self._b.wallet_weight * spent
        total = np.concatenate([utility, nothing[:, None]], axis=1) + gumbel_of(unit(words))
        best = total.argmax(axis=1)
        found = np.flatnonzero(best < _IN_VIEW)
        rows = np.arange(len(people))
        first = sku[rows, np.minimum(best, _IN_VIEW - 1)]
        rest = np.where(sku == first[:, None], -np.inf, total[:, :_IN_VIEW])
        return found, first, sku[rows, rest.argmax(axis=1)], wanted

    @staticmethod
    def _saved(platform: Array, subtotal: Array, asked: Array, board: Board) -> Array:
        """What offers take off more with the article than without, fen."""
        saved = np.zeros(asked.shape)
        with_it = subtotal[:, None] + asked
        for tier in range(2):
            threshold, face = board.threshold[platform, tier][:, None], board.face[platform, tier][:, None]
            saved += np.where((subtotal[:, None] < threshold) & (with_it >= threshold), face, 0)
        return saved
