"""Roll-ups beside a lake that goes on: another process, a lost folder, a changed setting, maintenance."""

from __future__ import annotations

import shutil
from pathlib import Path

from shopkeeper.core.period import Period
from shopkeeper.kpi.matrix import matrix_for
from shopkeeper.kpi.result import Request
from shopkeeper.kpi.rollup import refresh
from shopkeeper.kpi.rollup.store import FOLDER, pins, take
from shopkeeper.warehouse.maintenance import maintain_lake
from shopkeeper.warehouse.shop import open_shop
from tests.tiny_shop import SETTINGS, TinyShop, line, make_tiny

ROLLED = SETTINGS + "[warehouse]\nrollups_from_lines = 0\n"
ASKED = Request("month", kpis=("paid_amount", "orders"))


def paid(tiny: TinyShop, month: str = "2017-03") -> object:
    cell = matrix_for(tiny.shop, ASKED).cell("paid_amount", Period.parse(month))
    return cell.value if cell else None


def test_another_process_finds_the_roll_ups_and_mends_them(tmp_path: Path) -> None:
    tiny = make_tiny(tmp_path / "shop", ROLLED).put(order_lines=[line("1", "2017-03-01")])
    assert paid(tiny) == 10
    first = take(tiny.shop.data_dir, ())
    assert first is not None
    tiny.add(order_lines=[line("2", "2017-03-02", amount=5), line("3", "2017-04-02", amount=1)])
    refresh.forget()  # as a process that has just begun
    other = TinyShop(open_shop(tiny.shop.folder))
    assert (paid(other), paid(other, "2017-04")) == (15, 1)
    second = take(tiny.shop.data_dir, ())
    assert second is not None
    assert second.snapshot == tiny.shop.lake.snapshot() > first.snapshot
    assert second.layers == (*first.layers, "state.1.parquet"), "mended, not made anew"
    other.shop.close()
    tiny.shop.close()


def test_a_lost_or_broken_folder_is_made_again(tmp_path: Path) -> None:
    tiny = make_tiny(tmp_path / "shop", ROLLED).put(order_lines=[line("1", "2017-03-01")])
    assert paid(tiny) == 10
    home = tiny.shop.data_dir / FOLDER
    for break_it in (lambda: shutil.rmtree(home), lambda: (home / "all" / "current").write_text("nowhere")):
        break_it()
        tiny.add(order_lines=[line(f"n{tiny.shop.lake.snapshot()}", "2017-03-02", amount=1)])
        refresh.forget()
        assert paid(tiny) == sum(
            amount for (amount,) in tiny.shop.lake.query("SELECT payable_amount FROM order_lines").fetchall()
        )
    tiny.shop.close()


def test_maintenance_leaves_the_snapshot_that_roll_ups_rest_on(tmp_path: Path) -> None:
    tiny = make_tiny(tmp_path / "shop", ROLLED).put(order_lines=[line("1", "2017-03-01")])
    assert paid(tiny) == 10
    pinned = tiny.shop.lake.snapshot()
    assert pins(tiny.shop.data_dir) == {pinned}
    tiny.add(order_lines=[line("2", "2017-03-02", amount=5)]).add(order_lines=[line("3", "2017-03-03", amount=5)])
    maintain_lake(tiny.shop.lake, keep_days=0, author="tests", pins=pins(tiny.shop.data_dir))
    assert pinned in [s.id for s in tiny.shop.lake.snapshots()]
    assert paid(tiny) == 20
    tiny.add(order_lines=[line("4", "2017-03-04", amount=1)])
    maintain_lake(tiny.shop.lake, keep_days=0, author="tests")
    assert paid(tiny) == 21, "whose changes are gone is made anew"
    tiny.shop.close()


def test_the_past_is_counted_as_it_was(tmp_path: Path) -> None:
    tiny = make_tiny(tmp_path / "shop", ROLLED).put(order_lines=[line("1", "2017-03-01")])
    before = tiny.shop.lake.snapshot()
    tiny.add(order_lines=[line("2", "2017-03-02", amount=5)])
    assert paid(tiny) == 15
    past = TinyShop(open_shop(tiny.shop.folder, as_of=before))
    assert paid(past) == 10
    past.shop.close()
    tiny.shop.close()
