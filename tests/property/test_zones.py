"""Arithmetic in place of a zone's rules gives what the rules give, at every moment and in every zone that takes it."""

from __future__ import annotations

import zoneinfo

import duckdb
import pytest

from shopkeeper.ingest.zones import day_of, moment_of, steady_offset

STEADY = ("Asia/Shanghai", "Asia/Tokyo", "Asia/Kolkata", "Asia/Hong_Kong", "UTC", "America/Phoenix", "Asia/Singapore")
MOVING = ("America/New_York", "Europe/Berlin", "Australia/Sydney", "Europe/Moscow", "America/Sao_Paulo")


@pytest.mark.parametrize("zone", [*STEADY, *MOVING])
def test_moments_and_days_agree_with_the_zone(zone: str) -> None:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    # 20,011 moments from 1900 to 2199, at odd times of the day
    connection.execute(
        "CREATE TABLE t AS SELECT TIMESTAMP '1900-01-02' + to_seconds(range * 471739) AS local, "
        "(TIMESTAMP '1900-01-02' + to_seconds(range * 471739)) AT TIME ZONE 'UTC' AS moment FROM range(20011)"
    )
    wrong = connection.execute(
        f"SELECT count(*) FILTER (({moment_of('local', zone)}) IS DISTINCT FROM local AT TIME ZONE '{zone}'), "
        f"count(*) FILTER (({day_of('moment', zone)}) IS DISTINCT FROM CAST(moment AT TIME ZONE '{zone}' AS DATE)) FROM t"
    ).fetchone()
    assert wrong == (0, 0)


def test_only_zones_that_never_moved_their_clocks_are_steady() -> None:
    assert [zone for zone in (*STEADY, *MOVING) if steady_offset(zone) is not None] == list(STEADY)
    assert steady_offset("Nowhere/Land") is None
    steady = [name for name in zoneinfo.available_timezones() if steady_offset(name) is not None]
    assert "America/Los_Angeles" not in steady
