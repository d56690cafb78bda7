"""Published groups and a published trial: Ruspini's points, and Hillstrom's e-mail test where it lies beside the checkout."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pytest

from shopkeeper.methods.clusters import clusters
from shopkeeper.methods.uplift import effect, qini, uplift_scores

# Ruspini 1970, as Kaufman & Rousseeuw 1990, p. 100, print them.
RUSPINI = """4 53 5 63 10 59 9 77 13 49 13 69 12 88 15 75 18 61 19 65 22 74 27 72 28 76 24 58 27 55 28 60 30 52 31 60 32 61 36 72
28 147 32 149 35 153 33 154 38 151 41 150 38 145 38 143 32 143 34 141 44 156 44 149 44 143 46 142 47 149 49 152 50 142 53 144
52 152 55 155 54 124 60 136 63 139 86 132 85 115 85 96 78 94 74 96 97 122 98 116 98 124 99 119 99 128 101 115 108 111 110 111
108 116 111 126 115 117 117 115 70 4 77 12 83 21 61 15 69 15 78 16 66 18 58 13 64 20 69 21 66 23 61 25 76 27 72 31 64 30"""


def test_ruspinis_points_fall_into_their_four_groups() -> None:
    """Kaufman & Rousseeuw 1990: 4 clusters of 20, 23, 17 and 15; mean silhouette .74."""
    found = clusters(np.array(RUSPINI.split(), dtype=float).reshape(-1, 2), (2, 3, 4, 5, 6))
    assert sorted(np.bincount(found.labels).tolist()) == [15, 17, 20, 23]
    assert found.silhouette == pytest.approx(0.74, abs=0.005)
    assert found.agreement == 1.0


@pytest.mark.reference("hillstrom")
def test_hillstroms_arms_and_whom_the_e_mail_moves(reference_data: Path) -> None:
    """Hillstrom 2008: visits .1828 (men's), .1514 (women's), .1062 (none); spend 1.4226, 1.0772, .6528."""
    file = reference_data / "hillstrom" / "hillstrom.csv.gz"
    got = duckdb.sql(
        "SELECT segment, visit::DOUBLE AS visit, spend::DOUBLE AS spend, recency::DOUBLE AS recency, history::DOUBLE AS history, "
        f"mens::DOUBLE AS mens, womens::DOUBLE AS womens, newbie::DOUBLE AS newbie FROM read_csv('{file}')"
    ).fetchnumpy()
    arm, visit, spend = got["segment"].astype(str), got["visit"], got["spend"]
    published = {"Mens E-Mail": (0.1828, 1.4226), "Womens E-Mail": (0.1514, 1.0772), "No E-Mail": (0.1062, 0.6528)}
    for name, means in published.items():
        assert (visit[arm == name].mean(), spend[arm == name].mean()) == pytest.approx(means, abs=5e-5)
    pair = arm != "Mens E-Mail"
    treated = arm[pair] == "Womens E-Mail"
    told = effect(visit[pair], treated)
    assert told.difference == pytest.approx(0.1514 - 0.1062, abs=1e-4)
    assert told.low > 0.038
    columns = np.column_stack(
        [got[n][pair] for n in ("recency", "mens", "womens", "newbie")] + [np.log(got["history"][pair])]
    )
    curve = qini(uplift_scores(columns, visit[pair], treated), visit[pair], treated)
    assert curve.low > 0, "the women's e-mail moves some more than others: those who had bought women's merchandise"
    assert curve.gain[-1] == pytest.approx(told.difference, abs=1e-9)


def test_uplift_scores_find_whom_a_made_up_campaign_moves() -> None:
    """Half of the customers gain .2, the others nothing: the scores sort them, and chance scores do not."""
    draw = np.random.default_rng(3)
    n = 8000
    columns = draw.normal(size=(n, 3))
    treated = draw.random(n) < 0.5
    moved = columns[:, 0] > 0
    outcome = (draw.random(n) < 0.1 + 0.2 * (treated & moved)).astype(float)
    curve = qini(uplift_scores(columns, outcome, treated), outcome, treated)
    assert curve.low > 0.2
    chance = qini(draw.normal(size=n), outcome, treated)
    assert chance.low < 0 < chance.high
