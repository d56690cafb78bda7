"""One change explained: both values, what it was worth, its drivers, slices, root cause, and what happened then."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from shopkeeper.core.period import Period
from shopkeeper.insight.explain.cause import RootCause, root_cause
from shopkeeper.insight.explain.facts import Grouped, grouped, sides
from shopkeeper.insight.explain.happened import Happening, happened
from shopkeeper.insight.explain.leaves import Compared, leaves_of
from shopkeeper.insight.explain.normal import Normal, normal
from shopkeeper.insight.explain.question import DIMENSIONS, Dimension, Question
from shopkeeper.insight.explain.reference import Reference, reference
from shopkeeper.insight.explain.slices import ByDimension, by_dimension
from shopkeeper.insight.explain.trees import Tree, tree
from shopkeeper.insight.explain.worth import Worth, worth
from shopkeeper.kpi.availability import Holdings
from shopkeeper.kpi.definition import SLICES, Indicator
from shopkeeper.kpi.definitions import Definitions
from shopkeeper.kpi.matrix import holdings, matrix_for
from shopkeeper.kpi.own.folder import definitions_of
from shopkeeper.kpi.result import Request
from shopkeeper.kpi.visitors import of_visitors
from shopkeeper.warehouse.shop import Shop

NOISE_PERIODS = 8
"""How many earlier periods show how far parts of the business move without a cause."""


@dataclass(frozen=True)
class Explanation:
    """Everything about one change. `dimensions` hold the contributions of each dimension that has several slices.

    What does not apply is None or empty, and `gaps` says why: a key of the words below `explain_gap`.
    """

    question: Question
    unit: str
    direction: int
    reference: Reference
    change: Decimal | float
    worth: Worth | None
    normal: Normal
    tree: Tree | None
    dimensions: tuple[ByDimension, ...]
    cause: RootCause | None
    happened: tuple[Happening, ...]
    gaps: tuple[str, ...]


def explain(shop: Shop, asked: Question) -> Explanation:
    """Why an indicator changed.

    Raises NotFound for an unknown indicator, NotEstimable where one side of the comparison has no value.
    """
    definitions = definitions_of(shop)
    indicator = definitions.indicator(asked.kpi)
    found = holdings(shop, definitions)
    ref = reference(shop, asked, indicator, definitions)
    wanted = asked.by or tuple(
        d for d in DIMENSIONS if d != "shop" or len(found.platform_of) > len(set(found.platform_of.values()))
    )
    made = _made_of(shop, asked, indicator, definitions, found, ref, wanted)
    top, bottom = made if made else (None, None)
    gaps: list[str] = []
    dimensions: tuple[ByDimension, ...] = ()
    cause = None
    if top is not None:
        split = of_visitors(indicator)
        cut = [by_dimension(d, indicator, ref, top, bottom, split=split) for d in wanted if d in top.dimensions]
        dimensions = tuple(c for c in cut if c is not None)
        compared = Compared(ref.now.period.start, ref.before.period.start, ref.scale, _noise(ref))
        leaves = leaves_of(top, bottom, compared, split=split)
        cause = root_cause(leaves) if leaves is not None else None
    if cause is None:
        gaps.append("no_cause")
    if not dimensions:
        gaps.append("no_dimension")
    drivers = tree(shop, indicator, ref, asked.filters, found, top)
    if drivers is None:
        gaps.append("tree_of_target" if ref.scale != 1.0 else "no_tree")
    return Explanation(
        asked, indicator.unit, indicator.direction, ref, ref.change, worth(shop, indicator, definitions, ref, asked.filters),
        normal(shop, indicator, ref.now, asked.filters), drivers, dimensions, cause,
        happened(shop, ref.now.period, ref.before.period), tuple(gaps),
    )  # fmt: skip


def _noise(ref: Reference) -> list[tuple[dt.date, dt.date]]:
    """Pairs of earlier periods, as far apart as the two compared ones where those are neighbours, else neighbours."""
    return [(a.start, b.start) for a, b in _earlier(ref)]


def _earlier(ref: Reference) -> list[tuple[Period, Period]]:
    grain = ref.now.period.grain
    if grain in ("quarter", "year"):
        return []
    step = 7 if grain == "day" else 1
    walked = [ref.now.period]
    for _ in range((NOISE_PERIODS + 1) * step):
        walked.append(walked[-1].previous())
    chosen = walked[::step][1:] if ref.before.period != walked[1] or step == 1 else walked[1:]
    pairs = list(zip(chosen, chosen[1:], strict=False))
    return pairs[:NOISE_PERIODS]


def _made_of(shop: Shop, asked: Question, indicator: Indicator, definitions: Definitions, found: Holdings, ref: Reference,
             wanted: tuple[Dimension, ...]) -> tuple[Grouped, Grouped | None] | None:  # fmt: skip
    """Sums of both sides by every cut; None for a figure that rows do not add up to."""
    both = sides(indicator, definitions, found)
    if both is None:
        return _from_cells(shop, asked, indicator, ref, wanted)
    earlier = dict.fromkeys(p for pair in _earlier(ref) for p in pair)
    periods = list(dict.fromkeys([ref.now.period, ref.before.period, *earlier]))

    found_sides = grouped(shop, [s for s in both if s], periods, wanted, asked.filters, found, definitions)
    return found_sides[0], found_sides[1] if len(found_sides) > 1 else None


def _from_cells(shop: Shop, asked: Question, indicator: Indicator, ref: Reference,
                wanted: tuple[Dimension, ...]) -> tuple[Grouped, Grouped | None] | None:  # fmt: skip
    """The same out of the matrix, one dimension at a time, for histories of buyers and levels of stock."""
    if indicator.how in ("median_gap", "km_share") or not indicator.numerator:
        return None
    usable = tuple(d for d in wanted if d in indicator.slices and d in SLICES)
    sides_of: tuple[Grouped, Grouped] = (Grouped(usable, (), {(): {}}, {}), Grouped(usable, (), {(): {}}, {}))
    for dimension in ((), *((d,) for d in usable)):
        for period in (ref.now.period, ref.before.period):
            request = Request(period.grain, period.start, period.end, dimension, (indicator.id,), asked.filters)
            for cell in matrix_for(shop, request).cells:
                key = (period.start, tuple(value for _, value in cell.dims))
                parts = (cell.value, None) if indicator.how == "total" else (cell.numerator, cell.denominator)
                for side, value in zip(sides_of, parts, strict=True):
                    if value is not None:
                        side.sums.setdefault(dimension, {})[key] = Decimal(str(value))
    return sides_of[0], None if indicator.how == "total" else sides_of[1]
