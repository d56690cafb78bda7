"""Intervals of shares."""

from __future__ import annotations

import math


def wilson(successes: int, trials: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Between which shares does the true one lie, when so many of so many did it?

    Model: score interval of a binomial share. Raises ValueError for no trial at all.

    Args:
        successes: how many did it.
        trials: of how many, > 0.
        z: normal quantile; the default gives 95 %.

    Source: Wilson 1927, JASA 22, eq. (4).

    >>> [round(s, 4) for s in wilson(10, 100)]
    [0.0552, 0.1744]
    """
    if trials <= 0 or not 0 <= successes <= trials:
        raise ValueError(f"{successes} of {trials}")
    share = successes / trials
    centre = share + z * z / (2 * trials)
    half = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    base = 1 + z * z / trials
    return max(0.0, (centre - half) / base), min(1.0, (centre + half) / base)
