"""Bars as SVG: a share of a width, attainment of a target, and the steps of a waterfall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


def bar(share: float, tone: str = "") -> str:
    """A bar that fills a share (0–1) of its track; `tone` is a class.

    >>> bar(0.5)
    '<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect width="50.0" height="6"/></svg>'
    """
    width = min(max(share, 0.0), 1.0) * 100
    name = f"bar {tone}".strip()
    return (
        f'<svg class="{name}" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{width:.1f}" height="6"/></svg>'
    )


_FULL = 1.2  # a bar of attainment shows up to 120 %


def attainment_bar(attainment: float, status: str) -> str:
    """How far a target is reached, with a tick at 100 %."""
    width = min(max(attainment / _FULL, 0.0), 1.0) * 52
    return (
        f'<svg class="attain {status}" width="52" height="11" viewBox="0 0 52 11" aria-hidden="true">'
        f'<rect class="track" y="3" width="52" height="5" rx="2.5"/>'
        f'<rect class="fill" y="3" width="{width:.1f}" height="5" rx="2.5"/>'
        f'<path d="M{52 / _FULL:.1f} 0v11"/></svg>'
    )


@dataclass(frozen=True)
class Step:
    """One drawn row of a waterfall: its bar from `left` over `width`, both in percent, and where the next one begins."""

    left: float
    width: float
    end: float


def steps(start: float, changes: Sequence[float]) -> tuple[Step, ...]:
    """Bars of a waterfall: the total before, each change, the total after.

    The axis is cut so that the changes are seen: it begins a little below the lowest level reached, never above zero
    when a level is below zero.

    >>> [round(s.width) for s in steps(100, [50, -50])]
    [9, 91, 91, 9]
    """
    levels = [start]
    for change in changes:
        levels.append(levels[-1] + change)
    low, high = min(levels), max(levels)
    spread = high - low or abs(high) or 1.0
    bottom = low - spread * 0.1
    if low >= 0 and bottom < 0:
        bottom = 0.0
    factor = 100 / max(high - bottom, 1e-12)

    def drawn(a: float, b: float, end: float) -> Step:
        left, right = sorted((a, b))
        return Step(
            round((left - bottom) * factor, 2),
            round(max((right - left) * factor, 0.4), 2),
            round((end - bottom) * factor, 2),
        )

    rows = [drawn(bottom, start, start)]
    rows += [drawn(before, after, after) for before, after in zip(levels, levels[1:], strict=False)]
    return (*rows, drawn(bottom, levels[-1], levels[-1]))


def fall(step: Step, *, last: bool) -> str:
    """One row of a waterfall as SVG; its colour comes from the row's class, its line leads to the next row."""
    line = "" if last else f'<path d="M{step.end} 16V24"/>'
    return (
        '<svg class="fall" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect x="{step.left}" y="5" width="{step.width}" height="14"/>{line}</svg>'
    )
