"""Holt–Winters smoothing with one or two seasons, for all series and all settings of a grid in one pass."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.methods.forecast.accuracy import Floats, divided, mean_known

_SMALL = 1e-12


@dataclass(frozen=True)
class Setting:
    """One setting of the smoothing: how fast level, trend, short and long season follow, and how the trend is damped."""

    level: float
    trend: float
    short: float
    long: float
    damping: float = 0.98


def settings(
    level: tuple[float, ...], trend: tuple[float, ...], short: tuple[float, ...], long: tuple[float, ...] = (0.0,)
) -> tuple[Setting, ...]:
    """Every combination of these speeds."""
    return tuple(Setting(*values) for values in itertools.product(level, trend, short, long))


DOUBLE = settings((0.01, 0.05, 0.2), (0.0,), (0.03, 0.12, 0.35), (0.05, 0.2, 0.4))
SINGLE = settings((0.05, 0.2, 0.5), (0.0, 0.02), (0.05, 0.2, 0.5))


def smooth(history: Floats, origins: tuple[int, ...], horizon: int, grid: tuple[Setting, ...], short: int,
           long: int = 0) -> Floats:  # fmt: skip
    """What does Holt–Winters say at each origin, with the setting that had erred least by then?

    Model: level + damped trend + short season (+ long season), additive, with a first-order autoregression of the one-step
    errors on top. All settings run side by side; at an origin each series takes the one whose one-step errors, after the
    autoregression, have the least sum of squares so far. A missing value leaves the state as it is.

    Args:
        history: shape (n_series, length); NaN before a series began, and where nothing is known.
        origins: how many values are known at each origin, ascending.
        horizon: how many steps to say.
        grid: settings to choose from.
        short: length of the short season in steps.
        long: length of the long season, a multiple of the short one; 0 without one.

    Returns:
        Shape (n_origins, n_series, horizon). NaN for a series that has not lasted two long seasons by an origin.

    Source: Winters 1960; Taylor 2003, JORS 54, eqs. (5)-(9) for two seasons and the error term; Gardner & McKenzie 1985
    for the damping.
    """
    season = long or short
    n, length = history.shape
    began = first_known(history)
    # (settings, series) arrays; one column vector a speed
    speed = [
        np.array([getattr(s, name) for s in grid])[:, None] for name in ("level", "trend", "short", "long", "damping")
    ]
    state = _State.first(history, began, short, season, len(grid), two=bool(long))
    out = np.full((len(origins), n, horizon), np.nan)
    burn = began + 2 * season
    asked = {origin: i for i, origin in enumerate(origins)}
    for t in range(length + 1):
        if t in asked:
            out[asked[t]] = np.where((t >= burn)[:, None], state.say(t, horizon, speed[4]), np.nan)
        if t < min(length, origins[-1]):
            state.learn(t, history[:, t], (t >= began), t >= began + season, speed)
    return out


def first_known(history: Floats) -> NDArray[np.int64]:
    """Where each series begins: its first known value."""
    found: NDArray[np.int64] = np.argmax(~np.isnan(history), axis=1).astype(np.int64)
    return found


@dataclass
class _State:
    """Level, trend and seasons of each (setting, series), and sums over the errors so far."""

    level: Floats
    trend: Floats
    short: Floats
    long: Floats | None
    last_error: Floats
    squares: Floats
    products: Floats
    earlier: Floats

    @classmethod
    def first(cls, history: Floats, began: NDArray[np.int64], short: int, season: int, n_settings: int, *,
              two: bool) -> _State:  # fmt: skip
        n, length = history.shape
        at = np.minimum(began[:, None] + np.arange(2 * season), length - 1)
        early = np.take_along_axis(history, at, axis=1)
        level = np.nan_to_num(mean_known(early))
        away = early - level[:, None]
        by_short = _by_phase(away, at, short)
        # two long seasons tell each of its phases by two noisy values: half of that is believed at first
        by_long = _by_phase(away - np.take_along_axis(by_short, at % short, axis=1), at, season) / 2 if two else None
        shape = (n_settings, n)

        def zeros() -> Floats:
            return np.zeros(shape)

        def spread(phases: Floats) -> Floats:
            return np.repeat(phases.T[:, None, :], n_settings, axis=1)

        return cls(
            np.broadcast_to(level, shape).copy(), zeros(), spread(by_short), None if by_long is None else spread(by_long),
            zeros(), zeros(), zeros(), zeros(),
        )  # fmt: skip

    def learn(
        self, t: int, value: Floats, begun: NDArray[np.bool_], counted: NDArray[np.bool_], speed: list[Floats]
    ) -> None:
        rise = speed[4] * self.trend
        i = t % len(self.short)
        said = self.level + rise + self.short[i]
        if self.long is not None:
            j = t % len(self.long)
            said += self.long[j]
        known = begun & ~np.isnan(value)
        error = np.where(known, np.nan_to_num(value) - said, 0.0)
        weight = counted.astype(float)
        self.squares += weight * error * error
        self.products += weight * error * self.last_error
        self.earlier += weight * self.last_error * self.last_error
        self.last_error = error
        self.level += np.where(known, rise, 0.0) + speed[0] * error
        self.trend = np.where(known, rise, self.trend) + speed[1] * error
        self.short[i] += speed[2] * error
        if self.long is not None:
            self.long[j] += speed[3] * error

    def say(self, t: int, horizon: int, damping: Floats) -> Floats:
        phi = np.clip(self.products / np.maximum(self.earlier, _SMALL), 0.0, 0.98)
        loss = self.squares - 2 * phi * self.products + phi * phi * self.earlier
        best = np.argmin(loss, axis=0)
        pick = (best, np.arange(best.size))
        ahead = np.arange(1, horizon + 1)
        d = damping[best]
        rises = self.trend[pick][:, None] * np.cumsum(d**ahead, axis=1)
        steps = t + ahead - 1
        season = self.short[steps % len(self.short)][:, best, pick[1]].T
        if self.long is not None:
            season = season + self.long[steps % len(self.long)][:, best, pick[1]].T
        found: Floats = (
            self.level[pick][:, None] + rises + season + self.last_error[pick][:, None] * phi[pick][:, None] ** ahead
        )
        return found


def _by_phase(values: Floats, at: NDArray[np.int64], season: int) -> Floats:
    """Mean of each series' values at each phase of a season; 0 where there are none. Shape (n_series, season)."""
    n = len(values)
    place = (at % season) + season * np.arange(n)[:, None]
    known = ~np.isnan(values)
    total = np.bincount(place[known], values[known], minlength=n * season)
    count = np.bincount(place[known], minlength=n * season)
    return divided(total.astype(np.float64), count.astype(np.float64)).reshape(n, season)
