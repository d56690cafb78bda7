"""How good is the detector of records: the Numenta benchmark, alerts on undisturbed hourly series, and its speed.

Needs the Numenta series and M4 hourly: DATA names the folder that holds `nab/` and `m4_hourly/`, by default the data beside
the checkout.
"""

from __future__ import annotations

import csv
import gzip
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import Figure, interleaved, report, runs
from benchmarks.nab import Labelled, nab_score, read_series, windowed_gaussian
from shopkeeper.methods.anomaly.records import BENCHMARK, QUIET, Carried, Profile, View, score_records

Floats = NDArray[np.float64]
DATA = Path(os.environ.get("DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
BLOCK = 100


def seasons(folder: Path, series: list[Labelled]) -> list[int]:
    """Points a day of each series, by the middle step between its times."""
    found = []
    for one in series:
        lines = (folder / "data" / one.name).read_text(encoding="utf-8").splitlines()[1:]
        times = np.array([line.split(",")[0] for line in lines if line], dtype="datetime64[s]").astype(np.int64)
        found.append(int(86400 // np.median(np.diff(times))))
    return found


def hourly(folder: Path) -> list[Floats]:
    """The training parts of the 414 hourly series."""
    with gzip.open(folder / "Hourly-train.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    return [np.array([float(cell) for cell in row[1:] if cell != ""]) for row in rows]


def in_blocks(values: Floats, profile: Profile, season: int, block: int) -> Floats:
    """Scores of a series that comes in block by block."""
    carried, found = Carried(), []
    for start in range(0, len(values), block):
        scored = score_records(values[start : start + block], profile, season, carried)
        found.append(scored.scores)
        carried = scored.carried
    return np.concatenate(found)


def chosen_on_half(series: list[Labelled], points: list[int]) -> float:
    """The mean score on the half of the series on which nothing was chosen: 20 splits, 27 settings around the profile's."""
    tried = [
        Profile(
            tuple(View(v.kind, v.length, v.threshold * factor) for v in BENCHMARK.views),
            int(BENCHMARK.memory * memory), int(BENCHMARK.silent * silent),
        )
        for factor in (0.7, 1.0, 1.4) for memory in (0.4, 1.0, 1.6) for silent in (0.6, 1.0, 1.6)
    ]  # fmt: skip
    scores = [[score_records(s.values, p, day).scores for s, day in zip(series, points, strict=True)] for p in tried]
    draw, found = np.random.default_rng(7), []
    for _ in range(20):
        order = draw.permutation(len(series))
        one, other = order[: len(order) // 2], order[len(order) // 2 :]
        best = max(
            range(len(tried)), key=lambda n: nab_score([series[i] for i in one], [scores[n][i] for i in one], 1.0).score
        )
        found.append(nab_score([series[i] for i in other], [scores[best][i] for i in other], 1.0).score)
    return float(np.mean(found))


def main() -> int:
    """Measure; the exit code says whether the bars are kept."""
    series = read_series(DATA / "nab")
    points = seasons(DATA / "nab", series)
    count = sum(len(s.values) for s in series)
    both = list(zip(series, points, strict=True))
    found = nab_score(series, [score_records(s.values, BENCHMARK, day).scores for s, day in both])
    at_one = nab_score(series, [score_records(s.values, BENCHMARK, day).scores for s, day in both], 1.0)
    calm = nab_score(series, [score_records(s.values, QUIET, day).scores for s, day in both], 1.0)
    judge = nab_score(series, [windowed_gaussian(s.values) for s in series])
    normal = hourly(DATA / "m4_hourly")
    alerts = sum(int((score_records(v, QUIET, 24).scores >= 1).sum()) for v in normal)
    judged = sum(max(len(v) - QUIET.learning, 0) for v in normal)
    sample = both[::6]
    of_sample = sum(len(s.values) for s, _ in sample)
    times = interleaved(
        runs(3, 7),
        {
            "whole": lambda: [score_records(s.values, BENCHMARK, day) for s, day in both],
            "blocks": lambda: [in_blocks(s.values, BENCHMARK, day, BLOCK) for s, day in sample],
            "points": lambda: in_blocks(series[0].values[:1000], BENCHMARK, points[0], 1),
        },
    )
    figures = [
        Figure("NAB score, standard profile, at the best threshold", found.score, "of 100", 66.0, "higher", "HTM 70.1"),
        Figure("NAB score, standard profile, alerting at 1", at_one.score, "of 100", 66.0, "higher", "HTM 70.1"),
        Figure("NAB windows found, of 116, alerting at 1", float(at_one.found), "windows", better="higher"),
        Figure("NAB false alarms, alerting at 1", float(at_one.false_alarms), "alarms"),
        Figure("NAB score, settings chosen on half, scored on the other", chosen_on_half(series, points), "of 100",
               better="higher", against="20 splits"),
        Figure("NAB score of the windowed Gaussian, by our scorer", judge.score, "of 100", against="published 39.6"),
        Figure("NAB score of the quiet profile", calm.score, "of 100", better="higher"),
        Figure("M4 hourly, quiet: alerts in 1,000 points judged", 1000 * alerts / judged, "alerts", 1.0,
               against=f"414 series, {judged:,} points"),
        Figure("1,000 points, whole series", 1e6 * times["whole"].seconds / count, "ms", 10.0),
        Figure("1,000 points, whole series, processor", 1e6 * times["whole"].cpu_seconds / count, "ms"),
        Figure(f"1,000 points, in blocks of {BLOCK}", 1e6 * times["blocks"].cpu_seconds / of_sample, "ms", 10.0,
               against="processor time"),
        Figure("1,000 points, one by one", 1e3 * times["points"].cpu_seconds, "ms", against="processor time"),
    ]  # fmt: skip
    return report("anomaly", figures)


if __name__ == "__main__":
    raise SystemExit(main())
