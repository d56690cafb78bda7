"""Removal effects and Shapley values against chains solved by hand and games with known values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shopkeeper.errors import NotEstimable
from shopkeeper.methods.attribution import (
    Paths,
    channels_differ,
    collected,
    conversion_game,
    first_touch,
    last_touch,
    markov_credit,
    removal_effects,
    shapley,
    shapley_credit,
    shapley_of_paths,
)


def paths(*told: tuple[str, int, int]) -> Paths:
    """("ab", 3, 1) = three who touched a, then b, and converted, and one who did not."""
    channel = [ord(letter) - ord("a") for letters, _, _ in told for letter in letters]
    first = np.cumsum([0, *(len(letters) for letters, _, _ in told)])
    return Paths(
        np.array(channel), first, np.array([float(y) for _, y, _ in told]), np.array([float(n) for _, _, n in told]),
        max(channel) + 1,
    )  # fmt: skip


def test_removal_effects_are_those_solved_by_hand() -> None:
    # Of four who begin with a: two go on to b and convert there, one converts at a, one leaves; two begin with b and leave.
    # P(a→b)=2/4, P(a→conv)=1/4, P(b→conv)=2/4; from the start: 4/6·(1/4+1/2·1/2)+2/6·1/2 = 1/3+1/6 = 1/2.
    # Without a only the two who begin with b are left: 2/6·1/2 = 1/6. Without b: 4/6·1/4 = 1/6.
    found = removal_effects(paths(("ab", 2, 0), ("a", 1, 1), ("b", 0, 2)))
    assert found == pytest.approx([2 / 3, 2 / 3], abs=1e-12)


def test_three_channels_in_a_row_are_all_needed() -> None:
    assert removal_effects(paths(("abc", 3, 3))) == pytest.approx([1.0, 1.0, 1.0], abs=1e-12)


def test_a_channel_that_stays_with_itself_changes_nothing() -> None:
    once, often = paths(("ab", 2, 1), ("b", 1, 3)), paths(("aaab", 2, 1), ("b", 1, 3))
    assert removal_effects(once) == pytest.approx(removal_effects(often), abs=1e-12)


def test_equal_paths_are_counted_together() -> None:
    channel, first = np.array([0, 1, 1, 0, 1]), np.array([0, 2, 3, 5])
    found = collected(channel, first, np.array([True, True, False]), 2)
    assert (found.converted.sum(), found.left.sum(), len(found.converted)) == (2, 1, 2)
    assert last_touch(found).tolist() == [0.0, 2.0]
    assert first_touch(found).tolist() == [1.0, 1.0]


def test_the_airport_game_has_its_closed_form() -> None:
    # Littlechild & Owen 1973: who needs the longest runway pays for it; each stretch is shared by those who need it.
    needs = np.array([1.0, 2.0, 4.0, 7.0])
    sets = np.arange(16)[:, None] >> np.arange(4) & 1
    worth = (sets * needs).max(axis=1)
    stretches = np.diff(np.concatenate([[0.0], needs]))
    expected = [sum(stretches[j] / (4 - j) for j in range(i + 1)) for i in range(4)]
    assert shapley(worth) == pytest.approx(expected, abs=1e-12)


def test_the_glove_game_has_its_known_value() -> None:
    # one left glove, two right ones: a pair is worth 1; the left one gets 2/3, each right one 1/6
    worth = np.array([0, 0, 0, 1, 0, 1, 0, 1], dtype=np.float64)
    assert shapley(worth) == pytest.approx([2 / 3, 1 / 6, 1 / 6], abs=1e-12)


@given(arrays(np.float64, 16, elements=st.floats(-100, 100)))
def test_values_share_out_the_whole(worth: np.ndarray) -> None:
    worth[0] = 0.0
    assert shapley(worth).sum() == pytest.approx(worth[-1], abs=1e-9)


def test_parting_paths_evenly_is_the_shapley_value_of_their_game() -> None:
    rng = np.random.default_rng(3)
    channel, first = rng.integers(5, size=600), np.arange(0, 601, 3)
    found = collected(channel, first, rng.random(200) < 0.4, 5)
    assert shapley_of_paths(found) == pytest.approx(shapley(conversion_game(found)), abs=1e-9)


def simulated(rates: tuple[float, ...], n: int, seed: int) -> Paths:
    """Visitors who touch one to three channels; the last one decides who converts."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 4, n)
    first = np.concatenate([[0], np.cumsum(lengths)])
    channel = rng.integers(len(rates), size=first[-1])
    return collected(channel, first, rng.random(n) < np.array(rates)[channel[first[1:] - 1]], len(rates))


def test_what_really_converts_gets_more_credit_and_intervals_say_so() -> None:
    found = simulated((0.02, 0.02, 0.12), 6_000, 1)
    for credit in (markov_credit(found), shapley_credit(found)):
        assert credit.share.sum() == pytest.approx(1.0)
        assert credit.low[2] > credit.high[:2].max()
    assert channels_differ(found) < 1e-6


def test_where_channels_do_not_differ_the_test_says_so_at_its_rate() -> None:
    assert np.mean([channels_differ(simulated((0.1, 0.1, 0.1), 2_000, seed)) < 0.05 for seed in range(200)]) <= 0.09


def test_a_channel_of_a_few_visitors_does_not_speak_for_all() -> None:
    found = paths(("a", 200, 1_800), ("b", 190, 1_810), ("c", 12, 1))
    assert channels_differ(found) > 0.5


def test_too_little_is_refused() -> None:
    with pytest.raises(NotEstimable, match="too few"):
        markov_credit(paths(("ab", 3, 5)))
    with pytest.raises(NotEstimable, match="single channel"):
        shapley_credit(paths(("a", 300, 500)))
    with pytest.raises(NotEstimable, match="every path"):
        markov_credit(paths(("ab", 300, 0)))
