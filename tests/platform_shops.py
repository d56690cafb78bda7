"""A tiny shop with one source of kind api, whose platform is a door on loopback; time stands still and nobody sleeps."""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast
from unittest import mock

from shopkeeper.ingest.platforms.fixture import ApiFixture
from shopkeeper.ingest.platforms.pace import Pace
from shopkeeper.ingest.platforms.source import BATCH_RECORDS, platform_api
from shopkeeper.ingest.pull import declared
from shopkeeper.ingest.pull.run import pull
from shopkeeper.ingest.report import LoadReport
from tests.lake_tables import row_counts
from tests.platform_doors import DOORS
from tests.platform_server import KEY, NOW, SECRET, TOKEN, Door, served
from tests.tiny_shop import SETTINGS, TinyShop, make_tiny

SINCE = "2026-07-06"


def fixture_of(platform: str) -> ApiFixture:
    """The fixture of a platform."""
    return cast(ApiFixture, importlib.import_module(f"shopkeeper.ingest.platforms.{platform}.fixture").FIXTURE)


def entry_of(platform: str, address: str, /, **more: str) -> str:
    """The [[source]] of a shop."""
    said = {
        "name": '"api"', "kind": '"api"', "platform": f'"{platform}"', "app_key": f'"{KEY}"', "app_secret": '"env:API_SECRET"',
        "access_token": '"env:API_TOKEN"', "address": f'"{address}"', "since": SINCE, "per_second": "100",
    } | more  # fmt: skip
    return "\n[[source]]\n" + "".join(f"{name} = {value}\n" for name, value in said.items() if value)


class KilledError(BaseException):
    """The process ends here, as far as a pull can tell."""


@dataclass
class ApiShop:
    """A shop, its platform's door, and what was slept."""

    tiny: TinyShop
    door: Door
    slept: list[float]
    batch_records: int = BATCH_RECORDS
    kill_after: int = 0
    asked: int = 0
    hours: float = 0.0

    def later(self, hours: float) -> None:
        """Let time pass, here and at the platform."""
        self.hours, self.door.clock_ahead = hours, hours * 3600

    def pull(self) -> LoadReport:
        """Pull the source once."""
        with mock.patch.dict(cast(Any, declared.KINDS), {"api": self.made}):
            return pull(self.tiny.shop, "api", by="alice")

    def counts(self) -> dict[str, int]:
        """Rows by table of the commerce model that has any."""
        return {name: rows for name, rows in row_counts(self.tiny.shop.lake).items() if rows}

    def one(self, sql: str) -> Any:
        """The only value of a query."""
        row = self.tiny.shop.lake.query(sql).fetchone()
        assert row is not None
        return row[0]

    def made(self, entry: Any) -> Any:
        """The source of an entry, at the tests' moment."""
        now = NOW + dt.timedelta(hours=self.hours)
        pace = Pace(lambda: now, self._passed, self.slept.append, random.Random(7))
        return replace(platform_api(entry), pace=pace, batch_records=self.batch_records)

    def _passed(self) -> float:
        self.asked += 1
        if self.kill_after and self.asked > self.kill_after:
            raise KilledError
        return float(self.asked)


@contextlib.contextmanager
def api_shop(
    folder: Path, platform: str, change: Callable[[Door], None] = lambda door: None, **more: str
) -> Iterator[ApiShop]:
    """A shop that pulls a platform; `more` are keys of its [[source]]."""
    door = cast(Door, DOORS[platform](fixture_of(platform)))
    change(door)
    with mock.patch.dict("os.environ", {"API_SECRET": SECRET, "API_TOKEN": TOKEN}), served(door) as address:
        tiny = make_tiny(folder / "shop", SETTINGS + entry_of(platform, address, **more))
        try:
            yield ApiShop(tiny, door, [])
        finally:
            tiny.shop.close()
