"""Whether an offer "from X on" lifts baskets over X: the heap just above a threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.errors import NotEstimable

Floats = NDArray[np.float64]

FEWEST_ORDERS = 1000


@dataclass(frozen=True)
class Bunching:
    """The heap above a threshold. Counts are of orders; intervals at 95 %.

    `excess`: orders in the window above beyond what a smooth distribution has there. `missing`: orders lacking in the window
    below. `lifted_share`: excess ÷ orders expected in the window below: who of those just short went on.
    `edges`, `counts`, `expected`: the distribution and the smooth one, for a picture.
    `placebo`: standard deviation of excess ÷ its own error at places where no offer begins; 1 when the distribution is smooth.
    """

    excess: float
    excess_low: float
    excess_high: float
    missing: float
    missing_low: float
    missing_high: float
    lifted_share: float
    lifted_low: float
    lifted_high: float
    placebo: float
    edges: Floats
    counts: Floats
    expected: Floats


def bunching(amount: Floats, threshold: float, reach: float = 0.2, width: float = 0.02, degree: int = 5) -> Bunching:
    """Do buyers add to their baskets to reach a threshold?

    Model: without the offer the number of orders by amount is smooth on the logarithm: a polynomial fitted by Poisson
    regression to bins outside the window. What the window above holds beyond it, and the window below lacks, is the offer's
    doing. Prices that end alike make heaps of their own, so the error is widened by what the same measure finds at places
    without an offer. It breaks where the offer also brings orders that would not have been placed.

    Args:
        amount: of each order before the offer is taken off, > 0, shape (n,).
        threshold: where the offer begins.
        reach: the windows are threshold × (1 − reach) … threshold … threshold × (1 + reach).
        width: of a bin, in logarithms.
        degree: of the polynomial.

    Raises:
        NotEstimable: fewer than 1,000 orders between a third and three times the threshold.
    Source: Chetty, Friedman, Olsen & Pistaferri 2011, QJE 126(2), eqs. (14)–(16); Kleven 2016, Annual Review of Economics 8;
        the effect of nearness to a goal: Kivetz, Urminsky & Zheng 2006.
    """
    scaled = np.log(amount[amount > 0] / threshold)
    half = int(np.log(3.0) / width)
    down, up = max(1, round(-np.log1p(-reach) / width)), max(1, round(np.log1p(reach) / width))
    counts, edges = np.histogram(scaled, bins=2 * half, range=(-half * width, half * width))
    if counts.sum() < FEWEST_ORDERS:
        raise NotEstimable(
            "too few orders around the threshold",
            [f"{FEWEST_ORDERS} orders between a third and three times {threshold:g}; found {int(counts.sum())}"],
        )
    below, above, error, expected, base_error = _heap(counts.astype(np.float64), half, (down, up), degree)
    # as many places as keep their windows apart from the offer's own
    places = [p for p in range(2 * down, 2 * half - 2 * up, up) if abs(p - half) >= up + down]
    hidden = np.r_[half - down : half + up]
    ratios = []
    for place in places:
        _, other, its_error, *_ = _heap(counts.astype(np.float64), place, (down, up), degree, hidden)
        ratios.append(other / its_error)
    placebo = max(1.0, float(np.sqrt(np.mean(np.square(ratios))))) if len(ratios) >= 3 else 1.0
    wide = 1.959963984540054 * placebo
    base = float(expected[half - down : half].sum())
    # the expected number below is estimated too
    share_error = float(np.hypot(error, above / base * base_error) / base)
    return Bunching(
        above, above - wide * error, above + wide * error, below, below - wide * error, below + wide * error,
        above / base, above / base - wide * share_error, above / base + wide * share_error, placebo,
        threshold * np.exp(edges), counts.astype(np.float64), expected,
    )  # fmt: skip


def _heap(
    counts: Floats, place: int, steps: tuple[int, int], degree: int, hidden: NDArray[np.int64] | None = None
) -> tuple[float, float, float, Floats, float]:
    """(missing below, excess above, its standard error, expected counts, standard error of those below) at a place."""
    at = np.linspace(-1, 1, len(counts))
    basis = np.polynomial.chebyshev.chebvander(at, degree).astype(np.float64)
    use = np.ones(len(counts), dtype=bool)
    use[place - steps[0] : place + steps[1]] = False
    if hidden is not None:
        use[hidden] = False
    weights, spread = _poisson(basis[use], counts[use])
    expected = np.exp(np.clip(basis @ weights, -30, 30))
    up, down = slice(place, place + steps[1]), slice(place - steps[0], place)
    above, below = float((counts[up] - expected[up]).sum()), float((expected[down] - counts[down]).sum())
    over, under = expected[up] @ basis[up], expected[down] @ basis[down]
    variance = float(over @ spread @ over) + float(counts[up].sum())
    return below, above, variance**0.5, expected, float(under @ spread @ under) ** 0.5


def _poisson(basis: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """Coefficients of a Poisson regression and their covariance, widened where counts scatter more than Poisson ones do."""
    weights: Floats = np.linalg.lstsq(basis, np.log(counts + 0.5), rcond=None)[0].astype(np.float64)
    for _ in range(50):
        mean = np.exp(np.clip(basis @ weights, -30, 30))
        gram = basis.T @ (basis * mean[:, None])
        step: Floats = np.linalg.solve(gram, basis.T @ (counts - mean)).astype(np.float64)
        weights = weights + step
        if np.abs(step).max() < 1e-9:
            break
    mean = np.exp(np.clip(basis @ weights, -30, 30))
    scatter = float(((counts - mean) ** 2 / np.maximum(mean, 1e-9)).sum() / max(1, len(counts) - basis.shape[1]))
    spread: Floats = (np.linalg.inv(basis.T @ (basis * mean[:, None])) * max(1.0, scatter)).astype(np.float64)
    return weights, spread
