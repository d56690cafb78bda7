"""Lines that begin with # around the rows of a text file: left out and counted, never mistaken for headers or rows."""

from __future__ import annotations

from pathlib import Path

from shopkeeper.ingest.load import load_paths
from shopkeeper.ingest.sources import fixtures
from tests.shop_folders import ShopFolder
from tests.tiny_shop import make_tiny

ABOVE = "#支付宝账务明细查询\r\n#账号：[20881234]\r\n#-----账务明细列表-----\r\n"  # noqa: RUF001
BELOW = "#-----账务明细列表结束-----\r\n#导出时间：[2026-07-06]\r\n"  # noqa: RUF001


def test_a_statement_with_remarks_above_and_below_is_what_it_is_without_them(tmp_path: Path) -> None:
    fixture = next(one for one in fixtures() if one.layout == "alipay_statement")
    tiny = make_tiny(tmp_path / "tiny")
    path = fixture.written(tmp_path)
    text = path.read_bytes().decode(fixture.encoding)
    path.write_bytes((ABOVE + text + BELOW).encode(fixture.encoding))
    report = load_paths(tiny.shop, [path], by="alice")
    lake = tiny.shop.lake
    assert lake.query("SELECT count(*) FROM settlements").fetchone() == (fixture.loaded["settlements"],)
    left_out = sum(note.rows or 0 for note in report.notes if note.topic == "ingest.note_rows")
    assert left_out == fixture.notes + 5
    tiny.shop.close()


def test_a_header_that_begins_with_a_number_sign_is_a_header(tmp_path: Path) -> None:
    lines = '[source.order_lines]\norder_id = "#"\nsku_id = "sku"\nordered_at = "day"\nquantity = "qty"\n'
    lines += 'payable_amount = "paid"\n'
    mugs = ShopFolder(tmp_path, f'[[source]]\nname = "pos"\nfiles = "*"\n{lines}')
    report = mugs.load(mugs.drop("a.csv", "#,sku,day,qty,paid\n1,mug,2024-01-05,1,9.50\n#2,mug,2024-01-05,1,9.50\n"))
    assert report.loaded > 0
    assert mugs.shop.lake.query("SELECT list(order_id ORDER BY order_id) FROM order_lines").fetchone() == (["#2", "1"],)
