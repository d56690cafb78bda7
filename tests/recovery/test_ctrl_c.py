"""Ctrl-C in the middle of a write: it stops at once, and the lake is as before."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shopkeeper.warehouse.shop import open_shop
from tests.tiny_shop import TinyShop, line, make_tiny

ROOT = Path(__file__).resolve().parents[2]
# The insert would run for minutes; it is interrupted while the engine's own threads are at work.
LONG_WRITE = """
import os, signal, sys, threading
from pathlib import Path
from shopkeeper.warehouse.shop import open_shop
shop = open_shop(Path(sys.argv[1]))
try:
    with shop.lake.writing("bob", "endless"):
        connection = shop.lake.connection
        connection.execute("DELETE FROM order_lines")
        threading.Timer(float(sys.argv[2]), os.kill, (os.getpid(), signal.SIGINT)).start()
        connection.execute(
            "INSERT INTO annotations (annotation_id, day, load_id, file_hash) SELECT 'a', DATE '2017-03-01', 'l', 'f' "
            "FROM range(3000000) a, range(3000000) b WHERE (a.range * b.range) % 7 = 9"
        )
except KeyboardInterrupt:
    shop.close()
    print("stopped")
"""


@pytest.mark.parametrize("seconds", [0.01, 0.3])
def test_ctrl_c_stops_a_write_at_once_and_leaves_the_lake_as_before(tmp_path: Path, seconds: float) -> None:
    tiny = make_tiny(tmp_path / "tiny").put(order_lines=[line("1", "2017-03-01")])
    before = tiny.shop.lake.snapshot()
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    command = [sys.executable, "-c", LONG_WRITE, str(tiny.shop.folder), str(seconds)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=30, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("stopped\n", "", 0)
    assert tiny.shop.lake.snapshot() == before
    tiny.add(order_lines=[line("2", "2017-03-02")])
    assert tiny.value("orders", "2017-03") == 2
    tiny.shop.close()


def test_files_of_a_write_that_never_was_do_no_harm(tmp_path: Path) -> None:
    """A killed load leaves Parquet files that no snapshot names: they are in no figure, and maintenance may run over them."""
    from shopkeeper.warehouse.maintenance import maintain_lake

    tiny = make_tiny(tmp_path / "tiny").put(order_lines=[line("1", "2017-03-01")])
    known = next((tiny.shop.data_dir / "lake").rglob("order_lines/**/*.parquet"))
    orphan = known.with_name("ducklake-00000000-0000-7000-8000-000000000000.parquet")
    orphan.write_bytes(known.read_bytes())
    assert tiny.value("orders", "2017-03") == 1
    maintain_lake(tiny.shop.lake, keep_days=0, author="tests")
    again = TinyShop(open_shop(tiny.shop.folder))
    assert again.value("paid_amount", "2017-03") == 10
    again.shop.close()
    tiny.shop.close()
