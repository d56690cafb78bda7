"""How each source that is pulled stands: how fresh it is, how far it was read, and what has changed about it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from shopkeeper.ingest.pull.declared import read_pulls
from shopkeeper.ingest.pull.looks import Look, looks
from shopkeeper.warehouse.shop import Shop

_DRIFT = ("pull.added", "pull.dropped", "pull.changed")


@dataclass(frozen=True)
class PullState:
    """One stream of a source. `looked_at` is None when it was never pulled; `failed` is what the last look said, if it failed.

    `drift` is what the last window that saw other columns said of them, with the moment of that window.
    """

    source: str
    stream: str
    kind: str
    place: str
    looked_at: dt.datetime | None = None
    went_well_at: dt.datetime | None = None
    failed: str = ""
    changed_at: dt.datetime | None = None
    cursor: str = ""
    rows: int = 0
    withdrawn: int = 0
    windows: int = 0
    keys_compared_at: dt.datetime | None = None
    snapshot: int | None = None
    drift: str = ""
    drift_at: dt.datetime | None = None


def pull_states(shop: Shop) -> tuple[PullState, ...]:
    """Every stream of every source that is pulled, in the order of shopkeeper.toml."""
    seen = looks(shop.data_dir)
    told = {(row["source"], row["stream"]): row for row in shop.lake.rows(
        "SELECT source, stream, max(started_at) AS changed_at, arg_max(cursor, snapshot) AS cursor, sum(rows_read) AS rows, "
        "sum(rows_withdrawn) AS withdrawn, count(*) AS windows, max(snapshot) AS snapshot, "
        "max(started_at) FILTER (keys_compared) AS keys_at FROM pulls GROUP BY 1, 2"
    )}  # fmt: skip
    drift = {(row["source"], row["stream"]): row for row in shop.lake.rows(
        "SELECT p.source, p.stream, arg_max(n.detail, p.snapshot) AS detail, max(p.started_at) AS at FROM load_notes n "
        "JOIN pulls p ON p.load_id = n.load_id WHERE n.topic IN (?, ?, ?) GROUP BY 1, 2", _DRIFT,
    )}  # fmt: skip
    states = []
    for source in read_pulls(shop.settings, shop.folder):
        look = seen.get(source.name)
        for stream in source.streams:
            row, changed = told.get((source.name, stream.name)), drift.get((source.name, stream.name))
            state = PullState(source.name, stream.name, source.kind, source.place)
            if look or row:
                changed_at = row["changed_at"] if row else None
                state = PullState(
                    source.name, stream.name, source.kind, source.place, look.at if look else changed_at,
                    look.went_well_at if look else changed_at, look.failed if look else "",
                    changed_at, row["cursor"] if row else "", int(row["rows"]) if row else 0,
                    int(row["withdrawn"]) if row else 0, int(row["windows"]) if row else 0,
                    _later(row["keys_at"] if row else None, look), row["snapshot"] if row else None,
                    changed["detail"] if changed else "", changed["at"] if changed else None,
                )  # fmt: skip
            states.append(state)
    return tuple(states)


def _later(told: dt.datetime | None, look: Look | None) -> dt.datetime | None:
    both = [moment for moment in (told, look.keys_at if look else None) if moment]
    return max(both, default=None)
