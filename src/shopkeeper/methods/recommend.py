"""Which articles to show whom: popularity, own past, neighbours, and EASE solved among users; and how good a ranking is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from shopkeeper.errors import NotEstimable

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]
Scoring = Callable[[slice], Floats]
"""Scores of all users for a stretch of items, shape (n_users, items of the stretch); higher is better."""

STRETCH = 4096
FEWEST_USERS = 100


@dataclass(frozen=True)
class Purchases:
    """Who bought what, and when. One row a user, item and day; arrays of shape (n_rows,).

    `user`, `item`: 0-based. `days_ago`: before the moment of asking, >= 0.
    """

    user: Indices
    item: Indices
    days_ago: NDArray[np.float64]
    n_users: int
    n_items: int

    def matrix(self, half_life_days: float | None = None) -> csr_matrix:
        """Users × items: days with a purchase, a day counting half after each half-life; 1 for "ever" when None."""
        from scipy.sparse import csr_matrix

        weight = np.ones(len(self.user)) if half_life_days is None else np.exp2(-self.days_ago / half_life_days)
        held = csr_matrix((weight, (self.user, self.item)), (self.n_users, self.n_items), dtype=np.float32)
        if half_life_days is None:
            held.data[:] = 1.0
        return held


def popularity(bought: Purchases, half_life_days: float = 30.0) -> Scoring:
    """The same list for all: what was bought most, lately."""
    weight = np.exp2(-bought.days_ago / half_life_days)
    total = np.bincount(bought.item, weight, bought.n_items).astype(np.float32)
    return lambda items: np.broadcast_to(total[items], (bought.n_users, len(total[items])))


def own_past(bought: Purchases, half_life_days: float = 120.0) -> Scoring:
    """What each bought before, more often and lately first; what they never bought follows by popularity."""
    mine = bought.matrix(half_life_days).tocsc()
    total = np.bincount(bought.item, minlength=bought.n_items).astype(np.float32)
    total *= 1e-6 / max(float(total.max()), 1.0)  # under any own purchase of the last years
    return lambda items: np.asarray(mine[:, items].todense()) + total[items]


def ease(bought: Purchases, weight: float = 500.0, half_life_days: float | None = None) -> Scoring:
    """What fits each one's purchases: a linear item-to-item model without self-similarity, solved among users.

    With X users × items, K = X·Xᵀ, M = (K + λ·I)⁻¹ and Z = M·X, the scores X·B of EASE are X − λ·Z ÷ d with
    d = 1 − Σ_users X ∘ Z. That takes one inverse of users × users, whatever the number of items.

    Args:
        bought: who bought what.
        weight: λ, the strength of the ridge.
        half_life_days: as of `Purchases.matrix`.
    Source: Steck 2019, "Embarrassingly shallow autoencoders for sparse data", eqs. (5)–(8); the users' side by Woodbury's
        identity.
    """
    held = bought.matrix(half_life_days).tocsc()
    gram = np.asarray((held @ held.T).todense(), dtype=np.float64)
    gram[np.diag_indices_from(gram)] += weight
    inverse = np.linalg.inv(gram).astype(np.float32)

    def score(items: slice) -> Floats:
        x = np.asarray(held[:, items].todense())
        z = inverse @ x
        d = 1.0 - np.einsum("ui,ui->i", x, z)
        found: Floats = x - weight * z / np.maximum(d, 1e-6)
        return found

    return score


def neighbours(bought: Purchases, k: int = 100, half_life_days: float = 120.0, theirs: float = 0.5) -> Scoring:
    """What those bought who buy alike: the past of the k nearest users by cosine, nearer ones counting more.

    The score is the user's own past plus `theirs` times the mean past of the neighbours. Items that everybody buys weigh less
    in nearness.
    Source: Linden, Smith & York 2003 (collaborative filtering by similarity); Aiolli 2013 (users' side, one-class data).
    """
    from scipy.sparse import csr_matrix, diags

    held = bought.matrix(half_life_days)
    buyers = np.bincount(held.indices, minlength=bought.n_items)
    rare = np.log((1.0 + bought.n_users) / (1.0 + buyers)).astype(np.float32)
    scaled = held.copy()
    scaled.data = np.log1p(scaled.data)
    scaled = (scaled @ diags(rare)).tocsr()
    length = np.sqrt(np.asarray(scaled.multiply(scaled).sum(axis=1)).ravel())
    scaled = (diags(1.0 / np.maximum(length, 1e-12)) @ scaled).tocsr()
    alike = np.asarray((scaled @ scaled.T).todense(), dtype=np.float32)
    k = min(k, bought.n_users - 1)
    np.fill_diagonal(alike, 0.0)
    near = np.argpartition(-alike, k - 1, axis=1)[:, :k] if k else np.zeros((bought.n_users, 0), dtype=np.int64)
    weight = np.take_along_axis(alike, near, axis=1)
    rows = np.repeat(np.arange(bought.n_users), near.shape[1])
    links = csr_matrix((weight.ravel(), (rows, near.ravel())), (bought.n_users, bought.n_users), dtype=np.float32)
    links = (diags(1.0 / np.maximum(np.asarray(links.sum(axis=1)).ravel(), 1e-12)) @ links).tocsr()
    whole = (held + theirs * (links @ held)).tocsc()
    return lambda items: np.asarray(whole[:, items].todense(), dtype=np.float32)


def best(scoring: Scoring, bought: Purchases, k: int = 20) -> tuple[Indices, Indices]:
    """The k best items of every user, best first: among all items, and among those the user never bought; (n_users, k) each.

    Goes through items in stretches, so users × items never stands in memory at once. Raises NotEstimable for fewer than k
    items.
    """
    if bought.n_items < k:
        raise NotEstimable("too few articles to rank", [f"{k} articles; found {bought.n_items}"])
    held = bought.matrix().tocsc()
    every, fresh = _Top.none(bought.n_users, k), _Top.none(bought.n_users, k)
    for items in _stretches(bought.n_items):
        scores = np.array(scoring(items), dtype=np.float32)
        every = every.with_more(scores, items.start)
        scores[np.asarray(held[:, items].todense()) > 0] = -np.inf
        fresh = fresh.with_more(scores, items.start)
    return every.ranked(), fresh.ranked()


@dataclass(frozen=True)
class _Top:
    """The best items so far, in no order: scores and numbers, each of shape (n_users, k)."""

    scores: Floats
    items: Indices

    @classmethod
    def none(cls, users: int, k: int) -> _Top:
        return cls(np.full((users, k), -np.inf, dtype=np.float32), np.zeros((users, k), dtype=np.int64))

    def with_more(self, scores: Floats, start: int) -> _Top:
        k = self.scores.shape[1]
        numbers = np.broadcast_to(np.arange(start, start + scores.shape[1]), scores.shape)
        both = np.concatenate([self.scores, scores], axis=1)
        at = np.argpartition(-both, k - 1, axis=1)[:, :k]
        names = np.concatenate([self.items, numbers], axis=1)
        return _Top(np.take_along_axis(both, at, axis=1), np.take_along_axis(names, at, axis=1))

    def ranked(self) -> Indices:
        order = np.lexsort((self.items, -self.scores), axis=1)
        return np.take_along_axis(self.items, order, axis=1)


def ndcg(ranked: Indices, truth: csr_matrix) -> NDArray[np.float64]:
    """How good is each user's ranking? nDCG with 1 for what was bought: 1 = all that could be hit is at the top.

    Args:
        ranked: shape (n_users, k).
        truth: users × items, non-zero where bought afterwards.

    Returns:
        One value a user; NaN for users who bought nothing afterwards. Shape (n_users,).
    Source: Järvelin & Kekäläinen 2002, ACM TOIS 20(4).

    >>> from scipy.sparse import csr_matrix
    >>> float(ndcg(np.array([[2, 0]]), csr_matrix(np.array([[0, 0, 1]])))[0])
    1.0
    """
    n_users, k = ranked.shape
    rows = np.repeat(np.arange(n_users), k)
    hit = np.asarray(truth[rows, ranked.ravel()]).reshape(n_users, k) > 0
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    wanted = np.minimum(np.diff(truth.tocsr().indptr), k)
    ideal = np.concatenate([[np.nan], np.cumsum(discount)])[wanted]
    found: NDArray[np.float64] = (hit * discount).sum(axis=1) / ideal
    return found


def _stretches(n_items: int) -> Iterator[slice]:
    for start in range(0, n_items, STRETCH):
        yield slice(start, min(start + STRETCH, n_items))
