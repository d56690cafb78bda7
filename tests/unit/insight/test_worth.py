"""What a gap is worth, worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from shopkeeper.core.period import Period
from shopkeeper.insight.diagnose.benchmarks import Benchmarks, benchmarks_of
from shopkeeper.insight.diagnose.finding import Worth
from shopkeeper.insight.diagnose.worth import Setting, worth_of
from shopkeeper.kpi.definitions import BUILT_IN
from shopkeeper.kpi.result import Cell, Value

YEAR = Period.parse("2025")
QUARTER = Period.parse("2025-Q1")
CONTEXT = {"contribution_margin": Decimal(2000), "gross_profit": Decimal(3000), "orders": 100, "paid_amount": Decimal(8000),
           "units": Decimal(150)}  # fmt: skip


def cell(kpi: str, value: Value, top: Value = None, bottom: Value = None, period: Period = YEAR) -> Cell:
    return Cell(kpi, period, (), value, "", top, bottom, "ok")


@pytest.fixture
def benchmarks(tmp_path: Path) -> Benchmarks:
    return benchmarks_of(
        tmp_path, (*BUILT_IN.indicators, "profile_dimensions", "profile_completeness", "connected_share")
    )


def worth(benchmarks: Benchmarks, of: Cell, good: float, direction: int, days: int = 365, stock: Decimal | None = None,
          without: tuple[str, ...] = (), low: float | None = None, high: float | None = None) -> Worth:  # fmt: skip
    cells = {kpi: cell(kpi, value) for kpi, value in CONTEXT.items() if kpi not in without}
    return worth_of(of.kpi, of, good, low, high, direction, Setting(cells, days, benchmarks, stock))


def test_acquisition_pays_the_excess_for_each_new_payer(benchmarks: Benchmarks) -> None:
    found = worth(benchmarks, cell("K1", Decimal(170), Decimal(1700), 10), 150, -1)
    assert found.yearly == Decimal("200.00")


def test_a_quarter_is_scaled_to_a_year(benchmarks: Benchmarks) -> None:
    found = worth(benchmarks, cell("K1", Decimal(170), Decimal(1700), 10, QUARTER), 150, -1, days=90)
    assert found.yearly == Decimal("811.11")  # 200 × 365 ÷ 90


def test_stock_beyond_the_benchmark_is_set_free_once_and_saves_its_holding(benchmarks: Benchmarks) -> None:
    found = worth(benchmarks, cell("S1", 2.0, Decimal(8600), Decimal(4300)), 4.3, 1)
    assert found.once == Decimal("2300.00")  # 4300 − 8600 ÷ 4.3
    assert found.yearly == Decimal("460.00")  # × 0.2


def test_dead_stock_needs_a_value_told(benchmarks: Benchmarks) -> None:
    dead = cell("S3", 0.33, Decimal(330), Decimal(1000))
    assert worth(benchmarks, dead, 0.23, -1).why_not == "stock_value"
    assert worth(benchmarks, dead, 0.23, -1, stock=Decimal(5000)).once == Decimal("500.00")


def test_repurchase_is_of_a_window_of_ninety_days_however_long_the_period(benchmarks: Benchmarks) -> None:
    """(0.20 − 0.10) × 45 buyers × 20 an order × 365 ÷ 90"""
    found = worth(benchmarks, cell("U3", 0.10, 5, 45), 0.20, 1, days=30)
    assert found.yearly == Decimal("365.00")


def test_a_share_of_people_carries_its_interval_into_money(benchmarks: Benchmarks) -> None:
    found = worth(benchmarks, cell("U3", 0.10, 5, 45), 0.20, 1, low=0.05, high=0.25)
    assert (found.low, found.yearly, found.high) == (Decimal(0), Decimal("365.00"), Decimal("547.50"))


def test_without_fees_the_gross_profit_stands_in_under_its_own_name(benchmarks: Benchmarks) -> None:
    found = worth(benchmarks, cell("C3", 0.80, 80, 100), 0.90, 1, without=("contribution_margin",))
    assert found.yearly == Decimal("300.00")  # 0.1 × 100 × 30
    assert ("margin", "gross_profit", "kpi") in found.filling
    nothing = worth(benchmarks, cell("C3", 0.80, 80, 100), 0.90, 1, without=("contribution_margin", "gross_profit"))
    assert (nothing.yearly, nothing.why_not) == (None, "margin")


def test_order_value_is_valued_at_its_margin(benchmarks: Benchmarks) -> None:
    """(50 − 40) × 60 buyers × 2000 ÷ 8000"""
    assert worth(benchmarks, cell("C4", Decimal(40), Decimal(2400), 60), 50, 1).yearly == Decimal("150.00")


def test_returns_cost_the_gross_profit_of_a_unit(benchmarks: Benchmarks) -> None:
    """(0.10 − 0.05) × 200 units × 3000 ÷ 150"""
    assert worth(benchmarks, cell("K2", 0.10, 20, 200), 0.05, -1).yearly == Decimal("200.00")


def test_nothing_is_valued_where_the_benchmark_is_met_or_no_money_hangs_on_it(benchmarks: Benchmarks) -> None:
    assert worth(benchmarks, cell("K1", Decimal(140), Decimal(1400), 10), 150, -1) == Worth(why_not="no_gap")
    assert worth(benchmarks, cell("S2", 0.5, 1, 2), 0.95, 1) == Worth(why_not="no_link")
    assert worth(benchmarks, cell("bot_resolution", 0.5, 1, 2), 0.9, 1) == Worth(why_not="conversation_cost")
    assert worth(benchmarks, cell("K1", None), 150, -1) == Worth()
