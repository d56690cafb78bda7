"""How far forecasts of one series may be off, from the errors of a few earlier ones at each step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shopkeeper.errors import NotEstimable
from shopkeeper.methods.forecast.accuracy import Floats, divided

MIN_TRIALS = 3


@dataclass(frozen=True)
class Spread:
    """Standard error of each step ahead, with the degrees of freedom that it rests on."""

    error: Floats
    freedom: int

    def half(self, level: float) -> Floats:
        """Half-width of the interval of this level, by Student's t: few trials make it wider."""
        from scipy import stats

        found: Floats = (
            self.error * float(stats.t.ppf(0.5 + level / 2, self.freedom)) * np.sqrt(1 + 1 / (self.freedom + 1))
        )
        return found

    def chance(self, mean: float, target: float, step: int, direction: int) -> float:
        """Probability that the figure of a step is at least the target (direction 1) or at most (−1)."""
        from scipy import stats

        width = float(self.error[step])
        if width <= 0:
            return float((mean - target) * direction >= 0)
        return float(stats.t.cdf((mean - target) * direction / width, self.freedom))


def spread(errors: Floats, *, rising_from: int = 0, smooth: int = 1) -> Spread:
    """How far off each step is, from errors of earlier forecasts.

    Root of the mean square of each step over the trials, a running mean over `smooth` steps, and from step `rising_from` on
    never less than before: a farther step is not surer.

    Args:
        errors: shape (n_trials, n_steps), NaN where what came is not known yet.
        rising_from: the first step that is held to that; the one before is a period that has begun.
        smooth: how many neighbouring steps share their squares, odd.

    Raises:
        NotEstimable: fewer than three trials of the first step.

    >>> spread(np.array([[1.0, 2.0], [-1.0, 1.0], [1.0, -1.0]])).error.round(3).tolist()
    [1.0, 1.414]
    """
    trials = int((~np.isnan(errors[:, 0])).sum())
    if trials < MIN_TRIALS:
        raise NotEstimable(
            "too few earlier forecasts to tell how far off one is", [f"{MIN_TRIALS} of them; there are {trials}"]
        )
    known = ~np.isnan(errors)
    squares = np.where(known, errors, 0.0) ** 2
    count = np.convolve(np.pad(known.sum(axis=0), smooth // 2, mode="edge"), np.ones(smooth), "valid")
    total = np.convolve(np.pad(squares.sum(axis=0), smooth // 2, mode="edge"), np.ones(smooth), "valid")
    mean = divided(total, count)
    mean[rising_from:] = np.maximum.accumulate(mean[rising_from:])
    return Spread(np.sqrt(mean), max(trials - 1, 1))
