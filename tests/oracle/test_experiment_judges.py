"""Experiments against SciPy, closed forms and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from scipy.special import betaln

from shopkeeper.methods.bandit import believe, replay
from shopkeeper.methods.experiment.difference import always_valid, cuped, holm, sample_ratio, units_needed, welch
from shopkeeper.methods.experiment.statistics import Arm


def drawn(seed: int, n: int, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    rng = np.random.default_rng(seed)
    before = rng.gamma(2.0, 3.0, n)
    return before + rng.normal(shift, 2.0, n), before


def test_welch_is_scipys() -> None:
    one, _ = drawn(1, 400)
    other, _ = drawn(2, 300, 0.5)
    found, judge = welch(Arm.of(one), Arm.of(other)), stats.ttest_ind(other, one, equal_var=False)
    interval = judge.confidence_interval()
    assert found.p_value == pytest.approx(judge.pvalue, rel=1e-9)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-9)


def test_arms_add_up_like_their_rows() -> None:
    y, x = drawn(3, 50)
    whole, parts = Arm.of(y, x), Arm.of(y[:20], x[:20]) + Arm.of(y[20:], x[20:])
    assert parts.variance == pytest.approx(whole.variance)
    assert parts.covariance == pytest.approx(float(np.cov(y, x)[0, 1]))


def test_cuped_takes_off_what_the_covariate_explains_and_moves_nothing_on_average() -> None:
    gaps, widths = [], []
    for seed in range(40):
        (y0, x0), (y1, x1) = drawn(seed, 500), drawn(seed + 1000, 500, 0.3)
        found, taken = cuped(Arm.of(y0, x0), Arm.of(y1, x1))
        gaps.append(found.estimate - 0.3)
        widths.append(
            (found.high - found.low) / (welch(Arm.of(y0), Arm.of(y1)).high - welch(Arm.of(y0), Arm.of(y1)).low)
        )
        assert taken == pytest.approx(18 / 22, abs=0.08)  # var(x) = 18 of var(y) = 22
    assert abs(np.mean(gaps)) < 3 * np.std(gaps) / math.sqrt(40)
    assert np.mean(widths) == pytest.approx(math.sqrt(4 / 22), abs=0.05)


def test_looking_every_day_finds_nothing_false_more_often_than_one_in_twenty() -> None:
    """300 experiments without any effect, looked at 20 times each: a fixed-horizon test is wrong in one of four."""
    rng = np.random.default_rng(11)
    always, fixed = 0, 0
    for _ in range(300):
        y0, y1 = rng.normal(size=2000), rng.normal(size=2000)
        looks = [(Arm.of(y0[:n]), Arm.of(y1[:n])) for n in range(100, 2001, 100)]
        plain = [welch(a, b) for a, b in looks]
        valid = [always_valid(d, a.variance, a.n + b.n) for d, (a, b) in zip(plain, looks, strict=True)]
        always += min(d.p_value for d in valid) < 0.05
        fixed += min(d.p_value for d in plain) < 0.05
    assert always <= 15 + 3 * math.sqrt(300 * 0.05 * 0.95)
    assert fixed > 45


def test_the_always_valid_interval_excludes_zero_exactly_when_its_p_value_says_so() -> None:
    for shift in (0.0, 0.05, 0.1, 0.2, 0.4):
        (y0, _), (y1, _) = drawn(5, 800), drawn(6, 800, shift * 5)
        found = always_valid(welch(Arm.of(y0), Arm.of(y1)), Arm.of(y0).variance, 1600)
        assert (found.low > 0 or found.high < 0) == (found.p_value < 0.05)


def test_sample_ratio_and_power_are_scipys() -> None:
    assert sample_ratio([520, 480], [0.5, 0.5]) == pytest.approx(stats.chisquare([520, 480]).pvalue)
    n = units_needed(1.0, 0.1)
    power = stats.norm.cdf(0.1 / math.sqrt(2 / n) - stats.norm.ppf(0.975))
    assert power == pytest.approx(0.8, abs=2e-3)


def test_holm_is_at_least_as_strict_as_no_correction_and_no_stricter_than_bonferroni() -> None:
    p = [0.001, 0.02, 0.04, 0.3]
    adjusted = holm(p)
    assert all(one <= a <= min(1, one * len(p)) for one, a in zip(p, adjusted, strict=True))


def closed_form(a1: float, b1: float, a2: int, b2: float) -> float:
    """P(second > first) for Beta beliefs, as a finite sum (Cook 2005; Miller 2015)."""
    return sum(
        math.exp(betaln(a1 + i, b1 + b2) - math.log(b2 + i) - betaln(1 + i, b2) - betaln(a1, b1)) for i in range(a2)
    )


@pytest.mark.parametrize(
    ("s1", "n1", "s2", "n2"), [(3, 10, 5, 10), (120, 1000, 140, 1000), (0, 5, 1, 4), (4000, 90000, 4100, 90000)]
)
def test_the_chance_of_being_best_is_the_closed_form(s1: int, n1: int, s2: int, n2: int) -> None:
    found = believe(np.array([s1, s2]), np.array([n1, n2]))
    wanted = closed_form(1 + s1, 1 + n1 - s1, 1 + s2, 1 + n2 - s2)
    assert found.best[1] == pytest.approx(wanted, abs=2e-3)
    assert found.best.sum() == pytest.approx(1)


def test_the_loss_of_a_choice_is_what_draws_give() -> None:
    hits, trials = np.array([30, 40, 50]), np.array([1000, 1000, 1000])
    found = believe(hits, trials)
    draws = np.random.default_rng(3).beta(1 + hits, 1 + trials - hits, (200_000, 3))
    judged = (draws.max(axis=1)[:, None] - draws).mean(axis=0)
    assert found.loss == pytest.approx(judged, abs=2e-4)
    assert found.best == pytest.approx(np.bincount(draws.argmax(axis=1), minlength=3) / 200_000, abs=5e-3)


def test_thompson_sampling_gives_up_far_less_than_an_even_split() -> None:
    """Ten arms, the best .1 and the others .08 (Chapelle & Li 2011, section 3): regret grows slower than the horizon."""
    rates = np.array([0.1] + [0.08] * 9)
    short, long = replay(rates, 5_000, 40, 1), replay(rates, 20_000, 40, 1)
    assert long.thompson < 0.75 * long.even
    assert long.thompson < 3 * short.thompson  # four times the visitors
    assert long.share_best > 2 * 0.1
