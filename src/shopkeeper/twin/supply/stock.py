"""Stock of a region by warehouse and article, and who gets the last unit."""

from __future__ import annotations

import numpy as np

from shopkeeper.errors import InternalError
from shopkeeper.twin.draws import Array


class Stock:
    """Units in two warehouses: arrays of shape (2, n).

    `on_hand` is present, `promised` is paid and not yet shipped, `in_transit` is ordered and not received. `unsound`: share of
    faulty units among those present.
    """

    def __init__(self, on_hand: Array, unsound: Array) -> None:
        self.on_hand = on_hand.astype(np.int64)
        self.promised = np.zeros_like(self.on_hand)
        self.in_transit = np.zeros_like(self.on_hand)
        self.unsound = np.broadcast_to(unsound, self.on_hand.shape).copy()
        self.last_received = np.full(self.on_hand.shape, -1, dtype=np.int64)
        self.last_sold = np.full(self.on_hand.shape, -1, dtype=np.int64)
        self.size = self.on_hand.shape[1]

    @property
    def available(self) -> Array:
        """Units that can be sold."""
        return self.on_hand - self.promised

    def admit(self, warehouse: Array, sku: Array, quantity: Array, second: Array) -> Array:
        """Which lines get their units: first come, first served; what they get is promised.

        >>> stock = Stock(np.array([[3], [0]]), np.array([0.0]))
        >>> zero = np.zeros(3, dtype=np.int64)
        >>> stock.admit(zero, zero, np.array([2, 2, 1]), np.array([30, 20, 10]))
        array([False,  True,  True])
        """
        served = self.served(warehouse, sku, quantity, second)
        self.promise(warehouse[served], sku[served], quantity[served])
        return served

    def promise(self, warehouse: Array, sku: Array, quantity: Array) -> None:
        """Set units aside for who has bought them."""
        np.add.at(self.promised, (warehouse, sku), quantity)

    def served(self, warehouse: Array, sku: Array, quantity: Array, second: Array) -> Array:
        """Which lines would get their units, first come, first served. Who is served does not depend on who comes later."""
        key = warehouse.astype(np.int64) * self.size + sku
        available = self.available.ravel()
        wanted = np.bincount(key, weights=quantity, minlength=len(available)).astype(np.int64)
        short = wanted > available
        served = np.ones(len(key), dtype=bool)
        rows = np.flatnonzero(short[key])
        if len(rows):
            rows = rows[np.lexsort((second[rows], key[rows]))]
            ranked, units = key[rows], quantity[rows]
            sums = np.cumsum(units)
            begins = np.concatenate([[True], ranked[1:] != ranked[:-1]])
            before = np.maximum.accumulate(np.where(begins, sums - units, 0))
            served[rows] = sums - before <= available[ranked]
        return served

    def release(self, warehouse: Array, sku: Array, quantity: Array) -> None:
        """Units promised that will not be shipped."""
        np.subtract.at(self.promised, (warehouse, sku), quantity)

    def ship(self, warehouse: Array, sku: Array, quantity: Array, day: int) -> None:
        """Promised units leave."""
        np.subtract.at(self.on_hand, (warehouse, sku), quantity)
        np.subtract.at(self.promised, (warehouse, sku), quantity)
        self.last_sold[warehouse, sku] = day

    def receive(self, warehouse: Array, sku: Array, quantity: Array, unsound: Array, day: int) -> None:
        """Ordered units arrive, one row an article; faulty ones mix with what is there."""
        present = np.maximum(self.on_hand[warehouse, sku], 0)
        mixed = (present * self.unsound[warehouse, sku] + quantity * unsound) / np.maximum(present + quantity, 1)
        self.unsound[warehouse, sku] = mixed
        np.add.at(self.on_hand, (warehouse, sku), quantity)
        np.subtract.at(self.in_transit, (warehouse, sku), quantity)
        self.last_received[warehouse, sku] = day

    def move(self, warehouse: Array, sku: Array, quantity: Array) -> None:
        """Signed units of a transfer, return, loss or adjustment."""
        np.add.at(self.on_hand, (warehouse, sku), quantity)

    def check(self, where: str) -> None:
        """Raise when more is promised than present, or anything is negative: a fault of the world itself."""
        for name, wrong in (
            ("promised", self.promised < 0),
            ("on_hand", self.on_hand < self.promised),
            ("in_transit", self.in_transit < 0),
        ):
            if wrong.any():
                spot = np.argwhere(wrong)[0]
                raise InternalError(
                    f"the twin's stock does not add up: {name}",
                    where=f"{where}, warehouse {spot[0]}, article {spot[1]}",
                    received=(int(self.on_hand[tuple(spot)]), int(self.promised[tuple(spot)])),
                )
