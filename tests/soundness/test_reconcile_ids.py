"""How a statement line finds its order, step by step; and the transfers that find each other."""

from __future__ import annotations

import pytest

from shopkeeper.quality.reconcile import Reconciliation, Scope, reconcile
from tests.soundness.test_reconcile_orders import BEGIN, booked, tally
from tests.tiny_shop import Row, TinyShop, line


def steps(result: Reconciliation) -> dict[str, int]:
    return {s.step: s.count for s in result.steps if s.what == "line"}


@pytest.mark.parametrize(
    ("order", "given", "note", "step"),
    [
        ("123", "123", None, "exact"),
        ("123", "'123", None, "normalised"),
        ("123", '="00123"', None, "normalised"),
        ("00123", "123", None, "normalised"),
        ("123", "T200P123", None, "normalised"),
        ("123", "TB-123", None, "normalised"),
        ("#1001", "1001", None, "normalised"),
        ("123", None, "货款 tradeid:123", "note"),
        ("123", "20170305xyz", "T200P123", "note"),
        ("123", None, "订单号：123，收款", "note"),
        ("123", None, "order no. 00123", "note"),
        ("123", "124", None, "none"),
        ("123", None, "平台打款", "no_id"),
        ("123", "", None, "no_id"),
    ],
)
def test_each_way_of_naming_an_order_is_tried_in_its_turn(
    tiny: TinyShop, order: str, given: str | None, note: str | None, step: str
) -> None:
    tiny.put(order_lines=[line(order, "2017-03-01")], settlements=[booked(1, given, "sale", 10, note=note)])
    result = reconcile(tiny.shop.lake, Scope())
    assert steps(result) == {step: 1}
    assert tally(result, "orphan").orders == (step in ("none", "no_id"))


def test_an_id_that_two_orders_could_have_belongs_to_neither(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("A7", "2017-03-01"), line("B7", "2017-03-01")], settlements=[booked(1, "7", "sale", 10)])
    assert steps(reconcile(tiny.shop.lake, Scope())) == {"none": 1}


def test_an_exact_id_wins_over_one_that_only_looks_alike(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("7", "2017-03-01"), line("07", "2017-03-01", amount=99)],
             settlements=[BEGIN, booked(1, "7", "sale", 10)])  # fmt: skip
    result = reconcile(tiny.shop.lake, Scope())
    assert tally(result, "matched").settled == 10


def test_lines_without_an_order_do_not_merge_into_one(tiny: TinyShop) -> None:
    """+10 and −10 without a number are two findings of 10, not none."""
    tiny.put(
        order_lines=[line("o", "2017-03-01")], settlements=[booked(1, None, "sale", 10), booked(2, None, "refund", -10)]
    )
    assert (tally(reconcile(tiny.shop.lake, Scope()), "orphan").open) == 20


# --- transfers --------------------------------------------------------------------------------------------------------


def moved(number: int, day: int, amount: float, issuer: str = "platform", **more: object) -> Row:
    return booked(number, None, "transfer", amount, f"2017-03-{day:02}", issuer=issuer, **more)


def transfers(tiny: TinyShop, *rows: Row, begin: bool = True) -> dict[tuple[str, str, str], int]:
    """Transfers by (side, issuer, status); both statements begin before all of them."""
    first = [
        booked(900 + n, None, "other", 1, "2017-01-01", issuer=i) for n, i in enumerate(("platform", "wallet", "bank"))
    ]
    tiny.put(order_lines=[line("o", "2017-03-01")], settlements=[*(first if begin else []), *rows])
    return {(p.side, p.issuer, p.status): p.count for p in reconcile(tiny.shop.lake, Scope()).payouts}


def test_a_steady_daily_payout_pairs_with_its_own_receipts(tiny: TinyShop) -> None:
    """50 is sent on days 1 to 10 and arrives two days later each: all ten, also where the smallest delay would cross."""
    rows = [moved(n, n, -50) for n in range(1, 11)] + [moved(20 + n, n + 2, 50, "bank") for n in range(1, 11)]
    assert transfers(tiny, *rows) == {("sent", "platform", "matched"): 10, ("received", "bank", "matched"): 10}


def test_a_lost_transfer_does_not_drag_the_later_ones_along(tiny: TinyShop) -> None:
    """50 sent on day 1 is lost; those of days 10 and 20 arrive."""
    rows = [moved(1, 1, -50), moved(2, 10, -50), moved(3, 20, -50), moved(4, 11, 50, "bank"), moved(5, 21, 50, "bank")]
    assert transfers(tiny, *rows) == {
        ("sent", "platform", "matched"): 2, ("sent", "platform", "unmatched"): 1, ("received", "bank", "matched"): 2,
    }  # fmt: skip


@pytest.mark.parametrize(("delay", "status"), [(-1, "unmatched"), (0, "matched"), (5, "matched"), (6, "unmatched")])
def test_a_transfer_may_take_up_to_five_days_and_never_arrives_before_it_left(
    tiny: TinyShop, delay: int, status: str
) -> None:
    found = transfers(tiny, moved(1, 10, -50), moved(2, 10 + delay, 50, "bank"))
    assert found == {("sent", "platform", status): 1, ("received", "bank", status): 1}


def test_one_receipt_is_never_two_payouts_and_a_cent_is_a_difference(tiny: TinyShop) -> None:
    found = transfers(tiny, moved(1, 1, -50), moved(2, 1, -50), moved(3, 2, 50, "bank"), moved(4, 2, "49.99", "bank"))  # type: ignore[arg-type]
    assert found == {
        ("sent", "platform", "matched"): 1, ("sent", "platform", "unmatched"): 1,
        ("received", "bank", "matched"): 1, ("received", "bank", "unmatched"): 1,
    }  # fmt: skip


def test_money_may_go_through_a_wallet_to_the_bank(tiny: TinyShop) -> None:
    rows = [moved(1, 1, -50), moved(2, 2, 50, "wallet"), moved(3, 3, -50, "wallet"), moved(4, 4, 50, "bank")]
    assert set(transfers(tiny, *rows)) == {
        ("sent", "platform", "matched"), ("received", "wallet", "matched"), ("sent", "wallet", "matched"),
        ("received", "bank", "matched"),
    }  # fmt: skip


def test_a_payout_of_one_shop_is_not_the_receipt_of_another(tiny: TinyShop) -> None:
    found = transfers(
        tiny, moved(1, 1, -50), moved(2, 1, 50, "bank", shop_id="s2"), moved(3, 1, 1, "platform", shop_id="s2")
    )
    assert found[("sent", "platform", "unmatched")] == 1
    assert ("received", "bank", "matched") not in found


def test_without_a_bank_statement_no_payout_is_missing(tiny: TinyShop) -> None:
    assert transfers(tiny, moved(1, 1, -50), begin=False) == {("sent", "platform", "unchecked"): 1}
