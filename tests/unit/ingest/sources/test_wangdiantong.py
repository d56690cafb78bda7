"""Wangdiantong: only what was shipped has left the warehouse."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from shopkeeper.ingest.sources.wangdiantong.fixture import FIXTURES
from shopkeeper.ingest.sources.wangdiantong.layout import LAYOUTS
from tests.unit.ingest.sources.loaded import load, rows


def test_an_article_twice_in_a_trade_leaves_twice_and_the_zero_moment_is_no_shipment(tmp_path: Path) -> None:
    tiny = load(tmp_path, LAYOUTS[0], FIXTURES[0])
    found = rows(
        tiny, "SELECT warehouse_id, sku_id, sum(quantity), count(*) FROM stock_moves GROUP BY ALL ORDER BY 1, 2"
    )
    assert found == [
        ("成都仓", "COF-02", Decimal("-1000"), 1),
        ("杭州仓", "CUP-03", Decimal("-1"), 1),
        ("杭州仓", "TEA-01", Decimal("-3"), 2),
    ]
    tiny.shop.close()
