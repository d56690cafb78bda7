"""How much was not sold because it was not there, and how much of that went to something else."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
FEWEST_DAYS, FEWEST_UNITS, BLOCK_DAYS = 14, 10, 14
"""Days on sale, and units sold on them, without which an article's rate is not told."""


@dataclass(frozen=True)
class LostSales:
    """Units that would have been sold, by article, shape (n_items,); NaN where the rate is not told.

    `low` and `high` bound the expected loss at 95 %. `recaptured` is the share of the group's loss that its other articles
    sold beyond their own expectation; None where no day was free of stock-outs to judge chance by.
    """

    lost: Floats
    low: Floats
    high: Floats
    days_out: NDArray[np.int64]
    dispersion: float
    recaptured: float | None
    recaptured_low: float | None
    recaptured_high: float | None


def lost_sales(units: Floats, on_sale: Flags, closed: Flags, intensity: Floats) -> LostSales:
    """What did a group of like articles lose on the days that one of them was out of stock?

    Model: an article sells at a rate of its own times the day's intensity, which comes from *other* groups: sales of the same
    group rise when one of them is out, and a rate learned from them would call that rise demand. The group's other articles
    are compared with their own expectation on those days: what they sold more is demand that stayed.
    What breaks it: a day's intensity that moves otherwise in this group than in the others, such as its own promotion.

    Args:
        units: sold a day, shape (n_days, n_items), >= 0.
        on_sale: whole days that the article was there, same shape; other days teach nothing about its rate.
        closed: whole days that it was not there, same shape; days that are neither (sold out at noon) count for nothing.
        intensity: demand of the day relative to others, shape (n_days,), > 0.

    Source: after Conlon & Mortimer 2013, "Demand estimation under incomplete product availability", who estimate choice
    between articles; here a rate each, and substitution as one share.
    """
    if units.shape != on_sale.shape or units.shape != closed.shape or len(intensity) != len(units):
        raise ValueError("units, on_sale and closed need one shape, intensity one value a day")
    open_units = np.where(on_sale, units, 0.0)
    exposure = np.where(on_sale, intensity[:, None], 0.0).sum(axis=0)
    sold, days = open_units.sum(axis=0), on_sale.sum(axis=0)
    told = (days >= FEWEST_DAYS) & (sold >= FEWEST_UNITS)
    rate = np.where(told, sold / np.where(exposure > 0, exposure, 1.0), np.nan)
    expected = rate * intensity[:, None]
    use = on_sale & told
    own, dispersion = _dispersion(np.where(use, units, 0.0), np.where(use, expected, 0.0))
    lost = np.where(closed, expected, 0.0).sum(axis=0)
    lost = np.where(told, lost, np.nan)
    half = 1.96 * lost * np.sqrt(own / np.where(sold > 0, sold, 1.0))
    share, low, high = _recaptured(units, use, closed & told, expected)
    return LostSales(lost, np.maximum(lost - half, 0.0), lost + half, closed.sum(axis=0), dispersion, share, low, high)


def _dispersion(units: Floats, expected: Floats) -> tuple[Floats, float]:
    """Variance over a Poisson's in fortnights, of each article (never less than the group's) and of the group.

    Fortnights, because demand wanders: days one by one would look far surer than the article's level is.
    """
    blocks = -(-len(units) // BLOCK_DAYS)
    padded = [
        np.vstack([part, np.zeros((blocks * BLOCK_DAYS - len(part), part.shape[1]))]) for part in (units, expected)
    ]
    seen, meant = (part.reshape(blocks, BLOCK_DAYS, -1).sum(axis=1) for part in padded)
    some = meant > 0
    gaps = np.where(some, (seen - meant) ** 2 / np.where(some, meant, 1.0), 0.0)
    freedom = np.maximum(some.sum(axis=0) - 1, 1)
    group = max(float(gaps.sum()) / float(freedom.sum()), 1.0)
    return np.maximum(gaps.sum(axis=0) / freedom, group), group


def _recaptured(
    units: Floats, use: Flags, out: Flags, expected: Floats
) -> tuple[float | None, float | None, float | None]:
    some = out.any(axis=1)
    group = np.where(use, units, 0.0).sum(axis=1)
    group_expected = np.where(use, expected, 0.0).sum(axis=1)
    lost = float(np.where(out, expected, 0.0).sum())
    quiet = ~some & (group_expected > 0)
    if lost <= 0 or quiet.sum() < FEWEST_DAYS:
        return None, None, None
    # rates were fitted on all open days, so quiet days are below and others above by the same amount: compare the two
    level = float(group[quiet].sum() / group_expected[quiet].sum())
    fitted = level * group_expected
    noise = float(((group[quiet] - fitted[quiet]) ** 2 / fitted[quiet]).mean())
    share = float((group[some] - fitted[some]).sum()) / (level * lost)
    spread = float(fitted[some].sum()) * (1 + float(fitted[some].sum()) / float(fitted[quiet].sum()))
    half = 1.96 * math.sqrt(max(noise, 1.0) * spread) / (level * lost)
    return share, share - half, share + half
