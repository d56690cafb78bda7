"""Every table that files can fill has a layout: worded, explained, recognised, and read back to the cent in both forms."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tomllib
import zipfile
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import python_calamine

from shopkeeper.core.wording import LANGUAGES
from shopkeeper.errors import DataQualityError, UsageError
from shopkeeper.ingest.assembly import Job, load_jobs
from shopkeeper.ingest.canonical import (
    LAYOUTS,
    NONE_IS_EMPTY_TEXT,
    NOTES_SHEET,
    canonical_mapping,
    heading,
    layout_table,
    partner,
)
from shopkeeper.ingest.column_words import code_word, column_meaning, column_word, type_word, unit_word
from shopkeeper.ingest.examples import EXAMPLES, example
from shopkeeper.ingest.templates import FORMS, Form, layout, template_bytes
from shopkeeper.warehouse.model import COMMERCE_TABLES, Column, Table
from tests.shop_folders import ShopFolder
from tests.unit.ingest.workbooks import workbook

COLUMNS = [(table, column) for table in LAYOUTS.values() for column in table.columns]
ROWS = 4
ZONE = dt.timezone(dt.timedelta(hours=8))


def named(table: Table, column: Column) -> str:
    return f"{table.name}.{column.name}"


def headings(table: Table) -> list[str]:
    return [heading(table, column) for column in table.columns]


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_column_has_a_word_a_meaning_and_an_example(name: str) -> None:
    table = LAYOUTS[name]
    for column in table.columns:
        for lang in LANGUAGES:
            assert column_word(table, column, lang)
            assert type_word(column, lang)
            assert bool(unit_word(column, lang)) == bool(column.unit)
            assert all(code_word(table, column, code, lang) for code in column.allowed)
        assert column_meaning(table, column, "zh")
        assert column_meaning(table, column, "en") == column.comment, "the Chinese meaning translates an older comment"
        assert example(table, column) or not column.required


def test_words_of_a_table_and_of_a_code_column_are_told_apart() -> None:
    for table in LAYOUTS.values():
        words = [column_word(table, column, "zh") for column in table.columns]
        assert len(set(words)) == len(words), table.name
        for column in table.columns:
            codes = {code_word(table, column, code, "zh") for code in column.allowed}
            assert len(codes) == len(column.allowed), f"{table.name}.{column.name}"


@pytest.mark.parametrize("section", ["columns", "column_meanings", "column_codes"])
def test_no_word_speaks_for_a_column_that_is_gone(section: str) -> None:
    folder = resources.files("shopkeeper.core.wording")
    names = ("columns.toml", "column_meanings.toml")
    read = [tomllib.loads(folder.joinpath(name).read_text(encoding="utf-8")) for name in names]
    keys = [key for one in read for key in one.get(section, {})]
    used = {f"{t.name}.{c.name}" for t, c in COLUMNS} | {f"shared.{c.name}" for _, c in COLUMNS}
    used |= {f"{t.name}.{c.name}.{code}" for t, c in COLUMNS for code in c.allowed}
    assert keys
    assert [key for key in keys if key not in used] == []


def test_a_shared_word_is_used_by_some_table() -> None:
    folder = resources.files("shopkeeper.core.wording")
    for name, section in (("columns.toml", "columns"), ("column_meanings.toml", "column_meanings")):
        keys = tomllib.loads(folder.joinpath(name).read_text(encoding="utf-8"))[section]
        taken = {c.name for t, c in COLUMNS if f"{t.name}.{c.name}" not in keys}
        shared = {key.removeprefix("shared.") for key in keys if key.startswith("shared.")}
        assert shared - taken == set()


def test_columns_whose_empty_text_says_none_are_those_whose_comment_says_so() -> None:
    assert {f"{t.name}.{c.name}" for t, c in COLUMNS if "empty text" in c.comment} == NONE_IS_EMPTY_TEXT


def test_published_tables_have_no_layout_and_say_why() -> None:
    assert set(COMMERCE_TABLES) - set(LAYOUTS) == {n for n, t in COMMERCE_TABLES.items() if t.kind == "published"}
    with pytest.raises(UsageError, match="writes it itself"):
        layout_table("decision_log")


# --- examples ---------------------------------------------------------------------------------------------------------


def test_examples_are_of_columns_and_of_their_codes() -> None:
    names = {column.name for _, column in COLUMNS} | {f"{t.name}.{c.name}" for t, c in COLUMNS}
    assert set(EXAMPLES) - names == set()
    assert [named(t, c) for t, c in COLUMNS if c.allowed and example(t, c) not in c.allowed] == []


def test_a_day_is_the_day_of_its_moment() -> None:
    for table, column in COLUMNS:
        other = partner(table, column.name)
        if column.type == "day" and other and example(table, table.column(other)):
            assert example(table, table.column(other)).startswith(example(table, column)), named(table, column)


def test_the_amounts_of_the_examples_tie() -> None:
    def amount(name: str) -> Decimal:
        return Decimal(EXAMPLES[name])

    bearers = ("merchant", "platform", "influencer", "supplier")
    discounts = {bearer: amount(f"order_lines.discount_{bearer}") for bearer in bearers}
    payable = amount("order_lines.payable_amount")
    assert amount("order_lines.list_amount") - sum(discounts.values()) == payable
    assert payable + sum(discounts.values()) - discounts["merchant"] == amount("order_lines.receivable_amount")
    assert payable + amount("orders.freight_amount") == amount("orders.payable_amount") == amount("payments.amount")
    assert amount("prices.list_price") * int(EXAMPLES["quantity"]) == amount("order_lines.list_amount")


def test_the_example_rows_load_as_they_are(tmp_path: Path) -> None:
    shop = ShopFolder(tmp_path, "")
    for table in LAYOUTS.values():
        row = [example(table, column) for column in table.columns]
        shop.drop(f"{table.name}.csv", _csv([headings(table), row]))
    report = shop.load()
    assert report.quarantined == 0
    assert {part.table for part in report.tables if part.loaded} == set(LAYOUTS)
    assert shop.rows("SELECT amount FROM settlements") == [(Decimal("-10.50"),)]


# --- the files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_is_the_same_bytes_every_time(name: str, form: Form) -> None:
    assert template_bytes(LAYOUTS[name], form) == template_bytes(LAYOUTS[name], form)


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_csv_has_a_mark_for_excel_headings_and_notes_behind_a_hash(name: str) -> None:
    table = LAYOUTS[name]
    content = template_bytes(table, "csv")
    assert content.startswith(b"\xef\xbb\xbf")
    first, *notes = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert first == headings(table)
    assert all(len(row) == len(first) and row[0].startswith("# ") for row in notes)
    assert [row for row in notes if any(cell[:1] in tuple("=+@") for cell in row)] == [], "a formula for Excel"
    assert notes[-1][1:] == [example(table, column) for column in table.columns[1:]]


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_workbook_has_a_sheet_to_fill_in_and_a_sheet_of_notes(name: str) -> None:
    table = LAYOUTS[name]
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(template_bytes(table, "xlsx")))
    assert book.sheet_names == [name, NOTES_SHEET]
    assert book.get_sheet_by_name(name).to_python() == [headings(table)]
    notes = book.get_sheet_by_name(NOTES_SHEET).to_python()
    assert [row[:2] for row in notes[1 : 1 + len(table.columns)]] == [
        [column.name, column_word(table, column, "zh")] for column in table.columns
    ]
    assert all(len(row) == len(notes[0]) == 9 for row in notes)


def test_a_workbook_freezes_its_headings_keeps_ids_as_text_and_offers_codes() -> None:
    with zipfile.ZipFile(io.BytesIO(template_bytes(LAYOUTS["refunds"], "xlsx"))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        styles = book.read("xl/styles.xml").decode()
    assert 'state="frozen"' in sheet
    assert sheet.count('type="list"') == 2, "kind and status"
    assert '"return,refund_only,before_shipment,exchange"' in sheet
    assert 'formatCode="@"' in styles or 'numFmtId="49"' in styles, "ids are texts: no leading zero is lost"
    assert "yyyy-mm-dd hh:mm:ss" in styles


def test_needed_headings_look_different_from_optional_ones() -> None:
    needs = {c.column.name: c.need for c in layout(LAYOUTS["order_lines"])}
    assert needs["sku_id"] == "needed"
    assert needs["ordered_at"] == needs["ordered_day"] == "from_order"
    assert needs["line_no"] == "counted"
    assert needs["shop_id"] == "own_shop"
    assert needs["list_amount"] == "optional"
    with zipfile.ZipFile(io.BytesIO(template_bytes(LAYOUTS["order_lines"], "xlsx"))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    looks = {cell: sheet.split(f'r="{cell}" s="')[1].split('"')[0] for cell in ("A1", "B1", "C1")}
    assert len(set(looks.values())) == 3


# --- recognition and the way back -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_is_known_by_its_headings_whatever_the_file_is_called(name: str) -> None:
    table = LAYOUTS[name]
    for row in (headings(table), list(table.column_names), [column_word(table, c, "zh") for c in table.columns]):
        for stem in (name, "Export (3)", "orders", "visits"):
            found = canonical_mapping(row, stem)
            assert found is not None
            assert [part.name for part in found.tables] == [name], (row, stem)


def test_a_sheet_of_notes_is_no_layout() -> None:
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(template_bytes(LAYOUTS["orders"], "xlsx")))
    row = [str(cell) for cell in book.get_sheet_by_name(NOTES_SHEET).to_python()[0]]
    assert canonical_mapping(row, "orders", NOTES_SHEET) is None


class Filled:
    """A shop into which every layout was loaded, filled with synthetic rows, in one form."""

    def __init__(self, folder: Path, form: Form) -> None:
        self.shop = ShopFolder(folder, "")
        jobs = []
        for table in LAYOUTS.values():
            content = filled_in(table, form, [typed_row(table, n) for n in range(ROWS)])
            path = self.shop.drop(f"{table.name}.{form}", content)
            mapping = canonical_mapping(headings(table), path.stem, table.name if form == "xlsx" else "", "mugs")
            assert mapping is not None
            jobs.append(Job(path, mapping, mapping.digest()))
        self.report = load_jobs(self.shop.shop, "layouts", jobs, by="alice")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> dict[Form, Filled]:
    return {form: Filled(tmp_path_factory.mktemp(form), form) for form in FORMS}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", LAYOUTS)
def test_what_is_filled_in_is_read_back_to_the_cent(filled: dict[Form, Filled], name: str, form: Form) -> None:
    table, shop = LAYOUTS[name], filled[form].shop
    stated = " WHERE source_line IS NOT NULL"  # shops, products and orders that other files name have no line
    found = shop.rows(f"SELECT {', '.join(quoted(c.name) for c in table.columns)} FROM {name}{stated}")
    wanted = [tuple(typed_row(table, n)[column.name] for column in table.columns) for n in range(ROWS)]
    assert sorted(map(shown, found)) == sorted(map(shown, wanted))


@pytest.mark.parametrize("form", FORMS)
def test_every_row_is_accounted_for_and_notes_are_counted(filled: dict[Form, Filled], form: Form) -> None:
    report = filled[form].report
    own = [part for part in report.tables if part.file == f"{part.table}.{form}"]
    assert {part.table: (part.rows_read, part.loaded, part.quarantined) for part in own} == {
        name: (ROWS, ROWS, 0) for name in LAYOUTS
    }
    notes = [note.rows for note in report.notes if note.topic == "ingest.note_rows"]
    assert sum(n or 0 for n in notes) == (len(LAYOUTS) * 9 if form == "csv" else 0)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["orders", "calendar"])
def test_a_layout_sent_back_empty_is_refused(tmp_path: Path, name: str, form: Form) -> None:
    shop = ShopFolder(tmp_path, "")
    path = shop.drop(f"{name}.{form}", template_bytes(LAYOUTS[name], form))
    before = shop.state()
    with pytest.raises(DataQualityError, match="the file has no rows"):
        shop.load(path)
    assert shop.state() == before


def test_a_workbook_filled_in_excel_is_found_beside_its_notes(tmp_path: Path) -> None:
    shop = ShopFolder(tmp_path, "")
    table = LAYOUTS["brand_index"]
    shop.drop("三月.xlsx", filled_in(table, "xlsx", [typed_row(table, n) for n in range(2)]))
    assert [(part.table, part.loaded) for part in shop.load().tables if part.table == "brand_index"] == [
        ("brand_index", 2)
    ]


# --- synthetic rows ---------------------------------------------------------------------------------------------------


def quoted(name: str) -> str:
    return f'"{name}"'


def typed_row(table: Table, n: int) -> dict[str, Any]:
    """One row of values by the columns' types; keys differ from row to row, texts have leading zeros."""
    row = {column.name: typed(table, column, n) for column in table.columns}
    for column in table.columns:
        other = partner(table, column.name)
        if column.type == "day" and other:
            row[column.name] = row[other].date()
    return row


def typed(table: Table, column: Column, n: int) -> Any:
    if column.allowed:
        return column.allowed[n % len(column.allowed)]
    if column.name == "shop_id":
        return f"00{n}" if table.name == "shops" else "007"
    place = table.column_names.index(column.name)
    day = dt.date(2024, 2, 27) + dt.timedelta(days=n * 3 + place)
    return {
        "text": f"00{n}-{table.name}-{column.name}", "integer": 10**9 + 7 * n + place, "flag": n % 2 == 0,
        "money": Decimal(12_345_678_901 + 99 * n + place).scaleb(-2), "quantity": Decimal(12_345 + n).scaleb(-3),
        "number": 0.125 * (n + 1), "day": day,
        "instant": dt.datetime(day.year, day.month, day.day, 23 if n % 2 else 0, 59, n, tzinfo=ZONE),
    }[column.type]  # fmt: skip


def shown(row: tuple[Any, ...]) -> list[str]:
    """A row as texts that are the same for the same values: moments in UTC, amounts without needless zeros."""
    return [
        value.astimezone(dt.UTC).isoformat() if isinstance(value, dt.datetime)
        else format(value.normalize(), "f") if isinstance(value, Decimal)
        else repr(value)
        for value in row
    ]  # fmt: skip


def filled_in(table: Table, form: Form, rows: list[dict[str, Any]]) -> bytes:
    """The layout as it was written, with rows that a person put under its headings."""
    if form == "csv":
        lines = [[_as_text(row[column.name]) for column in table.columns] for row in rows]
        return template_bytes(table, "csv") + _csv(lines)
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(template_bytes(table, "xlsx")))
    sheets: dict[str, list[list[object]]] = {
        name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names
    }
    sheets[table.name] += [[_as_cell(row[column.name]) for column in table.columns] for row in rows]
    return workbook(sheets)


def _csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return str(value)


def _as_cell(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None)
    return dt.datetime.combine(value, dt.time()) if isinstance(value, dt.date) else value
