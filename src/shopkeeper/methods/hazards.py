"""Which customers leave or come back sooner: Cox's regression, and bands around a survival curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shopkeeper.errors import NotEstimable

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CoxFit:
    """Log hazard ratios with their standard errors, shape (n_columns,); `concordance` of 0.5 tells nothing."""

    coefficients: Floats
    errors: Floats
    log_likelihood: float
    null_log_likelihood: float
    customers: int
    events: int
    concordance: float

    def interval(self, z: float = 1.959963984540054) -> tuple[Floats, Floats]:
        """95 % intervals of the hazard ratios."""
        return np.exp(self.coefficients - z * self.errors), np.exp(self.coefficients + z * self.errors)


def cox(duration: NDArray[Any], happened: NDArray[np.bool_], columns: Floats, *, rounds: int = 30) -> CoxFit:
    """By what factor does each column raise or lower the rate at which it happens?

    Model: proportional hazards; ties by Efron's approximation. Ratios that change with time break it.

    Args:
        duration: time to the event or to the end of observation, shape (n,), >= 0.
        happened: whether it happened then, shape (n,).
        columns: what is told of each, shape (n, n_columns), without NaN.
        rounds: most steps of Newton's method.

    Returns:
        CoxFit.

    Raises:
        NotEstimable: fewer than ten events a column, or columns that tell the events apart wholly.

    Source: Cox 1972, JRSS B 34; Efron 1977, JASA 72.
    """
    events = int(happened.sum())
    if events < 10 * columns.shape[1]:
        raise NotEstimable(
            "too few events for so many columns", [f"at least {10 * columns.shape[1]} events; there are {events}"]
        )
    order = np.argsort(-np.asarray(duration, dtype=np.float64), kind="stable")
    t, d = np.asarray(duration, dtype=np.float64)[order], np.asarray(happened, dtype=bool)[order]
    middle = columns.mean(axis=0)
    x = np.ascontiguousarray(columns[order] - middle, dtype=np.float64)
    ends = np.flatnonzero(
        np.append(np.diff(t) != 0, True)
    )  # last row of each time: its risk set is everything up to it
    beta = np.zeros(x.shape[1])
    value, by, second = _efron(beta, x, d, ends)
    null = value
    for _ in range(rounds):
        try:
            step = np.linalg.solve(second, by)
        except np.linalg.LinAlgError:
            raise NotEstimable("some columns say the same", ["columns that differ"]) from None
        for _ in range(20):
            tried = _efron(beta + step, x, d, ends)
            if np.isfinite(tried[0]) and tried[0] >= value - 1e-9:
                break
            step = step / 2
        gain = tried[0] - value
        beta, (value, by, second) = beta + step, tried
        if abs(gain) < 1e-9 * (abs(value) + 1):
            break
    if not np.isfinite(beta).all() or (np.abs(beta) > 20).any():
        raise NotEstimable("a column tells the events apart wholly", ["a column that does not decide alone"])
    errors = np.sqrt(np.diag(np.linalg.inv(second)))
    return CoxFit(beta, errors, value, null, len(t), events, _concordance(t, d, x @ beta))


def _efron(beta: Floats, x: Floats, d: NDArray[np.bool_], ends: NDArray[np.int64]) -> tuple[float, Floats, Floats]:
    """Partial log-likelihood, its slope, and minus its curvature; rows run from the longest duration to the shortest."""
    risk = x @ beta
    weight = np.exp(risk)
    wx = weight[:, None] * x
    s0 = np.cumsum(weight)[ends]
    s1 = np.cumsum(wx, axis=0)[ends]
    begins = np.concatenate(([0], ends[:-1] + 1))
    tied = np.add.reduceat(d.astype(np.int64), begins)
    dw = np.where(d, weight, 0.0)
    t0 = np.add.reduceat(dw, begins)
    t1 = np.add.reduceat(dw[:, None] * x, begins, axis=0)
    at = np.repeat(np.arange(len(ends)), tied)
    share = (np.arange(len(at)) - np.repeat(np.cumsum(tied) - tied, tied)) / np.repeat(tied, tied)
    bottom = s0[at] - share * t0[at]
    mean = (s1[at] - share[:, None] * t1[at]) / bottom[:, None]
    value = float(risk[d].sum() - np.log(bottom).sum())
    by = x[d].sum(axis=0) - mean.sum(axis=0)
    second = -mean.T @ mean
    for i in range(x.shape[1]):  # one pair of columns at a time keeps the memory of a column, not of their square
        for j in range(i, x.shape[1]):
            part = wx[:, i] * x[:, j]
            s2 = np.cumsum(part)[ends]
            t2 = np.add.reduceat(np.where(d, part, 0.0), begins)
            total = float(((s2[at] - share * t2[at]) / bottom).sum())
            second[i, j] += total
            second[j, i] = second[i, j]
    return value, by, second


def _concordance(t: Floats, d: NDArray[np.bool_], risk: Floats, most: int = 2000) -> float:
    """Of pairs where one is known to have gone first: how often had that one the higher risk."""
    if len(t) > most:
        pick = np.linspace(0, len(t) - 1, most).astype(np.int64)
        t, d, risk = t[pick], d[pick], risk[pick]
    first = d[:, None] & (t[:, None] < t[None, :])
    higher = (risk[:, None] > risk[None, :]) + 0.5 * (risk[:, None] == risk[None, :])
    pairs = first.sum()
    return float((higher * first).sum() / pairs) if pairs else 0.5


def survival_band(
    share_done: Floats, happened: Floats, at_risk: Floats, z: float = 1.959963984540054
) -> tuple[Floats, Floats]:
    """The 95 % band of a Kaplan–Meier curve, as shares still waiting.

    Args:
        share_done: the curve, share for whom it happened, shape (n_steps,).
        happened: how many at each step, shape (n_steps,).
        at_risk: of how many, shape (n_steps,).
        z: normal quantile.

    Returns:
        Lower and upper share still waiting; on the log(−log) scale, so that it stays within 0 and 1.

    Source: Greenwood 1926; Kalbfleisch & Prentice 1980, section 1.3.
    """
    left = at_risk - happened
    told = left > 0  # once nobody waits, the formula says nothing: the band then ends at 0 and keeps its upper edge
    waiting = np.clip(1.0 - share_done[told], 1e-12, 1.0 - 1e-12)
    spread = np.sqrt(np.cumsum(happened[told] / (at_risk[told] * left[told]))) / np.abs(np.log(waiting))
    low, high = np.zeros(len(share_done)), np.ones(len(share_done))
    low[told], high[told] = waiting ** np.exp(z * spread), waiting ** np.exp(-z * spread)
    if told.any():
        high[~told] = high[told][-1]
    return low, high
