"""Is a point of a series higher or lower than anything in memory, by how much, and has that just been said?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from shopkeeper.errors import NotEstimable

Floats = NDArray[np.float64]
ViewKind = Literal["value", "mean", "seasonal"]
HIGHEST = 1e3
"""What a record of a series that had never moved counts; no score is higher."""


@dataclass(frozen=True)
class View:
    """One way of looking at a series, and by which share of its range a record must be exceeded to be told.

    value: the points themselves. mean: the mean of the last `length` points. seasonal: the mean of the last `length`
    differences to the point one season before.
    """

    kind: ViewKind
    length: int
    threshold: float


@dataclass(frozen=True)
class Profile:
    """How keenly one looks: the views, how many points the record holds for, and how long one stays silent.

    After a score, only a higher one is told within `silent` points. Nothing is told during the first `learning` points.
    """

    views: tuple[View, ...]
    memory: int
    silent: int
    learning: int = 0


BENCHMARK = Profile(
    (View("value", 1, 0.007), View("mean", 12, 0.066), View("seasonal", 12, 0.11), View("seasonal", 36, 0.08),
     View("seasonal", 72, 0.14)), memory=6000, silent=80,
)  # fmt: skip
"""Keen: where a missed anomaly costs nine times a false alarm, as in the Numenta benchmark."""

QUIET = Profile(
    (View("value", 1, 0.05), View("mean", 12, 0.15), View("seasonal", 12, 0.10)), memory=4000, silent=60, learning=336,
)  # fmt: skip
"""The product's own: at most one alert in 1,000 points of an undisturbed hourly series."""


@dataclass(frozen=True)
class Carried:
    """What must be kept between two calls: the last points, the last scores, and how many points were seen."""

    points: Floats = field(default_factory=lambda: np.zeros(0))
    scores: Floats = field(default_factory=lambda: np.zeros(0))
    seen: int = 0


@dataclass(frozen=True)
class Scored:
    """`scores` of the points given, shape (n,): 1 and more is an alert, 0 nothing. `carried` goes into the next call."""

    scores: Floats
    carried: Carried


def score_records(values: Floats, profile: Profile, season: int, carried: Carried | None = None) -> Scored:
    """Which of these points stand out from all that came before them?

    Model: a point's score on a view is how far it lies outside the span of the last `memory` values of that view, divided
    by the span and by the view's threshold; the highest view counts. It breaks where the span itself keeps growing, and
    cannot see what stays within it, such as a pause of a series that rests at night.

    Points may come one by one or all at once: the scores are the same.

    Args:
        values: the series in order, shape (n,), finite.
        profile: `BENCHMARK`, `QUIET`, or one's own.
        season: points a season, such as 24 for hours; >= 1.
        carried: of the call before; None for the beginning.

    Raises:
        NotEstimable: a value is unknown: fill it, or leave the point out.
    Source: own. Record statistics: Arnold, Balakrishnan & Nagaraja, Records (1998).

    >>> series = np.concatenate([np.tile([1.0, 2.0, 3.0], 200), [9.0]])
    >>> np.flatnonzero(score_records(series, QUIET, season=3).scores >= 1).tolist()
    [600]
    """
    if not np.isfinite(values).all():
        raise NotEstimable("a point has no value", ["a value at every point"])
    before = carried or Carried()
    points = np.concatenate([before.points, values])
    new = slice(len(before.points), None)
    raw = np.zeros(len(values))
    for view in profile.views:
        np.maximum(raw, _outside(_seen_by(points, view, season), profile.memory)[new] / view.threshold, out=raw)
    raw[: max(profile.learning - before.seen, 0)] = 0.0
    every = np.concatenate([before.scores, raw])
    highest = _before(every, profile.silent)[len(before.scores) :]
    reach = profile.memory + max(view.length for view in profile.views) + season
    kept = Carried(points[-reach:], every[-profile.silent :], before.seen + len(values))
    return Scored(np.where(raw > highest, raw, 0.0), kept)


def _seen_by(points: Floats, view: View, season: int) -> Floats:
    """A view of the points; NaN until it has seen enough of them. A sum in fixed order: the same from any beginning."""
    if view.kind == "value":
        return points
    found = points
    if view.kind == "seasonal":
        found = np.full(len(points), np.nan)
        found[season:] = points[season:] - points[:-season]
    total = np.full(len(points), np.nan)
    if len(points) >= view.length:
        total[view.length - 1 :] = 0.0
        for lag in range(view.length):  # over the few points of a mean, not over the series
            total[view.length - 1 :] += found[view.length - 1 - lag : len(points) - lag]
    return total / view.length


def _before(values: Floats, width: int) -> Floats:
    """The highest of the `width` values before each one; −inf before the first."""
    from scipy.ndimage import maximum_filter1d

    if len(values) == 0:
        return values
    highest: Floats = maximum_filter1d(values, size=width, origin=(width - 1) // 2, mode="constant", cval=-np.inf)
    return np.concatenate([[-np.inf], highest[:-1]])


def _outside(view: Floats, memory: int) -> Floats:
    """How far each value lies outside the span of those before it, in shares of that span."""
    known = ~np.isnan(view)
    high = _before(np.where(known, view, -np.inf), memory)
    low = -_before(np.where(known, -view, -np.inf), memory)
    with np.errstate(invalid="ignore"):
        beyond = np.where(known, np.maximum(view - high, low - view), 0.0)
        span = high - low
    beyond = np.where(np.isfinite(beyond) & (beyond > 0.0), beyond, 0.0)
    moved = np.isfinite(span) & (span > 0.0)
    share = np.divide(beyond, span, out=np.where(beyond > 0.0, HIGHEST, 0.0), where=moved)
    return np.minimum(share, HIGHEST)
