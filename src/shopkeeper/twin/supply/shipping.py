"""Paid goods wait in one queue; the warehouse ships first come, first served, as many parcels a day as it can."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from shopkeeper.twin.daily.later import Frame, Later, chosen, joined, length
from shopkeeper.twin.daily.rows import DAY
from shopkeeper.twin.draws import Array, Draws
from shopkeeper.twin.parameters import Parameters

_OPENS, _CUT_OFF, _CLOSES = 8 * 3600, 17 * 3600 + 1800, 23 * 3600
_FAR = np.array(
    [2, 2, 2, 2, 3, 3, 3, 2, 2, 2, 2, 3, 2, 3, 3, 3, 3, 2, 3, 4, 4, 4, 3, 4, 4, 6, 5, 5, 5, 6, 7], dtype=np.int64
)  # days on the way, by province
CARRIERS_ONLINE = np.array([0.34, 0.26, 0.22, 0.18])


@dataclass
class Delays:
    """Late carriers: further days on the way, by carrier."""

    days: dict[int, float] = field(default_factory=dict)


class Shipping:
    """The shipping queue of one region. Goods are lines; an order's lines lie together."""

    def __init__(self, parameters: Parameters, draws: Draws, scale: float) -> None:
        self._draws = draws
        self._parcels = max(8.0, parameters.supply.parcels_a_day * scale)
        self._freight = parameters.supply.freight_fen
        self._promise = parameters.of_platforms("promise_hours").astype(np.int64)
        self.ready = Later()
        self.queue: Frame = {}

    @property
    def backlog(self) -> int:
        """Orders paid and not yet shipped, of those that are ready to be."""
        return 0 if not self.queue else len(np.unique(self.queue["order"]))

    def ship(self, day: int, resting: bool, delays: Delays) -> tuple[Frame, Frame]:
        """Goods that leave today with their moments, and their parcels (one an order)."""
        goods = joined([f for f in (self.queue, self.ready.take(day)) if length(f)])
        if not goods:
            return {}, {}
        goods = chosen(goods, np.lexsort((goods["line"], goods["order"], goods["paid_at"])))
        begins = np.concatenate([[True], goods["order"][1:] != goods["order"][:-1]])
        parcel = np.cumsum(begins) - 1
        first = np.flatnonzero(begins)
        paid, shop = goods["paid_at"][first], goods["shop"][first]
        counter = shop == 7
        capacity = int(self._parcels * (0.12 if resting else 1.0))
        in_time = paid < day * DAY + _CUT_OFF
        place = np.cumsum(in_time & ~counter)
        leaves = counter | (in_time & (place <= capacity))
        self.queue = chosen(goods, ~leaves[parcel])
        busy = (_CLOSES - _OPENS) / max(capacity, 1)
        at = day * DAY + _OPENS + (place * busy).astype(np.int64)
        at = np.where(counter, paid, np.maximum(at, paid + 1500))
        parcels = self._parcels_of(chosen(goods, first), at, day, delays)
        parcels["quantity"] = np.add.reduceat(goods["quantity"], first)
        kept = chosen(parcels, leaves)
        out = chosen(goods, leaves[parcel])
        renumbered = (np.cumsum(leaves) - 1)[parcel][leaves[parcel]]
        out["parcel"] = renumbered
        for name in ("shipped_at", "delivered_at", "late_days"):
            out[name] = kept[name][renumbered]
        return out, kept

    def _parcels_of(self, head: Frame, at: Array, day: int, delays: Delays) -> Frame:
        words = self._draws.uniform("carrier", head["order"])
        luck = self._draws.uniform("on the way", head["order"])
        carrier = np.searchsorted(np.cumsum(CARRIERS_ONLINE), words).clip(0, 3)
        shop, province = head["shop"], head["province"].astype(np.int64)
        carrier = np.where(shop == 1, 4, np.where(shop == 7, 5, carrier))
        days = _FAR[province] - (carrier >= 3) + np.floor(-np.log(luck) * 0.55)
        late = np.zeros(len(at))
        for which, extra in delays.days.items():
            late = np.where(carrier == which, extra * (0.5 + self._draws.uniform("carrier late", head["order"])), late)
        transit = np.maximum(0.5, days + late)
        delivered = at + (transit * DAY).astype(np.int64) + (luck * 20_000).astype(np.int64) - 10_000
        counter = shop == 7
        due = head["paid_at"] + self._promise[shop] * 3600
        weight = np.where(carrier == 3, 2.1, np.where(carrier == 4, 1.5, 1.0)) * (1.0 + 0.08 * (_FAR[province] - 2))
        return {
            "order": head["order"],
            "shop": shop,
            "person": head["person"],
            "carrier": carrier,
            "due_at": np.where(counter, at, due),
            "shipped_at": at,
            "delivered_at": np.where(counter, at, delivered),
            "late_days": np.where(counter, 0.0, transit - _FAR[province]),
            "freight_cost_fen": np.where(counter, 0, np.round(self._freight * weight)).astype(np.int64),
        }
