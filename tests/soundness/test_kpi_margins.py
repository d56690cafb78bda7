"""Margins: the cost of the day, found once; what has none counts on neither side."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.tiny_shop import Row, TinyShop, line, noon


def cost(sku: str, since: str, amount: float, vat: float | None = 0.1, **more: object) -> Row:
    return {"sku_id": sku, "valid_from": since, "unit_cost": amount, "vat_share": vat, **more}


def sold(order: str, day: str, amount: float = 100, **more: object) -> Row:
    return line(order, day, amount=amount, receivable_amount=amount, **more)


def booked(order: str, amount: float, child: str = "", sku: str = "", **more: object) -> Row:
    return {
        "order_id": order,
        "child_order_id": child,
        "sku_id": sku,
        "booked_day": "2017-03-01",
        "unit_cost": amount,
    } | more


def test_gross_profit_takes_the_cost_of_the_day_of_payment_and_the_price_without_vat(tiny: TinyShop) -> None:
    """Two teas for 200, of which 20 VAT: 180 − 2 × 40 = 100. From 10 March a tea costs 50: 90 − 50 = 40.
    Ordered on the 9th and paid on the 10th is of the 10th. March: 100 + 40 + 40 of 180 + 90 + 90."""
    tiny.put(
        order_lines=[
            sold("1", "2017-03-01", 200, quantity=2), sold("2", "2017-03-10"), sold("3", "2017-03-09", paid="2017-03-10"),
        ],
        sku_costs=[cost("tea", "2017-01-01", 40), cost("tea", "2017-03-10", 50)],
    )  # fmt: skip
    assert tiny.value("gross_profit", "2017-03-01") == 100
    assert tiny.value("gross_profit", "2017-03-10") == 80
    assert tiny.parts("gross_margin", "2017-03") == (180, 360)
    assert tiny.value("gross_margin", "2017-03") == 0.5
    assert tiny.matrix("gross_margin").remarks == ()


def test_two_costs_of_one_day_never_make_two_lines(tiny: TinyShop) -> None:
    """Loads hold one cost an article and day; should there be two, the dearer counts: 90 − 60, once."""
    tiny.put(order_lines=[sold("1", "2017-03-01")], sku_costs=[cost("tea", "2017-01-01", a) for a in (40, 60)])
    assert tiny.parts("gross_margin", "2017-03") == (30, 90)
    assert tiny.value("receivable", "2017-03") == 100


def test_a_line_without_a_cost_is_on_neither_side_and_is_told(tiny: TinyShop) -> None:
    """Rice has no cost, coffee has one from April only, gift one without VAT, s2 sells tea at a cost that only s1 has."""
    lines = [sold("1", "2017-03-01"), sold("2", "2017-03-01", sku_id="rice"), sold("3", "2017-03-01", sku_id="coffee"),
             sold("4", "2017-03-01", sku_id="gift"), sold("5", "2017-03-01", shop_id="s2")]  # fmt: skip
    costs = [cost("tea", "2017-01-01", 45), cost("coffee", "2017-04-01", 1), cost("gift", "2017-01-01", 1, None)]
    tiny.put(order_lines=lines, sku_costs=costs)
    matrix = tiny.matrix("gross_margin", "paid_amount", by=("shop",))
    assert [(c.value, c.missing) for c in matrix.cells if c.kpi == "gross_margin"] == [
        (0.5, ()),
        (None, ("sku_costs.unit_cost",)),
    ]
    assert matrix.warnings() == ("4 of 5 order lines have no cost or no VAT; margins leave them out",)
    assert tiny.parts("gross_margin", "2017-03") == (45, 90)
    assert tiny.value("receivable", "2017-03") == 500
    assert tiny.matrix("paid_amount").remarks == ()


def test_a_products_cost_stands_in_until_the_article_has_its_own(tiny: TinyShop) -> None:
    """Tea-1 is a tea: 40 from January by its product, 70 of its own from the 10th, whatever tea costs from the 20th.
    Tea-2 has none of its own: 40, then 50."""
    products: list[Row] = [{"sku_id": s, "product_id": "tea"} for s in ("tea", "tea-1", "tea-2")]
    days = ("2017-03-01", "2017-03-10", "2017-03-20")
    tiny.put(
        products=products,
        order_lines=[sold(f"{s}{d}", d, sku_id=s) for s in ("tea-1", "tea-2") for d in days],
        sku_costs=[
            cost("tea", "2017-01-01", 40), cost("tea", "2017-03-20", 50), cost("tea-1", "2017-03-10", 70, 0.2),
        ],
    )  # fmt: skip
    profits = [tiny.parts("gross_margin", day)[0] for day in days]
    assert profits == [50 + 50, 10 + 50, 10 + 40]


def test_a_cost_booked_on_the_order_goes_before_the_dated_one(tiny: TinyShop) -> None:
    """Every tea is dated at 10. Line 77 was booked at 20 by its number, order b at 30 by its article, order c at 40 alone;
    order d has two lines and one booking that names neither; line 88 was booked as two articles, which is no cost a unit."""
    tiny.put(
        order_lines=[
            sold("a", "2017-03-01", line_no=77), sold("b", "2017-03-02"), sold("c", "2017-03-03"),
            sold("d", "2017-03-04", line_no=1), sold("d", "2017-03-04", line_no=2), sold("e", "2017-03-05", line_no=88),
        ],
        sku_costs=[cost("tea", "2017-01-01", 10)],
        order_costs=[
            booked("a", 20, "77", "x"), booked("a", 99, "78", "z"), booked("b", 30, "", "tea"), booked("b", 1, "", "y"),
            booked("c", 40), booked("d", 50), booked("e", 5, "88", "p"), booked("e", 6, "88", "q"),
        ],
    )  # fmt: skip
    found = [tiny.value("gross_profit", f"2017-03-0{n}") for n in range(1, 6)]
    assert found == [70, 60, 50, 160, 80]
    assert tiny.value("receivable", "2017-03") == 600


def test_a_setting_says_the_vat_where_costs_do_not(tiny: TinyShop) -> None:
    """Without it nothing is told; with a fifth of the price: 80 − 30; a cost that says a tenth is believed: 90 − 40."""
    lines = [sold("1", "2017-03-01"), sold("2", "2017-03-02", sku_id="rice")]
    tiny.put(order_lines=lines, order_costs=[booked("1", 30)])
    assert tiny.cell("gross_margin", "2017-03").missing == ("sku_costs",)
    said = tiny.with_settings("vat_share = 0.2\n")
    assert said.parts("gross_margin", "2017-03") == (50, 80)
    assert tiny.cell("gross_margin", "2017-03").value is None, "the other setting's figures are not kept for this one"
    tiny.put(order_lines=lines, sku_costs=[cost("tea", "2017-01-01", 30, None), cost("rice", "2017-01-01", 40)])
    assert tiny.parts("gross_margin", "2017-03") == (50, 90)
    assert said.parts("gross_margin", "2017-03") == (100, 170)


def test_amounts_are_rounded_to_what_the_model_keeps(tiny: TinyShop) -> None:
    """100.0001 × (1 − 0.115044) = 88.4956885: 88.4957; 0.125 kg at 0.0005 = 0.0000625: 0.0001."""
    tiny.put(
        order_lines=[sold("1", "2017-03-01", 1, quantity="0.125") | {"receivable_amount": "100.0001"}],
        sku_costs=[cost("tea", "2017-01-01", 0.0005, 0.115044)],
    )
    assert tiny.parts("gross_margin", "2017-03") == (Decimal("88.4956"), Decimal("88.4957"))


def refund(order: str, amount: float, kind: str, pieces: float, **more: object) -> Row:
    row: Row = {"refund_id": order, "order_id": order, "sku_id": "tea", "ordered_day": "2017-03-01", "amount": amount}
    day = {"refunded_day": "2017-04-02", "refunded_at": noon("2017-04-02"), "kind": kind, "quantity": pieces}
    return {**row, **day, **more}


FEES: list[Row] = [
    {"entry_id": f"{kind}{day}", "kind": kind, "booked_day": day, "amount": amount}
    for kind, amount in (("platform_fee", 5), ("fulfilment", 7), ("marketing", 1000), ("rent", 1000))
    for day in ("2017-03-31", "2017-04-30")
]
TEA = [cost("tea", "2017-01-01", 40), cost("tea", "2017-04-01", 60)]


def test_contribution_takes_off_refunds_and_fees_and_gives_back_goods_that_came_back(tiny: TinyShop) -> None:
    """March: 4 × (90 − 40) − 5 − 7 = 188. April sells nothing: order 1 is given back whole and its tea, bought at 40, returns,
    order 2 keeps its tea and gets 20; order 3 was cancelled before shipment, all 100 of it, so its tea never left; of order 4
    only 30: whether a tea stayed is not told. One was refused. −90 − 18 − 90 − 27 + 40 + 40 − 12 = −157."""
    tiny.put(
        order_lines=[*(sold(str(n), "2017-03-01") for n in range(1, 5)), sold("9", "2017-04-30", 0, sku_id="rice")],
        sku_costs=TEA, ledger_entries=FEES,
        refunds=[
            refund("1", 100, "return", 1), refund("2", 20, "refund_only", 0), refund("3", 100, "before_shipment", 0),
            refund("4", 30, "before_shipment", 0), refund("5", 100, "return", 1, status="rejected"),
        ],
    )  # fmt: skip
    assert tiny.value("contribution_margin", "2017-03") == 188
    assert tiny.cell("contribution_margin", "2017-04").missing == ("sku_costs.unit_cost",), "the rice has no cost"
    tiny.add(sku_costs=[cost("rice", "2017-01-01", 0, 0)])
    assert tiny.value("contribution_margin", "2017-04") == -157
    assert tiny.value("contribution_margin", "2017-Q2") == -157
    assert tiny.value("contribution_margin", "2017") == 31


@pytest.mark.parametrize("ordered", ["2017-04-01", None])
def test_a_refund_of_no_article_is_of_its_orders_only_one_or_stops_the_margin(
    tiny: TinyShop, ordered: str | None
) -> None:
    """Order 1 had tea alone: 90 are taken off. Order 2 had tea and rice: which of them, at which VAT, nobody knows."""
    lines = [sold("1", "2017-04-01"), sold("2", "2017-04-01"), sold("2", "2017-04-01", line_no=2, sku_id="rice")]
    rice = [*TEA, cost("rice", "2017-01-01", 60)]
    told = [refund("1", 100, "refund_only", 0, sku_id=None, ordered_day=ordered)]
    tiny.put(order_lines=lines, sku_costs=rice, ledger_entries=FEES, refunds=told)
    assert tiny.value("contribution_margin", "2017-04") == 3 * 30 - 90 - 12
    tiny.put(order_lines=lines, sku_costs=rice, ledger_entries=FEES,
             refunds=[*told, refund("2", 50, "refund_only", 0, sku_id=None, ordered_day=ordered)])  # fmt: skip
    assert tiny.cell("contribution_margin", "2017-04").missing == ("refunds.sku_id",)
    assert tiny.value("contribution_margin", "2017-04", shop="s1") is None
    assert tiny.value("gross_profit", "2017-04") == 90


def test_refunds_of_articles_without_a_cost_are_left_out_like_their_lines(tiny: TinyShop) -> None:
    tiny.put(
        order_lines=[sold("1", "2017-03-01"), sold("2", "2017-03-01", sku_id="rice")], sku_costs=TEA,
        ledger_entries=FEES, refunds=[refund("2", 100, "return", 1, sku_id="rice", refunded_day="2017-03-02")],
    )  # fmt: skip
    assert tiny.value("contribution_margin", "2017-03") == 50 - 12


def test_a_period_without_booked_fees_has_no_contribution(tiny: TinyShop) -> None:
    """Fees are booked at the end of the month: a day's sale looks free of them, and is not."""
    back = refund("1", 0, "refund_only", 0)
    tiny.put(order_lines=[sold("1", "2017-03-01")], sku_costs=TEA, ledger_entries=FEES, refunds=[back])
    assert tiny.cell("contribution_margin", "2017-03-01").missing == ("ledger_entries.fees",)
    assert tiny.value("contribution_margin", "2017-03") == 38
    tiny.put(order_lines=[sold("1", "2017-03-01")], sku_costs=TEA, ledger_entries=FEES[4:], refunds=[back])
    assert tiny.cell("contribution_margin", "2017-03").missing == ("ledger_entries.fees",)


def test_new_payers_margin_of_a_year_is_set_against_what_winning_them_cost(tiny: TinyShop) -> None:
    """Every tea costs 40 and leaves 50. Li is new on 10 March 2018 (paid once before, 366 days earlier), buys again 364 days
    later and once more a day too late: 2 × 50. Wu, new on the 20th, gives one of two teas back, in June: 2 × 50 − 90 + 40.
    Xi paid 365 days before and is not new. Brushing, unknown buyers and rice, which has no cost, are left out. Spent: 25."""
    tiny.put(
        order_lines=[
            sold("0", "2017-01-01", buyer="Old"), sold("1", "2017-03-09"), sold("2", "2018-03-10"), sold("3", "2019-03-09"),
            sold("4", "2019-03-10"), sold("5", "2018-03-20", 200, buyer="Wu", quantity=2),
            sold("6", "2018-03-20", buyer="Wu", sku_id="rice"), sold("7", "2017-03-20", buyer="Xi"),
            sold("8", "2018-03-20", buyer="Xi"), sold("9", "2018-03-25", buyer="Wu", is_brushing=True),
            sold("10", "2018-03-25", buyer=None), sold("11", "2019-03-31", buyer="Old"),
        ],
        sku_costs=[cost("tea", "2017-01-01", 40)], ad_spend=[{"spent_day": "2018-03-05", "amount": 25}],
        refunds=[
            refund("5", 100, "return", 1, customer_id="Wu", ordered_day="2018-03-20", refunded_day="2018-06-02"),
            refund("8", 100, "return", 1, customer_id="Xi", ordered_day="2018-03-20", refunded_day="2018-06-02"),
        ],
    )  # fmt: skip
    assert tiny.value("new_buyers", "2018-03") == 2
    assert tiny.parts("K3", "2018-03") == (150, 25)
    assert tiny.value("K3", "2018-03") == 6.0
    assert tiny.cell("K3", "2018-03").status == "ok"
    assert tiny.parts("K3", "2018-W12") == (50, None), "nothing was spent in that week"
    assert tiny.parts("K3", "2018-03", shop="s1") == (150, 25)


def test_a_cohort_is_not_judged_before_its_year_is_over(tiny: TinyShop) -> None:
    """Data end on 30 March 2019, a day before the last new payer of March 2018 could be followed for 365 days."""

    def lines(last: str) -> list[Row]:
        return [sold("0", "2017-01-01", buyer="Old"), sold("1", "2018-03-31"), sold("2", last, buyer="Old")]

    rest: dict[str, list[Row]] = {
        "sku_costs": [cost("tea", "2017-01-01", 40)], "ad_spend": [{"spent_day": "2018-03-05", "amount": 25}],
        "refunds": [refund("1", 0, "refund_only", 0, customer_id="Li", ordered_day="2018-03-31")],
    }  # fmt: skip
    tiny.put(order_lines=lines("2019-03-30"), **rest)
    assert tiny.cell("K3", "2018-03").missing == ("follow_up:1",)
    assert tiny.cell("K3", "2018-03").numerator is None
    assert tiny.cell("K3", "2017-12").missing == ("history:31",)
    tiny.put(order_lines=lines("2019-03-31"), **rest)
    assert tiny.value("K3", "2018-03") == 2.0


def test_new_payers_of_whose_orders_no_cost_is_known_are_not_worth_nothing(tiny: TinyShop) -> None:
    lines = [
        sold("0", "2017-01-01", buyer="Old"),
        sold("1", "2018-03-31", sku_id="rice"),
        sold("2", "2019-05-01", buyer="Old"),
    ]
    tiny.put(
        order_lines=lines, sku_costs=[cost("tea", "2017-01-01", 40)], ad_spend=[{"spent_day": "2018-03-05", "amount": 25}],
        refunds=[refund("1", 1, "refund_only", 0, customer_id="Li", ordered_day="2018-03-31", sku_id="rice")],
    )  # fmt: skip
    assert tiny.cell("K3", "2018-03").missing == ("sku_costs.unit_cost",)
