"""Every platform layout keeps one shape, is told from all others by its headers, and loads its synthetic file to the cent."""

from __future__ import annotations

import datetime as dt
import importlib
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from shopkeeper.errors import SourceError
from shopkeeper.ingest.layouts import Layout, same_word
from shopkeeper.ingest.load import load_paths
from shopkeeper.ingest.report import LoadReport
from shopkeeper.ingest.sources import PLATFORMS, fixtures, layouts
from shopkeeper.ingest.sources.fixture import Fixture
from shopkeeper.warehouse.model import COMMERCE_TABLES
from tests.lake_tables import row_counts
from tests.tiny_shop import TinyShop, make_tiny

SOURCES = Path(importlib.import_module("shopkeeper.ingest.sources").__file__ or "").parent
BY_ID = {layout.id: layout for layout in layouts()}
FIXTURES = {fixture.layout: fixture for fixture in fixtures()}
DAY = dt.date(2026, 7, 6)


def load(tiny: TinyShop, fixture: Fixture, folder: Path) -> LoadReport:
    layout = BY_ID[fixture.layout]
    accept = (layout.id,) if layout.partial else ()
    day = DAY if layout.days else None
    return load_paths(tiny.shop, [fixture.written(folder)], by="alice", accept=accept, day=day)


def test_every_source_folder_has_the_one_shape() -> None:
    found = {folder.name for folder in SOURCES.iterdir() if (folder / "__init__.py").exists()} - {"journey"}
    assert found == set(PLATFORMS)
    for name in found:
        assert {"layout.py", "mapping.py", "fixture.py"} <= {file.name for file in (SOURCES / name).iterdir()}


def test_every_layout_has_one_fixture_and_a_name_of_its_own() -> None:
    assert [fixture.layout for fixture in fixtures()] == [layout.id for layout in layouts()]
    assert len(BY_ID) == len(layouts())


@pytest.mark.parametrize("layout", layouts(), ids=lambda layout: layout.id)
def test_a_layout_speaks_of_headers_and_columns_that_exist(layout: Layout) -> None:
    words = [same_word(name) for name in layout.headers]
    assert len(set(words)) == len(words)
    assert set(layout.needed) <= set(layout.headers)
    assert set(layout.also) <= set(layout.headers)
    assert len(layout.needed) >= 3
    for name, others in layout.also.items():
        for other in others:
            assert same_word(other) not in words, f"{other} is both a spelling of {name} and a header of its own"
    for part in layout.tables:
        assert set(part.columns) <= set(COMMERCE_TABLES[part.name].column_names)


@pytest.mark.parametrize("layout_id", FIXTURES)
def test_a_file_is_of_its_own_layout_alone(layout_id: str) -> None:
    fixture = FIXTURES[layout_id]
    matching = [layout.id for layout in layouts() if layout.matched(fixture.rows[0]) is not None]
    assert matching == [layout_id]


@pytest.mark.parametrize("layout_id", FIXTURES)
def test_a_fixture_loads_to_the_cent(layout_id: str, tmp_path: Path) -> None:
    fixture = FIXTURES[layout_id]
    tiny = make_tiny(tmp_path / "shop")
    load(tiny, fixture, tmp_path)
    lake = tiny.shop.lake
    for table, rows in fixture.loaded.items():
        assert lake.query(f"SELECT count(*) FROM {table}").fetchone() == (rows,), table
    for name, total in fixture.totals.items():
        table, column = name.split(".")
        found = lake.query(f"SELECT sum({column}) FROM {table}").fetchone()
        assert found is not None
        assert found[0] == Decimal(total), name
    held = lake.query("SELECT count(*) FROM quarantine").fetchone()
    assert held == (fixture.held,)
    noted = lake.query("SELECT coalesce(sum(rows), 0) FROM load_notes WHERE topic = 'ingest.note_rows'").fetchone()
    assert noted == (fixture.notes,)
    filled = {table for table, rows in row_counts(lake).items() if rows and table in COMMERCE_TABLES}
    assert filled - {"platforms", "shops", "channels", "products", "customers"} <= set(fixture.loaded)
    again = load(tiny, fixture, tmp_path)
    assert again.already_loaded
    tiny.shop.close()


@pytest.mark.parametrize("layout_id", FIXTURES)
def test_more_columns_and_other_spellings_change_nothing(layout_id: str, tmp_path: Path) -> None:
    fixture = FIXTURES[layout_id]
    swapped = dict(fixture.variants)
    head = (*(f" {swapped.get(name, name)} " for name in fixture.rows[0]), "自己加的一列")
    rows = (head, *((*row, "x") for row in fixture.rows[1:]))
    tiny = make_tiny(tmp_path / "shop")
    load(tiny, replace(fixture, rows=rows), tmp_path)
    for table, count in fixture.loaded.items():
        assert tiny.shop.lake.query(f"SELECT count(*) FROM {table}").fetchone() == (count,), table
    tiny.shop.close()


def test_whole_orders_give_way_to_their_articles_in_the_first_load_of_a_shop(tmp_path: Path) -> None:
    tiny = make_tiny(tmp_path / "shop")
    reports = [FIXTURES[name].written(tmp_path) for name in ("taobao_order_report_legacy", "taobao_item_report")]
    load_paths(tiny.shop, reports, by="alice")
    twice = "SELECT order_id FROM order_lines GROUP BY 1 HAVING min(line_no) < 0 AND max(line_no) > 0"
    assert tiny.shop.lake.query(twice).fetchall() == []
    both = "SELECT count(*) FILTER (line_no < 0), count(*) FILTER (line_no > 0) FROM order_lines"
    assert tiny.shop.lake.query(both).fetchone() == (
        3,
        6,
    )  # 16 to 18 are in the order report alone; one of them is set aside
    tiny.shop.close()


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyShop]:
    """A shop that takes nothing: what it refuses leaves no snapshot."""
    tiny = make_tiny(tmp_path_factory.mktemp("refusing") / "shop")
    before = tiny.shop.lake.snapshot()
    yield tiny
    assert tiny.shop.lake.snapshot() == before
    tiny.shop.close()


@pytest.mark.parametrize("layout_id", FIXTURES)
def test_without_a_needed_column_it_is_refused_naming_the_layout(
    layout_id: str, refusing: TinyShop, tmp_path: Path
) -> None:
    fixture, layout = FIXTURES[layout_id], BY_ID[layout_id]
    spellings = {same_word(word) for word in (layout.needed[0], *layout.also.get(layout.needed[0], ()))}
    keep = [n for n, header in enumerate(fixture.rows[0]) if same_word(header) not in spellings]
    cut = replace(fixture, rows=tuple(tuple(row[n] for n in keep) for row in fixture.rows))
    with pytest.raises(SourceError, match="no mapping and no known layout") as refused:
        load(refusing, cut, tmp_path)
    assert layout_id in str(refused.value)
