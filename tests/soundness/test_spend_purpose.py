"""Spend whose export does not say what it is for: one setting says it for all such, and a replay says it of what was loaded."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

from shopkeeper.ingest.replay import replay
from shopkeeper.ingest.sources.douyin.fixture import FIXTURES
from tests.unit.ingest.sources.platform_files import load, shop_in

QIANCHUAN = next(one for one in FIXTURES if one.layout == "qianchuan")
PURPOSES = "SELECT is_acquisition, sum(amount) FROM ad_spend GROUP BY 1"


def test_the_setting_says_it_where_the_export_does_not(tmp_path: Path) -> None:
    shop = shop_in(tmp_path)
    load(shop, QIANCHUAN.written(tmp_path), day=dt.date(2026, 7, 6))
    ((unknown, amount),) = shop.rows(PURPOSES)
    assert unknown is None
    assert amount > Decimal(0)
    shop.map("\n[ingest]\nad_spend_is_acquisition = true\n")
    replay(shop.shop, by="tests")
    assert shop.rows(PURPOSES) == [(True, amount)]
