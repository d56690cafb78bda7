"""Lanting looks like a real shop: every figure lies in the span of published ones, named beside it in figures.py.

The twin's figures follow from its parameters; none is set.
"""

from __future__ import annotations

import pytest

from shopkeeper.twin.figures import NEEDED, PUBLISHED, Figure, figures
from shopkeeper.twin.world import World

# At scale 1 every figure is inside its span (`shopkeeper twin figures`, 40 s). A small world is noisier and least lots weigh
# more in it, so here a figure may miss its span by this share of it.
SCALE, ROOM, STOCK_ROOM = 0.06, 0.3, 0.9


@pytest.fixture(scope="module")
def found() -> dict[str, Figure]:
    return {f.id: f for f in figures(World(7, SCALE, records=NEEDED))}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_figure_lies_near_published_ones(found: dict[str, Figure], name: str) -> None:
    figure = found[name]
    room = (STOCK_ROOM if "stock" in name else ROOM) * (figure.published.high - figure.published.low)
    assert figure.published.low - room <= figure.value <= figure.published.high + room
