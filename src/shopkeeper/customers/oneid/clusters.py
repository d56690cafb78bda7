"""From links to persons: components, held apart where people said so, taken apart where they grow past belief; and their ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.methods.components import components, parted_components

Indices = NDArray[np.int64]
Numbers = NDArray[np.float64]

GUARD_LEVELS = (0.9, 0.98, 0.995)
"""Confidence that links of an oversized person must have, raised step by step; at last only people's word holds."""
SURE = 1.0
"""Confidence of a person's word; no key has it."""


@dataclass(frozen=True)
class Clusters:
    """Persons. `labels`: the smallest customer of each one's person; `guarded`: whose person was taken apart."""

    labels: Indices
    guarded: NDArray[np.bool_]


def clusters(
    size: int, left: Indices, right: Indices, confidence: Numbers, apart: Sequence[tuple[int, int]], most: int
) -> Clusters:  # fmt: skip
    """Persons from the links that hold by themselves.

    Args:
        size: number of customers.
        left: one end of each link.
        right: the other end.
        confidence: of each link; 1 for a person's word, below 1 for all others.
        apart: pairs that must not be one person.
        most: customers above which a person is taken apart.
    """
    labels = components(size, left, right)
    guarded = np.zeros(size, dtype=np.bool_)
    for level in (*GUARD_LEVELS, SURE):
        large = np.bincount(labels, minlength=size)[labels] > most
        if not large.any():
            break
        guarded |= large
        keep = ~large[left] | (confidence >= level)
        left, right, confidence = left[keep], right[keep], confidence[keep]
        labels = components(size, left, right)
    return Clusters(_held_apart(labels, left, right, confidence, apart), guarded)


def _held_apart(
    labels: Indices, left: Indices, right: Indices, confidence: Numbers, apart: Sequence[tuple[int, int]]
) -> Indices:  # fmt: skip
    """Components in which a pair of `apart` meets, made again edge by edge; all others as they are."""
    meeting = sorted({int(labels[one]) for one, other in apart if labels[one] == labels[other]})
    found = labels.copy()
    for label in meeting:
        nodes = np.flatnonzero(labels == label)
        inside = labels[left] == label
        ends = np.searchsorted(nodes, left[inside]), np.searchsorted(nodes, right[inside])
        foes = [
            (int(np.searchsorted(nodes, one)), int(np.searchsorted(nodes, other)))
            for one, other in apart
            if labels[one] == label and labels[other] == label
        ]
        found[nodes] = nodes[parted_components(len(nodes), *ends, confidence[inside], foes)]
    return found


@dataclass(frozen=True)
class Ids:
    """Ids of persons as numbers. `of`: each customer's; `merged`: (id that was, id that it now stands for)."""

    of: Indices
    merged: tuple[tuple[int, int], ...]
    next_free: int


def assigned(labels: Indices, before: Indices, next_free: int) -> Ids:
    """Which id each person keeps.

    An id stays where most of its customers went; of equal parts, the one with the first customer keeps it. Where several ids
    come together, the one that brings most customers stays, of equal ones the oldest; the others are redirected to it. All
    other persons get new ids, in the order of their first customers.

    Args:
        labels: the person of each customer, as its smallest customer.
        before: each customer's id before, -1 for none.
        next_free: the first id that was never given.

    Before → after: ids 7 7 7 8 –, persons a a b b c  →  7 7 8 8 9 (7 keeps its larger part, 8 the rest, 9 is new)
    """
    had = np.flatnonzero(before >= 0)
    both, first, counts = np.unique(before[had] * len(labels) + labels[had], return_index=True, return_counts=True)
    old, person = both // max(len(labels), 1), both % max(len(labels), 1)
    order = np.lexsort((had[first], -counts, old))
    goes = order[np.unique(old[order], return_index=True)[1]]  # one row an old id: where most of it went
    claims = goes[np.lexsort((old[goes], -counts[goes], person[goes]))]
    wins = claims[np.unique(person[claims], return_index=True)[1]]
    ids = np.full(len(labels), -1, dtype=np.int64)
    ids[person[wins]] = old[wins]
    fresh = np.flatnonzero((labels == np.arange(len(labels))) & (ids < 0))
    ids[fresh] = next_free + np.arange(len(fresh))
    lost = np.setdiff1d(claims, wins)
    merged = tuple(zip(old[lost].tolist(), ids[person[lost]].tolist(), strict=True))
    return Ids(ids[labels], merged, next_free + len(fresh))


def member_confidence(size: int, left: Indices, right: Indices, confidence: Numbers) -> Numbers:
    """How sure each customer's best link is: reasons of one pair taken together, 1 − Π(1 − c); NaN without a link."""
    best = np.full(size, -1.0)
    if len(left):
        pair = left * size + right
        order = np.argsort(pair, kind="stable")
        starts = np.flatnonzero(np.r_[True, np.diff(pair[order]) != 0])
        together = 1.0 - np.multiply.reduceat(1.0 - confidence[order], starts)
        ends = order[starts]
        np.maximum.at(best, left[ends], together)
        np.maximum.at(best, right[ends], together)
    return np.where(best < 0, np.nan, best)
