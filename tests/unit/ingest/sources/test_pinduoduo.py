"""Pinduoduo: moments that are missing, and orders that never were a deal."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from shopkeeper.ingest.sources.pinduoduo.fixture import FIXTURES
from shopkeeper.ingest.sources.pinduoduo.layout import LAYOUTS
from tests.unit.ingest.sources.loaded import load, rows, with_cells


def test_an_order_without_its_moment_takes_the_day_that_its_number_begins_with(tmp_path: Path) -> None:
    tiny = load(tmp_path, LAYOUTS[0], FIXTURES[0])
    found = rows(
        tiny, "SELECT right(order_id, 1), ordered_day::VARCHAR, paid_day::VARCHAR, status FROM orders ORDER BY 1"
    )
    assert found == [
        ("1", "2026-07-06", "2026-07-06", "completed"),
        ("2", "2026-07-07", "2026-07-07", "completed"),
        ("3", "2026-07-07", None, "placed"),
        ("4", "2026-07-08", None, "cancelled"),
        ("5", "2026-07-08", "2026-07-08", "closed"),
        ("6", "2026-07-09", "2026-07-09", "shipped"),
        ("7", "2026-07-09", None, "closed"),
    ]
    assert rows(tiny, "SELECT DISTINCT customer_id FROM orders") == [(None,)]
    tiny.shop.close()


def test_a_refund_does_not_change_what_was_paid_and_received(tmp_path: Path) -> None:
    tiny = load(tmp_path, LAYOUTS[0], FIXTURES[0])
    found = rows(tiny, "SELECT payable_amount, receivable_amount FROM order_lines WHERE ends_with(order_id, '5555')")
    assert found == [(Decimal("60"), Decimal("60"))]
    tiny.shop.close()


def test_an_order_with_neither_moment_nor_day_in_its_number_is_set_aside(tmp_path: Path) -> None:
    fixture = with_cells(
        FIXTURES[0], {}, {"订单号": "PDD-7", "订单成交时间": ""}, {"订单号": "269999-123456789", "订单成交时间": ""}
    )
    tiny = load(tmp_path, LAYOUTS[0], fixture)
    held = rows(tiny, "SELECT DISTINCT source_line, column_name FROM quarantine ORDER BY 1")
    assert held == [(2, "ordered_at"), (3, "ordered_at")]
    tiny.shop.close()
