"""Several forecasts of each series made into one by how far each was off at earlier origins, with intervals from that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.errors import NotEstimable
from shopkeeper.methods.forecast.accuracy import Floats, coverage, divided, mase, mean_known, smape

LEVELS = (0.80, 0.95)
_TINY = 1e-12


@dataclass(frozen=True)
class Backtest:
    """What the blend would have said at earlier origins, held against what came.

    `mase` and `smape` have a row a series; `covered` gives for each level the share of actual values inside intervals that
    were made from the other origins' errors; `origins` counts them.
    """

    mase: Floats
    smape: Floats
    covered: tuple[float, ...]
    origins: int
    said: Floats
    came: Floats


@dataclass(frozen=True)
class Blended:
    """One forecast a series: `mean` (n_series, horizon), half-widths of its intervals by level, weights of the members.

    `half` has shape (n_levels, n_series, horizon), `weights` (n_members, n_series) in the order of `members`.
    """

    mean: Floats
    half: Floats
    members: tuple[str, ...]
    weights: Floats
    backtest: Backtest

    def low(self, level: int) -> Floats:
        """Lower ends of the intervals of `LEVELS[level]`."""
        found: Floats = self.mean - self.half[level]
        return found

    def high(self, level: int) -> Floats:
        """Upper ends of the intervals of `LEVELS[level]`."""
        found: Floats = self.mean + self.half[level]
        return found


def actuals(history: Floats, origins: tuple[int, ...], horizon: int) -> Floats:
    """What came after each origin, shape (n_origins, n_series, horizon)."""
    return np.stack([history[:, origin : origin + horizon] for origin in origins])


def blend(members: Mapping[str, Floats], came: Floats, scale: Floats, *, best: int = 3) -> Blended:
    """Which members were right at earlier origins, what do they say together now, and how far may that be off?

    Model: each series takes its `best` members, weighted by (mean absolute error)⁻². An interval's half-width is the mean of
    the series' own quantile of its errors and its mean error × the quantile that all series share at that step: the first
    alone is too narrow with few origins, the second does not know the series.

    Args:
        members: forecasts by name, each (n_origins + 1, n_series, horizon), the last of them the one that is wanted; NaN
            where a member has nothing to say.
        came: what came after the first n_origins, (n_origins, n_series, horizon); NaN where unknown.
        scale: of MASE, shape (n_series,).
        best: how many members a series may mix.

    Raises:
        NotEstimable: a series for which no member was ever held against what came.
    Source: rolling-origin weights after Bates & Granger 1969; empirical intervals after Williams & Goodman 1971.
    """
    names = tuple(members)
    said = np.stack([members[name] for name in names])
    error = np.stack([mean_known(_flat(np.abs(said[m, :-1] - came))) for m in range(len(names))])
    usable = ~np.isnan(error) & ~np.isnan(said[:, -1]).any(axis=-1)
    if not usable.any(axis=0).all():
        raise NotEstimable(
            "some series are too short to try a forecast on",
            ["at least two seasons of history before the first of several trials"],
        )
    weights = _weights(np.where(usable, error, np.inf), best)
    mean = _mix(said[:, -1:], weights)[0]
    tried = _tried(said[:, :-1], came, usable, best)
    away = np.abs(tried - came)
    half = np.stack([half_widths(away, level) for level in LEVELS])
    backtest = Backtest(
        mean_known(np.stack([mase(c, s, scale) for c, s in zip(came, tried, strict=True)], axis=1)),
        mean_known(np.stack([smape(c, s) for c, s in zip(came, tried, strict=True)], axis=1)),
        _covered(away), len(came), tried, came,
    )  # fmt: skip
    return Blended(mean, half, names, weights, backtest)


def _tried(said: Floats, came: Floats, usable: NDArray[np.bool_], best: int) -> Floats:
    """What the blend says at each earlier origin with the weights that the other origins give it, so that none judges itself."""
    error = np.stack(
        [[mean_known(np.abs(one - there)) for one, there in zip(member, came, strict=True)] for member in said]
    )
    count, total = (~np.isnan(error)).sum(axis=1), np.nansum(error, axis=1)
    out = np.empty(came.shape)
    for i in range(len(came)):
        others = count - ~np.isnan(error[:, i])
        mean = divided(total - np.nan_to_num(error[:, i]), others, np.inf)
        mean = np.where(usable, mean, np.inf)
        alone = np.isinf(mean).all(axis=0)
        mean[:, alone] = np.where(usable[:, alone], 1.0, np.inf)
        out[i] = _mix(said[:, i : i + 1], _weights(mean, best))[0]
    return out


def _flat(values: Floats) -> Floats:
    """Origins and steps of each series in one row."""
    return np.moveaxis(values, 1, 0).reshape(values.shape[1], -1)


def _weights(error: Floats, best: int) -> Floats:
    """Shares of the members of each series, by inverse square of their errors among the best."""
    cut = np.sort(error, axis=0)[min(best, len(error)) - 1]
    least = error.min(axis=0)
    kept = np.where(error <= cut, error, np.inf)
    raw = (np.maximum(least, _TINY) / np.maximum(kept, _TINY)) ** 2
    found: Floats = raw / raw.sum(axis=0)
    return found


def _mix(said: Floats, weights: Floats) -> Floats:
    """The weighted mean of the members; where one is silent the others carry its share."""
    share = np.where(np.isnan(said), 0.0, weights[:, None, :, None])
    total = share.sum(axis=0)
    mixed = (np.nan_to_num(said) * share).sum(axis=0)
    return divided(mixed, total, np.nan)


def half_widths(away: Floats, level: float) -> Floats:
    """Half-widths (n_series, horizon) of intervals of a level, from absolute errors (n_origins, n_series, horizon).

    Half from each series' own errors, half from its mean error and what all series share; see `blend`.
    """
    mean = mean_known(_flat(away))
    ratio = away / np.maximum(mean, _TINY)[:, None]
    steps = away.shape[2]
    by_step = np.moveaxis(ratio, 2, 0).reshape(steps, -1)
    growth = _smoothed(mean_known(by_step))
    level_of = _smoothed(_quantile(by_step, level))
    own = _quantile(_flat(away / np.maximum(growth, _TINY)), level)
    found: Floats = (own[:, None] * growth + mean[:, None] * level_of) / 2
    return found


def _quantile(values: Floats, level: float) -> Floats:
    """A quantile of what is known of each row; NaN for a row of unknowns."""
    known = ~np.isnan(values)
    if known.all():
        every: Floats = np.quantile(values, level, axis=1)
        return every
    found = np.full(len(values), np.nan)
    any_known = known.any(axis=1)
    found[any_known] = np.nanquantile(values[any_known], level, axis=1)
    return found


def _smoothed(values: Floats, width: int = 5) -> Floats:
    """A running mean over neighbouring steps: single steps are noisy where there are few series."""
    at = np.arange(len(values))
    known = ~np.isnan(values)
    # a step that no trial reached is taken for as far off as the nearest that one did
    filled = np.interp(at, at[known], values[known]) if known.any() else np.zeros(len(values))
    padded = np.pad(filled, width // 2, mode="edge")
    found: Floats = np.lib.stride_tricks.sliding_window_view(padded, width).mean(axis=1)
    return found


def _covered(away: Floats) -> tuple[float, ...]:
    """Coverage of each origin's actual values by intervals from the others' errors."""
    if len(away) < 2:
        return tuple(float("nan") for _ in LEVELS)
    shares = []
    for level in LEVELS:
        inside = []
        for left_out in range(len(away)):
            half = half_widths(np.delete(away, left_out, axis=0), level)
            inside.append(coverage(away[left_out], np.zeros_like(half), half))
        shares.append(float(np.nanmean(inside)))
    return tuple(shares)
