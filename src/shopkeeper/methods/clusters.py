"""Which groups do customers fall into by themselves, and are they groups at all: k-means and silhouettes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shopkeeper.errors import NotEstimable

Floats = NDArray[np.float64]

_FITTED = 20_000  # k-means learns the same centres from so many, and silhouettes compare all pairs
_COMPARED = 2_000


@dataclass(frozen=True)
class Clusters:
    """A clustering. `labels` has shape (n,); `silhouettes` maps each number of clusters tried to its mean silhouette.

    `agreement`: the adjusted Rand index of clusterings learnt from two halves, 1 where both tell the same groups.
    """

    labels: NDArray[np.int64]
    centres: Floats
    silhouettes: dict[int, float]
    agreement: float

    @property
    def silhouette(self) -> float:
        """The mean silhouette of the clustering, −1 to 1."""
        return self.silhouettes[len(self.centres)]


def clusters(columns: Floats, sizes: tuple[int, ...], seed: int = 1) -> Clusters:
    """Part rows into the number of clusters with the highest mean silhouette.

    Model: k-means on the columns as given (scale them first): round groups of like spread. Long or nested groups break it.

    Args:
        columns: what is told of each, shape (n, n_columns), without NaN.
        sizes: numbers of clusters to try.
        seed: of the starts; the same gives the same.

    Returns:
        Clusters.

    Raises:
        NotEstimable: fewer rows than ten a cluster, or all rows alike.

    Source: MacQueen 1967; Rousseeuw 1987, Journal of Computational and Applied Mathematics 20; k-means of scikit-learn.
    """
    from sklearn.metrics import adjusted_rand_score, silhouette_score

    if len(columns) < 10 * max(sizes):
        raise NotEstimable("too few rows to part", [f"at least {10 * max(sizes)} rows; there are {len(columns)}"])
    if len(np.unique(columns, axis=0)) <= max(sizes):
        raise NotEstimable("the rows are too much alike", ["rows that differ"])
    draw = np.random.default_rng(seed)
    some = np.sort(draw.choice(len(columns), min(_FITTED, len(columns)), replace=False))
    few = np.sort(draw.choice(len(columns), min(_COMPARED, len(columns)), replace=False))
    fits = {k: _fit(columns[some], k, seed) for k in sizes}
    told = {k: fit.predict(columns[few]) for k, fit in fits.items()}
    scores = {k: float(silhouette_score(columns[few], told[k])) if len(np.unique(told[k])) > 1 else -1.0 for k in sizes}
    k = max(sizes, key=lambda size: (round(scores[size], 6), -size))
    half = draw.permutation(some)
    one, other = (_fit(columns[part], k, seed + n) for n, part in enumerate(np.array_split(half, 2), start=1))
    agreement = float(adjusted_rand_score(one.predict(columns[few]), other.predict(columns[few])))
    labels = np.asarray(fits[k].predict(columns), dtype=np.int64)
    return Clusters(labels, np.asarray(fits[k].cluster_centers_), scores, agreement)


def _fit(columns: Floats, k: int, seed: int) -> Any:
    from sklearn.cluster import KMeans

    return KMeans(k, n_init=10, random_state=seed).fit(columns)
