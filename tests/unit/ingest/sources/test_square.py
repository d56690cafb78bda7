"""Square: days of the till's own zone, refunds that never overwrite one another, signs of other currencies."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from zoneinfo import available_timezones

import pytest

from shopkeeper.ingest.sources.square.fixture import ITEM_FILE
from shopkeeper.ingest.sources.square.layout import ITEMS
from shopkeeper.ingest.sources.square.mapping import ZONES
from tests.unit.ingest.sources.platform_files import load, loaded, records, shop_in, view_columns, with_rows, without


def test_no_computed_column_hides_behind_a_header(tmp_path: Path) -> None:
    columns = view_columns(shop_in(tmp_path), ITEM_FILE)
    assert len(columns) == len(set(columns))


def test_every_zone_of_square_is_one_of_the_world() -> None:
    assert set(ZONES.values()) <= available_timezones()


def test_moments_are_those_of_the_till(tmp_path: Path) -> None:
    sale = records(ITEM_FILE)[0]
    zones = ("Pacific Time (US & Canada)", "America/New_York", "Shop Time", "")
    shop = loaded(
        tmp_path,
        with_rows(ITEM_FILE, *(sale | {"Transaction ID": f"Z{n}", "Time Zone": zone} for n, zone in enumerate(zones))),
    )
    at = "SELECT order_id, CAST(ordered_at AT TIME ZONE 'UTC' AS VARCHAR), CAST(paid_day AS VARCHAR) FROM orders ORDER BY 1"
    assert shop.rows(at) == [
        ("Z0", "2026-07-06 01:30:00", "2026-07-06"), ("Z1", "2026-07-05 22:30:00", "2026-07-06"),
        ("Z2", "2026-07-05 10:30:00", "2026-07-05"), ("Z3", "2026-07-05 10:30:00", "2026-07-05"),
    ]  # fmt: skip


def test_an_american_date_is_set_aside_rather_than_guessed_at(tmp_path: Path) -> None:
    sale = records(ITEM_FILE)[0]
    shop = loaded(tmp_path, with_rows(ITEM_FILE, sale, sale | {"Date": "07/05/2026"}))
    assert shop.rows("SELECT count(*) FROM order_lines") == [(1,)]
    assert shop.rows("SELECT column_name, received FROM quarantine") == [("ordered_at", "07/05/2026 18:30:00")]


def test_refunds_of_one_transaction_on_two_days_are_two(tmp_path: Path) -> None:
    shop = loaded(tmp_path, ITEM_FILE)
    again = records(ITEM_FILE)[3] | {"Date": "2026-07-08", "Qty": "-2.0", "Net Sales": "-¥50.00"}
    load(shop, with_rows(ITEM_FILE, again, name="items-later.csv").written(tmp_path))
    assert shop.rows("SELECT amount, quantity, kind, status FROM refunds ORDER BY 1") == [
        (Decimal("5.00"), Decimal(0), "refund_only", "refunded"), (Decimal("27.00"), Decimal(1), "return", "refunded"),
        (Decimal("50.00"), Decimal(2), "return", "refunded"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("currency", "sign", "fits"),
    [
        ("USD", "$", True),
        ("CAD", "$", True),
        ("GBP", "£", True),
        ("EUR", "€", True),
        ("GBP", "$", False),
        ("USD", "€", False),
    ],
)
def test_a_sign_of_another_currency_is_not_added_up(tmp_path: Path, currency: str, sign: str, fits: bool) -> None:
    rows = records(ITEM_FILE)[:2]
    rows[0] = {header: value.replace("¥", sign) for header, value in rows[0].items()}
    rows[1] = {header: value.replace("¥", "") for header, value in rows[1].items()}
    shop = shop_in(tmp_path, currency, "America/New_York")
    load(shop, with_rows(ITEM_FILE, *rows).written(tmp_path))
    assert shop.rows("SELECT count(*) FROM order_lines") == [(2 if fits else 1,)]
    received = [] if fits else [(f"{sign}54.00, but this shop keeps {currency}",)]
    assert shop.rows("SELECT received FROM quarantine") == received


def test_weights_are_not_pieces_and_a_sale_without_a_number_is_named(tmp_path: Path) -> None:
    shop = loaded(tmp_path, ITEM_FILE)
    assert shop.rows("SELECT sku_id, quantity, quantity_unit FROM order_lines WHERE order_id = 'T1' ORDER BY 1") == [
        ("BEAN", Decimal("1.5"), "kg"), ("Latte", Decimal(2), None),
    ]  # fmt: skip
    assert shop.rows("SELECT name FROM products WHERE sku_id = 'BEAN'") == [("Beans - Dark",)]


def test_an_event_that_nobody_knows_is_set_aside(tmp_path: Path) -> None:
    shop = loaded(tmp_path, ITEM_FILE)
    assert shop.rows("SELECT source_line FROM quarantine WHERE reason LIKE 'no table%'") == [(7,)]


def test_the_older_file_has_23_columns_and_product_sales_mean_another_file(tmp_path: Path) -> None:
    older = without(ITEM_FILE, *ITEMS.headers[23:])
    assert len(older.rows[0]) == 23
    shop = loaded(tmp_path, older)
    assert shop.rows("SELECT sum(payable_amount) FROM order_lines") == [(Decimal("1308.50"),)]
    assert ITEMS.matched([*ITEMS.headers, "Product Sales"]) is None
