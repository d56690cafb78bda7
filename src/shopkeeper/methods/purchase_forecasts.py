"""Which forecast of purchases to believe: six candidates, judged by what they said at earlier cut-offs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from shopkeeper.errors import NotEstimable
from shopkeeper.methods.buying_process import Fit, Floats, Histories, fit_process, grouped

Candidate = Literal["same_rate", "recent", "gamma_poisson", "discounted", "mbgnbd", "bgnbd"]
CANDIDATES: tuple[Candidate, ...] = get_args(Candidate)
TOLERATED = 0.05
"""Errors in a total below this are what seasons do: they tell no candidate from another."""
MEMORY_DAYS = 60.0
"""In the discounted gamma-Poisson a purchase counts e⁻¹ after so many days."""


@dataclass(frozen=True)
class Customers:
    """What is known of customers at a cut-off; every array has shape (n,), times are in days.

    Attributes:
        x: repeat purchases. [x]
        last: days from the first to the last purchase. [t_x]
        seen: days from the first purchase to the cut-off. [T]
        recent: purchases in the window before the cut-off that is as long as the forecast, the first one included.
        weighted: repeat purchases, each e^(−age ÷ 60 days).
    """

    x: Floats
    last: Floats
    seen: Floats
    recent: Floats
    weighted: Floats

    def history(self) -> Histories:
        """Grouped for fitting."""
        return grouped(self.x, self.last, self.seen)

    def discounted(self) -> Histories:
        """Histories in which old purchases, and old time, count less."""
        return grouped(self.weighted, np.zeros(len(self.x)), MEMORY_DAYS * (1.0 - np.exp(-self.seen / MEMORY_DAYS)))


def forecast(candidate: Candidate, customers: Customers, ahead: float) -> tuple[Floats, Fit | None]:
    """Purchases of each customer in the days ahead, shape (n,), and the fit where the candidate has one.

    Candidates: the customer's own rate so far (over at least as many days as are ahead); as many as in the window just
    before; gamma-Poisson, which draws that rate towards everybody's; the same forgetting old purchases; MBG/NBD; BG/NBD.

    Raises:
        NotEstimable: fewer than 30 customers, or nobody bought twice.
    """
    if candidate == "same_rate":
        return customers.x / np.maximum(customers.seen, ahead) * ahead, None
    if candidate == "recent":
        return customers.recent.copy(), None
    if candidate == "discounted":
        history = customers.discounted()
        fit = fit_process("gamma_poisson", history)
        return fit.expected(history, ahead), fit
    history = customers.history()
    fit = fit_process(candidate, history)
    return fit.expected(history, ahead), fit


@dataclass(frozen=True)
class Judged:
    """How one candidate did at one cut-off. `total_error` is (forecast − actual) ÷ actual of the sum."""

    candidate: Candidate
    total_error: float
    mean_error: float
    correlation: float


def judge(candidate: Candidate, said: Floats, came: Floats) -> Judged:
    """Compare a forecast with what came. Raises NotEstimable when nothing came."""
    total = float(came.sum())
    if total <= 0:
        raise NotEstimable("nothing was bought after the cut-off", ["purchases after the cut-off"])
    varied = said.std() > 0 and came.std() > 0
    correlation = float(np.corrcoef(said, came)[0, 1]) if varied else 0.0
    return Judged(candidate, float(said.sum()) / total - 1.0, float(np.abs(said - came).mean()), correlation)


def best(rounds: Sequence[Sequence[Judged]]) -> Candidate:
    """The candidate with the least error over all cut-offs.

    Counted are its mean error, as a share of the same-rate forecast's, and by how much its error in the total exceeds 5 %:
    mean error alone favours forecasts that are too low, the total alone says nothing of persons.
    """
    scores = {c: 0.0 for c in CANDIDATES}
    for one in rounds:
        base = next(j.mean_error for j in one if j.candidate == "same_rate") or 1.0
        for judged in one:
            scores[judged.candidate] += judged.mean_error / base + max(0.0, abs(judged.total_error) - TOLERATED)
    return min(CANDIDATES, key=lambda c: scores[c])


def worst_total(rounds: Sequence[Sequence[Judged]], candidate: Candidate) -> float:
    """The largest error in the total that a candidate made at any cut-off."""
    return max(abs(j.total_error) for one in rounds for j in one if j.candidate == candidate)


def captured(said: Floats, worth: NDArray[np.float64], share: float = 0.2) -> float:
    """What part of all worth came from the customers with the highest forecasts: .2 for a forecast that knows nothing."""
    total = float(worth.sum())
    if total <= 0:
        raise NotEstimable("nothing was paid after the cut-off", ["payments after the cut-off"])
    top = np.argsort(-said, kind="stable")[: max(1, round(len(said) * share))]
    return float(worth[top].sum()) / total
