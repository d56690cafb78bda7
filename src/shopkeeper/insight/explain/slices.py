"""What each slice of a dimension brought to a change: amounts that add up, or rate and mix where the figure is a ratio."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import numpy as np

from shopkeeper.insight.explain.facts import Grouped
from shopkeeper.insight.explain.leaves import told_alike
from shopkeeper.insight.explain.question import Dimension
from shopkeeper.insight.explain.reference import Reference
from shopkeeper.kpi.definition import Indicator
from shopkeeper.methods.decompose import rate_and_mix, to_the_cent

Rule = Literal["sum", "rate_mix", "share_of_whole"]
"""sum: slices of an amount · rate_mix: slices of both sides of a ratio · share_of_whole: the denominator does not tell this
dimension, so each slice's numerator stands over the whole denominator."""

FINE = Decimal("0.0001")


@dataclass(frozen=True)
class SliceEffect:
    """One slice. `before` and `now` are its own value, `effect` what it brought; `rate` and `mix` add up to it."""

    value: str | None
    before: float | None
    now: float | None
    effect: Decimal | float
    rate: float | None = None
    mix: float | None = None


@dataclass(frozen=True)
class ByDimension:
    """All slices of a dimension, the largest effect first. Effects and `overlap` add up to the change.

    `overlap` is what slices do not add up to: buyers or orders counted in several of them. `remainder` of it is what rounding
    to the cent left over.
    """

    dimension: Dimension
    rule: Rule
    slices: tuple[SliceEffect, ...]
    overlap: Decimal | float
    remainder: Decimal


def by_dimension(
    dimension: Dimension, indicator: Indicator, ref: Reference, top: Grouped, bottom: Grouped | None, *, split: bool
) -> ByDimension | None:
    """The contributions of one dimension; None where it tells a single slice, or the denominator knows it by other values.

    With `split` each slice's numerator then stands over the whole denominator: visitors have no category.
    """
    cut = (dimension,)
    starts = ref.before.period.start, ref.now.period.start
    sums = [{k[0]: v for k, v in top.of(cut, day).items()} for day in starts]
    names = list(dict.fromkeys([*sums[0], *sums[1]]))
    if len(names) < 2:
        return None
    if bottom is None:
        return _of_sum(dimension, ref, sums[0], sums[1], names)
    if not told_alike(top, bottom, dimension):
        if not split:
            return None
        return _over_whole(dimension, ref, sums[0], sums[1], names, bottom)
    parts = [{k[0]: v for k, v in bottom.of(cut, day).items()} for day in starts]
    names = list(dict.fromkeys([*names, *parts[0], *parts[1]]))
    return _of_ratio(dimension, indicator, ref, (sums[0], sums[1]), (parts[0], parts[1]), names)


def _of_sum(dimension: Dimension, ref: Reference, before: Mapping[str | None, Decimal],
            now: Mapping[str | None, Decimal], names: list[str | None]) -> ByDimension:  # fmt: skip
    zero, scale = Decimal(0), Decimal(repr(ref.scale))
    moved = {n: now.get(n, zero) - before.get(n, zero) * scale for n in names}
    change = Decimal(str(ref.change))
    overlap = zero
    remainder = zero
    if ref.scale != 1.0:
        found = to_the_cent(list(moved.values()), change, FINE)
        moved, remainder = dict(zip(moved, found.amounts, strict=True)), found.remainder
    else:
        overlap = change - sum(moved.values(), zero)
    rows = [SliceEffect(n, float(before.get(n, zero) * scale), float(now.get(n, zero)), moved[n]) for n in names]
    return ByDimension(dimension, "sum", _largest_first(rows), overlap, remainder)


def _over_whole(dimension: Dimension, ref: Reference, before: Mapping[str | None, Decimal],
                now: Mapping[str | None, Decimal], names: list[str | None], bottom: Grouped) -> ByDimension | None:  # fmt: skip
    wholes = [bottom.whole(c.period.start) for c in (ref.before, ref.now)]
    if not wholes[0] or not wholes[1]:
        return None
    rows = []
    for n in names:
        then = float(before.get(n, Decimal(0)) / wholes[0]) * ref.scale
        this = float(now.get(n, Decimal(0)) / wholes[1])
        rows.append(SliceEffect(n, then, this, this - then))
    overlap = float(ref.change) - sum(float(r.effect) for r in rows)
    return ByDimension(dimension, "share_of_whole", _largest_first(rows), overlap, Decimal(0))


Sides = tuple[Mapping[str | None, Decimal], Mapping[str | None, Decimal]]


def _of_ratio(dimension: Dimension, indicator: Indicator, ref: Reference, tops: Sides, bottoms: Sides,
              names: list[str | None]) -> ByDimension | None:  # fmt: skip
    n0, n1 = (np.array([float(side.get(n, 0)) for n in names]) for side in tops)
    d0, d1 = (np.array([float(side.get(n, 0)) for n in names]) for side in bottoms)
    if d0.sum() <= 0 or d1.sum() <= 0 or min(d0.min(), d1.min()) < 0:
        return None
    n0 = n0 * ref.scale
    shift = 1.0 if indicator.how == "excess_ratio" else 0.0
    found = rate_and_mix((n0, n1), (d0, d1), (float(ref.value) + shift, float(ref.actual) + shift))
    rows = [
        SliceEffect(
            n, float(n0[i] / d0[i]) - shift if d0[i] else None, float(n1[i] / d1[i]) - shift if d1[i] else None,
            float(found.rate[i] + found.mix[i]), float(found.rate[i]), float(found.mix[i]),
        )
        for i, n in enumerate(names)
    ]  # fmt: skip
    return ByDimension(dimension, "rate_mix", _largest_first(rows), found.overlap, Decimal(0))


def _largest_first(rows: list[SliceEffect]) -> tuple[SliceEffect, ...]:
    return tuple(sorted(rows, key=lambda r: (-abs(float(r.effect)), r.value or "")))
