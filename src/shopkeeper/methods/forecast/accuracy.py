"""How good was a forecast? Measures by series, each a row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def smape(actual: Floats, forecast: Floats) -> Floats:
    """Symmetric mean absolute percentage error of each series, 0 to 200; where both are 0 the error is 0.

    Args:
        actual: what came, shape (n_series, horizon); NaN = unknown, left out.
        forecast: what was said, same shape.

    Source: Makridakis, Spiliotis & Assimakopoulos 2020 (M4), eq. (1).

    >>> smape(np.array([[100.0, 0.0]]), np.array([[50.0, 0.0]])).round(2).tolist()
    [33.33]
    """
    error, size = np.abs(actual - forecast), np.abs(actual) + np.abs(forecast)
    return mean_known(200.0 * np.divide(error, size, out=np.where(np.isnan(error), np.nan, 0.0), where=size > 0))


def mase(actual: Floats, forecast: Floats, scale: Floats) -> Floats:
    """Mean absolute error of each series ÷ that of the seasonal naive forecast inside its history (`naive_scale`).

    Below 1 is better than saying "as in the season before". NaN where the scale is 0.

    >>> mase(np.array([[3.0, 5.0]]), np.array([[2.0, 2.0]]), np.array([4.0])).tolist()
    [0.5]
    """
    error = mean_known(np.abs(actual - forecast))
    return divided(error, scale, np.nan)


def naive_scale(history: Floats, season: int) -> Floats:
    """Mean absolute change against the season before, inside each history; shape (n_series,). NaN without two seasons.

    Source: Hyndman & Koehler 2006, the seasonal scale of MASE.

    >>> naive_scale(np.array([[1.0, 5.0, 3.0, 5.0]]), 2).tolist()
    [1.0]
    """
    return mean_known(np.abs(history[:, season:] - history[:, :-season]))


def wape(actual: Floats, forecast: Floats) -> float:
    """Σ |error| ÷ Σ |actual| over everything: the share of the quantity that was in the wrong place. NaN when nothing came.

    >>> wape(np.array([[10.0, 0.0], [5.0, 5.0]]), np.array([[8.0, 1.0], [5.0, 4.0]]))
    0.2
    """
    known = ~np.isnan(actual)
    total = float(np.abs(actual[known]).sum())
    return float(np.abs(actual - forecast)[known].sum()) / total if total else float("nan")


def coverage(actual: Floats, low: Floats, high: Floats) -> float:
    """Share of known actuals inside their interval, both ends included.

    >>> coverage(np.array([1.0, 2.0, 9.0, 4.0]), np.zeros(4), np.full(4, 4.0))
    0.75
    """
    known = ~np.isnan(actual)
    return float(((actual >= low) & (actual <= high))[known].mean()) if known.any() else float("nan")


def divided(top: Floats, bottom: Floats, otherwise: float = 0.0) -> Floats:
    """Top ÷ bottom where bottom is above 0, else `otherwise`.

    >>> divided(np.array([1.0, 1.0]), np.array([2.0, 0.0])).tolist()
    [0.5, 0.0]
    """
    shape = np.broadcast_shapes(np.shape(top), np.shape(bottom))
    found: Floats = np.divide(top, bottom, out=np.full(shape, otherwise), where=np.broadcast_to(bottom, shape) > 0)
    return found


def mean_known(values: Floats) -> Floats:
    """Mean of each row over what is known; NaN for a row of unknowns."""
    known = ~np.isnan(values)
    count = known.sum(axis=-1)
    total = np.where(known, values, 0.0).sum(axis=-1)
    return divided(total, count, np.nan)
