"""What a change did to a series, against what would have happened without it: two answers with different assumptions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize_scalar, nnls
from scipy.special import stdtr, stdtrit

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Impact:
    """Expected series without the change, with its interval, and the sum of what the change made of it.

    `expected`, `low` and `high` have the shape of the whole series; the interval before the change is that of one
    observation. `effect` is the sum over the days after the change, `p_value` two-sided.
    """

    expected: Floats
    low: Floats
    high: Floats
    effect: float
    effect_low: float
    effect_high: float
    relative: float
    p_value: float
    level_share: float
    explained: float


def causal_impact(series: Floats, controls: Floats, change: int, level: float = 0.95) -> Impact:
    """How much more (or less) than expected came in after a change, given series that the change did not touch?

    Model: y = Xβ + a level that wanders (random walk) + noise. The wandering and the noise together have covariance
    σ²·(q·min(s, t) + 1 on the diagonal); q by restricted likelihood, β and σ² in closed form, the days after the change by
    conditioning, so the interval of the sum carries every uncertainty but that of q. This is the local-level model of the
    source without its prior that picks controls.
    What breaks it: controls that the change moved too, and a second event on the same days.

    Args:
        series: one value a day, shape (n,), no NaN; the days from `change` on are after it.
        controls: series that the change did not touch, shape (n, k); a constant is added.
        change: index of the first day after, with at least k + 3 days before it.
        level: of the intervals.

    Source: Brodersen et al. 2015, "Inferring causal impact using Bayesian structural time-series models", eq. (2.1)–(2.3).
    """
    n, before = len(series), change
    middle, spread = controls[:before].mean(axis=0), controls[:before].std(axis=0)
    x = np.column_stack([np.ones(n), (controls - middle) / np.where(spread > 0, spread, 1.0)])
    k = x.shape[1]
    if before < k + 3 or change >= n:
        raise ValueError(f"{before} days before the change and {n - before} after: needs {k + 3} and 1")
    days = np.arange(1, n + 1, dtype=np.float64)
    walk = np.minimum(days[:, None], days[None, :])
    past, y = x[:before], series[:before]

    def fitted(log_q: float) -> tuple[float, Floats, Floats, float]:
        """(−2 × restricted log-likelihood, Cholesky factor's solve of the past, β, σ²)."""
        cov = math.exp(log_q) * walk[:before, :before] + np.eye(before)
        factor = cho_factor(cov, lower=True)
        solved = cho_solve(factor, past)
        gram = past.T @ solved
        beta = np.linalg.solve(gram, solved.T @ y)
        rest = y - past @ beta
        sigma2 = float(rest @ cho_solve(factor, rest)) / (before - k)
        log_det = 2 * float(np.log(np.diag(factor[0])).sum()) + float(np.linalg.slogdet(gram)[1])
        return (before - k) * math.log(max(sigma2, 1e-300)) + log_det, solved, beta, sigma2

    best = minimize_scalar(lambda q: fitted(q)[0], bounds=(-14.0, 2.0), method="bounded", options={"xatol": 1e-3})
    q = math.exp(float(best.x))
    _, solved, beta, sigma2 = fitted(float(best.x))
    factor = cho_factor(q * walk[:before, :before] + np.eye(before), lower=True)
    cross = q * walk[before:, :before]
    gain = cho_solve(factor, cross.T).T
    ahead = x[before:] @ beta + gain @ (y - past @ beta)
    missing = x[before:] - gain @ past
    cov = q * walk[before:, before:] + np.eye(n - before) - gain @ cross.T
    cov = sigma2 * (cov + missing @ np.linalg.solve(past.T @ solved, missing.T))
    t = float(stdtrit(before - k, 0.5 + level / 2))
    smooth = past @ beta + q * walk[:before, :before] @ cho_solve(factor, y - past @ beta)
    expected = np.concatenate([smooth, ahead])
    half = t * np.concatenate([np.full(before, math.sqrt(sigma2)), np.sqrt(np.diag(cov))])
    effect, error = float((series[before:] - ahead).sum()), math.sqrt(max(float(cov.sum()), 1e-300))
    total = float(y @ y) - before * float(y.mean()) ** 2
    rest = y - past @ beta
    return Impact(
        expected, expected - half, expected + half, effect, effect - t * error, effect + t * error,
        effect / float(ahead.sum()) if ahead.sum() > 0 else math.nan, 2 * float(stdtr(before - k, -abs(effect) / error)),
        q / (q + 1), 1 - float(rest @ rest) / total if total > 0 else 0.0,
    )  # fmt: skip


@dataclass(frozen=True)
class Synthetic:
    """A mixture of donors that looks like the treated unit before the change, and how it differs afterwards.

    `ratio` is the mean squared gap after ÷ before; `p_value` the share of units, placebos and the treated one, whose ratio is
    as large: with d donors it cannot be below 1 ÷ (d + 1).
    """

    weights: Floats
    expected: Floats
    effect: float
    ratio: float
    p_value: float
    placebo_ratios: Floats
    fit: float


def synthetic_control(treated: Floats, donors: Floats, change: int) -> Synthetic:
    """What would the treated unit have done, as the mixture of untouched units that it followed before?

    Model: weights ≥ 0 that sum to one and bring the squared gap before the change to its least; each donor is then treated
    as if it had been the one, and the true gap is ranked among theirs (placebo in space).

    Args:
        treated: shape (n,).
        donors: untouched units, shape (n, d), d ≥ 2, of a like scale.
        change: index of the first period after.

    Source: Abadie, Diamond & Hainmueller 2010, "Synthetic control methods for comparative case studies", section 2 and 3.4.
    """
    if donors.shape[1] < 2 or not 2 <= change < len(treated):
        raise ValueError(f"{donors.shape[1]} donors and {change} periods before: needs 2 and 2")
    weights = _simplex(treated[:change], donors[:change])
    expected = donors @ weights
    ratio, fit = _gaps(treated - expected, change)
    placebos = []
    for d in range(donors.shape[1]):
        others = np.column_stack([np.delete(donors, d, axis=1)])
        own = _simplex(donors[:change, d], others[:change])
        placebos.append(_gaps(donors[:, d] - others @ own, change)[0])
    ratios = np.array(placebos)
    p_value = (1 + int((ratios >= ratio).sum())) / (len(ratios) + 1)
    return Synthetic(weights, expected, float((treated - expected)[change:].sum()), ratio, p_value, ratios, fit)


def _simplex(target: Floats, donors: Floats) -> Floats:
    """Weights ≥ 0 with sum 1 of least squares: non-negative least squares with a heavy row for the sum."""
    scale = max(float(np.abs(donors).max()), 1e-12)
    heavy = 1e4 * scale * math.sqrt(len(target))
    weights, _ = nnls(np.vstack([donors, np.full(donors.shape[1], heavy)]), np.append(target, heavy))
    found: Floats = weights / weights.sum() if weights.sum() > 0 else np.full(donors.shape[1], 1 / donors.shape[1])
    return found


def _gaps(gap: Floats, change: int) -> tuple[float, float]:
    """(mean squared gap after ÷ before, root of the mean squared gap before)."""
    before, after = float((gap[:change] ** 2).mean()), float((gap[change:] ** 2).mean())
    return after / max(before, 1e-300), math.sqrt(before)
