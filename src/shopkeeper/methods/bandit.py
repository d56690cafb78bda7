"""Which of several arms to show next: Thompson sampling on shares, with what is known of each arm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaincinv, betaln

Floats = NDArray[np.float64]
_POINTS = 4001


@dataclass(frozen=True)
class Belief:
    """What is believed of each arm after its trials, shape (n_arms,).

    `best` is the probability that the arm is the best; Thompson sampling gives each arm this share of the next visitors.
    `loss` is what one would give up in expectation by choosing the arm for good.
    """

    mean: Floats
    low: Floats
    high: Floats
    best: Floats
    loss: Floats


def believe(successes: Floats, trials: Floats, prior: tuple[float, float] = (1.0, 1.0), level: float = 0.95) -> Belief:
    """How likely is each arm the best, and what would choosing it cost?

    Model: Beta(a + successes, b + failures) for each arm, arms independent; integrals over a grid on which every density is
    resolved, so the answer needs no draws and no seed.

    Args:
        successes: what happened, shape (n_arms,), 0 ≤ successes ≤ trials; need not be whole, where noise beyond a coin's was
            taken out by dividing both by it.
        trials: visitors shown the arm, shape (n_arms,).
        prior: a and b, > 0; (1, 1) knows nothing.
        level: of the credible interval.

    Source: Thompson 1933; Chapelle & Li 2011, "An empirical evaluation of Thompson sampling", algorithm 2.

    >>> found = believe(np.array([10.0, 30.0]), np.array([100.0, 100.0]))
    >>> found.best.round(4).tolist()
    [0.0002, 0.9998]
    """
    if (successes < 0).any() or (successes > trials).any():
        raise ValueError("successes must lie between 0 and trials")
    a: Floats = np.asarray(prior[0] + successes, dtype=np.float64)
    b: Floats = np.asarray(prior[1] + trials - successes, dtype=np.float64)
    mean, tail = a / (a + b), (1 - level) / 2
    x, weight = _grid(a, b)
    log_density = (a - 1)[:, None] * np.log(x) + (b - 1)[:, None] * np.log1p(-x) - betaln(a, b)[:, None]
    density, below = np.exp(log_density), betainc(a[:, None], b[:, None], x)
    best, loss = np.empty(len(a)), np.empty(len(a))
    for arm in range(len(a)):
        others = np.prod(np.delete(below, arm, axis=0), axis=0)
        best[arm] = float((density[arm] * others) @ weight)
    best /= best.sum()
    largest = 1 - float(np.prod(below, axis=0) @ weight)  # E[max] = ∫ (1 − Π F) over [0, 1]
    loss = largest - mean
    return Belief(mean, betaincinv(a, b, tail), betaincinv(a, b, 1 - tail), best, np.maximum(loss, 0.0))


def _grid(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Points in (0, 1) and their trapezoid weights: quantiles of every arm, so that narrow densities are seen too."""
    each = max(_POINTS // len(a), 400)
    levels = (np.arange(each) + 0.5) / each
    points = np.concatenate([betaincinv(a[:, None], b[:, None], levels).ravel(), np.linspace(1e-9, 1 - 1e-9, 801)])
    x = np.unique(np.clip(points, 1e-12, 1 - 1e-12))
    edges = np.concatenate([[0.0], (x[1:] + x[:-1]) / 2, [1.0]])
    return x, np.diff(edges)


@dataclass(frozen=True)
class Replay:
    """Regret of two ways to the same horizon: successes given up against always showing the best arm, on average."""

    thompson: float
    even: float
    share_best: float


def replay(rates: Floats, horizon: int, runs: int, seed: int, batch: int = 100) -> Replay:
    """What would Thompson sampling have given up, had the arms these true rates, against an even split?

    Args:
        rates: true success rates, shape (n_arms,).
        horizon: visitors.
        runs: repetitions, all at once.
        seed: of the draws; the same gives the same.
        batch: visitors between two updates.

    Returns:
        Mean regret a run, and the share of visitors that saw the best arm.
    """
    rng = np.random.default_rng(seed)
    hits, seen = np.zeros((runs, len(rates))), np.zeros((runs, len(rates)))
    for start in range(0, horizon, batch):  # each batch learns from the ones before
        size = min(batch, horizon - start)
        draws = rng.beta(1 + hits[:, None, :], 1 + (seen - hits)[:, None, :], (runs, size, len(rates)))
        chosen = draws.argmax(axis=2)
        count = (chosen[:, :, None] == np.arange(len(rates))).sum(axis=1)
        seen += count
        hits += rng.binomial(count, rates)
    gap = rates.max() - rates
    return Replay(
        float((seen @ gap).mean()), float(horizon * gap.mean()), float((seen[:, rates.argmax()] / horizon).mean())
    )
