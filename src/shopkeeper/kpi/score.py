"""The 0–5 operating score: each indicator between its floor, baseline and target, weighted; unknown lowers confidence only."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from shopkeeper.core.period import Grain, Period, periods_between
from shopkeeper.core.settings import Anchors
from shopkeeper.errors import ConfigError, UsageError
from shopkeeper.kpi.definition import DIMENSIONS, Dimension, Indicator
from shopkeeper.kpi.definitions import Definitions
from shopkeeper.kpi.matrix import matrix_for
from shopkeeper.kpi.own.folder import definitions_of
from shopkeeper.kpi.result import Cell, Dims, Matrix
from shopkeeper.warehouse.shop import Shop

AT_BASELINE = 0.6
RowStatus = Literal["on_track", "watch", "off", "not_scored", "no_data"]
"""on_track: at or beyond the target · watch: between baseline and target · off: worse than the baseline · not_scored: no
anchors, or the period is not over or not followed long enough · no_data: "–"."""


@dataclass(frozen=True)
class ResolvedAnchors:
    """Three ordered anchors as numbers."""

    floor: float
    baseline: float
    target: float
    weight: float
    reason: str = ""

    def points(self, value: float) -> float:
        """0 at the floor, 0.6 at the baseline, 1 at the target; linear between, clipped beyond.

        >>> ResolvedAnchors(0.0, 60.0, 100.0, 1.0).points(80.0)
        0.8
        >>> ResolvedAnchors(300.0, 200.0, 100.0, 1.0).points(250.0)
        0.3
        """
        up = 1 if self.target > self.floor else -1
        at, floor, baseline, target = (up * x for x in (value, self.floor, self.baseline, self.target))
        if at <= floor:
            return 0.0
        if at <= baseline:
            return AT_BASELINE * (at - floor) / (baseline - floor)
        return min(1.0, AT_BASELINE + (1 - AT_BASELINE) * (at - baseline) / (target - baseline))


@dataclass(frozen=True)
class RowScore:
    """How one indicator stands against its anchors."""

    points: float | None
    anchors: ResolvedAnchors | None
    attainment: float | None
    status: RowStatus


@dataclass(frozen=True)
class DimensionScore:
    """The score of one dimension: 0–5, or None when nothing in it is scored."""

    dimension: Dimension
    score: float | None
    confidence: float
    scored: int
    of: int


@dataclass(frozen=True)
class Score:
    """The operating score of one period and slice."""

    period: Period
    dims: Dims
    total: float | None
    confidence: float
    dimensions: tuple[DimensionScore, ...]
    rows: dict[str, RowScore]

    def as_json(self) -> dict[str, object]:
        """The score as the CLI and the API give it."""
        return {
            "period": self.period.label,
            "dims": dict(self.dims),
            "total": None if self.total is None else round(self.total, 3),
            "confidence": round(self.confidence, 4),
            "dimensions": {
                d.dimension: {
                    "score": None if d.score is None else round(d.score, 3),
                    "confidence": round(d.confidence, 4),
                }
                for d in self.dimensions
            },
        }


def score(matrix: Matrix, shop: Shop, period: Period, dims: Dims = ()) -> Score:
    """The operating score of one period and slice of a matrix that holds the 25 indicators.

    Raises ConfigError when the shop's anchors name no indicator or cannot be read.
    """
    definitions = definitions_of(shop)
    for name in shop.settings.targets:
        _known(name, definitions)
    rows: dict[str, RowScore] = {}
    for declared in definitions.indicators.values():
        cell = matrix.cell(declared.id, period, dims)
        if cell is not None:
            rows[declared.id] = _row(declared, cell, matrix, shop)
    platform = _platform(matrix, dims)
    weights = {i.id: _weight(shop, definitions, i, period, platform) for i in definitions.matrix}
    groups = []
    for dimension in DIMENSIONS:
        members = {i.id: weights[i.id] for i in definitions.matrix if i.dimension == dimension}
        groups.append(_weighed(dimension, members, rows))
    scored = {k: w for k, w in weights.items() if k in rows and rows[k].points is not None}
    total_weight = sum(scored.values())
    total = sum(w * (rows[k].points or 0.0) for k, w in scored.items()) / total_weight * 5 if total_weight else None
    confidence = total_weight / sum(weights.values()) if sum(weights.values()) else 0.0
    return Score(period, dims, total, confidence, tuple(groups), rows)


def _weighed(dimension: Dimension, weights: dict[str, float], rows: dict[str, RowScore]) -> DimensionScore:
    points = {k: rows[k].points for k in weights if k in rows}
    scored = {k: p for k, p in points.items() if p is not None}
    weight = sum(weights[k] for k in scored)
    value = sum(weights[k] * p for k, p in scored.items()) / weight * 5 if weight else None
    whole = sum(weights.values())
    return DimensionScore(dimension, value, weight / whole if whole else 0.0, len(scored), len(weights))


def _weight(
    shop: Shop, definitions: Definitions, declared: Indicator, period: Period, platform: str | None
) -> float:  # fmt: skip
    anchors, _ = anchors_of(shop, definitions, declared, period, platform)
    return anchors.weight if anchors else 1.0


def anchors_of(
    shop: Shop, definitions: Definitions, declared: Indicator, period: Period, platform: str | None
) -> tuple[Anchors | None, str]:
    """The anchors that hold for a period, and where they stand: a [[target]] begun by its first day, or else the settings'."""
    target = definitions.target(declared.id, period.start, platform)
    if target is not None:
        return target.anchors, target.where
    return shop.settings.targets.get(declared.id), f"shopkeeper.toml, key targets.{declared.id}"


def _platform(matrix: Matrix, dims: Dims) -> str | None:
    """The one platform that a slice is of, if it is of one."""
    asked = dict(matrix.request.filters).get("platform", ())
    return dict(dims).get("platform") or (asked[0] if len(asked) == 1 else None)


def _row(declared: Indicator, cell: Cell, matrix: Matrix, shop: Shop) -> RowScore:
    if cell.value is None:
        return RowScore(None, None, None, "no_data")
    anchors = resolve_anchors(shop, declared, matrix, cell)
    if anchors is None:
        return RowScore(None, None, None, "not_scored")
    value = float(cell.value)
    points = anchors.points(value)
    attainment = _attainment(value, anchors.target, declared.direction)
    if cell.status != "ok":  # a period that is not over, or not followed long enough, would be judged too early
        return RowScore(None, anchors, attainment, "not_scored")
    status: RowStatus = "on_track" if points >= 1 else "watch" if points >= AT_BASELINE else "off"
    return RowScore(points, anchors, attainment, status)


def _attainment(value: float, target: float, direction: int) -> float | None:
    top, bottom = (value, target) if direction >= 0 else (target, value)
    return top / bottom if bottom else None


def resolve_anchors(shop: Shop, declared: Indicator, matrix: Matrix, cell: Cell) -> ResolvedAnchors | None:
    """The shop's anchors of an indicator as numbers; None when it has none, or the baseline cannot be measured."""
    anchors, where = anchors_of(shop, definitions_of(shop), declared, cell.period, _platform(matrix, cell.dims))
    if anchors is None or anchors.baseline is None or anchors.floor is None or anchors.target is None:
        return None
    baseline = _baseline(anchors, shop, declared, matrix, cell, where)
    if baseline is None:
        return None
    floor = _relative(anchors.floor, baseline, f"{where}.floor")
    target = _relative(anchors.target, baseline, f"{where}.target")
    ordered = floor < baseline < target if declared.direction >= 0 else floor > baseline > target
    if not ordered and isinstance(anchors.baseline, str):  # the data, not the owner, put them out of order
        return None
    if not ordered:
        raise ConfigError(
            "the anchors are not in order",
            where=where,
            received=f"floor {floor:g}, baseline {baseline:g}, target {target:g}",
            allowed="floor < baseline < target"
            if declared.direction >= 0
            else "floor > baseline > target: lower is better",
        )
    return ResolvedAnchors(floor, baseline, target, anchors.weight, anchors.reason)


def _baseline(
    anchors: Anchors, shop: Shop, declared: Indicator, matrix: Matrix, cell: Cell, where: str
) -> float | None:
    if not isinstance(anchors.baseline, str):
        return anchors.baseline
    return measured_baseline(shop, declared, anchors.baseline, matrix, cell.period.grain, cell.dims, where)


def measured_baseline(
    shop: Shop, declared: Indicator, text: str, matrix: Matrix, grain: Grain, dims: Dims, where: str
) -> float | None:
    """An indicator over a range of past periods, at the grain asked for: Σ ÷ Σ of whole periods inside, else None.

    A monthly figure a buyer is no yardstick for a quarterly one, so the range is measured at the request's own grain.
    """
    first, _, last = text.partition("..")
    try:
        start, end = Period.parse(first).start, Period.parse(last or first).end
    except UsageError as error:
        raise ConfigError(
            "this baseline is neither a number nor a range of periods", where=f"{where}.baseline", received=text,
            allowed=f"0.9, 2017-Q1 or 2017-01..2017-03 ({error.allowed})",
        ) from None  # fmt: skip
    inside = [p for p in periods_between(start, end, grain) if p.start >= start and p.end <= end]
    if not inside:
        return None
    request = replace(matrix.request, grain=grain, start=inside[0].start, end=inside[-1].end, kpis=(declared.id,))
    cells = [c for c in matrix_for(shop, request).cells if c.dims == dims]
    values = [c for c in cells if c.value is not None]
    if not values or len(values) < len(inside):
        return None
    bottoms = [c.denominator for c in values]
    if declared.how in ("ratio", "margin", "excess_ratio") and all(b is not None for b in bottoms):
        top = sum((Decimal(str(c.numerator)) for c in values), Decimal(0))
        bottom = sum((Decimal(str(b)) for b in bottoms), Decimal(0))
        less = 1 if declared.how == "excess_ratio" else 0
        return float(top / bottom) - less if bottom else None
    ordered = sorted(float(c.value) for c in values if c.value is not None)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _relative(anchor: float | str, baseline: float, where: str) -> float:
    if not isinstance(anchor, str):
        return anchor
    found = re.fullmatch(r"\s*([+-]\d+(?:\.\d+)?)\s*(%|pp)\s*", anchor)
    if not found:
        raise ConfigError(
            "this anchor cannot be read", where=where, received=anchor, allowed='a number, "+10%" or "+3pp"'
        )
    change = float(found.group(1)) / 100
    return baseline * (1 + change) if found.group(2) == "%" else baseline + change


def _known(name: str, definitions: Definitions) -> Indicator:
    try:
        return definitions.indicator(name)
    except UsageError as error:
        raise ConfigError(
            "these anchors name no indicator",
            where=f"shopkeeper.toml, key targets.{name}",
            received=name,
            allowed=error.allowed,
        ) from None
