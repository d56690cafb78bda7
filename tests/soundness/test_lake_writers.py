"""One writer at a time, all or nothing, and readers that see whole snapshots only."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from shopkeeper.core.settings import WarehouseSection
from shopkeeper.errors import UsageError, WarehouseBusy
from shopkeeper.warehouse.lake import Lake
from shopkeeper.warehouse.shop import Shop, open_shop
from tests.tiny_shop import TinyShop, insert, line, make_tiny

SPAWN = multiprocessing.get_context("spawn")
TEN = [line(str(n), "2017-03-01") for n in range(10)]


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[TinyShop]:
    made = make_tiny(tmp_path / "tiny").put(order_lines=[line("first", "2017-03-01")])
    yield made
    made.shop.close()


def orders(shop: Shop) -> list[str]:
    return [str(o) for (o,) in shop.lake.query("SELECT order_id FROM order_lines ORDER BY 1").fetchall()]


def _hold_the_lock(folder: Path, pipe: Connection) -> None:
    """In another process: begin a write, say so, and end it when told."""
    shop = open_shop(folder)
    with shop.lake.writing("bob", "a long load"):
        insert(shop, "order_lines", [line("bobs", "2017-03-02")])
        pipe.send("writing")
        pipe.recv()
    pipe.send("committed")
    shop.close()


@pytest.fixture
def bob(tiny: TinyShop) -> Iterator[tuple[multiprocessing.process.BaseProcess, Connection]]:
    """Another process in the middle of a write."""
    here, there = SPAWN.Pipe()
    process = SPAWN.Process(target=_hold_the_lock, args=(tiny.shop.folder, there))
    process.start()
    assert here.poll(60)
    assert here.recv() == "writing"
    yield process, here
    if process.is_alive():
        process.kill()
    process.join(30)


def test_a_second_writer_waits_then_says_who_is_writing(
    tiny: TinyShop, bob: tuple[multiprocessing.process.BaseProcess, Connection]
) -> None:
    impatient = Lake(tiny.shop.data_dir, WarehouseSection(lock_timeout_seconds=0.05))
    with impatient, pytest.raises(WarehouseBusy) as busy, impatient.writing("alice", "hers"):
        pytest.fail("two writers at once")
    told = str(busy.value)
    assert f"process {bob[0].pid}" in told
    assert "bob: a long load" in told
    assert busy.value.exit_code == 4
    assert orders(tiny.shop) == ["first"]


def test_a_reader_sees_nothing_of_a_write_until_it_is_whole(
    tiny: TinyShop, bob: tuple[multiprocessing.process.BaseProcess, Connection]
) -> None:
    before = tiny.shop.lake.snapshot()
    assert orders(tiny.shop) == ["first"]
    with tiny.shop.lake.reading() as held:
        assert orders(tiny.shop) == ["first"]
        bob[1].send("go on")
        assert bob[1].poll(60)
        assert bob[1].recv() == "committed"
        assert orders(tiny.shop) == ["first"], "one reading, one snapshot"
        assert held == before
    assert orders(tiny.shop) == ["bobs", "first"]
    assert tiny.shop.lake.snapshot() == before + 1


def test_a_writer_that_is_killed_leaves_the_last_snapshot_and_a_free_lock(
    tiny: TinyShop, bob: tuple[multiprocessing.process.BaseProcess, Connection]
) -> None:
    before = tiny.shop.lake.snapshot()
    pid = bob[0].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    bob[0].join(30)
    assert orders(tiny.shop) == ["first"]
    assert tiny.shop.lake.snapshot() == before
    tiny.add(order_lines=[line("next", "2017-03-03")])
    assert orders(tiny.shop) == ["first", "next"]


KILLED_IN_COMMIT = """
import os, signal, sys
from pathlib import Path
import duckdb
from shopkeeper.warehouse.shop import open_shop
from tests.tiny_shop import insert, line
shop = open_shop(Path(sys.argv[1]))
shop.lake.connection  # the cursor exists before its class is watched
with shop.lake.writing("bob", "killed"):
    for n in range(3):
        insert(shop, "order_lines", [line(f"bob{n}", "2017-03-02")])
    if sys.argv[2] == "before commit":
        os.kill(os.getpid(), signal.SIGKILL)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(("moment", "kept"), [("before commit", []), ("after commit", ["bob0", "bob1", "bob2"])])
def test_kill_9_keeps_all_of_a_write_or_nothing(tiny: TinyShop, moment: str, kept: list[str]) -> None:
    command = [sys.executable, "-c", KILLED_IN_COMMIT, str(tiny.shop.folder), moment]
    root = Path(__file__).resolve().parents[2]
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(root / "src"), str(root)])}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert orders(tiny.shop) == [*kept, "first"]


class Interrupted(BaseException):
    """Such as Ctrl-C."""


@pytest.mark.parametrize("error", [ValueError("wrong"), KeyboardInterrupt(), Interrupted()])
def test_a_write_that_fails_in_the_middle_changes_nothing(tiny: TinyShop, error: BaseException) -> None:
    before = tiny.shop.lake.snapshot()

    def half() -> None:
        with tiny.shop.lake.writing("alice", "half"):
            insert(tiny.shop, "order_lines", TEN)
            raise error

    with pytest.raises(type(error)):
        half()
    assert orders(tiny.shop) == ["first"]
    assert tiny.shop.lake.snapshot() == before
    assert not (tiny.shop.data_dir / "writer.json").exists()
    tiny.add(order_lines=[line("next", "2017-03-03")])
    assert orders(tiny.shop) == ["first", "next"]


def test_a_statement_that_fails_changes_nothing_and_is_told_in_the_houses_form(tiny: TinyShop) -> None:

    def wrong() -> None:
        with tiny.shop.lake.writing("alice", "wrong"):
            insert(tiny.shop, "order_lines", TEN)
            tiny.shop.lake.connection.execute("INSERT INTO no_such_table VALUES (1)")

    with pytest.raises(UsageError, match="no_such_table"):
        wrong()
    assert orders(tiny.shop) == ["first"]


def test_a_missing_key_is_refused_and_changes_nothing(tiny: TinyShop) -> None:
    with pytest.raises(Exception, match="NOT NULL"), tiny.shop.lake.writing("alice", "no sku"):
        insert(tiny.shop, "order_lines", [*TEN, dict(line("x", "2017-03-01")) | {"sku_id": None}])
    assert orders(tiny.shop) == ["first"]


def test_threads_of_one_process_write_one_after_the_other(tiny: TinyShop) -> None:
    failures: list[BaseException] = []

    def write(name: str) -> None:
        try:
            for n in range(3):
                with tiny.shop.lake.writing(name, "t"):
                    insert(tiny.shop, "order_lines", [line(f"{name}{n}", "2017-03-02")])
        except BaseException as error:  # noqa: BLE001 - told by the main thread
            failures.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert orders(tiny.shop) == ["a0", "a1", "a2", "b0", "b1", "b2", "c0", "c1", "c2", "first"]


def test_the_number_promised_to_a_writer_is_that_of_its_snapshot(tiny: TinyShop) -> None:
    with tiny.shop.lake.writing("alice", "hers", extra={"rows": 1}) as promised:
        insert(tiny.shop, "order_lines", [line("x", "2017-03-02")])
    last = tiny.shop.lake.snapshots()[-1]
    assert (last.id, last.author, last.message) == (promised, "alice", "hers")


def test_a_lake_opened_for_reading_or_in_the_past_refuses_to_be_written(tiny: TinyShop) -> None:
    for past in (
        open_shop(tiny.shop.folder, as_of=tiny.shop.lake.snapshot()),
        open_shop(tiny.shop.folder, read_only=True),
    ):
        with pytest.raises(UsageError), past.lake.writing("alice", "hers"):
            pytest.fail("written")
        past.close()


def test_a_shop_folder_may_be_moved_and_copied(tiny: TinyShop, tmp_path: Path) -> None:
    """The copy and the original go their own ways."""
    import shutil

    tiny.shop.close()
    copy = Path(shutil.copytree(tiny.shop.folder, tmp_path / "copy"))
    moved = tiny.shop.folder.rename(tmp_path / "moved")
    opened = TinyShop(open_shop(copy))
    opened.add(order_lines=[line("copied", "2017-03-02")])
    again = open_shop(moved)
    assert orders(opened.shop) == ["copied", "first"]
    assert orders(again) == ["first"]
    again.close()
    opened.shop.close()
