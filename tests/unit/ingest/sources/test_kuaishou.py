"""Kuaishou: who bears what, presales, and parcels that are due."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from shopkeeper.ingest.sources.kuaishou.fixture import FIXTURES
from shopkeeper.ingest.sources.kuaishou.layout import LAYOUTS
from tests.unit.ingest.sources.loaded import load, rows


def test_a_discount_that_merchant_and_platform_share_leaves_both_and_the_receivable_unknown(tmp_path: Path) -> None:
    tiny = load(tmp_path, LAYOUTS[0], FIXTURES[0])
    found = rows(
        tiny,
        "SELECT discount_merchant, discount_platform, receivable_amount, payable_amount FROM order_lines "
        "WHERE order_id = '2618900000006'",
    )
    assert found == [(None, None, None, Decimal("160"))]
    wrong = rows(
        tiny,
        "SELECT order_id FROM order_lines WHERE receivable_amount IS NOT NULL AND "
        "list_amount - discount_merchant - discount_platform - discount_influencer <> payable_amount",
    )
    assert wrong == []
    tiny.shop.close()


def test_an_unpaid_order_has_no_payment_and_one_that_ended_unshipped_is_not_due(tmp_path: Path) -> None:
    tiny = load(tmp_path, LAYOUTS[0], FIXTURES[0])
    assert rows(tiny, "SELECT order_id, status FROM orders WHERE paid_at IS NULL") == [("2618800000003", "placed")]
    assert rows(tiny, "SELECT order_id, paid_day::VARCHAR FROM orders WHERE order_type = 'presale'") == [
        ("2618800000004", "2026-07-15")
    ]
    due = {order for (order,) in rows(tiny, "SELECT order_id FROM shipments")}
    assert due == {"2618700000001", "2618700000002", "2618800000004", "2618900000006", "2619000000007"}
    assert rows(tiny, "SELECT sku_id FROM order_lines WHERE order_id = '2619000000007'") == [("9007 静音款",)]
    tiny.shop.close()
