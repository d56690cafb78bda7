"""The retail festivals that move a year's figures: when each one is, and which days belong to it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

FestivalName = Literal["618", "double_11", "double_12", "new_year"]

NEW_YEARS = {  # first day of the lunar year
    2015: (2, 19), 2016: (2, 8), 2017: (1, 28), 2018: (2, 16), 2019: (2, 5), 2020: (1, 25), 2021: (2, 12), 2022: (2, 1),
    2023: (1, 22), 2024: (2, 10), 2025: (1, 29), 2026: (2, 17), 2027: (2, 6), 2028: (1, 26), 2029: (2, 13), 2030: (2, 3),
    2031: (1, 23), 2032: (2, 11),
}  # fmt: skip


@dataclass(frozen=True)
class Festival:
    """One festival of one year: its main day, and the first and last day of its run-up and aftermath, both included."""

    name: FestivalName
    day: dt.date
    first: dt.date
    last: dt.date


_SPANS: dict[FestivalName, tuple[int, int]] = {
    "618": (29, 2), "double_11": (22, 3), "double_12": (2, 1), "new_year": (28, 14),
}  # fmt: skip
"""Days before and after the main day. Those of the lunar New Year begin with the New Year goods festival."""


def knows(year: int) -> bool:
    """Whether the lunar New Year of a year is known here."""
    return year in NEW_YEARS


def festival(name: FestivalName, year: int) -> Festival | None:
    """A festival of a year; None for a lunar New Year that is not known.

    >>> festival("new_year", 2025).day, festival("618", 2025).first
    (datetime.date(2025, 1, 29), datetime.date(2025, 5, 20))
    """
    fixed = {"618": (6, 18), "double_11": (11, 11), "double_12": (12, 12)}.get(name) or NEW_YEARS.get(year)
    if fixed is None:
        return None
    day, (before, after) = dt.date(year, *fixed), _SPANS[name]
    return Festival(name, day, day - dt.timedelta(before), day + dt.timedelta(after))


def festival_on(day: dt.date) -> Festival | None:
    """The festival whose days hold a day; None for an ordinary day.

    >>> festival_on(dt.date(2025, 11, 11)).name, festival_on(dt.date(2025, 9, 1))
    ('double_11', None)
    """
    found = [festival(name, year) for name in _SPANS for year in (day.year, day.year + 1)]
    return next((f for f in found if f and f.first <= day <= f.last), None)
