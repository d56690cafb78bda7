"""Why a figure changed: exact parts of the change, or nothing where no exact parts exist."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from shopkeeper.errors import NotEstimable

Floats = NDArray[np.float64]
LARGEST_PARTS = 6
MOST_FACTORS = 10
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Part:
    """One part of a change. `name` is None for what the named parts leave over."""

    name: str | None
    amount: Decimal | float


def contributions(
    now: Mapping[str, Decimal], before: Mapping[str, Decimal], change: Decimal, limit: int = LARGEST_PARTS
) -> tuple[Part, ...]:
    """The largest contributions of slices to the change of a sum, then the rest; they add up to `change` exactly.

    >>> parts = contributions({"a": Decimal(5)}, {"a": Decimal(2), "b": Decimal(4)}, Decimal(-1))
    >>> [(p.name, int(p.amount)) for p in parts]
    [('b', -4), ('a', 3)]
    """
    zero = Decimal(0)
    names = dict.fromkeys([*now, *before])
    amounts = {name: now.get(name, zero) - before.get(name, zero) for name in names}
    ordered = sorted((n for n in names if amounts[n]), key=lambda n: (-abs(amounts[n]), n))
    named = [Part(name, amounts[name]) for name in ordered[:limit]]
    rest = change - sum((amounts[name] for name in ordered[:limit]), zero)
    return (*named, Part(None, rest)) if rest else tuple(named)


# --- factors of a product ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Effects:
    """How much of the change of a product each factor brought; `amounts` add up to the change.

    `method` is "lmdi", or "shapley" where a factor is zero or below and has no logarithm.
    """

    amounts: tuple[float, ...]
    method: Literal["lmdi", "shapley"]


def logarithmic_mean(a: float, b: float) -> float:
    """(a − b) ÷ ln(a ÷ b), and a when both are equal; both above zero.

    >>> round(logarithmic_mean(1.0, math.e), 6)
    1.718282
    """
    if math.isclose(a, b, rel_tol=1e-5):  # the quotient would lose digits; the series is exact to 1e-15 here
        middle = (a + b) / 2
        return middle - (a - b) ** 2 / (12 * middle)
    return (a - b) / math.log(a / b)


def product_effects(before: Sequence[float], after: Sequence[float]) -> Effects:
    """Of a product's change, how much came with each factor?

    Model: LMDI-I, Δ_k = L(P₁, P₀) · ln(x_k₁ ÷ x_k₀), P the product, L the logarithmic mean: exact, no remainder, the same
    whichever period is taken first and in whatever order factors stand. Where a factor is not above zero in either period the
    Shapley value of the product is taken, which is exact as well.

    Args:
        before: factors then, at most 10. [x_0]
        after: factors now, in the same order. [x_1]
    Source: Ang, "Decomposition analysis for policymaking in energy" (2004), LMDI-I; Shapley (1953).

    >>> [round(a, 6) for a in product_effects([100.0, 0.5], [200.0, 0.5]).amounts]
    [50.0, 0.0]
    """
    products = math.prod(before), math.prod(after)
    if min(*before, *after) > 0:
        weight = logarithmic_mean(products[1], products[0])
        return Effects(tuple(weight * math.log(b / a) for a, b in zip(before, after, strict=True)), "lmdi")
    return Effects(shapley(math.prod, before, after), "shapley")


def growth_effects(before: Sequence[float], after: Sequence[float]) -> tuple[float, ...]:
    """By what factor each factor of a product alone multiplied it (multiplicative LMDI); their product is the growth.

    Raises NotEstimable where a factor is not above zero.

    >>> [round(g, 6) for g in growth_effects([100.0, 0.5], [200.0, 0.25])]
    [2.0, 0.5]
    """
    if min(*before, *after) <= 0:
        raise NotEstimable("a factor that is not above zero has no growth", ["factors above zero in both periods"])
    return tuple(b / a for a, b in zip(before, after, strict=True))


def shapley(
    value: Callable[[Sequence[float]], float], before: Sequence[float], after: Sequence[float]
) -> tuple[float, ...]:
    """What each part brought to the change of any function of them: its mean effect over all orders of changing them.

    Exact for at most 10 parts (2ⁿ evaluations); raises NotEstimable beyond. Source: Shapley (1953), "A value for n-person games".

    >>> [round(a, 6) for a in shapley(lambda x: x[0] / x[1], [10.0, 2.0], [12.0, 4.0])]
    [0.75, -2.75]
    """
    count = len(before)
    if count > MOST_FACTORS:
        raise NotEstimable("too many parts to try every order of them", [f"at most {MOST_FACTORS} parts, not {count}"])
    values: dict[int, float] = {}
    for mask in range(1 << count):
        values[mask] = value([after[i] if mask >> i & 1 else before[i] for i in range(count)])
    weights = [math.factorial(size) * math.factorial(count - size - 1) / math.factorial(count) for size in range(count)]
    amounts = []
    for i in range(count):
        without = (mask for mask in range(1 << count) if not mask >> i & 1)
        amounts.append(math.fsum(weights[m.bit_count()] * (values[m | 1 << i] - values[m]) for m in without))
    return tuple(amounts)


def ratio_factors(
    numerator_now: float, denominator_now: float, numerator_before: float, denominator_before: float
) -> tuple[float, float] | None:
    """How much of a ratio's change came from its numerator and how much from its denominator.

    LMDI of numerator × (1 ÷ denominator). None when any of the four is not above zero.

    >>> up, down = ratio_factors(120.0, 10.0, 100.0, 10.0)
    >>> round(up, 9), round(abs(down), 9)
    (2.0, 0.0)
    """
    if min(numerator_now, denominator_now, numerator_before, denominator_before) <= 0:
        return None
    found = product_effects((numerator_before, 1 / denominator_before), (numerator_now, 1 / denominator_now))
    return found.amounts[0], found.amounts[1]


# --- slices of a ratio ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mix:
    """A ratio's change by slice.

    `rate`: its own ratio moved. `mix`: its part of the denominator moved, towards or away from a slice whose ratio is
    higher or lower than the whole's. `overlap`: what is counted in several slices, or in none, moved the whole against
    the sum of the slices; 0 where slices add up. All parts together are the change.
    """

    rate: Floats
    mix: Floats
    overlap: float

    @property
    def total(self) -> Floats:
        """Rate and mix of each slice."""
        return self.rate + self.mix


def rate_and_mix(
    numerators: tuple[Floats, Floats], denominators: tuple[Floats, Floats], wholes: tuple[float, float]
) -> Mix:
    """Of a ratio's change, how much is slices doing better or worse, and how much is business moving between them?

    Model: with d the slices' denominators, w = d ÷ Σd, r = n ÷ d and S = Σ w·r, the whole R = φ·S. ΔR = φ̄·ΔS + S̄·Δφ (bars are
    means of both periods), ΔS = Σ w̄·Δr + Σ (r̄ − S̄)·Δw. The two-factor Shapley value at each step, so exact and
    symmetrical. A slice that was or is not there has no rate to move: all of it is mix. A slice with a numerator and no
    denominator counts as rate.

    Args:
        numerators: before and after, each shape (n_slices,).
        denominators: before and after, each shape (n_slices,), ≥ 0 with a sum above 0.
        wholes: the ratio of the whole before and after.

    >>> found = rate_and_mix((np.array([1.0, 8.0]), np.array([2.0, 8.0])), (np.array([10.0, 10.0]),) * 2, (0.45, 0.5))
    >>> found.rate.round(6).tolist(), found.mix.round(6).tolist(), round(found.overlap, 6)
    ([0.05, 0.0], [0.0, 0.0], 0.0)
    """
    sums = [float(d.sum()) for d in denominators]
    if min(sums) <= 0:
        raise NotEstimable(
            "no slice has a denominator in one of the periods", ["a denominator above 0 in both periods"]
        )
    weights = [d / s for d, s in zip(denominators, sums, strict=True)]
    shares = [n / s for n, s in zip(numerators, sums, strict=True)]
    together = [float(s.sum()) for s in shares]
    there = [w > 0 for w in weights]
    rates = [np.divide(s, w, out=np.zeros_like(s), where=t) for s, w, t in zip(shares, weights, there, strict=True)]
    both = there[0] & there[1]
    middle = (together[0] + together[1]) / 2
    moved = shares[1] - shares[0]
    rate = np.where(
        both, (weights[0] + weights[1]) / 2 * (rates[1] - rates[0]), np.where(there[0] | there[1], 0.0, moved)
    )
    mix = moved - rate - middle * (weights[1] - weights[0])
    factor = [w / t if t else 0.0 for w, t in zip(wholes, together, strict=True)]
    scale = (factor[0] + factor[1]) / 2
    rate, mix = scale * rate, scale * mix
    # Weights add up to 1 in both periods, so what slices leave over is the whole moving against their sum.
    overlap = (wholes[1] - wholes[0]) - math.fsum(itertools.chain(rate.tolist(), mix.tolist()))
    if math.isclose(factor[0], factor[1], rel_tol=1e-12) and abs(overlap) <= 1e-12 * max(map(abs, wholes)):
        overlap = 0.0
    return Mix(rate, mix, overlap)


# --- money ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rounded:
    """Parts in whole cents that add up to the total.

    `remainder` is what rounding left over, and `carried_by` the part that bears it (None where nothing was left).
    """

    amounts: tuple[Decimal, ...]
    remainder: Decimal
    carried_by: int | None


def to_the_cent(parts: Sequence[Decimal | float], total: Decimal, unit: Decimal = CENT) -> Rounded:
    """Parts of an amount of money rounded to cents; what rounding leaves goes to the largest part, and is told.

    >>> found = to_the_cent([1 / 3, 1 / 3, 1 / 3], Decimal("1.00"))
    >>> [str(a) for a in found.amounts], str(found.remainder), found.carried_by
    (['0.34', '0.33', '0.33'], '0.01', 0)
    """
    amounts = [Decimal(repr(p) if isinstance(p, float) else p).quantize(unit, ROUND_HALF_EVEN) for p in parts]
    remainder = total - sum(amounts, Decimal(0))
    if not remainder or not amounts:
        return Rounded(tuple(amounts), remainder, None)
    largest = max(range(len(amounts)), key=lambda i: (abs(amounts[i]), -i))
    amounts[largest] += remainder
    return Rounded(tuple(amounts), remainder, largest)
