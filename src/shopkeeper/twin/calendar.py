"""The retail calendar of the world: festivals, their run-up, weekdays and seasons."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from shopkeeper.core.festivals import NEW_YEARS
from shopkeeper.twin.draws import Array

MID_AUTUMNS = {
    2019: (9, 13), 2020: (10, 1), 2021: (9, 21), 2022: (9, 10), 2023: (9, 29), 2024: (9, 17), 2025: (10, 6), 2026: (9, 25),
    2027: (9, 15), 2028: (10, 3), 2029: (9, 22), 2030: (9, 12), 2031: (10, 1), 2032: (9, 19),
}  # fmt: skip


@dataclass(frozen=True)
class Festival:
    """One named time: `pull` multiplies attention on its peak days, `depth` is the usual discount share on sale."""

    name: str
    kind: str
    first: dt.date
    last: dt.date
    pull: float
    depth: float
    presale_days: int = 0
    gifts: float = 0.0


def festivals_of(year: int) -> tuple[Festival, ...]:
    """The festivals that begin in a year."""
    found = [
        Festival("3.8 女神节", "retail", dt.date(year, 3, 5), dt.date(year, 3, 8), 1.5, 0.10),
        Festival("5.20", "retail", dt.date(year, 5, 18), dt.date(year, 5, 20), 1.35, 0.06, gifts=0.8),
        Festival("618", "retail", dt.date(year, 5, 31), dt.date(year, 6, 18), 1.55, 0.15, presale_days=6),
        Festival("双11", "retail", dt.date(year, 10, 31), dt.date(year, 11, 11), 1.9, 0.18, presale_days=9),
        Festival("双12", "retail", dt.date(year, 12, 10), dt.date(year, 12, 12), 1.5, 0.11),
        Festival("国庆节", "public", dt.date(year, 10, 1), dt.date(year, 10, 7), 0.86, 0.0),
        Festival("劳动节", "public", dt.date(year, 5, 1), dt.date(year, 5, 5), 0.88, 0.0),
    ]
    if year in NEW_YEARS:
        new_year = dt.date(year, *NEW_YEARS[year])
        found += [
            Festival("年货节", "retail", new_year - dt.timedelta(28), new_year - dt.timedelta(9), 1.3, 0.09, gifts=1.3),
            Festival("春节", "public", new_year - dt.timedelta(4), new_year + dt.timedelta(7), 0.42, 0.0),
        ]
    if year in MID_AUTUMNS:
        moon = dt.date(year, *MID_AUTUMNS[year])
        found.append(
            Festival("中秋节", "public", moon - dt.timedelta(14), moon - dt.timedelta(2), 1.12, 0.04, gifts=1.6)
        )
    return tuple(sorted(found, key=lambda f: f.first))


# Peaks inside the long festivals: days from the last one, and how much stronger they are than the festival's pull.
_PEAKS = {
    "双11": {0: 2.9, -1: 1.15, -11: 2.0, -10: 1.25},
    "618": {0: 2.2, -1: 1.1, -17: 1.55, -18: 1.25},
    "双12": {0: 1.6},
}


@dataclass(frozen=True)
class Days:
    """The calendar of a run of days; day n of the world is `start` + n. Arrays have one entry a day."""

    start: dt.date
    length: int

    @cached_property
    def dates(self) -> list[dt.date]:
        """Every day."""
        return [self.start + dt.timedelta(n) for n in range(self.length)]

    @cached_property
    def festivals(self) -> tuple[Festival, ...]:
        """Every festival that touches the run, in order."""
        years = range(self.start.year, self.dates[-1].year + 1)
        found = [f for year in years for f in festivals_of(year)]
        return tuple(f for f in found if f.last >= self.start and f.first <= self.dates[-1])

    def _number(self, day: dt.date) -> int:
        return (day - self.start).days

    def _span(self, festival: Festival) -> slice:
        return slice(max(0, self._number(festival.first)), max(0, self._number(festival.last) + 1))

    @cached_property
    def pull(self) -> Array:
        """How much more people look around than on an ordinary day."""
        pull = np.ones(self.length)
        weekday = np.array([0.97, 0.95, 0.95, 0.96, 1.0, 1.09, 1.08])
        pull *= weekday[[d.weekday() for d in self.dates]]
        for festival in self.festivals:
            pull[self._span(festival)] *= festival.pull
            last = self._number(festival.last)
            for offset, peak in _PEAKS.get(festival.name, {}).items():
                if 0 <= last + offset < self.length:
                    pull[last + offset] *= peak
            if festival.presale_days or festival.name == "双12":
                after = slice(max(0, last + 1), max(0, last + 6))
                pull[after] *= 0.82
        return pull

    @cached_property
    def depth(self) -> Array:
        """The usual discount share of festivals, on top of everyday offers."""
        depth = np.zeros(self.length)
        for festival in self.festivals:
            span = self._span(festival)
            depth[span] = np.maximum(depth[span], festival.depth)
        return depth

    @cached_property
    def urge(self) -> Array:
        """Utility of buying now: high on the main days, low in the week before, when people wait."""
        urge = np.zeros(self.length)
        for festival in self.festivals:
            if festival.depth < 0.1:
                continue
            last = self._number(festival.last)
            first = self._number(festival.first)
            urge[max(0, first - 7) : max(0, first)] -= 0.22
            urge[max(0, first) : max(0, last + 1)] += 0.12
            if 0 <= last < self.length:
                urge[last] += 0.3
        return urge

    @cached_property
    def gifts(self) -> Array:
        """Utility of giving, for categories that are given."""
        gifts = np.zeros(self.length)
        for festival in self.festivals:
            gifts[self._span(festival)] += festival.gifts
        return gifts

    @cached_property
    def presale_final(self) -> Array:
        """For days of a presale: the day on which the final payment is due; −1 on all other days."""
        due = np.full(self.length, -1, dtype=np.int64)
        for festival in self.festivals:
            if festival.presale_days:
                first = self._number(festival.first)
                due[max(0, first - festival.presale_days) : max(0, first)] = first
        return due

    @cached_property
    def resting(self) -> Array:
        """Days on which warehouses and carriers hardly work: six days around the lunar New Year."""
        rest = np.zeros(self.length, dtype=bool)
        for festival in self.festivals:
            if festival.name == "春节":
                first = self._number(festival.first)
                rest[max(0, first + 3) : max(0, first + 9)] = True
        return rest

    @cached_property
    def phase(self) -> Array:
        """Time of the year, 0–1."""
        return np.array([(d.timetuple().tm_yday - 1) / 365.25 for d in self.dates])


# Share of a platform's attention by hour of the day; festival nights open at 20:00 and at midnight.
_HOURS = {
    "shelf": (
        2.4, 1.2, 0.7, 0.5, 0.4, 0.6, 1.2, 2.4, 3.9, 5.2, 5.9, 5.6,
        5.2, 5.3, 5.2, 5.1, 5.0, 4.8, 5.0, 6.0, 7.6, 8.2, 7.3, 5.3,
    ),
    "live": (
        2.9, 1.4, 0.8, 0.5, 0.4, 0.5, 0.9, 1.8, 2.8, 3.6, 4.2, 4.4,
        4.8, 4.4, 4.0, 3.9, 4.0, 4.3, 5.6, 8.4, 11.2, 11.4, 8.6, 5.2,
    ),
    "counter": (
        0, 0, 0, 0, 0, 0, 0, 0, 0, 1.5, 6.5, 8.5,
        8.0, 7.8, 8.6, 9.0, 8.6, 8.5, 9.5, 10.5, 9.0, 4.0, 0, 0,
    ),
    "festival": (
        13.0, 6.0, 2.4, 1.2, 0.7, 0.6, 0.9, 2.0, 3.2, 4.2, 4.6, 4.2,
        4.0, 4.0, 3.9, 3.9, 3.9, 3.9, 4.2, 5.2, 9.2, 6.4, 5.2, 3.2,
    ),
}  # fmt: skip
QUANTILES = 4096


def second_table(profile: str) -> Array:
    """Seconds of the day at 4,096 even quantiles of a platform's attention, shape (4096,)."""
    shares = np.array(_HOURS[profile], dtype=float)
    cumulative = np.concatenate([[0.0], np.cumsum(shares / shares.sum())])
    middle = (np.arange(QUANTILES) + 0.5) / QUANTILES
    seconds = np.interp(middle, cumulative + np.arange(25) * 1e-12, np.arange(25) * 3600.0)
    table: Array = np.minimum(seconds, 86399.0).astype(np.int32)
    return table
