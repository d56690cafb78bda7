"""An ERP tells the platforms' orders again, under numbers of lines and a shop of its own: nothing may add the two up.

ERP   A401 · TEA-01 · 88.00        platform   A401 · LJ01-100 · 128.00        never 216.00
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from shopkeeper.errors import DataQualityError
from shopkeeper.ingest.replay import replay
from shopkeeper.ingest.sources.fixture import Fixture
from shopkeeper.ingest.sources.jushuitan.fixture import FIXTURES as JUSHUITAN
from shopkeeper.ingest.sources.taobao.fixture import FIXTURES as TAOBAO
from shopkeeper.quality.reconcile import join_hits
from tests.shop_folders import ShopFolder
from tests.unit.ingest.sources.platform_files import load, records, shop_in, with_rows

ORDER = "4100000000000000011"
ITEMS = next(one for one in TAOBAO if one.layout == "taobao_item_report")
PAID = Decimal("1509.90")  # of the item report
SETTING = '\n[ingest]\nerp_orders = "{}"\n'


def of_erp(order: str = ORDER) -> Fixture:
    """One row of the ERP: an article of this online order, with its cost."""
    row = records(JUSHUITAN[0])[0] | {"线上订单号": order, "原始线上订单号": order}
    return with_rows(JUSHUITAN[0], row)


def paid(shop: ShopFolder) -> Decimal | None:
    return shop.rows("SELECT sum(payable_amount) FROM order_lines")[0][0]  # type: ignore[no-any-return]


@pytest.mark.parametrize("first", ["erp", "platform", "together"])
def test_an_order_of_both_is_refused_naming_both_and_the_setting(first: str, tmp_path: Path) -> None:
    shop = shop_in(tmp_path)
    erp, items = of_erp().written(tmp_path), ITEMS.written(tmp_path)
    steps = {"erp": [[erp], [items]], "platform": [[items], [erp]], "together": [[erp, items]]}[first]
    for earlier in steps[:-1]:
        load(shop, *earlier)
    before = shop.state()
    with pytest.raises(DataQualityError, match="would count twice") as refused:
        load(shop, *steps[-1])
    told = refused.value.message()
    assert erp.name in told
    assert items.name in told
    assert ORDER in told
    assert "erp_orders" in told
    assert shop.state() == before


def test_a_rule_that_gives_both_one_shop_hides_nothing(tmp_path: Path) -> None:
    shop = shop_in(tmp_path)
    shop.map('\n[[shops]]\nshop_id = "flagship"\n')
    load(shop, ITEMS.written(tmp_path))
    with pytest.raises(DataQualityError, match="would count twice"):
        load(shop, of_erp().written(tmp_path))


def test_orders_that_only_one_of_them_tells_add_up(tmp_path: Path) -> None:
    shop = shop_in(tmp_path)
    load(shop, of_erp("S-1").written(tmp_path), ITEMS.written(tmp_path))
    assert paid(shop) == PAID + 88


def test_a_cost_under_an_article_of_the_erp_s_own_finds_its_line_by_the_child_order(tmp_path: Path) -> None:
    shop = shop_in(tmp_path)
    shop.map(SETTING.format("costs_only") + '\n[[shops]]\nshop_id = "flagship"\n')
    child = records(ITEMS)[0]["子订单编号"].strip("'\t=\"")
    erp = with_rows(JUSHUITAN[0], records(of_erp())[0] | {"线上子订单编号": child, "商品编码": "OWN-NUMBER"})
    load(shop, ITEMS.written(tmp_path), erp.written(tmp_path))
    hit = {one.id: one for one in join_hits(shop.lake)}["lines_cost"]
    assert {step: n for step, n in hit.steps.items() if n} == {"child_order": 1, "none": hit.of - 1}


@pytest.mark.parametrize(("counts", "sum_of_lines"), [("costs_only", PAID), ("orders", Decimal(88))])
def test_the_setting_says_whose_orders_count(counts: str, sum_of_lines: Decimal, tmp_path: Path) -> None:
    shop = shop_in(tmp_path)
    shop.map(SETTING.format(counts))
    report = load(shop, of_erp().written(tmp_path), ITEMS.written(tmp_path))
    assert paid(shop) == sum_of_lines
    assert shop.rows("SELECT count(*) FROM orders WHERE order_id = ?".replace("?", f"'{ORDER}'")) == [(1,)]
    assert shop.rows("SELECT unit_cost FROM sku_costs") == [(Decimal(42),)]
    assert shop.rows("SELECT count(*) FROM products WHERE name = '明前龙井 100克'") == [(1,)]
    assert [note.topic for note in report.notes if note.topic == "ingest.orders_left_out"]


@pytest.mark.parametrize(("counts", "sum_of_lines"), [("costs_only", PAID), ("orders", Decimal(88))])
def test_a_replay_brings_what_was_loaded_before_in_line(counts: str, sum_of_lines: Decimal, tmp_path: Path) -> None:
    shop = shop_in(tmp_path)
    first, second = of_erp().written(tmp_path), ITEMS.written(tmp_path)
    if counts == "orders":
        first, second = second, first
    load(shop, first)
    shop.map(SETTING.format(counts))
    with pytest.raises(DataQualityError, match="shopkeeper replay"):
        load(shop, second)
    replay(shop.shop, by="alice")
    load(shop, second)
    assert paid(shop) == sum_of_lines
