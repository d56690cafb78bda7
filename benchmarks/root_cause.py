"""How often does the root-cause search name what people found? 45 real incidents, scored as `incidents.py` says.

Settings are chosen by nested 5-fold: for each fold on the other four, then scored on it. The power, the minutes before and the
shrinkage are those under which the true combination is likeliest among all (conditional logit on log excess and log size: a
smooth target, where F1 of 36 cases is a staircase that one case decides); the gate of further causes is the one of best F1, the
shipped one where several are. Ten splits show how much the figure owes to one of them; the interval is a bootstrap over
incidents. SCALE changes nothing.
"""

from __future__ import annotations

import functools
import itertools
import statistics
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from benchmarks.harness import Figure, report
from benchmarks.incidents import Choice, Incident, Outcome, expected_of, f1, found, incidents, outcome
from shopkeeper.methods.root_cause import Search

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "root_cause"
FOLDS, SPLITS, RESAMPLES, SEED = 5, 10, 2000, 7
RATES = tuple(Choice(Search(), m, p) for m, p in itertools.product((3, 5, 10), (10.0, 50.0)))
GATES = tuple(itertools.product((0.1, 0.2, 0.3), (0.3, 0.5, 0.7)))
LEAST = 0.02
"""Combinations that hold less of the excess are no candidates of the logit."""

Features = tuple[NDArray[np.float64], NDArray[np.bool_]]


@functools.cache
def features(incident_number: int, rate: int) -> Features:
    """Every candidate's log share of the excess and log share of the size, and whether it is true; duplicates left out."""
    case, choice = CASES[incident_number], RATES[rate]
    expected = expected_of(case, choice)
    excess_whole, size_whole = float((case.value - expected).sum()), float(case.size.sum())
    rows: dict[tuple[float, float, int], tuple[list[float], bool]] = {}
    columns = range(case.codes.shape[1])
    for count in (1, 2, 3):
        for dims in itertools.combinations(columns, min(count, len(columns))):
            keys, place = np.unique(case.codes[:, dims], axis=0, return_inverse=True)
            place = place.reshape(-1)
            sums = [np.bincount(place, w, len(keys)) for w in (case.value - expected, case.size, np.ones(len(place)))]
            for i in np.flatnonzero(sums[0] > LEAST * abs(excess_whole)):
                named = frozenset((case.dimensions[d], case.values[d][v]) for d, v in zip(dims, keys[i], strict=True))
                told = [float(np.log(sums[0][i] / excess_whole)), float(np.log(sums[1][i] / size_whole))]
                rows.setdefault((round(told[0], 9), round(told[1], 9), int(sums[2][i])), (told, named in case.truth))
    return np.array([r[0] for r in rows.values()]), np.array([r[1] for r in rows.values()])


def fitted(train: tuple[int, ...], rate: int) -> tuple[float, float]:
    """(mean log-likelihood, power) of the conditional logit of the true combination."""
    told = [f for f in (features(i, rate) for i in train) if f[1].any()]

    def loss(weights: NDArray[np.float64]) -> float:
        total = 0.01 * float(weights @ weights)
        for x, truth in told:
            z = x @ weights
            whole = float(np.logaddexp.reduce(z))
            total -= float(np.logaddexp.reduce(z[truth])) - whole
        return total

    answer = minimize(loss, np.array([4.0, -1.0]), method="BFGS")
    return -float(answer.fun) / len(train), float(np.clip(-answer.x[1] / answer.x[0], 0.0, 1.0))


def chosen(train: tuple[int, ...]) -> Choice:
    """The settings that some incidents would choose."""
    fits = [fitted(train, rate) for rate in range(len(RATES))]
    best = max(range(len(RATES)), key=lambda r: fits[r][0])
    shipped = Search()
    searches = [
        replace(shipped, power=fits[best][1], further_share=share, further_strength=strength)
        for share, strength in GATES
    ]
    choices = [replace(RATES[best], search=s) for s in searches]
    distance = [
        abs(s.further_share - shipped.further_share) + abs(s.further_strength - shipped.further_strength)
        for s in searches
    ]
    scores = [f1([outcome(CASES[i], c) for i in train]) for c in choices]
    return choices[max(range(len(choices)), key=lambda n: (round(scores[n], 9), -distance[n]))]


def nested(seed: int) -> tuple[list[Outcome], list[float]]:
    """Each incident's outcome under the settings chosen on the folds it is not in, and the powers that were chosen."""
    order = np.random.default_rng(seed).permutation(len(CASES))
    kept: dict[int, Outcome] = {}
    powers = []
    for fold in range(FOLDS):
        out = order[fold::FOLDS].tolist()
        choice = chosen(tuple(sorted(set(range(len(CASES))) - set(out))))
        powers.append(choice.search.power)
        kept |= {i: outcome(CASES[i], choice) for i in out}
    return [kept[i] for i in range(len(CASES))], powers


def interval(outcomes: list[Outcome]) -> tuple[float, float]:
    """95 % bootstrap interval of F1 over incidents."""
    draws = np.random.default_rng(SEED).integers(0, len(outcomes), (RESAMPLES, len(outcomes)))
    scores = [f1([outcomes[i] for i in draw]) for draw in draws]
    return float(np.quantile(scores, 0.025)), float(np.quantile(scores, 0.975))


CASES: list[Incident] = []


def main() -> int:
    """Score the search; 0 when every bar is kept."""
    if not FOLDER.is_dir():
        raise SystemExit("../shared/data/root_cause is not here")
    CASES[:] = incidents(FOLDER)
    runs = [nested(seed) for seed in range(SPLITS)]
    scores = [f1(run) for run, _ in runs]
    middle = runs[sorted(range(SPLITS), key=lambda n: scores[n])[SPLITS // 2]][0]
    low, high = interval(middle)
    default = [outcome(case, Choice()) for case in CASES]
    seconds: list[tuple[float, float]] = []
    for case in CASES:
        wall, processor = time.perf_counter(), time.process_time()
        found(case, Choice())
        seconds.append((time.perf_counter() - wall, time.process_time() - processor))
    first = [sum(o.among_three for o in run) / len(CASES) for run, _ in runs]
    powers = [p for _, chosen_powers in runs for p in chosen_powers]
    figures = [
        Figure("f1_nested", statistics.median(scores), "share", 0.80, "higher", "median of 10 splits of nested 5-fold"),
        Figure("f1_nested_worst_split", min(scores), "share", None, "higher", "worst of 10 splits"),
        Figure("f1_nested_low", low, "share", None, "higher", "95 % bootstrap interval, lower end"),
        Figure("f1_nested_high", high, "share", None, "higher", "95 % bootstrap interval, upper end"),
        Figure("f1_in_sample", f1(default), "share", None, "higher", "all 45, shipped settings: in-sample"),
        Figure("among_first_three", statistics.median(first), "share", 0.95, "higher",
               "all true causes among the first three, nested"),
        Figure("among_first_three_in_sample", sum(o.among_three for o in default) / len(CASES), "share", None, "higher",
               "shipped settings: in-sample"),
        Figure("power_lowest", min(powers), "", None, "lower", "of those chosen"),
        Figure("power_highest", max(powers), "", None, "lower", "of those chosen"),
        Figure("ms_a_case", statistics.median(w for w, _ in seconds) * 1000, "ms", 50.0, "lower", "median case, wall"),
        Figure("ms_worst_case", max(p for _, p in seconds) * 1000, "ms", 50.0, "lower", "worst case, processor"),
    ]  # fmt: skip
    return report(
        "root_cause", figures, ["reference codes on the same set: Adtributor .274, AutoRoot .261, R-Adtributor .104"]
    )


if __name__ == "__main__":
    raise SystemExit(main())
