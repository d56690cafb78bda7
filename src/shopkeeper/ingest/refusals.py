"""Files that stopped a load: remembered until a load takes them, so that the Data page can say what is not in the warehouse.

A refused load changes nothing in the lake, so this is a small file of its own beside it. Losing it costs the reminder alone.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopkeeper.core.clock import utc_now
from shopkeeper.core.settings import FILE_NAME
from shopkeeper.errors import ShopkeeperError
from shopkeeper.ingest.recognise import ACCEPTED
from shopkeeper.warehouse.shop import Shop

_FILE = "refused.json"
_LISTED = 50


@dataclass(frozen=True)
class Refusal:
    """A file that no load has taken since, and why; `parts` are the error's own, as (label, text)."""

    path: str
    at: dt.datetime
    by: str
    parts: tuple[tuple[str, str], ...]

    @property
    def file_name(self) -> str:
        """The name as it was dropped."""
        return Path(self.path).name

    def part(self, label: str) -> str:
        """One part of the error; empty when it has none."""
        return dict(self.parts).get(label, "")


def refusals(data_dir: Path) -> tuple[Refusal, ...]:
    """Files that are still where they were refused, newest first."""
    found = []
    for path, told in _read(data_dir).items():
        with contextlib.suppress(KeyError, TypeError, ValueError):  # of another version: a reminder, not a record
            at = dt.datetime.fromisoformat(told["at"])
            found.append(Refusal(path, at, told["by"], tuple((label, text) for label, text in told["parts"])))
    return tuple(sorted((one for one in found if os.path.exists(one.path)), key=lambda one: one.at, reverse=True))


def refused_as_they_are(shop: Shop, files: Sequence[Path]) -> frozenset[Path]:
    """Those of the files that were refused and would be again: neither they nor the settings have changed since."""
    settings = [path for path in (shop.folder / FILE_NAME, shop.folder / ACCEPTED) if path.exists()]
    edited = max((path.stat().st_mtime for path in settings), default=0.0)
    since = {Path(one.path): one.at.timestamp() for one in refusals(shop.data_dir)}
    return frozenset(
        file for file in files if file in since and max(edited, file.stat().st_mtime) <= since[file]
    )  # fmt: skip


def remember_refusal(data_dir: Path, files: Sequence[Path], error: ShopkeeperError, *, by: str) -> None:
    """Keep which of these files an error is about; an error that names none of them is not kept."""
    told = f"{error.where} {error.received or ''}"
    named = next((file for file in files if str(file) in told), None)
    named = named or next((file for file in files if file.name in told), None)
    if named is None:
        return
    kept = _read(data_dir)
    kept.pop(str(named), None)
    entry = {"at": utc_now().isoformat(), "by": by, "parts": error.parts()}
    _write(data_dir, {str(named): entry, **kept})


def forget_refusals(data_dir: Path, files: Sequence[Path]) -> None:
    """These files were taken."""
    kept = _read(data_dir)
    left = {path: entry for path, entry in kept.items() if path not in {str(file) for file in files}}
    if left != kept:
        _write(data_dir, left)


def _read(data_dir: Path) -> dict[str, dict[str, Any]]:
    try:
        found = json.loads((data_dir / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(data_dir: Path, entries: dict[str, dict[str, Any]]) -> None:
    there = {path: entry for path, entry in list(entries.items())[:_LISTED] if os.path.exists(path)}
    scratch = data_dir / f".{_FILE}.{os.getpid()}"
    with contextlib.suppress(OSError):
        scratch.write_text(json.dumps(there, ensure_ascii=False), encoding="utf-8")
        os.replace(scratch, data_dir / _FILE)
