"""Did a count, an amount or a ratio of today leave what its own past leads to expect, counting noise allowed for?"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]

WINDOWS = (1, 2, 3, 5, 7)
"""Days that are judged together: the last one alone, the last two …"""

_SLOW = 0.06
"""What share of a day's news moves the level and the weekday's effect once both are learnt."""
_SPREAD = 0.03
"""The same for the dispersion."""
_FAST = 0.3
"""The same for the offset of special days."""
_FADES = 0.6
"""What is left of that offset on each day after them."""
_CLIP = 2.5
"""A day further off than this many of its own deviations teaches no more than one that is so far off."""
_OUTLIER = 2.0
"""What a day of more than three deviations counts for the dispersion, in dispersions: a fault must not hide the next one."""
_SHIFTED_DAYS = 6
"""So many days in a row on one side, each clearly off, are a new level."""
_SHIFTED_AT = 2.5


@dataclass(frozen=True)
class Day:
    """What one day brings for every series, shape (n_series,).

    `happened` is what is counted or paid (NaN = unknown), `exposure` what it is set against (1 for a plain total).
    `width` widens the deviation where more than usual is to be expected (infinite: not judged). On `special` days, such
    as a festival's, the level is left alone and an offset learns instead, fast, and fades afterwards. `lift` is the factor
    by which today is expected to differ from yesterday's offset, 1 without news of it.
    """

    happened: Floats
    exposure: Floats
    weekday: int
    width: Floats | float = 1.0
    lift: Floats | None = None
    special: bool = False


@dataclass(frozen=True)
class Baseline:
    """What is carried from day to day. Arrays by series; those with a second axis by weekday, window or day of the window.

    level: log rate. week: its shift by weekday. spread: dispersion (1 = a Poisson count) by window. size: usual expected
    amount. recent, usual: what happened and was expected in the last days. run: days in a row on one side (signed), drift:
    the sum of their log ratios. offset: what special days add to the level. common: the group of series that move together,
    −1 = alone; such a series is judged against what the middle one of its group does.
    """

    level: Floats
    week: Floats
    spread: Floats
    size: Floats
    seen: Whole
    recent: Floats
    usual: Floats
    run: Whole
    drift: Floats
    offset: Floats
    common: Whole
    weekdays: Whole = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @classmethod
    def empty(cls, n_series: int, common: Whole | None = None) -> Baseline:
        """Nothing seen yet."""

        def zeros(*shape: int) -> Floats:
            return np.zeros((n_series, *shape))

        none: Whole = np.full(n_series, -1, dtype=np.int64)
        whole: Whole = np.zeros(n_series, dtype=np.int64)
        return cls(
            zeros(), zeros(7), zeros(len(WINDOWS)), zeros(), whole, zeros(WINDOWS[-1]), zeros(WINDOWS[-1]), whole, zeros(),
            zeros(), none if common is None else common, np.zeros((n_series, 7), dtype=np.int64),
        )  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """What one day meant.

    expected: amount. deviation: one standard deviation of the day. strength: deviations by window, NaN while learning or
    unknown. began: a new level is used from now on.
    """

    expected: Floats
    deviation: Floats
    strength: Floats
    began: Flags


def judge_day(baseline: Baseline, day: Day, *, learning_days: int = 28) -> tuple[Baseline, Judged]:
    """How far is a day from what its past leads to expect, and what is expected from now on?

    Model: happened ~ a count with dispersion, of mean exposure × exp(level + weekday). Levels and dispersion are learnt
    with exponentially fading memory from days cut at 2.5 deviations, so a fault hardly teaches. The strength is the signed
    root of the Poisson deviance over the last 1, 2, 3, 5 and 7 days, each divided by its own root dispersion. A ratio near one
    is better given as its complement. It breaks where a series has two modes, and learns a yearly season only by `lift`.

    Args:
        baseline: of the day before; `Baseline.empty` at the beginning.
        day: today's figures.
        learning_days: known days before anything is judged.

    Returns:
        The baseline to carry, and what the day meant.

    Source: McCullagh & Nelder, Generalized Linear Models (1989), deviance residuals and quasi-likelihood; own adaptation.

    >>> state = Baseline.empty(1)
    >>> for n in range(60):
    ...     amount = np.array([100.0 if n < 59 else 40.0])
    ...     state, judged = judge_day(state, Day(amount, np.ones(1), n % 7))
    >>> bool(judged.strength[0, 0] < -5)
    True
    """
    known = np.isfinite(day.happened) & np.isfinite(day.exposure) & (day.exposure > 0.0)
    happened = np.where(known, day.happened, 0.0)
    exposure = np.where(known, day.exposure, 1.0)
    offset = baseline.offset * (1.0 if day.special else _FADES) + (0.0 if day.lift is None else np.log(day.lift))
    fresh = known & (baseline.seen == 0)
    level = np.where(fresh, np.log((happened + 0.5) / exposure), baseline.level)
    expected = exposure * np.exp(level + baseline.week[:, day.weekday] + offset)
    expected = expected * _shared_move(baseline.common, happened, expected, known & (baseline.seen >= 14))
    width = np.broadcast_to(np.asarray(day.width, dtype=np.float64), known.shape)
    recent = _shifted(baseline.recent, np.where(known, happened, 0.0))
    usual = _shifted(baseline.usual, np.where(known, expected, 0.0))
    apart = _apart(recent, usual)
    grown = np.sqrt(np.maximum(expected / np.maximum(baseline.size, 1e-12), 1.0)) if baseline.seen.any() else 1.0
    scale = np.sqrt(np.maximum(baseline.spread, 1e-12)) * (width * grown)[:, None]
    ready = known & (baseline.seen >= learning_days) & np.isfinite(width)
    strength = np.where(ready[:, None], apart / scale, np.nan)
    learnt, began = _learn(
        replace(baseline, level=level, offset=offset),
        day,
        width,
        known,
        happened,
        expected,
        apart,
        ready,
        (recent, usual),
    )
    deviation = scale[:, 0] * np.sqrt(np.maximum(expected, 1e-12))
    return learnt, Judged(np.where(known, expected, np.nan), np.where(ready, deviation, np.nan), strength, began)


def _learn(baseline: Baseline, day: Day, width: Floats, known: Flags, happened: Floats, expected: Floats, apart: Floats,
           ready: Flags, windows: tuple[Floats, Floats]) -> tuple[Baseline, Flags]:  # fmt: skip
    weekday = day.weekday
    n = baseline.seen.astype(np.float64)
    root = np.sqrt(np.maximum(baseline.spread[:, 0], 1e-12)) * np.where(np.isfinite(width), width, 1.0)
    noise = np.where(baseline.seen >= 7, root / np.sqrt(np.maximum(expected, 0.5)), 1.0)
    news = np.log((happened + 0.5) / (expected + 0.5))
    news = np.where(known, np.clip(news, -_CLIP * noise, _CLIP * noise), 0.0)
    apart_from_it = day.special & (baseline.seen >= 14)
    calm = np.where(apart_from_it, 0.0, 1.0 / width)
    level = baseline.level + np.maximum(1.0 / (n + 1.0), _SLOW) * calm * news
    offset = baseline.offset + np.where(apart_from_it, _FAST, 0.0) * news
    met = baseline.weekdays[:, weekday]
    week = baseline.week.copy()
    week[:, weekday] += np.where(n >= 7, np.maximum(0.5 / (met + 1.0), _SLOW), 0.0) * calm * news
    week -= week.mean(axis=1, keepdims=True)
    # What has been told so far of the dispersion: a mean at first, then a fading memory; unusual days are cut.
    ordinary = known & (baseline.seen >= 7) & ((width <= 1.2) | (baseline.seen < 42))
    rate = np.where(ordinary, np.maximum(1.0 / np.maximum(n - 6.0, 1.0), _SPREAD), 0.0)[:, None]
    square = apart**2
    unusual = (baseline.seen >= 21)[:, None] & (square > _CLIP**2 * 1.6 * baseline.spread)
    square = np.where(unusual, _OUTLIER * baseline.spread, square)
    spread = baseline.spread + rate * (square - baseline.spread)
    size = baseline.size + np.where(known, np.maximum(1.0 / (n + 1.0), _SLOW), 0.0) * (expected - baseline.size)
    one = apart[:, 0] / np.maximum(root, 1e-12)
    side = np.where(ready & (np.abs(one) >= _SHIFTED_AT), np.sign(one), 0).astype(np.int64)
    same = (side != 0) & (np.sign(baseline.run) == side)
    run = np.where(known, np.where(same, baseline.run + side, side), baseline.run)
    drift = np.where(same, baseline.drift, 0.0) + np.where(side != 0, np.log((happened + 0.5) / (expected + 0.5)), 0.0)
    began = np.abs(run) >= _SHIFTED_DAYS
    step = np.where(began, drift / np.maximum(np.abs(run), 1), 0.0)
    usual = windows[1] * np.exp(step)[:, None]
    weekdays = baseline.weekdays.copy()
    weekdays[:, weekday] += known
    return replace(
        baseline, level=level + step, week=week, spread=np.where(known[:, None], spread, baseline.spread), size=size,
        seen=baseline.seen + known, recent=windows[0], usual=usual, run=np.where(began, 0, run),
        drift=np.where(began, 0.0, drift), offset=np.where(np.abs(offset) < 0.005, 0.0, offset), weekdays=weekdays,
    ), began  # fmt: skip


def _shifted(past: Floats, today: Floats) -> Floats:
    """The last days with today as the first column."""
    return np.concatenate([today[:, None], past[:, :-1]], axis=1)


def _apart(recent: Floats, usual: Floats) -> Floats:
    """Signed root deviance of what happened over the last days against what was expected, shape (n_series, n_windows)."""
    ends = [width - 1 for width in WINDOWS]
    happened, expected = recent.cumsum(axis=1)[:, ends], usual.cumsum(axis=1)[:, ends]
    expected = np.maximum(expected, 1e-9)
    ratio = np.where(happened > 0.0, happened / expected, 1.0)
    deviance = 2.0 * (happened * np.log(ratio) - (happened - expected))
    return np.asarray(np.sign(happened - expected) * np.sqrt(np.maximum(deviance, 0.0)))


def _shared_move(common: Whole, happened: Floats, expected: Floats, known: Flags) -> Floats:
    """The factor by which the middle series of each group is off today; 1 where fewer than four tell."""
    factor = np.ones(len(happened))
    news = np.log((happened + 0.5) / (expected + 0.5))
    for group in np.unique(common[common >= 0]):  # a handful of groups
        of = common == group
        telling = of & known & (expected > 0.0)
        if telling.sum() >= 4:
            factor[of] = np.exp(np.median(news[telling]))
    return factor
