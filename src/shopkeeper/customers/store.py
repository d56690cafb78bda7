"""Where profiles lie: data/people/VERSION/, a version whole or not there at all, and one pointer to the newest.

    data/people/current                 the version's name
    data/people/12-3f9c/cursor.json     snapshot, digest of the declarations, the day to look from, layers of the history
    data/people/12-3f9c/profiles.parquet   one row a person, by reference; `layer` says where their history is
    data/people/12-3f9c/keys.parquet       each key of a source with its reference, by key
    data/people/12-3f9c/history.0.parquet  what happened, by reference; history.1 … hold people who changed since

Sorted by reference in small row groups, so that one person's page reads a few kilobytes whatever the size of the shop.
Losing the folder loses nothing: profiles are made again from the lake.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import shutil
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from shopkeeper.warehouse.sql import literal

FOLDER = "people"
_STALE_SECONDS = 600


@dataclass(frozen=True)
class People:
    """All profiles as of one snapshot. `gap_days`: the usual days between two orders of a customer of this shop."""

    folder: Path
    snapshot: int
    key: str
    last_day: dt.date | None
    gap_days: float
    people: int
    layers: int
    tables: frozenset[str]
    filled: frozenset[str]

    @property
    def profiles(self) -> str:
        """The profiles as a relation, with stored dimensions only."""
        return f"read_parquet({literal(str(self.folder / 'profiles.parquet'))})"

    @property
    def keys(self) -> str:
        """Keys of the sources with their references, as a relation."""
        return f"read_parquet({literal(str(self.folder / 'keys.parquet'))})"

    def history(self, layer: int) -> str:
        """What happened to the people of one layer, as a relation."""
        return f"read_parquet({literal(str(self.folder / f'history.{layer}.parquet'))})"


def new_version(data_dir: Path, snapshot: int) -> Path:
    """A folder for a version that nobody sees yet."""
    folder = data_dir / FOLDER / f"{snapshot}-{uuid.uuid4().hex[:8]}"
    folder.mkdir(parents=True)
    return folder


def keep(data_dir: Path, people: People) -> None:
    """Write the cursor into the folder, then let the pointer name it."""
    cursor = {
        "snapshot": people.snapshot, "key": people.key, "gap_days": people.gap_days, "people": people.people,
        "last_day": people.last_day.isoformat() if people.last_day else None, "layers": people.layers,
        "tables": sorted(people.tables), "filled": sorted(people.filled),
    }  # fmt: skip
    (people.folder / "cursor.json").write_text(json.dumps(cursor), encoding="utf-8")
    home = data_dir / FOLDER
    pointer = home / f"current.{uuid.uuid4().hex[:8]}"
    pointer.write_text(people.folder.name, encoding="utf-8")
    os.replace(pointer, home / "current")
    for folder in home.iterdir():
        if folder.is_dir() and folder.name != people.folder.name:
            with contextlib.suppress(OSError):
                if time.time() - folder.stat().st_mtime > _STALE_SECONDS:
                    shutil.rmtree(folder, ignore_errors=True)


def take(data_dir: Path) -> People | None:
    """The newest version; None when there is none or it was swept or broken while we looked."""
    home = data_dir / FOLDER
    try:
        folder = home / (home / "current").read_text(encoding="utf-8").strip()
        cursor = json.loads((folder / "cursor.json").read_text(encoding="utf-8"))
        day = cursor["last_day"]
        return People(
            folder, int(cursor["snapshot"]), str(cursor["key"]), dt.date.fromisoformat(day) if day else None,
            float(cursor["gap_days"]), int(cursor["people"]), int(cursor["layers"]), frozenset(cursor["tables"]),
            frozenset(cursor["filled"]),
        )  # fmt: skip
    except (OSError, ValueError, KeyError):
        return None


def snapshot_of(data_dir: Path) -> frozenset[int]:
    """The snapshot that kept profiles rest on: with it they are mended, without it made anew."""
    found = take(data_dir)
    return frozenset() if found is None else frozenset([found.snapshot])


def link_layers(people: People, folder: Path) -> None:
    """Share the history of a version with a new one."""
    for number in range(people.layers):
        name = f"history.{number}.parquet"
        try:
            os.link(people.folder / name, folder / name)
        except OSError:  # another file system, or one without links
            shutil.copyfile(people.folder / name, folder / name)


def forget(data_dir: Path) -> None:
    """Let all versions go, with every file."""
    shutil.rmtree(data_dir / FOLDER, ignore_errors=True)
