"""Our Kaplan–Meier curve and median against SciPy's and NumPy's, on random data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopkeeper.methods.survival import kaplan_meier, weighted_median

scipy_stats = pytest.importorskip("scipy.stats")
GROUPS = st.lists(st.tuples(st.integers(0, 60), st.booleans(), st.integers(1, 9)), min_size=1, max_size=40)


@given(GROUPS)
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
def test_the_curve_is_that_of_scipy(groups: list[tuple[int, bool, int]]) -> None:
    days, happened, count = (np.array(column) for column in zip(*groups, strict=True))
    curve = kaplan_meier(days.astype(np.int64), happened.astype(bool), count.astype(np.int64))
    expanded, events = np.repeat(days, count), np.repeat(happened, count)
    data = scipy_stats.CensoredData(uncensored=expanded[events], right=expanded[~events])
    theirs = scipy_stats.ecdf(data).cdf
    for day in range(int(days.max()) + 1):
        assert curve.share_by(day) == pytest.approx(float(theirs.evaluate(day)), abs=1e-12)
    assert curve.n == count.sum()


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 9)), min_size=1, max_size=40))
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
def test_the_median_is_that_of_the_values_written_out(groups: list[tuple[int, int]]) -> None:
    values, count = (np.array(column, dtype=np.int64) for column in zip(*groups, strict=True))
    assert weighted_median(values, count) == float(np.median(np.repeat(values, count)))
