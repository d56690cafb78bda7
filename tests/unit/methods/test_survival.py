"""Curves and medians of a handful of people, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from shopkeeper.errors import NotEstimable
from shopkeeper.methods.survival import SurvivalCurve, kaplan_meier, weighted_median


def ints(*values: int) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def curve_of(*people: tuple[int, bool]) -> SurvivalCurve:
    days, happened = zip(*people, strict=True)
    return kaplan_meier(ints(*days), np.array(happened, dtype=bool), np.ones(len(days), dtype=np.int64))


def test_those_cut_off_on_a_day_are_still_at_risk_on_it() -> None:
    """Day 5: one of three comes back, one is cut off: 1 ÷ 3, not 1 ÷ 2."""
    assert curve_of((5, True), (5, False), (9, False)).share_by(5) == pytest.approx(1 / 3)


def test_the_share_steps_up_on_the_day_itself() -> None:
    curve = curve_of((5, True), (9, False))
    assert (curve.share_by(4), curve.share_by(5), curve.share_by(9)) == (0.0, 0.5, 0.5)


def test_nothing_is_said_beyond_the_longest_wait_while_somebody_still_waits() -> None:
    with pytest.raises(NotEstimable, match="nobody was followed that long"):
        curve_of((5, True), (9, False)).share_by(10)


def test_when_everybody_has_done_it_the_share_is_whole_for_ever() -> None:
    assert curve_of((3, True), (9, True)).share_by(365) == 1.0


def test_nobody_coming_back_is_a_share_of_zero() -> None:
    assert curve_of((3, False), (9, False)).share_by(9) == 0.0


def test_groups_count_as_often_as_they_say() -> None:
    """Nine wait 10 days in vain, one comes back on day 2: 1 ÷ 10."""
    curve = kaplan_meier(ints(10, 2), np.array([False, True]), ints(9, 1))
    assert curve.share_by(2) == pytest.approx(0.1)
    assert (curve.n, curve.longest_follow_up) == (10, 10)


def test_nobody_observed_is_not_estimable() -> None:
    with pytest.raises(NotEstimable, match="nobody was observed"):
        kaplan_meier(ints(), np.array([], dtype=bool), ints())
    with pytest.raises(NotEstimable):
        weighted_median(ints(), ints())


@pytest.mark.parametrize(
    ("values", "count", "median"),
    [
        ((7,), (1,), 7.0),
        ((7, 14), (1, 1), 10.5),
        ((14, 7), (1, 3), 7.0),
        ((1, 2, 3), (2, 1, 2), 2.0),
        ((1, 9), (5, 5), 5.0),
    ],
)
def test_the_median_of_an_even_number_is_the_mean_of_the_middle_two(
    values: tuple[int, ...], count: tuple[int, ...], median: float
) -> None:
    assert weighted_median(ints(*values), ints(*count)) == median
