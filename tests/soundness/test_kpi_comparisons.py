"""A comparison is of like with like, or it is refused."""

from __future__ import annotations

import pytest

from shopkeeper.core.period import Grain
from shopkeeper.kpi.counterpart import Against
from shopkeeper.views.comparisons import Compared, compared
from tests.tiny_shop import TinyShop, line

ANCHORS = "\n[targets.C4]\nfloor = 10\nbaseline = 20\ntarget = 40\n"


def beside(tiny: TinyShop, kpi: str, against: Against, grain: Grain, label: str) -> Compared:
    return next(c for c in compared(tiny.shop, tiny.matrix(kpi, grain=grain), against) if c.cell.period.label == label)


def test_the_week_of_the_new_year_meets_that_of_a_year_earlier(tiny: TinyShop) -> None:
    """29 January 2025 and 10 February 2024: 150 on 100. The same week of the calendar had 7."""
    tiny.put(
        order_lines=[
            line("0", "2023-12-31"), line("a", "2024-02-09", "Li", 100), line("b", "2024-01-31", "Li", 7),
            line("c", "2025-01-29", "Li", 150), line("z", "2025-02-20"),
        ]
    )  # fmt: skip
    aligned = beside(tiny, "paid_amount", "festival", "week", "2025-W05")
    assert (str(aligned.value), aligned.change) == ("100.00", pytest.approx(0.5))
    plain = beside(tiny, "paid_amount", "year", "week", "2025-W05")
    assert (str(plain.value), plain.other.period.label if plain.other.period else "") == ("7.00", "2024-W05")


def test_half_a_period_is_compared_with_nothing(tiny: TinyShop) -> None:
    tiny.put(
        order_lines=[line("a", "2018-03-01"), line("b", "2018-03-31"), line("c", "2018-04-02"), line("d", "2018-04-03")]
    )
    found = beside(tiny, "paid_amount", "previous", "month", "2018-04")
    assert (found.change, found.refusal) == (None, "partial")


def test_what_lies_before_the_data_is_refused_and_never_0(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("a", "2018-03-01"), line("b", "2018-04-30")])
    found = beside(tiny, "paid_amount", "year", "month", "2018-03")
    assert (found.value, found.change, found.refusal) == (None, None, "no_data")


def test_targets_and_baselines_come_from_the_anchors(tiny: TinyShop) -> None:
    tiny = tiny.with_settings(ANCHORS)
    tiny.put(order_lines=[line("a", "2018-03-01", "Li", 30), line("b", "2018-04-30", "Li", 30)])
    target = beside(tiny, "C4", "target", "month", "2018-03")
    assert (target.value, target.change) == (40, pytest.approx(-0.25))
    assert beside(tiny, "C4", "baseline", "month", "2018-03").change == pytest.approx(0.5)
    assert beside(tiny, "orders", "target", "month", "2018-03").refusal == "no_anchor"
