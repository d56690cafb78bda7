"""How two arms differ: with its interval, in relative terms, with less noise by a covariate, and at any time."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import chdtrc, ndtri, stdtr, stdtrit

from shopkeeper.methods.experiment.statistics import Arm


@dataclass(frozen=True)
class Difference:
    """Treated less control. `relative` is the difference ÷ the control's mean; None where that is not above zero.

    `variance` is that of the difference; `p_value` is two-sided.
    """

    estimate: float
    low: float
    high: float
    p_value: float
    variance: float
    relative: float | None
    relative_low: float | None
    relative_high: float | None
    method: str


def welch(control: Arm, treated: Arm, level: float = 0.95) -> Difference:
    """Does the mean of the treated differ from the control's, and by how much?

    Model: difference of means, variances of the two arms apart, Student's t with Welch's degrees of freedom; the relative
    interval by the delta method. A share is the mean of zeros and ones.

    Raises ValueError for an arm of fewer than two units, or no variance at all.

    Source: Welch 1947; Deng, Knoblich & Lu 2018 for the delta method.
    """
    return _between(control, treated, control.mean, treated.mean, control.variance, treated.variance, level, "welch")


def cuped(control: Arm, treated: Arm, level: float = 0.95) -> tuple[Difference, float]:
    """The same with the part of the outcome taken off that a covariate from before the experiment explains.

    Model: y − θ·(x − x̄) with θ = cov(y, x) ÷ var(x), pooled within the arms: unbiased, as x cannot depend on the arm.

    Returns:
        The difference, and the share of the variance that was taken off (0–1).

    Raises ValueError where the covariate does not vary.

    Source: Deng, Xu, Kohavi & Walker 2013, "Improving the sensitivity of online controlled experiments", section 3.
    """
    left, right = control.n - 1, treated.n - 1
    spread = left * control.covariate_variance + right * treated.covariate_variance
    if not spread > 0:
        raise ValueError("the covariate does not vary")
    theta = (left * control.covariance + right * treated.covariance) / spread
    middle = (control.x + treated.x) / (control.n + treated.n)
    means = [arm.mean - theta * (arm.covariate_mean - middle) for arm in (control, treated)]
    variances = [
        max(arm.variance - 2 * theta * arm.covariance + theta * theta * arm.covariate_variance, 0.0)
        for arm in (control, treated)
    ]
    found = _between(control, treated, means[0], means[1], variances[0], variances[1], level, "cuped")
    before = control.variance / control.n + treated.variance / treated.n
    return found, 1 - found.variance / before if before > 0 else 0.0


def always_valid(
    found: Difference, control_variance: float, n: int, scale: float = 0.1, level: float = 0.95
) -> Difference:
    """The same difference with an interval and a p-value that hold however often one looks and whenever one stops.

    Model: mixture sequential probability ratio test with a normal mixture of variance τ² = (scale × standard deviation)²:
    Λ = √(V ÷ (V + τ²)) · exp(τ²·d² ÷ (2·V·(V + τ²))), p = min(1, 1 ÷ Λ); the interval is where Λ < 1 ÷ α. For one look the
    p-value at that look is given; over several looks take the least so far.

    Args:
        found: a difference d with its variance V at this look.
        control_variance: variance of one unit's outcome, which sets the scale of likely effects.
        n: units so far in both arms, for nothing but the check that there are any.
        scale: likely effects in standard deviations; tunes power, never the error rate.
        level: 1 − α.

    Source: Robbins 1970; Johari, Pekelis & Walsh 2017, "Always valid inference", eq. (6).
    """
    if n < 2 or not control_variance > 0 or not found.variance > 0:
        raise ValueError(f"{n} units of variance {control_variance} carry no test")
    tau, v, d = scale * scale * control_variance, found.variance, found.estimate
    log_ratio = 0.5 * math.log(v / (v + tau)) + tau * d * d / (2 * v * (v + tau))
    p_value = min(1.0, math.exp(-log_ratio)) if log_ratio > 0 else 1.0
    half = math.sqrt(2 * v * (v + tau) / tau * (math.log(1 / (1 - level)) - 0.5 * math.log(v / (v + tau))))
    return Difference(d, d - half, d + half, p_value, v, found.relative, None, None, f"{found.method}, always valid")


def holm(p_values: list[float]) -> list[float]:
    """P-values adjusted so that the chance of any false finding among them stays at the level asked for.

    Source: Holm 1979, "A simple sequentially rejective multiple test procedure".

    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda n: p_values[n])
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, n in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[n]))
        adjusted[n] = largest
    return adjusted


def sample_ratio(counts: list[int], shares: list[float]) -> float:
    """P-value of the counts of the arms under the shares meant: a small one says the assignment is broken (SRM).

    Source: Pearson 1900; Fabijan et al. 2019.

    >>> round(sample_ratio([21306, 21387, 21307], [1 / 3, 1 / 3, 1 / 3]), 2)
    0.9
    """
    total = sum(counts)
    statistic = sum((n - total * s) ** 2 / (total * s) for n, s in zip(counts, shares, strict=True))
    return float(chdtrc(len(counts) - 1, statistic))


def units_needed(variance: float, effect: float, level: float = 0.95, power: float = 0.8) -> int:
    """Units an arm to find a true difference of `effect` with this power.

    Model: n = 2·σ²·(z₁₋α/₂ + z₁₋β)² ÷ δ².

    >>> units_needed(0.1 * 0.9, 0.02)
    3532
    """
    if not (variance > 0 and effect):
        raise ValueError(f"variance == {variance}, effect == {effect}: both must be other than 0")
    quantiles = float(ndtri(0.5 + level / 2)) + float(ndtri(power))
    return math.ceil(2 * variance * quantiles**2 / effect**2)


def _between(
    control: Arm, treated: Arm, low_mean: float, high_mean: float, low_var: float, high_var: float, level: float, method: str
) -> Difference:  # fmt: skip
    if min(control.n, treated.n) < 2:
        raise ValueError(f"{control.n} and {treated.n} units: each arm needs two")
    a, b = low_var / control.n, high_var / treated.n
    variance = a + b
    if not variance > 0:
        raise ValueError("the outcome does not vary")
    freedom = variance**2 / (a * a / (control.n - 1) + b * b / (treated.n - 1))
    estimate, error = high_mean - low_mean, math.sqrt(variance)
    t = float(stdtrit(freedom, 0.5 + level / 2))
    p_value = 2 * float(stdtr(freedom, -abs(estimate) / error))
    relative = low = high = None
    if low_mean > 0:
        relative = estimate / low_mean
        spread = math.sqrt(b / low_mean**2 + a * high_mean**2 / low_mean**4)
        low, high = relative - t * spread, relative + t * spread
    return Difference(
        estimate, estimate - t * error, estimate + t * error, p_value, variance, relative, low, high, method
    )  # fmt: skip
