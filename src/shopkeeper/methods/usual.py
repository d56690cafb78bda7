"""Whether a value lies within what is usual for its season, judged by how far earlier values lay from the same expectation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.errors import NotEstimable

Floats = NDArray[np.float64]
LOOKED_BACK = 4
"""How many earlier values of the same season make an expectation."""

LEAST_RESIDUALS = 8
"""Fewer earlier distances than this say nothing about what is usual."""

WIDTH = 2.5
"""Half-width of the usual range in robust standard deviations."""

MAD_TO_SIGMA = 1.4826
MEAN_TO_SIGMA = 1.2533


@dataclass(frozen=True)
class Usual:
    """What would have been expected, and the range that is usual.

    `distance` is in robust standard deviations, signed; `residuals` says on how many earlier distances the range rests.
    """

    expected: float
    low: float
    high: float
    distance: float
    residuals: int

    @property
    def within(self) -> bool:
        """Whether the value is usual."""
        return abs(self.distance) <= WIDTH


def expectations(values: Floats, ordinary: NDArray[np.bool_], season: int) -> Floats:
    """What each value was expected to be from earlier ones: the median of the last four ordinary values of its season.

    NaN where fewer than two are known. Shape (n,), as `values`; `season` is the length of a season's round: 7 for days, else 1.

    >>> expectations(np.array([1.0, 2.0, 3.0]), np.array([True, True, True]), 1)[1:].tolist()
    [nan, 1.5]
    """
    found = np.full(len(values), np.nan)
    usable = ordinary & np.isfinite(values)
    for phase in range(min(season, len(values))):
        at = np.arange(phase, len(values), season)
        own = values[at]
        known = np.flatnonzero(usable[at])
        before = np.searchsorted(known, np.arange(len(at)))
        # the last four known ones before each; NaN where there are not as many
        back = before[:, None] - 1 - np.arange(LOOKED_BACK)[None, :]
        earlier = np.where(back >= 0, own[known[np.maximum(back, 0)]] if len(known) else np.nan, np.nan)
        enough = (back >= 0).sum(axis=1) >= 2
        if enough.any():
            found[at[enough]] = np.nanmedian(earlier[enough], axis=1)
    return found


def usual_range(value: float, expected: float, earlier: Floats, earlier_expected: Floats, *, relative: bool) -> Usual:
    """Is a value within its usual range?

    Model: distance d = ln(value ÷ expected) (`relative`, for amounts above zero) or value − expected (shares), against
    σ = 1.4826 · median |d − median d| of earlier distances (1.2533 · their mean where that is 0). Usual is within 2.5 σ of
    the expectation moved by their median. It breaks where the spread itself has lately changed.

    Args:
        value: what was measured.
        expected: what was expected of it.
        earlier: earlier values, shape (n,), NaN = unknown.
        earlier_expected: what was expected of each, shape (n,).
        relative: whether distances are ratios.

    Raises:
        NotEstimable: fewer than eight earlier distances, or a value without a logarithm.
    Source: Rousseeuw and Croux, "Alternatives to the Median Absolute Deviation" (1993).

    >>> noise = np.array([9.0, 11, 10, 9, 11, 10, 9, 11])
    >>> usual_range(13.5, 10.0, noise, np.full(8, 10.0), relative=False).within
    True
    """
    if relative:
        known = np.isfinite(earlier) & np.isfinite(earlier_expected) & (earlier > 0) & (earlier_expected > 0)
        distances = np.log(earlier[known] / earlier_expected[known])
    else:
        known = np.isfinite(earlier) & np.isfinite(earlier_expected)
        distances = earlier[known] - earlier_expected[known]
    if len(distances) < LEAST_RESIDUALS:
        raise NotEstimable(
            "too little history to say what is usual",
            [f"{LEAST_RESIDUALS} earlier values with an expectation, not {len(distances)}"],
        )
    if not np.isfinite(expected) or (relative and (value <= 0 or expected <= 0)):
        raise NotEstimable("nothing comparable came before", ["two earlier values of the same season"])
    middle = float(np.median(distances))
    spread = MAD_TO_SIGMA * float(np.median(np.abs(distances - middle)))
    if not spread:  # more than half are alike: the mean distance still sees the others
        spread = max(MEAN_TO_SIGMA * float(np.mean(np.abs(distances - middle))), 1e-12)
    own = float(np.log(value / expected)) if relative else value - expected
    reach = middle - WIDTH * spread, middle + WIDTH * spread
    if relative:
        centre, low, high = (expected * float(np.exp(d)) for d in (middle, *reach))
    else:
        centre, low, high = (expected + d for d in (middle, *reach))
    return Usual(centre, low, high, (own - middle) / spread, len(distances))
