"""Wilson's interval and the money of a funnel against published and hand-computed figures."""

from __future__ import annotations

import pytest

from shopkeeper.errors import NotEstimable
from shopkeeper.methods.funnel import Worth, step_losses
from shopkeeper.methods.intervals import wilson

# Newcombe 1998, Statistics in Medicine 17, 857–872, table I, method 3 (score without continuity correction), to 4 digits.
NEWCOMBE = [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]


@pytest.mark.parametrize(("did", "of", "low", "high"), NEWCOMBE)
def test_wilson_is_that_of_newcombe(did: int, of: int, low: float, high: float) -> None:
    assert wilson(did, of) == pytest.approx((low, high), abs=6e-5)


def test_money_is_what_the_following_steps_make_of_it() -> None:
    steps = step_losses([10_000, 1_000, 400, 300], Worth(300, 200.0, 100.0))
    assert [s.lost for s in steps] == [9_000, 600, 100]
    assert steps[0].at_stake == pytest.approx(9_000 * 0.4 * 0.75 * 200)
    assert steps[1].per_point == pytest.approx(0.01 * 1_000 * 0.75 * 200)
    # at the last step only the mean worth is unsure: its relative error is 0.5 / sqrt(300)
    assert steps[2].at_stake_high / steps[2].at_stake == pytest.approx(1.05822, abs=1e-4)
    assert all(s.at_stake_low < s.at_stake < s.at_stake_high for s in steps)


def test_a_point_more_brings_what_a_funnel_with_a_point_more_brings() -> None:
    worth = Worth(300, 200.0, 100.0)
    before = 300 * worth.mean
    after = 10_000 * 0.11 * 0.4 * 0.75 * worth.mean
    assert step_losses([10_000, 1_000, 400, 300], worth)[0].per_point == pytest.approx(after - before)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="later step"):
        step_losses([10, 20], Worth(2, 1.0, 1.0))
    with pytest.raises(NotEstimable):
        step_losses([1_000, 20, 10], Worth(10, 1.0, 1.0))
