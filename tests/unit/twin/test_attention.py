"""Advertising saturates, fades and carries over; wants are drawn once a person and day."""

from __future__ import annotations

import datetime as dt

import numpy as np

from shopkeeper.twin.daily.attention import Awareness
from shopkeeper.twin.parameters import Parameters
from shopkeeper.twin.world import World


def _intensity(spend: list[float]) -> list[float]:
    awareness = Awareness(Parameters())
    people = np.full(8, 100_000.0)
    found = []
    for cny in spend:
        awareness.advertise(np.full(8, cny), people, np.ones(8), np.zeros(8))
        found.append(float(awareness.intensity()[0][0]))
    return found


def test_twice_the_money_brings_less_than_twice_the_attention() -> None:
    none, some, more = (_intensity([cny] * 60)[-1] for cny in (0.0, 3000.0, 6000.0))
    assert none < some < more
    assert more - some < 0.8 * (some - none)


def test_advertising_fades_over_days_and_not_at_once() -> None:
    path = _intensity([6000.0] * 60 + [0.0] * 40)
    assert path[60] > 0.9 * path[59]
    assert path[60] > path[70] > path[99]
    assert path[99] < 0.75 * path[59]


def test_exposure_grows_with_money_and_never_falls() -> None:
    awareness = Awareness(Parameters())
    before = awareness.exposure.copy()
    awareness.advertise(np.zeros(8), np.full(8, 1e5), np.ones(8), np.zeros(8))
    assert (awareness.exposure == before).all()
    awareness.advertise(np.full(8, 5000.0), np.full(8, 1e5), np.ones(8), np.zeros(8))
    assert (awareness.exposure > before).all()


def test_nobody_places_two_plain_orders_on_one_day() -> None:
    world = World(3, 0.01, dt.date(2024, 11, 8), days=6)
    rows = world.step(6).tables["orders"].select(["person", "placed_at", "order_type", "is_brushing"]).to_pylist()
    plain = [
        (r["person"], r["placed_at"].date()) for r in rows if r["order_type"] != "subscription" and not r["is_brushing"]
    ]
    assert len(plain) > 100
    assert len(plain) == len(set(plain))


def test_a_day_on_which_nobody_looks_is_a_day() -> None:
    world = World(7, 0.0001, incidents=())
    days = [world.step(1).tables for _ in range(12)]
    visitors = [sum(day["visitor_days"]["visitors"].to_pylist()) for day in days]
    assert min(visitors) == 0
    assert max(visitors) > 0
