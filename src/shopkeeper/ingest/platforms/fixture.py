"""The synthetic answers that every platform comes with, what a pull of them must give, and the export that tells the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from shopkeeper.ingest.platforms.declaration import CHINA, Json
from shopkeeper.ingest.sources.fixture import Fixture

DAY = dt.date(2026, 7, 6)
PERSONAL = ("王小满", "13800138001", "茶园路8号", "leilei@example.com", "~密文AbCd1234~", "$$9f3Kk2==$$")
"""What platforms send of buyers, in the clear, masked or as ciphertext: none of it may reach a file of the shop."""


@dataclass(frozen=True)
class ApiFixture:
    """Records as a platform sends them, by the name of the call, and the tables that they become.

    `loaded` gives the rows that each table then holds, `totals` the exact sum of `table.column`. `details` are the answers of
    a call's detail, by the record's key. `export` is a file of the platform's own export with the same orders.
    """

    platform: str
    records: Mapping[str, tuple[Json, ...]]
    loaded: Mapping[str, int]
    totals: Mapping[str, str]
    details: Mapping[str, Json] = field(default_factory=dict)
    export: Fixture | None = None


def moment(clock: str) -> dt.datetime:
    """A moment of the fixtures' day in China.

    >>> moment("10:00:00").isoformat()
    '2026-07-06T10:00:00+08:00'
    """
    return dt.datetime.combine(DAY, dt.time.fromisoformat(clock), CHINA)


def seconds(clock: str) -> int:
    """The same in Unix seconds."""
    return int(moment(clock).timestamp())


def milliseconds(clock: str) -> int:
    """The same in Unix milliseconds."""
    return seconds(clock) * 1000


def local(clock: str) -> str:
    """The same as China's platforms write it."""
    return moment(clock).strftime("%Y-%m-%d %H:%M:%S")


def export_of(layout: str, name: str, headers: tuple[str, ...], *cells: Mapping[str, str]) -> Fixture:
    """An export with these rows; headers that a row lacks are blank."""
    rows = (headers, *(tuple(row.get(header, "") for header in headers) for row in cells))
    return Fixture(layout, name, rows, {}, {})
