"""Whatever is wrong with a file: an error of the house's form, and the warehouse exactly as before."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from shopkeeper.errors import ConfigError, DataQualityError, NotFound, ShopkeeperError, SourceError
from tests.shop_folders import GOOD, HEADER, LINES, ShopFolder
from tests.unit.ingest.workbooks import old_workbook, workbook


def parquet(folder: Path) -> bytes:
    path = folder / "made.parquet"
    duckdb.sql("SELECT 'A' AS \"order\", 'mug' AS sku, DATE '2024-03-01' AS day, 1 AS qty, 10.0 AS paid").write_parquet(
        str(path)
    )
    return path.read_bytes()


CUT = "the file is cut"
BAD: dict[str, tuple[str, str | bytes | Callable[[Path], bytes], str]] = {
    "empty": ("a.csv", "", "empty"),
    "zeros": ("a.csv", b"\x00" * 4096, "it has zero bytes"),
    "headers only": ("a.csv", HEADER, "no rows"),
    "missing column": ("a.csv", "order,sku,day,qty\nA,mug,2024-03-01,1\n", "a column is missing"),
    "wrong type everywhere": (
        "a.csv",
        HEADER + "A,mug,2024-03-01,one,10\nB,cup,2024-03-02,two,10\n",
        "no row of a column",
    ),
    "ambiguous days": ("a.csv", HEADER + "A,mug,05/01/2024,1,10\nB,cup,06/01/2024,1,10\n", "no row of a column"),
    "ends inside a quote": (
        "a.csv",
        HEADER + 'A,mug,2024-03-01,1,10\nB,"cup,2024-03-01,1,10\n',
        "inside a quoted value",
    ),
    "too many columns": ("a.csv", HEADER + "A,mug,2024-03-01,1,10,11\n", "another number of columns"),
    "too few columns": ("a.csv", HEADER + "A,mug,2024-03-01,1,10\nB,mug\n", "another number of columns"),
    "duplicate headers": ("a.csv", "order,sku,day,qty,Order\nA,mug,2024-03-01,1,10\n", "same header"),
    "blank headers": ("a.csv", ",,,,\nA,mug,2024-03-01,1,10\n", "no headers"),
    "mixed encodings": (
        "a.csv",
        (HEADER + "A,马克杯,2024-03-01,1,10\n").encode() * 3 + "B,杯子,2024-03-01,1,10\n".encode("gb18030"),
        "mixes encodings",
    ),
    "UTF-8 inside GB18030": (
        "a.csv",
        (HEADER + "A,马克杯,2024-03-01,1,10\n" * 9).encode("gb18030") + "B,杯子,2024-03-01,1,10\n".encode(),
        "mixes encodings",
    ),
    "a giant cell": ("a.csv", HEADER + f"A,{'x' * 10_000_000},2024-03-01,1,10\n", "too long"),
    "a giant cell in JSON": (
        "a.jsonl",
        '{"order":"A","sku":"' + "x" * 3_000_000 + '","day":"2024-03-01","qty":1,"paid":1}\n',
        "too long",
    ),
    "a cut gzip": ("a.csv.gz", gzip.compress(GOOD.encode() * 100)[:-20], "cut off"),
    "no gzip at all": ("a.csv.gz", GOOD + "C,cup,2024-03-02,1,2\n", "cut off or broken"),
    "a cut Parquet": ("a.parquet", lambda folder: parquet(folder)[:-30], "cut off"),
    "no Parquet at all": ("a.parquet", GOOD + "C,cup,2024-03-02,1,2\n", "not Parquet"),
    "Parquet with a broken footer": ("a.parquet", lambda folder: b"PAR1" + b"\x00" * 40 + b"PAR1", "cannot be read"),
    "a cut workbook": ("a.xlsx", workbook({"S": [["order"], ["A"]]})[:-200], "cut off or broken"),
    "an encrypted workbook": (
        "a.xlsx",
        bytes.fromhex("D0CF11E0A1B11AE1") + b"\x00" * 600 + "EncryptedPackage".encode("utf-16-le"),
        "encrypted",
    ),
    "a cut old workbook": ("a.xls", old_workbook({"S": [["order"], ["A"]]})[:-2000], "cut off or broken"),
    "an old workbook of zeros": ("a.xls", bytes.fromhex("D0CF11E0A1B11AE1") + b"\x00" * 4096, "cut off or broken"),
    "a web page called .xls": ("a.xls", "<html><table><tr><td>order</td></tr></table></html>", "cut off or broken"),
    "lines of both ends and other widths": (
        "a.csv",
        GOOD.replace("\n", "\r\n", 1) + "C,2024-03-01\n",
        "number of columns",
    ),
    "an empty workbook": ("a.xlsx", workbook({"S": []}), "empty"),
    "sheets that differ": ("a.xlsx", workbook({"one": [["a"], [1]], "two": [["b"], [2]]}), "different headers"),
    "cut JSON": ("a.jsonl", '{"order":"A"}\n{"order":', "not whole JSON"),
    "JSON that is no object": ("a.json", "[1, 2]", "not an object"),
    "an unknown kind": ("a.pdf", "%PDF", "kind of file"),
}


@pytest.mark.parametrize("case", list(BAD))
def test_a_bad_file_is_refused_and_nothing_changes(case: str, tmp_path: Path) -> None:
    name, content, said = BAD[case]
    mugs = ShopFolder(tmp_path / "shop")
    mugs.load(mugs.drop("good.csv", GOOD))
    before = mugs.state()
    path = mugs.drop(name, content(tmp_path) if callable(content) else content)
    with pytest.raises(SourceError) as refused:
        mugs.load(path)
    error = refused.value
    assert said in error.what
    assert error.exit_code == 3
    assert path.name in error.where
    assert error.state == "nothing was changed"
    assert mugs.state() == before


def test_one_bad_file_keeps_the_good_ones_of_its_call_out(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path)
    mugs.drop("a.csv", GOOD)
    mugs.drop("b.csv", "")
    before = mugs.state()
    with pytest.raises(DataQualityError):
        mugs.load()
    assert mugs.state() == before


def test_the_first_foreign_byte_is_named_by_line_and_offset(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path)
    good = (HEADER + "A,马克杯,2024-03-01,1,10\n" * 3).encode()
    with pytest.raises(DataQualityError) as refused:
        mugs.load(mugs.drop("a.csv", good + "B,杯".encode("gb18030") + b",2024-03-01,1,10\n"))
    assert "line 5" in refused.value.where
    assert f"byte {len(good) + 2:,}" in refused.value.where


def test_a_missing_header_is_answered_with_the_nearest_one(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path)
    with pytest.raises(DataQualityError, match="did you mean paid_?"):
        mugs.load(mugs.drop("a.csv", "order,sku,day,qty,paid_\nA,mug,2024-03-01,1,10\n"))


def test_an_unreadable_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal is made here, since root, who runs tests in containers, may read everything."""
    mugs = ShopFolder(tmp_path)
    path = mugs.drop("a.csv", GOOD)
    plain = Path.open

    def refusing(self: Path, *args: object, **more: object) -> object:
        if self.name == "a.csv":
            raise PermissionError(13, "Permission denied", str(self))
        return plain(self, *args, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refusing)
    with pytest.raises(SourceError, match="no right to read"):
        mugs.load(path)


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path)
    mugs.drop("march.csv", GOOD)
    with pytest.raises(NotFound, match="march.csv"):
        mugs.load(mugs.inbox / "marsh.csv")


def test_an_empty_inbox_says_what_to_put_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no file to load"):
        ShopFolder(tmp_path).load()


def test_a_file_that_no_mapping_takes_points_to_the_dry_run(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path, LINES.replace('"*"', '"orders*.csv"'))
    with pytest.raises(SourceError, match="no mapping and no known layout takes this file.*--dry-run"):
        mugs.load(mugs.drop("a.csv", GOOD))


def test_a_file_that_two_mappings_take_asks_for_one(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path, LINES + LINES.replace('"lines"', '"others"'))
    path = mugs.drop("a.csv", GOOD)
    with pytest.raises(SourceError, match="more than one mapping"):
        mugs.load(path)
    assert mugs.load(path, source="others").source == "others"


WRONG = {
    "an unknown table": ("[source.order_line]\norder_id = 'order'\n", "source lines, key order_line", "did you mean order_lines"),
    "an unknown column": ("[source.orders]\norder_idd = 'order'\n", "key orders.order_idd", "did you mean order_id"),
    "an unknown key": ("file = 'a.csv'\n", "source lines, key file", "did you mean files"),
    "a value of two forms": ("[source.products]\nsku_id = { column = 'a', sql = 'b' }\n", "key products.sku_id", "exactly one"),
    "a wrong form": ("[source.products]\nsku_id = 7\n", "key products.sku_id", "{ sql = … }"),
    "a needed column left out": ("[source.refunds]\norder_id = 'order'\n", "table refunds", "also amount"),
    "a code that is none of ours": (
        "[source.orders]\norder_id = 'order'\nordered_at = 'day'\nstatus = { column = 'sku', values = { a = 'done' } }\n",
        "key orders.status.values.a", "completed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", list(WRONG))
def test_a_wrong_mapping_is_named_by_source_and_key(case: str, tmp_path: Path) -> None:
    extra, where, allowed = WRONG[case]
    mapping = LINES + extra if extra.startswith("[") else LINES.replace('files = "*"\n', f'files = "*"\n{extra}')
    mugs = ShopFolder(tmp_path, mapping)
    with pytest.raises(ConfigError) as refused:
        mugs.load(mugs.drop("a.csv", GOOD))
    assert where in refused.value.where
    assert "shopkeeper.toml" in refused.value.where
    assert allowed in refused.value.allowed


def test_an_expression_that_does_not_fit_the_file_is_named(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path, LINES.replace('"paid"', "{ sql = 'qty * prize' }"))
    with pytest.raises(ConfigError, match="order_lines.payable_amount"):
        mugs.load(mugs.drop("a.csv", GOOD))
    mugs.map(LINES.replace('order_id = "order"', 'where = "ordr = 1"\norder_id = "order"'))
    with pytest.raises(ConfigError, match="order_lines.where"):
        mugs.load()


def test_every_refusal_is_of_the_house(tmp_path: Path) -> None:
    """A cell of binary noise in any reader: no foreign exception reaches the caller."""
    mugs = ShopFolder(tmp_path)
    noise = bytes(range(256)) * 40
    for ending in ("csv", "tsv", "xlsx", "parquet", "jsonl", "json", "csv.gz"):
        with pytest.raises(ShopkeeperError):
            mugs.load(mugs.drop(f"noise.{ending}", noise))
