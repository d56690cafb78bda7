"""Calendar periods of a shop: half-open ranges of the shop's own days."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from shopkeeper.errors import UsageError

Grain = Literal["day", "week", "month", "quarter", "year"]
GRAINS: tuple[Grain, ...] = get_args(Grain)

_FORMS = "2017-10-05 (day), 2017-W40 (ISO week), 2017-10 (month), 2017-Q4 (quarter), 2017 (year); years 1900 to 2200"


@dataclass(frozen=True, order=True)
class Period:
    """One period: `start` is its first day, `end` the first day after it.

    >>> Period.parse("2017-W40")
    Period(start=datetime.date(2017, 10, 2), end=datetime.date(2017, 10, 9), grain='week')
    >>> Period.parse("2017-Q4").previous().label
    '2017-Q3'
    >>> Period.parse("2017-02").days
    28
    """

    start: dt.date
    end: dt.date
    grain: Grain

    @classmethod
    def containing(cls, day: dt.date, grain: Grain) -> Period:
        """The period of this grain that holds the day."""
        start = floor_day(day, grain)
        return cls(start, _next_start(start, grain), grain)

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read a period's label. Raises UsageError for anything else."""
        for grain, pattern in _PATTERNS.items():
            match = pattern.fullmatch(text.strip())
            if match:
                numbers = [int(group) for group in match.groups()]
                if not 1900 <= numbers[0] <= 2200:
                    break
                try:
                    return cls.containing(_first_day(grain, numbers), grain)
                except ValueError:
                    break
        raise UsageError("this is not a period", received=text, allowed=_FORMS)

    @property
    def label(self) -> str:
        """The text that `parse` reads back."""
        match self.grain:
            case "day":
                return self.start.isoformat()
            case "week":
                year, week, _ = self.start.isocalendar()
                return f"{year}-W{week:02d}"
            case "month":
                return f"{self.start:%Y-%m}"
            case "quarter":
                return f"{self.start.year}-Q{(self.start.month + 2) // 3}"
            case "year":
                return f"{self.start.year}"

    @property
    def days(self) -> int:
        """How many days it holds."""
        return (self.end - self.start).days

    @property
    def last_day(self) -> dt.date:
        """The last day inside it."""
        return self.end - dt.timedelta(days=1)

    def previous(self) -> Period:
        """The period just before."""
        return Period.containing(self.start - dt.timedelta(days=1), self.grain)

    def next(self) -> Period:
        """The period just after."""
        return Period.containing(self.end, self.grain)

    def year_before(self) -> Period:
        """The same period one year earlier (for a week: 52 weeks earlier, so weekdays align)."""
        if self.grain in ("week", "day"):
            return Period.containing(self.start - dt.timedelta(weeks=52), self.grain)
        return Period.containing(self.start.replace(year=self.start.year - 1), self.grain)


def periods_between(start: dt.date, end: dt.date, grain: Grain) -> list[Period]:
    """All periods that touch the half-open range [start, end), in order.

    >>> [p.label for p in periods_between(dt.date(2017, 1, 31), dt.date(2017, 3, 1), "month")]
    ['2017-01', '2017-02']
    """
    return list(_walk(start, end, grain))


def _walk(start: dt.date, end: dt.date, grain: Grain) -> Iterator[Period]:
    period = Period.containing(start, grain)
    while period.start < end:
        yield period
        period = period.next()


def floor_day(day: dt.date, grain: Grain) -> dt.date:
    """The first day of the period that holds the day; weeks start on Monday (ISO 8601)."""
    match grain:
        case "day":
            return day
        case "week":
            return day - dt.timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "year":
            return day.replace(month=1, day=1)


def _next_start(start: dt.date, grain: Grain) -> dt.date:
    match grain:
        case "day":
            return start + dt.timedelta(days=1)
        case "week":
            return start + dt.timedelta(days=7)
        case "month":
            return (start + dt.timedelta(days=31)).replace(day=1)
        case "quarter":
            return (start + dt.timedelta(days=93)).replace(day=1)
        case "year":
            return start.replace(year=start.year + 1)


_PATTERNS: dict[Grain, re.Pattern[str]] = {
    "day": re.compile(r"(\d{4})-(\d{2})-(\d{2})"),
    "week": re.compile(r"(\d{4})-W(\d{2})"),
    "month": re.compile(r"(\d{4})-(\d{2})"),
    "quarter": re.compile(r"(\d{4})-Q([1-4])"),
    "year": re.compile(r"(\d{4})"),
}


def _first_day(grain: Grain, numbers: list[int]) -> dt.date:
    match grain:
        case "day":
            return dt.date(*numbers)
        case "week":
            return dt.date.fromisocalendar(numbers[0], numbers[1], 1)
        case "month":
            return dt.date(numbers[0], numbers[1], 1)
        case "quarter":
            return dt.date(numbers[0], numbers[1] * 3 - 2, 1)
        case "year":
            return dt.date(numbers[0], 1, 1)
