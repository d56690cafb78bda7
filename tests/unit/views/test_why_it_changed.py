"""Parts of a change add up to it exactly, and colour means more than usual."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.methods.decompose import LARGEST_PARTS, contributions, ratio_factors
from shopkeeper.render.bars import steps
from shopkeeper.views.change import MIN_CHANGES, judged, series_changes, usual_band, usual_change

MONEY = st.decimals(min_value=-10_000, max_value=10_000, places=2, allow_nan=False)
AMOUNTS = st.dictionaries(st.sampled_from([f"c{n}" for n in range(12)]), MONEY, max_size=12)
POSITIVE = st.floats(min_value=0.01, max_value=1e7)


@given(AMOUNTS, AMOUNTS)
def test_contributions_add_up_to_the_cent(now: dict[str, Decimal], before: dict[str, Decimal]) -> None:
    change = sum(now.values(), Decimal(0)) - sum(before.values(), Decimal(0))
    parts = contributions(now, before, change)
    assert sum((Decimal(p.amount) for p in parts), Decimal(0)) == change
    assert sum(p.name is not None for p in parts) <= LARGEST_PARTS


def test_the_largest_contributions_are_named_and_the_rest_is_one() -> None:
    now = {f"c{n}": Decimal(n) for n in range(9)}
    parts = contributions(now, {}, Decimal(36))
    assert [p.name for p in parts] == ["c8", "c7", "c6", "c5", "c4", "c3", None]
    assert parts[-1].amount == 3


@given(POSITIVE, POSITIVE, POSITIVE, POSITIVE)
def test_two_factors_explain_a_ratio_without_remainder(n1: float, d1: float, n0: float, d0: float) -> None:
    factors = ratio_factors(n1, d1, n0, d0)
    assert factors is not None
    size = max(n1 / d1, n0 / d0)
    assert math.isclose(sum(factors), n1 / d1 - n0 / d0, rel_tol=1e-9, abs_tol=1e-9 * size)


@given(POSITIVE, POSITIVE, POSITIVE, POSITIVE)
def test_two_factors_are_the_same_backwards(n1: float, d1: float, n0: float, d0: float) -> None:
    there, back = ratio_factors(n1, d1, n0, d0), ratio_factors(n0, d0, n1, d1)
    assert there is not None
    assert back is not None
    for a, b in zip(there, back, strict=True):
        assert math.isclose(a, -b, rel_tol=1e-9, abs_tol=1e-12)


def test_a_ratio_of_nothing_has_no_factors() -> None:
    assert ratio_factors(0, 1, 1, 1) is None
    assert ratio_factors(1, 1, -1, 1) is None


@given(st.floats(min_value=0, max_value=1e6), st.lists(st.floats(min_value=-1e5, max_value=1e5), max_size=7))
def test_a_waterfall_stays_inside_its_frame_and_hands_over_where_it_ends(start: float, changes: list[float]) -> None:
    drawn = steps(start, changes)
    assert len(drawn) == len(changes) + 2
    for step in drawn:
        assert -0.01 <= step.left <= 100.01
        assert step.left + step.width <= 100.5


@pytest.mark.parametrize(
    ("values", "tone"),
    [
        ([100, 101, 100, 102, 101, 150], "good"),
        ([100, 101, 100, 102, 101, 60], "bad"),
        ([100, 130, 90, 125, 95, 110], "flat"),
        ([100, 101, 150], "flat"),
    ],
)
def test_colour_is_only_for_changes_beyond_the_usual(values: list[int], tone: str) -> None:
    changes = series_changes(values, "count")
    found = judged(changes[-1], usual_change(changes[:-1]), "count", 1)
    assert found is not None
    assert found.tone == tone


def test_a_fall_is_good_where_less_is_better_and_grey_where_neither_is() -> None:
    assert judged(-0.5, 0.1, "share", -1).tone == "good"  # type: ignore[union-attr]
    assert judged(-0.5, 0.1, "share", 0).tone == "flat"  # type: ignore[union-attr]


@given(st.lists(st.floats(min_value=1, max_value=1000), min_size=MIN_CHANGES + 2, max_size=20))
def test_the_band_of_the_chart_and_the_colour_of_the_table_agree(values: list[float]) -> None:
    band = usual_band(values, "count")[-1]
    changes = series_changes(values, "count")
    found = judged(changes[-1], usual_change(changes[:-1]), "count", 1)
    assert band is not None
    assert found is not None
    outside = not band[0] <= values[-1] <= band[1]
    slack = 1e-9 * max(values)
    if abs(values[-1] - band[0]) > slack and abs(values[-1] - band[1]) > slack:
        assert (found.tone != "flat") == outside
