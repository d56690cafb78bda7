"""An indicator's own past as arrays: numerator and denominator of every day and slice, and its value in every period."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from shopkeeper.core.period import Grain, Period
from shopkeeper.errors import NotEstimable
from shopkeeper.insight.models.said import refusal
from shopkeeper.kpi.catalogue import MEASURES
from shopkeeper.kpi.definition import Indicator, Slice
from shopkeeper.kpi.matrix import matrix_for
from shopkeeper.kpi.missing import missing_words
from shopkeeper.kpi.result import Cell, Dims, Filters, Matrix, Request
from shopkeeper.methods.forecast.accuracy import Floats
from shopkeeper.warehouse.shop import Shop

_ADDING_HISTORY = {"new_buyers", "first_buyers"}


@dataclass(frozen=True)
class Past:
    """One row a slice. `top` and `bottom` are those of each day or period; `bottom` is None where the value is no quotient.

    `value` = top ÷ bottom − less, or top. NaN = not known. `periods` name the columns.
    """

    slices: tuple[Dims, ...]
    periods: tuple[Period, ...]
    value: Floats
    top: Floats
    bottom: Floats | None
    less: int
    unit: str

    @property
    def first_day(self) -> dt.date:
        """The first day of the first column."""
        return self.periods[0].start

    def until(self, count: int) -> Past:
        """Its first columns alone."""
        bottom = None if self.bottom is None else self.bottom[:, :count]
        return Past(
            self.slices, self.periods[:count], self.value[:, :count], self.top[:, :count], bottom, self.less, self.unit
        )


def sums_over_days(indicator: Indicator) -> bool:
    """Whether figures of days say something of a longer period: sums do, counts once a period nearly, windows of days do not."""
    names = (*indicator.numerator, *indicator.denominator, *indicator.minus)
    plain = indicator.how in ("ratio", "total", "margin", "excess_ratio")
    own = indicator.own is not None
    return plain and all(name in MEASURES or name in _ADDING_HISTORY or own for name in names)


def read_past(shop: Shop, indicator: Indicator, grain: Grain, by: tuple[Slice, ...], filters: Filters) -> Past:
    """The past of an indicator by one request of the matrix.

    Columns begin where it is first known and end with the last period that is complete and mature.
    Raises NotEstimable where it is known nowhere; it names what is missing.
    """
    matrix = matrix_for(shop, Request(grain, None, None, by, (indicator.id,), filters))
    slices = matrix.slices()
    cells = [[matrix.cell(indicator.id, p, dims) for p in matrix.periods] for dims in slices]
    value = np.array([[_number(c, c.value if c else None) for c in row] for row in cells], ndmin=2)
    known = ~np.isnan(value).all(axis=0) if value.size else np.zeros(0, dtype=bool)
    if not known.any():
        raise _refused(indicator, grain, matrix)
    first, last = int(np.argmax(known)), len(known) - int(np.argmax(known[::-1]))
    top = np.array([[_number(c, c.numerator if c else None) for c in row] for row in cells], ndmin=2)
    bottom = np.array([[_number(c, c.denominator if c else None) for c in row] for row in cells], ndmin=2)
    less = 1 if indicator.how == "excess_ratio" else 0
    cut = slice(first, last)
    found = _Quotient(value[:, cut], top[:, cut], bottom[:, cut], less)
    unit = next((c.unit for row in cells for c in row if c is not None), indicator.unit)
    periods = matrix.periods[first:last]
    if indicator.how == "total":  # a day without a row between days with rows had none
        filled = np.where(np.isnan(found.value) & (np.cumsum(~np.isnan(found.value), axis=1) > 0), 0.0, found.value)
        return Past(slices, periods, filled, filled, None, 0, unit)
    if found.holds():
        return Past(slices, periods, found.value, found.top, found.bottom, less, unit)
    return Past(slices, periods, found.value, found.value, None, 0, unit)


@dataclass(frozen=True)
class _Quotient:
    value: Floats
    top: Floats
    bottom: Floats
    less: int

    def holds(self) -> bool:
        """Whether the value is numerator ÷ denominator wherever it is known."""
        known = ~np.isnan(self.value)
        with np.errstate(divide="ignore", invalid="ignore"):
            said = self.top / self.bottom - self.less
        return bool(np.allclose(said[known], self.value[known], rtol=1e-2, atol=1e-4))


def _number(cell: Cell | None, value: object) -> float:
    """A figure that may be learned from: nothing unknown, unripe or cut off."""
    if cell is None or cell.status != "ok" or value is None:
        return float("nan")
    return float(value)  # type: ignore[arg-type]


def _refused(indicator: Indicator, grain: Grain, matrix: Matrix) -> NotEstimable:
    """Why there is no past: what is missing, in the codes of the matrix, so that every language has words for it."""
    named = sorted({m for c in matrix.cells for m in c.missing})
    codes = tuple([m for m in named if not m.startswith(("history", "follow_up"))] or named[-1:])
    error = refusal("forecast.no_past" if codes else "forecast.not_ripe")
    daily = "daily_only" in codes
    told = NotEstimable(
        error.what, [missing_words(codes, "en")] if codes else [], where=f"{indicator.id}, by {grain}",
        next_command=f"shopkeeper forecast {indicator.id} --period day" if daily else "shopkeeper kpis",
    )  # fmt: skip
    told.told, told.needed = error.told, codes
    return told
