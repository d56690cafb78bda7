"""How demand answers to price: Poisson regression with fixed effects, and partial pooling of groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.errors import NotEstimable

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

ROUNDS, CLOSE = 60, 1e-8
COARSE, FINE = 1e-4, 1e-9


@dataclass(frozen=True)
class Fit:
    """Coefficients of a regression with their covariance. `cells` and `clusters` are what was really used."""

    coefficient: Floats
    covariance: Floats
    cells: int
    clusters: int
    deviance: float

    @property
    def error(self) -> Floats:
        """Standard errors, shape (n_columns,)."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))


def poisson_fixed_effects(
    count: Floats, columns: Floats, effects: tuple[Indices, ...], cluster: Indices, exposure: Floats | None = None
) -> Fit:
    """How do counts answer to columns, once everything that is constant within each effect is taken out?

    Model: E[count] = exposure · exp(columns · b + one constant for every level of every effect). Right for any
    distribution of that mean (pseudo-maximum likelihood), zeros included, which a logarithm of the count would drop. It
    breaks where the columns move with something that the effects do not hold.

    Args:
        count: >= 0, shape (n,).
        columns: shape (n, k).
        effects: levels of each effect, 0-based, each of shape (n,).
        cluster: cells of one cluster may err together, shape (n,).
        exposure: > 0, for example days on sale; None = 1.

    Returns:
        Fit with the cluster-robust covariance, small-sample factor clusters / (clusters − 1).

    Raises:
        NotEstimable: nothing varies once the effects are out, fewer than 10 clusters, or no convergence.
    Source: Gourieroux, Monfort & Trognon 1984; Correia, Guimarães & Zylkin 2020, Stata Journal 20(1) (iteratively
        reweighted least squares with the effects taken out in every round).
    """
    keep = _informative(count, effects)
    count, columns, cluster = count[keep], columns[keep], np.unique(cluster[keep], return_inverse=True)[1]
    effects = tuple(np.unique(effect[keep], return_inverse=True)[1] for effect in effects)
    offset = np.zeros(len(count)) if exposure is None else np.log(exposure[keep])
    clusters = int(cluster.max()) + 1 if len(cluster) else 0
    if clusters < 10:
        raise NotEstimable("too few independent groups", [f"10 groups with demand; found {clusters}"])
    mean = (count + count.mean()) / 2
    eta = np.log(mean) - offset
    z_out, x_out = np.zeros(len(count)), columns.astype(np.float64).copy()
    working, last = np.zeros(len(count)), np.inf
    beta, close = np.zeros(columns.shape[1]), COARSE
    for _ in range(ROUNDS):
        fresh = eta + (count - mean) / mean
        # start from what was taken out before: the next round changes it little
        z_out = taken_out(z_out + fresh - working, mean, effects, close)
        x_out = taken_out(x_out, mean, effects, close)
        working = fresh
        gram = x_out.T @ (x_out * mean[:, None])
        if not _solvable(gram, columns, mean):
            raise NotEstimable("nothing varies within the fixed effects", ["prices that change for the same article"])
        beta = np.linalg.solve(gram, x_out.T @ (mean * z_out)).astype(np.float64)
        eta = fresh - (z_out - x_out @ beta)
        mean = np.exp(np.clip(eta + offset, -30, 30))
        logs = np.where(count > 0, count * np.log(np.where(count > 0, count, 1.0) / mean), 0.0)
        deviance = float(2.0 * (logs - (count - mean)).sum())
        moved = abs(last - deviance) / max(1.0, abs(deviance))
        if moved < CLOSE and close == FINE:
            break
        # means need not be exact while the weights still move
        close = FINE if moved < 1e-4 else COARSE
        last = deviance
    else:
        raise NotEstimable("the regression did not settle", [f"less extreme data; {ROUNDS} rounds were not enough"])
    x_out = taken_out(x_out, mean, effects, FINE)
    return Fit(beta, _sandwich(x_out, mean, count - mean, cluster, clusters), len(count), clusters, deviance)


def least_squares_fixed_effects(
    values: Floats, columns: Floats, effects: tuple[Indices, ...], cluster: Indices
) -> tuple[Fit, ...]:
    """The same for ordinary least squares, several dependent variables at once: values of shape (n, m) give m fits.

    All share columns and effects, so fits add up where the dependent variables do.
    Source: Frisch & Waugh 1933; Lovell 1963.
    """
    cluster = np.unique(cluster, return_inverse=True)[1]
    clusters = int(cluster.max()) + 1 if len(cluster) else 0
    if clusters < 10:
        raise NotEstimable("too few independent groups", [f"10 groups; found {clusters}"])
    effects = tuple(np.unique(effect, return_inverse=True)[1] for effect in effects)
    ones = np.ones(len(values))
    x, y = taken_out(columns, ones, effects), taken_out(values, ones, effects)
    gram = x.T @ x
    if not _solvable(gram, columns, ones):
        raise NotEstimable("nothing varies within the fixed effects", ["columns that change within an article"])
    beta = np.linalg.solve(gram, x.T @ y).astype(np.float64)
    residual = y - x @ beta
    return tuple(
        Fit(beta[:, j], _sandwich(x, ones, residual[:, j], cluster, clusters), len(values), clusters,
            float((residual[:, j] ** 2).sum()))
        for j in range(values.shape[1])
    )  # fmt: skip


@dataclass(frozen=True)
class Pooled:
    """Groups' effects drawn towards what they have in common; arrays of shape (n_groups,).

    `mean`, `mean_error`: the common effect. `between`: standard deviation of true effects between groups.
    `weight`: how much of each group's own estimate is kept, 0 to 1.
    """

    mean: float
    mean_error: float
    between: float
    effect: Floats
    error: Floats
    weight: Floats


def partial_pooling(effect: Floats, error: Floats) -> Pooled:
    """What is each group's effect, when each alone is uncertain and all resemble each other?

    Model: true effects are normal about a common mean, estimates normal about the true effects. The variance between
    groups is the one of restricted maximum likelihood. Errors hold that the mean is estimated, not that the variance is.

    Args:
        effect: each group's own estimate, shape (n_groups,).
        error: its standard error, > 0, shape (n_groups,).

    Raises:
        NotEstimable: no group.
    Source: Morris 1983, JASA 78 (empirical Bayes); DerSimonian & Laird 1986; Viechtbauer 2005 (restricted likelihood).

    >>> pooled = partial_pooling(np.array([-1.0, -1.0]), np.array([0.5, 0.5]))
    >>> pooled.between, pooled.effect.tolist()
    (0.0, [-1.0, -1.0])
    """
    if not len(effect):
        raise NotEstimable("no group has an estimate", ["at least one group whose price changed"])
    between = _between(effect, error)
    weight = 1.0 / (error**2 + between**2)
    mean = float((weight * effect).sum() / weight.sum())
    mean_variance = float(1.0 / weight.sum())
    own = between**2 / (between**2 + error**2)
    variance = own * error**2 + (1.0 - own) ** 2 * mean_variance
    return Pooled(mean, mean_variance**0.5, between, own * effect + (1.0 - own) * mean, np.sqrt(variance), own)


def _between(effect: Floats, error: Floats) -> float:
    """Standard deviation between groups that makes the restricted likelihood greatest."""
    from scipy.optimize import minimize_scalar

    if len(effect) < 2:
        return 0.0

    def loss(deviation: float) -> float:
        variance = error**2 + deviation**2
        weight = 1.0 / variance
        mean = (weight * effect).sum() / weight.sum()
        return float(0.5 * (np.log(variance).sum() + np.log(weight.sum()) + ((effect - mean) ** 2 * weight).sum()))

    top = float(np.ptp(effect)) + 1e-9
    found = minimize_scalar(loss, bounds=(0.0, top), method="bounded", options={"xatol": 1e-7})
    return float(found.x) if loss(float(found.x)) < loss(0.0) - 1e-9 else 0.0


def _informative(count: Floats, effects: tuple[Indices, ...]) -> NDArray[np.bool_]:
    """Cells that say something: levels without any count are fitted exactly, by a mean of 0, and leave."""
    keep = np.ones(len(count), dtype=bool)
    while True:
        drop = np.zeros(len(count), dtype=bool)
        for effect in effects:
            total = np.bincount(effect[keep], weights=count[keep], minlength=int(effect.max()) + 1)
            drop |= keep & (total[effect] == 0)
        if not drop.any():
            return keep
        keep &= ~drop


def taken_out(values: Floats, weight: Floats, effects: tuple[Indices, ...], close: float = 1e-10) -> Floats:
    """Values without their weighted means by every effect at once, by conjugate gradients on the normal equations.

    Args:
        values: shape (n,) or (n, k).
        weight: > 0, shape (n,).
        effects: 0-based levels, each of shape (n,).
        close: relative to the right side of the equations.
    Source: Hestenes & Stiefel 1952; the equations as in Correia 2016, "Linear models with high-dimensional fixed effects".
    """
    from scipy.sparse import csr_matrix, diags, hstack
    from scipy.sparse.linalg import cg

    rows = np.arange(len(weight))
    dummies = hstack([csr_matrix((np.ones(len(rows)), (rows, effect))) for effect in effects], format="csr")
    weighted = (diags(weight) @ dummies).T.tocsr()
    gram = (weighted @ dummies).tocsr()
    precondition = diags(1.0 / gram.diagonal())
    columns = values.reshape(len(values), -1)
    left = np.empty(columns.shape)
    for k in range(columns.shape[1]):
        found, _ = cg(gram, weighted @ columns[:, k], rtol=close, atol=0.0, maxiter=2000, M=precondition)
        left[:, k] = columns[:, k] - dummies @ found
    return left.reshape(values.shape)


def _solvable(gram: Floats, columns: Floats, weight: Floats) -> bool:
    """Whether every column keeps some of its own variation."""
    centred = columns - np.average(columns, axis=0, weights=weight)
    whole = (weight[:, None] * centred**2).sum(axis=0)
    own = np.diag(gram)
    if (whole <= 0).any() or (own < 1e-6 * whole).any():
        return False
    scaled = gram / np.sqrt(np.outer(own, own))
    return bool(np.linalg.cond(scaled) < 1e10)


def _sandwich(x: Floats, weight: Floats, residual: Floats, cluster: Indices, clusters: int) -> Floats:
    """Cluster-robust covariance of weighted least squares with `residual` on the scale of the score."""
    bread = np.linalg.inv(x.T @ (x * weight[:, None]))
    score = np.stack(
        [np.bincount(cluster, weights=x[:, j] * residual, minlength=clusters) for j in range(x.shape[1])], axis=1
    )
    factor = clusters / (clusters - 1)
    covariance: Floats = factor * bread @ (score.T @ score) @ bread
    return covariance
