"""Retail festivals as columns of days, for the days of a history and of those ahead."""

from __future__ import annotations

import datetime as dt
from typing import get_args

import numpy as np

from shopkeeper.core.festivals import Festival, FestivalName, festival
from shopkeeper.methods.forecast.daily import Calendar

_NEAR = 3
SEGMENTS = ("early", "week", *(f"day{n:+d}" for n in range(-_NEAR, _NEAR + 1)), "after")
"""The parts of a festival that move figures differently: run-up, the week before, each day around the main one, aftermath."""


def festivals_between(first: dt.date, last: dt.date) -> tuple[Festival, ...]:
    """Festivals whose days touch a range, in order of their main day; lunar ones where their date is known.

    >>> [f.name for f in festivals_between(dt.date(2025, 10, 1), dt.date(2026, 1, 31))]
    ['double_11', 'double_12', 'new_year']
    """
    years = range(first.year, last.year + 2)
    found = [festival(name, year) for name in get_args(FestivalName) for year in years]
    touching = [f for f in found if f is not None and f.first <= last and f.last >= first]
    return tuple(sorted(touching, key=lambda f: f.day))


def calendar_of(first: dt.date, days: int) -> Calendar:
    """Which part of which festival each of `days` days from `first` on lies in: a column for every (festival, part)."""
    names = tuple(f"{name}.{segment}" for name in get_args(FestivalName) for segment in SEGMENTS)
    events = np.zeros((days, len(names)))
    for found in festivals_between(first, first + dt.timedelta(days=days - 1)):
        day, start, end = ((d - first).days for d in (found.day, found.first, found.last))
        spans = {
            "early": (start, day - 7),
            "week": (max(day - 7, start), day - _NEAR),
            "after": (day + _NEAR + 1, end + 1),
        }
        spans |= {f"day{n:+d}": (day + n, day + n + 1) for n in range(-_NEAR, _NEAR + 1)}
        for segment, (low, high) in spans.items():
            events[max(low, 0) : max(high, 0), names.index(f"{found.name}.{segment}")] = 1.0
    return Calendar(events, names)
