"""At which prices to sell a stock off by a day: how demand answers to price, and the best path down."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, pdtr

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Sensitivity:
    """How demand falls with the price relative to an article's usual one: units ∝ exp(−slope × relative price).

    `error` is robust to days of one article going together. `elasticity` at the usual price is −slope.
    """

    slope: float
    error: float
    items: int
    cells: int

    @property
    def low(self) -> float:
        """Lower end at 95 %."""
        return self.slope - 1.96 * self.error

    @property
    def high(self) -> float:
        """Upper end at 95 %."""
        return self.slope + 1.96 * self.error


def price_sensitivity(units: Floats, relative_price: Floats, exposure: Floats, item: Ints) -> Sensitivity:
    """How does demand answer to the price, articles compared with themselves alone?

    Model: Poisson with a level for each article, conditioned on its total: the share of its units that falls on a cell is
    proportional to exposure × exp(−slope × relative price). One unknown, Newton's method on a concave likelihood.
    What breaks it: prices that were lowered when demand was high anyway (festivals) make demand look more sensitive than it
    is; give such days to `exposure`.

    Args:
        units: sold in a cell (article × week), shape (n,), >= 0.
        relative_price: price ÷ the article's usual price, shape (n,), > 0.
        exposure: what the cell would sell beside others at one price (days on sale × the shop's level), shape (n,), > 0.
        item: article of the cell, numbered from 0, shape (n,).

    Raises ValueError where no article was sold at two prices.

    Source: Hausman, Hall & Griliches 1984 (fixed-effects Poisson); demand form of Gallego & van Ryzin 1994, section 2.3.
    """
    total: Floats = np.bincount(item, units).astype(np.float64)
    slope = 0.0
    for _ in range(60):  # each step needs the one before
        score, information, scores = _step(units, relative_price, exposure, item, total, slope)
        if not information > 1e-9:
            raise ValueError("no article was sold at two prices")
        change = score / information
        slope += float(np.clip(change, -5.0, 5.0))
        if abs(change) < 1e-10:
            break
    _, information, scores = _step(units, relative_price, exposure, item, total, slope)
    return Sensitivity(slope, math.sqrt(float((scores**2).sum())) / information, int((total > 0).sum()), len(units))


def _step(
    units: Floats, price: Floats, exposure: Floats, item: Ints, total: Floats, slope: float
) -> tuple[float, float, Floats]:
    """Score, information and the score of each article at a slope."""
    weight = exposure * np.exp(-slope * (price - 1.0))
    whole = np.bincount(item, weight)
    mean = np.bincount(item, weight * price) / whole
    square = np.bincount(item, weight * price * price) / whole
    scores = total * mean - np.bincount(item, units * price)
    return float(scores.sum()), float((total * (square - mean * mean)).sum()), scores


@dataclass(frozen=True)
class Path:
    """The best price now for every stock level, what it brings in expectation, and the best single price beside it."""

    price: Floats
    revenue: Floats
    fixed_price: float
    fixed_revenue: float


def best_path(stock: int, horizon: float, rate: float, slope: float, salvage: float = 0.0) -> Path:
    """Which price to ask with n units left and so much time, when buyers come at random and prices may change at any time?

    Model: buyers arrive as a Poisson process of intensity rate × exp(−slope × price). Then, with λ* = rate × exp(−slope ×
    salvage) ÷ e, the expected revenue beyond salvage is J(n) = ln(Σ_{i ≤ n} (λ*·T)^i ÷ i!) ÷ slope, and the best price is
    J(n) − J(n−1) + 1 ÷ slope + salvage.

    Args:
        stock: units left, >= 1. [n]
        horizon: time left, > 0. [T]
        rate: buyers a unit of time at a price of zero, > 0. [a]
        slope: how demand falls with each unit of money, > 0. [α]
        salvage: what a unit brings at the end, >= 0.

    Returns:
        Prices and expected revenues for 1 … stock units left, shape (stock,); salvage of what is left included.

    Source: Gallego & van Ryzin 1994, "Optimal dynamic pricing of inventories with stochastic demand over finite horizons",
    section 2.3, (8) and (9); single price: section 3.

    >>> path = best_path(1, 1.0, math.e, 1.0)
    >>> round(float(path.price[0]), 4), round(float(path.revenue[0]), 4)
    (1.6931, 0.6931)
    """
    if stock < 1 or not (horizon > 0 and rate > 0 and slope > 0):
        raise ValueError(f"stock == {stock}, horizon == {horizon}, rate == {rate}, slope == {slope}: all must be > 0")
    steps = np.arange(stock + 1, dtype=np.float64)
    log_arrivals = math.log(rate) - 1 - slope * salvage + math.log(horizon)
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(steps[1:]))])
    terms = steps * log_arrivals - log_factorial
    sums = np.logaddexp.accumulate(terms)
    beyond = sums / slope
    price = np.diff(beyond) + 1 / slope + salvage
    fixed, fixed_revenue = _single_price(stock, horizon, rate, slope, salvage)
    assert math.isclose(float(sums[-1]), float(logsumexp(terms)), rel_tol=1e-9)
    return Path(price, beyond[1:] + salvage * steps[1:], fixed, fixed_revenue)


def expected_sales(stock: int, demand: float) -> float:
    """Units sold of a stock when demand is Poisson: E[min(n, D)].

    >>> round(expected_sales(1, 1.0), 6)
    0.632121
    """
    ks = np.arange(stock, dtype=np.float64)
    return float((1 - pdtr(ks, demand)).sum())  # Σ P(D > k)


def best_single_price(
    stock: int, horizon: float, rate: float, slope: float, salvage: float, low: float, high: float
) -> tuple[float, float]:
    """The best price between two that never changes, and what it brings in expectation with salvage of what is left.

    On a grid of 201 prices, both ends included: demand outside prices that were ever asked is nobody's knowledge.
    """
    grid = np.linspace(low, high, 201)
    values = [
        p * (sold := expected_sales(stock, rate * horizon * math.exp(-slope * p))) + salvage * (stock - sold)
        for p in grid
    ]
    best = int(np.argmax(values))
    return float(grid[best]), float(values[best])


def _single_price(stock: int, horizon: float, rate: float, slope: float, salvage: float) -> tuple[float, float]:
    """The best price that never changes, whatever it is: searched around the two that bound it."""
    least = 1 / slope + salvage
    runs_out = max((math.log(rate * horizon / stock)) / slope, least) if rate * horizon > stock else least
    return best_single_price(
        stock, horizon, rate, slope, salvage, least * 0.6, max(runs_out, least) * 1.3 + 0.2 / slope
    )
