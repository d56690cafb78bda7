"""Two processes that outgrow their memory at the same time read their own blocks, and a killed one leaves no gigabytes behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from shopkeeper.core.settings import WarehouseSection
from shopkeeper.warehouse import spill
from shopkeeper.warehouse.lake import Lake
from shopkeeper.warehouse.spill import SpillFolder

ROOT = Path(__file__).resolve().parents[2]
SPILLING = """
import os, signal, sys
from pathlib import Path
from shopkeeper.core.settings import WarehouseSection
from shopkeeper.warehouse.lake import Lake
lake = Lake(Path(sys.argv[1]), WarehouseSection(memory_limit_mb=256, threads=1))
factor = int(sys.argv[2])
lake.connection.execute(f"SET memory_limit = '40MB'")
lake.connection.execute(f"CREATE TEMP TABLE t AS SELECT range * {factor} AS a, hash(range) AS b FROM range(4000000)")
print("spilled", flush=True)
if sys.stdin.readline() == "die\\n":
    os.kill(os.getpid(), signal.SIGKILL)
print(lake.connection.execute("SELECT sum(a), count(DISTINCT b % 97) FROM t").fetchone(), flush=True)
lake.close()
"""


def _spilling(data: Path, factor: int) -> subprocess.Popen[str]:
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    command = [sys.executable, "-c", SPILLING, str(data), str(factor)]
    return subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _blocks(data: Path) -> list[Path]:
    return [path for path in (data / "spill").rglob("*") if path.is_file()]


def test_a_name_that_is_swept_while_it_is_taken_gives_way_to_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sweeper holds the first name's lock for a moment; another removes the second's just before it is held."""
    (tmp_path / "spill").mkdir()
    names = iter(("first", "second", "third"))
    monkeypatch.setattr(spill, "new_id", lambda kind: next(names))
    acquire, second = FileLock.acquire, str(tmp_path / "spill" / "second.lock")

    def swept(lock: FileLock, timeout: float) -> object:
        held = acquire(lock, timeout)
        if lock.lock_file == second:
            Path(second).unlink()
        return held

    with FileLock(tmp_path / "spill" / "first.lock"):
        monkeypatch.setattr(FileLock, "acquire", swept)
        monkeypatch.setattr(SpillFolder, "sweep", lambda self: 0)
        folder = SpillFolder(tmp_path)
    assert folder.path.name == "third"
    folder.close()
    assert not (tmp_path / "spill" / "third.lock").exists()


def test_two_processes_spill_apart_and_a_killed_ones_blocks_are_swept(tmp_path: Path) -> None:
    Lake(tmp_path, WarehouseSection()).close()
    with _spilling(tmp_path, 1) as one, _spilling(tmp_path, 7) as other, _spilling(tmp_path, 2) as killed:
        for child in (one, other, killed):
            assert child.stdout is not None
            assert child.stdout.readline() == "spilled\n"
        assert len({path.parent for path in _blocks(tmp_path) if path.suffix == ".tmp"}) == 3
        told = [child.communicate("go\n" if child is not killed else "die\n")[0] for child in (killed, one, other)]
    total = sum(range(4_000_000))
    assert told == ["", f"({total}, 97)\n", f"({total * 7}, 97)\n"]
    assert _blocks(tmp_path)
    lake = Lake(tmp_path, WarehouseSection())
    assert [path.suffix for path in _blocks(tmp_path)] == [".lock"], "its own alone"
    lake.close()
    assert not _blocks(tmp_path)
