"""JD: an order's amounts, which stand on each of its rows, become lines that add up to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shopkeeper.errors import ShopkeeperError
from shopkeeper.ingest.assembly import Job, load_jobs
from shopkeeper.ingest.layouts import Layout
from shopkeeper.ingest.report import LoadReport
from shopkeeper.ingest.sources.fixture import Fixture
from shopkeeper.ingest.sources.jd.fixture import ORDERS, SKU_DAYS
from shopkeeper.ingest.sources.jd.layout import ORDER_EXPORT, SHANGZHI_SKU
from tests.tiny_shop import TinyShop, make_tiny


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[TinyShop]:
    shop = make_tiny(tmp_path / "shop")
    yield shop
    shop.shop.close()


def load(tiny: TinyShop, layout: Layout, fixture: Fixture, folder: Path) -> LoadReport:
    own = layout.matched(fixture.rows[0])
    assert own is not None
    mapping = layout.bound(own, tiny.shop.settings.shop, f"'{layout.platform}'")
    return load_jobs(tiny.shop, layout.id, [Job(fixture.written(folder), mapping, mapping.digest("tests"))], by="alice")


def changed(fixture: Fixture, header: str, value: str, row: int) -> Fixture:
    """The fixture with another cell; row 1 is the first under the headers."""
    rows = [list(cells) for cells in fixture.rows]
    rows[row][fixture.rows[0].index(header)] = value
    return replace(fixture, rows=tuple(tuple(cells) for cells in rows))


def query(tiny: TinyShop, sql: str) -> list[tuple[object, ...]]:
    return tiny.shop.lake.query(sql).fetchall()


def test_lines_add_up_to_their_order_and_list_less_discounts_is_payable(tiny: TinyShop, tmp_path: Path) -> None:
    load(tiny, ORDER_EXPORT, ORDERS, tmp_path)
    assert not query(
        tiny, "SELECT order_id FROM orders o JOIN order_lines l USING (order_id) "
        "GROUP BY order_id, o.payable_amount, o.freight_amount "
        "HAVING sum(l.payable_amount) <> o.payable_amount - o.freight_amount"
    )  # fmt: skip
    assert not query(
        tiny, "SELECT 1 FROM order_lines WHERE list_amount - discount_merchant - discount_platform <> payable_amount "
        "OR least(discount_merchant, discount_platform, payable_amount) < 0"
    )  # fmt: skip
    # 28.00 and then 20.00 over three lines of 10.00: 9.33, 9.34, 9.33 and, by those, 6.66, 6.68, 6.66
    assert query(
        tiny, "SELECT CAST(receivable_amount AS VARCHAR), CAST(payable_amount AS VARCHAR) FROM order_lines "
        "WHERE order_id = '311000000007' ORDER BY line_no"
    ) == [("9.3300", "6.6600"), ("9.3400", "6.6800"), ("9.3300", "6.6600")]  # fmt: skip


def test_deleted_and_undelivered_orders_are_not_paid(tiny: TinyShop, tmp_path: Path) -> None:
    load(tiny, ORDER_EXPORT, ORDERS, tmp_path)
    assert query(tiny, "SELECT order_id, status FROM orders WHERE paid_at IS NULL ORDER BY order_id") == [
        ("311000000003", "placed"), ("311000000004", "cancelled"), ("311000000005", "shipped"),
    ]  # fmt: skip
    assert query(tiny, "SELECT CAST(paid_day AS VARCHAR) FROM order_lines WHERE order_id = '311000000006'") == [
        ("2026-07-04",)
    ]


def test_a_masked_account_is_no_buyer(tiny: TinyShop, tmp_path: Path) -> None:
    load(tiny, ORDER_EXPORT, ORDERS, tmp_path)
    assert query(tiny, "SELECT customer_id FROM orders WHERE order_id = '311000000003'") == [(None,)]


def test_discounts_are_unknown_when_the_lines_are_not_the_order_amount(tiny: TinyShop, tmp_path: Path) -> None:
    load(tiny, ORDER_EXPORT, changed(ORDERS, "京东价", "18.90", 3), tmp_path)
    assert query(
        tiny, "SELECT discount_merchant, CAST(discount_platform AS VARCHAR), CAST(payable_amount AS VARCHAR) "
        "FROM order_lines WHERE order_id = '311000000002'"
    ) == [(None, "4.7000", "50.0000")]  # fmt: skip


def test_rows_of_one_order_that_contradict_each_other_are_held(tiny: TinyShop, tmp_path: Path) -> None:
    load(tiny, ORDER_EXPORT, changed(ORDERS, "应付金额", "932.46", 2), tmp_path)
    assert query(tiny, "SELECT DISTINCT received FROM quarantine WHERE source_line < 3") == [
        ("rows of one order state different amounts",)
    ]
    assert query(tiny, "SELECT count(*) FROM order_lines WHERE order_id = '311000000001'") == [(0,)]


@pytest.mark.parametrize("value", ["", "abc", "9" * 40, "1e30", "12,50", '="'])
def test_a_strange_cell_never_breaks_the_load(value: str, tiny: TinyShop, tmp_path: Path) -> None:
    strange = ORDERS
    headers = (
        "京东价",
        "订购数量",
        "订单金额",
        "结算金额",
        "应付金额",
        "余额支付",
        "运费金额",
        "付款确认时间",
        "订单状态",
    )
    for row, header in enumerate(headers, start=1):
        strange = changed(strange, header, value, row)
    sound = tuple("311000000009" if cell == "311000000003" else cell for cell in ORDERS.rows[4])
    report = load(tiny, ORDER_EXPORT, replace(strange, rows=(*strange.rows, sound)), tmp_path)
    assert all(table.rows_read == table.loaded + table.unchanged + table.quarantined for table in report.tables)


def test_a_real_time_export_is_the_same_layout(tiny: TinyShop, tmp_path: Path) -> None:
    names = {
        "取消及售后退款金额": "取消订单金额",
        "取消及售后退款商品件数": "取消订单商品件数",
        "取消及售后退款单量": "取消订单单量",
    }
    headers = tuple(names.get(name, name) for name in SKU_DAYS.rows[0])
    load(tiny, SHANGZHI_SKU, replace(SKU_DAYS, rows=(headers, *SKU_DAYS.rows[1:])), tmp_path)
    assert query(tiny, "SELECT count(*) FROM visits") == [(5,)]


def test_a_week_of_visitors_alone_is_refused(tiny: TinyShop, tmp_path: Path) -> None:
    with pytest.raises(ShopkeeperError, match="no row of a column can be read"):
        load(tiny, SHANGZHI_SKU, replace(SKU_DAYS, rows=(SKU_DAYS.rows[0], SKU_DAYS.rows[6])), tmp_path)
