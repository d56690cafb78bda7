"""Xiaohongshu: prices changed by hand, masked buyers, and settlements that have no number."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from shopkeeper.ingest.load import load_paths
from shopkeeper.ingest.sources.xiaohongshu.fixture import FIXTURES
from shopkeeper.ingest.sources.xiaohongshu.layout import LAYOUTS
from tests.unit.ingest.sources.loaded import load, rows, with_cells
from tests.unit.ingest.sources.platform_files import shop_in


def test_a_price_changed_by_hand_counts_only_when_the_amounts_agree(tmp_path: Path) -> None:
    agreeing = {"SKU商家改价(元)": "30.00", "用户应付金额(元)": "140.00"}
    doubtful = {"SKU商家改价(元)": "30.00", "用户应付金额(元)": "133.00"}
    tiny = load(tmp_path, LAYOUTS[0], with_cells(FIXTURES[0], {}, agreeing, doubtful))
    found = rows(tiny, "SELECT discount_merchant FROM order_lines ORDER BY line_no")
    assert found == [(Decimal("20"),), (Decimal("50"),), (None,)]
    tiny.shop.close()


def test_a_masked_buyer_is_nobody(tmp_path: Path) -> None:
    tiny = load(tmp_path, LAYOUTS[0], FIXTURES[0])
    assert rows(tiny, "SELECT customer_id FROM orders WHERE order_id LIKE '%06'") == [(None,)]
    assert rows(tiny, "SELECT count(*) FROM customers") == [(1,)]
    assert rows(tiny, "SELECT quantity FROM shipments WHERE order_id LIKE '%01'") == [(Decimal("3"),)]
    tiny.shop.close()


def test_a_settlement_is_goods_and_commission_and_a_refund_brings_commission_back(tmp_path: Path) -> None:
    tiny = load(tmp_path, LAYOUTS[1], FIXTURES[1], day="2026-07-31")
    found = rows(
        tiny, "SELECT kind, sum(amount), any_value(settled_day)::VARCHAR FROM settlements GROUP BY 1 ORDER BY 1"
    )
    assert found == [
        ("commission", Decimal("-63.90"), "2026-07-31"),
        ("other", Decimal("5"), "2026-07-31"),
        ("refund", Decimal("-470"), "2026-07-31"),
        ("sale", Decimal("1748"), "2026-07-31"),
    ]
    tiny.shop.close()


def test_a_settlement_that_tells_its_own_days_keeps_them_and_counts_once_beside_one_that_does_not(
    tmp_path: Path,
) -> None:
    assert LAYOUTS[1].matched(FIXTURES[2].rows[0]) is None
    assert not [layout for layout in LAYOUTS if layout.matched((*FIXTURES[1].rows[0], "结算完成时间"))]
    shop = shop_in(tmp_path)
    known = [layout.id for layout in LAYOUTS if layout.partial]
    for fixture in FIXTURES[1:]:
        load_paths(shop.shop, [fixture.written(tmp_path)], by="alice", accept=known)
    found = shop.rows("SELECT min(settled_day)::VARCHAR, max(settled_day)::VARCHAR, sum(amount) FROM settlements")
    assert found == [("2026-07-21", "2026-07-27", Decimal("1219.1"))]
    assert shop.rows("SELECT strftime(settled_at, '%d %H:%M') FROM settlements WHERE order_id LIKE '%05'") == [
        ("22 19:00",), ("22 19:00",),
    ]  # fmt: skip
