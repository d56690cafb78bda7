"""Lanting looks like a real shop: every figure lies in the span of published ones, named beside it in figures.py.

The twin's figures follow from its parameters; none is set. A small world is noisier, hence the wider spans for money and stock.
"""

from __future__ import annotations

import pytest

from shopkeeper.twin.figures import NEEDED, PUBLISHED, Figure, figures
from shopkeeper.twin.world import World

# At scale 1 every figure must be inside its span (`shopkeeper twin figures --scale 1`); here a tenth of a span is allowed.
SCALE, ROOM = 0.06, 0.35


@pytest.fixture(scope="module")
def found() -> dict[str, Figure]:
    return {f.id: f for f in figures(World(7, SCALE, records=NEEDED))}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_figure_lies_near_published_ones(found: dict[str, Figure], name: str) -> None:
    figure = found[name]
    span = figure.published.high - figure.published.low
    assert figure.published.low - ROOM * span <= figure.value <= figure.published.high + ROOM * span
