"""A load that is stopped, however it is stopped, leaves the warehouse as it was or with the whole load in it."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from shopkeeper.errors import InternalError
from shopkeeper.ingest import assembly, staging
from shopkeeper.ingest.load import load_paths
from shopkeeper.warehouse import loads
from shopkeeper.warehouse import merge as merging
from shopkeeper.warehouse.raw import RawStore
from shopkeeper.warehouse.shop import open_shop
from tests.shop_folders import GOOD, HEADER, ShopFolder

CHILD = """
import sys
from pathlib import Path
from shopkeeper.ingest.load import load_paths
from shopkeeper.warehouse.shop import open_shop
shop = open_shop(Path(sys.argv[1]))
sys.stdout.write("ready\\n")
sys.stdout.flush()
for path in sorted(shop.inbox.iterdir()):
    report = load_paths(shop, [path], by="child")
    sys.stdout.write(f"{path.name} {report.snapshot}\\n")
    sys.stdout.flush()
"""
ROWS = 2_000


def lines(file: int) -> str:
    return HEADER + "".join(f"{file}-{n},mug,2024-0{1 + n % 9}-01,1,10\n" for n in range(ROWS))


def test_a_load_killed_at_any_moment_is_whole_or_not_there(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path)
    for number in range(1, 6):
        mugs.drop(f"{number}.csv", lines(number))
    moments = random.Random(7)
    for _ in range(3):
        command = [sys.executable, "-c", CHILD, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=_env()) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            time.sleep(moments.uniform(0.05, 0.9))
            child.kill()
            told = [line.split()[0] for line in child.stdout.read().splitlines()]
        _whole(mugs, told)
    for scratch in (tmp_path / "data" / "raw").glob(".raw_*"):
        os.utime(scratch, (0, 0))
    for path in sorted(mugs.inbox.iterdir()):
        mugs.load(path)
    mugs.load(mugs.drop("last.csv", HEADER + "last,mug,2024-01-01,1,1\n"))
    assert mugs.rows("SELECT count(*), count(DISTINCT order_id) FROM order_lines") == [(5 * ROWS + 1, 5 * ROWS + 1)]
    assert not list((tmp_path / "data" / "raw").glob(".raw_*"))


def _whole(mugs: ShopFolder, told: list[str]) -> None:
    """Every file is in the lake with all of its rows, its ledger and its orders, or with none of them."""
    shop = open_shop(mugs.folder)
    try:
        held = dict(
            shop.lake.query("SELECT split_part(order_id, '-', 1), count(*) FROM order_lines GROUP BY 1").fetchall()
        )
        orders = dict(
            shop.lake.query("SELECT split_part(order_id, '-', 1), count(*) FROM orders GROUP BY 1").fetchall()
        )
        files = {name for (name,) in shop.lake.query("SELECT DISTINCT file_name FROM load_files").fetchall()}
        assert set(held.values()) <= {ROWS}
        assert held == orders
        assert files == {f"{number}.csv" for number in held}
        assert set(told) <= files, "a load that was told of is there"
    finally:
        shop.close()


def _env() -> dict[str, str]:
    """The child imports the package from where this process did."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


@pytest.mark.parametrize("step", ["open_file", "record_load", "merge", "keep"])
def test_an_interrupt_leaves_no_snapshot_no_lock_and_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    mugs = ShopFolder(tmp_path)
    mugs.load(mugs.drop("a.csv", GOOD))
    before = mugs.state()

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    path = mugs.drop("b.csv", lines(1))
    with monkeypatch.context() as patch:
        patch.setattr(RawStore if step == "keep" else assembly, step, interrupted)
        with pytest.raises(KeyboardInterrupt):
            mugs.load(path)
    assert mugs.state() == before
    assert mugs.load(path).loaded > ROWS


def test_a_query_interrupted_inside_the_engine_is_an_interrupt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mugs = ShopFolder(tmp_path)
    before = mugs.state()

    def stopped(*_: object, **__: object) -> None:
        raise duckdb.InterruptException("INTERRUPT Error: Interrupted!")

    path = mugs.drop("a.csv", GOOD)
    monkeypatch.setattr(staging, "stage", stopped)
    with pytest.raises(KeyboardInterrupt):
        mugs.load(path)
    assert mugs.state() == before


def test_an_interrupt_that_a_library_swallows_still_stops_the_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mugs = ShopFolder(tmp_path)
    before = mugs.state()
    honest = merging.merge

    def swallowing(*args: Any, **more: Any) -> merging.Merged:
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)
        return honest(*args, **more)

    monkeypatch.setattr(assembly, "merge", swallowing)
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        mugs.load(mugs.drop("a.csv", GOOD))
    assert mugs.state() == before
    assert signal.getsignal(signal.SIGINT) is handler


@pytest.mark.parametrize("place", ["open_file", "merge"])
def test_a_full_disk_is_named_and_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    mugs = ShopFolder(tmp_path)
    mugs.load(mugs.drop("a.csv", GOOD))
    before = mugs.state()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(assembly, place, full)
    with pytest.raises(InternalError, match="the disk is full"):
        mugs.load(mugs.drop("b.csv", lines(1)))
    assert mugs.state() == before


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A file stands where the folder of raw copies should be made: root may write everywhere else."""
    mugs = ShopFolder(tmp_path)
    (tmp_path / "data" / "raw").write_text("in the way")
    path = mugs.drop("a.csv", GOOD)
    with pytest.raises(InternalError, match="folder of raw copies cannot be made"):
        load_paths(mugs.shop, [path], by="alice")


def test_rows_that_do_not_add_up_are_refused_by_the_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mugs = ShopFolder(tmp_path)
    before = mugs.state()
    honest = assembly.file_rows

    def lossy(run: assembly.Run, inbox: Path) -> list[loads.FileRows]:
        return [loads.FileRows(**{**row.__dict__, "read": row.read + 1}) for row in honest(run, inbox)]

    monkeypatch.setattr(assembly, "file_rows", lossy)
    with pytest.raises(InternalError, match="do not add up"):
        mugs.load(mugs.drop("a.csv", GOOD))
    assert mugs.state() == before
