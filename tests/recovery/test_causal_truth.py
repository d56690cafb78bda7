"""A change of known size is found again, and none is found where there was none."""

from __future__ import annotations

import numpy as np
import pytest

from shopkeeper.methods.causal import causal_impact, synthetic_control


def series(seed: int, effect: float, n: int = 140, change: int = 100) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    rng = np.random.default_rng(seed)
    controls = np.column_stack(
        [50 + np.cumsum(rng.normal(0, 1, n)), 30 + 5 * np.sin(np.arange(n) / 7) + rng.normal(0, 1, n)]
    )
    y = 1.2 * controls[:, 0] + 0.8 * controls[:, 1] + np.cumsum(rng.normal(0, 0.3, n)) + rng.normal(0, 2, n)
    y[change:] += effect
    return y, controls


def test_the_interval_of_the_sum_holds_the_true_one_about_as_often_as_it_says() -> None:
    held = 0
    for seed in range(60):
        y, controls = series(seed, 5.0)
        found = causal_impact(y, controls, 100)
        held += found.effect_low <= 5.0 * 40 <= found.effect_high
    assert held >= 51  # 95 % of 60 is 57; below 51 has a chance of 0.1 %


def test_nothing_is_found_where_nothing_happened() -> None:
    false = sum(causal_impact(*series(seed, 0.0), 100).p_value < 0.05 for seed in range(60))
    assert false <= 9


def test_a_clear_change_is_found_with_its_size() -> None:
    found = causal_impact(*series(3, 12.0), 100)
    assert found.p_value < 0.01
    assert found.effect == pytest.approx(480, rel=0.35)
    assert found.relative == pytest.approx(found.effect / (found.expected[100:].sum()), rel=1e-9)
    assert found.explained > 0.5


def test_the_prediction_is_the_conditional_normal_written_out() -> None:
    y = np.array([10.0, 11.0, 9.0, 10.5, 10.0, 11.5, 12.0, 13.0])
    found = causal_impact(y, np.zeros((8, 0)), 7)
    q = found.level_share / (1 - found.level_share)
    days = np.arange(1, 9)
    whole = q * np.minimum(days[:, None], days[None, :]) + np.eye(8)
    inverse = np.linalg.inv(whole[:7, :7])
    mean = inverse.sum(axis=0) @ y[:7] / inverse.sum()
    assert found.expected[7] == pytest.approx(mean + whole[7, :7] @ inverse @ (y[:7] - mean), rel=1e-6)
    assert found.effect == pytest.approx(13 - found.expected[7])
    assert found.low[7] < found.expected[7] < found.high[7]


def test_too_few_days_before_are_refused() -> None:
    with pytest.raises(ValueError, match="days before the change"):
        causal_impact(np.ones(10), np.ones((10, 4)), 5)


def test_the_weights_of_a_known_mixture_come_back() -> None:
    rng = np.random.default_rng(5)
    donors = 100 + np.cumsum(rng.normal(0, 2, (60, 8)), axis=0)
    treated = 0.6 * donors[:, 1] + 0.4 * donors[:, 4]
    treated[40:] += 10
    found = synthetic_control(treated, donors, 40)
    assert found.weights == pytest.approx([0, 0.6, 0, 0, 0.4, 0, 0, 0], abs=1e-3)
    assert found.effect == pytest.approx(200, abs=0.5)
    assert found.p_value == pytest.approx(1 / 9)
    assert found.weights.sum() == pytest.approx(1)


def test_without_a_change_the_gap_is_nobodys_largest_more_often_than_chance() -> None:
    small = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        units = 100 + np.cumsum(rng.normal(0, 2, (60, 10)), axis=0)
        small += synthetic_control(units[:, 0], units[:, 1:], 40).p_value <= 0.1
    assert small <= 8
