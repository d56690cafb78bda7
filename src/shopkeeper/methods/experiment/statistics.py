"""What is kept of an arm of an experiment: sums that add up, never rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Arm:
    """Sums over the units of one arm: an outcome y and, where there is one, a covariate x known before the experiment.

    >>> arm = Arm.of(np.array([1.0, 3.0]))
    >>> (arm + arm).n, arm.mean, arm.variance
    (4, 2.0, 2.0)
    """

    n: int
    y: float
    yy: float
    x: float = 0.0
    xx: float = 0.0
    xy: float = 0.0

    @classmethod
    def of(cls, outcome: Floats, covariate: Floats | None = None) -> Arm:
        """The sums of rows; `covariate` has the shape of `outcome`."""
        if covariate is None:
            return cls(len(outcome), float(outcome.sum()), float(outcome @ outcome))
        return cls(
            len(outcome), float(outcome.sum()), float(outcome @ outcome), float(covariate.sum()),
            float(covariate @ covariate), float(outcome @ covariate),
        )  # fmt: skip

    @classmethod
    def of_share(cls, hits: int, n: int) -> Arm:
        """The sums of an outcome that is 0 or 1."""
        return cls(n, float(hits), float(hits))

    def __add__(self, other: Arm) -> Arm:
        return Arm(
            self.n + other.n, self.y + other.y, self.yy + other.yy, self.x + other.x, self.xx + other.xx, self.xy + other.xy
        )  # fmt: skip

    @property
    def mean(self) -> float:
        """Mean outcome."""
        return self.y / self.n

    @property
    def variance(self) -> float:
        """Sample variance of the outcome."""
        return self._co(self.yy, self.y, self.y)

    @property
    def covariate_mean(self) -> float:
        """Mean covariate."""
        return self.x / self.n

    @property
    def covariate_variance(self) -> float:
        """Sample variance of the covariate."""
        return self._co(self.xx, self.x, self.x)

    @property
    def covariance(self) -> float:
        """Sample covariance of outcome and covariate."""
        return self._co(self.xy, self.y, self.x)

    def _co(self, product: float, one: float, other: float) -> float:
        return (product - one * other / self.n) / (self.n - 1)
