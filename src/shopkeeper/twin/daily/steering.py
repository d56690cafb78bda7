"""Actions and incidents along time: what the levers are at a moment, and at which seconds of a day they change."""

from __future__ import annotations

import numpy as np

from shopkeeper.twin.actions import (
    BuyStock,
    FeatureArticles,
    OfferCoupon,
    SendMessages,
    SetBudget,
    SetPrice,
    StaffService,
    Timed,
)
from shopkeeper.twin.daily.levers import Levers, Offer
from shopkeeper.twin.daily.rows import DAY
from shopkeeper.twin.incidents import Incident, apply, boundaries
from shopkeeper.twin.supply.catalogue import Catalogue


class Steering:
    """Everything decided so far, and everything that goes wrong."""

    def __init__(self, catalogue: Catalogue, incidents: tuple[Incident, ...], offers: list[Offer]) -> None:
        self._catalogue = catalogue
        self.incidents = incidents
        self._offers = offers
        self.timed: list[Timed] = []

    def decide(self, timed: Timed) -> None:
        """Take an action; it holds from its moment on."""
        self.timed.append(timed)

    def boundaries(self, day: int) -> list[int]:
        """Seconds of a day at which something begins or ends, in order."""
        found = set(boundaries(self.incidents, day))
        for timed in self.timed:
            ends = getattr(timed.action, "days", None)
            for moment in (timed.at, timed.at + ends * DAY if ends is not None else -1):
                if moment // DAY == day and moment % DAY:
                    found.add(moment % DAY)
        return sorted(found)

    def levers(self, second: int) -> Levers:
        """The levers at a second of the world."""
        levers = Levers.neutral(self._catalogue.size)
        levers.offers = self.offers(second)
        for timed in self.timed:
            if timed.on(second):
                self._pull(levers, timed)
        apply(self.incidents, levers, second, self._catalogue.list_fen)
        return levers

    def offers(self, second: int) -> list[Offer]:
        """Standing offers and those that were decided; an offer that takes off nothing is none."""
        found = list(self._offers)
        for number, timed in enumerate(self.timed):
            action = timed.action
            if isinstance(action, OfferCoupon) and action.face_fen > 0 and timed.at <= second:
                day = timed.at // DAY
                found.append(
                    Offer(
                        10_000 + number, action.shop, action.threshold_fen, action.face_fen, 0, day, day + action.days
                    )
                )
        return found

    @staticmethod
    def _pull(levers: Levers, timed: Timed) -> None:
        match timed.action:
            case SetPrice(skus, shops, factor, fen):
                rows = np.array(shops or range(8))[:, None]
                columns = np.array(skus or range(levers.price.shape[1]))[None, :]
                if fen is None:
                    levers.price[rows, columns] *= factor
                else:
                    levers.fixed_fen[rows, columns] = fen
            case SetBudget(factor, shops):
                levers.budget[list(shops or range(8))] *= factor
            case FeatureArticles(shop, skus):
                levers.featured[shop] = np.array(skus, dtype=np.int64)
            case StaffService(agents):
                levers.agents += agents
            case OfferCoupon() | SendMessages() | BuyStock():
                pass  # offers are looked up above; messages and purchase orders happen once: see Region

    def once(self, day: int, kind: type) -> list[Timed]:
        """Messages or purchase orders of a day, in the order of their moments."""
        found = [t for t in self.timed if isinstance(t.action, kind) and t.at // DAY == day]
        return sorted(found, key=lambda t: t.at)
