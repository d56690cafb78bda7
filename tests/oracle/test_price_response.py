"""Poisson and least-squares regression with fixed effects against scikit-learn and NumPy with a column a level."""

from __future__ import annotations

import numpy as np
import pytest

from shopkeeper.errors import NotEstimable
from shopkeeper.methods.price_response import least_squares_fixed_effects, partial_pooling, poisson_fixed_effects


def panel(seed: int, articles: int = 30, weeks: int = 25, slope: float = -2.0) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    article, week = np.repeat(np.arange(articles), weeks), np.tile(np.arange(weeks), articles)
    price = np.where(rng.random(len(article)) < 0.15, np.log(1 - rng.uniform(0.1, 0.3, len(article))), 0.0)
    level = rng.normal(0.5, 0.8, articles)[article] + rng.normal(0.0, 0.3, weeks)[week]
    count = rng.poisson(np.exp(level + slope * price)).astype(np.float64)
    return article, week, price, count


def dummies(article: np.ndarray, week: np.ndarray) -> np.ndarray:
    return np.concatenate([np.eye(article.max() + 1)[article], np.eye(week.max() + 1)[week][:, 1:]], axis=1)


def test_poisson_is_that_of_scikit_learn() -> None:
    from sklearn.linear_model import PoissonRegressor

    article, week, price, count = panel(1)
    days = np.random.default_rng(2).integers(1, 8, len(count)).astype(np.float64)
    ours = poisson_fixed_effects(count, price[:, None], (article, week), article, days)
    design = np.column_stack([price, dummies(article, week)])
    theirs = PoissonRegressor(alpha=0.0, fit_intercept=False, tol=1e-10, max_iter=5000, solver="newton-cholesky")
    theirs.fit(design, count / days, sample_weight=days)
    assert ours.coefficient[0] == pytest.approx(theirs.coef_[0], abs=1e-5)
    # the covariance written out with every dummy, by article
    mean = days * np.exp(design @ theirs.coef_)
    bread = np.linalg.pinv(design.T @ (design * mean[:, None]))
    score = np.zeros((article.max() + 1, design.shape[1]))
    np.add.at(score, article, design * (count - mean)[:, None])
    groups = len(score)
    expected = groups / (groups - 1) * bread @ score.T @ score @ bread
    assert ours.covariance[0, 0] == pytest.approx(expected[0, 0], rel=1e-4)


def test_articles_that_never_sold_change_nothing() -> None:
    article, week, price, count = panel(1)
    more = np.full(25, 30), np.arange(25), np.zeros(25), np.zeros(25)
    longer = [np.concatenate(pair) for pair in zip((article, week, price, count), more, strict=True)]
    one = poisson_fixed_effects(count, price[:, None], (article, week), article)
    other = poisson_fixed_effects(longer[3], longer[2][:, None], (longer[0], longer[1]), longer[0])
    assert one.coefficient[0] == pytest.approx(other.coefficient[0], abs=1e-6)
    assert (one.cells, one.clusters) == (other.cells, other.clusters)


def test_least_squares_is_that_of_numpy() -> None:
    article, week, price, count = panel(1)
    values = np.stack([count, -2 * count + price], axis=1)
    ours = least_squares_fixed_effects(values, price[:, None], (article, week), article)
    design = np.column_stack([price, dummies(article, week)])
    theirs = np.linalg.lstsq(design, values, rcond=None)[0][0]
    assert [fit.coefficient[0] for fit in ours] == pytest.approx(theirs.tolist(), abs=1e-8)


def test_the_truth_lies_in_the_interval_as_often_as_it_says() -> None:
    fits = [poisson_fixed_effects(c, p[:, None], (a, w), a) for a, w, p, c in (panel(s, 60, 30) for s in range(60))]
    inside = [abs(fit.coefficient[0] + 2.0) < 1.96 * fit.error[0] for fit in fits]
    assert 0.87 <= np.mean(inside) <= 1.0
    assert np.mean([fit.coefficient[0] for fit in fits]) == pytest.approx(-2.0, abs=0.06)


def test_a_price_that_never_moves_within_an_article_is_refused() -> None:
    article, week, _, count = panel(1)
    with pytest.raises(NotEstimable, match="nothing varies"):
        poisson_fixed_effects(count, article[:, None] / 10.0, (article, week), article)
    with pytest.raises(NotEstimable, match="too few"):
        poisson_fixed_effects(count[:50], np.ones((50, 1)), (article[:50],), article[:50])


def test_pooling_halves_the_error_of_unsure_groups_and_leaves_sure_ones() -> None:
    rng = np.random.default_rng(1)
    true = rng.normal(-2.0, 0.5, 400)
    error = np.where(np.arange(400) % 2, 0.1, 1.0)
    pooled = partial_pooling(rng.normal(true, error), error)
    assert (pooled.mean, pooled.between) == (pytest.approx(-2.0, abs=0.12), pytest.approx(0.5, abs=0.1))
    unsure = error == 1.0
    assert np.sqrt(np.mean((pooled.effect - true)[unsure] ** 2)) < 0.55
    assert 0.92 <= np.mean(np.abs(pooled.effect - true) < 1.96 * pooled.error) <= 0.98
    assert pooled.weight[~unsure].min() > 0.9
