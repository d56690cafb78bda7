"""Sums and parts that agree: against the closed formula of minimum trace with all its matrices."""

from __future__ import annotations

import numpy as np
import pytest

from shopkeeper.errors import NotEstimable
from shopkeeper.methods.forecast.hierarchy import Hierarchy, reconciled

TREE = Hierarchy(5, (np.zeros(5, dtype=np.int64), np.array([0, 0, 1, 1, 1])))


def test_sums_are_those_of_the_groups() -> None:
    parts = np.arange(10.0).reshape(5, 2)
    assert TREE.sizes == (1, 2)
    assert TREE.sums(parts) == pytest.approx(TREE.matrix() @ parts)
    assert TREE.sums(parts)[0].tolist() == [20.0, 25.0]


def test_reconciled_forecasts_are_those_of_the_closed_formula() -> None:
    rng = np.random.default_rng(7)
    sums, parts = rng.random((3, 4)) * 10, rng.random((5, 4))
    variance = rng.random(8) + 0.1
    s = np.vstack([TREE.matrix(), np.eye(5)])
    w = np.diag(1 / variance)
    closed = s @ np.linalg.solve(s.T @ w @ s, s.T @ w @ np.vstack([sums, parts]))
    agreed_sums, agreed = reconciled(TREE, sums, parts, variance)
    assert np.vstack([agreed_sums, agreed]) == pytest.approx(closed, rel=1e-9)
    assert agreed_sums == pytest.approx(TREE.sums(agreed))


def test_what_agrees_already_is_left_as_it_is_and_a_sure_sum_is_kept() -> None:
    parts = np.ones((5, 1))
    assert reconciled(TREE, TREE.sums(parts), parts, np.ones(8))[1] == pytest.approx(parts)
    sure = np.array([1e-9, 1.0, 1.0, 1, 1, 1, 1, 1])
    assert reconciled(TREE, TREE.sums(parts) * 2, parts, sure)[0][0, 0] == pytest.approx(10.0, abs=1e-6)
    with pytest.raises(NotEstimable, match="variance"):
        reconciled(TREE, TREE.sums(parts), parts, np.zeros(8))
