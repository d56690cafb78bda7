"""How much a figure changed, and whether that is more than it usually changes."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from shopkeeper.kpi.result import Value

Kind = Literal["percent", "points"]
Tone = Literal["good", "bad", "flat"]

USUAL_FACTOR = 2 * 1.4826
"""Two robust standard deviations; 1.4826 × MAD estimates one for normal data.
Source: Rousseeuw and Croux, "Alternatives to the Median Absolute Deviation" (1993)."""

MIN_CHANGES = 4
"""Fewer earlier changes than this say nothing about what is usual."""


@dataclass(frozen=True)
class Change:
    """A change between two periods. `size` is a fraction of the earlier value, or a difference of shares.

    `tone` is "flat" within the usual variation or where nothing usual is known; otherwise whether it is welcome.
    `usual` is the largest change that still counts as usual.
    """

    size: float
    kind: Kind
    tone: Tone
    usual: float | None


def change_between(now: Value, before: Value, unit: str) -> float | None:
    """The change from one value to another; None when either is unknown or no ratio to the earlier one exists.

    >>> change_between(150, 100, "count")
    0.5
    >>> round(change_between(0.31, 0.28, "share"), 4)
    0.03
    """
    if now is None or before is None:
        return None
    if unit == "share":
        return float(now) - float(before)
    if before <= 0:
        return None
    return float(now) / float(before) - 1


def usual_change(changes: Sequence[float | None]) -> float | None:
    """The largest change that is still usual, from earlier ones: 2 × 1.4826 × MAD; None with too few of them.

    >>> round(usual_change([0.01, -0.01, 0.02, -0.02, 0.5]), 6)
    0.059304
    """
    known = [c for c in changes if c is not None]
    if len(known) < MIN_CHANGES:
        return None
    middle = statistics.median(known)
    return USUAL_FACTOR * statistics.median(abs(c - middle) for c in known)


def judged(size: float | None, usual: float | None, unit: str, direction: int) -> Change | None:
    """A change with its tone: grey unless it is larger than usual and a direction is good."""
    if size is None:
        return None
    kind: Kind = "points" if unit == "share" else "percent"
    if usual is None or abs(size) <= usual or direction == 0:
        return Change(size, kind, "flat", usual)
    return Change(size, kind, "good" if size * direction > 0 else "bad", usual)


def series_changes(values: Sequence[Value], unit: str) -> list[float | None]:
    """The change of each value on the one before it; the first has none."""
    pairs = zip(values, values[1:], strict=False)
    return [None, *(change_between(now, before, unit) for before, now in pairs)]


def usual_band(values: Sequence[Value], unit: str) -> list[tuple[float, float] | None]:
    """For each value the range in which it would have counted as usual, judged from earlier changes alone."""
    changes = series_changes(values, unit)
    band: list[tuple[float, float] | None] = []
    for index, _ in enumerate(values):
        before = values[index - 1] if index else None
        usual = usual_change(changes[:index])
        if before is None or usual is None:
            band.append(None)
        elif unit == "share":
            band.append((max(float(before) - usual, 0.0), min(float(before) + usual, 1.0)))
        else:
            band.append((float(before) * (1 - usual), float(before) * (1 + usual)))
    return band
