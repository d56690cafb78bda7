"""Connected components of a graph, plain and with pairs that must stay apart."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


def components(size: int, left: Indices, right: Indices) -> Indices:
    """Which nodes hang together.

    Every root hooks onto the smallest root beside it, then paths are halved until they are flat; the rounds needed grow
    with the logarithm of the longest path.

    Args:
        size: number of nodes, numbered from 0.
        left: one end of each edge, shape (n_edges,).
        right: the other end, shape (n_edges,).

    Returns:
        The smallest node of each node's component, shape (size,).

    Source: Y. Shiloach, U. Vishkin, "An O(log n) parallel connectivity algorithm" (1982), its hooking and shortcutting.

    >>> components(5, np.array([3, 1]), np.array([4, 3])).tolist()
    [0, 1, 2, 1, 1]
    """
    labels: Indices = np.arange(size, dtype=np.int64)
    one, other = labels[left], labels[right]
    while len(one):
        np.minimum.at(labels, np.maximum(one, other), np.minimum(one, other))
        while True:
            shorter = labels[labels]
            if np.array_equal(shorter, labels):
                break
            labels = shorter
        one, other = labels[one], labels[other]
        open_ = one != other
        one, other = one[open_], other[open_]
    return labels


def parted_components(
    size: int, left: Indices, right: Indices, strength: NDArray[np.float64], apart: Iterable[tuple[int, int]]
) -> Indices:  # fmt: skip
    """Components in which no pair of `apart` meets: edges are taken from the strongest on, those that would join one are not.

    Equal strengths are taken in the order of their ends, so that the answer depends on nothing else. Meant for few nodes:
    it goes edge by edge.

    >>> parted_components(3, np.array([0, 1]), np.array([1, 2]), np.array([0.9, 0.99]), [(0, 2)]).tolist()
    [0, 1, 1]
    """
    labels = list(range(size))
    members: dict[int, set[int]] = {node: {node} for node in range(size)}
    foes: dict[int, set[int]] = {node: set() for node in range(size)}
    for one, other in apart:
        foes[one].add(other)
        foes[other].add(one)
    # each edge depends on those taken before it, so no array operation does this
    for edge in np.lexsort((right, left, -strength)).tolist():
        one, other = sorted((labels[int(left[edge])], labels[int(right[edge])]))
        if one == other or not foes[one].isdisjoint(members[other]):
            continue
        for node in members[other]:
            labels[node] = one
        members[one] |= members.pop(other)
        foes[one] |= foes.pop(other)
    return np.array([min(members[label]) for label in labels], dtype=np.int64)
