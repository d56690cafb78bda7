"""How often will somebody buy again, from when they bought so far: BG/NBD, MBG/NBD and gamma-Poisson.

Each customer is told by three numbers: x repeat purchases, the time t_x of the last one since the first, and the time T
for which they were seen since the first. Equal triples are put together before anything is fitted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from shopkeeper.errors import NotEstimable

Floats = NDArray[np.float64]
Process = Literal["bgnbd", "mbgnbd", "gamma_poisson"]

FEWEST = 30
_BOUND = 7.0  # on |log θ|, times scaled so that the longest T is 40: unbounded fits run away to infinity
_LONGEST = 40.0
_NEAR_ONE = 1e-6  # expected purchases have a removable singularity at a = 1


@dataclass(frozen=True)
class Histories:
    """Grouped histories: `count[i]` customers have x[i], t_x[i], T[i]; `group_of` places each customer given."""

    x: Floats
    last: Floats
    seen: Floats
    count: Floats
    group_of: NDArray[np.int64]

    @property
    def customers(self) -> int:
        """How many customers."""
        return int(self.count.sum())


def grouped(x: NDArray[Any], last: NDArray[Any], seen: NDArray[Any]) -> Histories:
    """Put equal histories together.

    Args:
        x: repeat purchases, shape (n,), >= 0. [x]
        last: time from the first to the last purchase, shape (n,), 0 where x is 0. [t_x]
        seen: time from the first purchase to the end of observation, shape (n,), >= last. [T]

    Returns:
        Histories, sorted by x; `group_of` has shape (n,).

    Raises:
        NotEstimable: fewer than 30 customers, or nobody bought twice.

    >>> made = grouped(np.array([0, 1, 0] * 10), np.array([0, 2, 0] * 10), np.array([5, 5, 5] * 10))
    >>> made.count.tolist(), made.customers
    ([20.0, 10.0], 30)
    """
    if len(x) < FEWEST:
        raise NotEstimable("too few customers", [f"at least {FEWEST} customers; there are {len(x)}"])
    x, last, seen = (np.asarray(v, dtype=np.float64) for v in (x, last, seen))
    if not (x > 0).any():
        raise NotEstimable("nobody bought twice", ["customers who come back"])
    order = np.lexsort((seen, last, x))
    sx, sl, ss = x[order], last[order], seen[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (np.diff(sx) != 0) | (np.diff(sl) != 0) | (np.diff(ss) != 0)
    start = np.flatnonzero(new)
    group_of = np.empty(len(order), dtype=np.int64)
    group_of[order] = np.cumsum(new) - 1
    count = np.diff(np.append(start, len(order))).astype(np.float64)
    return Histories(sx[start], sl[start], ss[start], count, group_of)


@dataclass(frozen=True)
class Fit:
    """A fitted process. Rates are gamma distributed (r, alpha); drop-out after a purchase is beta distributed (a, b).

    `a` and `b` are 0 for the gamma-Poisson, which knows no drop-out. `at_bound`: a parameter ran to its bound, so the data
    do not tell it.
    """

    process: Process
    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    customers: int
    at_bound: bool

    @property
    def _later(self) -> int:
        return 1 if self.process == "mbgnbd" else 0

    def alive(self, history: Histories) -> Floats:
        """Probability that each customer still buys, in the order in which customers were given; 1 without drop-out."""
        if self.process == "gamma_poisson":
            return np.ones(len(history.group_of))
        return np.asarray((1.0 / (1.0 + self._gone(history)))[history.group_of])

    def _gone(self, history: Histories) -> Floats:
        """Odds of having dropped out, a group."""
        x, m = history.x, self._later
        odds = np.zeros(len(x))
        may = (x > 0) | (m == 1)
        with np.errstate(over="ignore"):
            ratio = (self.r + x[may]) * (
                np.log(self.alpha + history.seen[may]) - np.log(self.alpha + history.last[may])
            )
            odds[may] = self.a / (self.b + x[may] + m - 1.0) * np.exp(ratio)
        return odds

    def expected(self, history: Histories, ahead: float) -> Floats:
        """Purchases expected of each customer in the time ahead, in the order in which customers were given.

        Source: Fader, Hardie & Lee 2005, eq. (10); for MBG/NBD Batislam, Denizel & Filiztekin 2007, eq. (10).
        """
        x, seen = history.x, history.seen
        if self.process == "gamma_poisson":
            return np.asarray(((self.r + x) / (self.alpha + seen) * ahead)[history.group_of])
        from scipy.special import hyp2f1

        # what follows depends on x and T alone, of which there are far fewer pairs than triples
        pairs, place = np.unique(np.column_stack((x, seen)), axis=0, return_inverse=True)
        px, ps = pairs[:, 0], pairs[:, 1] + self.alpha
        m = self._later
        a = self.a if abs(self.a - 1.0) > _NEAR_ONE else 1.0 + _NEAR_ONE
        top = a + self.b + px + m - 1.0
        f = hyp2f1(self.r + px, self.b + px + m, top, ahead / (ps + ahead))
        mean = top / (a - 1.0) * (1.0 - (ps / (ps + ahead)) ** (self.r + px) * f)
        return np.asarray((mean[place.reshape(-1)] / (1.0 + self._gone(history)))[history.group_of])


def fit_process(process: Process, history: Histories) -> Fit:
    """Which process would most likely have made these histories?

    Model: purchases come at a customer's own constant rate while they are alive; after each purchase they may drop out
    (BG/NBD), also after the first (MBG/NBD), or never (gamma-Poisson). Season, promotions and customers who pause break it.

    Args:
        process: which one.
        history: grouped histories.

    Returns:
        Fit, with alpha in the unit of time of the histories.

    Raises:
        NotEstimable: the search for the maximum does not end.

    Source: Fader, Hardie & Lee 2005, Marketing Science 24(2), eq. (6); Batislam, Denizel & Filiztekin 2007, eq. (7);
    for the gamma-Poisson Ehrenberg 1959. Maximised by L-BFGS-B with exact derivatives.
    """
    from scipy.optimize import minimize

    scale = _LONGEST / float(history.seen.max())
    scaled = Histories(history.x, history.last * scale, history.seen * scale, history.count, history.group_of)
    size = 2 if process == "gamma_poisson" else 4
    start = np.log([0.5, 10.0, 0.5, 2.0][:size])
    slope = _slope(process, scaled)
    found = minimize(slope, start, jac=True, method="L-BFGS-B", bounds=[(-_BOUND, _BOUND)] * size,
                     options={"maxiter": 500, "ftol": 1e-12, "gtol": 1e-8})  # fmt: skip
    if not np.isfinite(found.fun):
        raise NotEstimable("the likelihood has no maximum", ["more customers who come back"])
    values = np.exp(found.x)
    a, b = (float(values[2]), float(values[3])) if size == 4 else (0.0, 0.0)
    likelihood = -float(found.fun) * history.customers + float((history.count * history.x).sum() * np.log(scale))
    return Fit(
        process, float(values[0]), float(values[1] / scale), a, b, likelihood, history.customers,
        bool((np.abs(found.x) > _BOUND - 1e-3).any()),
    )  # fmt: skip


def _slope(process: Process, history: Histories) -> Any:
    """Minus the mean log-likelihood and its derivatives by the logs of the parameters."""
    from scipy.special import gammaln, psi

    x, seen, last, count = history.x, history.seen, history.last, history.count
    total = count.sum()
    share = count / total
    kinds, place = np.unique(x, return_inverse=True)
    weight = np.bincount(place, share)  # gamma functions depend on x alone
    m = 1 if process == "mbgnbd" else 0
    may = np.ones(len(x), dtype=bool) if m else x > 0
    drops = process != "gamma_poisson"

    def of(logs: Floats) -> tuple[float, Floats]:
        r, alpha = np.exp(logs[:2])
        until, since = np.log(alpha + seen), np.log(alpha + last)
        value = float(weight @ gammaln(r + kinds)) - gammaln(r) + r * logs[1]
        by = np.zeros(len(logs))
        gone = np.zeros(len(x))
        stay = -(r + x) * until
        if drops:
            a, b = np.exp(logs[2:])
            died = np.log(a) - np.log(b + x[may] + m - 1.0) - (r + x[may]) * since[may]
            both = np.logaddexp(stay[may], died)
            gone[may] = np.exp(died - both)
            stay[may] = both
            k = kinds + m
            value += float(weight @ (gammaln(b + k) - gammaln(a + b + k))) + gammaln(a + b) - gammaln(b)
            rest = float(share[may] @ (gone[may] / (b + x[may] + m - 1.0)))
            common = psi(a + b) - float(weight @ psi(a + b + k))
            by[2] = a * (common + float(share @ gone) / a)
            by[3] = b * (common + float(weight @ psi(b + k)) - psi(b) - rest)
        value += float(share @ stay)
        mixed = (1.0 - gone) * until + gone * since
        pull = (1.0 - gone) / (alpha + seen) + gone / (alpha + last)
        by[0] = r * (float(weight @ psi(r + kinds)) - psi(r) + logs[1] - float(share @ mixed))
        by[1] = alpha * (r / alpha - float(share @ ((r + x) * pull)))
        return -value, -by

    return of


def drop_out_gain(with_drop_out: Fit, without: Fit) -> float:
    """Twice the log-likelihood that drop-out adds; below 5.99 the data do not tell it from mere chance (χ², 2 df, 5 %)."""
    return 2.0 * (with_drop_out.log_likelihood - without.log_likelihood)


@dataclass(frozen=True)
class SpendFit:
    """A fitted Gamma-Gamma: values of purchases vary by gamma (p, ν) around a customer's mean, ν by gamma (q, gamma)."""

    p: float
    q: float
    gamma: float
    log_likelihood: float
    customers: int

    def expected(self, purchases: Floats, mean: Floats) -> Floats:
        """The value of a next purchase of each customer: between their own mean and that of all. Needs p·n + q > 1.

        Source: Fader & Hardie 2013, eq. (5).
        """
        weight = self.p * purchases + self.q - 1.0
        return np.asarray(self.p * (self.gamma + purchases * mean) / weight)


def fit_spend(purchases: NDArray[Any], mean: NDArray[Any]) -> SpendFit:
    """How do the values of purchases differ between customers and within one?

    Model: a customer's mean does not depend on how often they buy; check that before believing it.

    Args:
        purchases: how many purchases each mean is taken over, shape (n,), > 0. [x]
        mean: a customer's mean value, shape (n,), > 0. [m_x]

    Returns:
        SpendFit.

    Raises:
        NotEstimable: fewer than 30 customers.

    Source: Fader & Hardie 2013, "The Gamma-Gamma Model of Monetary Value", eq. (1a).
    """
    from scipy.optimize import minimize
    from scipy.special import gammaln, psi

    n, m = np.asarray(purchases, dtype=np.float64), np.asarray(mean, dtype=np.float64)
    if len(n) < FEWEST:
        raise NotEstimable("too few customers", [f"at least {FEWEST} customers with purchases; there are {len(n)}"])
    unit = float(m.mean())
    logged, scaled = np.log(m / unit), m / unit

    def of(logs: Floats) -> tuple[float, Floats]:
        p, q, g = np.exp(logs)
        inside = np.log(g + n * scaled)
        value = (
            gammaln(p * n + q) - gammaln(p * n) - gammaln(q) + q * logs[2] + (p * n - 1) * logged + p * n * np.log(n)
            - (p * n + q) * inside
        )  # fmt: skip
        by_p = n * (psi(p * n + q) - psi(p * n) + logged + np.log(n) - inside)
        by_q = psi(p * n + q) - psi(q) + logs[2] - inside
        by_g = q / g - (p * n + q) / (g + n * scaled)
        return -float(value.mean()), -np.array([p * by_p.mean(), q * by_q.mean(), g * by_g.mean()])

    found = minimize(of, np.log([2.0, 2.0, 1.0]), jac=True, method="L-BFGS-B", bounds=[(-_BOUND, _BOUND)] * 3,
                     options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-8})  # fmt: skip
    p, q, g = (float(v) for v in np.exp(found.x))
    return SpendFit(p, q, g * unit, -float(found.fun) * len(n) - len(n) * float(np.log(unit)), len(n))
