"""Whom does a message move: uplift, told by a trial with a holdout, and whether sorting by it beats chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.errors import NotEstimable

Floats = NDArray[np.float64]
_Z = 1.959963984540054
FOLDS = 5


@dataclass(frozen=True)
class Effect:
    """The mean outcome of both arms, their difference and its 95 % interval."""

    treated: float
    control: float
    difference: float
    low: float
    high: float
    n_treated: int
    n_control: int


def effect(outcome: Floats, treated: NDArray[np.bool_]) -> Effect:
    """By how much did the treated do more than the holdout?

    Raises NotEstimable with fewer than 30 in an arm.

    Source: Welch 1947 (unequal variances, normal quantile).
    """
    one, other = outcome[treated], outcome[~treated]
    if min(len(one), len(other)) < 30:
        raise NotEstimable("an arm is too small", [f"at least 30 in each arm; there are {len(one)} and {len(other)}"])
    difference = float(one.mean() - other.mean())
    spread = float(np.sqrt(one.var(ddof=1) / len(one) + other.var(ddof=1) / len(other)))
    return Effect(
        float(one.mean()), float(other.mean()), difference, difference - _Z * spread, difference + _Z * spread, len(one),
        len(other),
    )  # fmt: skip


def uplift_scores(columns: Floats, outcome: Floats, treated: NDArray[np.bool_], seed: int = 1) -> Floats:
    """For each customer the expected gain by treating them, told by a model that has not seen them.

    Model: one regression of the outcome for each arm (T-learner), linear in the columns and their squares, ridge penalty;
    five folds, so that nobody's own outcome tells their score.

    Args:
        columns: what was known before the treatment, shape (n, n_columns), without NaN.
        outcome: what came, shape (n,).
        treated: who was treated at random, shape (n,).
        seed: of the folds.

    Returns:
        Expected difference, shape (n,), in units of the outcome.

    Raises:
        NotEstimable: fewer than 100 in an arm.

    Source: Künzel, Sekhon, Bickel & Yu 2019, PNAS 116(10), section "T-learner".
    """
    if min(treated.sum(), (~treated).sum()) < 100:
        raise NotEstimable("an arm is too small", ["at least 100 in each arm"])
    fold = np.random.default_rng(seed).permutation(len(outcome)) % FOLDS
    middle, spread = columns.mean(axis=0), columns.std(axis=0)
    scaled = (columns - middle) / np.where(spread > 0, spread, 1.0)
    wide = np.column_stack((np.ones(len(columns)), scaled, scaled**2))
    found = np.zeros(len(outcome))
    for n in range(FOLDS):
        seen = fold != n
        found[~seen] = wide[~seen] @ (
            _ridge(wide[seen & treated], outcome[seen & treated])
            - _ridge(wide[seen & ~treated], outcome[seen & ~treated])
        )
    return found


def _ridge(columns: Floats, outcome: Floats) -> Floats:
    penalty = np.eye(columns.shape[1]) * 1e-2 * len(outcome)
    penalty[0, 0] = 0.0  # the mean is not drawn anywhere
    return np.asarray(np.linalg.solve(columns.T @ columns + penalty, columns.T @ outcome))


@dataclass(frozen=True)
class Qini:
    """A Qini curve: gain over nobody treated when the best `share[i]` by score is, a customer; chance is a straight line.

    `coefficient` is the area between both, over the area under the chance line; `low` and `high` its 95 % interval.
    """

    share: Floats
    gain: Floats
    coefficient: float
    low: float
    high: float


def qini(
    score: Floats, outcome: Floats, treated: NDArray[np.bool_], steps: int = 50, repeats: int = 200, seed: int = 1
) -> Qini:
    """Does treating those with the highest scores first gain more than treating as many at random?

    Args:
        score: by whatever model, shape (n,).
        outcome: what came, shape (n,).
        treated: who was treated at random, shape (n,).
        steps: points of the curve.
        repeats: bootstrap samples for the interval.
        seed: of the bootstrap.

    Returns:
        Qini, its curve with steps + 1 points.

    Raises:
        NotEstimable: the treatment gained nothing over all, so there is nothing to compare with.

    Source: Radcliffe & Surry 2011, "Real-World Uplift Modelling with Significance-Based Uplift Trees", section 3.
    """
    order = np.argsort(-score, kind="stable")
    y, t = outcome[order], treated[order]
    curve = _curve(y, t, steps)
    if curve[-1] <= 0:
        raise NotEstimable("the treatment gained nothing over all", ["a campaign that does more than its holdout"])
    draw = np.random.default_rng(seed)
    drawn = []
    for _ in range(repeats):
        pick = np.sort(draw.integers(0, len(y), len(y)))
        one = _curve(y[pick], t[pick], steps)
        if one[-1] > 0:
            drawn.append(_coefficient(one))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Qini(np.linspace(0, 1, steps + 1), curve, _coefficient(curve), float(low), float(high))


def _curve(y: Floats, t: NDArray[np.bool_], steps: int) -> Floats:
    """Gain a customer at each step: outcomes of the treated less those of the holdout, scaled to as many."""
    at = np.round(np.linspace(0, len(y), steps + 1)).astype(np.int64)
    n_t, n_c = (np.concatenate(([0], np.cumsum(arm)))[at] for arm in (t, ~t))
    y_t, y_c = (np.concatenate(([0.0], np.cumsum(y * arm)))[at] for arm in (t, ~t))
    scaled = np.divide(y_c * n_t, n_c, out=np.zeros(len(at)), where=n_c > 0)
    return np.asarray((y_t - scaled) / max(int(t.sum()), 1))


def _coefficient(curve: Floats) -> float:
    """Area between the curve and the straight line to its end, over the area under that line."""
    line = np.linspace(0, curve[-1], len(curve))
    return float((curve - line).mean() / line.mean())
