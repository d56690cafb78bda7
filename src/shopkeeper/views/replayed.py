"""What a better mapping changed in the indicators: the matrix before against the matrix after, only where they differ."""

from __future__ import annotations

from dataclasses import dataclass

from shopkeeper.core.period import Period
from shopkeeper.core.wording import Language
from shopkeeper.kpi.definitions import BUILT_IN, Definitions
from shopkeeper.kpi.matrix import matrix_for
from shopkeeper.kpi.result import Matrix, Request, Value
from shopkeeper.views.labels import indicator_name
from shopkeeper.warehouse.shop import Shop

MONTHS = 3


@dataclass(frozen=True)
class IndicatorChange:
    """One indicator in one month, as it was and as it is; None is "–"."""

    kpi: str
    name: str
    period: Period
    unit: str
    before: Value
    after: Value


def months_of(shop: Shop) -> Matrix:
    """The whole matrix by month, of a shop or of the inside of its open write transaction."""
    return matrix_for(shop, Request("month"))


def indicator_changes(
    before: Matrix, after: Matrix, lang: Language, months: int = MONTHS, definitions: Definitions = BUILT_IN
) -> tuple[IndicatorChange, ...]:
    """Every indicator that differs in one of the newest months that the data covers whole, newest month first."""
    changes = []
    for period in newest_months(before, after, months):
        cells = [{cell.kpi: cell for cell in m.cells if cell.period == period} for m in (before, after)]
        for kpi in dict.fromkeys([*cells[1], *cells[0]]):
            was, now = (found.get(kpi) for found in cells)
            values = was.value if was else None, now.value if now else None
            if values[0] != values[1]:
                declared = definitions.indicator(kpi)
                changes.append(IndicatorChange(kpi, indicator_name(declared, lang), period, declared.unit, *values))
    return tuple(changes)


def newest_months(before: Matrix, after: Matrix, months: int) -> list[Period]:
    """The newest months that either matrix covers to their last day, or else its newest one."""
    whole = {
        period
        for matrix in (before, after)
        for period in matrix.periods
        if matrix.last_day and period.last_day <= matrix.last_day or period == matrix.latest_whole
    }
    return sorted(whole, key=lambda period: period.start, reverse=True)[:months]
