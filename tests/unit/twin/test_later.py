"""Rows kept for another day come back on that day, once, in their order."""

from __future__ import annotations

import numpy as np

from shopkeeper.twin.daily.later import Later, length


def test_every_row_comes_back_on_its_day_in_the_order_it_was_put() -> None:
    later = Later()
    rng = np.random.default_rng(3)
    put: list[tuple[int, int]] = []
    for day in range(120):
        days = day + 1 + rng.integers(0, 60, size=20)
        numbers = np.arange(20) + 1000 * day
        later.put(days, {"number": numbers})
        put += list(zip(days.tolist(), numbers.tolist(), strict=True))
        taken = later.take(day)
        expected = [n for d, n in put if d == day]
        assert sorted(taken.get("number", np.empty(0)).tolist()) == expected
    assert sum(length(f) for f in later.rest()) == sum(d > 119 for d, _ in put)


def test_a_day_without_rows_is_empty() -> None:
    assert Later().take(5) == {}
