"""Jushuitan: internal orders that were split or merged, totals split to the cent, costs by day."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from shopkeeper.ingest.sources.jushuitan.fixture import FIXTURES
from shopkeeper.ingest.sources.jushuitan.layout import LAYOUTS
from tests.unit.ingest.sources.loaded import load, rows


def test_an_order_split_over_internal_ones_has_their_sum_and_a_merged_one_no_total(tmp_path: Path) -> None:
    tiny = load(tmp_path, LAYOUTS[0], FIXTURES[0])
    found = dict(rows(tiny, "SELECT left(order_id, 1), payable_amount FROM orders WHERE order_id <> '1010'"))  # type: ignore[arg-type]
    assert (found["A"], found["C"], found["D"], found["E"]) == (Decimal("150"), Decimal("105"), None, None)
    again = rows(tiny, "SELECT payable_amount, paid_at FROM order_lines WHERE order_id = '1010'")
    assert again == [(Decimal("0"), None)]
    tiny.shop.close()


def test_a_total_without_lines_of_its_own_is_split_to_the_cent(tmp_path: Path) -> None:
    tiny = load(tmp_path, LAYOUTS[0], FIXTURES[0])
    found = rows(tiny, "SELECT payable_amount FROM order_lines WHERE order_id LIKE 'B%' ORDER BY line_no")
    assert found == [(Decimal("33.33"),), (Decimal("33.34"),), (Decimal("33.33"),)]
    tiny.shop.close()


def test_cancelled_in_both_spellings_and_presales_are_not_paid(tmp_path: Path) -> None:
    tiny = load(tmp_path, LAYOUTS[0], FIXTURES[0])
    found = rows(
        tiny, "SELECT left(order_id, 1), status FROM orders WHERE paid_at IS NULL AND order_id <> '1010' ORDER BY 1"
    )
    assert found == [("F", "cancelled"), ("G", "cancelled"), ("H", "paid")]
    tiny.shop.close()


def test_the_last_cost_of_a_day_is_the_article_s(tmp_path: Path) -> None:
    tiny = load(tmp_path, LAYOUTS[0], FIXTURES[0])
    found = rows(tiny, "SELECT valid_from::VARCHAR, unit_cost FROM sku_costs WHERE sku_id = 'TEA-01' ORDER BY 1")
    assert found == [("2026-07-06", Decimal("42")), ("2026-07-07", Decimal("43")), ("2026-07-08", Decimal("43"))]
    tiny.shop.close()


def test_a_case_is_kept_as_told_and_never_as_a_refund(tmp_path: Path) -> None:
    tiny = load(tmp_path, LAYOUTS[1], FIXTURES[1], day="2026-07-31")
    assert rows(tiny, "SELECT count(*) FROM refunds") == [(0,)]
    told = rows(
        tiny,
        "SELECT happened_day::VARCHAR, attributes->>'goods_status', attributes->>'order_id' FROM events "
        "WHERE event_id = '5002#TEA-01#C-1'",
    )
    assert told == [("2026-07-31", "买家未收到货", "4010000000000000003")]
    tiny.shop.close()
