"""Demand that comes now and then: Croston's method and that of Teunter, Syntetos and Babai, for many series at once."""

from __future__ import annotations

from typing import Literal

import numpy as np

from shopkeeper.methods.forecast.accuracy import Floats, divided
from shopkeeper.methods.forecast.smoothing import first_known

SPEEDS = (0.05, 0.1, 0.2)
_TINY = 1e-12


def croston(
    history: Floats, origins: tuple[int, ...], horizon: int, speed: float = 0.1, *, unbiased: bool = False
) -> Floats:
    """Mean demand a step by Croston: smoothed size ÷ smoothed interval, both renewed where demand comes.

    Args:
        history: shape (n_series, length), 0 where nothing was asked for, NaN before a series began.
        origins: how many values are known at each origin, ascending.
        horizon: how many steps to say; all alike.
        speed: share of the newest size and interval in the smoothed ones.
        unbiased: take it × (1 − speed / 2), after Syntetos & Boylan 2005.

    Returns:
        Shape (n_origins, n_series, horizon); 0 for a series without demand so far.

    Source: Croston 1972, Operational Research Quarterly 23.

    >>> croston(np.array([[0.0, 6.0, 0.0, 0.0, 6.0]]), (5,), 1).round(4).tolist()
    [[[2.8571]]]
    """
    n, length = history.shape
    began = first_known(history)
    size, interval, gap = np.zeros(n), np.zeros(n), np.ones(n)
    seen = np.zeros(n, dtype=bool)
    factor = 1 - speed / 2 if unbiased else 1.0
    out = np.zeros((len(origins), n, horizon))
    asked = {origin: i for i, origin in enumerate(origins)}
    for t in range(length + 1):
        if t in asked:
            out[asked[t]] = (factor * divided(size, interval))[:, None]
        if t < min(length, origins[-1]):
            value = np.where(t >= began, np.nan_to_num(history[:, t]), 0.0)
            comes = value > 0
            first = comes & ~seen
            size = np.where(first, value, np.where(comes, size + speed * (value - size), size))
            interval = np.where(first, gap, np.where(comes, interval + speed * (gap - interval), interval))
            gap = np.where(comes, 1.0, gap + (t >= began))
            seen |= comes
    return out


def tsb(history: Floats, origins: tuple[int, ...], horizon: int, grid: tuple[float, ...] = SPEEDS) -> Floats:
    """Mean demand a step by TSB: smoothed size × smoothed probability, which falls while nothing is asked for.

    Each series takes at an origin the pair of speeds whose one-step errors have the least sum of squares so far.

    Args:
        history: shape (n_series, length), 0 where nothing was asked for, NaN before a series began.
        origins: how many values are known at each origin, ascending.
        horizon: how many steps to say; all alike.
        grid: speeds to choose from, for size and for probability.

    Returns:
        Shape (n_origins, n_series, horizon).

    Source: Teunter, Syntetos & Babai 2011, EJOR 214.

    >>> tsb(np.array([[4.0, 0.0, 0.0]]), (1, 3), 1, (0.5,)).tolist()
    [[[4.0]], [[1.0]]]
    """
    n, length = history.shape
    began = first_known(history)
    sizes, chances = (np.array(v)[:, None] for v in zip(*((a, b) for a in grid for b in grid), strict=True))
    shape = (len(sizes), n)
    size, chance, loss = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    seen = np.zeros(n, dtype=bool)
    out = np.zeros((len(origins), n, horizon))
    asked = {origin: i for i, origin in enumerate(origins)}
    for t in range(length + 1):
        if t in asked:
            best = loss.argmin(axis=0)
            out[asked[t]] = (size[best, np.arange(n)] * chance[best, np.arange(n)])[:, None]
        if t < min(length, origins[-1]):
            known = (t >= began) & ~np.isnan(history[:, t])
            value = np.where(known, np.nan_to_num(history[:, t]), 0.0)
            comes = value > 0
            loss += np.where(known, (value - size * chance) ** 2, 0.0)
            size = np.where(comes, np.where(seen, size + sizes * (value - size), value), size)
            first = 1.0 / np.maximum(t - began + 1, 1)
            moved = np.where(seen, chance + chances * (comes - chance), np.where(comes, first, 0.0))
            chance = np.where(known, moved, chance)
            seen |= comes
    return out


DemandClass = Literal["smooth", "erratic", "intermittent", "lumpy", "none"]


def demand_class(history: Floats) -> list[DemandClass]:
    """How each series' demand comes: by the mean interval between demands (1.32) and the squared variation of sizes (0.49).

    Source: Syntetos, Boylan & Croston 2005, JORS 56.

    >>> demand_class(np.array([[5.0, 6.0, 5.0, 5.0], [0.0, 0.0, 4.0, 0.0], [0.0, 0.0, 0.0, 0.0]]))
    ['smooth', 'intermittent', 'none']
    """
    comes = np.nan_to_num(history) > 0
    count = comes.sum(axis=1)
    steps = (~np.isnan(history)).sum(axis=1)
    interval = divided(steps, count, np.inf)
    sizes = np.where(comes, history, 0.0)
    mean = divided(sizes.sum(axis=1), count)
    square = divided((sizes**2).sum(axis=1), count)
    variation = divided(square - mean**2, mean**2)
    names: tuple[DemandClass, ...] = ("smooth", "erratic", "intermittent", "lumpy", "none")
    code = np.where(count == 0, 4, 2 * (interval > 1.32) + (variation > 0.49))
    return [names[int(c)] for c in code]
