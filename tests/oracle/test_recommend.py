"""EASE solved among users against the paper's own side, rankings whose right answer is obvious, nDCG against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest

from shopkeeper.errors import NotEstimable
from shopkeeper.methods.recommend import Purchases, best, ease, ndcg, neighbours, own_past, popularity


def random_purchases(seed: int, users: int = 60, items: int = 90, n: int = 1500) -> Purchases:
    rng = np.random.default_rng(seed)
    return Purchases(
        rng.integers(users, size=n), (items * rng.random(n) ** 2).astype(np.int64), rng.integers(0, 300, n).astype(float),
        users, items,
    )  # fmt: skip


def checkerboard() -> Purchases:
    """Even users buy even items, odd ones odd items, each all but one of them."""
    user, item = np.nonzero((np.arange(20)[:, None] + np.arange(40)[None, :]) % 2 == 0)
    missing = item == (user % 2) + 2 * (user // 2 % 20)
    return Purchases(user[~missing], item[~missing], np.zeros(int((~missing).sum())), 20, 40)


@pytest.mark.parametrize("half_life", [None, 90.0])
def test_ease_among_users_is_ease_among_items(half_life: float | None) -> None:
    bought = random_purchases(1)
    x = np.asarray(bought.matrix(half_life).todense(), dtype=np.float64)
    inverse = np.linalg.inv(x.T @ x + 20.0 * np.eye(bought.n_items))
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    ours = ease(bought, 20.0, half_life)(slice(0, bought.n_items))
    assert ours == pytest.approx(x @ weights, abs=1e-4)


def test_on_a_checkerboard_the_missing_field_comes_first() -> None:
    bought = checkerboard()
    missing = (np.arange(20) % 2) + 2 * (np.arange(20) // 2 % 20)
    for scoring in (ease(bought, 1.0), neighbours(bought, 5)):
        assert best(scoring, bought, 5)[1][:, 0].tolist() == missing.tolist()


def test_own_past_puts_what_was_bought_often_and_lately_first() -> None:
    bought = Purchases(np.array([0, 0, 0, 1]), np.array([2, 2, 1, 0]), np.array([200.0, 10.0, 5.0, 0.0]), 2, 4)
    ranked = best(own_past(bought, 120.0), bought, 3)[0]
    assert ranked[0, :2].tolist() == [2, 1]
    assert ranked[1, 0] == 0
    assert best(popularity(bought, 30.0), bought, 1)[0].ravel().tolist() == [0, 0]


def test_stretches_of_items_do_not_change_the_ranking(monkeypatch: pytest.MonkeyPatch) -> None:
    bought = random_purchases(2)
    whole = best(ease(bought, 5.0), bought, 7)[0]
    monkeypatch.setattr("shopkeeper.methods.recommend.STRETCH", 11)
    assert best(ease(bought, 5.0), bought, 7)[0].tolist() == whole.tolist()


def test_ndcg_is_that_of_scikit_learn() -> None:
    from scipy.sparse import csr_matrix
    from sklearn.metrics import ndcg_score

    rng = np.random.default_rng(1)
    truth = (rng.random((40, 30)) < 0.15).astype(float)
    truth[:, 0] = 1.0
    scores = rng.random((40, 30))
    ranked = np.argsort(-scores, axis=1)[:, :10]
    theirs = [ndcg_score(truth[i : i + 1], scores[i : i + 1], k=10) for i in range(40)]
    assert ndcg(ranked, csr_matrix(truth)) == pytest.approx(theirs, abs=1e-12)
    assert np.isnan(ndcg(ranked[:1], csr_matrix((1, 30)))[0])


def test_too_few_articles_are_refused() -> None:
    bought = random_purchases(1, items=10)
    with pytest.raises(NotEstimable):
        best(popularity(bought), bought, 20)
