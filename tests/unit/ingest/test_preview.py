"""A dry run: what would be read, the mapping that would read it, and a warehouse that nothing has touched."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from shopkeeper.ingest.mapping import read_sources
from shopkeeper.ingest.preview import Preview, preview
from shopkeeper.ingest.synonyms import HEADERS, normal
from shopkeeper.warehouse.model import COMMERCE_TABLES
from tests.shop_folders import GOOD, LINES, ShopFolder

CHINESE = (
    "订单编号,买家会员名,下单时间,付款时间,商品编码,数量,实付金额,订单状态\n"
    '="10001",alice,2024年1月5日 10:00,2024-01-05 10:01:00,A1,2,"¥1,234.50",交易成功\n'
    '="10002",bob,2024/1/6 23:59,,A1,1,10,等待付款\n="10003",,2024-01-31,,A3,1,30元,怪状态\n'
)
ENGLISH = "Order No.;Order date;SKU;Qty;Unit price (EUR);Buyer\n"
ENGLISH += "1;31/01/2024 18:05;A;2;1,250.00;Li\n2;01/02/2024 09:00;B;1;7;Wang\n"


def looked(folder: Path, name: str, content: str | bytes, mapping: str = "") -> tuple[ShopFolder, Preview]:
    mugs = ShopFolder(folder, mapping)
    path = mugs.drop(name, content)
    before = mugs.state()
    seen = preview(mugs.shop, path)
    assert mugs.state() == before
    return mugs, seen


def test_a_chinese_export_is_recognised_by_its_headers(tmp_path: Path) -> None:
    mugs, seen = looked(tmp_path, "订单2024.csv", CHINESE.encode("gb18030"))
    assert (seen.format, seen.encoding, seen.delimiter, seen.rows) == ("csv", "gb18030", ",", 3)
    assert seen.untaken == ()
    block = tomllib.loads(seen.toml)["source"][0]
    assert block["order_lines"] == {
        "order_id": "订单编号", "customer_id": "买家会员名", "ordered_at": "下单时间", "paid_at": "付款时间",
        "sku_id": "商品编码", "quantity": "数量", "payable_amount": "实付金额",
    }  # fmt: skip
    assert block["orders"]["status"]["values"] == {"交易成功": "completed", "等待付款": "placed", "怪状态": "?"}


def test_the_proposal_loads_once_what_is_asked_is_answered(tmp_path: Path) -> None:
    mugs, seen = looked(tmp_path, "订单.csv", CHINESE.encode("gb18030"))
    mugs.map(seen.toml.replace('"?"', '"closed"'))
    report = mugs.load()
    assert report.quarantined == 0
    assert mugs.rows("SELECT order_id, status FROM orders ORDER BY 1") == [
        ("10001", "completed"), ("10002", "placed"), ("10003", "closed"),
    ]  # fmt: skip


def test_an_english_export_gets_a_day_format_and_a_computed_amount(tmp_path: Path) -> None:
    mugs, seen = looked(tmp_path, "orders_2024.csv", ENGLISH)
    assert seen.delimiter == ";"
    assert seen.needed == {}
    block = tomllib.loads(seen.toml)["source"][0]
    assert block["name"] == "orders"
    assert block["order_lines"]["ordered_at"] == {"column": "Order date", "format": "%d/%m/%Y %H:%M"}
    assert block["order_lines"]["payable_amount"] == {"sql": 'number("Qty") * number("Unit price (EUR)")'}
    mugs.map(seen.toml)
    mugs.load()
    assert [str(row[0]) for row in mugs.rows("SELECT payable_amount FROM order_lines ORDER BY 1")] == [
        "7.0000",
        "2500.0000",
    ]


def test_days_that_could_be_either_are_asked_about(tmp_path: Path) -> None:
    _, seen = looked(tmp_path, "a.csv", ENGLISH.replace("31/01", "03/01"))
    assert 'format = "?"' in seen.toml


def test_what_is_still_needed_is_named(tmp_path: Path) -> None:
    _, seen = looked(tmp_path, "a.csv", "order no,sku,qty\n1,A,2\n")
    assert seen.needed == {"order_lines": ("payable_amount",)}
    assert '# payable_amount = "…"   # needed: What the buyer owes for the line' in seen.toml


def test_headers_of_another_world_get_no_table(tmp_path: Path) -> None:
    _, seen = looked(tmp_path, "a.csv", "temperature,pressure\n1,2\n")
    assert seen.untaken == ("temperature", "pressure")
    assert seen.provides == frozenset()


def test_a_mapped_file_is_rehearsed(tmp_path: Path) -> None:
    _, seen = looked(tmp_path, "a.csv", GOOD + "C,jug,2024-03-01,some,1\n", LINES)
    assert seen.source == "lines"
    assert [(part.table, part.loaded, part.quarantined) for part in seen.tables] == [("order_lines", 2, 1)]
    assert "order_lines.payable_amount" in seen.provides
    assert seen.headers[3].goes_to == ("order_lines.quantity",)


@pytest.mark.parametrize("name", ["shopify_apparel.csv", "shopify_home-and-garden.csv", "shopify_jewelery.csv"])
@pytest.mark.reference("shop_formats")
def test_shopify_articles_are_read_without_loss(name: str, tmp_path: Path, reference_data: Path) -> None:
    content = (reference_data / "shop_formats" / name).read_bytes()
    _, seen = looked(tmp_path, f"2026-07-06_{name}", content)
    assert seen.source == "shopify_products"
    assert all(part.quarantined == 0 for part in seen.tables)
    assert "products.name" in seen.provides
    assert len(seen.headers) == content.split(b"\n", 1)[0].count(b",") + 1


def test_no_header_means_two_columns_of_one_table() -> None:
    for table in COMMERCE_TABLES.values():
        if table.kind == "published":
            continue
        own = {
            f"{table.name}.{column}": words
            for column in table.column_names
            if (words := HEADERS.get(f"{table.name}.{column}"))
        }
        for key, words in own.items():
            folded = [normal(word) for word in words]
            assert len(folded) == len(set(folded)), key


def test_every_synonym_speaks_for_a_column_of_the_model() -> None:
    columns = {column for table in COMMERCE_TABLES.values() for column in table.column_names}
    for key in HEADERS:
        table, _, column = key.rpartition(".")
        assert (column in COMMERCE_TABLES[table].column_names) if table else column in columns | {"unit_price"}, key


def test_a_mapping_survives_its_way_through_the_settings(tmp_path: Path) -> None:
    mugs, seen = looked(tmp_path, "订单.csv", CHINESE)
    mugs.map(seen.toml.replace('"?"', '"closed"'))
    (mapping,) = read_sources(mugs.shop.settings, mugs.folder)
    assert json.loads(json.dumps(mapping.name)) == "my_source"
    assert mapping.digest("a") != mapping.digest("b")
