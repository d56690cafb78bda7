"""By how much more than usual a figure may be off on a day, because of the retail calendar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from shopkeeper.core.festivals import Festival, FestivalName, festival, festival_on
from shopkeeper.insight.anomalies.signals import Signal

Floats = NDArray[np.float64]

PEAKS: dict[str, tuple[int, int]] = {"new_year": (-10, 8)}
"""Days around the main day on which most happens; for other festivals three before and after."""
AFTERMATH, REFUNDS_AFTER = 14, 18
NOT_JUDGED = float("inf")
_PLAIN = (1.2, 1.5, 1.0)
_ALLOWED: dict[str, tuple[float, float, float]] = {
    "total": (2.2, 3.5, 2.0), "visits": (2.2, 3.5, 2.0), "price": (3.0, 4.0, 2.0), "delivery": (1.2, 2.5, 2.5),
    "refunds": (1.4, 1.8, 2.0), "payment": (1.2, 2.0, 1.2), "advertising": (1.5, 2.0, 1.5), "mix": (2.2, 3.0, 2.0),
}  # fmt: skip
"""Times the usual deviation within a festival's days, around its main day, and in the days after it."""
_MOVED_BY_FESTIVALS = ("total", "visits", "price")


def allowances(days: Sequence[dt.date], signals: Sequence[Signal]) -> Floats:
    """Factors on the usual deviation, shape (n_signals, n_days); `NOT_JUDGED` where a figure says nothing.

    Prices fall in the days of a festival, visitors come and stay away after it, parcels pile up; around the lunar New Year
    carriers rest, so delivery is not judged there. What festivals move most is not judged for the shop as a whole while one
    lasts, unless the year before is known (see `judge`): nothing tells how large it was to be.
    """
    kinds = [(_kind(signal), not signal.dims) for signal in signals]
    known = {kind: [_allowed(kind[0], day, whole_shop=kind[1]) for day in days] for kind in set(kinds)}
    return np.array([known[kind] for kind in kinds], dtype=np.float64).reshape(len(signals), len(days))


def _kind(signal: Signal) -> str:
    if signal.of_whole:
        return "mix"
    if signal.is_total and "refunds" not in signal.topics:
        return "total"
    return next((topic for topic in _ALLOWED if topic in signal.topics), "")


def _allowed(kind: str, day: dt.date, *, whole_shop: bool) -> float:
    in_span, at_peak, after = _ALLOWED.get(kind, _PLAIN)
    near, past = festival_on(day), _just_past(day, REFUNDS_AFTER if kind == "refunds" else AFTERMATH)
    if kind == "delivery" and near is not None and near.name == "new_year" and -8 <= (day - near.day).days <= 14:
        return NOT_JUDGED
    moved = whole_shop and kind in _MOVED_BY_FESTIVALS
    found = 1.0
    if past is not None:
        found = NOT_JUDGED if moved else after * (1.5 if whole_shop else 1.0)
    if near is not None:
        first, last = PEAKS.get(near.name, (-3, 3))
        peak = first <= (day - near.day).days <= last
        found = NOT_JUDGED if moved else max(found, at_peak if peak else in_span)
    return found


def _just_past(day: dt.date, days: int) -> Festival | None:
    """The festival whose main day lies in the last days."""
    found = [festival(name, day.year) for name in get_args(FestivalName)]
    return next((f for f in found if f and 0 < (day - f.day).days <= days), None)
