"""Connected components against scipy, on random graphs, long paths and stars."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from shopkeeper.methods.components import components, parted_components


def by_scipy(size: int, left: np.ndarray, right: np.ndarray) -> list[int]:
    """The smallest node of each node's component."""
    _, labels = connected_components(coo_array((np.ones(len(left)), (left, right)), shape=(size, size)), directed=False)
    smallest = np.full(labels.max() + 1, size)
    np.minimum.at(smallest, labels, np.arange(size))
    return smallest[labels].tolist()


@pytest.mark.parametrize("seed", range(20))
def test_random_graphs(seed: int) -> None:
    draw = np.random.default_rng(seed)
    size = int(draw.integers(1, 400))
    left, right = draw.integers(0, size, (2, int(draw.integers(0, 2 * size))))
    assert components(size, left, right).tolist() == by_scipy(size, left, right)
    # without anybody to keep apart, going edge by edge finds the same
    assert parted_components(size, left, right, draw.uniform(size=len(left)), []).tolist() == by_scipy(
        size, left, right
    )


def test_a_long_path_and_a_star_in_any_order() -> None:
    draw = np.random.default_rng(1)
    path = draw.permutation(100_000)
    assert set(components(100_000, path[1:], path[:-1]).tolist()) == {0}
    centre = np.full(50_000, 77)
    assert set(components(50_000, centre, np.arange(50_000)).tolist()) == {0}


@pytest.mark.parametrize("seed", range(20))
def test_nobody_who_must_be_apart_ever_meets(seed: int) -> None:
    draw = np.random.default_rng(seed)
    left, right = draw.integers(0, 30, (2, 60))
    foes = [(int(a), int(b)) for a, b in draw.integers(0, 30, (6, 2)) if a != b]
    labels = parted_components(30, left, right, draw.uniform(size=60), foes)
    assert not any(labels[a] == labels[b] for a, b in foes)
    whole = components(30, left, right)
    assert all(whole[node] == whole[label] for node, label in enumerate(labels))
