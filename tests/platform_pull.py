"""Pull the source `api` of a shop folder at the tests' moment, a load a record: what a test runs in a process that it kills."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from shopkeeper.ingest.platforms.pace import Pace
from shopkeeper.ingest.platforms.source import platform_api
from shopkeeper.ingest.pull import declared
from shopkeeper.ingest.pull.run import pull
from shopkeeper.warehouse.shop import open_shop
from tests.platform_server import NOW


def main(folder: Path) -> None:
    """Pull once."""
    pace = Pace(now=lambda: NOW)
    cast(Any, declared.KINDS)["api"] = lambda entry: replace(platform_api(entry), pace=pace, batch_records=1)
    shop = open_shop(folder)
    try:
        pull(shop, "api", by="alice")
    finally:
        shop.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
