"""What was put into made series comes out again: bands that hold, festivals and promotions that are known."""

from __future__ import annotations

import numpy as np
import pytest

from shopkeeper.methods.forecast.accuracy import Floats, coverage, wape
from shopkeeper.methods.forecast.daily import Calendar, effects, forecast_daily

LENGTH, AHEAD = 440, 14


@pytest.fixture(scope="module")
def made() -> tuple[Floats, Floats]:
    """Sixty series of days with weekdays, a drift and noise; the last two weeks apart."""
    rng = np.random.default_rng(12)
    t = np.arange(LENGTH + AHEAD)
    level = rng.uniform(50, 200, 60)[:, None] * (1 + 0.0004 * t)
    week = 1 + 0.2 * np.sin(2 * np.pi * (t % 7) / 7 + rng.uniform(0, 6, 60)[:, None])
    values = level * week * (1 + 0.1 * rng.standard_normal((60, len(t))))
    return values[:, :LENGTH], values[:, LENGTH:]


def test_bands_hold_what_they_say(made: tuple[Floats, Floats]) -> None:
    history, came = made
    found = forecast_daily(history, AHEAD)
    assert wape(came, found.mean) < 0.11
    assert coverage(came, found.low(0), found.high(0)) == pytest.approx(0.80, abs=0.05)
    assert coverage(came, found.low(1), found.high(1)) == pytest.approx(0.95, abs=0.03)
    assert found.backtest.covered[0] == pytest.approx(0.80, abs=0.04)


def test_a_festival_and_a_promotion_come_out_as_large_as_they_were(made: tuple[Floats, Floats]) -> None:
    rng = np.random.default_rng(3)
    history, _ = made
    length = history.shape[1]
    events = np.zeros((length + 30, 1))
    events[[100, 400, length + 5], 0] = 1.0
    promotions = (rng.random((60, length + 30)) < 0.08).astype(float)
    moved = history * (1 + 1.5 * events[:length, 0]) * (1 + 0.8 * promotions[:, :length])
    factor = effects(moved, 30, Calendar(events), promotions)
    quiet = (promotions[:, length:] == 0) & (events[length:, 0] == 0)[None, :]
    lift = factor[:, length:]
    on_festival = lift[:, 5][promotions[:, length + 5] == 0].mean() / lift[quiet].mean()
    assert on_festival == pytest.approx(2.5, rel=0.15)
    promoted = (promotions[:, length:] == 1) & (events[length:, 0] == 0)[None, :]
    assert lift[promoted].mean() / lift[quiet].mean() == pytest.approx(1.8, rel=0.15)


def test_a_festival_that_was_never_seen_has_no_effect(made: tuple[Floats, Floats]) -> None:
    history, _ = made
    events = np.zeros((LENGTH + 10, 1))
    events[LENGTH + 3, 0] = 1.0
    factor = effects(history, 10, Calendar(events), None)
    before, day = factor[:, LENGTH + 2], factor[:, LENGTH + 3]
    assert day == pytest.approx(before, rel=0.02)
