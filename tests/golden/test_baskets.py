"""Association rules: the published count on Groceries, every set counted by hand on random baskets, and refusals."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from shopkeeper.errors import NotEstimable
from shopkeeper.methods.baskets import frequent_sets, rules, support_of_pairs


def baskets(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    held = rng.random((n, 8)) < np.array([0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.02])
    held[:, 1] |= held[:, 0] & (rng.random(n) < 0.5)
    basket, item = np.nonzero(held)
    return basket, item


def test_every_set_is_counted_as_by_hand() -> None:
    basket, item = baskets(500, 1)
    table = np.zeros((500, 8), dtype=bool)
    table[basket, item] = True
    expected = {
        members: count
        for size in (1, 2, 3, 4)
        for members in combinations(range(8), size)
        if (count := int(table[:, list(members)].all(axis=1).sum())) >= 10
    }
    assert frequent_sets(basket, item, 500, 0.02) == expected


def test_an_item_twice_in_a_basket_counts_once() -> None:
    basket, item = baskets(500, 1)
    twice = frequent_sets(np.concatenate([basket, basket]), np.concatenate([item, item]), 500, 0.02)
    assert twice == frequent_sets(basket, item, 500, 0.02)


def test_lift_has_an_interval_that_holds_the_truth() -> None:
    # items 2 and 3 are independent: their lift is 1
    inside = 0
    for seed in range(100):
        basket, item = baskets(2_000, seed)
        found = rules(frequent_sets(basket, item, 2_000, 0.01, 2), 2_000, 0.01)
        at = next(i for i in range(len(found.right)) if found.left[i] == (2,) and found.right[i] == 3)
        inside += bool(found.lift_low[at] <= 1.0 <= found.lift_high[at])
    assert 90 <= inside <= 99


def test_support_by_itself_gives_about_so_many_pairs() -> None:
    basket, item = baskets(2_000, 1)
    support = support_of_pairs(basket, item, 2_000, 10)
    pairs = [m for m in frequent_sets(basket, item, 2_000, support, 2) if len(m) == 2]
    assert len(pairs) == 10


def test_too_little_is_refused() -> None:
    with pytest.raises(NotEstimable, match="too few"):
        frequent_sets(np.zeros(3, dtype=np.int64), np.arange(3), 100, 0.1)
    with pytest.raises(NotEstimable, match="no rule"):
        rules({(0,): 100}, 1_000, 0.5)


@pytest.mark.reference("groceries")
def test_groceries_give_the_published_463_rules(reference_data: Path) -> None:
    # Hahsler, Grün & Hornik 2005; Lantz 2013: apriori(Groceries, support .006, confidence .25, minlen 2) → 463 rules
    lines = (reference_data / "groceries" / "groceries.csv").read_text(encoding="utf-8").splitlines()
    parted = [line.split(",") for line in lines if line.strip()]
    names = sorted({name for line in parted for name in line})
    number = {name: i for i, name in enumerate(names)}
    basket = np.repeat(np.arange(len(parted)), [len(line) for line in parted])
    item = np.array([number[name] for line in parted for name in line])
    assert (len(parted), len(names)) == (9_835, 169)
    found = rules(frequent_sets(basket, item, len(parted), 0.006, 10), len(parted), 0.25)
    assert len(found.right) == 463
    # its best rule by lift: {herbs} => {root vegetables}, support .00702, confidence .43125, lift 3.956
    best = 0
    assert ([names[i] for i in found.left[best]], names[found.right[best]]) == (["herbs"], "root vegetables")
    assert found.support[best] == pytest.approx(0.007016, abs=1e-6)
    assert found.confidence[best] == pytest.approx(0.43125, abs=1e-5)
    assert found.lift[best] == pytest.approx(3.956, abs=1e-3)
