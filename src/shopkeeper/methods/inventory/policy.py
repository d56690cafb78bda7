"""When to order and how much under uncertain demand: (r, Q), watched all the time, and (s, S), looked at once a period."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, pdtr

from shopkeeper.methods.inventory.lot_size import economic_order_quantity, with_backorders
from shopkeeper.methods.inventory.newsvendor import normal_loss

Floats = NDArray[np.float64]
_TOLERANCE = 1e-10


@dataclass(frozen=True)
class Policy:
    """Order when the position reaches `reorder_point`: `quantity` units, or up to `up_to`; the expected cost a period."""

    reorder_point: float
    quantity: float
    cost: float

    @property
    def up_to(self) -> float:
        """Reorder point and quantity together."""
        return self.reorder_point + self.quantity


@dataclass(frozen=True)
class Continuous:
    """Costs and normal demand of a stock that is watched all the time; rates are a unit of time, such as a year.

    K: cost of one order. h: a unit in stock a unit of time. p: a unit that is waited for, likewise. λ: mean demand and τ its
    standard deviation a unit of time. L: lead time in units of time.
    """

    fixed_cost: float
    holding_cost: float
    stockout_cost: float
    demand_mean: float
    demand_sd: float
    lead_time: float

    def __post_init__(self) -> None:
        for name in ("fixed_cost", "holding_cost", "stockout_cost", "demand_mean", "demand_sd", "lead_time"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} == {getattr(self, name)}, must be > 0")

    @property
    def mean(self) -> float:
        """Expected demand of a lead time."""
        return self.demand_mean * self.lead_time

    @property
    def sd(self) -> float:
        """Its standard deviation."""
        return self.demand_sd * math.sqrt(self.lead_time)

    def rate(self, position: float) -> float:
        """Expected cost a unit of time of starting a lead time at this position: g(y), convex."""
        z = (position - self.mean) / self.sd
        return self.holding_cost * self.sd * (normal_loss(z) + z) + self.stockout_cost * self.sd * normal_loss(z)

    def cost(self, reorder_point: float, quantity: float) -> float:
        """Exact expected cost a unit of time of (r, Q): (K·λ + ∫ g over [r, r+Q]) ÷ Q; Snyder & Shen (5.7)."""
        total = self._integral(reorder_point + quantity) - self._integral(reorder_point)
        return (self.fixed_cost * self.demand_mean + total) / quantity

    def _integral(self, position: float) -> float:
        """An antiderivative of g: with z the standardised position, ∫ loss = −second-order loss."""
        z = (position - self.mean) / self.sd
        second = ((z * z + 1) * _upper(z) - z * _density(z)) / 2
        stock = self.holding_cost * self.sd**2 * (z * z / 2 - second)
        return stock - self.stockout_cost * self.sd**2 * second


def _density(z: float) -> float:
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def _upper(z: float) -> float:
    return math.erfc(z / math.sqrt(2)) / 2


def reorder_point_of(costs: Continuous, quantity: float) -> float:
    """The best reorder point for a given quantity: g(r) = g(r + Q), by bisection (Zheng 1992).

    g is convex, so the difference g(r + Q) − g(r) rises in r; at the newsvendor's level less Q it is not above zero, at the
    level itself not below.
    """
    best = costs.mean + costs.sd * float(ndtri(costs.stockout_cost / (costs.stockout_cost + costs.holding_cost)))
    low, high = best - quantity, best
    while high - low > _TOLERANCE * max(1.0, abs(best)):
        middle = (low + high) / 2
        if costs.rate(middle + quantity) > costs.rate(middle):
            high = middle
        else:
            low = middle
    return (low + high) / 2


def reorder_quantity(costs: Continuous) -> Policy:
    """At which stock to order, and how much, for the least exact expected cost?

    Zheng: at the optimum g(r) = g(r + Q) = cost, so the cost of the best r for each Q falls, then rises; golden section.

    Source: Zheng 1992, Management Science 38(1); Snyder & Shen, section 5.3, Example 5.1.

    >>> policy = reorder_quantity(Continuous(8, 0.225, 7.5, 1300, 150, 1 / 12))
    >>> round(policy.reorder_point, 1), round(policy.quantity, 1), round(policy.cost, 4)
    (126.9, 328.4, 78.0711)
    """
    start = with_backorders(costs.fixed_cost, costs.holding_cost, costs.stockout_cost, costs.demand_mean).quantity

    def cost(quantity: float) -> float:
        return costs.cost(reorder_point_of(costs, quantity), quantity)

    low, high = start / 2, start * 2
    while cost(high * 2) < cost(high):
        high *= 2
    high *= 2
    golden = (math.sqrt(5) - 1) / 2
    left, right = high - golden * (high - low), low + golden * (high - low)
    at_left, at_right = cost(left), cost(right)
    while high - low > 1e-7 * high:
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - golden * (high - low)
            at_left = cost(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + golden * (high - low)
            at_right = cost(right)
    quantity = (low + high) / 2
    point = reorder_point_of(costs, quantity)
    return Policy(point, quantity, costs.cost(point, quantity))


def with_safety_stock(costs: Continuous) -> Policy:
    """The quick rule: the economic order quantity, and safety stock at the newsvendor's level; exact cost beside it.

    Source: Snyder & Shen, section 5.3.2, EOQ+SS.

    >>> policy = with_safety_stock(Continuous(8, 0.225, 7.5, 1300, 150, 1 / 12))
    >>> round(policy.reorder_point, 4), round(policy.quantity, 4)
    (190.337, 304.0468)
    """
    quantity = economic_order_quantity(costs.fixed_cost, costs.holding_cost, costs.demand_mean).quantity
    point = costs.mean + costs.sd * float(ndtri(costs.stockout_cost / (costs.stockout_cost + costs.holding_cost)))
    return Policy(point, quantity, costs.cost(point, quantity))


def with_waiting_customers(costs: Continuous) -> Policy:
    """The order quantity of steady demand with backorders, and the best reorder point for it (Zheng's bound: ≤ 12.5 % dearer).

    >>> policy = with_waiting_customers(Continuous(8, 0.225, 7.5, 1300, 150, 1 / 12))
    >>> round(policy.reorder_point, 4), round(policy.quantity, 4), round(policy.cost, 4)
    (128.6378, 308.5738, 78.2024)
    """
    quantity = with_backorders(costs.fixed_cost, costs.holding_cost, costs.stockout_cost, costs.demand_mean).quantity
    point = reorder_point_of(costs, quantity)
    return Policy(point, quantity, costs.cost(point, quantity))


def min_max_power(
    holding_cost: float, stockout_cost: float, fixed_cost: float, demand_mean: float, demand_sd: float, lead_time: float = 0.0
) -> Policy:  # fmt: skip
    """(s, S) of a stock that is looked at once a period, by the power approximation for normal demand; cost is not told (NaN).

    As the book gives it, without the cap at the newsvendor's level that the paper adds for small quantities.

    Source: Ehrhardt & Mosier 1984, Management Science 30(5); Snyder & Shen, (4.78) to (4.82), Example 4.8.

    >>> policy = min_max_power(0.18, 0.70, 2.5, 50, 8)
    >>> round(policy.reorder_point, 4), round(policy.up_to, 4)
    (40.1946, 74.2902)
    """
    mean, sd = demand_mean * (lead_time + 1), demand_sd * math.sqrt(lead_time + 1)
    quantity = 1.30 * demand_mean**0.494 * (fixed_cost / holding_cost) ** 0.506 * (1 + sd**2 / demand_mean**2) ** 0.116
    z = math.sqrt(quantity * holding_cost / (sd * stockout_cost))
    point = 0.973 * mean + sd * (0.183 / z + 1.063 - 2.192 * z)
    return Policy(point, quantity, math.nan)


def min_max_poisson(holding_cost: float, stockout_cost: float, fixed_cost: float, demand_mean: float) -> Policy:
    """The exactly best (s, S) for Poisson demand that is looked at once a period and delivered at once.

    Args:
        holding_cost: a unit left at the end of a period, > 0. [h]
        stockout_cost: a unit short at the end of a period, > 0. [p]
        fixed_cost: what one order costs, > 0. [K]
        demand_mean: units a period, > 0. [λ]; with a lead time of L whole periods give costs at the demand of L + 1.

    Source: Zheng & Federgruen 1991, Operations Research 39(4); Snyder & Shen, section 4.4.4, Example 4.7.

    >>> policy = min_max_poisson(1, 4, 5, 6)
    >>> policy.reorder_point, policy.up_to, round(policy.cost, 6)
    (4.0, 10.0, 8.034112)
    """
    size = int(demand_mean + 12 * math.sqrt(demand_mean) + 30)
    ks = np.arange(size, dtype=np.float64)
    below: Floats = pdtr(ks, demand_mean)  # P(demand ≤ k)
    chance: Floats = np.diff(below, prepend=0.0)

    def rate(position: int) -> float:
        """Expected cost of a period that begins at this position."""
        left = float(np.maximum(position - ks, 0) @ chance)
        return holding_cost * left + stockout_cost * (left + demand_mean - position)

    renewal = _renewal(chance)
    base = int(ks[np.argmax(below >= stockout_cost / (stockout_cost + holding_cost))])

    def cost(point: int, up_to: int) -> float:
        steps = up_to - point
        total = sum(renewal[j] * rate(up_to - j) for j in range(steps))
        return float((fixed_cost + total) / renewal[:steps].sum())

    up_to, point = base, base - 1
    while cost(point, up_to) > rate(point):
        point -= 1
    best, found = cost(point, up_to), (point, up_to)
    larger = up_to + 1
    while rate(larger) <= best:
        if cost(point, larger) < best:
            while cost(point, larger) <= rate(point + 1):
                point += 1
            best, found = cost(point, larger), (point, larger)
        larger += 1
    return Policy(float(found[0]), float(found[1] - found[0]), float(best))


def _renewal(chance: Floats, size: int = 4096) -> Floats:
    """Expected visits to each number of units below the order-up-to level in a cycle: m(0) = 1 ÷ (1 − p₀), then recursion."""
    size = min(size, 8 * len(chance))
    p = np.zeros(size)
    p[: min(size, len(chance))] = chance[:size]
    visits = np.zeros(size)
    visits[0] = 1 / (1 - p[0])
    for j in range(1, size):  # each value needs all before it
        visits[j] = float(p[1 : j + 1] @ visits[j - 1 :: -1][:j]) / (1 - p[0])
    return visits
