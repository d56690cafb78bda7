"""The same rows, however they are written down: encodings, delimiters, quotes, workbooks, JSON, Parquet, gzip."""

from __future__ import annotations

import datetime as dt
import gzip
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from shopkeeper.errors import ConfigError
from tests.shop_folders import LINES, ShopFolder
from tests.unit.ingest.workbooks import old_workbook, workbook

TEXT = "order,sku,day,qty,paid\nA,马克杯,2024-03-01,1,10\nB,茶壶,2024-03-02,2,20.50\n"
ROWS = [
    ("A", "马克杯", dt.date(2024, 3, 1), Decimal("1.000"), Decimal("10.0000")),
    ("B", "茶壶", dt.date(2024, 3, 2), Decimal("2.000"), Decimal("20.5000")),
]
ASKED = "SELECT order_id, sku_id, ordered_day, quantity, payable_amount FROM order_lines ORDER BY 1"
JSON = (
    '{"order": "A", "sku": "马克杯", "day": "2024-03-01", "qty": 1, "paid": 10.0}\n'
    '{"order": "B", "sku": "茶壶", "day": "2024-03-02", "qty": 2, "paid": 20.50}\n'
)
CELLS: list[list[object]] = [
    ["order", "sku", "day", "qty", "paid"],
    ["A", "马克杯", "2024-03-01", 1, 10],
    ["B", "茶壶", "2024-03-02", 2, 20.5],
]

WRITTEN: dict[str, tuple[str, bytes]] = {
    "UTF-8": ("a.csv", TEXT.encode()),
    "UTF-8 with a mark": ("a.csv", TEXT.encode("utf-8-sig")),
    "UTF-16 little-endian": ("a.csv", TEXT.encode("utf-16")),
    "UTF-16 big-endian": ("a.csv", b"\xfe\xff" + TEXT.encode("utf-16-be")),
    "UTF-16 without a mark": ("a.csv", TEXT.encode("utf-16-le")),
    "GB18030": ("a.csv", TEXT.encode("gb18030")),
    "the old .xls form": ("a.xls", old_workbook({"S": CELLS})),
    "an .xlsx workbook called .xls": ("a.xls", workbook({"S": CELLS})),
    "an old workbook called .xlsx": ("a.xlsx", old_workbook({"S": CELLS})),
    "lines that end in both ways": ("a.csv", TEXT.replace("\n", "\r\n", 2).encode()),
    "lines that end in both ways, the other way round": ("a.csv", (TEXT[:-1] + "\r\n").encode()),
    "Big5": ("a.csv", TEXT.replace("马", "馬").replace("壶", "壺").encode("big5")),
    "semicolons": ("a.csv", TEXT.replace(",", ";").encode()),
    "tabs": ("a.tsv", TEXT.replace(",", "\t").encode()),
    "bars": ("a.txt", TEXT.replace(",", "|").encode()),
    "Windows line ends": ("a.csv", TEXT.replace("\n", "\r\n").encode()),
    "old line ends": ("a.csv", TEXT.replace("\n", "\r").encode()),
    "no last line end": ("a.csv", TEXT.rstrip().encode()),
    "gzip": ("a.csv.gz", gzip.compress(TEXT.encode("gb18030"))),
    "JSON lines": ("a.jsonl", JSON.encode()),
    "a JSON array": ("a.json", ("[" + JSON.strip().replace("\n", ",") + "]").encode()),
    "a workbook": ("a.xlsx", workbook({"Sheet1": CELLS})),
    "two sheets": ("a.xlsx", workbook({"March 1": CELLS[:2], "March 2": [CELLS[0], CELLS[2]], "Notes": []})),
}


@pytest.mark.parametrize("case", list(WRITTEN))
def test_the_same_rows_are_read(case: str, tmp_path: Path) -> None:
    name, content = WRITTEN[case]
    mapping = LINES.replace('files = "*"', 'files = "*"\nencoding = "big5"') if case == "Big5" else LINES
    mugs = ShopFolder(tmp_path, mapping)
    report = mugs.load(mugs.drop(name, content))
    expected = ROWS if case != "Big5" else [("A", "馬克杯", *ROWS[0][2:]), ("B", "茶壺", *ROWS[1][2:])]
    assert mugs.rows(ASKED) == expected
    assert [(part.table, part.rows_read) for part in report.tables if part.table == "order_lines"] == [
        ("order_lines", 2)
    ]


def test_parquet_keeps_its_types_and_its_raw_copy_is_the_file_itself(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path)
    path = mugs.inbox / "a.parquet"
    duckdb.sql(
        "SELECT * FROM (VALUES ('A', '马克杯', TIMESTAMP '2024-03-01 00:00:00', 1, 10.0::DOUBLE), "
        "('B', '茶壶', TIMESTAMP '2024-03-02 00:00:00', 2, 20.5)) t(\"order\", sku, day, qty, paid)"
    ).write_parquet(str(path))
    mugs.load(path)
    assert mugs.rows(ASKED) == ROWS
    (kept,) = (tmp_path / "data" / "raw").iterdir()
    assert kept.read_bytes() == path.read_bytes()


def test_quoted_line_ends_count_as_one_row(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path)
    mugs.load(
        mugs.drop(
            "a.csv", 'order,sku,day,qty,paid\nA,"two\nlines",2024-03-01,1,10\nB,"a ""quoted"" mug",2024-03-01,1,10\n'
        )
    )
    assert mugs.rows("SELECT sku_id, source_line FROM order_lines ORDER BY 2") == [
        ("two\nlines", 1),
        ('a "quoted" mug', 2),
    ]


def test_headers_may_be_quoted_blank_or_unused(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path)
    mugs.load(mugs.drop("a.csv", '"order", sku ,day,qty,paid,,extra\nA,mug,2024-03-01,1,10,,x\n'))
    assert mugs.rows("SELECT order_id, sku_id FROM order_lines") == [("A", "mug")]


def test_cells_of_a_workbook_keep_their_types(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path, LINES + 'customer_id = "buyer"\n')
    cells: list[list[object]] = [
        ["order", "sku", "day", "qty", "paid", "buyer"],
        [1001, "mug", dt.datetime(2024, 3, 1, 18, 5), 1, 0.1 + 0.2, 17850],
        [1002, 77, dt.datetime(2024, 3, 2), 2, 20, None],
    ]
    mugs.load(mugs.drop("a.xlsx", workbook({"S": cells})))
    assert mugs.rows(
        "SELECT order_id, sku_id, strftime(ordered_at, '%Y-%m-%d %H:%M:%S'), payable_amount, customer_id "
        "FROM order_lines ORDER BY 1"
    ) == [
        ("1001", "mug", "2024-03-01 10:05:00", Decimal("0.3000"), "17850"),
        ("1002", "77", "2024-03-01 16:00:00", Decimal("20.0000"), None),
    ]


def test_one_sheet_may_be_named(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path, LINES.replace('files = "*"', 'files = "*"\nsheet = "B"'))
    mugs.load(mugs.drop("a.xlsx", workbook({"A": [["x"], [1]], "B": CELLS})))
    assert mugs.rows(ASKED) == ROWS


def test_an_encoding_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path, LINES.replace('files = "*"', 'files = "*"\nencoding = "utf-9"'))
    with pytest.raises(ConfigError, match="no encoding has this name"):
        mugs.load(mugs.drop("a.csv", TEXT))


def test_raw_rows_are_kept_by_the_hash_of_the_file(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path)
    mugs.load(mugs.drop("a.csv", TEXT.encode("gb18030")))
    ((digest,),) = mugs.rows("SELECT DISTINCT file_hash FROM order_lines")
    kept = tmp_path / "data" / "raw" / f"{digest}.parquet"
    assert mugs.rows(f"SELECT * FROM read_parquet('{kept}')") == [
        ("A", "马克杯", "2024-03-01", "1", "10"), ("B", "茶壶", "2024-03-02", "2", "20.50"),
    ]  # fmt: skip
