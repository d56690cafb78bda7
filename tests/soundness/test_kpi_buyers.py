"""Repurchase, retention, returning and new buyers, at the very edges of their windows."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.tiny_shop import TinyShop, line


def days_after(day: str, days: int) -> str:
    return (dt.date.fromisoformat(day) + dt.timedelta(days=days)).isoformat()


# --- trailing windows: U3 -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kpi", "window"), [("U3.within30", 30), ("U3", 90), ("U3.within365", 365)])
def test_a_window_of_n_days_holds_its_last_day_and_the_n_minus_1_before(tiny: TinyShop, kpi: str, window: int) -> None:
    """On the day 2018-06-30, N days begin on 30 June − (N − 1).

    Li buys on the first day inside and the last: repeat. Wu buys one day before and on the last: one day inside.
    Xu buys twice before: not in. Yan buys twice on one day inside: one paid day. So 1 of 3.
    """
    last = "2018-06-30"
    first = days_after(last, 1 - window)
    tiny.put(
        order_lines=[
            line("old", "2016-01-01", "Old"),
            line("1", first, "Li"), line("2", last, "Li"),
            line("3", days_after(first, -1), "Wu"), line("4", last, "Wu"),
            line("5", days_after(first, -1), "Xu"), line("6", days_after(first, -2), "Xu"),
            line("7", days_after(first, 3), "Yan"), line("8", days_after(first, 3), "Yan"),
        ]
    )  # fmt: skip
    assert tiny.parts(kpi, last) == (1, 3)
    assert tiny.value(kpi, last) == pytest.approx(1 / 3, rel=1e-15)
    assert tiny.parts(kpi, "2018-06") == (1, 3)
    assert tiny.parts(kpi, "2018-Q2") == (1, 3)


def test_a_window_that_reaches_before_the_data_is_unknown(tiny: TinyShop) -> None:
    """Data from 1 January: on 30 March 89 days are there, on 31 March 90."""
    tiny.put(order_lines=[line("1", "2018-01-01"), line("2", "2018-03-30"), line("3", "2018-03-31")])
    short = tiny.cell("U3", "2018-03-30")
    assert (short.value, short.missing) == (None, ("history:1",))
    assert tiny.cell("U3", "2018-03-31").value == 1.0


def test_a_window_ends_at_the_last_day_of_data_when_the_period_goes_on(tiny: TinyShop) -> None:
    """Data end on 10 April: the 30 days are 12 March to 10 April, whatever April still brings."""
    tiny.put(
        order_lines=[
            line("1", "2018-03-11"),
            line("2", "2018-04-10"),
            line("3", "2018-03-12", "Wu"),
            line("4", "2018-04-09", "Wu"),
        ]
    )
    cell = tiny.cell("U3.within30", "2018-04")
    assert (cell.numerator, cell.denominator, cell.status) == (1, 2, "partial")


def test_a_period_without_a_sale_still_has_the_window_that_ends_in_it(tiny: TinyShop) -> None:
    """Li bought on 1 and 20 January, nobody in February, Wu in March: on 28 February 1 of 1 buyer of 90 days came again."""
    tiny.put(
        order_lines=[
            line("0", "2017-06-01", "Old"), line("1", "2018-01-01"), line("2", "2018-01-20"), line("3", "2018-03-05", "Wu"),
        ]
    )  # fmt: skip
    assert tiny.parts("U3", "2018-02") == (1, 1)
    assert tiny.value("U3", "2018-02") == 1.0


def test_cutting_by_a_category_and_filtering_by_it_agree_about_windows(tiny: TinyShop) -> None:
    """Nobody buys Drinks in February, somebody buys Food: the window of Drinks is the same both ways."""
    tiny.put(
        order_lines=[
            line("0", "2017-06-01", "Old"), line("1", "2018-01-05"), line("2", "2018-01-25"),
            line("3", "2018-02-05", "Wu", sku_id="rice"), line("4", "2018-03-05", "Wu"),
        ]
    )  # fmt: skip
    for month in ("2018-01", "2018-02", "2018-03"):
        assert tiny.parts("U3", month, category="Drinks") == tiny.parts(
            "U3", month, filters=(("category", ("Drinks",)),)
        )


# --- retention: T2 ---------------------------------------------------------------------------------------------------


def test_retention_is_on_exactly_day_7_and_day_30(tiny: TinyShop) -> None:
    """Cohort of March, first paid day each: Li back on day 7, Wu on day 6, Xu on day 8, Yan on day 30: 1 of 4 and 1 of 4."""
    start = "2018-03-05"
    tiny.put(
        order_lines=[
            *(line(f"a{b}", start, b) for b in ("Li", "Wu", "Xu", "Yan")),
            line("b", days_after(start, 7), "Li"), line("c", days_after(start, 6), "Wu"),
            line("d", days_after(start, 8), "Xu"), line("e", days_after(start, 30), "Yan"),
            line("f", "2018-06-01", "Zoe"),
        ]
    )  # fmt: skip
    assert tiny.parts("T2", "2018-03") == (1, 4)
    assert tiny.parts("T2.day30", "2018-03") == (1, 4)


def test_a_buyer_whose_day_7_lies_beyond_the_data_is_not_in_the_cohort(tiny: TinyShop) -> None:
    """Data end on the 20th: day 7 of the 13th is the 20th and seen, that of the 14th is not: 1 of 19, not of 20."""
    early = [line(f"e{n}", "2018-03-13", f"B{n}") for n in range(19)]
    tiny.put(order_lines=[*early, line("late", "2018-03-14", "Wu"), line("again", "2018-03-20", "B0")])
    cell = tiny.cell("T2", "2018-03")
    assert (cell.numerator, cell.denominator, cell.status) == (1, 19, "partial")


def test_a_cohort_of_which_only_the_first_few_were_followed_has_no_retention(tiny: TinyShop) -> None:
    """One of two was followed for seven days; March's last cohort ends its day 7 on 7 April, 18 days after the data."""
    tiny.put(order_lines=[line("1", "2018-03-13", "Li"), line("2", "2018-03-14", "Wu"), line("3", "2018-03-20", "Li")])
    cell = tiny.cell("T2", "2018-03")
    assert (cell.value, cell.numerator, cell.denominator) == (None, 1, 1)
    assert cell.missing == ("follow_up:18",)


def test_many_orders_on_day_7_retain_a_buyer_once(tiny: TinyShop) -> None:
    orders = [line(str(n), "2018-03-08", "Li", line_no=n) for n in range(1, 4)]
    tiny.put(order_lines=[line("0", "2018-03-01"), *orders, line("9", "2018-05-01", "Wu")])
    assert tiny.parts("T2", "2018-03") == (1, 1)


def test_a_return_in_the_next_month_still_retains(tiny: TinyShop) -> None:
    """First paid on 29 March, back on 5 April, which is day 7."""
    tiny.put(order_lines=[line("1", "2018-03-29"), line("2", "2018-04-05"), line("3", "2018-06-01", "Wu")])
    assert tiny.parts("T2", "2018-03") == (1, 1)


# --- returning: U3.returning -----------------------------------------------------------------------------------------


def test_returning_buyers_are_those_of_the_period_just_before(tiny: TinyShop) -> None:
    """January: Li, Wu. February: Li. March: Wu, Li. Feb = 1 of 2; March = 1 (Li) of 1, as Wu skipped February."""
    tiny.put(
        order_lines=[
            line("1", "2018-01-01"), line("2", "2018-01-04", "Wu"), line("3", "2018-02-03"),
            line("4", "2018-03-03", "Wu"), line("5", "2018-03-04"),
        ]
    )  # fmt: skip
    first, second, third = tiny.matrix("U3.returning").cells
    assert (first.value, first.missing) == (None, ("previous",))
    assert (second.numerator, second.denominator) == (1, 2)
    assert (third.numerator, third.denominator) == (1, 1)


def test_returning_is_the_same_whether_one_month_is_asked_for_or_all(tiny: TinyShop) -> None:
    tiny.put(
        order_lines=[
            line("1", "2018-01-01"),
            line("2", "2018-01-04", "Wu"),
            line("3", "2018-02-03"),
            line("4", "2018-02-04", "Xu"),
        ]
    )
    assert tiny.parts("U3.returning", "2018-02") == (1, 2)
    assert [(c.numerator, c.denominator) for c in tiny.matrix("U3.returning").cells][-1] == (1, 2)


def test_a_period_before_that_began_before_the_data_is_no_base_for_returning(tiny: TinyShop) -> None:
    """Data from 15 January: January is half seen, so February's returning rate is unknown; March's is known."""
    tiny.put(order_lines=[line("1", "2018-01-15"), line("2", "2018-02-03"), line("3", "2018-03-03")])
    assert [c.missing for c in tiny.matrix("U3.returning").cells] == [("previous",), ("previous",), ()]


# --- repurchase cycle: U1 and Kaplan–Meier ----------------------------------------------------------------------------


def test_the_median_gap_is_over_those_who_came_back(tiny: TinyShop) -> None:
    """Gaps from the first paid day in January: 4, 10, 40 days, and Zoe never: median 10, 3 of 4 completed."""
    day = "2018-01-10"
    tiny.put(
        order_lines=[
            line("0", "2017-12-31", "Old"), *(line(f"a{n}", day, b) for n, b in enumerate(("Li", "Wu", "Xu", "Zoe"))),
            line("b", days_after(day, 4), "Li"), line("c", days_after(day, 10), "Wu"), line("d", days_after(day, 40), "Xu"),
            line("e", "2018-12-01", "End"),
        ]
    )  # fmt: skip
    cell = tiny.cell("U1", "2018-01")
    assert (cell.value, cell.numerator, cell.denominator, cell.status) == (10.0, 3, 4, "ok")


def test_the_kaplan_meier_share_counts_those_still_waiting(tiny: TinyShop) -> None:
    """By hand: 4 start. Day 5: 1 of 4 comes back, S = 3/4. Wu is seen for 20 days only. Day 25: 1 of 2, S = 3/8.

    Share by day 30 = 1 − 3/8 = 0.625. Ignoring that Wu was cut off would say 0.5.
    """
    tiny.put(
        order_lines=[
            line("1", "2018-01-01", "Li"), line("2", "2018-01-06", "Li"),
            line("3", "2018-01-20", "Wu"),
            line("4", "2018-01-01", "Xu"), line("5", "2018-01-26", "Xu"),
            line("6", "2018-01-02", "Yan"),
            line("7", "2018-02-09", "Li"),
        ]
    )  # fmt: skip
    # Wu waits from 20 January to the last day, 9 February: 20 days. Yan waits 38 days.
    cell = tiny.cell("U1.within30", "2018-01")
    assert cell.value == pytest.approx(0.625, rel=1e-12)
    assert (cell.numerator, cell.denominator, cell.status) == (2, 4, "immature")


def test_a_share_by_day_365_is_unknown_when_nobody_was_followed_that_long(tiny: TinyShop) -> None:
    """Followed for 100 days: 265 more are needed."""
    tiny.put(order_lines=[line("1", "2018-01-01"), line("2", "2018-04-11", "Wu")])
    cell = tiny.cell("U1.within365", "2018-01")
    assert (cell.value, cell.missing) == (None, ("follow_up:265",))


def test_nobody_came_back_yet_has_no_median_and_a_share_of_zero(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("1", "2018-01-01"), line("2", "2018-06-01", "Wu")])
    assert tiny.cell("U1", "2018-01").value is None
    assert tiny.cell("U1.within30", "2018-01").value == 0.0


def test_two_orders_on_one_day_are_not_a_repurchase(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("1", "2018-01-01"), line("2", "2018-01-01"), line("3", "2018-06-01", "Wu")])
    assert tiny.cell("U1", "2018-01").value is None
    assert tiny.value("U1.within30", "2018-01") == 0.0


# --- new buyers: K1 ---------------------------------------------------------------------------------------------------


def test_a_new_payer_has_not_paid_in_the_365_days_before(tiny: TinyShop) -> None:
    """On 10 January 2019 Li last paid 365 days before (known), Wu 366 days before (new again), Xu never (first ever)."""
    day = "2019-01-10"
    tiny.put(
        order_lines=[
            line("0", "2017-01-01", "Old"), line("1", days_after(day, -365), "Li"), line("2", days_after(day, -366), "Wu"),
            *(line(f"n{n}", day, b) for n, b in enumerate(("Li", "Wu", "Xu"))),
        ],
        ad_spend=[
            {"spent_day": "2019-01-05", "amount": 300},
            {"spent_day": "2019-01-06", "amount": 900, "is_acquisition": False, "ad_id": "b"},
        ],
    )  # fmt: skip
    assert tiny.value("new_buyers", "2019-01") == 2
    assert tiny.parts("K1", "2019-01") == (300, 2)
    assert tiny.value("K1", "2019-01") == 150
    assert tiny.parts("K1.first", "2019-01") == (300, 1)


def test_new_payers_are_the_same_asked_alone_or_beside_everything_else(tiny: TinyShop) -> None:
    """Which rows are scanned depends on what else is asked for; the answer may not."""
    day = "2019-01-10"
    tiny.put(
        order_lines=[
            line("0", "2017-01-01", "Old"), line("1", days_after(day, -365), "Li"), line("2", days_after(day, -366), "Wu"),
            *(line(f"n{n}", day, b) for n, b in enumerate(("Li", "Wu", "Xu"))),
        ]
    )  # fmt: skip
    beside = [c for c in tiny.matrix(start="2019-01-01", end="2019-02-01").cells if c.kpi == "new_buyers"]
    assert [c.value for c in beside] == [2] == [tiny.value("new_buyers", "2019-01")]


def test_new_payers_need_365_earlier_days(tiny: TinyShop) -> None:
    """Data from 2 January 2018: on 1 January 2019 there are 364 earlier days, so January is short by one."""
    tiny.put(order_lines=[line("1", "2018-01-02"), line("2", "2019-01-15"), line("3", "2019-02-15", "Wu")])
    january, february = tiny.matrix("new_buyers", start="2019-01-01").cells
    assert (january.value, january.missing) == (None, ("history:1",))
    assert february.value == 1


def test_a_first_purchase_in_one_category_is_new_to_that_category(tiny: TinyShop) -> None:
    """Li always bought rice and now first buys tea: new among Drinks, not new in all."""
    tiny.put(
        order_lines=[
            line("1", "2017-12-01", sku_id="rice"),
            line("2", "2018-12-20", sku_id="rice"),
            line("3", "2019-01-05"),
        ]
    )
    assert tiny.value("new_buyers", "2019-01") == 0
    assert tiny.value("new_buyers", "2019-01", category="Drinks") == 1
