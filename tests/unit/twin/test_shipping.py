"""Parcels leave first come, first served, as many as the warehouse can; stores hand over at once."""

from __future__ import annotations

import numpy as np

from shopkeeper.twin.daily.later import length
from shopkeeper.twin.daily.rows import DAY
from shopkeeper.twin.draws import Draws
from shopkeeper.twin.parameters import Parameters, SupplySide
from shopkeeper.twin.supply.shipping import Delays, Shipping


def _goods(orders: list[int], hour: float, shop: int = 0) -> dict[str, np.ndarray]:
    n = len(orders)
    return {
        "order": np.array(orders),
        "line": np.ones(n, dtype=np.int64),
        "shop": np.full(n, shop),
        "person": np.arange(n),
        "province": np.zeros(n, dtype=np.int8),
        "quantity": np.ones(n, dtype=np.int64),
        "paid_at": np.full(n, int(hour * 3600)) + np.arange(n),
    }


def _shipping(parcels: float) -> Shipping:
    return Shipping(Parameters(supply=SupplySide(parcels_a_day=parcels)), Draws(7), 1.0)


def test_what_is_too_much_for_a_day_waits_and_leaves_first() -> None:
    shipping = _shipping(10)
    shipping.ready.put(np.zeros(15, dtype=np.int64), _goods(list(range(100, 115)), 9))
    first, _ = shipping.ship(0, False, Delays())
    assert first["order"].tolist() == list(range(100, 110))
    assert shipping.backlog == 5
    shipping.ready.put(np.ones(8, dtype=np.int64), _goods(list(range(200, 208)), 33))
    second, _ = shipping.ship(1, False, Delays())
    assert second["order"].tolist() == [*range(110, 115), *range(200, 205)]


def test_orders_of_the_evening_leave_the_next_day() -> None:
    shipping = _shipping(100)
    shipping.ready.put(np.zeros(2, dtype=np.int64), _goods([1, 2], 20))
    assert length(shipping.ship(0, False, Delays())[0]) == 0
    out, parcels = shipping.ship(1, False, Delays())
    assert sorted(out["order"].tolist()) == [1, 2]
    assert (parcels["shipped_at"] >= DAY).all()


def test_a_resting_warehouse_ships_little() -> None:
    shipping = _shipping(100)
    shipping.ready.put(np.zeros(50, dtype=np.int64), _goods(list(range(50)), 9))
    assert len(shipping.ship(0, True, Delays())[1]["order"]) == 12


def test_stores_hand_over_at_once_and_without_freight() -> None:
    shipping = _shipping(8)
    shipping.ready.put(np.zeros(20, dtype=np.int64), _goods(list(range(20)), 21, shop=7))
    _, parcels = shipping.ship(0, False, Delays())
    assert (parcels["shipped_at"] == parcels["delivered_at"]).all()
    assert parcels["freight_cost_fen"].sum() == 0


def test_a_late_carrier_delays_its_own_parcels() -> None:
    for delays, late in ((Delays(), False), (Delays({n: 5.0 for n in range(4)}), True)):
        shipping = _shipping(1000)
        shipping.ready.put(np.zeros(300, dtype=np.int64), _goods(list(range(300)), 9))
        _, parcels = shipping.ship(0, False, delays)
        days = (parcels["delivered_at"] - parcels["shipped_at"]).mean() / DAY
        assert bool(days > 5.0) is late
