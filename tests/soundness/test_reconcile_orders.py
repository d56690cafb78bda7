"""Order ↔ settlement: what silently multiplies, hides or invents money. Every answer is worked out by hand beside its test."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from shopkeeper.quality.reconcile import Reconciliation, Scope, parse_scope, reconcile
from shopkeeper.quality.reconcile.result import Tally
from tests.tiny_shop import Row, TinyShop, line, noon


def booked(
    number: int, order: str | None, kind: str, amount: float | str, day: str = "2017-03-05", **more: object
) -> Row:
    """One line of a statement."""
    row: dict[str, object] = {
        "statement_id": "S", "line_no": number, "issuer": "platform", "order_id": order, "kind": kind,
        "amount": str(amount), "settled_day": day, "settled_at": noon(day),
    }  # fmt: skip
    return row | more


BEGIN = booked(999, None, "service_fee", "-0.01", "2017-01-01")
"""The statements begin here: what was ordered from this day on must be in them."""


def refund(number: str, order: str, amount: float, day: str = "2017-03-05", **more: object) -> Row:
    return {
        "refund_id": number,
        "order_id": order,
        "amount": str(amount),
        "refunded_at": noon(day),
        "refunded_day": day,
    } | more


def found(tiny: TinyShop, scope: Scope | None = None, **rows: Sequence[Row]) -> Reconciliation:
    tiny.put(**rows)
    return reconcile(tiny.shop.lake, scope or Scope())


def tally(result: Reconciliation, *outcomes: str) -> Tally:
    return sum((row.tally(*outcomes) for row in result.orders), Tally())


def only(result: Reconciliation) -> tuple[str, str, Decimal]:
    """The one open kind of money: outcome, cause, amount."""
    assert len(result.open) == 1, result.open
    return result.open[0].outcome, result.open[0].cause, result.open[0].amount


def test_three_lines_two_refunds_and_four_statement_lines_are_one_order(tiny: TinyShop) -> None:
    """10 + 20 + 30 − 5 − 6 = 49 expected; 60 − 11 = 49 settled, fees −3: matched once."""
    result = found(
        tiny,
        order_lines=[line("o", "2017-03-01", amount=a, line_no=n) for n, a in enumerate((10, 20, 30), 1)],
        refunds=[refund("a", "o", 5), refund("b", "o", 6)],
        settlements=[
            BEGIN, booked(1, "o", "sale", 60), booked(2, "o", "refund", -11), booked(3, "o", "commission", -2),
            booked(4, "o", "service_fee", -1),
        ],
    )  # fmt: skip
    assert tally(result, "matched") == Tally(1, Decimal(49), Decimal(49), Decimal(-3), Decimal(0), Decimal(0))
    assert result.open == ()


def test_a_refund_booked_in_another_month_belongs_to_its_order(tiny: TinyShop) -> None:
    """Paid and settled in March with 50, refunded and booked in May with 50: March alone still gives 0 = 0."""
    rows = {
        "order_lines": [line("o", "2017-03-01", amount=50)],
        "refunds": [refund("a", "o", 50, "2017-05-02")],
        "settlements": [BEGIN, booked(1, "o", "sale", 50), booked(2, "o", "refund", -50, "2017-05-03")],
    }
    result = found(tiny, parse_scope(from_="2017-03", to="2017-03"), **rows)
    assert tally(result, "matched").orders == 1
    assert tally(result, "matched").expected == 0
    assert parse_scope(from_="2017-05").start is not None
    may = reconcile(tiny.shop.lake, parse_scope(from_="2017-05", to="2017-05"))
    assert may.orders == ()
    assert may.open == ()


def test_a_refund_that_the_statement_never_took_back_is_named(tiny: TinyShop) -> None:
    result = found(
        tiny, order_lines=[line("o", "2017-03-01", amount=50)], refunds=[refund("a", "o", 20), refund("b", "o", 9)],
        settlements=[BEGIN, booked(1, "o", "sale", 50), booked(2, "o", "refund", -9)],
    )  # fmt: skip
    assert only(result) == ("over", "refund_not_settled", Decimal(20))


def test_a_refund_that_was_rejected_changes_nothing(tiny: TinyShop) -> None:
    result = found(
        tiny, order_lines=[line("o", "2017-03-01", amount=50)], refunds=[refund("a", "o", 20, status="rejected")],
        settlements=[BEGIN, booked(1, "o", "sale", 50)],
    )  # fmt: skip
    assert tally(result, "matched").orders == 1


def test_a_line_booked_twice_is_a_duplicate_and_two_equal_articles_are_not(tiny: TinyShop) -> None:
    """O is owed 10 and got 10 twice. P has two articles at 10, each with its own line: 20 = 20."""
    result = found(
        tiny,
        order_lines=[line("o", "2017-03-01"), line("p", "2017-03-01"), line("p", "2017-03-01", line_no=2)],
        settlements=[BEGIN, *(booked(n, "o" if n < 3 else "p", "sale", 10) for n in range(1, 5))],
    )
    assert only(result) == ("over", "duplicate_settlement", Decimal(10))
    assert tally(result, "matched").orders == 1


def test_one_order_number_at_two_shops_is_settled_at_each_alone(tiny: TinyShop) -> None:
    """Number 1 costs 10 at s1 and 99 at s2; s1's statement pays 10, s2's nothing."""
    result = found(
        tiny,
        order_lines=[line("1", "2017-03-01"), line("1", "2017-03-01", amount=99, shop_id="s2")],
        settlements=[
            BEGIN,
            {**BEGIN, "shop_id": "s2"},
            booked(1, "1", "sale", 10),
            booked(2, "x", "sale", 1, shop_id="s2"),
        ],
    )
    assert tally(result, "matched").expected == 10
    assert tally(result, "unsettled").expected == 99
    assert tally(result, "orphan").settled == 1


def test_what_was_ordered_before_the_statements_begin_is_unknown_never_missing(tiny: TinyShop) -> None:
    """Statements begin on 1 March. `old` was paid in February and may have been settled then; `late` settles in March."""
    result = found(
        tiny,
        order_lines=[line("old", "2017-02-01"), line("late", "2017-02-20", amount=7), line("new", "2017-06-01")],
        settlements=[
            booked(1, None, "service_fee", -1, "2017-03-01"), booked(2, "late", "sale", 7),
            booked(3, "new", "sale", 10, "2017-06-03"),
        ],
    )  # fmt: skip
    assert (tally(result, "unchecked").orders, tally(result, "matched").orders) == (1, 2)
    assert result.open == ()
    assert not result.overdue


def test_a_shop_without_any_statement_has_no_missing_money(tiny: TinyShop) -> None:
    result = found(tiny, order_lines=[line("o", "2017-01-01"), line("p", "2017-12-01")])
    assert tally(result, "unchecked").orders == 2
    assert (result.open, result.overdue, result.missing) == ((), False, ("settlements",))


@pytest.mark.parametrize(
    ("settled", "outcome", "cause"),
    [
        ([("sale", 100)], "matched", ""),
        ([("sale", 100), ("commission", -5)], "matched", ""),
        ([("sale", 60), ("subsidy", 40)], "matched", ""),
        ([("sale", 105), ("commission", -3), ("service_fee", -2)], "matched_fees", ""),
        ([("sale", "99.99")], "short", "fee_unexplained"),
        ([("sale", 70)], "short", "fee_unexplained"),
        ([("sale", 69)], "short", "amount_differs"),
        ([("sale", "100.01")], "over", "amount_differs"),
        ([("sale", 100), ("refund", -30)], "short", "refund_unknown"),
        ([("commission", -5)], "unsettled", "not_yet_due"),
    ],
)
def test_each_difference_has_its_outcome_and_cause(
    tiny: TinyShop, settled: list[tuple[str, float]], outcome: str, cause: str
) -> None:
    """One order of 100, beside one of 10 that is settled as it should be."""
    lines = [booked(n, "o", kind, amount) for n, (kind, amount) in enumerate(settled, 1)]
    result = found(
        tiny, order_lines=[line("o", "2017-03-01", amount=100), line("fine", "2017-03-01")],
        settlements=[BEGIN, booked(900, "fine", "sale", 10), *lines],
    )  # fmt: skip
    assert tally(result, outcome).orders == (2 if outcome == "matched" else 1)
    assert [(r.outcome, r.cause) for r in result.open] == ([(outcome, cause)] if cause else [])


def test_short_and_over_never_cancel(tiny: TinyShop) -> None:
    """One order 1 short, one 1 over: the differences add up to 0, the open money to 2."""
    result = found(
        tiny, order_lines=[line("a", "2017-03-01"), line("b", "2017-03-01")],
        settlements=[BEGIN, booked(1, "a", "sale", 9), booked(2, "b", "sale", 11)],
    )  # fmt: skip
    both = tally(result, "short", "over")
    assert (both.difference, both.open) == (0, 2)


def test_an_unsettled_order_is_aged_by_the_shops_day_of_delivery(tiny: TinyShop) -> None:
    """Delivered at 17:00 UTC on 1 March, which is 2 March in Shanghai; the data end on 2 May: 61 days, more than 60."""
    rows: dict[str, list[Row]] = {
        "order_lines": [line("o", "2017-02-01"), line("end", "2017-05-02")],
        "settlements": [BEGIN, booked(1, "end", "sale", 10, "2017-05-02")],
        "shipments": [
            {"shipment_id": "p", "order_id": "o", "due_day": "2017-02-02", "delivered_at": "2017-03-01 17:00:00+00"}
        ],
    }
    result = found(tiny, **rows)
    assert [(u.age, u.bucket) for u in result.unmatched] == [(61, "over-60")]
    assert result.overdue
    rows["order_lines"][1] = line("end", "2017-05-01")
    rows["settlements"][1] = booked(1, "end", "sale", 10, "2017-05-01")
    result = found(tiny, **rows)
    assert [(u.age, u.bucket) for u in result.unmatched] == [(60, "31-60")]
    assert not result.overdue


def test_brushing_orders_are_in_no_figure_and_counted_apart(tiny: TinyShop) -> None:
    """The real order of 10 pays 1 in fees: a rate of 10 %. The brushing one of 500 would make it 1 ÷ 51."""
    result = found(
        tiny, order_lines=[line("real", "2017-03-01"), line("fake", "2017-03-01", amount=500, is_brushing=True)],
        settlements=[
            BEGIN, booked(1, "real", "sale", 10), booked(2, "real", "commission", -1), booked(3, "fake", "sale", 500),
        ],
    )  # fmt: skip
    assert tally(result, "matched") == Tally(1, Decimal(10), Decimal(10), Decimal(-1))
    assert tally(result, "brushing").expected == 500
    assert [f.rate for f in result.fees if f.kind == "commission"] == [Decimal("0.1")]
    assert {h.id: h.of for h in result.hits}["orders_settlement"] == 1


def test_money_told_by_platform_and_wallet_is_one_money(tiny: TinyShop) -> None:
    """Both statements book the sale of 10: the platform's counts, the wallet's is left out and counted."""
    result = found(
        tiny, order_lines=[line("o", "2017-03-01")],
        settlements=[BEGIN, booked(1, "o", "sale", 10), booked(2, "o", "sale", 10, issuer="wallet")],
    )  # fmt: skip
    assert tally(result, "matched").settled == 10
    assert [(s.count, s.amount) for s in result.steps if s.what == "echo"] == [(1, 10)]


def test_a_sale_that_the_wallet_splits_is_not_told_twice(tiny: TinyShop) -> None:
    """The platform tells 458.00 and takes 58.00 back whole; the wallet tells goods and subsidy apart, both ways."""
    result = found(
        tiny, order_lines=[line("o", "2017-03-01", amount=400), line("p", "2017-03-01", amount=70)],
        refunds=[
            {"refund_id": "r", "order_id": "o", "refunded_day": "2017-03-09", "refunded_at": noon("2017-03-09"), "amount": 58}
        ],
        settlements=[
            BEGIN, booked(1, "o", "sale", 400), booked(2, "o", "refund", -58),
            booked(3, "o", "sale", 370, issuer="wallet"), booked(4, "o", "subsidy", 30, issuer="wallet"),
            booked(5, "o", "refund", -50, issuer="wallet"), booked(6, "o", "subsidy", -8, issuer="wallet"),
            booked(7, "p", "sale", 60), booked(8, "p", "sale", 60, issuer="wallet"),
            booked(9, "p", "subsidy", 10, issuer="wallet"),
        ],
    )  # fmt: skip
    assert (tally(result, "matched").orders, tally(result, "matched").settled) == (2, 342 + 70)
    assert [s.count for s in result.steps if s.what == "echo"] == [5]


def test_amounts_of_two_currencies_stand_apart(tiny: TinyShop) -> None:
    shops: list[Row] = [
        {"shop_id": "s1", "platform_id": "tmall", "currency": "CNY", "timezone": "Asia/Shanghai"},
        {"shop_id": "s2", "platform_id": "tmall", "currency": "USD", "timezone": "Asia/Shanghai"},
    ]
    result = found(
        tiny, shops=shops, order_lines=[line("o", "2017-03-01", amount=70), line("o", "2017-03-01", amount=9, shop_id="s2")],
        settlements=[booked(1, "o", "sale", 70), booked(1, "o", "sale", 9, shop_id="s2")],
    )  # fmt: skip
    assert [(r.currency, r.tally("matched").settled) for r in result.orders] == [("CNY", 70), ("USD", 9)]
    assert [(f.currency, f.sales) for f in result.fees] == [("CNY", 70), ("USD", 9)]


def test_freight_may_be_inside_the_settled_amount_or_not(tiny: TinyShop) -> None:
    """Articles of 100 and freight of 8: settled with 100 or with 108 is right, 104 is 4 away from either."""
    order: Row = {"ordered_at": noon("2017-03-01"), "ordered_day": "2017-03-01", "freight_amount": "8"}
    result = found(
        tiny, order_lines=[line(o, "2017-03-01", amount=100) for o in "abc"],
        orders=[{**order, "order_id": o} for o in "abc"],
        settlements=[BEGIN, booked(1, "a", "sale", 100), booked(2, "b", "sale", 108), booked(3, "c", "sale", 104)],
    )  # fmt: skip
    assert tally(result, "matched").orders == 2
    assert only(result) == ("over", "amount_differs", Decimal(4))
