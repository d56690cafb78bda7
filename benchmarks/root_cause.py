"""How often does the root-cause search name what people found? 45 real incidents, scored as `incidents.py` says.

The settings are chosen by nested 5-fold: for each fold those with the best F1 on the other four, then scored on it. Twenty
splits show how much the figure owes to one of them; the interval is a bootstrap over incidents. SCALE changes nothing.
"""

from __future__ import annotations

import itertools
import statistics
import time
from pathlib import Path

import numpy as np

from benchmarks.harness import Figure, report
from benchmarks.incidents import Choice, Outcome, f1, found, incidents, outcome
from shopkeeper.methods.root_cause import Search

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "root_cause"
FOLDS, SPLITS, RESAMPLES, SEED = 5, 20, 2000, 7
GRID = tuple(
    Choice(Search(power=power, further_share=share, further_strength=strength), minutes, prior)
    for power, share, strength, minutes, prior in itertools.product(
        (0.15, 0.2, 0.25, 0.3, 0.35), (0.1, 0.2, 0.3), (0.3, 0.5, 0.7), (3, 5, 10), (10.0, 50.0)
    )
)


def nested(table: list[list[Outcome]], seed: int) -> list[Outcome]:
    """Each incident's outcome under the settings that were best on the folds it is not in. `table` is choices × incidents."""
    count = len(table[0])
    order = np.random.default_rng(seed).permutation(count)
    kept: dict[int, Outcome] = {}
    for fold in range(FOLDS):
        out = set(order[fold::FOLDS].tolist())
        scores = [f1([row[i] for i in range(count) if i not in out]) for row in table]
        best = table[max(range(len(table)), key=lambda c: scores[c])]
        kept |= {i: best[i] for i in out}
    return [kept[i] for i in range(count)]


def interval(outcomes: list[Outcome]) -> tuple[float, float]:
    """95 % bootstrap interval of F1 over incidents."""
    draws = np.random.default_rng(SEED).integers(0, len(outcomes), (RESAMPLES, len(outcomes)))
    scores = [f1([outcomes[i] for i in draw]) for draw in draws]
    return float(np.quantile(scores, 0.025)), float(np.quantile(scores, 0.975))


def main() -> int:
    """Score the search; 0 when every bar is kept."""
    if not FOLDER.is_dir():
        raise SystemExit("../shared/data/root_cause is not here")
    cases = incidents(FOLDER)
    table = [[outcome(case, choice) for case in cases] for choice in GRID]
    runs = [nested(table, seed) for seed in range(SPLITS)]
    scores = [f1(run) for run in runs]
    middle = runs[sorted(range(SPLITS), key=lambda n: scores[n])[SPLITS // 2]]
    low, high = interval(middle)
    default = [outcome(case, Choice()) for case in cases]
    seconds = []
    for case in cases:
        started = time.perf_counter()
        found(case, Choice())
        seconds.append(time.perf_counter() - started)
    figures = [
        Figure("f1_nested", statistics.median(scores), "share", 0.80, "higher", "median of 20 splits of nested 5-fold"),
        Figure("f1_nested_worst_split", min(scores), "share", None, "higher", "worst of 20 splits"),
        Figure("f1_nested_low", low, "share", None, "higher", "95 % bootstrap interval, lower end"),
        Figure("f1_nested_high", high, "share", None, "higher", "95 % bootstrap interval, upper end"),
        Figure("f1_in_sample", f1(default), "share", None, "higher", "all 45, shipped settings: in-sample"),
        Figure("among_first_three", sum(o.among_three for o in middle) / len(cases), "share", 0.95, "higher",
               "all true causes among the first three, nested"),
        Figure("among_first_three_in_sample", sum(o.among_three for o in default) / len(cases), "share", None, "higher",
               "shipped settings: in-sample"),
        Figure("ms_a_case", statistics.median(seconds) * 1000, "ms", 50.0, "lower", "median case"),
        Figure("ms_worst_case", max(seconds) * 1000, "ms", 50.0, "lower", "worst case"),
    ]  # fmt: skip
    return report(
        "root_cause", figures, ["reference codes on the same set: Adtributor .274, AutoRoot .261, R-Adtributor .104"]
    )


if __name__ == "__main__":
    raise SystemExit(main())
