"""Draws without a generator: each is a function of (seed, purpose, entity, time, k), so nothing depends on an order.

The same draw is made again in a world in which something else was decided; there is no stream that could be shifted.
Mixing: two rounds of Stafford's variant 13 of the 64-bit finaliser (as in SplitMix64) over keys spread by odd constants.
"""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Words = npt.NDArray[np.uint64]

_ENTITY = np.uint64(0x9E3779B97F4A7C15)
_TIME = np.uint64(0xD1B54A32D192ED03)
_NTH = np.uint64(0xABC98388FB8FAC03)
_ONE = np.uint64(0xBF58476D1CE4E5B9)
_TWO = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11, _S32 = (np.uint64(n) for n in (30, 27, 31, 11, 32))
_TO_UNIT = 2.0**-53
_HALF = 2.0**-54


@lru_cache(maxsize=4096)
def _key(seed: int, purpose: str) -> np.uint64:
    digest = hashlib.blake2b(f"{seed}\x00{purpose}".encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def _mix(words: Words) -> Words:
    """In place: every bit of the result depends on every bit of the argument."""
    words ^= words >> _S30
    words *= _ONE
    words ^= words >> _S27
    words *= _TWO
    words ^= words >> _S31
    return words


def _as_words(numbers: Array | int) -> Words:
    if isinstance(numbers, np.ndarray):
        return numbers.astype(np.uint64) if numbers.dtype != np.uint64 else numbers
    return np.array([numbers & 0xFFFFFFFFFFFFFFFF], dtype=np.uint64)


class Draws:
    """All draws of a world: `Draws(seed).uniform("visit", person, day)`.

    `entity`, `time` and `k` are whole numbers or arrays of them and broadcast together; the result has their shape
    (of one number: shape (1,)). Two purposes never share draws.

    >>> Draws(7).uniform("visit", 42, 3) == Draws(7).uniform("visit", np.array([42]), 3)
    array([ True])
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def words(self, purpose: str, entity: Array | int, time: Array | int = 0, k: Array | int = 0) -> Words:
        """64 even random bits for each key."""
        first = _mix(_as_words(entity) * _ENTITY + _key(self.seed, purpose))
        second = _as_words(time) * _TIME
        if not (isinstance(k, int) and k == 0):
            second = second + _as_words(k) * _NTH
        return _mix(first ^ second)

    def uniform(self, purpose: str, entity: Array | int, time: Array | int = 0, k: Array | int = 0) -> Array:
        """Numbers evenly between 0 and 1, neither of them included."""
        return unit(self.words(purpose, entity, time, k))

    def normal(self, purpose: str, entity: Array | int, time: Array | int = 0, k: Array | int = 0) -> Array:
        """Standard normal numbers (Box and Muller, from the two halves of one word)."""
        return normal_of(self.words(purpose, entity, time, k))

    def below(self, purpose: str, limit: Array | int, entity: Array | int, time: Array | int = 0) -> Array:
        """Whole numbers 0 … limit − 1."""
        return (self.uniform(purpose, entity, time) * limit).astype(np.int64)

    def whole(self, purpose: str, mean: Array, entity: Array | int, time: Array | int = 0) -> Array:
        """A whole number just below or above each mean, right on average: a larger mean never gives a smaller number."""
        found: Array = np.floor(mean + self.uniform(purpose, entity, time)).astype(np.int64)
        return found


def unit(words: Words) -> Array:
    """Words as numbers evenly between 0 and 1."""
    return (words >> _S11).astype(np.float64) * _TO_UNIT + _HALF


def halves(words: Words) -> tuple[Array, Array]:
    """Two independent uniform numbers of 32 bits out of each word."""
    scale = 2.0**-32
    low = (words & np.uint64(0xFFFFFFFF)).astype(np.float64) * scale + scale / 2
    return (words >> _S32).astype(np.float64) * scale + scale / 2, low


def normal_of(words: Words) -> Array:
    """Words as standard normal numbers."""
    first, second = halves(words)
    return np.sqrt(-2.0 * np.log(first)) * np.cos(2.0 * np.pi * second)


def gumbel_of(uniform: Array) -> Array:
    """Uniform numbers as standard Gumbel ones: what is unseen in the utility of an alternative."""
    return -np.log(-np.log(uniform))


def pick(cumulative: Array, uniform: Array) -> Array:
    """Which alternative: index in a rising table of shares that ends with 1."""
    return np.minimum(np.searchsorted(cumulative, uniform, side="right"), len(cumulative) - 1)


def prefix_of_shuffle(draws: Draws, purpose: str, size: int, length: int, time: int, part: int = 0) -> Array:
    """The first `length` of the numbers 0 … size − 1 in an order of (purpose, part, time): a longer prefix only adds.

    An affine permutation: as even as drawing without replacement, and O(length).
    """
    return prefixes_of_shuffles(draws, purpose, np.array([size]), np.array([length]), time, np.array([part]))[0]


def prefixes_of_shuffles(
    draws: Draws, purpose: str, sizes: Array, lengths: Array, time: int, parts: Array
) -> list[Array]:
    """The same for several parts at once."""
    words = draws.words(purpose, parts, time).tolist()
    found = []
    for word, size, length in zip(words, sizes.tolist(), lengths.tolist(), strict=True):
        if size == 0 or length == 0:
            found.append(np.empty(0, dtype=np.int64))
            continue
        step = (word >> 20) % size or 1
        while math.gcd(step, size) != 1:
            step = step % size + 1
        found.append((np.arange(min(length, size), dtype=np.int64) * step + word % size) % size)
    return found
