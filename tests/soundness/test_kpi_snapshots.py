"""A matrix rests on one snapshot and says which; earlier ones give what they gave."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from pathlib import Path

import pytest

from shopkeeper.errors import UsageError
from shopkeeper.kpi import matrix as matrix_module
from shopkeeper.kpi.availability import Holdings
from shopkeeper.kpi.definitions import Definitions
from shopkeeper.kpi.matrix import matrix_for
from shopkeeper.kpi.result import Request
from shopkeeper.warehouse.engines import DuckdbEngine
from shopkeeper.warehouse.lake import Lake
from shopkeeper.warehouse.shop import open_shop
from tests.tiny_shop import TinyShop, line, make_tiny

PAID = Request("month", kpis=("paid_amount", "orders"))


def test_a_matrix_is_fresh_as_soon_as_a_load_is_committed(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("1", "2017-03-01")])
    assert tiny.value("paid_amount", "2017-03") == 10
    tiny.add(order_lines=[line("2", "2017-03-02", amount=5)])
    assert tiny.value("paid_amount", "2017-03") == 15


def test_an_earlier_snapshot_gives_what_it_gave(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("1", "2017-03-01")])
    before = matrix_for(tiny.shop, PAID)
    tiny.add(order_lines=[line("2", "2017-04-02", amount=5)])
    past = open_shop(tiny.shop.folder, as_of=before.snapshot)
    try:
        assert matrix_for(past, PAID).cells == before.cells
        assert matrix_for(past, PAID).snapshot == before.snapshot
    finally:
        past.close()
    assert [c.value for c in matrix_for(tiny.shop, PAID).cells] == [10, 1, 5, 1]


def test_a_day_of_the_past_is_the_last_snapshot_that_the_shop_knew_by_its_clock(tmp_path: Path) -> None:
    """Snapshots of today are known today and later; of yesterday nothing is kept."""
    tiny = make_tiny(tmp_path / "shop").put(order_lines=[line("1", "2017-03-01")])
    newest = tiny.shop.lake.snapshots()[-1]
    day = dt.datetime.fromisoformat(newest.at).astimezone(zoneinfo.ZoneInfo("Asia/Shanghai")).date()
    for later in (0, 400):
        past = open_shop(tiny.shop.folder, as_of=day + dt.timedelta(days=later))
        assert past.lake.snapshot() == newest.id
        past.close()
    with pytest.raises(UsageError, match="no snapshot is kept of this day") as refused:
        open_shop(tiny.shop.folder, as_of=day - dt.timedelta(days=2))
    assert "or later" in refused.value.message()
    tiny.shop.close()


def test_a_load_between_looking_and_reading_never_mixes_two_snapshots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process commits just after the holdings were looked up: the cells are those of the snapshot named."""
    tiny = make_tiny(tmp_path / "shop").put(order_lines=[line("1", "2017-03-01")])
    other = TinyShop(open_shop(tiny.shop.folder))
    honest = matrix_module.kept_holdings
    loads = iter([[line("2", "2017-03-02", amount=5), line("3", "2017-04-02", amount=5)]])

    def and_then_a_load(lake: Lake, engine: DuckdbEngine, least_lines: int, definitions: Definitions) -> Holdings:
        found = honest(lake, engine, least_lines, definitions)
        for rows in loads:
            other.add(order_lines=rows)
        return found

    monkeypatch.setattr(matrix_module, "kept_holdings", and_then_a_load)
    got = matrix_for(tiny.shop, PAID)
    monkeypatch.undo()
    past = open_shop(tiny.shop.folder, as_of=got.snapshot)
    try:
        assert got.cells == matrix_module.compute(past, PAID).cells
    finally:
        past.close()
        other.shop.close()
    assert [c.value for c in matrix_for(tiny.shop, PAID).cells] == [15, 2, 5, 1]
    tiny.shop.close()


def test_two_shops_in_one_process_never_see_each_others_figures(tmp_path: Path) -> None:
    one, two = make_tiny(tmp_path / "one"), make_tiny(tmp_path / "two")
    one.put(order_lines=[line("1", "2017-03-01")])
    two.put(order_lines=[line("1", "2017-03-01", amount=99)])
    assert one.shop.lake.snapshot() == two.shop.lake.snapshot()
    assert one.value("paid_amount", "2017-03") == 10
    assert two.value("paid_amount", "2017-03") == 99
    one.shop.close()
    two.shop.close()
