"""The 0–5 score: points between anchors, what is refused, and what only lowers confidence."""

from __future__ import annotations

import pytest

from shopkeeper.core.period import Period
from shopkeeper.errors import ConfigError
from shopkeeper.kpi.score import ResolvedAnchors, RowScore, Score, score
from tests.tiny_shop import TinyShop, line

HIGHER = ResolvedAnchors(10.0, 20.0, 40.0, 1.0)
LOWER = ResolvedAnchors(40.0, 20.0, 10.0, 1.0)


def scored(tiny: TinyShop, targets: str, period: str = "2017-03") -> Score:
    shop = tiny.with_settings(targets).shop
    wanted = Period.parse(period)
    matrix = tiny.with_settings(targets).matrix(grain=wanted.grain)
    return score(matrix, shop, wanted)


def row(tiny: TinyShop, kpi: str, targets: str, period: str = "2017-03") -> RowScore:
    return scored(tiny, targets, period).rows[kpi]


@pytest.mark.parametrize(
    ("value", "points"), [(0, 0.0), (10, 0.0), (15, 0.3), (20, 0.6), (30, 0.8), (40, 1.0), (99, 1.0)]
)
def test_points_are_linear_between_anchors_and_clipped_beyond(value: float, points: float) -> None:
    assert HIGHER.points(value) == pytest.approx(points, abs=1e-12)


@pytest.mark.parametrize(
    ("value", "points"), [(99, 0.0), (40, 0.0), (30, 0.3), (20, 0.6), (15, 0.8), (10, 1.0), (0, 1.0)]
)
def test_points_are_mirrored_where_lower_is_better(value: float, points: float) -> None:
    assert LOWER.points(value) == pytest.approx(points, abs=1e-12)


@pytest.fixture
def spring(tiny: TinyShop) -> TinyShop:
    """C4 is 10 in January, 20 in February, 30 in March (one buyer each): 10 + 20 over two buyers is 15."""
    return tiny.put(
        order_lines=[
            line("0", "2017-01-01", "A", 10),
            line("1", "2017-02-10", "B", 20),
            line("2", "2017-03-31", "C", 30),
        ]
    )


def test_written_anchors_score_a_value(spring: TinyShop) -> None:
    """30 between 20 (0.6) and 40 (1): 0.8; 4 of 5 in C, and with nothing else scored in all; confidence 1 of 25."""
    found = scored(spring, "[targets.C4]\nfloor = 10\nbaseline = 20\ntarget = 40\n")
    assert found.rows["C4"].points == pytest.approx(0.8)
    assert found.rows["C4"].status == "watch"
    assert found.rows["C4"].attainment == pytest.approx(0.75)
    assert found.total == pytest.approx(4.0)
    assert found.confidence == pytest.approx(1 / 25)
    assert {d.dimension: d.score for d in found.dimensions if d.score is not None} == {"C": pytest.approx(4.0)}


def test_relative_anchors_rest_on_the_measured_baseline(spring: TinyShop) -> None:
    """Baseline Jan–Feb: 30 ÷ 2 = 15; floor −20 % = 12, target +100 % = 30, reached."""
    found = row(spring, "C4", '[targets.C4]\nfloor = "-20%"\nbaseline = "2017-01..2017-02"\ntarget = "+100%"\n')
    assert found.anchors == ResolvedAnchors(12.0, 15.0, 30.0, 1.0)
    assert (found.points, found.status, found.attainment) == (1.0, "on_track", 1.0)


def test_a_baseline_of_months_is_no_yardstick_for_a_year_or_a_quarter_it_does_not_fill(spring: TinyShop) -> None:
    targets = '[targets.C4]\nfloor = "-20%"\nbaseline = "2017-01..2017-02"\ntarget = "+100%"\n'
    for period in ("2017", "2017-Q1"):
        assert row(spring, "C4", targets, period).status == "not_scored"


def test_a_baseline_before_the_data_is_not_scored(spring: TinyShop) -> None:
    targets = '[targets.C4]\nfloor = "-20%"\nbaseline = "2016-01..2016-02"\ntarget = "+100%"\n'
    assert row(spring, "C4", targets) == RowScore(None, None, None, "not_scored")


def test_written_anchors_out_of_order_are_refused(spring: TinyShop) -> None:
    with pytest.raises(ConfigError, match=r"not in order.*targets\.C4"):
        scored(spring, "[targets.C4]\nfloor = 20\nbaseline = 20\ntarget = 40\n")


def test_written_anchors_out_of_order_are_refused_where_lower_is_better(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("0", "2017-03-01"), line("1", "2017-03-21")])
    with pytest.raises(ConfigError, match="lower is better"):
        scored(tiny, "[targets.U1]\nfloor = 1\nbaseline = 2\ntarget = 3\n")


def test_anchors_that_the_data_put_out_of_order_leave_it_unscored_and_stop_nothing(spring: TinyShop) -> None:
    """Nobody came back on day 7 in January: the baseline is 0, and −20 % and +10 % of it are 0 too."""
    found = scored(spring, '[targets.T2]\nfloor = "-20%"\nbaseline = "2017-01"\ntarget = "+10%"\n', "2017-02")
    assert found.rows["T2"].status == "not_scored"
    assert found.total is None


def test_an_unknown_value_lowers_confidence_and_never_the_score(spring: TinyShop) -> None:
    """C1 has anchors and no visits: 1 of 25 weights is scored, and the total is C4's alone."""
    both = "[targets.C4]\nfloor = 10\nbaseline = 20\ntarget = 40\n[targets.C1]\nfloor = 0.1\nbaseline = 0.2\ntarget = 0.3\n"
    found = scored(spring, both)
    assert found.rows["C1"].status == "no_data"
    assert found.total == pytest.approx(4.0)
    assert found.confidence == pytest.approx(1 / 25)


def test_weights_move_the_total_and_the_confidence(spring: TinyShop) -> None:
    """C4 (0.8, weight 3) and D1 (1.0, weight 1): (2.4 + 1) ÷ 4 × 5 = 4.25; weights 3 + 1 of 3 + 24."""
    value = "[targets.C4]\nfloor = 10\nbaseline = 20\ntarget = 40\nweight = 3\n"
    targets = f"{value}[targets.D1]\nfloor = 0.1\nbaseline = 0.2\ntarget = 0.5\n"
    found = scored(spring, targets)
    assert found.total == pytest.approx(4.25)
    assert found.confidence == pytest.approx(4 / 27)


def test_an_indicator_of_weight_zero_is_shown_and_counts_for_nothing(spring: TinyShop) -> None:
    found = scored(spring, "[targets.C4]\nfloor = 10\nbaseline = 20\ntarget = 40\nweight = 0\n")
    assert found.rows["C4"].points == pytest.approx(0.8)
    assert (found.total, found.confidence) == (None, 0.0)


def test_attainment_is_turned_around_where_lower_is_better(tiny: TinyShop) -> None:
    """Cycle of 20 days against a target of 10: half attained."""
    tiny.put(order_lines=[line("0", "2017-03-01"), line("1", "2017-03-21"), line("9", "2017-12-31", "End")])
    found = row(tiny, "U1", "[targets.U1]\nfloor = 40\nbaseline = 20\ntarget = 10\n")
    assert (found.points, found.attainment, found.status) == (pytest.approx(0.6), 0.5, "watch")


@pytest.mark.parametrize(
    ("targets", "told"),
    [
        ("[targets.C44]\nfloor = 1\nbaseline = 2\ntarget = 3\n", "C4"),
        ('[targets.C4]\nfloor = "ten"\nbaseline = 20\ntarget = 40\n', "floor"),
        ('[targets.C4]\nfloor = 1\nbaseline = "spring"\ntarget = 40\n', "baseline"),
    ],
)
def test_anchors_that_cannot_be_read_name_their_key(spring: TinyShop, targets: str, told: str) -> None:
    with pytest.raises(ConfigError, match=r"shopkeeper\.toml") as refused:
        scored(spring, targets)
    assert told in str(refused.value)


def test_half_given_anchors_are_shown_and_not_scored(spring: TinyShop) -> None:
    assert row(spring, "C4", "[targets.C4]\ntarget = 40\n").status == "not_scored"


def test_content_roi_is_measured_as_a_sum_over_a_sum(tiny: TinyShop) -> None:
    """Jan 10 on 10 (0), Feb 390 on 90: Σ 400 ÷ Σ 100 − 1 = 3, not the middle of 0 and 3.33."""
    content = [("2017-01-05", 10, 10), ("2017-02-05", 390, 90), ("2017-03-05", 10, 1)]
    tiny.put(
        order_lines=[line("0", "2017-01-01"), line("1", "2017-03-31")],
        content_stats=[{"content_id": d, "stat_day": d, "attributed_margin": m, "cost": c} for d, m, c in content],
    )
    found = row(tiny, "N1", '[targets.N1]\nfloor = "-50%"\nbaseline = "2017-01..2017-02"\ntarget = "+50%"\n')
    assert found.anchors is not None
    assert found.anchors.baseline == pytest.approx(3.0)
