"""Whether a value is more than usual: its distance from a festival-aware expectation against such distances before."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from shopkeeper.core.festivals import festival_on
from shopkeeper.core.period import Grain, Period
from shopkeeper.errors import NotEstimable
from shopkeeper.kpi.counterpart import counterpart
from shopkeeper.kpi.definition import Indicator
from shopkeeper.kpi.matrix import matrix_for
from shopkeeper.kpi.result import Cell, Filters, Request
from shopkeeper.methods.usual import Usual, expectations, usual_range
from shopkeeper.warehouse.shop import Shop

Floats = NDArray[np.float64]
Rule = Literal["recent", "same_weekday", "festival", "none"]
"""recent: from the last four ordinary periods · same_weekday: from the last four ordinary days of that weekday · festival: the
aligned festival a year earlier at today's level · none: the history does not carry a judgement."""

REACH: dict[Grain, tuple[int, int]] = {
    "day": (520, 140), "week": (112, 60), "month": (36, 24), "quarter": (20, 16), "year": (6, 6),
}  # fmt: skip
"""How many periods back are read, and how many of them show what is usual."""

FESTIVE_SHARE = 0.25
"""A month or longer with more festival days than this is festive."""


@dataclass(frozen=True)
class Normal:
    """The judgement of one value. `usual` is None where there is none, and `needed` says what it would take."""

    rule: Rule
    usual: Usual | None
    needed: str


def normal(shop: Shop, indicator: Indicator, now: Cell, filters: Filters) -> Normal:
    """Whether an indicator's value in a period is within what is usual for it."""
    far, near = REACH[now.period.grain]
    periods = [now.period]
    for _ in range(far):
        periods.append(periods[-1].previous())
    periods.reverse()
    request = Request(now.period.grain, periods[0].start, now.period.end, kpis=(indicator.id,), filters=filters)
    matrix = matrix_for(shop, request)
    cells = [matrix.cell(indicator.id, p) for p in periods]
    values = np.array([_known(c, matrix.first_day) for c in cells])
    ordinary = np.array([not festive(p) for p in periods])
    expected = expectations(values, ordinary, 7 if now.period.grain == "day" else 1)
    rule: Rule = "same_weekday" if now.period.grain == "day" else "recent"
    if festive(now.period):
        rule = "festival"
        expected[-1] = _of_festival(now.period, periods, values, expected)
    recent = slice(max(len(periods) - 1 - near, 0), len(periods) - 1)
    known = np.where(ordinary, values, np.nan)[recent]
    try:
        found = usual_range(float(now.value or 0), float(expected[-1]), known, expected[recent],
                            relative=indicator.unit != "share")  # fmt: skip
    except NotEstimable as reason:
        return Normal("none", None, reason.allowed)
    if indicator.unit == "share" and 0.0 <= float(now.value or 0) <= 1.0:
        found = replace(found, low=max(found.low, 0.0), high=min(found.high, 1.0))
    return Normal(rule, found, "")


def festive(period: Period) -> bool:
    """Whether a period is a festival's: its middle day, or for a month and longer more than a quarter of its days."""
    if period.grain in ("day", "week"):
        return festival_on(period.start + dt.timedelta(days=period.days // 2)) is not None
    days = sum(festival_on(period.start + dt.timedelta(days=n)) is not None for n in range(period.days))
    return days > FESTIVE_SHARE * period.days


def _of_festival(period: Period, periods: list[Period], values: Floats, expected: Floats) -> float:
    """The aligned period a year earlier, times what ordinary periods have moved by since; NaN where it is not known."""
    other = counterpart(period, "festival").period
    if other is None or other not in periods:
        return float("nan")
    then = periods.index(other)
    level = expected[-1] / expected[then] if expected[then] else float("nan")
    return float(values[then] * level)


def _known(cell: Cell | None, first_day: dt.date | None) -> float:
    if cell is None or cell.value is None or cell.status == "partial" or first_day is None:
        return float("nan")
    return float(cell.value) if cell.period.start >= first_day else float("nan")
