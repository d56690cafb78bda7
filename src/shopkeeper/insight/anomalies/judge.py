"""Every signal judged day by day, as it would have been on that day: expected, how far off, and which days stand out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.core.festivals import festival, festival_on
from shopkeeper.insight.anomalies.allowance import allowances
from shopkeeper.insight.anomalies.signals import Panel, Signal
from shopkeeper.methods.anomaly.rates import WINDOWS, Baseline, Day, judge_day

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

THRESHOLDS = (4.0, 4.25, 4.25, 4.25, 4.25)
"""Deviations from which the last 1, 2, 3, 5 and 7 days stand out."""
OF_PARTS = 1.3
"""Times that, for the many small parts of platforms: categories, channels, shops."""
LEAST_EFFECT = 0.10
"""A deviation smaller than this share of what was expected is never told."""
LEAST_POINTS = 0.02
"""A share near one must have lost so much: two percentage points."""
LEAST_CASES = 5.0
"""And so many cases more than usual: orders not paid, answers too late, rows that fail."""
LEARNING_DAYS = 42
_MOVING_TOGETHER = 4
_WITH_A_YEAR = 2.5
"""The most that is allowed on a festival's day whose year before is known."""


@dataclass(frozen=True)
class JudgedPanel:
    """A panel with what every day meant, by signal and day; `strength` and `off` also by window.

    strength: deviations from what was expected (NaN while learning or unknown). off: share of the expected that is missing
    or too much; lacking: the same as a share of the exposure; cases: as it is counted. began: a new level began to be used.
    """

    panel: Panel
    expected: Floats
    deviation: Floats
    strength: Floats
    off: Floats
    lacking: Floats
    cases: Floats
    began: Flags

    def alerts(self) -> Flags:
        """Days on which a signal stands out in its bad direction, by signal and day."""
        bad = np.array([signal.bad for signal in self.panel.signals], dtype=np.float64)[:, None, None]
        with np.errstate(invalid="ignore"):
            loud = (self.strength * bad >= np.array(THRESHOLDS) * self.caution()) & (np.abs(self.off) >= LEAST_EFFECT)
        lumpy = np.array(["refunds" in signal.topics for signal in self.panel.signals], dtype=bool)
        loud[lumpy, :, 0] = False  # one large refund is no incident
        near_one = np.array([signal.flipped == "complement" for signal in self.panel.signals], dtype=bool)
        loud &= ~near_one[:, None, None] | ((self.lacking >= LEAST_POINTS) & (self.cases >= LEAST_CASES))
        return np.asarray(loud.any(axis=2))

    def caution(self) -> Floats:
        """Factors on the thresholds, by signal."""
        parts = np.array([signal.of_whole for signal in self.panel.signals], dtype=bool)
        return np.where(parts, OF_PARTS, 1.0)[:, None, None]

    def window(self, signal: int, day: int) -> int:
        """How many days, up to this one, stand out most."""
        with np.errstate(invalid="ignore"):
            sizes = np.abs(np.nan_to_num(self.strength[signal, day])) / np.array(THRESHOLDS)
        return WINDOWS[int(np.argmax(sizes))]


def judge(panel: Panel) -> JudgedPanel:
    """Go through the days once, carrying what was learnt.

    A platform is judged against what most platforms did that day, so a festival or a rainy day is no news there, and the
    shop as a whole against its own past. In a festival's days the usual level waits and a passing one is learnt; more is
    allowed (see `allowances`); and where the year before is known, its festival's ups and downs are expected again.
    """
    n, length = len(panel.signals), len(panel.days)
    happened = np.array([signal.happened for signal in panel.signals]).reshape(n, length)
    exposure = np.array([_settled(signal) for signal in panel.signals]).reshape(n, length)
    state = Baseline.empty(n, _together(panel.signals))
    totals = np.array([signal.is_total for signal in panel.signals], dtype=bool)
    widths, aligned = allowances(panel.days, panel.signals), _aligned(panel.days)
    by_window = (n, length, len(WINDOWS))
    found = JudgedPanel(
        panel, np.full((n, length), np.nan), np.full((n, length), np.nan), np.full(by_window, np.nan),
        np.full(by_window, np.nan), np.zeros(by_window), np.zeros(by_window), np.zeros((n, length), dtype=bool),
    )  # fmt: skip
    news, shops = np.zeros((n, length)), _whole_shop(panel.signals)
    for t in range(length):  # one step a day for all signals: it is how a day comes in
        special = festival_on(panel.days[t]) is not None
        lift, width, before = np.ones(n), widths[:, t], aligned[t]
        if before > 0:  # the year before is known
            lift = np.where(totals, np.exp(0.7 * (news[shops, before] - news[shops, before - 1])), 1.0)
            width = np.where(totals, np.minimum(1.0 + 0.5 * (width - 1.0), _WITH_A_YEAR), width)
        today = Day(happened[:, t], exposure[:, t], panel.days[t].weekday(), width, lift, special)
        ordinary = exposure[:, t] * np.exp(state.level + state.week[:, today.weekday])
        state, judged = judge_day(state, today, learning_days=LEARNING_DAYS)
        found.expected[:, t], found.deviation[:, t] = judged.expected, judged.deviation
        found.strength[:, t], found.began[:, t] = judged.strength, judged.began
        news[:, t] = np.nan_to_num(np.log((happened[:, t] + 0.5) / (ordinary + 0.5)))
        ends = [size - 1 for size in WINDOWS]
        recent, usual = state.recent.cumsum(axis=1)[:, ends], state.usual.cumsum(axis=1)[:, ends]
        found.off[:, t] = recent / np.maximum(usual, 1e-9) - 1.0
        of = np.stack([np.nansum(exposure[:, max(t - size + 1, 0) : t + 1], axis=1) for size in WINDOWS], axis=1)
        found.cases[:, t] = np.abs(recent - usual)
        found.lacking[:, t] = found.cases[:, t] / np.maximum(of, 1e-9)
    return found


def _settled(signal: Signal) -> Floats:
    """The exposure without the last days, whose figures may still change: parcels arrive, orders are paid."""
    if not signal.settles_days:
        return signal.exposure
    exposure = signal.exposure.copy()
    exposure[-signal.settles_days :] = np.nan
    return exposure


def _together(signals: Sequence[Signal]) -> NDArray[np.int64]:
    """Groups of the same figure at several platforms: they share festivals and weather."""
    keys = [
        signal.kpi
        if tuple(name for name, _ in signal.dims) == ("platform",) and "delivery" not in signal.topics
        else ""
        for signal in signals
    ]
    names = sorted({key for key in keys if key and keys.count(key) >= _MOVING_TOGETHER})
    return np.array([names.index(key) if key in names else -1 for key in keys], dtype=np.int64)


def _whole_shop(signals: Sequence[Signal]) -> NDArray[np.int64]:
    """For every signal the place of the same figure of the whole shop, or else its own."""
    whole = {signal.kpi: n for n, signal in enumerate(signals) if not signal.dims}
    return np.array([whole.get(signal.kpi, n) for n, signal in enumerate(signals)], dtype=np.int64)


def _aligned(days: Sequence[dt.date]) -> list[int]:
    """The place of the same day of the same festival a year before; −1 for other days and where it is not known."""
    at = {day: n for n, day in enumerate(days)}
    found = []
    for day in days:
        now = festival_on(day)
        before = festival(now.name, now.day.year - 1) if now else None
        place = at.get(before.day + (day - now.day), -1) if now and before else -1
        found.append(place if place >= 2 * LEARNING_DAYS else -1)
    return found
