"""Which periods a page shows: the chosen one, those before it for trend and usual variation, and one year earlier."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from shopkeeper.core.period import Grain, Period, periods_between
from shopkeeper.errors import UsageError
from shopkeeper.kpi.matrix import data_range, matrix_for
from shopkeeper.kpi.result import Cell, Matrix, Request
from shopkeeper.views.lens import Lens
from shopkeeper.warehouse.shop import Shop

SHOWN_PERIODS: dict[Grain, int] = {"day": 63, "week": 53, "month": 25, "quarter": 13, "year": 6}
"""How many periods a trend looks back over."""

SPARK_PERIODS = 12


@dataclass(frozen=True)
class Window:
    """The periods of a page. `shown` ends at or after `selected`; `choices` are all that have data, newest first."""

    selected: Period
    shown: tuple[Period, ...]
    choices: tuple[Period, ...]
    first_day: dt.date
    last_day: dt.date

    @property
    def until_selected(self) -> tuple[Period, ...]:
        """The shown periods up to the selected one."""
        return tuple(p for p in self.shown if p.start <= self.selected.start)

    @property
    def earlier(self) -> Period | None:
        """The period before the selected one, where there is data for it."""
        before = self.selected.previous()
        return before if before.end > self.first_day else None

    @property
    def later(self) -> Period | None:
        """The period after the selected one, where there is data for it."""
        after = self.selected.next()
        return after if after.start <= self.last_day else None


def window(shop: Shop, lens: Lens) -> Window | None:
    """The periods that a lens shows; None for a shop without orders.

    Without a chosen period it is the latest complete one. Raises UsageError for a period outside the data.
    """
    days = data_range(shop)
    if days.first_day is None or days.last_day is None:
        return None
    choices = periods_between(days.first_day, days.last_day + dt.timedelta(days=1), lens.grain)
    complete = [p for p in choices if p.last_day <= days.last_day]
    selected = lens.at or (complete[-1] if complete else choices[-1])
    if selected not in choices:
        raise UsageError(
            "there are no data for this period",
            where=f"shop {shop.id}",
            received=selected.label,
            allowed=f"{choices[0].label} to {choices[-1].label}",
        )
    count = SHOWN_PERIODS[lens.grain]
    last = len(choices)
    if choices.index(selected) < last - count + SPARK_PERIODS:  # far back: end at the selected period
        last = choices.index(selected) + 1
    shown = choices[max(last - count, 0) : last]
    return Window(selected, tuple(shown), tuple(reversed(choices)), days.first_day, days.last_day)


@dataclass(frozen=True)
class Figures:
    """The cells behind a page: those of the shown periods, and of the same period a year earlier when it has data."""

    window: Window
    matrix: Matrix
    year_before: Matrix | None

    def cell(self, kpi: str, period: Period) -> Cell | None:
        """An indicator's cell in a shown period."""
        return self.matrix.cell(kpi, period)

    def year_cell(self, kpi: str) -> Cell | None:
        """An indicator's cell one year before the selected period."""
        period = self.window.selected.year_before()
        return self.matrix.cell(kpi, period) or (self.year_before.cell(kpi, period) if self.year_before else None)

    def series(self, kpi: str, periods: tuple[Period, ...]) -> tuple[Cell | None, ...]:
        """An indicator's cells over periods."""
        return tuple(self.matrix.cell(kpi, p) for p in periods)


def figures(shop: Shop, lens: Lens, found: Window) -> Figures:
    """Fetch the cells of a window, all indicators at once."""
    shown = found.shown
    request = Request(lens.grain, shown[0].start, shown[-1].end, filters=lens.slices)
    matrix = matrix_for(shop, request)
    year = found.selected.year_before()
    if year.start >= shown[0].start or year.end <= found.first_day:
        return Figures(found, matrix, None)
    return Figures(found, matrix, matrix_for(shop, replace(request, start=year.start, end=year.end)))
