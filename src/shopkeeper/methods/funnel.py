"""A funnel: who goes on at each step, who is lost there, and what the lost ones would have been worth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from shopkeeper.errors import NotEstimable
from shopkeeper.methods.intervals import wilson

FEWEST = 30


@dataclass(frozen=True)
class Step:
    """From one step of a funnel to the next. Money is in the unit of `Worth`.

    `at_stake`: what the lost would bring if they went on like those who did not leave: a ceiling, nobody gets all back.
    `per_point`: what one percentage point more going on here would bring over the same span.
    """

    entered: int
    went_on: int
    share: float
    low: float
    high: float
    lost: int
    at_stake: float
    at_stake_low: float
    at_stake_high: float
    per_point: float
    per_point_low: float
    per_point_high: float


@dataclass(frozen=True)
class Worth:
    """What one who reached the last step brought: number, mean and standard deviation."""

    n: int
    mean: float
    deviation: float


def step_losses(reached: list[int], worth: Worth, z: float = 1.959963984540054) -> tuple[Step, ...]:
    """Where does a funnel lose people, and how much money goes with them?

    Model: everyone at a step goes on with that step's probability, whatever came before; the worth of one who goes on is
    the product of the shares that follow times the mean worth of one who arrived. It breaks where those who leave differ
    from those who stay, which they mostly do: hence a ceiling.

    Args:
        reached: how many reached each step, in order; never rising, the last one > 0.
        worth: of those who reached the last step.
        z: normal quantile of the intervals; the default gives 95 %.

    Returns:
        One Step between each two. Shares have Wilson's interval; money has one by the delta method on logarithms, in
        which later shares and the mean worth err independently.

    Raises:
        NotEstimable: fewer than 30 at the last step but one, or nobody at the end.
        ValueError: a later step holds more than an earlier one.
    Source: Wilson 1927, JASA 22, eq. (4); the delta method as in Agresti 2002, Categorical Data Analysis, 14.1.

    >>> steps = step_losses([1000, 100, 50], Worth(50, 200.0, 100.0))
    >>> steps[0].lost, round(steps[0].at_stake), round(steps[0].per_point)
    (900, 90000, 1000)
    """
    if any(later > earlier for earlier, later in pairwise(reached)):
        raise ValueError(f"a later step holds more than an earlier one: {reached}")
    if len(reached) < 2 or reached[-2] < FEWEST or reached[-1] < 2:
        raise NotEstimable(
            "too few went through the funnel", [f"{FEWEST} at the last step but one and 2 at the end; found {reached}"]
        )
    steps = []
    for at, (entered, went_on) in enumerate(pairwise(reached)):
        after = list(pairwise(reached[at + 1 :]))
        onward = math.prod(later / earlier for earlier, later in after)
        variance = sum((1 - k / n) / k for n, k in after) + (worth.deviation / worth.mean) ** 2 / worth.n
        value = onward * worth.mean
        spread = math.exp(z * math.sqrt(variance))
        lost = entered - went_on
        low, high = wilson(went_on, entered, z)
        steps.append(
            Step(
                entered,
                went_on,
                went_on / entered,
                low,
                high,
                lost,
                lost * value,
                lost * value / spread,
                lost * value * spread,
                0.01 * entered * value,
                0.01 * entered * value / spread,
                0.01 * entered * value * spread,
            )  # fmt: skip
        )
    return tuple(steps)
