"""Days for which rows never came: a file that is missing or late is no business that went badly."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from shopkeeper.insight.anomalies.incidents import Incident
from shopkeeper.kpi.result import Dims
from shopkeeper.quality.arrivals import Stream, arrivals
from shopkeeper.warehouse.lake import Lake

DAILY_SHARE = 0.97
"""A table of a platform whose rows come on at least this share of days is expected every day."""
_FEWEST_ROWS = 12
"""With fewer rows on an ordinary day, one without any may be a quiet day."""
_WATCHED = ("order_lines", "visits", "ad_spend")


@dataclass(frozen=True)
class Hole:
    """Days in a row without a row of a table that comes every day. `last_load` brought the newest rows before it."""

    platform: str
    table: str
    first: dt.date
    last: dt.date
    at_the_end: bool
    last_load: str


def missing_days(lake: Lake, first: dt.date, last: dt.date) -> list[Hole]:
    """Every hole of the days asked for, by the load ledger's account of what arrived."""
    found = arrivals(lake, last + dt.timedelta(days=1), low=first, high=last + dt.timedelta(days=1), width="day")
    if found is None:
        return []
    return [hole for stream in found.streams for hole in _holes(stream, first, last)]


def _holes(stream: Stream, first: dt.date, last: dt.date) -> list[Hole]:
    if not stream.trades or stream.table not in _WATCHED or stream.platform is None:
        return []
    loads = {arrival.start: arrival.load_id for arrival in stream.arrived}
    begin = max(first, stream.first_day)
    days = [begin + dt.timedelta(n) for n in range((last - begin).days + 1)]
    if stream.table == "order_lines" and _middle([arrival.rows for arrival in stream.arrived]) < _FEWEST_ROWS:
        return []
    if not days or len(loads) < DAILY_SHARE * len(days) - 3 or len(loads) < 14:
        return []
    holes, run = [], list[dt.date]()
    for day in [*days, None]:
        if day is not None and day not in loads:
            run.append(day)
            continue
        if run:
            before = max((d for d in loads if d < run[0]), default=None)
            holes.append(
                Hole(stream.platform, stream.table, run[0], run[-1], run[-1] == last, loads[before] if before else "")
            )
        run = []
    return holes


def _middle(rows: list[int]) -> int:
    return sorted(rows)[len(rows) // 2] if rows else 0


def missing_incidents(holes: list[Hole]) -> list[Incident]:
    """Holes of the same days as one incident."""
    together: dict[tuple[dt.date, dt.date], list[Hole]] = defaultdict(list)
    for hole in holes:
        together[hole.first, hole.last].append(hole)
    found = []
    for (first, last), these in together.items():
        places: tuple[Dims, ...] = tuple(
            (("platform", name),) for name in dict.fromkeys(hole.platform for hole in these)
        )
        tables = " ".join(dict.fromkeys(hole.table for hole in these))
        loads = " ".join(dict.fromkeys(hole.last_load for hole in these if hole.last_load))
        late = all(hole.at_the_end for hole in these)
        found.append(
            Incident(
                f"{first:%Y%m%d}-missing_data-{these[0].platform}", "missing_data", "data", first, first, last, late,
                places, "high", float("nan"), -1.0, None, None, None, new_level=False, evidence=(),
                notes=(("tables", tables), ("late" if late else "hole", loads)),
            )
        )  # fmt: skip
    return found
