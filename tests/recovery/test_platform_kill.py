"""A pull whose process is killed in the middle, again and again, loses nothing and brings nothing twice."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from shopkeeper.warehouse.shop import open_shop
from tests.platform_server import Door
from tests.platform_shops import api_shop, fixture_of


def killing(process: subprocess.Popen[bytes], requests: int) -> Callable[[Door, str, int], None]:
    """A hook that kills a process at its n-th request."""
    answered = 0

    def kill(door: Door, method: str, number: int) -> None:
        nonlocal answered
        answered += 1
        if answered == requests:
            process.kill()

    return kill


def test_kill_minus_nine_in_the_middle_of_a_pull(tmp_path: Path) -> None:
    fixture = fixture_of("pinduoduo")
    with api_shop(tmp_path, "pinduoduo") as api:
        folder = api.tiny.shop.folder
        api.tiny.shop.close()
        killed = 0
        for requests in (10, 22, 70):
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.platform_pull", str(folder)], stderr=subprocess.DEVNULL
            )
            api.door.between = killing(process, requests)
            killed += process.wait(timeout=280) != 0
        assert killed == 3
        api.door.between = lambda door, method, number: None
        assert (
            subprocess.run(
                [sys.executable, "-m", "tests.platform_pull", str(folder)], timeout=280, check=False
            ).returncode
            == 0
        )
        shop = open_shop(folder)
        try:
            for table in ("orders", "order_lines", "refunds"):
                assert shop.lake.query(f"SELECT count(*) FROM {table}").fetchone() == (fixture.loaded[table],), table
            total = shop.lake.query("SELECT sum(payable_amount) FROM orders").fetchone()
            assert total == (Decimal(fixture.totals["orders.payable_amount"]),)
            cursors = [
                row["cursor"]
                for row in shop.lake.rows("SELECT cursor FROM pulls WHERE stream = 'orders' ORDER BY snapshot")
            ]
            assert cursors == sorted(set(cursors)), "each load begins where the last one ended"
        finally:
            shop.close()
