"""The heap above a threshold: a known share lifted is found, none is seen where none is, uneven prices are not taken for one."""

from __future__ import annotations

import numpy as np
import pytest

from shopkeeper.errors import NotEstimable
from shopkeeper.methods.threshold import bunching


def orders(n: int, lifted: float, seed: int, ending: bool = False) -> np.ndarray:
    """Baskets of which this share of those up to 20 % short of 300 is lifted just over it."""
    rng = np.random.default_rng(seed)
    amount = rng.lognormal(np.log(220), 0.6, n)
    if ending:
        amount = np.maximum(np.round(amount / 50) * 50 - 1, 49)
    short = (amount >= 240) & (amount < 300) & (rng.random(n) < lifted)
    return np.where(short, 300 * rng.uniform(1.0, 1.15, n), amount)


@pytest.mark.parametrize("lifted", [0.2, 0.4])
def test_a_known_share_is_found(lifted: float) -> None:
    every = [bunching(orders(30_000, lifted, seed), 300.0) for seed in range(12)]
    assert np.mean([one.lifted_share for one in every]) == pytest.approx(lifted, abs=0.05)
    assert all(one.excess_low > 0 for one in every)
    assert sum(one.lifted_low <= lifted <= one.lifted_high for one in every) >= 9
    # who went above is missing below
    assert np.mean([one.missing / one.excess for one in every]) == pytest.approx(1.0, abs=0.25)


def test_nothing_is_seen_where_nothing_is() -> None:
    every = [bunching(orders(30_000, 0.0, seed), 300.0) for seed in range(60)]
    assert np.mean([one.excess_low <= 0 <= one.excess_high for one in every]) >= 0.88


def test_prices_that_end_alike_widen_the_interval() -> None:
    uneven = [bunching(orders(30_000, 0.0, seed, ending=True), 300.0) for seed in range(12)]
    smooth = bunching(orders(30_000, 0.0, 1), 300.0)
    width = np.mean([one.excess_high - one.excess_low for one in uneven])
    assert width > 3 * (smooth.excess_high - smooth.excess_low)
    assert sum(one.excess_low <= 0 <= one.excess_high for one in uneven) >= 11


def test_too_few_orders_are_refused() -> None:
    with pytest.raises(NotEstimable, match="too few"):
        bunching(orders(900, 0.3, 1), 300.0)
