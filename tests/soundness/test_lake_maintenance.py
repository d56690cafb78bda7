"""Maintenance makes the lake smaller, never other: content, pinned snapshots and running readers are safe."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from shopkeeper.errors import UsageError
from shopkeeper.warehouse.maintenance import expirable, maintain_lake
from shopkeeper.warehouse.shop import open_shop
from tests.tiny_shop import TinyShop, line, make_tiny

LOADS = 12


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[TinyShop]:
    """Twelve loads of two lines each; the last one also takes a line away."""
    made = make_tiny(tmp_path / "tiny").put()
    for n in range(LOADS):
        made.add(order_lines=[line(f"{n}a", "2017-03-01", amount=n), line(f"{n}b", "2017-03-02", amount=n)])
    with made.shop.lake.writing("tests", "delete"):
        made.shop.lake.connection.execute("DELETE FROM order_lines WHERE order_id = '3a'")
    yield made
    made.shop.close()


def files(tiny: TinyShop, table: str = "order_lines") -> int:
    rows = tiny.shop.lake.query(f"SELECT data_file FROM ducklake_list_files('lake', '{table}')").fetchall()
    return len(rows)


def content(tiny: TinyShop) -> list[tuple[object, ...]]:
    return tiny.shop.lake.query("SELECT * FROM order_lines ORDER BY order_id").fetchall()


def test_many_small_files_become_few_and_hold_the_same(tiny: TinyShop) -> None:
    before, were = content(tiny), files(tiny)
    steps = {s.name: s.count for s in maintain_lake(tiny.shop.lake, keep_days=30, author="tests")}
    assert files(tiny) < were
    assert content(tiny) == before
    assert len(before) == 2 * LOADS - 1
    assert steps["expire_snapshots"] == 0
    assert steps["merge_adjacent_files"] > 0


def test_maintaining_twice_is_maintaining_once(tiny: TinyShop) -> None:
    maintain_lake(tiny.shop.lake, keep_days=30, author="tests")
    before, were = content(tiny), files(tiny)
    maintain_lake(tiny.shop.lake, keep_days=30, author="tests")
    assert (content(tiny), files(tiny)) == (before, were)


def test_a_dry_run_changes_nothing(tiny: TinyShop) -> None:
    before = tiny.shop.lake.snapshots()
    (step,) = maintain_lake(tiny.shop.lake, keep_days=0, author="tests", dry_run=True)
    assert step.count == len(before) - 1
    assert tiny.shop.lake.snapshots() == before


def test_a_pinned_snapshot_survives_and_is_still_readable(tiny: TinyShop) -> None:
    """Snapshot after the second load is pinned; all others are let go and their files removed at once."""
    after_load = [s.id for s in tiny.shop.lake.snapshots() if s.message == "add"]
    pinned, gone = after_load[1], after_load[4]
    before = content(tiny)
    maintain_lake(tiny.shop.lake, keep_days=0, author="tests", pins=frozenset({pinned}))
    assert content(tiny) == before
    past = open_shop(tiny.shop.folder, as_of=pinned)
    rows = past.lake.query("SELECT order_id, payable_amount FROM order_lines ORDER BY 1").fetchall()
    past.close()
    assert [(o, int(a)) for o, a in rows] == [("0a", 0), ("0b", 0), ("1a", 1), ("1b", 1)]
    with pytest.raises(UsageError) as refused:
        open_shop(tiny.shop.folder, as_of=gone)
    kept = [s.id for s in tiny.shop.lake.snapshots()]
    assert pinned in kept
    assert gone not in kept
    assert str(kept[0]) in refused.value.message()
    assert str(kept[-1]) in refused.value.message()


def test_the_refusal_names_a_snapshot_that_can_really_be_opened(tiny: TinyShop) -> None:
    """Between a pinned snapshot and the last there may be holes: "3 to 20" must not promise 10."""
    pinned = [s.id for s in tiny.shop.lake.snapshots() if s.message == "add"][1]
    maintain_lake(tiny.shop.lake, keep_days=0, author="tests", pins=frozenset({pinned}))
    with pytest.raises(UsageError) as refused:
        open_shop(tiny.shop.folder, as_of=pinned + 1)
    assert f"{pinned} to" not in refused.value.message()


def test_the_newest_snapshot_and_the_young_ones_are_never_let_go(tiny: TinyShop) -> None:
    now = dt.datetime.now(dt.UTC)
    snapshots = tiny.shop.lake.snapshots()
    assert expirable(tiny.shop.lake, now - dt.timedelta(days=1), frozenset()) == []
    everything = expirable(tiny.shop.lake, now + dt.timedelta(days=1), frozenset())
    assert everything == [s.id for s in snapshots[:-1]]


def test_a_reader_in_the_middle_keeps_its_snapshot(tiny: TinyShop) -> None:
    """With the usual keeping time no file is removed that a running query may still need."""
    other = open_shop(tiny.shop.folder)
    before = content(tiny)
    with tiny.shop.lake.reading():
        assert len(content(tiny)) == len(before)
        maintain_lake(other.lake, keep_days=30, author="tests")
        assert content(tiny) == before
    other.close()
    assert content(tiny) == before


def test_figures_are_the_same_after_maintenance(tiny: TinyShop) -> None:
    before = tiny.matrix("paid_amount", "orders", "D1").cells
    maintain_lake(tiny.shop.lake, keep_days=0, author="tests")
    assert tiny.matrix("paid_amount", "orders", "D1").cells == before
