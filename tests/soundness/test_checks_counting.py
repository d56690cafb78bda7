"""Checks must never count wrongly: not run is not passed, NULL names nothing, repeats count once each, sums never fan out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from shopkeeper.quality.builtin import builtin_rules
from shopkeeper.quality.checks import ROW_CHECKS, WEIGHTS
from shopkeeper.quality.ledger import history, record_run
from shopkeeper.quality.lookups import Dependency
from shopkeeper.quality.result import CheckResult, accuracy
from shopkeeper.quality.rule import WEIGHT, AsOf, NotNull, Range, Rule
from shopkeeper.quality.run import run_rules
from shopkeeper.quality.whole import Drift, Volume
from tests.tiny_shop import Row, TinyShop, line, make_tiny, noon

DAY = dt.date(2017, 6, 30)
AT = AsOf(DAY, DAY)


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[TinyShop]:
    made = make_tiny(tmp_path / "tiny")
    yield made
    made.shop.close()


def order(number: str, **more: object) -> Row:
    base: Row = {"order_id": number, "ordered_at": noon("2017-03-01"), "ordered_day": "2017-03-01"}
    return {**base, **more}


def refund(number: str, order_id: str | None, amount: str, **more: object) -> Row:
    base: Row = {"refund_id": number, "order_id": order_id, "amount": amount, "refunded_at": noon("2017-03-05"),
                 "refunded_day": "2017-03-05"}  # fmt: skip
    return {**base, **more}


def payment(number: str, order_id: str, amount: str, status: str = "succeeded") -> Row:
    return {"payment_id": number, "order_id": order_id, "amount": amount, "paid_at": noon("2017-03-01"),
            "paid_day": "2017-03-01", "status": status}  # fmt: skip


def run(tiny: TinyShop, *rules: Rule, at: AsOf = AT) -> list[CheckResult]:
    return run_rules(tiny.shop.lake.connection, rules, at)


def found(tiny: TinyShop, ident: str, at: AsOf = AT) -> CheckResult:
    rule = next(rule for rule in builtin_rules() if rule.id == ident)
    return run(tiny, rule, at=at)[0]


def counts(result: CheckResult) -> tuple[str, int, int]:
    return result.status, result.checked, result.violations


# --- not run is not passed ---------------------------------------------------------------------------------------------


def test_an_empty_table_is_not_run_and_counts_nowhere(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("1", "2017-03-01")])
    result = found(tiny, "refunds.key")
    assert (result.status, result.why, result.checked, result.share) == ("not_run", "table_empty", 0, None)
    assert accuracy([result]) is None


def test_every_built_in_rule_runs_on_a_shop_without_a_row(tiny: TinyShop) -> None:
    results = run(tiny, *builtin_rules())
    assert {(r.status, r.why) for r in results} == {("not_run", "table_empty")}


def test_a_rule_on_a_column_that_the_source_never_fills_is_not_run(tiny: TinyShop) -> None:
    tiny.put(orders=[order("1"), order("2")])
    result = found(tiny, "orders.status.set")
    assert (result.status, result.why, result.rows) == ("not_run", "column_empty", 2)
    tiny.put(orders=[order("1"), order("2", status="lost")])
    assert counts(found(tiny, "orders.status.set")) == ("fail", 1, 1)


def test_a_column_that_is_never_filled_breaks_not_null(tiny: TinyShop) -> None:
    tiny.put(orders=[order("1"), order("2")])
    (result,) = run(tiny, NotNull(id="x", table="orders", column="region"))
    assert counts(result) == ("fail", 2, 2)


def test_a_reference_to_a_table_without_rows_is_not_run(tiny: TinyShop) -> None:
    tiny.put(orders=[order("1", campaign_id="spring")])
    result = found(tiny, "orders.campaign_id.reference")
    assert (result.status, result.why, result.facts) == ("not_run", "needs_empty", {"table": "campaigns"})


# --- references and keys -------------------------------------------------------------------------------------------------


def test_a_null_reference_is_no_violation(tiny: TinyShop) -> None:
    tiny.put(orders=[order("1", customer_id=None), order("2", customer_id="Li"), order("3", customer_id="Wu")],
             customers=[{"customer_id": "Li"}])  # fmt: skip
    result = found(tiny, "orders.customer_id.reference")
    assert counts(result) == ("fail", 2, 1)
    assert [s.value for s in result.samples] == ["Wu"]


def test_a_reference_that_is_there_twice_counts_its_row_once(tiny: TinyShop) -> None:
    """Two rows of one customer must not turn one order into two."""
    tiny.put(orders=[order("1", customer_id="Li")], customers=[{"customer_id": "Li"}, {"customer_id": "Li"}])
    result = found(tiny, "orders.customer_id.reference")
    assert (result.rows, *counts(result)) == (1, "pass", 1, 0)


def test_a_campaign_of_another_shop_is_no_reference(tiny: TinyShop) -> None:
    campaign: Row = {"shop_id": "s2", "campaign_id": "spring", "start_day": "2017-03-01"}
    tiny.put(orders=[order("1", campaign_id="spring")], campaigns=[campaign])
    assert counts(found(tiny, "orders.campaign_id.reference")) == ("fail", 1, 1)


def test_repeats_of_a_key_count_once_each(tiny: TinyShop) -> None:
    """Three rows with one key are two repeats; rows of other keys are none."""
    tiny.put(orders=[order("1"), order("1"), order("1"), order("2")])
    result = found(tiny, "orders.key")
    assert counts(result) == ("fail", 4, 2)
    assert [s.value for s in result.samples] == ["s1 · 1", "s1 · 1"]


# --- sums never fan out --------------------------------------------------------------------------------------------------


def test_an_order_is_the_sum_of_its_lines_whatever_else_belongs_to_it(tiny: TinyShop) -> None:
    """Two lines, three refunds and two payments: joined row by row they would make twelve rows of one order."""
    tiny.put(
        orders=[order("1", payable_amount="35.50", freight_amount="5.50", paid_at=noon("2017-03-01"))],
        order_lines=[line("1", "2017-03-01", amount="10.00"), line("1", "2017-03-01", amount="20.00", line_no=2)],
        refunds=[refund("a", "1", "5"), refund("b", "1", "10"), refund("c", "1", "20.50")],
        payments=[payment("p", "1", "30"), payment("q", "1", "5.50"), payment("r", "1", "35.50", "failed")],
    )
    for ident in ("order_is_sum_of_lines", "refunds_within_paid", "refunds_within_lines", "payments_are_order_total"):
        assert counts(found(tiny, ident)) == ("pass", 1, 0), ident


def test_a_cent_too_much_is_seen_in_each_sum(tiny: TinyShop) -> None:
    tiny.put(
        orders=[order("1", payable_amount="35.51", freight_amount="5.50", paid_at=noon("2017-03-01"))],
        order_lines=[line("1", "2017-03-01", amount="10.00"), line("1", "2017-03-01", amount="20.00", line_no=2)],
        refunds=[refund("a", "1", "35.50"), refund("b", "1", "0.01")],
        payments=[payment("p", "1", "35.50")],
    )
    for ident in ("order_is_sum_of_lines", "refunds_within_paid", "refunds_within_lines", "payments_are_order_total"):
        assert counts(found(tiny, ident)) == ("fail", 1, 1), ident


def test_orders_of_one_number_in_two_shops_have_their_own_lines(tiny: TinyShop) -> None:
    amounts = {"payable_amount": "10", "freight_amount": "0"}
    tiny.put(
        orders=[order("1", **amounts), order("1", shop_id="s2", **amounts)],
        order_lines=[line("1", "2017-03-01", amount="10"), line("1", "2017-03-01", amount="10", shop_id="s2")],
    )
    assert counts(found(tiny, "order_is_sum_of_lines")) == ("pass", 2, 0)


def test_what_is_unknown_is_not_judged(tiny: TinyShop) -> None:
    """No freight, no lines, a rejected refund, an unpaid order: nothing to say about any of them."""
    tiny.put(
        orders=[order("1", payable_amount="10"), order("2", payable_amount="10", freight_amount="0")],
        order_lines=[line("1", "2017-03-01")], refunds=[refund("a", "1", "99", status="rejected")],
        payments=[payment("p", "2", "3")],
    )  # fmt: skip
    for ident in ("order_is_sum_of_lines", "refunds_within_paid", "payments_are_order_total"):
        result = found(tiny, ident)
        assert (result.status, result.why) == ("not_run", "nothing_to_check"), ident


def test_money_is_compared_to_the_last_digit(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("1", "2017-03-01", amount="0.3000", list_amount="0.4", discount_merchant="0.1"),
                          line("2", "2017-03-01", amount="0.3001", list_amount="0.4", discount_merchant="0.1")])  # fmt: skip
    assert counts(found(tiny, "line_adds_up")) == ("fail", 2, 1)
    big = Decimal("90071992547409.93")
    tiny.put(order_lines=[line("1", "2017-03-01", amount=str(big))])
    (result,) = run(tiny, Range(id="x", table="order_lines", column="payable_amount", max=big - Decimal("0.01")))
    assert counts(result) == ("fail", 1, 1)


# --- time ----------------------------------------------------------------------------------------------------------------


def days_before(last: str, number: int, step: int = 1) -> list[str]:
    return [(dt.date.fromisoformat(last) - dt.timedelta(days=step * n)).isoformat() for n in range(number)]


def test_a_row_dated_ahead_does_not_make_a_table_fresh(tiny: TinyShop) -> None:
    tiny.put(orders=[order("1", ordered_day="2017-06-20"), order("2", ordered_day="2018-01-01")])
    result = found(tiny, "orders.freshness")
    assert (result.status, result.facts["day"], result.facts["age"]) == ("fail", "2017-06-20", "10")
    assert found(tiny, "orders.freshness", AsOf(dt.date(2017, 6, 22), DAY)).status == "pass"


def test_the_volume_of_a_day_is_not_judged_by_fewer_than_four_weekdays(tiny: TinyShop) -> None:
    rule = Volume(id="v", table="orders", day="ordered_day")
    tiny.put(orders=[order(day, ordered_day=day) for day in days_before("2017-06-30", 4, 7)])
    (result,) = run(tiny, rule)
    assert (result.status, result.why, result.facts["seen"]) == ("not_run", "few_weekdays", "3")
    tiny.add(orders=[order("again", ordered_day="2017-06-09"), order("first", ordered_day="2017-06-03")])
    assert run(tiny, rule)[0].why == "few_weekdays", (
        "a further row of a day is no further day, and the first is no Friday"
    )
    tiny.add(orders=[order("earlier", ordered_day="2017-06-02")])
    assert run(tiny, rule)[0].status == "pass"


def test_late_rows_belong_to_their_own_day(tiny: TinyShop) -> None:
    """Thirty orders a Friday, then one: low. When the other 29 arrive late, the same day is in order."""
    rule = Volume(id="v", table="orders", day="ordered_day")
    fridays = days_before("2017-06-30", 9, 7)
    tiny.put(orders=[order(f"{day} {n}", ordered_day=day) for day in fridays[1:] for n in range(30)])
    tiny.add(orders=[order("one", ordered_day=fridays[0])])
    (low,) = run(tiny, rule)
    assert (low.status, low.facts["day"], low.facts["rows"]) == ("fail", "2017-06-30", "1")
    tiny.add(orders=[order(f"late {n}", ordered_day=fridays[0]) for n in range(29)])
    assert run(tiny, rule)[0].status == "pass"


def test_a_day_that_is_not_over_is_not_called_low(tiny: TinyShop) -> None:
    rule = Volume(id="v", table="orders", day="ordered_day")
    rows = [order(f"{day} {n}", ordered_day=day) for day in days_before("2017-06-29", 60) for n in range(20)]
    tiny.put(orders=[*rows, order("this morning", ordered_day="2017-06-30")])
    (result,) = run(tiny, rule, at=AsOf(DAY, dt.date(2017, 6, 29)))
    assert (result.status, result.facts["day"]) == ("pass", "2017-06-29")


def test_a_shift_is_seen_and_too_few_rows_say_nothing(tiny: TinyShop) -> None:
    rule = Drift(id="d", table="orders", column="region", day="ordered_day", days=7, before_days=28)
    days = days_before("2017-06-30", 35)
    rows = [order(f"{day} {n}", ordered_day=day, region="east" if n % 2 else "west") for day in days for n in range(30)]
    tiny.put(orders=rows)
    assert run(tiny, rule)[0].status == "pass"
    moved = [{**row, "region": "north"} if str(row["ordered_day"]) > "2017-06-23" else row for row in rows]
    tiny.put(orders=moved)
    assert run(tiny, rule)[0].status == "fail", "all of the last week goes somewhere new"
    tiny.put(orders=moved[:200])
    assert run(tiny, rule)[0].why == "few_rows"


def test_a_number_that_grows_tenfold_is_a_shift(tiny: TinyShop) -> None:
    rule = Drift(
        id="d", table="orders", column="payable_amount", day="ordered_day", numeric=True, days=7, before_days=28
    )
    rows = [(day, n) for day in days_before("2017-06-30", 35) for n in range(30)]
    tiny.put(orders=[order(f"{day} {n}", ordered_day=day, payable_amount=n) for day, n in rows])
    assert run(tiny, rule)[0].status == "pass"
    tiny.put(orders=[
        order(f"{day} {n}", ordered_day=day, payable_amount=10 * n if day > "2017-06-23" else n) for day, n in rows
    ])  # fmt: skip
    assert run(tiny, rule)[0].status == "fail"


# --- majorities, accuracy, the indicator -----------------------------------------------------------------------------------


def test_a_majority_needs_three_rows_and_more_than_half(tiny: TinyShop) -> None:
    """a: 3 of 4 agree, one is wrong. b: two against two say nothing. c: two rows are too few."""
    pairs = [
        ("a", "x"),
        ("a", "x"),
        ("a", "x"),
        ("a", "y"),
        ("b", "x"),
        ("b", "x"),
        ("b", "y"),
        ("b", "y"),
        ("c", "x"),
        ("c", "y"),
    ]
    tiny.put(orders=[order(str(n), region=a, note=b) for n, (a, b) in enumerate(pairs)])
    (result,) = run(tiny, Dependency(id="d", table="orders", column="note", determined_by=("region",)))
    assert counts(result) == ("fail", 4, 1)


def test_accuracy_is_weighted_passes_by_runs_and_is_recorded(tiny: TinyShop) -> None:
    """An error rule: 1 of 2 rows (weight 2). A warning: 2 of 2 (weight 1). (2·1 + 1·2) ÷ (2·2 + 1·2) = 4/6."""
    tiny.put(orders=[order("1", payable_amount="-1"), order("2", payable_amount="1")])
    results = run(
        tiny, Range(id="e", table="orders", column="payable_amount", min=Decimal(0), severity="error"),
        NotNull(id="w", table="orders", column="order_id"),
        NotNull(id="i", table="orders", column="region", severity="info"),
        NotNull(id="n", table="refunds", column="reason", severity="error"),
    )  # fmt: skip
    assert accuracy(results) == pytest.approx(4 / 6)
    record_run(tiny.shop.lake, results, AT, snapshot=tiny.shop.lake.snapshot(), by="Alice")
    record_run(tiny.shop.lake, results[1:2], AT, snapshot=tiny.shop.lake.snapshot(), by="Bob", scope="w")
    newest, first = history(tiny.shop.lake)
    assert (newest.ran_by, newest.scope, newest.accuracy) == ("Bob", "w", 1.0)
    assert (first.passed, first.failed, first.not_run, first.errors) == (1, 2, 1, 1)
    assert first.accuracy == pytest.approx(4 / 6)


def test_the_accuracy_indicator_and_the_command_count_alike(tiny: TinyShop) -> None:
    """D1 has its row checks in its own query: by name, severity and figure they are those of the command."""
    rules = {rule.id: rule for rule in builtin_rules()}
    own = [rules[check.id] for check in ROW_CHECKS]
    assert [rule.severity for rule in own] == [check.severity for check in ROW_CHECKS]
    assert {key: WEIGHT[key] for key in WEIGHTS} == WEIGHTS
    tiny.put(
        order_lines=[
            line("1", "2017-03-01"), line("2", "2017-03-01", buyer=None, quantity=0),
            line("3", "2017-03-02", sku_id="unknown", paid="2017-03-01"), line("4", "2017-03-02", amount="-3", list_amount="5"),
            line("5", "2017-03-03", paid=None, list_amount="12", discount_merchant="2"),
        ],
        refunds=[refund("a", "1", "5", ordered_day="2017-03-01"), refund("b", None, "-1", ordered_day="2017-03-02")],
    )  # fmt: skip
    passed, ran = tiny.parts("D1", "2017-03")
    results = run(tiny, *own)
    assert sum(WEIGHT[r.rule.severity] * r.checked for r in results) == ran
    assert sum(WEIGHT[r.rule.severity] * (r.checked - r.violations) for r in results) == passed
