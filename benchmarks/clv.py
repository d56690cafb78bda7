"""How fast does a shop of a million customers learn what they will buy: BG/NBD fitted and asked, and beside it `lifetimes`.

Customers are drawn from a BG/NBD with the parameters of CDNOW (in days), so that what is found can be held to what is true.
`lifetimes` is asked for the same where it is installed; it is old and single-threaded, so it gets a tenth of the customers and
its time is multiplied. pymc-marketing (577 MB) is not installed here: the bar against it is not measured.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import Figure, interleaved, peak_rss_gb, ratio_of_pairs, report, runs
from shopkeeper.methods.buying_process import Fit, fit_process, grouped

CUSTOMERS = 1_000_000
TRUE = {"r": 0.243, "alpha": 4.414 * 7, "a": 0.793, "b": 2.426}
DAYS, AHEAD = 730, 90.0
PEER_SHARE = 10

Arrays = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def drawn(n: int, seed: int = 5) -> Arrays:
    """Histories (x, t_x, T) in whole days of n customers who began on any day of two years."""
    draw = np.random.default_rng(seed)
    rate = draw.gamma(TRUE["r"], 1 / TRUE["alpha"], n)
    leave = draw.beta(TRUE["a"], TRUE["b"], n)
    seen = draw.integers(1, DAYS, n).astype(np.float64)
    x, last = np.zeros(n), np.zeros(n)
    here = np.arange(n)
    at = np.zeros(n)
    while len(here):
        at[here] += draw.exponential(1.0, len(here)) / np.maximum(rate[here], 1e-12)
        here = here[at[here] <= seen[here]]
        x[here] += 1
        last[here] = at[here]
        here = here[draw.random(len(here)) >= leave[here]]
    return x, np.minimum(np.ceil(last), seen), seen


def ours(histories: Arrays) -> Fit:
    """Group, fit, expect, and say who is alive."""
    made = grouped(*histories)
    fit = fit_process("bgnbd", made)
    assert len(fit.expected(made, AHEAD)) == len(fit.alive(made)) == len(histories[0])
    return fit


def theirs(histories: Arrays) -> object:
    """The same by `lifetimes`, on a part of the customers."""
    import lifetimes

    part = tuple(column[::PEER_SHARE] for column in histories)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitter = lifetimes.BetaGeoFitter(penalizer_coef=0.0)
        fitter.fit(*part)
        fitter.conditional_expected_number_of_purchases_up_to_time(AHEAD, *part)
    return fitter.conditional_probability_alive(*part)


def peer_works(histories: Arrays) -> bool:
    """Whether the old library runs with the libraries of today at all."""
    try:
        theirs(tuple(column[:5000] for column in histories))  # type: ignore[arg-type]
    except Exception:  # noqa: BLE001 - whatever breaks in it, there is nothing to compare with
        return False
    return True


def main() -> int:
    """Measure and report."""
    histories = drawn(CUSTOMERS)
    candidates: dict[str, Callable[[], object]] = {"ours": lambda: ours(histories)}
    compared = peer_works(histories)
    if compared:
        candidates["lifetimes"] = lambda: theirs(histories)
    found = interleaved(runs(3, 7), candidates)
    fit = ours(histories)
    off = max(abs(getattr(fit, name) / true - 1) for name, true in TRUE.items())
    mine = found["ours"]
    figures = [
        Figure("fit_and_predict_1m", mine.seconds, "s", 3.0, "lower", "one million customers, median on the wall"),
        Figure("fit_and_predict_1m_cpu", mine.cpu_seconds, "s", against="processor time"),
        Figure("parameters_off", off, "share", 0.1, "lower", "largest error against the parameters drawn from"),
        Figure("peak_memory", peak_rss_gb(), "GB"),
    ]
    if compared:
        ratio = ratio_of_pairs(found["lifetimes"], mine) * PEER_SHARE
        figures.append(
            Figure("times_lifetimes", ratio, "times", 5.0, "higher", "lifetimes 0.11.3, a tenth of the customers × 10")
        )
    return report("clv", figures)


if __name__ == "__main__":
    raise SystemExit(main())
