"""Which articles carry the business (ABC), and how evenly each is asked for (XYZ, demand classes)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.errors import NotEstimable

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

INTERVAL_CUT, VARIATION_CUT = 1.32, 0.49
CLASSES = ("smooth", "erratic", "intermittent", "lumpy")


def abc_classes(amount: Floats, cuts: tuple[float, float] = (0.8, 0.95)) -> Indices:
    """Which articles make the first 80 % of the amount (A), which the next 15 % (B), which the rest (C)?

    An article belongs to the class in which its own amount begins, so the one that crosses a cut still counts above it.
    Articles of equal amount share a class.

    Args:
        amount: of each article, shape (n,); those at or below 0 are always C.
        cuts: cumulative shares at which A and B end.

    Returns:
        0 for A, 1 for B, 2 for C, shape (n,).

    Raises:
        NotEstimable: nothing sold.
    Source: Dickie 1951, "ABC inventory analysis shoots for dollars, not pennies".

    >>> abc_classes(np.array([70.0, 20.0, 6.0, 4.0])).tolist()
    [0, 0, 1, 2]
    """
    positive = np.maximum(amount, 0.0)
    if not positive.sum() > 0:
        raise NotEstimable("nothing was sold", ["articles with an amount above 0"])
    order = np.argsort(-positive, kind="stable")
    before = np.cumsum(positive[order]) - positive[order]
    # equal amounts begin where the first of them does
    starts = np.concatenate([[True], np.diff(positive[order]) != 0])
    before = before[np.maximum.accumulate(np.where(starts, np.arange(len(order)), 0))]
    share = before / positive.sum()
    found = np.empty(len(amount), dtype=np.int64)
    found[order] = np.searchsorted(np.array(cuts), share + 1e-12, side="right")
    found[positive <= 0] = 2
    return found


def gini(amount: Floats) -> float:
    """How unevenly is an amount spread? 0 when all are equal, near 1 when one has all. Negative ones count as 0.

    Source: Gini 1912; computed as in Damgaard & Weiner 2000.

    >>> gini(np.array([1.0, 1.0, 1.0, 1.0]))
    0.0
    """
    values = np.sort(np.maximum(amount, 0.0))
    n = len(values)
    if not n or not values.sum() > 0:
        raise NotEstimable("nothing to share", ["values above 0"])
    rank = np.arange(1, n + 1)
    return float(((2 * rank - n - 1) * values).sum() / (n * values.sum()))


@dataclass(frozen=True)
class Demand:
    """How each article is asked for; every array of shape (n_articles,). NaN where it cannot be told.

    `interval`: mean number of periods from one with demand to the next (p). `size_variation`: squared coefficient of
    variation of demand in periods that have any (CV²). `variation`: coefficient of variation over all periods.
    `kind`: index into CLASSES, −1 where unknown. `xyz`: 0 X, 1 Y, 2 Z, −1 where unknown.
    """

    periods: Indices
    active: Indices
    interval: Floats
    size_variation: Floats
    variation: Floats
    kind: Indices
    xyz: Indices


def demand_classes(
    article: Indices, units: Floats, periods: Indices, *, least_periods: int = 12, least_active: int = 4,
    xyz_cuts: tuple[float, float] = (0.5, 1.0),
) -> Demand:  # fmt: skip
    """How regular is the demand of each article, and which method of forecasting suits it?

    Model: the cut-offs 1.32 and 0.49 at which Croston's method (as corrected by Syntetos and Boylan) overtakes exponential
    smoothing in theory. Stock-outs look like no demand and make an article seem more intermittent than it is.

    Args:
        article: of each period with demand, shape (n_cells,), 0 … n_articles − 1.
        units: demand of that period, > 0, shape (n_cells,).
        periods: how many periods each article was on sale, shape (n_articles,).
        least_periods: an article with fewer periods stays unknown.
        least_active: so does one with fewer periods that have demand.
        xyz_cuts: coefficients of variation at which X and Y end; a convention, not a result.

    Source: Syntetos, Boylan & Croston 2005, Journal of the Operational Research Society 56, 495–503.

    >>> found = demand_classes(np.zeros(12, dtype=np.int64), np.full(12, 5.0), np.array([12]))
    >>> CLASSES[found.kind[0]], float(found.interval[0]), float(found.size_variation[0])
    ('smooth', 1.0, 0.0)
    """
    n = len(periods)
    active = np.bincount(article, minlength=n)
    total = np.bincount(article, weights=units, minlength=n)
    squares = np.bincount(article, weights=units * units, minlength=n)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / active
        # n − 1 as in a sample; equal sizes may come out a hair below 0
        spread = np.maximum(squares - active * mean**2, 0.0) / (active - 1)
        size_variation = np.where(active > 1, spread / mean**2, np.nan)
        interval = periods / active
        overall = total / periods
        all_spread = np.maximum(squares - periods * overall**2, 0.0) / (periods - 1)
        variation = np.sqrt(all_spread) / overall
    known = (periods >= least_periods) & (active >= least_active)
    kind = (size_variation > VARIATION_CUT).astype(np.int64) + 2 * (interval > INTERVAL_CUT)
    xyz = np.searchsorted(np.array(xyz_cuts), np.nan_to_num(variation, nan=np.inf), side="left")
    return Demand(
        periods, active.astype(np.int64), np.where(known, interval, np.nan), np.where(known, size_variation, np.nan),
        np.where(known, variation, np.nan), np.where(known, kind, -1), np.where(known, xyz, -1),
    )  # fmt: skip
