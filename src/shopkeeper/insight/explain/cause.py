"""The root cause of a change: the leaves of an indicator prepared for the search over combinations of dimensions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.insight.explain.facts import Grouped
from shopkeeper.insight.explain.question import Dimension
from shopkeeper.methods.root_cause import Cause, Search, search

Floats = NDArray[np.float64]
FEWEST_LEAVES = 3
BROAD_SHARE = 0.5
"""From this part of a change on that moved alike everywhere, that is said first."""

LEAST_SHARE = 0.1
"""A combination that holds less of the change is no cause of it."""

NEARLY_ALL = 0.8
"""From this part on that moved alike everywhere, no combination is called a cause."""

STANDS_OUT = 1.5
"""A cause holds at least so many times the part of the change that its size would give it."""


@dataclass(frozen=True)
class Leaves:
    """Full combinations of the dimensions.

    `actual` now and `expected` by the reference, shape (n_leaves,), `size` what they are weighed by, `noise` the
    distance of actual from expected in earlier periods, shape (n_periods, n_leaves).
    """

    dimensions: tuple[Dimension, ...]
    names: tuple[tuple[str | None, ...], ...]
    codes: NDArray[np.int64]
    actual: Floats
    expected: Floats
    size: Floats
    noise: Floats


@dataclass(frozen=True)
class Named:
    """One combination in words of the data, with its figures, `actual` and `expected` in the numerator's unit.

    `expected` has moved as all parts did; `share` is what the combination holds of the whole change beyond that.
    """

    values: tuple[tuple[Dimension, str | None], ...]
    actual: float
    expected: float
    share: float
    surprise: float
    stands_out: bool

    @property
    def excess(self) -> float:
        """Actual less expected."""
        return self.actual - self.expected


@dataclass(frozen=True)
class RootCause:
    """What holds a change: `causes` together, `others` came next.

    `alike` is the part of the change that every leaf shared: what the typical slice moved by. Causes are sought in what is left.
    """

    causes: tuple[Named, ...]
    others: tuple[Named, ...]
    alike: float
    leaves: int


def leaves_of(top: Grouped, bottom: Grouped | None, now: dt.date, before: dt.date, scale: float,
              earlier: Sequence[tuple[dt.date, dt.date]]) -> Leaves | None:  # fmt: skip
    """The leaves of a change between two periods; `earlier` are pairs (period, its own reference) that show the noise.

    A sum is expected to be what it was, times `scale`. A ratio's numerator is expected to be the denominator now at the
    earlier rate of the leaf, or of the smallest cut that the denominator tells. None where fewer than three leaves or one
    dimension's value are there.
    """
    dimensions = tuple(d for d in top.searched if len({k[0] for _, k in top.sums[d,]}) > 1)
    if not dimensions:
        return None
    places = [top.searched.index(d) for d in dimensions]
    tops = _by_leaf(top.sums[top.searched], places)
    keys = list(dict.fromkeys(key for day in (before, now) for key in tops.get(day, {})))
    if len(keys) < FEWEST_LEAVES:
        return None
    names = tuple(tuple(dict.fromkeys(key[i] for key in keys)) for i in range(len(dimensions)))
    codes = np.array([[names[i].index(key[i]) for i in range(len(dimensions))] for key in keys], dtype=np.int64)
    exposure = None if bottom is None else _exposure(bottom, dimensions, keys)

    def pair(this: dt.date, then: dt.date, times: float) -> tuple[Floats, Floats, Floats]:
        actual, was = (np.array([tops.get(day, {}).get(key, 0.0) for key in keys]) for day in (this, then))
        if exposure is None:
            expected = was * times
            return actual, expected, np.maximum(np.abs(actual), np.abs(expected))
        d1, d0 = exposure(this), exposure(then)
        grown = np.divide(d1, d0, out=np.zeros_like(d1), where=d0 > 0)
        expected = was * grown * times
        aligned = set(dimensions) <= set(bottom.dimensions) if bottom else True
        return actual, expected, d1 if aligned else np.maximum(actual, expected)

    actual, expected, size = pair(now, before, scale)
    noise = [a - e for a, e, _ in (pair(this, then, 1.0) for this, then in earlier)]
    return Leaves(dimensions, names, codes, actual, expected, size,
                  np.array(noise) if noise else np.zeros((0, len(keys))))  # fmt: skip


def _by_leaf(sums: Mapping[tuple[dt.date, tuple[str | None, ...]], object], places: Sequence[int]
             ) -> dict[dt.date, dict[tuple[str | None, ...], float]]:  # fmt: skip
    """Sums by day and leaf, dimensions that have one value left out."""
    found: dict[dt.date, dict[tuple[str | None, ...], float]] = {}
    for (day, key), value in sums.items():
        leaf = tuple(key[i] for i in places)
        of_day = found.setdefault(day, {})
        of_day[leaf] = of_day.get(leaf, 0.0) + float(str(value))
    return found


class _Exposure:
    """The denominator that stands behind each leaf: of the leaf itself, or of what of it the denominator tells."""

    def __init__(
        self, bottom: Grouped, dimensions: tuple[Dimension, ...], keys: Sequence[tuple[str | None, ...]]
    ) -> None:
        shared = tuple(d for d in dimensions if d in bottom.searched)
        self._sums = _by_leaf(bottom.sums[bottom.searched], [bottom.searched.index(d) for d in shared])
        places = [dimensions.index(d) for d in shared]
        self._keys = [tuple(key[i] for i in places) for key in keys]

    def __call__(self, day: dt.date) -> Floats:
        sums = self._sums.get(day, {})
        return np.array([sums.get(key, 0.0) for key in self._keys])


def _exposure(bottom: Grouped, dimensions: tuple[Dimension, ...], keys: Sequence[tuple[str | None, ...]]) -> _Exposure:
    return _Exposure(bottom, dimensions, keys)


def root_cause(leaves: Leaves, settings: Search | None = None) -> RootCause | None:
    """The smallest combinations that hold a change; None where nothing changed.

    First the part that all leaves share: the weighted median of actual ÷ expected. Causes are sought in what is left, in the
    direction of the whole change, and beyond the noise of earlier periods.
    """
    change = float(leaves.actual.sum() - leaves.expected.sum())
    if not change or not leaves.expected.sum() > 0 or leaves.expected.min() < 0 or leaves.actual.min() < 0:
        return None
    direction = 1 if change > 0 else -1
    typical = _typical(leaves)
    expected = leaves.expected * typical
    found = search(leaves.codes, leaves.actual, expected, leaves.size, direction=direction, settings=settings,
                   noise=leaves.noise)  # fmt: skip
    alike = float(expected.sum() - leaves.expected.sum()) / change
    named = [_named(c, leaves, typical, change) for c in found.ranked]
    count = len(found.causes)
    held = [c for c in named[:count] if c.stands_out and c.share >= LEAST_SHARE and alike < NEARLY_ALL]
    return RootCause(tuple(held), tuple(c for c in named if c not in held), alike, len(leaves.actual))


def _typical(leaves: Leaves) -> float:
    """The factor that the typical slice moved by, as far as it goes the way of the whole and no further.

    Of each dimension the weighted median over its slices, and of these the one nearest to no movement. Whole slices, not
    leaves: a small leaf's factor is mostly chance, and the median of chance factors lies below their mean.
    """
    whole = float(leaves.actual.sum() / leaves.expected.sum())
    found = []
    for column in range(leaves.codes.shape[1]):
        sums = [np.bincount(leaves.codes[:, column], side) for side in (leaves.actual, leaves.expected)]
        told = sums[1] > 0
        factor, weight = sums[0][told] / sums[1][told], sums[1][told]
        order = np.argsort(factor, kind="stable")
        reached = np.cumsum(weight[order])
        found.append(float(factor[order][np.searchsorted(reached, reached[-1] / 2)]))
    middle = min(found, key=lambda f: abs(f - 1.0))
    return min(max(middle, 1.0), whole) if whole > 1.0 else max(min(middle, 1.0), whole)


def _named(cause: Cause, leaves: Leaves, typical: float, change: float) -> Named:
    values = tuple(
        (leaves.dimensions[d], leaves.names[d][v]) for d, v in zip(cause.dimensions, cause.values, strict=True)
    )
    inside = (leaves.codes[:, list(cause.dimensions)] == np.array(cause.values)).all(axis=1)
    expected = float(leaves.expected[inside].sum())
    share = (cause.actual - expected * typical) / change
    part = expected / float(leaves.expected.sum())
    whole = (cause.actual - expected) / change
    return Named(values, cause.actual, expected * typical, share, cause.surprise, whole >= STANDS_OUT * part)
