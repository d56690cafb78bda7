"""The root cause of a change: the smallest combinations of dimensions that hold it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shopkeeper.insight.explain.leaves import Leaves
from shopkeeper.insight.explain.question import Dimension
from shopkeeper.methods.root_cause import Cause, Search, search

BROAD_SHARE = 0.5
"""From this part of a change on that moved alike everywhere, that is said first."""

LEAST_SHARE = 0.1
"""A combination that holds less of the change is no cause of it."""

NEARLY_ALL = 0.8
"""From this part on that moved alike everywhere, no combination is called a cause."""

STANDS_OUT = 1.5
"""A cause holds at least so many times the part of the change that its size would give it."""


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


def root_cause(leaves: Leaves, settings: Search | None = None) -> RootCause | None:
    """The smallest combinations that hold a change; None where the leaves did not move the way of the whole.

    First the part that all slices share. Causes are sought in what is left, in the direction of the whole change, and beyond
    the noise of earlier periods. A ratio whose slices kept theirs moved by mix alone: no slice is the cause of that.
    """
    direction = 1 if leaves.change > 0 else -1
    moved = float(leaves.actual.sum() - leaves.expected.sum()) * direction
    if moved <= 0 or not leaves.expected.sum() > 0 or min(leaves.expected.min(), leaves.actual.min()) < 0:
        return None
    typical = _typical(leaves)
    expected = leaves.expected * typical
    found = search(leaves.codes, leaves.actual, expected, leaves.size, direction=direction, settings=settings,
                   noise=leaves.noise, unit=leaves.unit)  # fmt: skip
    alike = float(expected.sum() - leaves.expected.sum()) / leaves.change
    named = [_named(c, leaves, typical) for c in found.ranked]
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


def _named(cause: Cause, leaves: Leaves, typical: float) -> Named:
    values = tuple(
        (leaves.dimensions[d], leaves.names[d][v]) for d, v in zip(cause.dimensions, cause.values, strict=True)
    )
    inside = (leaves.codes[:, list(cause.dimensions)] == np.array(cause.values)).all(axis=1)
    expected = float(leaves.expected[inside].sum())
    share = (cause.actual - expected * typical) / leaves.change
    part = expected / float(leaves.expected.sum())
    whole = (cause.actual - expected) / leaves.change
    return Named(values, cause.actual, expected * typical, share, cause.surprise, whole >= STANDS_OUT * part)
