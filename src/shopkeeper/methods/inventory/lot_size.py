"""Economic order quantities: how much to order at once when demand is steady."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class LotSize:
    """A lot in units and what it costs a period; `backorder_share` is the part of demand that waits."""

    quantity: float
    cost: float
    backorder_share: float = 0.0


def _positive(**values: float) -> None:
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"{name} == {value}, must be > 0")


def economic_order_quantity(fixed_cost: float, holding_cost: float, demand_rate: float) -> LotSize:
    """How much to order at once so that ordering and holding together cost least?

    Model: Q = √(2·K·λ ÷ h), cost √(2·K·λ·h); demand is steady and nothing runs out.

    Args:
        fixed_cost: what one order costs, whatever its size, > 0. [K]
        holding_cost: what one unit costs a period that it lies there, > 0. [h]
        demand_rate: units a period, > 0. [λ]

    Source: Harris 1913; Snyder & Shen, Fundamentals of Supply Chain Theory, 2nd ed., (3.4) and (3.5), Example 3.1.

    >>> lot = economic_order_quantity(8, 0.225, 1300)
    >>> round(lot.quantity, 4), round(lot.cost, 4)
    (304.0468, 68.4105)
    """
    _positive(fixed_cost=fixed_cost, holding_cost=holding_cost, demand_rate=demand_rate)
    return LotSize(
        math.sqrt(2 * fixed_cost * demand_rate / holding_cost), math.sqrt(2 * fixed_cost * demand_rate * holding_cost)
    )


def with_backorders(fixed_cost: float, holding_cost: float, stockout_cost: float, demand_rate: float) -> LotSize:
    """The same where customers wait, at a cost for each unit and period that they do.

    Model: Q = √(2·K·λ·(h+p) ÷ (h·p)), share that waits h ÷ (h+p).

    Args:
        fixed_cost: what one order costs, > 0. [K]
        holding_cost: a unit and period in stock, > 0. [h]
        stockout_cost: a unit and period that somebody waits for it, > 0. [p]
        demand_rate: units a period, > 0. [λ]

    Source: Snyder & Shen, section 3.5, Example 3.5.

    >>> lot = with_backorders(8, 0.225, 5, 1300)
    >>> round(lot.quantity, 3), round(lot.cost, 3), round(lot.backorder_share, 4)
    (310.813, 66.921, 0.0431)
    """
    _positive(fixed_cost=fixed_cost, holding_cost=holding_cost, stockout_cost=stockout_cost, demand_rate=demand_rate)
    both = holding_cost + stockout_cost
    return LotSize(
        math.sqrt(2 * fixed_cost * demand_rate * both / (holding_cost * stockout_cost)),
        math.sqrt(2 * fixed_cost * demand_rate * holding_cost * stockout_cost / both),
        holding_cost / both,
    )


def economic_production_quantity(
    fixed_cost: float, holding_cost: float, demand_rate: float, production_rate: float
) -> LotSize:
    """How much to make at once when it arrives as fast as it is made, not in one piece?

    Model: the order quantity with h·(1 − λ ÷ μ) in place of h.

    Args:
        fixed_cost: what one set-up costs, > 0. [K]
        holding_cost: a unit and period in stock, > 0. [h]
        demand_rate: units a period, > 0. [λ]
        production_rate: units a period, > demand_rate. [μ]

    Source: Taft 1918; Snyder & Shen, section 3.6, Example 3.6.

    >>> lot = economic_production_quantity(8, 0.225, 1300, 1700)
    >>> round(lot.quantity, 3), round(lot.cost, 3)
    (626.808, 33.184)
    """
    _positive(demand_rate=demand_rate)
    if not production_rate > demand_rate:
        raise ValueError(f"production_rate == {production_rate}, must be > demand_rate == {demand_rate}")
    return economic_order_quantity(fixed_cost, holding_cost * (1 - demand_rate / production_rate), demand_rate)
