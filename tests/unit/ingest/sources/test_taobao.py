"""What is particular to Taobao's files: whose money counts when, whose name is a key, and which articles make visitors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shopkeeper.ingest.load import load_paths
from shopkeeper.ingest.sources.fixture import Fixture
from shopkeeper.ingest.sources.taobao.fixture import FIXTURES
from shopkeeper.ingest.sources.taobao.layout import LAYOUTS
from tests.tiny_shop import TinyShop, make_tiny

ORDERS, ITEMS, RANK, CORE = FIXTURES


@pytest.fixture
def tiny(tmp_path: Path) -> TinyShop:
    return make_tiny(tmp_path / "shop")


def loaded(tiny: TinyShop, folder: Path, *fixtures: Fixture) -> TinyShop:
    for fixture in fixtures:
        load_paths(tiny.shop, [fixture.written(folder)], by="alice")
    return tiny


def rows(tiny: TinyShop, sql: str) -> list[tuple[Any, ...]]:
    return tiny.shop.lake.query(sql).fetchall()


def test_a_deposit_is_no_payment_and_a_closed_order_keeps_the_payment_it_had(tiny: TinyShop, tmp_path: Path) -> None:
    loaded(tiny, tmp_path, ORDERS)
    found = rows(tiny, "SELECT right(order_id, 2), status, order_type, paid_at IS NULL FROM orders ORDER BY 1")
    assert found[3:6] == [
        ("14", "closed", "normal", True),  # never paid
        ("15", "closed", "normal", False),  # paid, then given back
        ("16", "placed", "presale", True),  # the deposit alone
    ]


@pytest.mark.parametrize("comma", [",", "\uff0c"])
def test_a_presale_that_was_closed_before_its_final_payment_was_never_paid(
    comma: str, tiny: TinyShop, tmp_path: Path
) -> None:
    """Its deposit has a moment of payment in both reports; the order was not bought."""
    closed = f"付款以前{comma}卖家或买家主动关闭交易"
    for fixture in (ORDERS, ITEMS):
        headers = fixture.rows[0]
        status = headers.index("订单状态")
        paid = next(n for n, name in enumerate(headers) if name.strip() == "订单付款时间")
        row = list(fixture.rows[1])
        row[status], row[paid] = closed, "2026-05-26 14:35:42"
        loaded(tiny, tmp_path, replace(fixture, rows=(headers, tuple(row))))
    assert rows(tiny, "SELECT DISTINCT status, paid_at, paid_day FROM orders") == [("cancelled", None, None)]
    assert rows(tiny, "SELECT DISTINCT paid_at, paid_day FROM order_lines") == [(None, None)]


def test_a_masked_name_is_no_buyer_and_of_an_address_only_the_province_is_kept(tiny: TinyShop, tmp_path: Path) -> None:
    loaded(tiny, tmp_path, ORDERS)
    assert rows(tiny, "SELECT customer_id, region FROM orders WHERE order_id LIKE '%13'") == [(None, "上海")]
    assert rows(tiny, "SELECT DISTINCT region FROM orders ORDER BY 1 NULLS FIRST") == [(None,), ("上海",), ("浙江",)]
    assert rows(tiny, "SELECT count(*) FROM customers WHERE customer_id LIKE '%*%'") == [(0,)]


def test_every_status_that_taobao_writes_with_either_comma_is_known(tiny: TinyShop, tmp_path: Path) -> None:
    loaded(tiny, tmp_path, ORDERS)
    assert rows(tiny, "SELECT count(*) FROM orders WHERE status IS NULL") == [(0,)]


def test_an_unknown_status_costs_the_order_nothing_else(tiny: TinyShop, tmp_path: Path) -> None:
    place = ORDERS.rows[0].index("订单状态")
    changed = tuple((*row[:place], "新的状态", *row[place + 1 :]) for row in ORDERS.rows[1:2])
    loaded(tiny, tmp_path, replace(ORDERS, rows=(ORDERS.rows[0], *changed)))
    assert rows(tiny, "SELECT status, payable_amount::VARCHAR, paid_at IS NULL FROM orders") == [
        (None, "128.0000", False)
    ]


def test_an_order_is_as_far_as_its_least_advanced_open_article(tiny: TinyShop, tmp_path: Path) -> None:
    loaded(tiny, tmp_path, ITEMS)
    assert rows(tiny, "SELECT status FROM orders WHERE order_id LIKE '%12'") == [("shipped",)]  # one sent, one closed


def test_lines_have_the_number_of_the_child_order_and_without_one_are_counted(tiny: TinyShop, tmp_path: Path) -> None:
    loaded(tiny, tmp_path, ITEMS)
    numbers = "SELECT line_no FROM order_lines WHERE order_id LIKE '%12' ORDER BY 1"
    assert rows(tiny, numbers) == [(4100000000000000121,), (4100000000000000122,)]
    older = make_tiny(tmp_path / "older")
    head = tuple("订单编号" if name == "主订单编号" else name for name in ITEMS.rows[0][1:])
    loaded(older, tmp_path, replace(ITEMS, rows=(head, *(row[1:] for row in ITEMS.rows[1:]))))
    assert rows(older, numbers) == [(1,), (2,)]


def test_items_and_orders_report_the_buyer_once(tiny: TinyShop, tmp_path: Path) -> None:
    loaded(tiny, tmp_path, ORDERS, ITEMS)
    found = rows(tiny, "SELECT DISTINCT customer_id FROM order_lines WHERE order_id LIKE '%12'")
    assert found == [("tb_lin88",)]


def test_figures_of_an_article_never_make_the_visitors_of_the_shop(tiny: TinyShop, tmp_path: Path) -> None:
    loaded(tiny, tmp_path, RANK, CORE)
    assert rows(tiny, "SELECT count(*) FROM visits WHERE sku_id IS NULL OR grain <> 'platform_day'") == [(0,)]


def test_files_of_two_unnamed_articles_do_not_overwrite_each_other(tiny: TinyShop, tmp_path: Path) -> None:
    place = CORE.rows[0].index("商品访客数")
    other = tuple((*row[:place], "33", *row[place + 1 :]) for row in CORE.rows[1:])
    loaded(tiny, tmp_path, CORE, replace(CORE, name="another.xlsx", rows=(CORE.rows[0], *other)))
    assert rows(tiny, "SELECT count(*), sum(visitors) FROM visits") == [(6, 1924 + 3 * 33)]


def test_an_article_named_by_hand_has_the_key_of_the_ranking(tiny: TinyShop, tmp_path: Path) -> None:
    named = tuple((*row, "商品ID" if number == 0 else "610000000001") for number, row in enumerate(CORE.rows[:3]))
    loaded(tiny, tmp_path, RANK, replace(CORE, rows=named))
    assert rows(tiny, "SELECT count(*), sum(visitors) FROM visits") == [(4, 2011)]


def test_the_ten_column_item_report_without_payments_is_of_no_layout() -> None:
    old = [
        "订单编号",
        "标题",
        "价格",
        "购买数量",
        "外部系统编号",
        "商品属性",
        "套餐信息",
        "备注",
        "订单状态",
        "商家编码",
    ]
    assert [layout.id for layout in LAYOUTS if layout.matched(old)] == []


def test_later_order_reports_with_more_columns_are_of_the_same_layout() -> None:
    later = [*ORDERS.rows[0], "新零售交易类型", "退款金额", "确认收货时间", "打款商家金额", "含应开票给个人的个人红包"]
    assert [layout.id for layout in LAYOUTS if layout.matched(later)] == ["taobao_order_report_legacy"]
