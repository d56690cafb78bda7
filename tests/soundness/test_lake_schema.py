"""Lakes of other versions: extended when that is safe, refused when it is not, and old snapshots stay readable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shopkeeper.errors import InternalError, UsageError
from shopkeeper.kpi.matrix import compute
from shopkeeper.kpi.result import Request
from shopkeeper.warehouse import schema
from shopkeeper.warehouse.model import TABLES
from shopkeeper.warehouse.model.table import Column, Table
from shopkeeper.warehouse.schema import ensure_schema
from shopkeeper.warehouse.shop import open_shop
from tests.tiny_shop import TinyShop, line, make_tiny


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[TinyShop]:
    made = make_tiny(tmp_path / "tiny").put(order_lines=[line("1", "2017-03-01")])
    yield made
    made.shop.close()


def declare(monkeypatch: pytest.MonkeyPatch, table: Table) -> None:
    """The model of a later version, with one table changed or added."""
    monkeypatch.setitem(TABLES, table.name, table)


def with_column(table: Table, column: Column) -> Table:
    return replace(table, columns=(*table.columns, column))


def test_opening_again_changes_nothing(tiny: TinyShop) -> None:
    before = tiny.shop.lake.snapshot()
    assert ensure_schema(tiny.shop.lake) is False
    open_shop(tiny.shop.folder).close()
    assert tiny.shop.lake.snapshot() == before


def test_a_new_column_is_added_and_old_rows_have_nothing_in_it(tiny: TinyShop, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch, with_column(TABLES["order_lines"], Column("gift_note", "text", "What the card says.")))
    before = tiny.shop.lake.snapshot()
    assert ensure_schema(tiny.shop.lake) is True
    assert tiny.shop.lake.snapshot() == before + 1, "one migration, one snapshot"
    assert tiny.shop.lake.query("SELECT order_id, gift_note FROM order_lines").fetchall() == [("1", None)]
    assert ensure_schema(tiny.shop.lake) is False


def test_a_new_table_is_made(tiny: TinyShop, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch, replace(TABLES["reviews"], name="opinions"))
    assert ensure_schema(tiny.shop.lake) is True
    assert tiny.shop.lake.query("SELECT count(*) FROM opinions").fetchall() == [(0,)]


def as_an_earlier_version(tiny: TinyShop, change: str) -> int:
    """Make a snapshot that lacks what this version's model has, then migrate; returns its number."""
    with tiny.shop.lake.writing("tests", "as an earlier version would have it"):
        tiny.shop.lake.connection.execute(change)
        tiny.shop.lake.connection.execute("DELETE FROM schema_log")
    old = tiny.shop.lake.snapshot()
    assert ensure_schema(tiny.shop.lake) is True
    return old


def test_an_old_snapshot_still_gives_its_figures_after_the_model_has_gained_a_table(tiny: TinyShop) -> None:
    past = open_shop(tiny.shop.folder, as_of=as_an_earlier_version(tiny, "DROP TABLE ad_spend"))
    try:
        cells = {c.kpi: c for c in compute(past, Request()).cells}
        assert cells["paid_amount"].value == 10
        assert cells["K1"].missing[0] == "ad_spend"
    finally:
        past.close()


def test_an_old_snapshot_still_gives_its_figures_after_the_model_has_gained_a_column(tiny: TinyShop) -> None:
    old = as_an_earlier_version(tiny, "ALTER TABLE order_lines DROP COLUMN discount_supplier")
    past = open_shop(tiny.shop.folder, as_of=old)
    try:
        cells = {c.kpi: c for c in compute(past, Request()).cells}
        assert cells["paid_amount"].value == 10
        assert cells["D1"].value is not None
    finally:
        past.close()


def test_a_lake_of_a_newer_version_is_refused_and_left_alone(tiny: TinyShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "SCHEMA_VERSION", schema.SCHEMA_VERSION + 1)
    assert ensure_schema(tiny.shop.lake) is True
    monkeypatch.undo()
    before = tiny.shop.lake.snapshot()
    with pytest.raises(InternalError, match="newer version") as refused:
        open_shop(tiny.shop.folder)
    assert refused.value.state == "nothing was changed"
    assert tiny.shop.lake.snapshot() == before


def test_a_column_of_another_type_is_refused_and_nothing_is_half_done(
    tiny: TinyShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Payable becomes a quantity and a column is new: neither happens."""
    table = TABLES["order_lines"]
    columns = tuple(replace(c, type="quantity") if c.name == "payable_amount" else c for c in table.columns)
    declare(monkeypatch, replace(table, columns=(Column("gift_note", "text", "Card."), *columns)))
    before = tiny.shop.lake.snapshot()
    with pytest.raises(InternalError, match=r"another type.*order_lines\.payable_amount"):
        ensure_schema(tiny.shop.lake)
    assert tiny.shop.lake.snapshot() == before
    described = [row[0] for row in tiny.shop.lake.query("DESCRIBE order_lines").fetchall()]
    assert "gift_note" not in described


def test_every_declared_table_is_stored_as_declared(tiny: TinyShop) -> None:
    rows = tiny.shop.lake.query(
        "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() WHERE database_name = 'lake'"
    ).fetchall()
    stored = {(table, column): (kind, comment) for table, column, kind, comment in rows}
    for table in TABLES.values():
        for column in table.all_columns:
            kind, comment = stored[table.name, column.name]
            assert kind == column.sql_type
            assert comment.startswith(column.comment)


def test_facts_with_a_day_lie_in_folders_of_months(tiny: TinyShop) -> None:
    tiny.add(order_lines=[line("2", "2017-04-01")])
    files = [p.relative_to(tiny.shop.data_dir).as_posix() for p in (tiny.shop.data_dir / "lake").rglob("*.parquet")]
    months = {f.split("order_lines/")[1].rsplit("/", 1)[0] for f in files if "order_lines/" in f}
    assert months == {"year=2017/month=3", "year=2017/month=4"}


def test_a_past_snapshot_is_read_by_number_and_by_at(tiny: TinyShop) -> None:
    before = tiny.shop.lake.snapshot()
    tiny.add(order_lines=[line("2", "2017-03-02")])
    at = tiny.shop.lake.query(f"SELECT count(*) FROM order_lines AT (VERSION => {before})").fetchall()
    past = open_shop(tiny.shop.folder, as_of=before)
    assert at == past.lake.query("SELECT count(*) FROM order_lines").fetchall() == [(1,)]
    assert past.lake.snapshot() == before
    past.close()


@pytest.mark.parametrize("number", [99_999, -1])
def test_a_snapshot_that_never_was_is_refused_naming_those_kept(tiny: TinyShop, number: int) -> None:
    last = tiny.shop.lake.snapshot()
    with pytest.raises(UsageError, match=f"0 to {last}"):
        open_shop(tiny.shop.folder, as_of=number)
