"""The figure that a figure is set against: an earlier period's cell, or the target as that period scaled to reach it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

from shopkeeper.core.period import Period
from shopkeeper.errors import NotEstimable
from shopkeeper.insight.explain.question import Question
from shopkeeper.insight.models.said import refusal, say
from shopkeeper.kpi.counterpart import counterpart
from shopkeeper.kpi.definition import Indicator
from shopkeeper.kpi.definitions import Definitions
from shopkeeper.kpi.matrix import matrix_for
from shopkeeper.kpi.result import Cell, Matrix, Request, Value
from shopkeeper.kpi.score import resolve_anchors
from shopkeeper.warehouse.shop import Shop


@dataclass(frozen=True)
class Reference:
    """Both sides: the cell `now`, and the cell `before` of the earlier period.

    `actual` is the value now and `value` what it is set against, both unrounded, so that parts add up to their difference.
    `scale` is what the earlier period is multiplied by to be `value`: 1, but for a target.
    """

    now: Cell
    before: Cell
    actual: Decimal | float
    value: Decimal | float
    scale: float
    currency: str
    snapshot: int

    @property
    def change(self) -> Decimal | float:
        """Value now less the value it is set against."""
        if isinstance(self.actual, Decimal) and isinstance(self.value, Decimal):
            return self.actual - self.value
        return float(self.actual) - float(self.value)


def exact(value: Value) -> Decimal:
    """A value as a decimal of the same digits.

    >>> exact(0.1)
    Decimal('0.1')
    """
    return value if isinstance(value, Decimal) else Decimal(str(value or 0))


def unrounded(indicator: Indicator, cell: Cell) -> Decimal | float:
    """A cell's value with every digit: an amount or count exactly, a ratio as its numerator over its denominator."""
    if indicator.how == "total":
        return exact(cell.value)
    shown = float(cell.value or 0)
    if cell.numerator is None or not cell.denominator:
        return shown
    quotient = float(cell.numerator) / float(cell.denominator) - (indicator.how == "excess_ratio")
    return quotient if math.isclose(quotient, shown, rel_tol=1e-3, abs_tol=1e-4) else shown


def reference(shop: Shop, asked: Question, indicator: Indicator, definitions: Definitions) -> Reference:
    """Both cells of a question.

    Raises NotEstimable, naming what is missing, where one of them has no value or is not whole, or no target stands.
    """
    now, matrix = _cell(shop, asked, indicator, asked.period)
    if asked.against == "target":
        return _against_target(shop, asked, indicator, definitions, now, matrix)
    other = counterpart(asked.period, asked.against)
    if other.period is None:
        festival = say(f"festival.{other.festival}") if other.festival else "–"
        raise refusal("explain_refused.no_counterpart", why=say(f"compare_refused.{other.refusal}", festival=festival))
    before, _ = _cell(shop, asked, indicator, other.period)
    return Reference(
        now, before, unrounded(indicator, now), unrounded(indicator, before), 1.0, matrix.currency, matrix.snapshot
    )


def _against_target(shop: Shop, asked: Question, indicator: Indicator, definitions: Definitions, now: Cell,
                    matrix: Matrix) -> Reference:  # fmt: skip
    anchors = resolve_anchors(shop, indicator, matrix, now)
    if anchors is None:
        raise refusal("explain_refused.no_target", [say("explain_refused.need_target")], kpi=indicator.id)
    before = _earlier(shop, asked, indicator)
    actual = unrounded(indicator, now)
    value = Decimal(str(anchors.target)) if isinstance(actual, Decimal) else float(anchors.target)
    if before is None or not before.value:
        raise refusal("explain_refused.no_shape", [say("explain_refused.need_shape")])
    scale = float(value) / float(unrounded(indicator, before))
    return Reference(now, before, actual, value, scale, matrix.currency, matrix.snapshot)


def _earlier(shop: Shop, asked: Question, indicator: Indicator) -> Cell | None:
    """A year earlier where there is one, else the period before: its parts are the shape of the target."""
    for period in (asked.period.year_before(), asked.period.previous()):
        try:
            return _cell(shop, asked, indicator, period)[0]
        except NotEstimable:
            continue
    return None


def _cell(shop: Shop, asked: Question, indicator: Indicator, period: Period) -> tuple[Cell, Matrix]:
    request = Request(period.grain, period.start, period.end, kpis=(indicator.id,), filters=asked.filters)
    matrix = matrix_for(shop, request)
    cell = matrix.cell(indicator.id, period)
    if matrix.first_day is None or cell is None or period.end <= matrix.first_day:
        raise refusal("explain_refused.no_data", ["order_lines"], period=period.label)
    if cell.value is None:
        raise refusal("explain_refused.no_value", cell.missing, kpi=indicator.id, period=period.label)
    if cell.status == "partial":
        raise refusal("explain_refused.partial", [say("explain_refused.need_whole")], period=period.label)
    return cell, matrix
