"""The published figures of the seasonal naive forecast on the hourly series of M4, and our scores' own arithmetic by them."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

from shopkeeper.methods.forecast.accuracy import mase, naive_scale, smape
from shopkeeper.methods.forecast.naive import seasonal_naive


def read(path: Path) -> list[np.ndarray]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    return [np.array([float(v) for v in row[1:] if v]) for row in rows]


@pytest.mark.reference("m4_hourly")
def test_the_naive_forecast_has_the_published_errors(reference_data: Path) -> None:
    train = read(reference_data / "m4_hourly" / "Hourly-train.csv.gz")
    test = np.array(read(reference_data / "m4_hourly" / "Hourly-test.csv.gz"))
    longest = max(map(len, train))
    history = np.array([np.r_[np.full(longest - len(s), np.nan), s] for s in train])
    said = seasonal_naive(history, (longest,), 48, 24)[0]
    assert len(train) == 414
    assert smape(test, said).mean() == pytest.approx(13.912, abs=0.0005)
    assert mase(test, said, naive_scale(history, 24)).mean() == pytest.approx(1.193, abs=0.0005)
