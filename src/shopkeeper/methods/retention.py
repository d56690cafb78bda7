"""How many of a cohort will still be there: the shifted-beta-geometric."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shopkeeper.errors import NotEstimable

_BOUND = 7.0


@dataclass(frozen=True)
class RetentionFit:
    """A fitted sBG: the chance of leaving in a period differs between customers by beta (alpha, beta).

    `at_bound`: a parameter ran to its bound, as where all customers leave alike, so the data do not tell it.
    """

    alpha: float
    beta: float
    log_likelihood: float
    customers: int
    at_bound: bool = False

    def surviving(self, periods: int) -> NDArray[np.float64]:
        """Share still there after 0, 1 … `periods` periods, shape (periods + 1,)."""
        from scipy.special import betaln

        t = np.arange(periods + 1)
        return np.asarray(np.exp(betaln(self.alpha, self.beta + t) - betaln(self.alpha, self.beta)))

    @property
    def expected_periods(self) -> float | None:
        """Mean periods stayed; None where the mean is infinite (alpha <= 1)."""
        return (self.alpha + self.beta - 1.0) / (self.alpha - 1.0) if self.alpha > 1.0 else None


def fit_retention(lost: NDArray[Any], staying: NDArray[Any]) -> RetentionFit:
    """How fast do the customers of cohorts leave, when those who stay are ever more the loyal ones?

    Model: each leaves with a chance of their own that stays the same from period to period; what falls is the mean chance
    among those who are left. Chances that change with age, or with the calendar, break it.

    Args:
        lost: how many left in their 1st, 2nd … period, shape (n_periods,).
        staying: how many were still there when last seen after so many periods, shape (n_periods,).

    Returns:
        RetentionFit.

    Raises:
        NotEstimable: fewer than three periods, or nobody left.

    Source: Fader & Hardie 2007, Journal of Interactive Marketing 21(1), eq. (5) and (6).
    """
    from scipy.optimize import minimize
    from scipy.special import betaln

    gone, here = np.asarray(lost, dtype=np.float64), np.asarray(staying, dtype=np.float64)
    if len(gone) < 3 or gone.sum() == 0:
        raise NotEstimable(
            "retention needs customers seen over at least three periods", ["three periods in which some left"]
        )
    t = np.arange(1, len(gone) + 1)
    total = gone.sum() + here.sum()

    def of(logs: NDArray[np.float64]) -> float:
        a, b = np.exp(logs)
        base = betaln(a, b)
        told = float(gone @ (betaln(a + 1, b + t - 1) - base) + here @ (betaln(a, b + t) - base))
        return -told / float(total)

    found = minimize(of, np.log([0.7, 2.0]), method="L-BFGS-B", bounds=[(-_BOUND, _BOUND)] * 2,
                     options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-9})  # fmt: skip
    a, b = (float(v) for v in np.exp(found.x))
    return RetentionFit(a, b, -float(found.fun) * total, int(total), bool((np.abs(found.x) > _BOUND - 1e-3).any()))
