"""Draws dealt out among articles, so that a world of few articles is like one of many.

Drawn freely, a handful of lucky best sellers would make small worlds differ from large ones, and from each other.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from shopkeeper.twin.draws import Array, Draws

_NEIGHBOURS = 8
_STEPS = 65_536


@lru_cache(maxsize=8)
def _ladder(seed: int) -> Array:
    """Standard normal numbers in rising order."""
    return np.sort(Draws(seed).normal("ladder", np.arange(_STEPS)))


def as_normal(draws: Draws, uniform: Array) -> Array:
    """Numbers between 0 and 1 as the standard normal ones at those quantiles."""
    found: Array = _ladder(draws.seed)[(uniform * _STEPS).astype(np.int64)]
    return found


def spread_evenly(draws: Draws, purpose: str, edges: Array, full: Array | None = None, pull: float = 0.0) -> Array:
    """Standard normal numbers, one an article, with the same spread in every category whatever its size.

    With `full`, the articles of each category at scale 1, an article of a smaller world stands for several of them and
    draws buyers (e^(pull × number)) as they do on average: without that, a small world would have no best sellers, and
    people would buy less in it.
    """
    places = (np.arange(_STEPS) + 0.5) / _STEPS
    parts = []
    for number, (first, end) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
        many = max(int(end - first), 1)
        rank = np.argsort(np.argsort(draws.uniform(purpose, np.arange(first, end))))
        step = as_normal(draws, (np.arange(many) + 0.5) / many)
        if full is not None and many < full[number]:
            one = as_normal(draws, (np.floor(places * full[number]) + 0.5) / full[number])
            slices = (places * many).astype(np.int64)
            step = np.log(np.bincount(slices, np.exp(pull * one)) / np.bincount(slices)) / pull
        parts.append(step[rank])
    return np.concatenate(parts)


def dealt(draws: Draws, purpose: str, category: Array, appeal: Array) -> Array:
    """Numbers between 0 and 1, one an article: of eight neighbours in a category's order of appeal, one in each eighth.

    >>> one = dealt(Draws(7), "cards", np.zeros(16, dtype=np.int64), np.arange(16.0))
    >>> np.sort((one[:8] * 8).astype(int)).tolist()
    [0, 1, 2, 3, 4, 5, 6, 7]
    """
    n = len(category)
    order = np.lexsort((appeal, category))
    starts = np.searchsorted(category[order], category[order])
    hand = np.empty(n, dtype=np.int64)
    hand[order] = starts * n + (np.arange(n) - starts) // _NEIGHBOURS
    sku = np.arange(n)
    by_hand = np.lexsort((draws.uniform(purpose, sku), hand))
    first = np.searchsorted(hand[by_hand], hand[by_hand])
    size = np.searchsorted(hand[by_hand], hand[by_hand], side="right") - first
    found: Array = np.empty(n)
    found[by_hand] = (np.arange(n) - first + draws.uniform(purpose, sku, 1)[by_hand]) / size
    return found
