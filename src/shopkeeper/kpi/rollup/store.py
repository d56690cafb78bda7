"""Where roll-ups lie: data/rollups/CUT/VERSION/, a version whole or not there at all, and one pointer to the newest.

    data/rollups/platform/current              the version's name
    data/rollups/platform/12-3f9c/cursor.json  snapshot, definitions, last day, grains, layers of the state
    data/rollups/platform/12-3f9c/week.order_lines.paid_day.parquet
    data/rollups/platform/12-3f9c/state.0.parquet      each buyer's paid days; state.1 … hold buyers that changed since

Readers of any process take the version that the pointer names. A writer makes a new one and moves the pointer; layers that
did not change are shared by hard links. Losing the folder loses nothing: roll-ups are made again from the lake.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import shutil
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from shopkeeper.core.period import GRAINS, Grain
from shopkeeper.kpi.definition import Slice
from shopkeeper.kpi.rollup.table import RolledTable

FOLDER = "rollups"
_STALE_SECONDS = 600


@dataclass
class Unit:
    """All roll-ups of one cut as of one snapshot."""

    by: tuple[str, ...]
    snapshot: int
    key: str
    first_day: dt.date
    last_day: dt.date
    shops: frozenset[str]
    tables: dict[Grain, dict[str, RolledTable]]
    folder: Path
    layers: tuple[str, ...]

    @property
    def state(self) -> tuple[Path, tuple[Path, ...]]:
        """The state's base and its overlays, oldest first."""
        paths = [self.folder / name for name in self.layers]
        return paths[0], tuple(paths[1:])


def cut_folder(data_dir: Path, by: Sequence[str]) -> Path:
    """Where the versions of one cut lie."""
    return data_dir / FOLDER / ("-".join(by) or "all")


def new_version(data_dir: Path, by: Sequence[str], snapshot: int) -> Path:
    """A folder for a version that nobody sees yet."""
    folder = cut_folder(data_dir, by) / f"{snapshot}-{uuid.uuid4().hex[:8]}"
    folder.mkdir(parents=True)
    return folder


def keep(data_dir: Path, unit: Unit) -> None:
    """Write a unit's tables and cursor into its folder, then let the pointer name it."""
    for grain, tables in unit.tables.items():
        for name, table in tables.items():
            pq.write_table(table.data, unit.folder / f"{grain}.{name}.parquet", compression="zstd")
    cursor = {
        "snapshot": unit.snapshot, "key": unit.key, "first_day": unit.first_day.isoformat(),
        "last_day": unit.last_day.isoformat(),
        "shops": sorted(unit.shops),
        "by": list(unit.by), "layers": list(unit.layers),
        "tables": {grain: sorted(tables) for grain, tables in unit.tables.items()},
    }  # fmt: skip
    (unit.folder / "cursor.json").write_text(json.dumps(cursor), encoding="utf-8")
    home = cut_folder(data_dir, unit.by)
    pointer = home / f"current.{uuid.uuid4().hex[:8]}"
    pointer.write_text(unit.folder.name, encoding="utf-8")
    os.replace(pointer, home / "current")
    _sweep(home, unit.folder.name)


def take(data_dir: Path, by: Sequence[str]) -> Unit | None:
    """The newest version of a cut; None when there is none or it was swept or broken while we looked."""
    home = cut_folder(data_dir, by)
    try:
        folder = home / (home / "current").read_text(encoding="utf-8").strip()
        cursor = json.loads((folder / "cursor.json").read_text(encoding="utf-8"))
        tables: dict[Grain, dict[str, RolledTable]] = {
            grain: {
                name: RolledTable(pq.read_table(folder / f"{grain}.{name}.parquet").combine_chunks()) for name in names
            }
            for grain, names in cursor["tables"].items()
        }
        return Unit(
            tuple(cursor["by"]), cursor["snapshot"], cursor["key"], dt.date.fromisoformat(cursor["first_day"]),
            dt.date.fromisoformat(cursor["last_day"]),
            frozenset(cursor["shops"]), tables, folder, tuple(cursor["layers"]),
        )  # fmt: skip
    except (OSError, ValueError, KeyError):
        return None


@dataclass(frozen=True)
class Cut:
    """What is kept of one cut: by what it is cut, as of which snapshot, in which grains."""

    by: tuple[Slice, ...]
    snapshot: int
    grains: tuple[Grain, ...]


def cuts(data_dir: Path) -> tuple[Cut, ...]:
    """Every cut that is kept, without opening its tables."""
    found = []
    for pointer in sorted((data_dir / FOLDER).glob("*/current")):
        with contextlib.suppress(OSError, ValueError, KeyError):
            cursor = pointer.parent / pointer.read_text(encoding="utf-8").strip() / "cursor.json"
            told = json.loads(cursor.read_text(encoding="utf-8"))
            grains = tuple(grain for grain in GRAINS if grain in told["tables"])
            found.append(Cut(tuple(told["by"]), int(told["snapshot"]), grains))
    return tuple(found)


def pins(data_dir: Path) -> frozenset[int]:
    """Snapshots that kept roll-ups rest on: with them they are mended, without them made anew."""
    return frozenset(cut.snapshot for cut in cuts(data_dir))


def link_layers(unit: Unit, folder: Path) -> None:
    """Share a unit's state with a new version."""
    for name in unit.layers:
        try:
            os.link(unit.folder / name, folder / name)
        except OSError:  # another file system, or one without links
            shutil.copyfile(unit.folder / name, folder / name)


def _sweep(home: Path, current: str) -> None:
    """Let go of versions that no reader can still be opening."""
    for folder in home.iterdir():
        if folder.is_dir() and folder.name != current:
            with contextlib.suppress(OSError):
                if time.time() - folder.stat().st_mtime > _STALE_SECONDS:
                    shutil.rmtree(folder, ignore_errors=True)
