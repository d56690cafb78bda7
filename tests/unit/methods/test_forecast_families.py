"""Families of forecasts against plain loops and figures worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from shopkeeper.errors import NotEstimable
from shopkeeper.methods.forecast.accuracy import Floats, coverage, mase, naive_scale, smape, wape
from shopkeeper.methods.forecast.blend import actuals, blend
from shopkeeper.methods.forecast.intermittent import croston, demand_class, tsb
from shopkeeper.methods.forecast.naive import at_todays_level, mean_of_seasons, seasonal_naive
from shopkeeper.methods.forecast.ridge import own_ridge, pooled_ridge
from shopkeeper.methods.forecast.smoothing import Setting, smooth
from shopkeeper.methods.forecast.spread import spread


def waves(n: int, length: int, season: int, noise: float = 0.1) -> Floats:
    rng = np.random.default_rng(4)
    t = np.arange(length)
    level = 5 + rng.random(n)[:, None] * 10
    return level + 3 * np.sin(2 * np.pi * t / season) + noise * rng.standard_normal((n, length))


def by_hand(values: Floats, s: Setting, season: int, horizon: int) -> Floats:
    """Additive Holt–Winters of one series in the words of a textbook, with the autoregression of errors."""
    first = values[: 2 * season]
    level, trend = float(first.mean()), 0.0
    index = [float(first[i::season].mean() - first.mean()) for i in range(season)]
    errors = []
    for t, value in enumerate(values):
        said = level + s.damping * trend + index[t % season]
        error = float(value - said)
        errors.append(error)
        level, trend = level + s.damping * trend + s.level * error, s.damping * trend + s.trend * error
        index[t % season] += s.short * error
    now, before = np.array(errors[season:]), np.array(errors[season - 1 : -1])
    phi = float(np.clip((now @ before) / (before @ before), 0, 0.98))
    n = len(values)
    rise = np.cumsum(s.damping ** np.arange(1, horizon + 1)) * trend
    return np.array([level + rise[h] + index[(n + h) % season] + errors[-1] * phi ** (h + 1) for h in range(horizon)])


def test_holt_winters_is_that_of_the_textbook() -> None:
    values = waves(1, 70, 7, 1.0)
    setting = Setting(0.3, 0.1, 0.2, 0.0)
    said = smooth(values, (70,), 9, (setting,), 7)[0, 0]
    assert said == pytest.approx(by_hand(values[0], setting, 7, 9), rel=1e-9)


def test_an_origin_knows_nothing_of_what_came_after_it() -> None:
    values = waves(3, 120, 7)
    changed = values.copy()
    changed[:, 90:] = 1000.0
    both = [smooth(v, (80, 90), 7, (Setting(0.2, 0, 0.1, 0), Setting(0.5, 0, 0.1, 0)), 7) for v in (values, changed)]
    assert np.array_equal(both[0], both[1])
    for family in (
        lambda v: pooled_ridge(v, (80, 90), 5, lags=21, season=7),
        lambda v: own_ridge(v, (80, 90), 5, lags=14),
    ):
        assert np.array_equal(family(values), family(changed))


def test_each_series_takes_the_setting_that_erred_least() -> None:
    still = np.tile(np.array([5.0, 1, 1, 1, 1, 1, 1]), 12)[None, :]
    jumping = np.where(np.arange(84) < 42, 0.0, 50.0)[None, :] + np.arange(84) % 2
    quick, slow = Setting(0.9, 0, 0, 0), Setting(0.01, 0, 0, 0)
    said = smooth(np.vstack([still, jumping]), (84,), 1, (slow, quick), 7)[0]
    assert said[0, 0] == pytest.approx(5.0, abs=0.3)
    assert said[1, 0] > 45


def test_two_seasons_are_told_apart() -> None:
    t = np.arange(24 * 7 * 16)
    values = (10 + np.sin(2 * np.pi * t / 24) + 4 * np.sin(2 * np.pi * t / 168))[None, :]
    said = smooth(values[:, :-48], (len(t) - 48,), 48, (Setting(0.02, 0, 0.05, 0.3),), 24, 168)[0]
    assert said[0] == pytest.approx(values[0, -48:], abs=0.1)


def test_a_missing_value_moves_nothing() -> None:
    values = waves(1, 60, 7)
    holes = values.copy()
    holes[0, 57:] = np.nan
    setting = (Setting(0.3, 0.0, 0.2, 0.0),)
    late = smooth(holes, (60,), 4, setting, 7)[0, 0]
    early = smooth(values[:, :57], (57,), 7, setting, 7)[0, 0]
    assert late == pytest.approx(early[3:], abs=0.3)


@pytest.mark.parametrize("family", ["pooled", "own"])
def test_ridge_regressions_learn_a_wave(family: str) -> None:
    values = waves(6, 160, 12, 0.01)
    if family == "pooled":
        said = pooled_ridge(values[:, :-12], (148,), 12, lags=24, season=12, penalty=1e-4, stride=1)
    else:
        said = own_ridge(values[:, :-12], (148,), 12, lags=24, penalty=1e-4)
    assert np.abs(said[0] - values[:, -12:]).mean() < 0.1


def test_naive_forecasts_repeat_what_was() -> None:
    values = np.arange(1.0, 13.0)[None, :]
    assert seasonal_naive(values, (12,), 5, 4)[0, 0].tolist() == [9, 10, 11, 12, 9]
    assert mean_of_seasons(values, (12,), 2, 4, 2)[0, 0].tolist() == [7, 8]
    assert at_todays_level(values, (12,), 2, 2, 4, 2)[0, 0].tolist() == [9, 10]
    assert np.isnan(seasonal_naive(values, (3,), 1, 4)).all()


def test_croston_by_hand() -> None:
    values = np.array([[0.0, 3.0, 0.0, 0.0, 6.0, 0.0]])
    # sizes 3, then 3 + .1 · 3 = 3.3; intervals 2, then 2 + .1 · 1 = 2.1
    assert croston(values, (6,), 1)[0, 0, 0] == pytest.approx(3.3 / 2.1)
    assert croston(values, (6,), 1, unbiased=True)[0, 0, 0] == pytest.approx(0.95 * 3.3 / 2.1)


def test_what_is_asked_for_no_more_fades_with_tsb_and_not_with_croston() -> None:
    values = np.hstack([np.tile([4.0, 0.0], 10), np.zeros(60)])[None, :]
    assert tsb(values, (80,), 1, (0.1,))[0, 0, 0] < 0.01
    assert croston(values, (80,), 1)[0, 0, 0] > 1.5


def test_demand_is_classed_by_interval_and_variation() -> None:
    rng = np.random.default_rng(1)
    lumpy = np.where(rng.random(400) < 0.1, rng.lognormal(2, 1.5, 400), 0.0)
    wild = rng.lognormal(0, 1.2, 400)
    assert demand_class(np.vstack([np.full(400, 5.0), wild, lumpy])) == ["smooth", "erratic", "lumpy"]


def test_figures_of_accuracy_by_hand() -> None:
    came, said = np.array([[100.0, 50.0]]), np.array([[110.0, 50.0]])
    assert smape(came, said)[0] == pytest.approx(100 * 2 * 10 / 210 / 2)
    assert mase(came, said, np.array([2.5]))[0] == pytest.approx(2.0)
    assert naive_scale(np.array([[1.0, 2.0, 4.0, 8.0]]), 1)[0] == pytest.approx(7 / 3)
    assert wape(came, said) == pytest.approx(10 / 150)
    assert coverage(np.array([1.0, np.nan, 3.0]), np.zeros(3), np.full(3, 2.0)) == 0.5
    assert np.isnan(mase(came, said, np.array([0.0]))[0])


def test_the_better_member_has_the_larger_share_and_a_silent_one_none() -> None:
    values = waves(4, 100, 7, 0.5)
    origins = (70, 80, 90)
    good = np.stack([values[:, o : o + 7] + 0.2 for o in (70, 80, 90, 90)])
    bad = good + 2.0
    silent = np.full_like(good, np.nan)
    made = blend({"good": good, "bad": bad, "silent": silent}, actuals(values, origins, 7), naive_scale(values, 7))
    assert (made.weights[0] > 0.97).all()
    assert (made.weights[2] == 0).all()
    assert made.weights.sum(axis=0) == pytest.approx(np.ones(4))


def test_no_origin_judges_itself() -> None:
    """Two members that are each right at one origin: a weight from all origins would look right at both."""
    came = np.zeros((2, 1, 3))
    one, other = np.zeros((3, 1, 3)), np.zeros((3, 1, 3))
    one[1], other[0] = 5.0, 5.0
    made = blend({"one": one, "other": other}, came, np.ones(1), best=1)
    assert made.backtest.mase[0] == pytest.approx(5.0)


def test_a_series_that_was_never_tried_is_refused() -> None:
    with pytest.raises(NotEstimable, match="too short"):
        blend({"a": np.full((3, 1, 2), np.nan)}, np.zeros((2, 1, 2)), np.ones(1))


def test_few_trials_make_wider_intervals_and_too_few_none() -> None:
    few, many = (spread(np.tile([[1.0], [-1.0]], (n, 1))) for n in (2, 20))
    assert few.half(0.95)[0] > 1.3 * many.half(0.95)[0]
    with pytest.raises(NotEstimable, match="too few"):
        spread(np.ones((2, 1)))


def test_the_chance_of_a_target_follows_its_direction() -> None:
    width = spread(np.random.default_rng(2).standard_normal((200, 1)))
    up, down = (width.chance(10.0, 11.0, 0, d) for d in (1, -1))
    assert up == pytest.approx(0.16, abs=0.03)
    assert up + down == pytest.approx(1.0)
