"""What happens after a parcel has arrived: satisfaction, returns and their causes, confirmation, reviews.

Everything is settled when the parcel leaves and dated into the future; a line has at most one refund.
"""

from __future__ import annotations

import numpy as np

from shopkeeper.twin.daily.later import Frame, chosen
from shopkeeper.twin.daily.rows import DAY
from shopkeeper.twin.draws import Array, Draws, halves
from shopkeeper.twin.parameters import Parameters
from shopkeeper.twin.people.population import Population
from shopkeeper.twin.supply.catalogue import Catalogue

REMORSE, FIT, DEFECT, DAMAGE, LATE, FRAUD = range(6)
RETURN, REFUND_ONLY, BEFORE_SHIPMENT = range(3)
# Reasons that buyers state (rows: true cause), as shares of codes.REFUND_REASONS.
_STATED = np.array(
    [
        [0.58, 0.05, 0.03, 0.01, 0.12, 0.20, 0.00, 0.01],
        [0.20, 0.68, 0.01, 0.00, 0.08, 0.03, 0.00, 0.00],
        [0.12, 0.01, 0.70, 0.06, 0.10, 0.01, 0.00, 0.00],
        [0.05, 0.00, 0.20, 0.72, 0.01, 0.00, 0.00, 0.02],
        [0.30, 0.00, 0.00, 0.00, 0.02, 0.28, 0.40, 0.00],
        [0.00, 0.00, 0.55, 0.10, 0.15, 0.00, 0.00, 0.20],
    ]
)
DAMAGE_CHANCE = 0.0035


class AfterSales:
    """After-sales of one region."""

    def __init__(self, parameters: Parameters, draws: Draws, population: Population, catalogue: Catalogue) -> None:
        self._b = parameters.behaviour
        self._draws = draws
        self._people = population
        self._catalogue = catalogue
        self._fit = parameters.of_categories("fit")
        self._remorse = parameters.of_categories("remorse")
        self._impulse = parameters.of_platforms("impulse")
        self._stated = np.cumsum(_STATED, axis=1)

    def settle(self, goods: Frame, unsound: Array, fraud: Array, festive: bool) -> tuple[Frame, Array]:
        """Refunds of goods that leave today, and the moment at which each line's order is confirmed.

        `unsound`: share of faulty units by warehouse and article; `fraud`: chance of a false claim by shop, shape (8,).
        """
        shop, sku = goods["shop"], goods["sku"]
        category = self._catalogue.category[sku]
        line_key = goods["order"] * 10 + goods["line"]
        u = self._draws.uniform("return", line_key)
        first, second = halves(self._draws.words("return details", line_key))
        chances = np.empty((6, len(u)))
        chances[REMORSE] = self._remorse[category] * self._impulse[shop] * (1.35 if festive else 1.0)
        chances[FIT] = self._fit[category] * np.where(shop == 7, 0.15, 1.0)
        faulty = np.minimum(1.0, unsound[(shop == 7).astype(np.int64), sku] * goods["quantity"])
        chances[DEFECT] = 0.75 * faulty
        chances[DAMAGE] = np.where(shop == 7, 0.0, DAMAGE_CHANCE)
        chances[LATE] = 0.06 * (goods["late_days"] > 4.0)
        chances[FRAUD] = fraud[shop]
        chances *= ~goods["is_brushing"]
        sums = np.cumsum(chances, axis=0)
        cause = (u[None, :] >= sums).sum(axis=0)
        bad = (cause == DEFECT) | (cause == DAMAGE) | (cause == LATE)
        # The last experience counts most.
        self._people.goodwill[goods["person"]] = np.clip(
            0.72 * self._people.goodwill[goods["person"]]
            + np.where(bad, self._b.bad_delivery, self._b.sound_delivery)
            - 0.12 * (goods["late_days"] > 2.5),
            -3.0,
            1.6,
        )
        confirmed = goods["delivered_at"] + np.where(shop == 7, 0, (DAY * (0.2 + 9.8 * first**2))).astype(np.int64)
        back = cause < 6
        refunds = self._refunds(
            chosen(goods, back), cause[back], category[back], first[back], second[back], line_key[back]
        )
        return refunds, confirmed

    def _refunds(
        self, goods: Frame, cause: Array, category: Array, first: Array, second: Array, line_key: Array
    ) -> Frame:
        asked = goods["delivered_at"] + (DAY * (0.05 + 6.6 * first**1.5)).astype(np.int64)
        asked = np.where(goods["shop"] == 7, asked + DAY, asked)
        money_only = (cause == FRAUD) | ((cause == DEFECT) & (second < 0.35)) | ((cause == DAMAGE) & (second < 0.55))
        money_only |= (category == 2) & (cause != REMORSE)
        rejected = ((cause == FRAUD) & (second > 0.82)) | ((cause == REMORSE) & (second > 0.985))
        granted = asked + np.where(money_only, 1800 + second * DAY, DAY * (2.0 + 3.5 * second)).astype(np.int64)
        stated = (self._draws.uniform("stated", line_key)[:, None] >= self._stated[cause]).sum(axis=1).clip(0, 7)
        # Faulty goods that money alone makes good are refunded in part.
        part = np.where(money_only & (cause == DEFECT), 0.4, 1.0)
        amount = np.where(rejected, 0, np.round(goods["payable_fen"] * part)).astype(np.int64)
        returned = np.where(money_only | rejected, 0, goods["quantity"])
        resold = np.where((cause == REMORSE) | (cause == FIT) | (cause == LATE), second < 0.93, False)
        return {
            "refund": line_key,
            "order": goods["order"],
            "line": goods["line"],
            "sku": goods["sku"],
            "shop": goods["shop"],
            "person": goods["person"],
            "requested_at": asked,
            "at": granted,
            "quantity": returned,
            "amount_fen": amount,
            "receivable_fen": np.where(rejected, 0, np.round(goods["receivable_fen"] * part)).astype(np.int64),
            "kind": np.where(money_only, REFUND_ONLY, RETURN),
            "status": rejected.astype(np.int64),
            "reason": stated,
            "true_cause": cause,
            "resold": resold,
            "unit_cost_fen": goods["unit_cost_fen"],
            "live": goods["live"],
        }
