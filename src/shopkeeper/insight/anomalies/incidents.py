"""From hundreds of days that stand out to a few incidents: gathered by time, place and what the formulas share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from shopkeeper.insight.anomalies.judge import JudgedPanel
from shopkeeper.insight.anomalies.signals import REFUNDS, VISITORS, Signal, Topic
from shopkeeper.kpi.result import Dims
from shopkeeper.methods.components import components

Cause = Literal[
    "missing_data", "tracking", "data_quality", "payment", "price", "delivery", "refunds", "advertising", "service",
    "conversion", "traffic", "sales", "content",
]  # fmt: skip
Fault = Literal["data", "business"]
Severity = Literal["high", "medium", "low"]

GAP_DAYS = 2
"""Days between two that stand out which still make one stretch, or one incident of two signals."""
_HOLDING = -3.0
_UP = 2.5
_SALES = ("orders", "paid_amount", "buyers", "gmv", "receivable", "units")
_HIGH_DAYS, _MEDIUM_DAYS = 0.5, 0.1


@dataclass(frozen=True)
class Stretch:
    """Days on which one signal stood out: `first` the first day that was off, `found` the day it was seen, `last` included.

    Days are places in the panel. `strength` is the largest, in deviations, signed; `off` the share of what was expected.
    """

    signal: int
    first: int
    found: int
    last: int
    strength: float
    off: float


@dataclass(frozen=True)
class Evidence:
    """One indicator of an incident: how far off it was, in its own value, its usual value, and in deviations.

    `found` is the day on whose close it was seen.
    """

    kpi: str
    dims: Dims
    unit: str
    value: float | None
    usual: float | None
    change: float
    strength: float
    found: dt.date


@dataclass(frozen=True)
class Incident:
    """One thing that happened: what, since when, where, how strong, what money it touches, and what shows it.

    `start` is the first day that was off, `found` the day on whose close it was seen, `end` the last day that stood out
    (`ongoing`: it may not be over). `money` is the harm in the shop's currency with its 90 % interval, None where no
    money is lost or it cannot be told. `places` are slices that share it.
    """

    id: str
    cause: Cause
    fault: Fault
    start: dt.date
    found: dt.date
    end: dt.date
    ongoing: bool
    places: tuple[Dims, ...]
    severity: Severity
    strength: float
    effect: float
    money: float | None
    money_low: float | None
    money_high: float | None
    new_level: bool
    evidence: tuple[Evidence, ...]
    notes: tuple[tuple[str, str], ...] = ()

    @property
    def days_to_detection(self) -> int:
        """Days from the first that was off to the one on whose close it was seen; 0 = the same."""
        return (self.found - self.start).days

    @property
    def headline(self) -> Evidence | None:
        """The indicator that shows it most clearly; None where nothing could be judged because rows are missing."""
        return self.evidence[0] if self.evidence else None


def stretches(judged: JudgedPanel) -> list[Stretch]:
    """The days that stand out, as stretches of one signal each, without those that good news explain."""
    alerts = judged.alerts()
    found = []
    for number in np.flatnonzero(alerts.any(axis=1)):  # the few signals that ever stand out
        days = np.flatnonzero(alerts[number])
        for group in np.split(days, np.flatnonzero(np.diff(days) > GAP_DAYS + 1) + 1):
            at = int(group[np.argmax(np.nanmax(np.abs(judged.strength[number, group]), axis=1))])
            window = judged.window(int(number), at)
            width = judged.window(int(number), int(group[0]))
            best = int(np.nanargmax(np.abs(judged.strength[number, at])))
            stretch = Stretch(
                int(number), max(int(group[0]) - width + 1, 0), int(group[0]), int(group[-1]),
                float(judged.strength[number, at, best]), float(judged.off[number, at, best]),
            )  # fmt: skip
            if not _explained_by_good_news(judged, stretch, window):
                found.append(stretch)
    return found


def _explained_by_good_news(judged: JudgedPanel, stretch: Stretch, window: int) -> bool:
    """Whether a ratio fell only because more people came than usual while sales held: a stunt, a festival in town."""
    signal = judged.panel.signals[stretch.signal]
    if signal.is_total or "visits" not in signal.topics or signal.bad != -1:
        return False
    visitors, sold = _strength_of(judged, VISITORS, signal.dims, stretch), _sales_strength(judged, signal.dims, stretch)
    return visitors is not None and visitors[1] >= _UP and (sold is None or sold[0] > _HOLDING)


def _strength_of(judged: JudgedPanel, kpi: str, dims: Dims, stretch: Stretch) -> tuple[float, float] | None:
    """The lowest and highest one-day strength of another signal of a place while a stretch lasts."""
    for number, signal in enumerate(judged.panel.signals):
        if signal.kpi == kpi and signal.dims == dims:
            part = judged.strength[number, stretch.first : stretch.last + 1]
            part = part[~np.isnan(part)]
            return (float(part.min()), float(part.max())) if part.size else None
    return None


def _sales_strength(judged: JudgedPanel, dims: Dims, stretch: Stretch) -> tuple[float, float] | None:
    return next((s for kpi in _SALES if (s := _strength_of(judged, kpi, dims, stretch)) is not None), None)


def gathered(judged: JudgedPanel, found: Sequence[Stretch]) -> list[list[Stretch]]:
    """Stretches that belong together: at the same time, and of the same place with common parts, or the same figure elsewhere."""
    if not found:
        return []
    signals = [judged.panel.signals[s.signal] for s in found]
    first = np.array([s.first for s in found])
    last = np.array([s.last for s in found])
    left, right = [], []
    for n in range(len(found)):  # stretches are few
        meets = (first[n] <= last + GAP_DAYS) & (last[n] + GAP_DAYS >= first)
        for other in np.flatnonzero(meets[:n]):
            if _akin(signals[n], signals[int(other)]):
                left.append(n)
                right.append(int(other))
    label = components(len(found), np.array(left, dtype=np.int64), np.array(right, dtype=np.int64))
    return [[s for s, mark in zip(found, label, strict=True) if mark == each] for each in np.unique(label)]


def _akin(one: Signal, other: Signal) -> bool:
    inside = set(one.dims) <= set(other.dims) or set(other.dims) <= set(one.dims)
    return (inside and bool(one.topics & other.topics)) or (one.kpi == other.kpi and len(one.dims) == len(other.dims))


def cause_of(judged: JudgedPanel, group: Sequence[Stretch]) -> Cause:
    """What kind of thing it was, from which figures moved and which held."""
    kpis = {judged.panel.signals[s.signal].kpi for s in group}
    topics: set[Topic] = set().union(*(judged.panel.signals[s.signal].topics for s in group))
    visits = next((s for s in group if judged.panel.signals[s.signal].kpi == VISITORS), None)
    visits_down = visits is not None
    if visits is None:
        visits = next((s for s in group if "visits" in judged.panel.signals[s.signal].topics), None)
    if visits is not None:
        dims = judged.panel.signals[visits.signal].dims
        sold, came = _sales_strength(judged, dims, visits), _strength_of(judged, VISITORS, dims, visits)
        holds = sold is None or sold[0] > _HOLDING
        if holds and came is not None and (visits_down or came[0] < _HOLDING):
            return "tracking"
        if visits_down:
            return "traffic"
    if kpis <= {"D1"}:
        return "data_quality"
    order: tuple[tuple[Topic, Cause], ...] = (
        ("payment", "payment"), ("delivery", "delivery"), ("refunds", "refunds"), ("advertising", "advertising"),
        ("price", "price"), ("service", "service"), ("content", "content"),
    )  # fmt: skip
    if any(kpi.startswith("C1") or kpi == "C2" for kpi in kpis) and "payment" not in topics:
        return "conversion"
    found: Cause | None = next((cause for topic, cause in order if topic in topics), None)
    return found or "sales"


def incident_of(judged: JudgedPanel, group: Sequence[Stretch], cause: Cause) -> Incident:
    """One incident of stretches that belong together."""
    days, signals = judged.panel.days, judged.panel.signals
    lead = sorted(group, key=lambda s: (cause == "tracking" and signals[s.signal].kpi != VISITORS, -abs(s.strength)))
    start, last = min(s.first for s in group), max(s.last for s in group)
    found = min(min(s.found + signals[s.signal].settles_days for s in group), len(days) - 1)
    places = tuple(dict.fromkeys(signals[s.signal].dims for s in lead))
    places = tuple(p for p in places if p or len(places) == 1) or ((),)
    fault: Fault = "data" if cause in ("missing_data", "tracking", "data_quality") else "business"
    money = None if fault == "data" else _money(judged, cause, places, start, last)
    head = lead[0]
    return Incident(
        _id_of(cause, days[start], places), cause, fault, days[start], days[found], days[last],
        last >= len(days) - 1 - GAP_DAYS, places, _severity(judged, money, head.strength, fault), head.strength, head.off,
        None if money is None else money[0], None if money is None else money[1], None if money is None else money[2],
        bool(any(judged.began[s.signal, s.first : s.last + 1].any() for s in group)),
        tuple(_evidence(judged, s) for s in lead),
    )  # fmt: skip


def _id_of(cause: str, start: dt.date, places: tuple[Dims, ...]) -> str:
    where = "-".join(str(value or "unknown") for value in dict(places[0]).values()) or "all"
    return f"{start:%Y%m%d}-{cause}-{where}"


def _evidence(judged: JudgedPanel, stretch: Stretch) -> Evidence:
    signal = judged.panel.signals[stretch.signal]
    span = slice(stretch.first, stretch.last + 1)
    happened, exposure = np.nansum(signal.happened[span]), np.nansum(signal.exposure[span])
    expected = np.nansum(judged.expected[stretch.signal, span])
    value = shown_value(signal, happened, exposure)
    usual = shown_value(signal, expected, exposure)
    seen = judged.panel.days[min(stretch.found + signal.settles_days, len(judged.panel.days) - 1)]
    change = value / usual - 1.0 if value is not None and usual else stretch.off
    return Evidence(signal.kpi, signal.dims, signal.unit, value, usual, float(change), stretch.strength, seen)


def shown_value(signal: Signal, happened: float, exposure: float) -> float | None:
    """What was watched, said as the indicator says it: a total per day, a share, a cost."""
    if exposure <= 0:
        return None
    rate = float(happened / exposure)
    if signal.flipped == "complement":
        return 1.0 - rate
    if signal.flipped == "inverse":
        return 1.0 / rate if rate > 0 else None
    return rate


def _money(judged: JudgedPanel, cause: Cause, places: tuple[Dims, ...], start: int, last: int
           ) -> tuple[float, float, float] | None:  # fmt: skip
    """The harm over the incident's days with its 90 % interval: sales that did not come, or money paid too much."""
    kpi, sign = {"refunds": (REFUNDS, 1.0), "price": ("discount_rate", 1.0)}.get(cause, ("paid_amount", -1.0))
    if cause in ("advertising", "service", "content", "delivery"):
        return _overspent(judged, places, start, last) if cause == "advertising" else None
    numbers = [n for n, s in enumerate(judged.panel.signals) if s.kpi == kpi and s.dims in places]
    if not numbers:
        return None
    span = slice(start, last + 1)
    lost = sign * (
        np.nansum([judged.panel.signals[n].happened[span] for n in numbers]) - np.nansum(judged.expected[numbers, span])
    )
    off = 1.645 * float(np.sqrt(np.nansum(judged.deviation[numbers, span] ** 2)))
    return float(lost), float(lost - off), float(lost + off)


def _overspent(
    judged: JudgedPanel, places: tuple[Dims, ...], start: int, last: int
) -> tuple[float, float, float] | None:
    """What the same visitors, or clicks, would have cost at the usual price, and what was paid above it."""
    span = slice(start, last + 1)
    for kpi in ("T1", "ad_click_cost"):
        numbers = [n for n, s in enumerate(judged.panel.signals) if s.kpi == kpi and s.dims in places]
        if numbers:
            spent = np.array([judged.panel.signals[n].exposure[span] for n in numbers])
            got = np.array([judged.panel.signals[n].happened[span] for n in numbers])
            usual = judged.expected[numbers, span]
            above = float(np.nansum(spent * (1.0 - got / np.maximum(usual, 1e-9))))
            noise = spent * judged.deviation[numbers, span] / np.maximum(usual, 1e-9)
            off = 1.645 * float(np.sqrt(np.nansum(noise**2)))
            return above, above - off, above + off
    return None


def _severity(judged: JudgedPanel, money: tuple[float, float, float] | None, strength: float, fault: Fault) -> Severity:
    """By money against an ordinary day's paid amount; without money by how clearly it stands out."""
    if money is None:
        return "high" if abs(strength) >= 15 and fault == "data" else "medium"
    whole = next((n for n, s in enumerate(judged.panel.signals) if s.kpi == "paid_amount" and not s.dims), None)
    usual = float(np.nanmedian(judged.expected[whole])) if whole is not None else float("nan")
    if not np.isfinite(usual) or usual <= 0:
        return "medium"
    share = money[0] / usual
    return "high" if share >= _HIGH_DAYS else ("medium" if share >= _MEDIUM_DAYS else "low")


def find_incidents(judged: JudgedPanel) -> list[Incident]:
    """All incidents of a judged panel, the newest first."""
    groups = gathered(judged, stretches(judged))
    found = [incident_of(judged, group, cause_of(judged, group)) for group in groups]
    return sorted(found, key=lambda incident: (incident.start, incident.id), reverse=True)
