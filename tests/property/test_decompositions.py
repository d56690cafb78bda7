"""Parts of a change add up to it, whatever the figures: to 1e-9 of the whole, and to the cent once rounded."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shopkeeper.methods.decompose import growth_effects, product_effects, rate_and_mix, shapley, to_the_cent

FACTOR = st.floats(1e-6, 1e9)
ANY = st.one_of(st.just(0.0), st.floats(-1e6, 1e6))
PAIRS = st.integers(1, 6).flatmap(lambda n: st.tuples(*(st.lists(FACTOR, min_size=n, max_size=n) for _ in range(2))))
SLICE = st.tuples(*(st.one_of(st.just(0.0), st.floats(1e-3, 1e6)) for _ in range(4)))


@given(PAIRS)
def test_effects_of_factors_add_up_to_the_change(pair: tuple[list[float], list[float]]) -> None:
    before, after = pair
    found = product_effects(before, after)
    whole = math.prod(after) - math.prod(before)
    assert found.method == "lmdi"
    assert math.fsum(found.amounts) == pytest.approx(
        whole, rel=1e-9, abs=1e-9 * max(math.prod(before), math.prod(after))
    )
    assert [-a for a in product_effects(after, before).amounts] == pytest.approx(list(found.amounts), rel=1e-6)
    growth = math.prod(growth_effects(before, after))
    assert growth == pytest.approx(math.prod(after) / math.prod(before), rel=1e-9)


@given(st.lists(st.tuples(ANY, ANY), min_size=1, max_size=5))
def test_factors_that_are_zero_or_below_are_shared_out_as_well(pairs: list[tuple[float, float]]) -> None:
    before, after = [a for a, _ in pairs], [b for _, b in pairs]
    size = math.prod(max(1.0, abs(a), abs(b)) for a, b in pairs)
    whole = math.prod(after) - math.prod(before)
    assert math.fsum(product_effects(before, after).amounts) == pytest.approx(whole, rel=1e-9, abs=1e-9 * size)
    assert math.fsum(shapley(math.prod, before, after)) == pytest.approx(whole, rel=1e-9, abs=1e-9 * size)


@given(st.lists(SLICE, min_size=1, max_size=8), st.floats(0.5, 1.0))
def test_rates_mix_and_overlap_add_up_to_a_ratios_change(
    slices: list[tuple[float, float, float, float]], counted: float
) -> None:
    """`counted`: how much of the slices' sum the whole has, as where a buyer is in two slices."""
    told = np.array(slices).T
    assume(told[2].sum() > 1 and told[3].sum() > 1)
    wholes = tuple(float(counted * n.sum() / d.sum()) for n, d in ((told[0], told[2]), (told[1], told[3])))
    found = rate_and_mix((told[0], told[1]), (told[2], told[3]), (wholes[0], wholes[1]))
    parts = math.fsum([*found.rate.tolist(), *found.mix.tolist(), found.overlap])
    assert parts == pytest.approx(wholes[1] - wholes[0], rel=1e-9, abs=1e-9 * max(map(abs, wholes)))


@given(st.lists(st.floats(-1e7, 1e7), min_size=1, max_size=12))
def test_rounded_parts_add_up_to_the_cent(parts: list[float]) -> None:
    total = Decimal(repr(math.fsum(parts))).quantize(Decimal("0.01"))
    found = to_the_cent(parts, total)
    assert sum(found.amounts, Decimal(0)) == total
    assert all(a == a.quantize(Decimal("0.01")) for a in found.amounts)
    assert (found.carried_by is None) == (found.remainder == 0)


def test_a_driver_tree_by_hand() -> None:
    """1,000 visitors × 5 % × 80 = 4,000; 1,200 × 4 % × 90 = 4,320. L = 320 ÷ ln 1.08, each effect L·ln of a factor's growth."""
    found = product_effects([1000, 0.05, 80], [1200, 0.04, 90]).amounts
    weight = 320 / math.log(1.08)
    assert found == pytest.approx((weight * math.log(1.2), weight * math.log(0.8), weight * math.log(1.125)), rel=1e-12)
    assert [round(a) for a in found] == [758, -928, 490]
