"""Amounts of orders: discounts spread to the fen, numbers that hide their buyers."""

from __future__ import annotations

import numpy as np

from shopkeeper.twin.daily.checkout import order_numbers, spread
from shopkeeper.twin.draws import Draws


def test_a_discount_is_spread_over_lines_without_losing_a_fen() -> None:
    weight = np.array([100, 100, 100, 50, 1])
    starts, owner = np.array([0, 3]), np.array([0, 0, 0, 1, 1])
    parts = spread(np.array([100, 7]), weight, starts, owner)
    assert parts.tolist() == [33, 33, 34, 6, 1]


def test_a_discount_of_an_order_without_value_is_nothing() -> None:
    assert spread(np.array([0]), np.array([0]), np.array([0]), np.array([0])).tolist() == [0]


def test_order_numbers_are_distinct_and_have_18_digits() -> None:
    people = np.tile(np.arange(40_000), 2)
    shop = np.repeat([0, 7], 40_000)
    numbers = order_numbers(Draws(7), shop, 12, people, np.zeros(80_000, dtype=np.int64))
    assert len(np.unique(numbers)) == 80_000
    assert numbers.min() >= 10**17
    assert numbers.max() < 10**18


def test_order_numbers_of_neighbours_and_of_one_person_at_two_shops_show_no_link() -> None:
    people = np.arange(10_000)
    kind = np.zeros(10_000, dtype=np.int64)
    one = order_numbers(Draws(7), np.zeros(10_000, dtype=np.int64), 12, people, kind) % 10**10
    two = order_numbers(Draws(7), np.full(10_000, 3), 12, people, kind) % 10**10
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.05
    assert abs(np.corrcoef(one, people)[0, 1]) < 0.05
