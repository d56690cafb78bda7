"""What is bought together: frequent sets of items, and rules with support, confidence and lift."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from shopkeeper.errors import NotEstimable

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

FEWEST_BASKETS = 200
MOST_SETS = 20_000


@dataclass(frozen=True)
class Rules:
    """Rules "who has all of `left` also has `right`"; every array of shape (n_rules,), best lift first.

    `lift_low`, `lift_high`: interval of lift at 95 %. `p_value`: one-sided, of independence, times the number of rules
    (Bonferroni).
    """

    left: tuple[tuple[int, ...], ...]
    right: Indices
    baskets: Indices
    support: Floats
    confidence: Floats
    lift: Floats
    lift_low: Floats
    lift_high: Floats
    p_value: Floats


def frequent_sets(
    basket: Indices, item: Indices, n_baskets: int, least_support: float, longest: int = 4
) -> dict[tuple[int, ...], int]:
    """Which sets of items lie together in at least this share of baskets, and in how many?

    Level by level: a set can be frequent only if all its parts are. Baskets are bits, so a level is a row of "and"s.

    Args:
        basket: of each row, a row being an item in a basket, shape (n_rows,), 0-based.
        item: of each row, 0-based; an item twice in a basket counts once.
        n_baskets: all baskets, those without a listed item too.
        least_support: share of baskets, 0 < s <= 1.
        longest: items in the longest set that is looked for.

    Returns:
        Set as a sorted tuple → baskets that hold it.

    Raises:
        NotEstimable: fewer than 200 baskets, or more sets than 20,000 (the support is too low to read anything).
    Source: Agrawal & Srikant 1994, "Fast algorithms for mining association rules", algorithm Apriori.

    >>> frequent_sets(np.arange(400) // 2, np.arange(400) % 2, 200, 0.5)
    {(0,): 200, (1,): 200, (0, 1): 200}
    """
    if n_baskets < FEWEST_BASKETS:
        raise NotEstimable("too few baskets", [f"{FEWEST_BASKETS} baskets; found {n_baskets}"])
    # a hair below, so that 0.006 × 1,000 asks for 6
    least = max(1, int(np.ceil(least_support * n_baskets - 1e-9)))
    pairs = np.unique(np.stack([item, basket]), axis=1)
    items, counts = np.unique(pairs[0], return_counts=True)
    frequent = items[counts >= least]
    found: dict[tuple[int, ...], int] = dict(
        zip(((int(i),) for i in frequent), counts[counts >= least].tolist(), strict=True)
    )
    bits = _bits(pairs, frequent, n_baskets)
    rows: dict[tuple[int, ...], NDArray[np.uint64]] = {(int(i),): bits[at] for at, i in enumerate(frequent)}
    level = sorted(rows)
    single = dict(rows)
    while level and len(level[0]) < longest:
        rows, counted = _next_level(level, rows, single, least)
        found |= counted
        if len(found) > MOST_SETS:
            raise NotEstimable("too many sets are this frequent", [f"a higher support than {least_support:g}"])
        level = sorted(rows)
    return found


def support_of_pairs(basket: Indices, item: Indices, n_baskets: int, pairs: int, least_baskets: int = 30) -> float:
    """The support at which about so many pairs are frequent; never so low that a pair lies in fewer than 30 baskets.

    >>> support_of_pairs(np.arange(400) // 2, np.arange(400) % 2, 200, 1000)
    1.0
    """
    from scipy.sparse import csr_matrix, triu

    unique = np.unique(np.stack([basket, item]), axis=1)
    held = csr_matrix((np.ones(unique.shape[1], dtype=np.int64), (unique[0], unique[1])))
    counts = np.sort(triu(held.T @ held, k=1).data)[::-1]
    if not len(counts):
        return least_baskets / n_baskets
    return float(max(counts[min(pairs, len(counts)) - 1], least_baskets) / n_baskets)


def _bits(pairs: Indices, frequent: Indices, n_baskets: int) -> NDArray[np.uint64]:
    """Baskets of each frequent item as bits, shape (n_frequent, ceil(n_baskets / 64))."""
    words = -(-n_baskets // 64)
    held = np.isin(pairs[0], frequent)
    bits = np.zeros((len(frequent), words), dtype=np.uint64)
    at, basket = np.searchsorted(frequent, pairs[0][held]), pairs[1][held]
    # unique pairs: adding single bits is setting them
    np.add.at(bits, (at, basket // 64), np.uint64(1) << (basket % 64).astype(np.uint64))
    return bits


def _next_level(
    level: list[tuple[int, ...]], rows: dict[tuple[int, ...], NDArray[np.uint64]],
    single: dict[tuple[int, ...], NDArray[np.uint64]], least: int,
) -> tuple[dict[tuple[int, ...], NDArray[np.uint64]], dict[tuple[int, ...], int]]:  # fmt: skip
    """Sets of one more item: those that share all but their last with another, and whose every part is frequent."""
    known = set(level)
    ends: dict[tuple[int, ...], list[int]] = {}
    for one in level:
        ends.setdefault(one[:-1], []).append(one[-1])
    further: dict[tuple[int, ...], NDArray[np.uint64]] = {}
    counted: dict[tuple[int, ...], int] = {}
    for one in level:  # one vectorised "and" a set with all that may join it
        partners = [e for e in ends[one[:-1]] if e > one[-1]]
        joined = [(*one, e) for e in partners]
        joined = [j for j in joined if len(j) == 2 or all(part in known for part in combinations(j, len(j) - 1))]
        if not joined:
            continue
        together = rows[one] & np.stack([single[(j[-1],)] for j in joined])
        counts = np.bitwise_count(together).sum(axis=1, dtype=np.int64)
        for at in np.flatnonzero(counts >= least).tolist():
            further[joined[at]] = together[at]
            counted[joined[at]] = int(counts[at])
    return further, counted


def rules(sets: dict[tuple[int, ...], int], n_baskets: int, least_confidence: float) -> Rules:
    """Which items go with which, how surely, and how much more often than by chance?

    Rules have one item on the right. Lift is P(right | left) ÷ P(right); its interval is that of a ratio of two shares on
    the logarithm. Many rules are looked at at once: the p-value counts that.

    Raises:
        NotEstimable: no rule reaches the confidence.
    Source: Agrawal & Srikant 1994; Brin, Motwani, Ullman & Tsur 1997 (lift); Fisher 1935 (exact test);
        the interval by the delta method.
    """
    from scipy.stats import hypergeom

    left, right, both = [], [], []
    for members, count in sets.items():
        if len(members) < 2:
            continue
        for at, item in enumerate(members):
            rest = members[:at] + members[at + 1 :]
            if count >= least_confidence * sets[rest] - 1e-9:
                left.append(rest)
                right.append(item)
                both.append(count)
    if not left:
        raise NotEstimable("no rule is this sure", [f"a lower confidence than {least_confidence:g}, or more baskets"])
    n11 = np.array(both, dtype=np.float64)
    n1 = np.array([sets[one] for one in left], dtype=np.float64)
    m1 = np.array([sets[(item,)] for item in right], dtype=np.float64)
    confidence = n11 / n1
    lift = confidence * n_baskets / m1
    # log lift = log n11 − log n1 − log m1 + log n; its variance by the delta method on the multinomial of the four cells
    variance = 1 / n11 - 1 / n1 - 1 / m1 - 1 / n_baskets + 2 * lift / n_baskets
    spread = np.exp(1.959963984540054 * np.sqrt(np.maximum(variance, 0.0)))
    p = np.minimum(hypergeom.sf(n11 - 1, n_baskets, m1, n1) * len(left), 1.0)
    order = np.lexsort((np.array(right), -n11, -lift))
    return Rules(
        tuple(left[i] for i in order), np.array(right, dtype=np.int64)[order], n11[order].astype(np.int64),
        (n11 / n_baskets)[order], confidence[order], lift[order], (lift / spread)[order], (lift * spread)[order], p[order],
    )  # fmt: skip
