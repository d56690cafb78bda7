"""Local times and days as SQL. Zones that have not changed their clocks since 1992 are plain arithmetic, ten times as fast."""

from __future__ import annotations

import datetime as dt
import functools
import zoneinfo

from shopkeeper.warehouse.sql import literal

_SINCE, _UNTIL = 1992, 2037


@functools.cache
def steady_offset(zone: str) -> int | None:
    """Offset from UTC in microseconds of a zone that has kept it from 1992 on; None for others, and for unknown names.

    >>> steady_offset("Asia/Shanghai")
    28800000000
    >>> steady_offset("America/New_York") is None
    True
    """
    try:
        info = zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None
    days = (
        dt.datetime(year, month, day, tzinfo=info)
        for year in range(_SINCE, _UNTIL + 1)
        for month in range(1, 13)
        for day in (1, 15)
    )
    offsets = {day.utcoffset() for day in days}
    only = offsets.pop() if len(offsets) == 1 else None
    return round(only.total_seconds()) * 1_000_000 if only is not None else None


def moment_of(local: str, zone: str) -> str:
    """SQL of the moment that a local TIMESTAMP is in a zone."""
    offset, general = steady_offset(zone), f"{local} AT TIME ZONE {literal(zone)}"
    if offset is None:
        return general
    return (
        f"CASE WHEN {local} BETWEEN TIMESTAMP '{_SINCE}-01-02' AND TIMESTAMP '{_UNTIL}-01-01' "
        f"THEN make_timestamptz(epoch_us({local}) - {offset}) ELSE {general} END"
    )


def day_of(moment: str, zone: str) -> str:
    """SQL of the day that a moment falls on in a zone."""
    offset, general = steady_offset(zone), f"CAST({moment} AT TIME ZONE {literal(zone)} AS DATE)"
    if offset is None:
        return general
    return (
        f"CASE WHEN {moment} BETWEEN TIMESTAMPTZ '{_SINCE}-01-02 00:00:00+00' AND TIMESTAMPTZ '{_UNTIL}-01-01 00:00:00+00' "
        f"THEN CAST(make_timestamp(epoch_us({moment}) + {offset}) AS DATE) ELSE {general} END"
    )
