"""The promotion decomposition adds up exactly, finds known shares, and refuses what no promotion can do."""

from __future__ import annotations

import numpy as np
import pytest

from shopkeeper.errors import NotEstimable
from shopkeeper.methods.promotion import PARTS, Panel, decompose


def panel(seed: int, others: float = 0.3, later: float = 0.2, groups: int = 40, push: float = 0.0) -> Panel:
    """Articles whose extra sales come to 30 % from the others of their group and to 20 % from the next two weeks."""
    rng = np.random.default_rng(seed)
    size, weeks = 6, 78
    group = np.repeat(np.arange(groups), size)
    depth = np.where(rng.random((groups * size, weeks)) < 0.08, rng.uniform(0.1, 0.3, (groups * size, weeks)), 0.0)
    extra = 100.0 * depth
    sales = 20.0 + 3.0 * rng.normal(size=depth.shape) + extra
    for g in range(groups):
        mine = slice(g * size, (g + 1) * size)
        taken = extra[mine].sum(axis=0)
        for j in range(size):
            lost = others * (taken - extra[g * size + j]) / (size - 1)
            after = np.zeros(weeks)
            after[1:] += 0.5 * later * extra[g * size + j][:-1]
            after[2:] += 0.5 * later * extra[g * size + j][:-2]
            sales[g * size + j] += -lost - after + push * taken
    return Panel(sales, depth, group, group % 4, np.arange(weeks) // 13)


def test_parts_add_up_to_the_whole_exactly() -> None:
    found = decompose(panel(1))
    assert sum(found.parts[p][0] for p in PARTS) == pytest.approx(found.own[0], rel=1e-9)
    assert sum(found.shares[p][0] for p in PARTS) == pytest.approx(1.0, rel=1e-9)


def test_known_shares_are_found() -> None:
    every = [decompose(panel(seed), rounds=300) for seed in range(16)]
    for part, share in zip(PARTS, (0.3, 0.2, 0.5), strict=True):
        assert np.mean([one.shares[part][0] for one in every]) == pytest.approx(share, abs=0.06)
        assert sum(one.shares[part][1] <= share <= one.shares[part][2] for one in every) >= 12
    assert np.mean([one.own[0] for one in every]) == pytest.approx(100.0, rel=0.05)


def test_an_article_not_on_sale_says_nothing() -> None:
    whole = panel(1)
    holes = whole.depth.copy()
    holes[::7, :30] = np.nan
    found = decompose(Panel(whole.sales, holes, whole.group, whole.market, whole.season))
    assert found.cells < decompose(whole).cells
    assert found.shares["new"][0] == pytest.approx(0.5, abs=0.15)


def test_a_push_of_the_whole_category_is_not_taken_for_new_sales() -> None:
    with pytest.raises(NotEstimable, match="along with something else"):
        decompose(panel(1, push=0.8))


def test_discounts_without_effect_or_in_few_groups_are_refused() -> None:
    whole = panel(1)
    rng = np.random.default_rng(2)
    idle = Panel(rng.normal(20, 3, whole.sales.shape), whole.depth, whole.group, whole.market, whole.season)
    with pytest.raises(NotEstimable, match="measurably"):
        decompose(idle)
    with pytest.raises(NotEstimable, match="too few"):
        decompose(panel(1, groups=10))
