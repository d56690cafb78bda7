"""Rival brands: campaigns in a category cut their prices for a week, and buying from us is then worth less."""

from __future__ import annotations

import numpy as np

from shopkeeper.twin.draws import Array, Draws

_CHANCE, _DEEPEST = 0.12, 0.28


def rival_cuts(draws: Draws, day: int) -> Array:
    """Share that rivals take off in each category this week, shape (12,); 0 = no campaign."""
    drawn = draws.uniform("rival campaign", np.arange(12), day // 7)
    return np.where(drawn < _CHANCE, _DEEPEST * (0.4 + 0.6 * drawn / _CHANCE), 0.0)
