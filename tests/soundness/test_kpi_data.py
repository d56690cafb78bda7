"""Data accuracy (D1) and data coverage (D3), counted by hand."""

from __future__ import annotations

import pytest

from shopkeeper.errors import ConfigError
from tests.tiny_shop import Row, TinyShop, line, noon

# What a perfect line undergoes: product 2, quantity 2, amount 2, sum 2, buyer 1, paid after ordered 1.
PERFECT: dict[str, object] = {"list_amount": 10}


def quarantined(number: int, day: str | None = "2017-03-05") -> Row:
    return {"table_name": "order_lines", "source_line": number, "column_name": "quantity", "reason": "text", "day": day}


def test_a_perfect_line_passes_all_of_its_weight(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("1", "2017-03-01", **PERFECT)])
    assert tiny.parts("D1", "2017-03") == (10, 10)


@pytest.mark.parametrize(
    ("fault", "passed", "run"),
    [
        ({"sku_id": "nobody knows"}, 8, 10),
        ({"quantity": 0}, 8, 10),
        ({"payable_amount": -1, "list_amount": -1}, 8, 10),
        ({"list_amount": 11}, 8, 10),
        ({"list_amount": 12, "discount_merchant": 2}, 10, 10),
        ({"list_amount": None}, 8, 8),
        ({"customer_id": None}, 9, 10),
        ({"paid_at": noon("2017-02-28")}, 9, 10),
        ({"paid_at": None, "paid_day": None}, 9, 9),
    ],
    ids=[
        "product",
        "quantity",
        "amount",
        "sum",
        "sum with discount",
        "nothing to sum",
        "buyer",
        "order of times",
        "unpaid",
    ],
)
def test_each_fault_costs_its_weight_and_a_check_without_a_subject_is_not_run(
    tiny: TinyShop, fault: dict[str, object], passed: int, run: int
) -> None:
    tiny.put(order_lines=[dict(line("1", "2017-03-01", **PERFECT)) | fault])
    assert tiny.parts("D1", "2017-03") == (passed, run)


def test_refunds_are_checked_on_their_own_day(tiny: TinyShop) -> None:
    """Order known 1, amount 2: a good one passes 3 of 3, one without its order 2 of 3."""
    base: dict[str, object] = {"refunded_day": "2017-03-09", "refunded_at": noon("2017-03-09"), "amount": 1}
    tiny.put(
        order_lines=[line("1", "2017-03-01", **PERFECT)],
        refunds=[base | {"refund_id": "a", "order_id": "1", "ordered_day": "2017-03-01"}, base | {"refund_id": "b"}],
    )
    assert tiny.parts("D1", "2017-03") == (15, 16)


def test_rows_set_aside_count_as_errors(tiny: TinyShop) -> None:
    """One perfect line (10 of 10) and two quarantined rows (2 run each, none passed): 10 ÷ 14."""
    tiny.put(order_lines=[line("1", "2017-03-01", **PERFECT)], quarantine=[quarantined(1), quarantined(2)])
    assert tiny.parts("D1", "2017-03") == (10, 14)
    assert tiny.value("D1", "2017-03") == pytest.approx(10 / 14, rel=1e-15)


def test_lines_of_brushing_orders_are_not_checked(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("1", "2017-03-01", **PERFECT), line("2", "2017-03-01", quantity=0, is_brushing=True)])
    assert tiny.parts("D1", "2017-03") == (10, 10)


def test_coverage_counts_days_with_rows_of_each_required_table(tiny: TinyShop) -> None:
    """March 1 to 4: lines on 3 of 4 days, visits on 1: 4 of 8."""
    shop = tiny.put(
        order_lines=[
            line("1", "2017-03-01"),
            line("2", "2017-03-01"),
            line("3", "2017-03-02"),
            line("4", "2017-03-04"),
        ],
        visits=[{"visit_id": "v", "visited_day": "2017-03-03", "visitor_id": "A"}],
    ).with_settings('[coverage]\nrequired = ["order_lines", "visits"]\n')
    assert shop.parts("D3", "2017-03") == (4, 8)
    assert shop.value("D3", "2017-03") == 0.5


def test_coverage_never_counts_days_outside_the_orders(tiny: TinyShop) -> None:
    """Orders from 3 to 4 March, visits on every day of the month: 2 of 2 required visit days, not 31 of 2."""
    shop = tiny.put(
        order_lines=[line("1", "2017-03-03"), line("2", "2017-03-04")],
        visits=[{"visit_id": str(d), "visited_day": f"2017-03-{d:02d}", "visitor_id": "A"} for d in range(1, 32)],
    ).with_settings('[coverage]\nrequired = ["visits"]\n')
    assert shop.parts("D3", "2017-03") == (2, 2)


def test_coverage_expects_every_platform_that_sells(tiny: TinyShop) -> None:
    """Two days; Tmall has lines on both, the own site on one: 3 of 4, 2 of 2 and 1 of 2."""
    shop = tiny.put(
        order_lines=[line("1", "2017-03-01"), line("2", "2017-03-02"), line("3", "2017-03-02", shop_id="s2")]
    ).with_settings('[coverage]\nrequired = ["order_lines"]\n')
    assert shop.parts("D3", "2017-03") == (3, 4)
    assert shop.parts("D3", "2017-03", platform="tmall") == (2, 2)
    assert shop.parts("D3", "2017-03", platform="site") == (1, 2)


def test_two_shops_of_a_platform_are_one_cell_a_day(tiny: TinyShop) -> None:
    shop = tiny.put(
        order_lines=[line("1", "2017-03-01", shop_id="s2"), line("2", "2017-03-01", shop_id="s3")]
    ).with_settings('[coverage]\nrequired = ["order_lines"]\n')
    assert shop.parts("D3", "2017-03") == (1, 1)


def test_a_cost_is_fresh_on_every_trading_day_from_its_first(tiny: TinyShop) -> None:
    """Cost from 2 March; traded on 1, 2 and 4 March of four days: 2 of 4."""
    shop = tiny.put(
        order_lines=[line("1", "2017-03-01"), line("2", "2017-03-02"), line("3", "2017-03-04")],
        sku_costs=[{"sku_id": "tea", "valid_from": "2017-03-02", "unit_cost": 3}],
    ).with_settings('[coverage]\nrequired = ["sku_costs"]\n')
    assert shop.parts("D3", "2017-03") == (2, 4)


@pytest.mark.parametrize("name", ["ordr_lines", "products", "loads"])
def test_coverage_of_what_has_no_days_is_a_wrong_setting(tiny: TinyShop, name: str) -> None:
    shop = tiny.put(order_lines=[line("1", "2017-03-01")]).with_settings(f'[coverage]\nrequired = ["{name}"]\n')
    with pytest.raises(ConfigError, match=r"coverage\.required"):
        shop.value("D3", "2017-03")


def test_coverage_of_nothing_is_a_wrong_setting(tiny: TinyShop) -> None:
    with pytest.raises(ConfigError, match=r"coverage\.required"):
        tiny.with_settings("[coverage]\nrequired = []\n")
