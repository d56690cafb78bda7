"""How long until it happens, when for some it has not happened yet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.errors import NotEstimable


@dataclass(frozen=True)
class SurvivalCurve:
    """A Kaplan–Meier curve: `share_done[i]` is the share for whom it happened by `days[i]`."""

    days: NDArray[np.int64]
    share_done: NDArray[np.float64]
    longest_follow_up: int
    n: int

    def share_by(self, day: int) -> float:
        """Share for whom it happened by this day, 0 to 1.

        Raises NotEstimable beyond the longest follow-up while somebody still waits: the curve says nothing there.
        """
        everyone_has = self.share_done.size > 0 and self.share_done[-1] == 1.0
        if day > self.longest_follow_up and not everyone_has:
            raise NotEstimable(
                "nobody was followed that long",
                [f"{day} days of data after the start; the longest is {self.longest_follow_up}"],
            )
        at = int(np.searchsorted(self.days, day, side="right")) - 1
        return float(self.share_done[at]) if at >= 0 else 0.0


def kaplan_meier(
    duration_days: NDArray[np.int64], happened: NDArray[np.bool_], count: NDArray[np.int64]
) -> SurvivalCurve:
    """Of those who started, what share did it by each day, counting the ones still waiting rightly?

    Model: product-limit estimator on grouped durations; those censored on a day are at risk on that day. It breaks when
    censoring tells something about the event itself.

    Args:
        duration_days: days from start to the event, or to the end of observation; shape (n_groups,), >= 0.
        happened: whether the event happened at that duration, shape (n_groups,).
        count: how many share this (duration, happened), shape (n_groups,), > 0.

    Returns:
        SurvivalCurve with one step a day on which the event happened.

    Raises:
        NotEstimable: nobody was observed.
    Source: Kaplan & Meier 1958, JASA 53, eq. (2b).

    >>> curve = kaplan_meier(np.array([1, 2, 2, 4]), np.array([True, True, False, True]), np.array([1, 1, 1, 1]))
    >>> [round(float(s), 4) for s in curve.share_done]
    [0.25, 0.5, 1.0]
    """
    if duration_days.size == 0:
        raise NotEstimable("nobody was observed", ["at least one start"])
    order = np.argsort(duration_days, kind="stable")
    days, start = np.unique(duration_days[order], return_index=True)
    events = np.add.reduceat((count * happened)[order], start)
    leaving = np.add.reduceat(count[order], start)
    at_risk = leaving[::-1].cumsum()[::-1]
    waiting = np.cumprod(1.0 - events / at_risk)
    keep = events > 0
    return SurvivalCurve(days[keep], 1.0 - waiting[keep], int(days[-1]), int(count.sum()))


def weighted_median(values: NDArray[np.int64], count: NDArray[np.int64]) -> float:
    """The median of values that each occur `count` times; the mean of the two middle ones when even.

    Raises NotEstimable when there is nothing.

    >>> weighted_median(np.array([7, 14]), np.array([3, 1]))
    7.0
    """
    total = int(count.sum())
    if total == 0:
        raise NotEstimable("no value to take a median of", ["at least one value"])
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(count[order])
    low = values[order][np.searchsorted(reached, (total + 1) // 2)]
    high = values[order][np.searchsorted(reached, total // 2 + 1)]
    return (float(low) + float(high)) / 2
