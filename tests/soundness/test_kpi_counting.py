"""What is counted once, what is left out, and on which day. Every answer is worked out by hand beside its test."""

from __future__ import annotations

from decimal import Decimal

from tests.tiny_shop import TinyShop, line


def test_an_order_of_several_lines_is_one_order_and_its_amounts_add_up(tiny: TinyShop) -> None:
    """O1 = 10 + 5 + 2.50 in three lines, o2 = 7.50: 25.00 paid, 2 orders, 2 buyers."""
    tiny.put(
        order_lines=[
            line("o1", "2017-03-01", "Li", 10), line("o1", "2017-03-01", "Li", 5, line_no=2, sku_id="rice"),
            line("o1", "2017-03-01", "Li", "2.50", line_no=3), line("o2", "2017-03-01", "Wu", "7.50"),
        ]
    )  # fmt: skip
    assert tiny.value("orders", "2017-03") == 2
    assert tiny.value("buyers", "2017-03") == 2
    assert tiny.value("paid_amount", "2017-03") == Decimal("25.00")
    assert tiny.value("C4.orders", "2017-03") == Decimal("12.5")


def test_an_order_of_two_categories_counts_in_both_and_once_in_all(tiny: TinyShop) -> None:
    """O1 holds tea (10) and rice (5): one order in Drinks, one in Food, one in all."""
    tiny.put(order_lines=[line("o1", "2017-03-01"), line("o1", "2017-03-01", amount=5, line_no=2, sku_id="rice")])
    assert tiny.value("orders", "2017-03") == 1
    assert tiny.value("orders", "2017-03", category="Drinks") == 1
    assert tiny.value("orders", "2017-03", category="Food") == 1
    assert tiny.value("paid_amount", "2017-03", category="Food") == 5


def test_one_order_number_in_two_shops_is_two_orders(tiny: TinyShop) -> None:
    """Number 1 at s1 (10) and at s2 (20): 2 orders, 30 paid, 15 an order."""
    tiny.put(order_lines=[line("1", "2017-03-01"), line("1", "2017-03-01", amount=20, shop_id="s2")])
    assert tiny.value("orders", "2017-03") == 2
    assert tiny.value("C4.orders", "2017-03") == 15


def test_an_order_number_never_runs_into_its_shops_name(tiny: TinyShop) -> None:
    """Shop s1 order 23 and shop s12 order 3 would be the same text if joined without a border."""
    shops = [
        {"shop_id": s, "platform_id": "tmall", "currency": "CNY", "timezone": "Asia/Shanghai"} for s in ("s1", "s12")
    ]
    tiny.put(shops=shops, order_lines=[line("23", "2017-03-01"), line("3", "2017-03-01", shop_id="s12")])
    assert tiny.value("orders", "2017-03") == 2


def test_a_buyer_of_two_shops_is_one_buyer(tiny: TinyShop) -> None:
    """Li buys at s1 and s2 (10 each): 1 buyer in all, 1 in each shop, 20 a buyer."""
    tiny.put(order_lines=[line("1", "2017-03-01"), line("2", "2017-03-01", shop_id="s2")])
    assert tiny.value("buyers", "2017-03") == 1
    assert tiny.value("buyers", "2017-03", shop="s2") == 1
    assert tiny.value("C4", "2017-03") == 20


def test_joining_every_dimension_never_multiplies_a_line(tiny: TinyShop) -> None:
    """Two lines of 10 with an unknown article, an unknown shop and known ones: 40 paid, however it is cut."""
    tiny.put(
        order_lines=[
            line("1", "2017-03-01"), line("2", "2017-03-01", sku_id="nobody knows"),
            line("3", "2017-03-01", shop_id="s9"), line("4", "2017-03-01", sku_id="gift", shop_id="s3"),
        ]
    )  # fmt: skip
    cells = tiny.matrix("paid_amount", by=("platform", "shop", "category", "channel")).cells
    assert sum(c.value for c in cells if isinstance(c.value, Decimal)) == 40
    assert len(cells) == 4


def test_the_buyers_of_a_quarter_are_not_the_sum_of_its_months(tiny: TinyShop) -> None:
    """Li buys in January, February and March, Wu in February: 1 + 2 + 1 = 4, but 2 buyers in the quarter."""
    tiny.put(
        order_lines=[
            line("1", "2017-01-05"), line("2", "2017-02-05"), line("3", "2017-03-05"), line("4", "2017-02-06", "Wu"),
        ]
    )  # fmt: skip
    assert [c.value for c in tiny.matrix("buyers").cells] == [1, 2, 1]
    assert tiny.value("buyers", "2017-Q1") == 2
    assert tiny.value("C4", "2017-Q1") == 20


def test_unknown_buyers_stay_out_of_both_halves_of_order_value_a_buyer(tiny: TinyShop) -> None:
    """Li pays 10, an unknown buyer 90: C4 = 10 ÷ 1, C4.orders = 100 ÷ 2, and the matrix says so."""
    tiny.put(order_lines=[line("1", "2017-03-01"), line("2", "2017-03-01", None, 90)])
    assert tiny.parts("C4", "2017-03") == (10, 1)
    assert tiny.value("C4", "2017-03") == 10
    assert tiny.value("C4.orders", "2017-03") == 50
    (warning,) = tiny.matrix("C4").warnings()
    assert warning.startswith("1 of 2 order lines")


def test_a_shop_that_knows_no_buyer_has_no_buyer_figures_at_all(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("1", "2017-03-01", None), line("2", "2017-03-02", None)])
    for kpi in ("C4", "buyers", "T2", "U1", "U3.within30", "U3.returning"):
        cell = tiny.cell(kpi, "2017-03")
        assert (cell.value, cell.status, cell.missing) == (None, "missing", ("order_lines.customer_id",)), kpi
    assert tiny.value("orders", "2017-03") == 2


def test_brushing_orders_are_in_no_figure(tiny: TinyShop) -> None:
    """One real order of 10; one brushing order of 1,000 by Wu on a later day: 10, one order, one buyer, last day the 1st."""
    tiny.put(order_lines=[line("1", "2017-03-01"), line("2", "2017-03-09", "Wu", 1000, is_brushing=True)])
    matrix = tiny.matrix("gmv", "paid_amount", "orders", "buyers", "units", "C4", "C4.orders")
    assert [c.value for c in matrix.cells] == [10, 10, 1, 1, 1, 10, 10]
    assert str(matrix.last_day) == "2017-03-01"
    assert matrix.remarks == ()


def test_an_unpaid_brushing_order_does_not_make_order_to_pay_conversion_known(tiny: TinyShop) -> None:
    """The only unpaid line is brushing: the source lists no real unpaid order, so C3 is unknown, not 100 %."""
    tiny.put(order_lines=[line("1", "2017-03-01"), line("2", "2017-03-01", "Wu", paid=None, is_brushing=True)])
    assert tiny.cell("C3", "2017-03").missing == ("order_lines.unpaid",)


def test_refunds_of_brushing_orders_are_left_out_like_the_orders(tiny: TinyShop) -> None:
    """Real orders 100 with 10 refunded; a brushing order of 500 refunded in full: the refund rate is 10 %, not 510 %."""
    refund = {"ordered_day": "2017-03-01", "refunded_day": "2017-03-05", "refunded_at": "2017-03-05 04:00:00+00"}
    tiny.put(
        order_lines=[line("1", "2017-03-01", amount=100), line("2", "2017-03-01", "Wu", 500, is_brushing=True)],
        refunds=[
            refund | {"refund_id": "r1", "order_id": "1", "amount": 10},
            refund | {"refund_id": "r2", "order_id": "2", "amount": 500},
        ],
    )
    assert tiny.value("K2.refund_rate", "2017-03") == 0.1


def test_an_unpaid_order_counts_as_ordered_and_not_as_paid(tiny: TinyShop) -> None:
    """10 paid, 30 unpaid: GMV 40, paid 10, one paid order; Li paid, Wu did not: C3 = 1 ÷ 2."""
    tiny.put(order_lines=[line("1", "2017-03-01"), line("2", "2017-03-02", "Wu", 30, paid=None)])
    assert tiny.value("gmv", "2017-03") == 40
    assert tiny.value("paid_amount", "2017-03") == 10
    assert tiny.value("orders", "2017-03") == 1
    assert tiny.value("buyers", "2017-03") == 1
    assert tiny.parts("C3", "2017-03") == (1, 2)
    assert tiny.value("C3", "2017-03") == 0.5


def test_a_buyer_with_a_paid_and_an_unpaid_order_did_pay(tiny: TinyShop) -> None:
    """Li orders twice and pays once: one ordering buyer, who paid."""
    tiny.put(order_lines=[line("1", "2017-03-01"), line("2", "2017-03-02", paid=None)])
    assert tiny.parts("C3", "2017-03") == (1, 1)


def test_order_to_pay_conversion_is_unknown_where_the_source_lists_only_paid_orders(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("1", "2017-03-01")])
    cell = tiny.cell("C3", "2017-03")
    assert (cell.value, cell.missing) == (None, ("order_lines.unpaid",))


def test_a_late_payment_counts_in_the_month_it_arrives(tiny: TinyShop) -> None:
    """Ordered in March for 10, paid in April: GMV is March's, paid amount and order April's, C3 March's."""
    tiny.put(order_lines=[line("1", "2017-03-31", paid="2017-04-02"), line("2", "2017-04-30", "Wu", 7, paid=None)])
    assert [c.value for c in tiny.matrix("gmv").cells] == [10, 7]
    assert [c.value for c in tiny.matrix("paid_amount").cells] == [None, 10]
    assert [c.value for c in tiny.matrix("orders").cells] == [None, 1]
    assert [c.value for c in tiny.matrix("C3").cells] == [1.0, 0.0]


def test_the_shops_day_decides_and_not_the_day_in_utc(tiny: TinyShop) -> None:
    """17:30 UTC on 31 March is 01:30 on 1 April in Shanghai: the row says so, and April has it."""
    late = {"ordered_at": "2017-03-31 17:30:00+00", "paid_at": "2017-03-31 17:30:00+00"}
    tiny.put(order_lines=[dict(line("1", "2017-04-01")) | late])
    matrix = tiny.matrix("paid_amount", grain="day")
    assert [(p.label) for p in matrix.periods] == ["2017-04-01"]
    assert tiny.value("paid_amount", "2017-04") == 10
    assert tiny.value("paid_amount", "2017-W13") == 10  # 27 March to 2 April


def test_units_never_mix_pieces_with_litres(tiny: TinyShop) -> None:
    """2 pieces, 40.5 litres of fuel: 2 units."""
    tiny.put(
        order_lines=[
            line("1", "2017-03-01", quantity=2),
            line("2", "2017-03-01", quantity="40.5", quantity_unit="litre"),
        ]
    )
    assert tiny.value("units", "2017-03") == 2


def test_discounts_are_shares_of_the_list_amount_by_who_bears_them(tiny: TinyShop) -> None:
    """List 100 + 100; merchant bears 20, platform 10, nobody else: rate 30 ÷ 200, merchant 20 ÷ 200, platform 10 ÷ 200."""
    tiny.put(
        order_lines=[
            line("1", "2017-03-01", amount=70, list_amount=100, discount_merchant=20, discount_platform=10),
            line("2", "2017-03-01", amount=100, list_amount=100, discount_merchant=0, discount_platform=0),
        ]
    )
    assert tiny.value("discount_rate", "2017-03") == 0.15
    assert tiny.value("discount_rate.merchant", "2017-03") == 0.1
    assert tiny.value("discount_rate.platform", "2017-03") == 0.05
    assert tiny.cell("discount_rate.supplier", "2017-03").missing == ("order_lines.discount_supplier",)


def test_lines_without_a_list_amount_are_in_neither_half_of_the_discount_rate(tiny: TinyShop) -> None:
    """A line with list 100 and 90 paid, one of 50 without a list amount: 10 ÷ 100."""
    tiny.put(order_lines=[line("1", "2017-03-01", amount=90, list_amount=100), line("2", "2017-03-01", amount=50)])
    assert tiny.parts("discount_rate", "2017-03") == (10, 100)


def test_online_and_direct_shares_follow_the_shops_platform(tiny: TinyShop) -> None:
    """S1 is Tmall (online, not direct) 30, s2 an own site (online, direct) 70: 100 % and 70 %."""
    tiny.put(order_lines=[line("1", "2017-03-01", amount=30), line("2", "2017-03-01", amount=70, shop_id="s2")])
    assert tiny.value("online_share", "2017-03") == 1.0
    assert tiny.value("direct_share", "2017-03") == 0.7


def test_money_is_exact_where_binary_fractions_are_not(tiny: TinyShop) -> None:
    """0.10 three times is 0.30 and 1 ÷ 3 of 10.00 is 3.3333, to a hundredth of a cent."""
    tiny.put(order_lines=[line(str(n), "2017-03-01", f"B{n}", "0.10") for n in range(3)])
    assert str(tiny.value("paid_amount", "2017-03")) == "0.30"
    tiny.put(
        order_lines=[
            line("1", "2017-03-01", "A", "10.00"),
            line("2", "2017-03-01", "B", 0),
            line("3", "2017-03-01", "C", 0),
        ]
    )
    assert str(tiny.value("C4", "2017-03")) == "3.3333"
