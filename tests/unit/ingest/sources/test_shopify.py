"""Shopify: subtotals shared to the cent, buyers without their names, articles without numbers, locations as columns."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from shopkeeper.errors import DataQualityError, SourceError
from shopkeeper.ingest.sources.fixture import Fixture
from shopkeeper.ingest.sources.shopify.fixture import FIXTURES
from shopkeeper.ingest.sources.shopify.layout import INVENTORY, LAYOUTS, ORDERS, PRODUCTS
from tests.unit.ingest.sources.platform_files import (
    DAY,
    csv_file,
    load,
    loaded,
    records,
    shop_in,
    view_columns,
    with_rows,
    without,
)

ORDER_FILE, PRODUCT_FILE, CUSTOMER_FILE, INVENTORY_FILE = FIXTURES
NEWER = (
    "Title", "URL handle", "Description", "Vendor", "Product category", "Type", "Tags", "Published on online store", "Status",
    "SKU", "Barcode", "Option1 name", "Option1 value", "Option1 Linked To", "Option2 name", "Option2 value", "Option3 name",
    "Option3 value", "Price", "Compare-at price", "Cost per item", "Charge tax", "Tax code", "Inventory tracker",
    "Inventory quantity", "Continue selling when out of stock", "Weight value (grams)", "Weight unit for display",
    "Requires shipping", "Fulfillment service", "Product image URL", "Image position", "Image alt text", "Variant image URL",
    "Gift card", "SEO title", "SEO description", "Google Shopping / Google product category", "Google Shopping / Gender",
    "Google Shopping / Age group", "Google Shopping / Manufacturer part number (MPN)",
)  # fmt: skip


def amounts(rows: list[tuple[object, ...]]) -> list[str]:
    return [f"{row[0]:.2f}" for row in rows]


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda fixture: fixture.layout)
def test_no_computed_column_hides_behind_a_header(fixture: Fixture, tmp_path: Path) -> None:
    columns = view_columns(shop_in(tmp_path), fixture)
    assert len(columns) == len(set(columns))


def test_lines_share_the_subtotal_to_the_cent(tmp_path: Path) -> None:
    shop = loaded(tmp_path, ORDER_FILE)
    parts = "SELECT payable_amount FROM order_lines WHERE order_id = '{}' ORDER BY line_no"
    assert amounts(shop.rows(parts.format("#1001"))) == ["180.00", "30.00"]  # 210.00 × 200.00 ÷ 233.33 = 180.0026
    assert amounts(shop.rows(parts.format("#1004"))) == ["26.66", "26.67", "26.67"]
    assert amounts(shop.rows(parts.format("#1005"))) == ["83.57", "46.43", "0.00"]  # 130.00 × 90 ÷ 140 = 83.571
    assert shop.rows("SELECT count(*) FROM order_lines WHERE list_amount - discount_merchant <> payable_amount") == [
        (0,)
    ]
    off = "SELECT count(*) FROM (SELECT any_value(o.payable_amount - o.freight_amount) - sum(l.payable_amount) AS off "
    assert shop.rows(
        off + "FROM orders o JOIN order_lines l USING (shop_id, order_id) GROUP BY o.order_id) WHERE off <> 0"
    ) == [(0,)]


def test_orders_say_where_they_stand_and_when_they_were_paid(tmp_path: Path) -> None:
    shop = loaded(tmp_path, ORDER_FILE)
    assert shop.rows("SELECT order_id, status, order_type, paid_at IS NOT NULL, channel_id FROM orders ORDER BY 1") == [
        ("#1001", "shipped", "normal", True, "web"), ("#1002", "placed", "normal", False, "pos"),
        ("#1003", "cancelled", "normal", False, "web"), ("#1004", "shipped", "normal", True, "web"),
        ("#1005", "shipped", "normal", True, "web"), ("#1006", "shipped", "cash_on_delivery", False, "web"),
    ]  # fmt: skip
    at = "SELECT CAST(ordered_at AT TIME ZONE 'UTC' AS VARCHAR), CAST(ordered_day AS VARCHAR), region FROM orders "
    assert shop.rows(at + "WHERE order_id = '#1001'") == [("2026-07-06 03:30:00", "2026-07-06", "Zhejiang")]
    assert shop.rows("SELECT count(*) FROM refunds") == [(0,)]


def test_a_buyer_is_the_same_in_orders_and_customers_and_nobody_is_named(tmp_path: Path) -> None:
    shop = loaded(tmp_path, ORDER_FILE)
    load(shop, CUSTOMER_FILE.written(tmp_path))
    buyers = "SELECT o.order_id, c.region, i.identity FROM orders o JOIN customers c USING (customer_id) "
    assert shop.rows(buyers + "JOIN identities i USING (customer_id) ORDER BY 1") == [
        ("#1001", "ZJ", "8412345678901"), ("#1002", None, "8412345678902"), ("#1003", "ZJ", "8412345678901"),
    ]  # fmt: skip
    told = " ".join(map(str, shop.rows("SELECT * FROM customers") + shop.rows("SELECT * FROM orders")))
    assert not any(word in told for word in ("example.com", "Anna", "13800138000", "****"))
    assert shop.rows("SELECT email_hash FROM customers WHERE customer_id = '8412345678904'") == [(None,)]


def test_an_amount_in_another_currency_is_set_aside_and_says_so(tmp_path: Path) -> None:
    shop = loaded(tmp_path, ORDER_FILE)
    reasons = shop.rows("SELECT table_name, source_line, column_name, received FROM quarantine ORDER BY 1 DESC")
    assert reasons[0] == ("orders", 12, "payable_amount", "10.00 USD, but this shop keeps CNY")
    assert reasons[1][:3] == ("order_lines", 12, "payable_amount")


def test_a_file_all_in_another_currency_is_refused(tmp_path: Path) -> None:
    shop = shop_in(tmp_path, currency="EUR")
    with pytest.raises(DataQualityError, match="CNY, but this shop keeps EUR"):
        load(shop, with_rows(ORDER_FILE, *records(ORDER_FILE)[:6]).written(tmp_path))


def test_order_cells_on_every_row_change_nothing(tmp_path: Path) -> None:
    rows = records(ORDER_FILE)[:6]
    first = {row["Name"]: row for row in reversed(rows) if row["Currency"]}
    filled = [first[row["Name"]] | {h: v for h, v in row.items() if h.startswith("Lineitem")} for row in rows]
    one, other = (
        loaded(tmp_path / "a", with_rows(ORDER_FILE, *rows)),
        loaded(tmp_path / "b", with_rows(ORDER_FILE, *filled)),
    )
    assert one.content("orders", "order_lines") == other.content("orders", "order_lines")


def test_an_unreadable_price_sets_the_whole_order_aside(tmp_path: Path) -> None:
    rows = records(ORDER_FILE)[:7]
    rows[5] = rows[5] | {"Lineitem price": "a third"}
    shop = loaded(tmp_path, with_rows(ORDER_FILE, *rows))
    assert shop.rows("SELECT count(*) FROM order_lines WHERE order_id = '#1004'") == [(0,)]
    assert shop.rows("SELECT count(*) FROM order_lines") == [(4,)]
    received = {row[0] for row in shop.rows("SELECT received FROM quarantine")}
    assert received == {"a third", "another line of this order has no price"}


def test_older_order_exports_lack_columns(tmp_path: Path) -> None:
    late = ORDERS.headers[ORDERS.headers.index("Outstanding Balance") :]
    older = without(ORDER_FILE, *late, "Lineitem compare at price")
    shop = loaded(tmp_path, older)
    assert shop.rows("SELECT count(*), sum(payable_amount) FROM order_lines") == [(11, Decimal("1740.00"))]


def test_articles_without_a_number_are_known_as_order_lines_name_them(tmp_path: Path) -> None:
    rows = [
        {"Handle": "mug", "Title": "Mug", "Option1 Name": "Colour", "Option1 Value": "Blue", "Variant Price": "35.00"}
    ]
    shop = loaded(tmp_path, with_rows(PRODUCT_FILE, *rows), day=DAY)
    load(shop, ORDER_FILE.written(tmp_path))
    named = "SELECT l.order_id, p.product_id FROM order_lines l JOIN products p USING (sku_id) WHERE p.product_id IS NOT NULL"
    assert shop.rows(named) == [("#1001", "mug")]


def test_two_products_of_one_name_stay_two_articles(tmp_path: Path) -> None:
    shop = loaded(tmp_path, PRODUCT_FILE, day=DAY)
    assert shop.rows("SELECT sku_id, name, brand FROM products ORDER BY 1") == [
        ("00100", "Mountain Tea - 100 g", "Hill House"), ("Mug (blue-mug)", "Mug", "Kiln"), ("Mug (red-mug)", "Mug", "Kiln"),
        ("TEA-250", "Mountain Tea - 250 g", "Hill House"),
    ]  # fmt: skip
    assert shop.rows("SELECT DISTINCT category, subcategory FROM products WHERE category IS NOT NULL") == [
        ("Food, Beverages & Tobacco", "Beverages")
    ]


def test_the_newest_product_headers_are_the_same_layout(tmp_path: Path) -> None:
    assert [layout.id for layout in LAYOUTS if layout.matched(NEWER)] == ["shopify_products"]
    cells = {"Title": "Mug", "URL handle": "mug", "SKU": "M1", "Option1 name": "Title", "Option1 value": "Default Title",
             "Price": "12.50", "Inventory tracker": "shopify", "Inventory quantity": "3"}  # fmt: skip
    shop = shop_in(tmp_path)
    load(shop, csv_file(tmp_path / "p.csv", NEWER, [cells.get(header, "") for header in NEWER]), day=DAY)
    assert shop.rows("SELECT sku_id, sale_price, list_price FROM prices") == [
        ("M1", Decimal("12.50"), Decimal("12.50"))
    ]
    assert shop.rows("SELECT on_hand, CAST(stock_day AS VARCHAR) FROM stock_levels") == [(Decimal(3), "2026-07-06")]


def test_products_wait_for_the_day_that_they_are_of(tmp_path: Path) -> None:
    shop = shop_in(tmp_path)
    with pytest.raises(SourceError, match="no day of its own"):
        load(shop, with_rows(PRODUCT_FILE, *records(PRODUCT_FILE), name="products_export.csv").written(tmp_path))


def test_locations_as_columns_become_rows(tmp_path: Path) -> None:
    headers = [*INVENTORY.headers[: INVENTORY.headers.index("Location")], "Shanghai", "Hangzhou", "Outlet 2"]
    rows = (
        ["tea", "Tea", "Title", "Default Title", *[""] * 4, "T1", "", "", "12", "not stocked", "3"],
        ["mug", "Mug", "Title", "Default Title", *[""] * 4, "", "", "", "not stocked", "1,005", ""],
        ["cup", "Cup", "Title", "Default Title", *[""] * 4, "C1", "", "", "4", "many", "5"],
        ["pot", "Pot", "Title", "Default Title", *[""] * 4, "P1", "", "", "not stocked", "not stocked", "not stocked"],
    )
    shop = shop_in(tmp_path)
    report = load(shop, csv_file(tmp_path / "inventory.csv", headers, *rows), day=DAY)
    assert shop.rows("SELECT sku_id, warehouse_id, on_hand FROM stock_levels ORDER BY ALL") == [
        ("Mug", "Hangzhou", Decimal(1005)), ("T1", "Outlet 2", Decimal(3)), ("T1", "Shanghai", Decimal(12)),
    ]  # fmt: skip
    assert shop.rows("SELECT source_line, received FROM quarantine") == [(3, "many")]
    assert shop.rows("SELECT count(*) FROM products") == [(4,)]
    assert all(part.rows_read == part.loaded + part.unchanged + part.quarantined for part in report.tables)


def test_orders_products_and_inventory_are_told_apart() -> None:
    for fixture in FIXTURES:
        assert [layout.id for layout in LAYOUTS if layout.matched(fixture.rows[0])] == [fixture.layout]
    assert PRODUCTS.matched(INVENTORY.headers) is None


@pytest.mark.parametrize("name", ["shopify_apparel.csv", "shopify_home-and-garden.csv", "shopify_jewelery.csv"])
@pytest.mark.reference("shop_formats")
def test_products_of_real_exports_load_without_loss(name: str, tmp_path: Path, reference_data: Path) -> None:
    path = reference_data / "shop_formats" / name
    with path.open(encoding="utf-8", newline="") as stream:
        said = list(csv.DictReader(stream))
    variants = [row for row in said if row["Variant Price"]]
    shop = shop_in(tmp_path, "CAD", "America/Toronto")
    report = load(shop, path, day=DAY)
    assert shop.rows("SELECT count(*), count(DISTINCT product_id) FROM products") == [
        (len(variants), len({row["Handle"] for row in said}))
    ]
    tags = [Decimal(row["Variant Compare At Price"] or row["Variant Price"]) for row in variants]
    total = (len(variants), sum(Decimal(row["Variant Price"]) for row in variants), sum(tags))
    assert shop.rows("SELECT count(*), sum(sale_price), sum(list_price) FROM prices") == [total]
    assert shop.rows("SELECT count(*) FROM products WHERE name IS NULL OR brand IS NULL") == [(0,)]
    images = sum(note.rows or 0 for note in report.notes if note.topic == "ingest.note_rows")
    assert len(variants) + images == len(said)
    assert report.quarantined == 0
