"""Which units have more of something than their like, beyond chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv, pdtrc

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Excess:
    """Cases above what a usual rate would give, shape (n,); 0 where chance explains them.

    `rate` is the usual rate of each unit's group, `low` and `high` bound the excess at 95 % (exact Poisson).
    """

    excess: Floats
    low: Floats
    high: Floats
    rate: Floats
    p_value: Floats


def beyond_usual(cases: Ints, exposure: Floats, group: Ints, false_share: float = 0.05) -> Excess:
    """Which articles come back more often than others of their category, and by how many?

    Model: cases are Poisson with the group's usual rate × exposure. The usual rate is Σ ÷ Σ over the group's other units, so
    that a unit is not its own yardstick. Units count whose excess survives Benjamini–Hochberg at `false_share`.

    Args:
        cases: shape (n,), >= 0.
        exposure: units that could have been a case, shape (n,), > 0.
        group: group of each unit, numbered from 0, shape (n,).
        false_share: expected share of false ones among those that count.

    Source: Garwood 1936 for the interval; Benjamini & Hochberg 1995.
    """
    all_cases, all_exposure = np.bincount(group, cases), np.bincount(group, exposure)
    others = all_exposure[group] - exposure
    rate = np.where(others > 0, (all_cases[group] - cases) / np.where(others > 0, others, 1.0), np.nan)
    expected = rate * exposure
    known = np.isfinite(expected)
    p_value = np.ones(len(cases))
    some = known & (cases > 0)
    p_value[some] = pdtrc(cases[some] - 1, np.maximum(expected[some], 1e-12))
    counts = known & (p_value <= _threshold(p_value[known], false_share))
    low = np.where(cases > 0, gammaincinv(np.maximum(cases, 1), 0.025), 0.0)
    high = gammaincinv(cases + 1.0, 0.975)
    found = np.where(counts, cases - expected, 0.0)
    return Excess(
        np.maximum(found, 0.0), np.where(counts, np.maximum(low - expected, 0.0), 0.0),
        np.where(counts, high - expected, 0.0), rate, p_value,
    )  # fmt: skip


def _threshold(p_values: Floats, false_share: float) -> float:
    ordered = np.sort(p_values)
    below = ordered <= false_share * np.arange(1, len(ordered) + 1) / max(len(ordered), 1)
    return float(ordered[below][-1]) if below.any() else -1.0
