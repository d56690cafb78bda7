"""ABC classes, the Gini coefficient and the demand classes against hand-computed cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.errors import NotEstimable
from shopkeeper.methods.concentration import CLASSES, INTERVAL_CUT, VARIATION_CUT, abc_classes, demand_classes, gini


def test_the_cuts_are_those_of_syntetos_boylan_and_croston() -> None:
    assert (INTERVAL_CUT, VARIATION_CUT) == (1.32, 0.49)


def test_an_article_over_a_cut_belongs_above_it_and_equals_stay_together() -> None:
    assert abc_classes(np.array([50.0, 25.0, 10.0, 5.0, 5.0, 3.0, 2.0])).tolist() == [0, 0, 0, 1, 1, 2, 2]
    assert abc_classes(np.array([79.0, 11.0, 10.0, -4.0, 0.0])).tolist() == [0, 0, 1, 2, 2]
    assert len(set(abc_classes(np.full(10, 3.0)).tolist())) == 1


def test_nothing_sold_is_refused() -> None:
    with pytest.raises(NotEstimable):
        abc_classes(np.array([0.0, -1.0]))


@given(st.lists(st.floats(0.0, 1e6), min_size=2, max_size=60).filter(lambda v: sum(v) > 0))
def test_a_hold_at_least_four_fifths_and_never_more_articles_than_needed(values: list[float]) -> None:
    amount = np.array(values)
    classes = abc_classes(amount)
    assert amount[classes == 0].sum() >= 0.8 * amount.sum() * (1 - 1e-9)
    smallest = amount[classes == 0].min()
    assert amount[amount > smallest].sum() <= 0.8 * amount.sum() * (1 + 1e-9)


def test_gini_is_half_the_mean_difference_over_the_mean() -> None:
    values = np.random.default_rng(1).gamma(1.0, 10.0, 300)
    differences = np.abs(values[:, None] - values[None, :]).mean()
    assert gini(values) == pytest.approx(differences / (2 * values.mean()), rel=1e-12)


@pytest.mark.parametrize(
    ("gap", "sizes", "kind"),
    [
        (1, [5, 5, 5, 5], "smooth"), (1, [1, 20, 1, 20], "erratic"), (3, [5, 5, 6, 5], "intermittent"),
        (4, [1, 20, 1, 20], "lumpy"),
    ],
)  # fmt: skip
def test_each_pattern_has_its_class(gap: int, sizes: list[int], kind: str) -> None:
    units = np.tile(np.array(sizes, dtype=np.float64), 5)
    found = demand_classes(np.zeros(len(units), dtype=np.int64), units, np.array([len(units) * gap]))
    assert CLASSES[found.kind[0]] == kind
    assert found.interval[0] == gap
    assert found.size_variation[0] == pytest.approx(units.var(ddof=1) / units.mean() ** 2)
    series = np.concatenate([units, np.zeros(len(units) * (gap - 1))])
    assert found.variation[0] == pytest.approx(series.std(ddof=1) / series.mean())


def test_too_little_is_unknown_not_a_class() -> None:
    found = demand_classes(np.array([0, 0, 1, 1, 1, 1]), np.ones(6), np.array([30, 8]))
    assert found.kind.tolist() == [-1, -1]
    assert np.isnan(found.interval).all()
