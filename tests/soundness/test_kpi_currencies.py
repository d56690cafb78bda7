"""Amounts of several currencies never add up, and never carry another currency's name."""

from __future__ import annotations

import pytest

from shopkeeper.kpi.catalogue import INDICATORS, MEASURES
from tests.tiny_shop import Row, TinyShop, line, noon

SHOPS: list[Row] = [
    {"shop_id": "s1", "platform_id": "tmall", "currency": "CNY", "timezone": "Asia/Shanghai"},
    {"shop_id": "s2", "platform_id": "site", "currency": "USD", "timezone": "Asia/Shanghai"},
]
# Figures whose parts are amounts: a share of a sum of yuan and dollars is as wrong as the sum.
OF_MONEY = sorted(
    i.id for i in INDICATORS.values()
    if any(MEASURES[m].unit == "money" for m in (*i.numerator, *i.denominator, *i.minus) if m in MEASURES)
)  # fmt: skip


@pytest.fixture(scope="module")
def two_currencies(tiny: TinyShop) -> TinyShop:
    """S1 sells for 70 yuan of 100, s2 for 9 dollars of 10; every money source has a row in each shop."""
    day = "2017-03-01"
    each: list[tuple[str, Row]] = [("s1", {"amount": 70}), ("s2", {"amount": 9})]
    old = [line("old", "2015-01-01", "Old", shop_id=s, list_amount=10, receivable_amount=10) for s, _ in each]
    return tiny.put(
        shops=SHOPS,
        order_lines=[
            *old,
            line("1", day, "Li", 70, list_amount=100, receivable_amount=70, discount_merchant=30, discount_platform=0,
                 discount_influencer=0, discount_supplier=0),
            line("2", day, "Wu", 9, list_amount=10, receivable_amount=9, discount_merchant=1, discount_platform=0,
                 discount_influencer=0, discount_supplier=0, shop_id="s2"),
        ],
        refunds=[
            {"shop_id": s, "refund_id": s, "ordered_day": day, "refunded_day": day, "refunded_at": noon(day), "amount": 1,
             "customer_id": s}
            for s, _ in each
        ],
        sku_costs=[
            {"shop_id": s, "sku_id": "tea", "valid_from": "2015-01-01", "unit_cost": 1, "vat_share": 0.1} for s, _ in each
        ],
        ad_spend=[{"shop_id": s, "spent_day": day, "attributed_amount": 5, "clicks": 3, **a} for s, a in each],
        ledger_entries=[{"shop_id": s, "entry_id": f"{s}{kind}", "booked_day": day, "kind": kind, **a}
                        for s, a in each for kind in ("labour", "fulfilment")],
        content_stats=[
            {"shop_id": s, "content_id": s, "stat_day": day, "cost": 10, "attributed_margin": 15, "attributed_amount": 40}
            for s, _ in each
        ],
        stock_levels=[
            {"shop_id": s, "sku_id": "tea", "stock_day": day, "value": 100, "last_sold_day": day, "last_received_day": day}
            for s, _ in each
        ],
        stock_moves=[
            {"shop_id": s, "move_id": s, "sku_id": "tea", "moved_at": noon(day), "moved_day": day, "quantity": -1,
             "kind": "sale", "cost": -5}
            for s, _ in each
        ],
        visits=[{"shop_id": s, "visit_id": s, "visited_day": day, "visitor_id": s} for s, _ in each],
    )  # fmt: skip


@pytest.mark.parametrize("kpi", OF_MONEY)
def test_a_figure_made_of_amounts_is_unknown_over_two_currencies(two_currencies: TinyShop, kpi: str) -> None:
    cell = two_currencies.cell(kpi, "2017-03")
    assert (cell.value, cell.missing) == (None, ("currency:CNY/USD",))


def test_counts_of_two_currencies_add_up(two_currencies: TinyShop) -> None:
    assert two_currencies.value("orders", "2017-03") == 2


def test_by_shop_every_amount_has_its_own_currency(two_currencies: TinyShop) -> None:
    yuan = two_currencies.cell("paid_amount", "2017-03", shop="s1")
    dollars = two_currencies.cell("paid_amount", "2017-03", shop="s2")
    assert (yuan.value, yuan.unit) == (70, "CNY")
    assert (dollars.value, dollars.unit) == (9, "USD")
    assert two_currencies.cell("T1", "2017-03", shop="s2").unit == "visitors/USD"


def test_by_platform_is_not_by_shop(two_currencies: TinyShop) -> None:
    """Another shop of the same platform may take another currency; only shops have one for sure."""
    assert two_currencies.value("paid_amount", "2017-03", platform="tmall") is None


def test_one_currency_names_the_amounts_even_if_the_settings_say_another(tiny: TinyShop) -> None:
    tiny.put(shops=[dict(SHOPS[1]) | {"shop_id": "s1"}], order_lines=[line("1", "2017-03-01")])
    assert tiny.cell("paid_amount", "2017-03").unit == "USD"
