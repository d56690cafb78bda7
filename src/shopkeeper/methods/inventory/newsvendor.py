"""One purchase for an uncertain season, and safety stock for an uncertain lead time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Newsvendor:
    """Stock to have in units, its expected cost a period, and how likely it is enough."""

    base_stock: float
    cost: float
    critical_ratio: float


def normal_loss(z: float) -> float:
    """How much a standard normal exceeds z on average: φ(z) − z·(1 − Φ(z)).

    >>> round(normal_loss(0.0), 6)
    0.398942
    """
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return density - z * float(ndtr(-z))


def newsvendor_normal(
    holding_cost: float, stockout_cost: float, demand_mean: float, demand_sd: float, lead_time: float = 0.0
) -> Newsvendor:
    """How much to have at the start of a period whose demand is normal?

    Model: S = μ + σ·Φ⁻¹(p ÷ (p+h)); cost (h+p)·φ(z)·σ. With a lead time of L periods demand is that of L + 1 periods.

    Args:
        holding_cost: a unit left over, > 0. [h]
        stockout_cost: a unit short, > 0. [p]
        demand_mean: units a period. [μ]
        demand_sd: its standard deviation, > 0. [σ]
        lead_time: periods, ≥ 0. [L]

    Source: Arrow, Harris & Marschak 1951; Snyder & Shen, (4.24) and (4.30), Example 4.3.

    >>> found = newsvendor_normal(0.18, 0.70, 50, 8)
    >>> round(found.base_stock, 3), round(found.cost, 4)
    (56.604, 1.9976)
    """
    _check(holding_cost, stockout_cost)
    if not demand_sd > 0 or lead_time < 0:
        raise ValueError(f"demand_sd == {demand_sd}, must be > 0; lead_time == {lead_time}, must be >= 0")
    ratio = stockout_cost / (stockout_cost + holding_cost)
    z = float(ndtri(ratio))
    mean, sd = demand_mean * (lead_time + 1), demand_sd * math.sqrt(lead_time + 1)
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return Newsvendor(mean + z * sd, (holding_cost + stockout_cost) * density * sd, ratio)


def newsvendor_observed(holding_cost: float, stockout_cost: float, demand: Floats) -> Newsvendor:
    """The same from demands that were observed, without a distribution assumed.

    The smallest observed demand whose empirical distribution reaches the critical ratio, and its mean cost over the sample.

    Args:
        holding_cost: a unit left over, > 0. [h]
        stockout_cost: a unit short, > 0. [p]
        demand: units a period, shape (n_periods,), n_periods > 0, no NaN.

    Source: Snyder & Shen, section 4.3.2.7, discrete demand: smallest S with F(S) ≥ p ÷ (p+h).
    """
    _check(holding_cost, stockout_cost)
    ratio = stockout_cost / (stockout_cost + holding_cost)
    stock = float(np.quantile(demand, ratio, method="inverted_cdf"))
    cost = holding_cost * np.maximum(stock - demand, 0).mean() + stockout_cost * np.maximum(demand - stock, 0).mean()
    return Newsvendor(stock, float(cost), ratio)


def safety_stock(
    demand_sd: Floats, lead_time: Floats, service_level: float, *, demand_mean: Floats, lead_time_sd: Floats
) -> Floats:
    """How many units to keep against a demand and a lead time that vary, for a chance of no stock-out in a cycle?

    Model: z·√(L·σ² + μ²·σ_L²); demands of days are independent of one another and of the lead time.

    Args:
        demand_sd: standard deviation of daily demand, shape (n,), ≥ 0. [σ]
        lead_time: mean days from order to arrival, shape (n,), ≥ 0. [L]
        service_level: chance that a cycle ends without a stock-out, 0.5 ≤ x < 1. [α]
        demand_mean: mean daily demand, shape (n,). [μ]
        lead_time_sd: standard deviation of the lead time in days, shape (n,), ≥ 0. [σ_L]

    Returns:
        Units, shape (n,).

    Source: Snyder & Shen, (5.12); Silver, Pyke & Thomas 2017, (6.39).

    >>> safety_stock(np.array([8.0]), np.array([4.0]), 0.9772498680518208, demand_mean=np.array([50.0]),
    ...     lead_time_sd=np.array([0.0])).round(6).tolist()
    [32.0]
    """
    if not 0.5 <= service_level < 1:
        raise ValueError(f"service_level == {service_level}, must be in [0.5, 1)")
    variance = lead_time * demand_sd**2 + demand_mean**2 * lead_time_sd**2
    result: Floats = float(ndtri(service_level)) * np.sqrt(variance)
    return result


def _check(holding_cost: float, stockout_cost: float) -> None:
    if not (holding_cost > 0 and stockout_cost > 0):
        raise ValueError(f"holding_cost == {holding_cost}, stockout_cost == {stockout_cost}, both must be > 0")
