"""Forecasts of many daily series with weekly, yearly, festival and promotion effects, tried at rolling origins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.errors import NotEstimable
from shopkeeper.methods.forecast.accuracy import Floats, divided, naive_scale
from shopkeeper.methods.forecast.blend import Blended, actuals, blend
from shopkeeper.methods.forecast.intermittent import tsb
from shopkeeper.methods.forecast.naive import mean_of_seasons
from shopkeeper.methods.forecast.smoothing import first_known, settings, smooth

WEEK = 7
YEAR = 365.25
GRID = settings((0.02, 0.08, 0.2, 0.45), (0.0,), (0.02, 0.08, 0.2))
MIN_DAYS = 28
_FACTOR = (0.1, 12.0)


@dataclass(frozen=True)
class Calendar:
    """What is known of every day of the history and of the horizon.

    `phase` counts days so that phase % 7 is the weekday; `events` has a column for each kind of special day, shape
    (length + horizon, n_kinds), 1 or a strength on it and 0 elsewhere.
    """

    events: Floats
    names: tuple[str, ...] = ()


def forecast_daily(history: Floats, horizon: int, *, calendar: Calendar | None = None, promotions: Floats | None = None,
                   origins: tuple[int, ...] | None = None) -> Blended:  # fmt: skip
    """What will each of many daily series be, and between what?

    Members of the blend: Holt–Winters with a weekly season; the same on series freed of yearly, festival and promotion
    effects, which are put back; the mean of the last four weeks by weekday; TSB. An effect is a ratio to the series' own
    level: estimated for all series together, then for each one, held back towards the common one. At every origin all is
    estimated from what was known by then.

    Args:
        history: shape (n_series, length), NaN before a series began; nothing sold is 0.
        horizon: days ahead.
        calendar: special days; none without it.
        promotions: shape (n_series, length + horizon), a known strength of promotion of each series and day.
        origins: how many days were known at each earlier origin at which members are tried; `usual_origins` without it.

    Raises:
        NotEstimable: no origin leaves 28 days before it and a day after it.
    """
    n, length = history.shape
    trials = tuple(o for o in (origins or usual_origins(length, horizon)) if MIN_DAYS <= o < length)
    if not trials:
        raise NotEstimable("the history is too short", [f"at least {MIN_DAYS + WEEK} days; there are {length}"])
    origins = (*trials, length)
    padded = np.hstack([history, np.full((n, horizon), np.nan)])
    plain = smooth(history, origins, horizon, GRID, WEEK)
    members = {
        "holt_winters": plain,
        "four_weeks": mean_of_seasons(history, origins, horizon, WEEK, 4),
        "tsb": tsb(history, origins, horizon),
    }
    if calendar is not None or promotions is not None:
        members["calendar"] = np.stack(
            [_with_effects(history[:, :origin], horizon, calendar, promotions) for origin in origins]
        )
    if not np.nanmin(history, initial=0.0) < 0:
        members = {name: np.maximum(said, 0.0) for name, said in members.items()}
    came = actuals(padded, trials, horizon)
    return blend(members, came, naive_scale(history, WEEK), best=3)


def usual_origins(length: int, horizon: int, count: int = 6, step: int = 14) -> tuple[int, ...]:
    """Origins two weeks apart, the last of them with its whole horizon known where the history allows.

    >>> usual_origins(100, 28, count=3)
    (44, 58, 72)
    """
    last = max(length - horizon, min(MIN_DAYS, length - WEEK))
    return tuple(sorted(o for o in (last - k * step for k in range(count)) if o >= MIN_DAYS))


def _with_effects(known: Floats, horizon: int, calendar: Calendar | None, promotions: Floats | None) -> Floats:
    """Holt–Winters on what is left when effects are divided out, and the effects of the days ahead put back."""
    factor = effects(known, horizon, calendar, promotions)
    length = known.shape[1]
    # what is older than a year says nothing more of level and weekdays
    freed = known[:, -_RECENT:] / factor[:, max(length - _RECENT, 0) : length]
    said = smooth(freed, (freed.shape[1],), horizon, GRID, WEEK)[0]
    found: Floats = said * factor[:, length:]
    return found


def effects(known: Floats, horizon: int, calendar: Calendar | None, promotions: Floats | None) -> Floats:
    """By what each day of the history and of the horizon is multiplied, shape (n_series, length + horizon).

    Model: series ÷ own mean = level + drift + weekdays + yearly waves + special days + promotion; one least-squares fit for
    all series (weighted by volume), then for each series a ridge fit of what is left, with weight of `_OWN` days. A kind of
    day that has not been seen by the end of the history has no effect, nor has the year before 1.2 of them have passed.
    """
    n, length = known.shape
    days = np.arange(length + horizon)
    began = first_known(known)
    seen = ~np.isnan(known)
    mean = divided(np.where(seen, known, 0).sum(axis=1), seen.sum(axis=1), 1.0)
    mean = np.where(mean > 0, mean, 1.0)
    base = _base_columns(days, length)
    wanted = _effect_columns(days, length, calendar)
    x = np.hstack([base, wanted])
    z = np.where(seen, known, 0.0) / mean[:, None]
    own_rows = began[:, None] <= days[None, :length]
    weight = mean / mean.sum()
    common = _common(x[:length], z, own_rows & seen, weight)
    moved = z - np.where(seen, x[:length] @ common, 0.0)
    own = _own(x[:length], moved, len(base[0]))
    lift = wanted @ (common[len(base[0]) :, None] + own)
    if promotions is not None:
        level = np.maximum((base[:length] @ (common[: len(base[0]), None])).T, 0.1)
        lift = lift + _promotion_lift(promotions[:, : len(days)], moved / level, seen, weight, length).T
    found: Floats = np.clip(1.0 + lift.T, *_FACTOR)
    return found


_RECENT = 364
_OWN = 60.0
"""How many days of its own a series must show before its effect counts as much as the common one."""


def _base_columns(days: NDArray[np.int64], length: int) -> Floats:
    """Level, drift over the history (held where it ends) and weekdays."""
    drift = np.minimum(days, length - 1) / max(length, 1) - 0.5
    weekday = (days[:, None] % WEEK == np.arange(1, WEEK)[None, :]).astype(float)
    return np.hstack([np.ones((len(days), 1)), drift[:, None], weekday - 1.0 / WEEK])


def _effect_columns(days: NDArray[np.int64], length: int, calendar: Calendar | None) -> Floats:
    columns = []
    if length >= 1.2 * YEAR:
        angle = 2 * np.pi * days[:, None] / YEAR * np.arange(1, 4)[None, :]
        columns += [np.sin(angle), np.cos(angle)]
    if calendar is not None:
        events = calendar.events[: len(days)]
        columns.append(np.where((events[:length] != 0).any(axis=0), events, 0.0))
    return np.hstack(columns) if columns else np.zeros((len(days), 0))


def _common(x: Floats, z: Floats, seen: NDArray[np.bool_], weight: Floats) -> Floats:
    """Coefficients that all series share: least squares of the mean series over the days on which any has begun."""
    of_day = weight @ seen
    series = divided(weight @ np.where(seen, z, 0.0), of_day)
    rows = x * of_day[:, None]
    held = np.diag(np.r_[np.full(2, 1e-6), np.full(x.shape[1] - 2, 0.1)])
    found: Floats = np.linalg.solve(rows.T @ x + held, rows.T @ series)
    return found


def _own(x: Floats, moved: Floats, n_base: int) -> Floats:
    """What each series' effects have beyond the common ones, held back by `_OWN` days; shape (n_effects, n_series)."""
    held = np.diag(np.r_[np.full(n_base, 1e-3), np.full(x.shape[1] - n_base, _OWN)])
    found: Floats = np.linalg.solve(x.T @ x + held, x.T @ moved.T)[n_base:]
    return found


def _promotion_lift(promotions: Floats, moved: Floats, seen: NDArray[np.bool_], weight: Floats, length: int) -> Floats:
    """How far promotion lifts each day: a slope for each series, held back towards the one they share."""
    p = np.where(seen, promotions[:, :length], 0.0)
    p = p - np.where(seen, p.sum(axis=1, keepdims=True) / np.maximum(seen.sum(axis=1, keepdims=True), 1), 0.0)
    products, squares = (p * moved).sum(axis=1), (p * p).sum(axis=1)
    shared = float(weight @ products) / max(float(weight @ squares), 1e-9)
    slope = (products + _OWN / 4 * shared) / (squares + _OWN / 4)
    found: Floats = np.maximum(slope, 0.0)[:, None] * promotions
    return found
