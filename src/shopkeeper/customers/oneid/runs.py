"""The ledger of runs: what each looked at, by which rules, and what came of it."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass

from shopkeeper.customers.oneid.keys import WeakKeys
from shopkeeper.warehouse.lake import Lake


@dataclass(frozen=True)
class LinkRun:
    """One run of One-ID.

    `snapshot` is what it read, `decisions` the last manual decision that it knew, `rules` a digest of what it went by.
    `linkable` counts customers that hold a key or say enough to be compared; `moved` those that became another person.
    """

    run_id: str
    ran_at: dt.datetime
    ran_by: str
    whole: bool
    snapshot: int
    decisions: int
    rules: str
    customers: int
    touched: int
    persons: int
    linkable: int
    moved: int
    weak_keys: tuple[WeakKeys, ...]
    model: str
    seconds: float

    @property
    def unlinkable_share(self) -> float | None:
        """Customers that nothing could ever link ÷ customers; None without any."""
        return 1 - self.linkable / self.customers if self.customers else None


_COLUMNS = (
    "run_id", "ran_at", "ran_by", "whole", "snapshot", "decisions", "rules", "customers", "touched", "persons", "linkable",
    "moved", "weak_keys", "model", "seconds",
)  # fmt: skip


def last_run(lake: Lake) -> LinkRun | None:
    """The newest run; None before the first."""
    row = lake.query(
        f"SELECT {', '.join(_COLUMNS)} FROM link_runs ORDER BY ran_at DESC, run_id DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    said = dict(zip(_COLUMNS, row, strict=True))
    weak = tuple(WeakKeys(**one) for one in json.loads(said.pop("weak_keys") or "[]"))
    return LinkRun(**{**said, "weak_keys": weak, "model": said["model"] or ""})


def write_run(lake: Lake, run: LinkRun) -> None:
    """One row, inside the caller's write transaction."""
    weak = json.dumps([vars(one) for one in run.weak_keys])
    row = [*(getattr(run, name) for name in _COLUMNS[:-3]), weak, run.model or None, run.seconds]
    lake.connection.execute(
        f"INSERT INTO link_runs ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' for _ in _COLUMNS)})", row
    )
