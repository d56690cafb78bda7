"""Which earlier period a period is set against, or why there is none."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, get_args

from shopkeeper.core.festivals import Festival, FestivalName, festival, festival_on, knows
from shopkeeper.core.period import Period
from shopkeeper.errors import NotFound

Against = Literal["previous", "year", "festival", "baseline", "target"]
AGAINST: tuple[Against, ...] = get_args(Against)

Refusal = Literal["", "moved", "festival_then", "calendar", "no_data", "partial", "missing", "no_anchor"]
"""moved: a festival lies in another month than a year earlier · festival_then: an ordinary time whose earlier one was a
festival's · calendar: that year's lunar New Year is not known · no_data: the earlier period lies before the data ·
partial: one of the two is not whole · missing: one of the two has no value · no_anchor: the indicator has no such anchor."""


@dataclass(frozen=True)
class Counterpart:
    """The earlier period; where festivals align, which one, and how many days or weeks from its main one both are."""

    period: Period | None
    festival: FestivalName | Literal[""] = ""
    offset: int = 0
    refusal: Refusal = ""


def against_named(name: str) -> Against:
    """One of the comparisons there are. Raises NotFound with the nearest."""
    for known in AGAINST:
        if known == name:
            return known
    raise NotFound("comparison", name, AGAINST)


def counterpart(period: Period, against: Against) -> Counterpart:
    """The period that a period is set against; one without a period for a baseline or target, which are figures.

    A day or week of a festival meets the one as far from the same festival's main day a year earlier; an ordinary one the same
    weekday 52 weeks earlier, unless a festival lay there. Months meet months, so one that a festival has left is refused;
    quarters and years hold the same festivals every year.

    >>> counterpart(Period.parse("2025-W05"), "festival").period.label
    '2024-W06'
    >>> counterpart(Period.parse("2025-01"), "festival").refusal
    'moved'
    """
    if against == "previous":
        return Counterpart(period.previous())
    if against == "year":
        return Counterpart(period.year_before())
    if against != "festival":
        return Counterpart(None)
    if period.grain in ("quarter", "year"):
        return Counterpart(period.year_before())
    year = (period.start + dt.timedelta(days=period.days // 2)).year
    if not knows(year) or not knows(year - 1):
        return Counterpart(None, refusal="calendar")
    return _of_month(period) if period.grain == "month" else _aligned(period)


def _of_month(period: Period) -> Counterpart:
    now, then = (festival("new_year", period.start.year - back) for back in (0, 1))
    assert now is not None
    assert then is not None
    apart = now.day.month != then.day.month and period.start.month in (now.day.month, then.day.month)
    return Counterpart(None, "new_year", refusal="moved") if apart else Counterpart(period.year_before())


def _aligned(period: Period) -> Counterpart:
    """A day, or a week by its Thursday, as ISO 8601 tells to which year it belongs."""
    middle = period.start + dt.timedelta(days=period.days // 2)
    here = festival_on(middle)
    if here is None:
        earlier = period.year_before()
        there = festival_on(earlier.start + dt.timedelta(days=earlier.days // 2))
        return Counterpart(None, there.name, refusal="festival_then") if there else Counterpart(earlier)
    before = festival(here.name, here.day.year - 1)
    if before is None:
        return Counterpart(None, here.name, refusal="calendar")
    return _as_far(period, here, before)


def _as_far(period: Period, here: Festival, before: Festival) -> Counterpart:
    """The period as many days or weeks from the earlier main day as this one is from its own."""
    steps = (period.start - Period.containing(here.day, period.grain).start).days // period.days
    start = Period.containing(before.day, period.grain).start + dt.timedelta(days=steps * period.days)
    return Counterpart(Period.containing(start, period.grain), here.name, steps)
