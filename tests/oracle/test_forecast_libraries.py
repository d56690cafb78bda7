"""Croston and TSB against statsforecast's."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from shopkeeper.methods.forecast.intermittent import croston, tsb


@pytest.fixture(scope="module")
def now_and_then() -> np.ndarray:
    rng = np.random.default_rng(5)
    return np.where(rng.random((5, 200)) < 0.3, rng.integers(1, 9, (5, 200)), 0).astype(float)


def test_croston_is_that_of_statsforecast(now_and_then: np.ndarray) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from statsforecast.models import CrostonClassic, CrostonSBA
    ours, corrected = (
        croston(now_and_then, (200,), 1)[0, :, 0],
        croston(now_and_then, (200,), 1, unbiased=True)[0, :, 0],
    )
    for row, values in enumerate(now_and_then):
        assert ours[row] == pytest.approx(CrostonClassic().forecast(values, 1)["mean"][0], rel=1e-6)
        assert corrected[row] == pytest.approx(CrostonSBA().forecast(values, 1)["mean"][0], rel=1e-6)


def test_tsb_is_that_of_statsforecast(now_and_then: np.ndarray) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from statsforecast.models import TSB
    # theirs starts the probability with the first demand's own 0 or 1: after 200 steps nothing of it is left
    ours = tsb(now_and_then, (200,), 1, (0.15,))[0, :, 0]
    for row, values in enumerate(now_and_then):
        theirs = TSB(alpha_d=0.15, alpha_p=0.15).forecast(values, 1)["mean"][0]
        assert ours[row] == pytest.approx(theirs, rel=1e-4)
