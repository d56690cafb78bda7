"""Hourly series: five families of forecasts, raw and in logarithms, blended by their errors at earlier origins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shopkeeper.errors import NotEstimable
from shopkeeper.methods.forecast.accuracy import Floats, naive_scale
from shopkeeper.methods.forecast.blend import Blended, actuals, blend
from shopkeeper.methods.forecast.naive import at_todays_level, mean_of_seasons, seasonal_naive
from shopkeeper.methods.forecast.ridge import own_ridge, pooled_ridge
from shopkeeper.methods.forecast.smoothing import DOUBLE, SINGLE, smooth

DAY, WEEK = 24, 168
ORIGINS = 6
STEP = 48
BEST = 6
OWN_LAGS, POOLED_LAGS = 192, 336


def forecast_hourly(series: Sequence[Floats], horizon: int = 48) -> Blended:
    """What will each of many hourly series be in the next hours, and between what?

    Families: double-seasonal Holt–Winters (day and week, autoregressive errors), Holt–Winters (day), naive ones (day, week, mean
    of two weeks, the same at today's level), one ridge regression for all series and one for each. All but three naive ones
    also on logarithms where a series is above 0. Every member is made anew at six earlier origins two days apart; each series
    blends its six best.

    Args:
        series: the histories, each of any length from two weeks and the horizon on; they end at the same hour.
        horizon: hours ahead.

    Raises:
        NotEstimable: a series shorter than that.
    """
    from threadpoolctl import threadpool_limits

    short = min((len(s) for s in series), default=0)
    if short < 2 * WEEK + horizon:
        needed = f"two weeks and the hours ahead, {2 * WEEK + horizon} hours; the shortest has {short}"
        raise NotEstimable("an hourly history is too short", [needed])
    longest = max(len(s) for s in series)
    history = np.full((len(series), longest), np.nan)
    for row, values in enumerate(series):
        history[row, longest - len(values) :] = values
    trials = tuple(o for k in range(ORIGINS - 1, -1, -1) if (o := longest - horizon - STEP * k) >= 2 * DAY)
    with threadpool_limits(1, "blas"):  # many small systems: more threads only wait for each other
        members = _members(history, (*trials, longest), horizon)
    return blend(members, actuals(history, trials, horizon), naive_scale(history, DAY), best=BEST)


def _members(history: Floats, origins: tuple[int, ...], horizon: int) -> dict[str, Floats]:
    found = {
        "naive_day": seasonal_naive(history, origins, horizon, DAY),
        "naive_week": seasonal_naive(history, origins, horizon, WEEK),
        "two_weeks": mean_of_seasons(history, origins, horizon, WEEK, 2),
    }
    found |= _families(history, origins, horizon)
    positive = np.nanmin(history, axis=1) > 0
    if positive.any():
        logs = _families(np.log(np.where(positive[:, None], history, np.nan)), origins, horizon)
        limit = 3 * np.nanmax(history, axis=1)[:, None]
        for name, said in logs.items():
            found[f"log_{name}"] = np.minimum(np.exp(np.minimum(said, 700.0)), limit)
    return found


def _families(history: Floats, origins: tuple[int, ...], horizon: int) -> dict[str, Floats]:
    return {
        "double_season": smooth(history, origins, horizon, DOUBLE, DAY, WEEK),
        "one_season": smooth(history, origins, horizon, SINGLE, DAY),
        "at_level": at_todays_level(history, origins, horizon, DAY, WEEK, 2),
        "pooled_ridge": pooled_ridge(history, origins, horizon, lags=POOLED_LAGS, season=WEEK),
        "own_ridge": own_ridge(history, origins, horizon, lags=OWN_LAGS),
    }
