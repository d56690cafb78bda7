"""The leaves of a change: what each full combination of dimensions counted, and what it would have counted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.insight.explain.facts import Grouped, Keys
from shopkeeper.insight.explain.question import Dimension
from shopkeeper.methods.root_cause import expected_counts

Floats = NDArray[np.float64]
FEWEST_LEAVES = 3


@dataclass(frozen=True)
class Leaves:
    """Full combinations of the dimensions, shapes (n_leaves,): `actual` now, `expected` by the reference.

    `size` is what they are weighed by, `noise` actual less expected in earlier periods, shape (n_periods, n_leaves), `unit`
    its variance over its mean, and `change` the whole change in the numerator's unit.
    """

    dimensions: tuple[Dimension, ...]
    names: tuple[tuple[str | None, ...], ...]
    codes: NDArray[np.int64]
    actual: Floats
    expected: Floats
    size: Floats
    noise: Floats
    unit: float
    change: float


@dataclass(frozen=True)
class Compared:
    """Which periods: `now` against `before` times `scale`; `earlier` are pairs (period, its own reference) that show noise."""

    now: dt.date
    before: dt.date
    scale: float
    earlier: Sequence[tuple[dt.date, dt.date]]


def leaves_of(top: Grouped, bottom: Grouped | None, periods: Compared, *, split: bool) -> Leaves | None:
    """The leaves of a change between two periods.

    A sum is expected to be what it was. A ratio's numerator is expected to be the denominator now at the earlier rate of the
    leaf, shrunk to the rate of all where the leaf was small. `split`: where the denominator does not tell a dimension (visitors
    have no category), the leaf's rate is over all of it. None where fewer than three leaves or one value are there.
    """
    dimensions = tuple(d for d in top.searched if len({k[0] for _, k in top.sums[d,]}) > 1)
    shared = tuple(d for d in dimensions if bottom is None or told_alike(top, bottom, d))
    dimensions = dimensions if split else shared
    if not dimensions:
        return None
    tops = _by_leaf(top, dimensions)
    keys = list(dict.fromkeys(key for day in (periods.before, periods.now) for key in tops.get(day, {})))
    if len(keys) < FEWEST_LEAVES:
        return None
    names = tuple(tuple(dict.fromkeys(key[i] for key in keys)) for i in range(len(dimensions)))
    codes = np.array([[names[i].index(key[i]) for i in range(len(dimensions))] for key in keys], dtype=np.int64)
    behind = None if bottom is None else _Behind(bottom, dimensions, shared, keys)

    def of(day: dt.date) -> Floats:
        return np.array([tops.get(day, {}).get(key, 0.0) for key in keys])

    actual = of(periods.now)
    expected = _expected(of(periods.before), behind, periods.now, periods.before) * periods.scale
    noise = [of(day) - _expected(of(then), behind, day, then) for day, then in periods.earlier]
    told = sum(float((of(day) + of(then)).sum()) for day, then in periods.earlier)
    unit = float(np.square(noise).sum()) / told if noise and told > 0 else 1.0
    size = behind.at(periods.now) if behind and shared == dimensions else np.maximum(np.abs(actual), np.abs(expected))
    return Leaves(
        dimensions, names, codes, actual, expected, size, np.array(noise) if noise else np.zeros((0, len(keys))),
        max(unit, 1e-9), _change(top, bottom, periods),
    )  # fmt: skip


def told_alike(top: Grouped, bottom: Grouped, dimension: Dimension) -> bool:
    """Whether numerator and denominator know a dimension by the same values: nine tenths of the one lie on the other's."""
    if dimension not in bottom.dimensions or dimension not in top.dimensions:
        return False
    weights = [_weights(side, dimension) for side in (top, bottom)]
    if len(weights[1]) < 2 or not weights[0]:
        return False
    return sum(w for v, w in weights[0].items() if weights[1].get(v, 0.0) > 0) >= 0.9 * sum(weights[0].values())


def _weights(side: Grouped, dimension: Dimension) -> dict[str | None, float]:
    found: dict[str | None, float] = {}
    for (_, key), value in side.sums.get((dimension,), {}).items():
        found[key[0]] = found.get(key[0], 0.0) + abs(float(value))
    return found


def _change(top: Grouped, bottom: Grouped | None, periods: Compared) -> float:
    """The whole change in the numerator's unit: what it is beyond the earlier amount, or beyond the earlier ratio."""
    now, before = (float(top.whole(day) or 0) for day in (periods.now, periods.before))
    if bottom is None:
        return now - before * periods.scale
    d1, d0 = (float(bottom.whole(day) or 0) for day in (periods.now, periods.before))
    return now - before * periods.scale * d1 / d0 if d0 else 0.0


def _expected(was: Floats, behind: _Behind | None, day: dt.date, then: dt.date) -> Floats:
    if behind is None:
        return was
    d1, d0 = behind.at(day), behind.at(then)
    if behind.whole:
        return expected_counts(was, d0, d1, prior=float(d0.mean()))
    grown = float(d1.sum() / d0.sum()) if d0.sum() > 0 else 0.0
    return was * np.divide(d1, d0, out=np.full_like(d1, grown), where=d0 > 0)


def _by_leaf(side: Grouped, dimensions: tuple[Dimension, ...]) -> Mapping[dt.date, Mapping[Keys, float]]:
    """Sums by day and leaf of some of the searched dimensions."""
    places = [side.searched.index(d) for d in dimensions]
    found: dict[dt.date, dict[Keys, float]] = {}
    for (day, key), value in side.sums[side.searched].items():
        leaf = tuple(key[i] for i in places)
        of_day = found.setdefault(day, {})
        of_day[leaf] = of_day.get(leaf, 0.0) + float(value)
    return found


class _Behind:
    """The denominator behind each leaf: its own (`whole`), or that of the dimensions it shares."""

    def __init__(self, bottom: Grouped, dimensions: tuple[Dimension, ...], shared: tuple[Dimension, ...],
                 keys: Sequence[Keys]) -> None:  # fmt: skip
        self._sums = _by_leaf(bottom, shared)
        self._keys = [tuple(key[dimensions.index(d)] for d in shared) for key in keys]
        self.whole = shared == dimensions

    def at(self, day: dt.date) -> Floats:
        """Of one period, shape (n_leaves,)."""
        sums = self._sums.get(day, {})
        return np.array([sums.get(key, 0.0) for key in self._keys])
