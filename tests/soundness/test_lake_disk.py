"""A disk that is full or may not be written: a clear error, and the lake exactly as before."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from shopkeeper.errors import InternalError, ShopkeeperError
from shopkeeper.warehouse.lake import explained_engine_errors
from shopkeeper.warehouse.shop import open_shop
from tests.tiny_shop import TinyShop, line, make_shop_folder, make_tiny

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[TinyShop]:
    made = make_tiny(tmp_path / "tiny").put(order_lines=[line("1", "2017-03-01")])
    yield made
    made.shop.close()


# The size of a file that a process may write is limited: what a full disk does, on every machine and at once.
WRITE_MUCH = """
import sys
from pathlib import Path
from shopkeeper.errors import ShopkeeperError
from shopkeeper.warehouse.shop import open_shop
shop = open_shop(Path(sys.argv[1]))
try:
    with shop.lake.writing("bob", "too much"):
        shop.lake.connection.execute(
            "INSERT INTO annotations (annotation_id, day, text, load_id, file_hash) "
            "SELECT uuid(), DATE '2017-03-01', uuid(), 'l', 'f' FROM range(200000)"
        )
except ShopkeeperError as error:
    print(error.exit_code, error.message())
else:
    print("written")
shop.close()
"""


def _limited() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))


def test_a_write_that_does_not_fit_changes_nothing(tiny: TinyShop) -> None:
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    before = tiny.shop.lake.snapshot()
    done = subprocess.run(
        [sys.executable, "-c", WRITE_MUCH, str(tiny.shop.folder)], env=env, capture_output=True, text=True,
        timeout=60, check=False, preexec_fn=_limited,
    )  # fmt: skip
    assert done.stdout.startswith("4 "), done.stdout + done.stderr
    assert tiny.shop.lake.snapshot() == before
    assert tiny.shop.lake.query("SELECT count(*) FROM annotations").fetchall() == [(0,)]
    tiny.add(order_lines=[line("2", "2017-03-02")])
    assert tiny.value("orders", "2017-03") == 2


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (duckdb.IOException('IO Error: Could not write file "x": No space left on device'), "the disk is full"),
        (OSError(28, "No space left on device"), "the disk is full"),
        (OSError(122, "Disk quota exceeded"), "the disk is full"),
        (duckdb.IOException('IO Error: Cannot open file "x": Permission denied'), "no right to write here"),
        (duckdb.IOException("IO Error: Cannot open file: File too large"), "the disk is full"),
        (OSError(30, "Read-only file system"), "no right to write here"),
        (duckdb.Error("attempt to write a readonly database"), "no right to write here"),
    ],
)
def test_what_the_machine_refuses_is_told_as_what_it_is(error: Exception, told: str) -> None:
    with pytest.raises(InternalError, match=told) as explained, explained_engine_errors("the load"):
        raise error
    assert explained.value.exit_code == 4
    assert explained.value.state == "nothing was changed"
    assert explained.value.next_command


def _heed_rights() -> None:
    """Root obeys the rights of files like anybody once CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH are given up."""
    drop_from_bounding_set = 24
    for capability in (1, 2):
        ctypes.CDLL(None).prctl(drop_from_bounding_set, capability, 0, 0, 0)


OPEN = """
import sys
from pathlib import Path
from shopkeeper.errors import ShopkeeperError
from shopkeeper.warehouse.shop import open_shop
try:
    shop = open_shop(Path(sys.argv[1]))
    with shop.lake.writing("bob", "hers"):
        shop.lake.connection.execute("INSERT INTO platforms (platform_id, load_id, file_hash) VALUES ('x', 'l', 'f')")
except ShopkeeperError as error:
    print(error.exit_code, error.message())
else:
    print("written")
"""


def _run_heeding_rights(folder: Path) -> str:
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    done = subprocess.run(
        [sys.executable, "-c", OPEN, str(folder)], env=env, capture_output=True, text=True, timeout=60, check=False,
        preexec_fn=_heed_rights if os.geteuid() == 0 else None,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout


def test_a_data_folder_that_may_not_be_made_is_told(tmp_path: Path) -> None:
    folder = make_shop_folder(tmp_path / "shop")
    folder.chmod(0o555)
    told = _run_heeding_rights(folder)
    folder.chmod(0o755)
    assert told.startswith("4 the shop's data folder cannot be made"), told


def test_a_lake_that_may_not_be_written_is_told_and_left_alone(tmp_path: Path) -> None:
    tiny = make_tiny(tmp_path / "shop").put(order_lines=[line("1", "2017-03-01")])
    before = tiny.shop.lake.snapshot()
    tiny.shop.close()
    for path in [tiny.shop.data_dir, *tiny.shop.data_dir.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    told = _run_heeding_rights(tiny.shop.folder)
    for path in [tiny.shop.data_dir, *tiny.shop.data_dir.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert told.startswith("4 "), told
    assert "nothing was changed" in told
    again = open_shop(tiny.shop.folder)
    assert again.lake.snapshot() == before
    again.close()


def test_a_catalog_that_is_no_database_is_told_with_its_place(tmp_path: Path) -> None:
    folder = make_shop_folder(tmp_path / "shop")
    (folder / "data").mkdir()
    (folder / "data" / "catalog.sqlite").write_bytes(b"this is not a database at all, but it is long enough" * 40)
    with pytest.raises(ShopkeeperError, match="data") as told:
        open_shop(folder)
    assert told.value.exit_code in (3, 4)
    assert "not a database" in str(told.value)
