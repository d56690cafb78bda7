"""The Numenta benchmark: our scorer gives the published figure of its own simple detector, and ours scores above HTM."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.anomaly import seasons
from benchmarks.nab import Labelled, nab_score, point_worth, read_series, windowed_gaussian
from shopkeeper.methods.anomaly.records import BENCHMARK, score_records
from tests.conftest import REFERENCE


@pytest.mark.reference("nab")
def test_the_scorer_gives_the_published_figure_and_the_detector_beats_it() -> None:
    series = read_series(REFERENCE / "nab")
    assert (len(series), sum(len(s.windows) for s in series)) == (58, 116)
    published = nab_score(series, [windowed_gaussian(s.values) for s in series])
    assert published.score == pytest.approx(39.6, abs=0.06)  # the scoreboard of the benchmark's repository, one decimal
    points = seasons(REFERENCE / "nab", series)
    ours = nab_score(
        series, [score_records(s.values, BENCHMARK, p).scores for s, p in zip(series, points, strict=True)], 1.0
    )
    assert ours.score >= 70.1  # HTM


def test_early_in_a_window_is_worth_more_and_far_outside_costs_most() -> None:
    series = Labelled("one", np.zeros(200), ((100, 119),))
    worth, inside = point_worth(series)
    assert worth[100] == pytest.approx(1.0)
    assert worth[100] > worth[110] > worth[119] > 0 > worth[121] > worth[199]
    assert worth[50] == pytest.approx(-0.11)
    assert (inside[29], inside[30], inside[105]) == (-2, -1, 0)


def test_one_hit_in_time_and_nothing_else_is_a_perfect_score() -> None:
    series = Labelled("one", np.zeros(200), ((100, 119),))
    scores = np.zeros(200)
    scores[100] = 1.0
    assert nab_score([series], [scores], 1.0).score == pytest.approx(100.0)
    assert nab_score([series], [np.zeros(200)], 1.0).score == 0.0
