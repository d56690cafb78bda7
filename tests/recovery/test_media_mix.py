"""The marketing mix gets back carry-over, saturation and marginal returns that are known, and refuses what cannot be told."""

from __future__ import annotations

import numpy as np
import pytest

from shopkeeper.errors import NotEstimable
from shopkeeper.methods.media_mix import adstock, media_mix

WEEKS = 156
WAVE = 2 * np.pi * np.arange(WEEKS) / 52
CONTROLS = np.column_stack([np.ones(WEEKS), np.sin(WAVE), np.cos(WAVE)])


def weeks(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(sales, spend, true marginal returns, true mean effects) of two channels with decays .6 and .3."""
    rng = np.random.default_rng(seed)
    spend = np.stack([rng.gamma(2, 50, WEEKS), rng.gamma(1.5, 80, WEEKS) * (rng.random(WEEKS) < 0.7)], axis=1)
    mean = spend.mean(axis=0)
    top, half = np.array([600.0, 300.0]), np.array([0.8, 0.5])
    level = np.stack([adstock(spend / mean, d)[:, c] for c, d in enumerate((0.6, 0.3))], axis=1)
    sales = 1000 + 100 * np.sin(WAVE) + (top * level / (level + half)).sum(axis=1) + rng.normal(0, 50, WEEKS)
    return sales, spend, top * half / (1 + half) ** 2 / mean, top / (1 + half)


def test_known_returns_lie_in_their_intervals() -> None:
    inside_marginal, inside_mean, decays = [], [], []
    for seed in range(12):
        sales, spend, marginal, mean = weeks(seed)
        found = media_mix(sales, spend, CONTROLS, draws=1200, seed=seed)
        low, high = np.quantile(found.marginal(spend.mean(axis=0)), [0.05, 0.95], axis=0)
        inside_marginal += ((low <= marginal) & (marginal <= high)).tolist()
        low, high = np.quantile(found.response(spend.mean(axis=0)[:, None])[:, :, 0], [0.05, 0.95], axis=0)
        inside_mean += ((low <= mean) & (mean <= high)).tolist()
        decays.append(found.decay.mean(axis=0))
    assert np.mean(inside_marginal) >= 0.75
    assert np.mean(inside_mean) >= 0.75
    assert np.mean(decays, axis=0) == pytest.approx([0.6, 0.3], abs=0.12)


def test_a_channel_without_effect_has_an_interval_that_reaches_down_to_nothing() -> None:
    sales, spend, _, _ = weeks(1)
    rng = np.random.default_rng(9)
    idle = np.column_stack([spend, rng.gamma(2, 40, WEEKS)])
    found = media_mix(sales, idle, CONTROLS, draws=1200)
    brought = found.response(idle.mean(axis=0)[:, None])[:, 2, 0]
    assert np.quantile(brought, 0.05) < 15 < 0.1 * float(np.median(found.response(idle.mean(axis=0)[:, None])[:, 0, 0]))


def test_adstock_keeps_a_steady_spend_and_all_of_a_burst() -> None:
    assert adstock(np.full((20, 1), 7.0), 0.8) == pytest.approx(np.full((20, 1), 7.0))
    burst = np.zeros((400, 1))
    burst[1] = 10.0
    assert adstock(burst, 0.8).sum() == pytest.approx(10.0)


def test_channels_in_step_short_spans_and_planned_spend_are_refused() -> None:
    sales, spend, _, _ = weeks(1)
    step = spend[:, :1] * np.array([[1.0, 2.0, 0.5]])
    with pytest.raises(NotEstimable, match="in step"):
        media_mix(sales, step, CONTROLS)
    with pytest.raises(NotEstimable, match="too short"):
        media_mix(sales[:40], spend[:40], CONTROLS[:40])
    planned = 100 + 50 * np.sin(WAVE)[:, None] + np.random.default_rng(1).normal(0, 2, (WEEKS, 1))
    with pytest.raises(NotEstimable, match="calendar"):
        media_mix(sales, planned, CONTROLS)
    with pytest.raises(NotEstimable, match="never changes"):
        media_mix(sales, np.full((WEEKS, 1), 10.0), CONTROLS)
