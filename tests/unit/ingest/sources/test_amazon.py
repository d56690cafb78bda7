"""Amazon: what counts as paid, lines without a price, numbers of lines that do not depend on the order of rows."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from shopkeeper.ingest.sources.amazon.fixture import ORDER_FILE
from tests.unit.ingest.sources.platform_files import load, loaded, records, shop_in, view_columns, with_rows, without


def test_no_computed_column_hides_behind_a_header(tmp_path: Path) -> None:
    columns = view_columns(shop_in(tmp_path), ORDER_FILE)
    assert len(columns) == len(set(columns))


def test_only_approved_orders_of_amazon_itself_are_paid(tmp_path: Path) -> None:
    shop = loaded(tmp_path, ORDER_FILE)
    assert shop.rows("SELECT order_id, status, paid_at IS NOT NULL, freight_amount FROM orders ORDER BY 1") == [
        ("701-01", "shipped", True, Decimal("3.00")), ("701-02", "placed", False, None),
        ("701-03", "cancelled", False, None), ("701-04", "completed", True, None), ("701-05", "shipped", False, None),
        ("701-06", "shipped", True, None),
    ]  # fmt: skip
    days = "SELECT order_id, CAST(ordered_day AS VARCHAR) FROM orders WHERE order_id IN ('701-01', '701-04') ORDER BY 1"
    assert shop.rows(days) == [
        ("701-01", "2026-07-06"),
        ("701-04", "2026-07-05"),
    ]  # 17:30 and 15:59:59 UTC, in Shanghai


def test_lines_keep_their_numbers_when_a_later_export_turns_them_round(tmp_path: Path) -> None:
    shop = loaded(tmp_path, ORDER_FILE)
    numbered = "SELECT line_no, sku_id, payable_amount FROM order_lines WHERE order_id = '701-01' ORDER BY 1"
    expected = [(1, "A", Decimal("55.00")), (2, "B", Decimal("90.00"))]
    assert shop.rows(numbered) == expected
    load(shop, with_rows(ORDER_FILE, *reversed(records(ORDER_FILE)), name="later.txt").written(tmp_path))
    assert shop.rows(numbered) == expected
    assert shop.rows("SELECT count(*) FROM order_lines") == [(4,)]


def test_a_priced_order_that_was_cancelled_stays_ordered_and_unpaid(tmp_path: Path) -> None:
    row = records(ORDER_FILE)[0] | {"order-status": "Cancelled", "item-status": "Cancelled"}
    shop = loaded(tmp_path, with_rows(ORDER_FILE, row))
    assert shop.rows("SELECT payable_amount, paid_at FROM order_lines") == [(Decimal("90.00"), None)]


def test_a_shipped_line_without_a_price_is_set_aside(tmp_path: Path) -> None:
    rows = records(ORDER_FILE)[:2]
    rows[0] = rows[0] | {"item-price": "", "currency": ""}
    shop = loaded(tmp_path, with_rows(ORDER_FILE, *rows))
    assert shop.rows("SELECT table_name, source_line, reason FROM quarantine") == [
        ("order_lines", 1, "empty, and needed")
    ]


def test_an_unreadable_discount_sets_its_line_aside(tmp_path: Path) -> None:
    rows = records(ORDER_FILE)[:2]
    rows[0] = rows[0] | {"item-promotion-discount": "ten"}
    shop = loaded(tmp_path, with_rows(ORDER_FILE, *rows))
    assert shop.rows("SELECT sku_id FROM order_lines") == [("A",)]
    assert shop.rows("SELECT received FROM quarantine") == [("100.00 ten",)]


def test_the_older_file_has_29_columns(tmp_path: Path) -> None:
    older = without(ORDER_FILE, "is-business-order", "purchase-order-number", "price-designation")
    assert len(older.rows[0]) == 29
    shop = loaded(tmp_path, older)
    assert shop.rows("SELECT sum(payable_amount) FROM order_lines") == [(Decimal("1464.00"),)]
