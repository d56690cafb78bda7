"""Forecasts that only repeat what was: the last short season, the last long one, their recent mean, and that at today's level."""

from __future__ import annotations

import numpy as np

from shopkeeper.methods.forecast.accuracy import Floats


def seasonal_naive(history: Floats, origins: tuple[int, ...], horizon: int, season: int) -> Floats:
    """The last season again and again; shape (n_origins, n_series, horizon), NaN where it is not all known.

    >>> seasonal_naive(np.array([[1.0, 2.0, 3.0, 4.0]]), (4,), 3, 2).tolist()
    [[[3.0, 4.0, 3.0]]]
    """
    return mean_of_seasons(history, origins, horizon, season, 1)


def mean_of_seasons(history: Floats, origins: tuple[int, ...], horizon: int, season: int, count: int) -> Floats:
    """The mean of the last `count` seasons, repeated."""
    out = np.full((len(origins), len(history), horizon), np.nan)
    steps = np.arange(horizon) % season
    for i, origin in enumerate(origins):
        if origin >= season * count:
            recent = history[:, origin - season * count : origin].reshape(len(history), count, season)
            out[i] = recent.mean(axis=1)[:, steps]
    return out


def at_todays_level(
    history: Floats, origins: tuple[int, ...], horizon: int, short: int, long: int, count: int
) -> Floats:
    """The mean of the last `count` long seasons, moved by how far the last short season lies above its place there."""
    out = mean_of_seasons(history, origins, horizon, long, count)
    for i, origin in enumerate(origins):
        if origin >= long * count:
            recent = history[:, origin - long * count : origin].reshape(len(history), count, long).mean(axis=1)
            moved = history[:, origin - short : origin].mean(axis=1) - recent[:, -short:].mean(axis=1)
            out[i] += moved[:, None]
    return out
