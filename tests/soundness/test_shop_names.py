"""What somebody wrote of a shop outlives what a platform's layout says of every shop: its id as a name, the house's currency."""

from __future__ import annotations

from pathlib import Path

import pytest

from shopkeeper.ingest.sources.taobao.fixture import FIXTURES as TAOBAO
from tests.unit.ingest.sources.platform_files import load, shop_in

ITEMS = next(one for one in TAOBAO if one.layout == "taobao_item_report")


@pytest.mark.parametrize("order", ["shops first", "export first", "together", "export again"])
def test_a_written_shop_keeps_its_name_and_currency(order: str, tmp_path: Path) -> None:
    shop = shop_in(tmp_path)
    shop.map('\n[[shops]]\nshop_id = "flagship"\n')
    export = ITEMS.written(tmp_path)
    shops = tmp_path / "shops.csv"
    shops.write_text(
        "shop_id,platform_id,name,currency,timezone\nflagship,taobao,兰亭旗舰店,HKD,Asia/Hong_Kong\n", encoding="utf-8"
    )
    steps = {
        "shops first": [[shops], [export]], "export first": [[export], [shops]], "together": [[shops, export]],
        "export again": [[export], [shops], [export]],
    }[order]  # fmt: skip
    for number, files in enumerate(steps):
        if number == 2:  # the same export of another day: other bytes, the same shop
            export.write_bytes(export.read_bytes() + b"\n")
        load(shop, *files)
    found = shop.rows("SELECT name, currency, timezone FROM shops WHERE shop_id = 'flagship'")
    assert found == [("兰亭旗舰店", "HKD", "Asia/Hong_Kong")]
