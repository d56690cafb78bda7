"""Forecasts of parts and of their sums that agree: bottom-up, and minimum-trace reconciliation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.errors import NotEstimable
from shopkeeper.methods.forecast.accuracy import Floats

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Hierarchy:
    """Which parts make up which sums.

    `groups` has one array for each level of sums: for every part the number of its group there, counted from 0. The level of
    the total is all zeros.
    """

    n_parts: int
    groups: tuple[Indices, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many sums each level has."""
        return tuple(int(g.max()) + 1 if g.size else 0 for g in self.groups)

    def sums(self, parts: Floats) -> Floats:
        """All sums, level by level, of parts (…, n_parts, horizon) → (…, n_sums, horizon)."""
        levels = []
        for group, size in zip(self.groups, self.sizes, strict=True):
            order = np.argsort(group, kind="stable")
            starts = np.searchsorted(group[order], np.arange(size))
            levels.append(np.add.reduceat(parts[..., order, :], starts, axis=-2))
        return np.concatenate(levels, axis=-2)

    def matrix(self) -> Floats:
        """The sums as a matrix of 0 and 1, shape (n_sums, n_parts)."""
        found: Floats = np.vstack(
            [
                (g[None, :] == np.arange(size)[:, None]).astype(float)
                for g, size in zip(self.groups, self.sizes, strict=True)
            ]
        )
        return found


def reconciled(hierarchy: Hierarchy, sums: Floats, parts: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Sums and parts that agree, as near as can be to forecasts that do not: those that are surer move less.

    Model: minimum trace with a diagonal of error variances (WLS), ŷ − W Cᵀ (C W Cᵀ)⁻¹ C ŷ, where C ŷ = sums − A · parts is
    how far the forecasts disagree. This form inverts a matrix as large as the number of sums, not of parts.

    Args:
        hierarchy: what adds up to what.
        sums: forecasts of the sums, (n_sums, horizon), in the order of `Hierarchy.sums`.
        parts: forecasts of the parts, (n_parts, horizon).
        variance: error variance of each, (n_sums + n_parts,), > 0.

    Returns:
        The sums and parts that agree.

    Raises:
        NotEstimable: a variance that is not above 0.
    Source: Wickramasuriya, Athanasopoulos & Hyndman 2019, JASA 114, eq. (9) and its zero-constrained form.
    """
    if not np.all(variance > 0):
        raise NotEstimable("an error variance is not above 0", ["forecasts that were tried at several origins"])
    a = hierarchy.matrix()
    n_sums = len(a)
    of_sums, of_parts = variance[:n_sums], variance[n_sums:]
    apart = sums - a @ parts
    spread = (a * of_parts) @ a.T + np.diag(of_sums)
    moved = np.linalg.solve(spread, apart)
    agreed = parts + of_parts[:, None] * (a.T @ moved)
    return a @ agreed, agreed
