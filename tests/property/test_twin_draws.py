"""The twin's draws are even, and independent between purposes, entities, times and places."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from shopkeeper.twin.draws import Draws, gumbel_of, halves, prefix_of_shuffle

MANY = 200_000
# Each test looks at a fixed draw, so it either holds or does not: p below 1e-4 would mean a fault, not bad luck.
RARE = 1e-4


@pytest.mark.parametrize("seed", [0, 7, 2**40])
@pytest.mark.parametrize("axis", ["entity", "time", "k"])
def test_draws_along_every_axis_are_uniform(seed: int, axis: str) -> None:
    keys = {"entity": 5, "time": 9, "k": 2} | {axis: np.arange(MANY)}
    u = Draws(seed).uniform("look", **keys)
    assert u.min() > 0
    assert u.max() < 1
    assert stats.kstest(u, "uniform").pvalue > RARE
    counts = np.bincount((u * 4096).astype(int), minlength=4096)
    assert stats.chisquare(counts).pvalue > RARE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"purpose": "a", "entity": 0}, {"purpose": "b", "entity": 0}),
        ({"purpose": "a", "entity": 0}, {"purpose": "a", "entity": 1}),
        ({"purpose": "a", "time": 0}, {"purpose": "a", "time": 1}),
        ({"purpose": "a", "k": 0}, {"purpose": "a", "k": 1}),
        ({"purpose": "a", "entity": 0}, {"purpose": "a", "entity": 2**33}),
    ],
    ids=["purposes", "neighbours", "days", "places", "far entities"],
)
def test_neighbouring_draws_are_independent(one: dict[str, object], other: dict[str, object]) -> None:
    draws = Draws(7)

    def column(keys: dict[str, object]) -> np.ndarray:
        base = {"entity": 0, "time": 0, "k": 0}
        free = "time" if "entity" in keys else "entity"
        base |= {n: int(v) for n, v in keys.items() if n != "purpose"}
        return draws.uniform(str(keys["purpose"]), **(base | {free: np.arange(MANY)}))

    u, v = column(one), column(other)
    assert abs(np.corrcoef(u, v)[0, 1]) < 4 / np.sqrt(MANY)
    table = np.histogram2d(u, v, bins=24)[0]
    assert stats.chi2_contingency(table).pvalue > RARE
    bits = draws.words("a", np.arange(MANY)) ^ draws.words("a", np.arange(1, MANY + 1))
    flipped = np.unpackbits(bits.view(np.uint8)).mean()
    assert abs(flipped - 0.5) < 0.001


def test_serial_draws_have_no_memory() -> None:
    u = Draws(7).uniform("walk", 42, np.arange(MANY))
    for lag in (1, 2, 7, 365):
        assert abs(np.corrcoef(u[:-lag], u[lag:])[0, 1]) < 4 / np.sqrt(MANY)


def test_normal_and_gumbel_draws_have_their_shapes() -> None:
    draws = Draws(7)
    assert stats.kstest(draws.normal("n", np.arange(MANY)), "norm").pvalue > RARE
    assert stats.kstest(gumbel_of(draws.uniform("g", np.arange(MANY))), "gumbel_r").pvalue > RARE
    first, second = halves(draws.words("h", np.arange(MANY)))
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(MANY)


def test_a_draw_depends_on_its_key_alone() -> None:
    draws = Draws(7)
    people = np.arange(1000)
    whole = draws.uniform("look", people, 3)
    assert (draws.uniform("look", people[::-1], 3)[::-1] == whole).all()
    assert (draws.uniform("look", people[500:], 3) == whole[500:]).all()
    assert (draws.uniform("look", people[:, None], 3, np.arange(4)[None, :])[:, 0] == whole).all()


def test_whole_numbers_keep_their_mean_and_grow_with_it() -> None:
    draws = Draws(7)
    mean = np.full(MANY, 3.3)
    numbers = draws.whole("count", mean, np.arange(MANY))
    assert set(np.unique(numbers)) == {3, 4}
    assert abs(numbers.mean() - 3.3) < 0.01
    assert (draws.whole("count", mean + 0.5, np.arange(MANY)) >= numbers).all()


@pytest.mark.parametrize("size", [1, 2, 12, 997, 60_000])
def test_a_prefix_of_a_shuffle_is_distinct_and_a_longer_one_only_adds(size: int) -> None:
    draws = Draws(7)
    whole = prefix_of_shuffle(draws, "who", size, size, 5)
    assert sorted(whole) == list(range(size))
    short = prefix_of_shuffle(draws, "who", size, size // 3, 5)
    assert (whole[: len(short)] == short).all()


def test_everybody_is_as_likely_to_be_in_a_prefix() -> None:
    draws = Draws(7)
    size, length, days = 500, 50, 4000
    counts = np.zeros(size)
    for day in range(days):
        counts[prefix_of_shuffle(draws, "who", size, length, day)] += 1
    expected = days * length / size
    assert abs(counts.mean() - expected) < 1e-9
    assert counts.std() < 2.0 * np.sqrt(expected)
