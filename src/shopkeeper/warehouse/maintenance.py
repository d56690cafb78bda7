"""Compaction and expiry. Pinned snapshots are never let go: decisions, reviews and roll-ups rest on them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from shopkeeper.core.clock import utc_now
from shopkeeper.warehouse.lake import CATALOG, Lake


@dataclass(frozen=True)
class Step:
    """One step of maintenance, and how many files or snapshots it touched."""

    name: str
    count: int
    detail: str = ""


def maintain_lake(
    lake: Lake,
    *,
    keep_days: int,
    author: str,
    dry_run: bool = False,
    every_deletion: bool = False,
    pins: frozenset[int] = frozenset(),
    as_of: dt.datetime | None = None,
) -> list[Step]:
    """Merge small files, rewrite files with many deleted rows, expire old unpinned snapshots, remove unused files.

    With `every_deletion`, files with any deleted row are rewritten: engines that read the data files alone need that.

    Each step is a transaction of its own under the writer lock; stopping between two leaves the lake whole.
    """
    before = (as_of or utc_now()) - dt.timedelta(days=keep_days)
    expiring = expirable(lake, before, pins)
    if dry_run:
        oldest = expiring[0] if expiring else None
        return [Step("expire_snapshots", len(expiring), f"from {oldest}" if oldest is not None else "")]
    threshold = ", delete_threshold => 0" if every_deletion else ""
    steps = [
        _step(lake, author, "merge_adjacent_files", f"CALL ducklake_merge_adjacent_files('{CATALOG}')"),
        _step(lake, author, "rewrite_data_files", f"CALL ducklake_rewrite_data_files('{CATALOG}'{threshold})"),
    ]
    if expiring:
        versions = ", ".join(str(v) for v in expiring)
        call = f"CALL ducklake_expire_snapshots('{CATALOG}', versions => [{versions}])"
        steps.append(_step(lake, author, "expire_snapshots", call, count=lambda: len(expiring)))
    else:
        steps.append(Step("expire_snapshots", 0))
    for name in ("cleanup_old_files", "delete_orphaned_files"):
        # A reader in another process may still hold a file of an expired snapshot, and a writer one not yet committed.
        options = (
            "cleanup_all => true"
            if name == "cleanup_old_files" and keep_days == 0
            else "older_than => now() - INTERVAL 1 DAY"
        )
        steps.append(_step(lake, author, name, f"CALL ducklake_{name}('{CATALOG}', {options})"))
    return steps


def expirable(lake: Lake, before: dt.datetime, pins: frozenset[int]) -> list[int]:
    """Snapshots older than a moment that nothing pins; never the newest one."""
    snapshots = lake.snapshots()
    return [s.id for s in snapshots[:-1] if s.id not in pins and dt.datetime.fromisoformat(s.at) < before]


def _step(lake: Lake, author: str, name: str, call: str, *, count: Callable[[], int] | None = None) -> Step:
    with lake.locked(author, name):
        rows = lake.query(call).fetchall()
    return Step(name, count() if count else len(rows))
