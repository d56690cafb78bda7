"""Why a figure changed: exact parts of the change, or nothing where no exact parts exist."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

LARGEST_PARTS = 6


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


def logarithmic_mean(a: float, b: float) -> float:
    """(a − b) ÷ ln(a ÷ b), and a when both are equal; both above zero.

    >>> round(logarithmic_mean(1.0, math.e), 6)
    1.718282
    """
    return a if math.isclose(a, b, rel_tol=1e-12) else (a - b) / math.log(a / b)


def ratio_factors(
    numerator_now: float, denominator_now: float, numerator_before: float, denominator_before: float
) -> tuple[float, float] | None:
    """How much of a ratio's change came from its numerator and how much from its denominator.

    Model: ΔR = L(R₁, R₀)·ln(N₁ ÷ N₀) − L(R₁, R₀)·ln(D₁ ÷ D₀), where L is the logarithmic mean: exact, no remainder,
    and the same whichever period is taken first. None when any of the four is not above zero.
    Source: Ang, "Decomposition analysis for policymaking in energy" (2004), LMDI-I with two factors.

    >>> up, down = ratio_factors(120.0, 10.0, 100.0, 10.0)
    >>> round(up, 9), round(abs(down), 9)
    (2.0, 0.0)
    """
    if min(numerator_now, denominator_now, numerator_before, denominator_before) <= 0:
        return None
    weight = logarithmic_mean(numerator_now / denominator_now, numerator_before / denominator_before)
    return (
        weight * math.log(numerator_now / numerator_before),
        -weight * math.log(denominator_now / denominator_before),
    )
