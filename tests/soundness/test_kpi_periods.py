"""Which periods there are, and what a cell says when its period is not whole, not ripe or empty."""

from __future__ import annotations

import pytest

from shopkeeper.errors import UsageError
from shopkeeper.kpi.catalogue import INDICATORS
from tests.tiny_shop import TinyShop, line


def statuses(tiny: TinyShop, kpi: str, **more: str) -> list[str]:
    return [c.status for c in tiny.matrix(kpi, **more).cells]  # type: ignore[arg-type]


def test_an_empty_shop_has_no_periods_and_no_error(tiny: TinyShop) -> None:
    tiny.put(platforms=[], shops=[], products=[])
    matrix = tiny.matrix()
    assert (matrix.cells, matrix.periods, matrix.first_day) == ((), (), None)


def test_an_empty_shop_asked_for_a_month_shows_every_indicator_as_unknown(tiny: TinyShop) -> None:
    tiny.put(platforms=[], shops=[], products=[])
    cells = tiny.matrix(start="2017-03-01", end="2017-04-01").cells
    assert {c.kpi for c in cells} == set(INDICATORS)
    assert {c.value for c in cells} == {None}
    assert all(c.missing for c in cells)


@pytest.mark.parametrize("by", ["platform", "shop", "category", "channel"])
def test_an_empty_shop_has_no_slices(tiny: TinyShop, by: str) -> None:
    tiny.put(platforms=[], shops=[], products=[])
    assert tiny.matrix(start="2017-03-01", end="2017-04-01", by=(by,)).cells == ()  # type: ignore[arg-type]


def test_a_month_without_sales_between_two_is_unknown_and_the_others_stand(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("1", "2017-01-01"), line("2", "2017-03-31")])
    for kpi in ("paid_amount", "orders", "C4"):
        first, middle, last = tiny.matrix(kpi).cells
        assert first.value is not None
        assert (middle.value, middle.status, middle.missing) == (None, "missing", ("empty",))
        assert last.value is not None


def test_a_period_that_is_not_over_is_partial(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("1", "2017-01-01"), line("2", "2017-02-27")])
    assert statuses(tiny, "paid_amount") == ["ok", "partial"]
    tiny.put(order_lines=[line("1", "2017-01-01"), line("2", "2017-02-28")])
    assert statuses(tiny, "paid_amount") == ["ok", "ok"]


def test_a_period_that_began_before_the_data_is_partial(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("1", "2017-01-02"), line("2", "2017-02-28")])
    assert statuses(tiny, "paid_amount") == ["partial", "ok"]


def test_a_cohort_is_immature_until_its_horizon_has_passed(tiny: TinyShop) -> None:
    """February ends on the 28th: day 7 of its last cohort is 7 March. Data to the 6th: immature; to the 7th: ok."""
    for last, status in (("2017-03-06", "immature"), ("2017-03-07", "ok")):
        tiny.put(order_lines=[line("1", "2017-02-01"), line("2", "2017-02-28"), line("3", last)])
        assert tiny.cell("T2", "2017-02").status == status


def test_a_refund_rate_is_immature_for_45_days(tiny: TinyShop) -> None:
    """February's cohort is ripe 45 days after the 28th: on 14 April."""
    refund = {
        "refund_id": "r",
        "ordered_day": "2017-02-01",
        "refunded_day": "2017-02-03",
        "refunded_at": "2017-02-03 04:00:00+00",
    }
    for last, status in (("2017-04-13", "immature"), ("2017-04-14", "ok")):
        tiny.put(order_lines=[line("1", "2017-02-01"), line("3", last)], refunds=[refund | {"amount": 1}])
        cell = tiny.cell("K2.refund_rate", "2017-02")
        assert (cell.value, cell.status) == (0.1, status)


def test_a_month_wholly_after_the_data_is_unknown_in_every_indicator(tiny: TinyShop) -> None:
    tiny.put(
        order_lines=[line("1", "2017-01-01"), line("2", "2017-02-28", "Wu"), line("3", "2017-02-28", paid=None)],
        visits=[{"visit_id": "v", "visited_day": "2017-03-15", "visitor_id": "V"}],
    )
    cells = tiny.matrix(start="2017-03-01", end="2017-04-01").cells
    known = {c.kpi: (c.value, c.status) for c in cells if c.value is not None}
    # C2 needs carting; everything that divides orders by visitors has no orders there, which is not zero.
    assert known == {}


def test_a_range_that_ends_before_it_begins_is_refused(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("1", "2017-01-01")])
    with pytest.raises(UsageError, match="ends before it begins"):
        tiny.matrix(start="2017-03-01", end="2017-02-01")


def test_weeks_begin_on_monday_and_belong_to_their_iso_year(tiny: TinyShop) -> None:
    """Sunday 31 December 2017 is W52 of 2017; Monday 1 January 2018 is W01 of 2018; Sunday 1 January 2017 W52 of 2016."""
    tiny.put(order_lines=[line("1", "2017-01-01"), line("2", "2017-12-31"), line("3", "2018-01-01", amount=7)])
    assert tiny.value("paid_amount", "2017-W52") == 10
    assert tiny.value("paid_amount", "2018-W01") == 7
    assert tiny.value("paid_amount", "2016-W52") == 10


@pytest.mark.parametrize("grain", ["day", "week", "month", "quarter", "year"])
def test_what_is_asked_beside_it_never_changes_a_cell(tiny: TinyShop, grain: str) -> None:
    """Alone, an indicator scans less than in the whole matrix; both must agree, in every period."""
    tiny.put(
        order_lines=[
            line("0", "2016-02-10", "Old"), line("1", "2017-01-30"), line("2", "2017-02-06"), line("3", "2017-02-06", "Wu"),
            line("4", "2017-03-08", "Wu"), line("5", "2017-03-09", None, 3), line("6", "2017-03-10", "Xu", paid=None),
        ]
    )  # fmt: skip
    asked: dict[str, str] = {"grain": grain, "start": "2017-01-29", "end": "2017-03-12"}
    together = {(c.kpi, c.period): c for c in tiny.matrix(**asked).cells}  # type: ignore[arg-type]
    for kpi in ("C3", "T2.day30", "U1", "U3", "U3.returning", "new_buyers", "orders", "D1"):
        for cell in tiny.matrix(kpi, **asked).cells:  # type: ignore[arg-type]
            assert cell == together[cell.kpi, cell.period]


def test_asking_again_gives_the_same_matrix_in_the_same_order(tiny: TinyShop) -> None:
    articles = ["tea", "rice", "gift", "?"] * 15
    tiny.put(
        order_lines=[
            line(str(n), f"2017-0{1 + n % 5}-1{n % 9}", f"B{n % 7}", n, sku_id=sku) for n, sku in enumerate(articles)
        ]
    )
    first = tiny.matrix(by=("category",))
    again = tiny.add(annotations=[{"annotation_id": "a", "day": "2017-01-01"}]).matrix(by=("category",))
    assert again.snapshot == first.snapshot + 1
    assert again.cells == first.cells
