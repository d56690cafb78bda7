"""Which combination of dimensions holds a change: a search over all combinations of one to three of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.errors import InternalError

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
FEWEST_PERIODS = 4


@dataclass(frozen=True)
class Search:
    """How a search weighs its candidates. The defaults are those of `benchmarks/root_cause.py`.

    `power`: excess is divided by size^power; 0 favours the widest combination, 1 the steepest.
    `beyond_noise`: how many robust standard deviations of earlier excess do not count. `further_share`,
    `further_gain` and `further_strength`: what a second cause must hold of the whole excess, add in log-likelihood (nats),
    and reach of the first cause's excess a unit of size. `most_dimensions`: how many dimensions a combination names at most.
    """

    power: float = 0.25
    beyond_noise: float = 2.0
    further_share: float = 0.2
    further_gain: float = 10.0
    further_strength: float = 0.5
    most_dimensions: int = 3
    most_causes: int = 3
    listed: int = 5


@dataclass(frozen=True)
class Cause:
    """One combination: `dimensions` and `values` are column numbers and codes, in the order of the columns.

    `share` is its part of the whole change (explanatory power, may exceed 1 where other parts moved against it), `surprise`
    how far its share of the whole differs from the expected one (Jensen–Shannon, nats), `strength` its excess a unit of size.
    """

    dimensions: tuple[int, ...]
    values: tuple[int, ...]
    actual: float
    expected: float
    size: float
    score: float
    share: float
    surprise: float
    leaves: int

    @property
    def excess(self) -> float:
        """Actual less expected."""
        return self.actual - self.expected

    @property
    def strength(self) -> float:
        """Excess a unit of size."""
        return self.excess / self.size if self.size else math.copysign(math.inf, self.excess)


@dataclass(frozen=True)
class Found:
    """The causes, the first the strongest, and the next best candidates of the first round, causes among them left out."""

    causes: tuple[Cause, ...]
    others: tuple[Cause, ...]

    @property
    def ranked(self) -> tuple[Cause, ...]:
        """Causes, then the others."""
        return self.causes + self.others


def expected_counts(before_value: Floats, before_size: Floats, size: Floats, prior: float = 50.0) -> Floats:
    """What each leaf would have counted at its earlier rate, shrunk to the rate of all where it was small.

    Model: size · (before_value + prior · R) ÷ (before_size + prior), R the rate of all leaves before.

    >>> expected_counts(np.array([10.0, 0.0]), np.array([100.0, 0.0]), np.array([50.0, 20.0])).round(3).tolist()
    [5.0, 2.0]
    """
    all_before = float(before_size.sum())
    rate = float(before_value.sum()) / all_before if all_before > 0 else 0.0
    divisor = before_size + prior
    return np.where(divisor > 0, size * (before_value + prior * rate) / np.where(divisor > 0, divisor, 1.0), 0.0)


def search(
    codes: Codes, actual: Floats, expected: Floats, size: Floats, *, direction: int, settings: Search | None = None,
    noise: Floats | None = None, unit: float = 1.0,
) -> Found:  # fmt: skip
    """Which combinations of dimensions hold an excess (direction 1) or a shortfall (−1)?

    Model: for every combination S of one to three dimensions, score(S) = (excess(S) − z·σ(S)) ÷ size(S)^power, counted in
    the direction; σ(S) = 1.4826 · MAD of what S was away from its expectation in earlier periods, and at least
    √(unit · max(expected(S), unit)), that of a Poisson process. The best one is the cause, ties go to the smaller
    combination. Its leaves are taken out and the rest is searched again. It breaks where everything moved alike: the widest
    slice then wins, and its share hardly exceeds its part of the size.

    Args:
        codes: value of each dimension a leaf, shape (n_leaves, n_dimensions), ≥ 0. A leaf is a full combination.
        actual: what was counted a leaf, shape (n_leaves,).
        expected: what would have been counted, shape (n_leaves,).
        size: exposure a leaf (visitors, sessions; for a sum its own larger side), shape (n_leaves,), ≥ 0.
        direction: 1 looks for too much, −1 for too little.
        settings: how candidates are weighed.
        noise: actual less expected of the leaves in earlier periods, shape (n_periods, n_leaves); fewer than 4 say nothing.
        unit: what one event adds: 1 for counts, for money its variance ÷ mean.

    Returns:
        Found; empty where nothing lies in the direction.
    Source: our own score; explanatory power and surprise after Bhagwan et al., "Adtributor", NSDI 2014, eqs. 1–2.

    >>> codes = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> found = search(codes, np.array([10.0, 10, 10, 40]), np.full(4, 10.0), np.full(4, 100.0), direction=1)
    >>> found.causes[0].dimensions, found.causes[0].values, round(found.causes[0].share, 6)
    ((0, 1), (1, 1), 1.0)
    """
    chosen = settings or Search()
    if direction not in (1, -1):
        raise InternalError("a search looks in one direction", received=direction, allowed=("1", "-1"))
    totals = float(actual.sum()), float(expected.sum())
    told = noise if noise is not None and len(noise) >= FEWEST_PERIODS else np.zeros((0, len(actual)))
    marks = np.random.default_rng(0).random(len(actual))  # sums of them tell apart which leaves a combination holds
    left = np.ones(len(actual), dtype=bool)
    causes: list[Cause] = []
    others: tuple[Cause, ...] = ()
    while len(causes) < chosen.most_causes and left.any():
        sums = (actual[left], expected[left], size[left], marks[left])
        candidates = _candidates(codes[left], sums, told[:, left], unit, direction, chosen)
        ranked = _ranked(candidates, chosen.listed + 1, totals)
        if not ranked or (causes and not _further(ranked[0], causes[0], totals, unit, direction, chosen)):
            break
        if not causes:
            others = tuple(ranked[1:])
        causes.append(ranked[0])
        left &= ~_inside(codes, ranked[0])
    named = {(c.dimensions, c.values) for c in causes}
    return Found(tuple(causes), tuple(o for o in others if (o.dimensions, o.values) not in named))


def _further(cause: Cause, first: Cause, totals: tuple[float, float], unit: float, direction: int,
             settings: Search) -> bool:  # fmt: skip
    """Whether what is left still holds a cause of its own."""
    whole = (totals[0] - totals[1]) * direction
    held = cause.excess * direction
    alike = cause.strength * direction >= settings.further_strength * first.strength * direction
    return held >= settings.further_share * whole and _gain(cause, unit) >= settings.further_gain and alike


def _gain(cause: Cause, unit: float) -> float:
    """Log-likelihood that a rate of its own adds, were these events of a Poisson process; in nats."""
    actual, expected = cause.actual / unit, max(cause.expected / unit, 0.5)
    told = actual * math.log(actual / expected) if actual > 0 else 0.0
    return told - (actual - expected)


@dataclass(frozen=True)
class _Cuboid:
    """All combinations of some dimensions."""

    dimensions: tuple[int, ...]
    values: Codes
    actual: Floats
    expected: Floats
    size: Floats
    leaves: Floats
    marks: Floats
    score: Floats


def _candidates(codes: Codes, weights: tuple[Floats, ...], noise: Floats, unit: float, direction: int,
                settings: Search) -> Iterator[_Cuboid]:  # fmt: skip
    n_dimensions = codes.shape[1]
    for count in range(1, min(settings.most_dimensions, n_dimensions) + 1):
        for dimensions in itertools.combinations(range(n_dimensions), count):
            shape = tuple(int(codes[:, d].max()) + 1 for d in dimensions)
            flat = np.ravel_multi_index(tuple(codes[:, d] for d in dimensions), shape)
            keys, place = np.unique(flat, return_inverse=True)
            sums = [np.bincount(place, one, len(keys)).astype(np.float64) for one in weights]
            spread = np.maximum(_spread(noise, place, len(keys)), np.sqrt(unit * np.maximum(sums[1], unit)))
            excess = (sums[0] - sums[1]) * direction - settings.beyond_noise * spread
            score = np.where(excess > 0, excess / np.maximum(sums[2], 1e-300) ** settings.power, -np.inf)
            values = np.stack(np.unravel_index(keys, shape), axis=1)
            leaves = np.bincount(place, minlength=len(keys)).astype(float)
            yield _Cuboid(dimensions, values, sums[0], sums[1], sums[2], leaves, sums[3], score)


def _spread(noise: Floats, place: Codes, count: int) -> Floats:
    """Robust standard deviation of each combination's earlier excess, shape (count,); 0 without earlier periods."""
    if not len(noise):
        return np.zeros(count)
    sums = np.stack([np.bincount(place, one, count) for one in noise])
    return np.asarray(1.4826 * np.median(np.abs(sums - np.median(sums, axis=0)), axis=0))


def _ranked(cuboids: Iterator[_Cuboid], count: int, totals: tuple[float, float]) -> list[Cause]:
    """The best combinations; of those that hold the same leaves, the one of fewest dimensions alone."""
    best: list[tuple[float, int, int, _Cuboid]] = []
    for order, cuboid in enumerate(cuboids):
        top = np.argsort(-cuboid.score, kind="stable")[: count * 2]
        best += [(float(cuboid.score[i]), order, int(i), cuboid) for i in top if math.isfinite(cuboid.score[i])]
    best.sort(key=lambda item: (-float(f"{item[0]:.9e}"), item[1], item[2]))
    found: list[Cause] = []
    seen: set[tuple[float, float]] = set()
    for score, _, i, cuboid in best:
        leafset = (float(cuboid.leaves[i]), round(float(cuboid.marks[i]), 9))
        if leafset in seen:
            continue
        seen.add(leafset)
        found.append(_cause(cuboid, i, score, totals))
        if len(found) == count:
            break
    return found


def _cause(cuboid: _Cuboid, i: int, score: float, totals: tuple[float, float]) -> Cause:
    actual, expected = float(cuboid.actual[i]), float(cuboid.expected[i])
    change = totals[0] - totals[1]
    share = (actual - expected) / change if change else math.nan
    surprise = _surprise(expected / totals[1] if totals[1] else 0.0, actual / totals[0] if totals[0] else 0.0)
    values = tuple(int(v) for v in cuboid.values[i])
    return Cause(cuboid.dimensions, values, actual, expected, float(cuboid.size[i]), score, share, surprise,
                 int(cuboid.leaves[i]))  # fmt: skip


def _surprise(p: float, q: float) -> float:
    """Half the Jensen–Shannon terms of one element: its expected and its actual share of the whole."""
    if p <= 0 and q <= 0:
        return 0.0
    middle = (p + q) / 2
    return 0.5 * sum(x * math.log(x / middle) for x in (p, q) if x > 0)


def _inside(codes: Codes, cause: Cause) -> NDArray[np.bool_]:
    return np.asarray((codes[:, list(cause.dimensions)] == np.array(cause.values)).all(axis=1))
