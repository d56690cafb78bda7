"""Lines that stand for whole orders give way to lines of articles, whichever comes first, and nothing is counted twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from shopkeeper.ingest.load import load_paths
from shopkeeper.ingest.sources.taobao.fixture import FIXTURES
from tests.tiny_shop import make_tiny

ORDERS, ITEMS = FIXTURES[:2]
# orders alone: 13 (88.00), 16 (300.00), 17 (45.50); items: 11, 12, 14, 15, 19 (1,509.90): together 1,943.40
TOTAL = (3 + 6, "1943.4000")


@pytest.mark.parametrize(
    "sequence", ["orders, items", "items, orders", "together", "together, items first", "orders, items, orders again"]
)
def test_no_sequence_of_files_counts_an_order_twice(sequence: str, tmp_path: Path) -> None:
    tiny = make_tiny(tmp_path / "shop")
    orders, items = (replace(f, name=n).written(tmp_path) for f, n in ((ORDERS, "m.csv"), (ITEMS, "n.csv")))
    early = replace(ITEMS, name="a.csv").written(tmp_path)
    again = replace(ORDERS, name="z.csv", rows=ORDERS.rows[:7]).written(tmp_path)
    loads = {
        "orders, items": [[orders], [items]], "items, orders": [[items], [orders]], "together": [[orders, items]],
        "together, items first": [[early, orders]], "orders, items, orders again": [[orders], [items], [again]],
    }[sequence]  # fmt: skip
    for paths in loads:
        load_paths(tiny.shop, paths, by="alice")
    lake = tiny.shop.lake
    assert lake.query("SELECT count(*), sum(payable_amount)::VARCHAR FROM order_lines").fetchone() == TOTAL
    both = (
        "SELECT count(*) FROM order_lines w SEMI JOIN (FROM order_lines WHERE line_no > 0) a USING (shop_id, order_id) "
        "WHERE w.line_no = -1"
    )
    assert lake.query(both).fetchone() == (0,)
    ledger = "SELECT count(*) FROM load_files WHERE rows_read <> rows_loaded + rows_unchanged + rows_quarantined"
    assert lake.query(ledger).fetchone() == (0,)
