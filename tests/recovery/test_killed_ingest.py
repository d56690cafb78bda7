"""`shopkeeper ingest` of platform files, killed at any moment: the shop is as before or as after, and the next run finishes.

Six kills in the suite; KILLS=50 for a long run, KILLS_SEED for other moments. A moment is an amount of processor time, so that
a busy machine does not move it: when it is up, a signal that nobody handles ends the process where it stands, as kill -9 does.
"""

from __future__ import annotations

import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from shopkeeper.cli.context import ShopContext
from shopkeeper.cli.examine import examine
from shopkeeper.ingest.load import load_paths
from shopkeeper.ingest.sources import fixtures
from shopkeeper.ingest.sources.fixture import Fixture
from shopkeeper.warehouse.maintenance import maintain_lake
from shopkeeper.warehouse.model import TABLES
from shopkeeper.warehouse.raw import RawStore
from shopkeeper.warehouse.shop import Shop, open_shop
from tests.lake_tables import with_files
from tests.tiny_shop import make_opened_folder

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("KILLS", "6"))
LAYOUTS = ("taobao_order_report_legacy", "taobao_item_report", "alipay_statement")
ENDING = """
import signal, sys
signal.setitimer(signal.ITIMER_PROF, float(sys.argv.pop(1)))
from shopkeeper.cli import main
main()
"""
NEVER = 0.0
COPIES = 20
OF_THE_RUN = {"load_id", "seconds", "started_at", "snapshot", "loaded_by"}
Content = dict[str, tuple[int, int | None]]


def larger(fixture: Fixture) -> Fixture:
    """The fixture with its rows again and again, each time of other orders."""
    rows = [
        tuple(re.sub(r"(?<!\d)(41|31)\d\d(\d{8,})", rf"\g<1>{copy:02}\g<2>", cell) for cell in row)
        for copy in range(COPIES) for row in fixture.rows[1:]
    ]  # fmt: skip
    return replace(fixture, rows=(fixture.rows[0], *rows), name=f"more {fixture.name}")


@dataclass(frozen=True)
class Case:
    """A shop with files in its inbox, how it is before and after they are loaded, and the processor time that it takes."""

    folder: Path
    before: Content
    after: Content
    snapshot: int
    seconds: float


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    files = [fixture for fixture in fixtures() if fixture.layout in LAYOUTS]
    assert len(files) == len(LAYOUTS)
    folder = make_opened_folder(tmp_path_factory.mktemp("killed") / "shop")
    for fixture in files:
        fixture.written(folder / "inbox")
    with closing(open_shop(folder)) as shop:
        load_paths(shop, [shop.inbox], by="alice")
        before, snapshot = content(shop), shop.lake.snapshot()
    for fixture in files:
        larger(fixture).written(folder / "inbox")
    whole = shutil.copytree(folder, folder.with_name("whole"))
    used = _processor_seconds()
    done = ingest(whole, NEVER)
    seconds = _processor_seconds() - used
    assert done.returncode == 1, done.stderr  # 1: the fixtures have rows that are set aside
    with closing(open_shop(whole)) as shop:
        after = content(shop)
        assert shop.lake.snapshot() == snapshot + 1
    assert all(after[name][0] > 50 for name in ("orders", "order_lines", "settlements", "quarantine"))
    return Case(folder, before, after, snapshot, seconds)


def _env() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}


def content(shop: Shop) -> Content:
    """Rows of every table with any, and a sum over all that they hold beside names and times of their loads."""
    parts = []
    for name in with_files(shop.lake):
        told = ", ".join(f'"{c.name}"' for c in TABLES[name].all_columns if c.name not in OF_THE_RUN)
        parts.append(f"SELECT '{name}', count(*), sum(hash({told})) FROM {name}")
    return {name: (int(rows), total) for name, rows, total in shop.lake.query(" UNION ALL ".join(parts)).fetchall()}


def ingest(folder: Path, moment: float) -> subprocess.CompletedProcess[str]:
    """Load the inbox, and be killed after this much processor time."""
    command = [sys.executable, "-c", ENDING, str(moment), "-C", str(folder), "ingest"]
    return subprocess.run(command, env=_env(), capture_output=True, text=True, check=False)


def _processor_seconds() -> float:
    """What the processes have used that this one has started and seen end."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def leftovers(shop: Shop) -> list[str]:
    """Files that no snapshot, no load and no open lake needs."""
    data, lake = shop.data_dir, shop.lake
    kept = ("ducklake_data_file", "ducklake_delete_file", "ducklake_files_scheduled_for_deletion")
    listed = " UNION ALL ".join(f"SELECT path FROM __ducklake_metadata_lake.{name}" for name in kept)
    known = {Path(path).name for (path,) in lake.query(listed).fetchall()}
    raw = {f"{digest}.parquet" for (digest,) in lake.query("SELECT DISTINCT file_hash FROM load_files").fetchall()}
    return [
        *(path.name for path in (data / "lake").rglob("*.parquet") if path.name not in known),
        *(path.name for path in (data / "raw").iterdir() if path.name not in raw),
        *(path.name for path in (data / "spill").iterdir() if path.suffix != ".lock"),
    ]


def age(data: Path) -> None:
    """Let a day pass: what nothing has touched since may go."""
    for path in data.rglob("*"):
        if path.is_file() and path.suffix not in (".lock", ".sqlite", ".sqlite-wal", ".sqlite-shm"):
            os.utime(path, (time.time() - 200_000, time.time() - 200_000))


@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_ingest_is_whole_or_not_there_and_the_next_finishes_it(
    case: Case, number: int, tmp_path: Path
) -> None:
    dice = random.Random(f"{os.environ.get('KILLS_SEED', '1')} {number}")
    folder = tmp_path / "shop"
    shutil.copytree(case.folder, folder)
    assert ingest(folder, case.seconds * dice.uniform(0.3, 1.05)).returncode in (1, -signal.SIGPROF)
    with closing(open_shop(folder)) as shop:
        now = (content(shop), shop.lake.snapshot())
        assert now in [(case.before, case.snapshot), (case.after, case.snapshot + 1)]
        raw = RawStore(shop.data_dir)
        files = shop.lake.query("SELECT DISTINCT file_hash FROM load_files").fetchall()
        assert all(raw.path(digest).exists() for (digest,) in files)
    failed = [found for found in examine(ShopContext(folder)) if found.verdict == "failed" and found.check != "assets"]
    assert failed == []
    age(folder / "data")
    with closing(open_shop(folder)) as shop:
        load_paths(shop, [shop.inbox], by="alice")
        assert content(shop) == case.after
        assert shop.lake.snapshot() == case.snapshot + 1
        (shop.inbox / "last.csv").write_text("rate_day,currency,quote_currency,rate\n2026-07-06,USD,CNY,7.1\n")
        load_paths(shop, [shop.inbox], by="alice")
        # Killed between its commit and its last breath, a writer leaves its name behind until somebody writes again.
        assert not (shop.data_dir / "writer.json").exists()
        maintain_lake(shop.lake, keep_days=3650, author="tests")
        assert leftovers(shop) == []
