"""Lost sales, price sensitivity and markdown prices against a known truth."""

from __future__ import annotations

import math

import numpy as np
import pytest

from shopkeeper.methods.lost_sales import lost_sales
from shopkeeper.methods.markdown import best_path, expected_sales, price_sensitivity


def sold(seed: int, stay: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:  # type: ignore[type-arg]
    """Four articles of 200 days; the first is out on every fourth ten days, and `stay` of its buyers take another."""
    rng = np.random.default_rng(seed)
    intensity = np.exp(0.3 * np.sin(np.arange(200) / 9))
    rates = np.array([6.0, 4.0, 3.0, 5.0])
    out = np.zeros((200, 4), dtype=bool)
    out[(np.arange(200) // 10) % 4 == 3, 0] = True
    demand = rng.poisson(rates * intensity[:, None]).astype(np.float64)
    lost = float((rates[0] * intensity)[out[:, 0]].sum())
    moved = rng.binomial(demand[:, 0].astype(int), stay) * out[:, 0]
    units = np.where(out, 0.0, demand)
    units[:, 1:] += rng.multinomial(moved, [1 / 3] * 3)
    return units, out, intensity, lost


def test_the_loss_comes_back_with_and_without_substitution() -> None:
    for stay in (0.0, 0.6):
        inside, shares = 0, []
        for seed in range(30):
            units, out, intensity, lost = sold(seed, stay)
            found = lost_sales(units, ~out, out, intensity)
            inside += bool(found.low[0] <= lost <= found.high[0])
            assert found.recaptured is not None
            shares.append(found.recaptured)
        assert inside >= 25
        assert np.mean(shares) == pytest.approx(stay, abs=0.12)


def test_half_days_teach_nothing_and_lose_nothing() -> None:
    units, out, intensity, _ = sold(1, 0.0)
    half = np.zeros_like(out)
    half[:20] = True
    units[:20] /= 3
    found = lost_sales(units, ~out & ~half, out & ~half, intensity)
    assert found.lost[1:].tolist() == [0.0, 0.0, 0.0]


def test_an_article_that_was_hardly_there_is_not_told() -> None:
    units, out, intensity, _ = sold(1, 0.0)
    there = ~out
    there[10:, 2] = False
    assert math.isnan(lost_sales(units, there, ~there, intensity).lost[2])


def test_the_slope_of_demand_comes_back() -> None:
    rng = np.random.default_rng(2)
    item = np.repeat(np.arange(80), 30)
    price = rng.uniform(0.6, 1.1, len(item))
    exposure = rng.uniform(0.5, 2.0, len(item))
    units = rng.poisson(rng.gamma(2, 2, 80)[item] * exposure * np.exp(-2.5 * (price - 1))).astype(np.float64)
    found = price_sensitivity(units, price, exposure, item)
    assert found.low < 2.5 < found.high
    assert found.error < 0.2
    with pytest.raises(ValueError, match="two prices"):
        price_sensitivity(units, np.ones(len(item)), exposure, item)


def test_the_published_closed_form_solves_its_own_equation() -> None:
    """Gallego & van Ryzin (3): −∂J/∂t = max over p of λ(p)·(p − J(n) + J(n−1)), by differences in time."""
    rate, slope, step = 6.0, 0.05, 1e-5
    for n, t in ((1, 2.0), (3, 1.0), (7, 5.0)):
        now, later = best_path(n, t, rate, slope), best_path(n, t + step, rate, slope)
        change = (later.revenue[n - 1] - now.revenue[n - 1]) / step
        gain = now.revenue[n - 1] - (now.revenue[n - 2] if n > 1 else 0.0)
        prices = np.linspace(0, 300, 60001)
        best = (rate * np.exp(-slope * prices) * (prices - gain)).max()
        assert change == pytest.approx(best, rel=1e-4)


def test_much_stock_goes_at_the_price_that_sells_most_money() -> None:
    """With more stock than could ever sell the best price is 1 ÷ slope, always."""
    path = best_path(400, 10.0, 5.0, 0.1)
    assert path.price[-1] == pytest.approx(10.0, abs=1e-6)
    assert path.fixed_price == pytest.approx(10.0, abs=0.2)
    assert path.revenue[-1] == pytest.approx(path.fixed_revenue, rel=1e-3)


def test_a_price_that_may_change_is_never_worse_than_one_that_may_not() -> None:
    for n in (1, 5, 20):
        path = best_path(n, 4.0, 8.0, 0.08, salvage=2.0)
        assert path.revenue[-1] >= path.fixed_revenue - 1e-9
        assert (np.diff(path.price) < 1e-9).all()  # the more there is, the cheaper
        assert path.price[-1] > 2.0


def test_expected_sales_are_those_of_draws() -> None:
    draws = np.minimum(np.random.default_rng(1).poisson(7.0, 200_000), 5)
    assert expected_sales(5, 7.0) == pytest.approx(draws.mean(), abs=0.01)
