"""When each source was last looked at, and how it went: a look that finds nothing new writes nothing into the lake.

A file of its own beside the lake. Losing it costs the time of the last look alone: cursors are in the lake.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from shopkeeper.core.clock import utc_now
from shopkeeper.errors import ShopkeeperError


@dataclass(frozen=True)
class Look:
    """The last time that a source was asked. `failed` is empty when it went well; `went_well_at` is the last time it did.

    `keys_at` is when all keys were compared and none was gone: what is found gone is told in the lake.
    """

    at: dt.datetime
    went_well_at: dt.datetime | None = None
    failed: str = ""
    keys_at: dt.datetime | None = None


def remember_look(
    data_dir: Path, name: str, *, error: ShopkeeperError | None = None, keys_compared: bool = False
) -> None:
    """Note that a source was asked now. What cannot be written is only not shown."""
    before, now = looks(data_dir).get(name), utc_now()
    look = Look(
        now,
        now if error is None else before.went_well_at if before else None,
        error.message() if error else "",
        now if keys_compared else before.keys_at if before else None,
    )
    told = {key: value.isoformat() if isinstance(value, dt.datetime) else value for key, value in asdict(look).items()}
    path = data_dir / "pulls" / f"{name}.json"
    with contextlib.suppress(OSError):
        scratch = path.with_suffix(f".{os.getpid()}")
        scratch.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        os.replace(scratch, path)


def looks(data_dir: Path) -> dict[str, Look]:
    """The last look at each source, by name."""
    found = {}
    for path in (data_dir / "pulls").glob("*.json"):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            told = json.loads(path.read_text(encoding="utf-8"))
            at, well, keys = (
                dt.datetime.fromisoformat(told[key]) if told[key] else None for key in ("at", "went_well_at", "keys_at")
            )
            if at is not None:
                found[path.stem] = Look(at, well, told["failed"], keys)
    return found
