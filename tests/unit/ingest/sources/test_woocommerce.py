"""WooCommerce: variations under their parents, prices that begin and end on days."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from shopkeeper.ingest.sources.woocommerce.fixture import PRODUCT_FILE
from tests.unit.ingest.sources.platform_files import DAY, loaded, records, shop_in, view_columns, with_rows


def test_no_computed_column_hides_behind_a_header(tmp_path: Path) -> None:
    columns = view_columns(shop_in(tmp_path), PRODUCT_FILE)
    assert len(columns) == len(set(columns))


def test_variations_belong_to_their_parents_and_take_their_categories(tmp_path: Path) -> None:
    shop = loaded(tmp_path, PRODUCT_FILE, day=DAY)
    assert shop.rows("SELECT sku_id, product_id, category, subcategory FROM products ORDER BY 1") == [
        ("WOO-SHIRT", "WOO-SHIRT", "Clothing", "Shirts"), ("WOO-SHIRT-R", "WOO-SHIRT", "Clothing", "Shirts"),
        ("WOO-TEA", "WOO-TEA", "Tea", "Green"), ("id:13", "WOO-SHIRT", "Clothing", "Shirts"), ("id:14", "id:14", None, None),
        ("id:15", "id:15", "Gifts", None), ("id:16", "id:15", "Gifts", None),
    ]  # fmt: skip


def test_a_sale_begins_and_ends_on_its_days(tmp_path: Path) -> None:
    shop = loaded(tmp_path, PRODUCT_FILE, day=DAY)
    said = "SELECT sku_id, CAST(valid_from AT TIME ZONE 'Asia/Shanghai' AS DATE)::VARCHAR, sale_price FROM prices "
    assert shop.rows(said + "WHERE sku_id IN ('WOO-TEA', 'id:13', 'id:14') ORDER BY ALL") == [
        ("WOO-TEA", "2026-07-06", Decimal(45)), ("id:13", "2026-07-10", Decimal(70)), ("id:13", "2026-07-21", Decimal(82)),
        ("id:14", "2026-07-06", Decimal(12)), ("id:14", "2026-08-01", Decimal(15)),
    ]  # fmt: skip


def test_a_price_that_cannot_be_read_is_set_aside(tmp_path: Path) -> None:
    rows = [records(PRODUCT_FILE)[0], records(PRODUCT_FILE)[2] | {"Regular price": "eighty"}]
    shop = loaded(tmp_path, with_rows(PRODUCT_FILE, *rows), day=DAY)
    assert shop.rows("SELECT table_name, received FROM quarantine") == [("prices", "eighty")]
    assert shop.rows("SELECT count(*) FROM products") == [(2,)]
