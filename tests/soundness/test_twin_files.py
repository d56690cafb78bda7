"""The twin's files, loaded whole, against what truly happened: to the cent, the unit, the person and the day.

The world is run a second time for the truth; nothing here asks the writers what they meant. What is compared is in
`tests/twin_totals.py`; `make bench NAME=twin_totals SCALE=full` does the same for two years at scale 1.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from shopkeeper.ingest.load import data_files, load_paths
from shopkeeper.ingest.report import LoadReport
from shopkeeper.twin.records import RECORDS
from shopkeeper.twin.world import World
from shopkeeper.twin.writers.writing import write
from shopkeeper.warehouse.shop import Shop, open_shop
from tests.twin_totals import CHECKS, compare, prepare

SEED, SCALE, UNTIL = 7, 0.004, dt.date(2024, 4, 1)


@pytest.fixture(scope="module")
def truth() -> Iterator[duckdb.DuckDBPyConnection]:
    """Every record of the same world, run again."""
    stretches = list(World(SEED, SCALE).run(UNTIL))
    connection = duckdb.connect()
    for name in RECORDS:
        connection.register(name, pa.concat_tables([s.tables[name] for s in stretches]))
    prepare(connection, UNTIL)
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop's folder as it is written: exports of two months, then of one."""
    place = tmp_path_factory.mktemp("twin") / "lanting"
    write(World(SEED, SCALE), place, UNTIL, every=2)
    return place


@pytest.fixture(scope="module")
def loaded(folder: Path) -> Iterator[tuple[Shop, list[LoadReport]]]:
    """The folder loaded as people would: the first exports, then the later ones, which also correct earlier rows."""
    shop = open_shop(folder)
    files = data_files([shop.inbox])
    earlier = [path for path in files if "2024-03" not in path.name]
    reports = [load_paths(shop, earlier, by="alice"), load_paths(shop, files, by="alice")]
    yield shop, reports
    shop.close()


@pytest.mark.parametrize("name", CHECKS)
def test_what_is_loaded_is_what_happened(
    name: str, truth: duckdb.DuckDBPyConnection, loaded: tuple[Shop, list[LoadReport]]
) -> None:
    found = compare(name, truth, loaded[0].lake, UNTIL)
    assert len(found.happened) > 0
    assert found.loaded == found.happened


def test_every_row_is_loaded_or_known_and_none_is_set_aside(loaded: tuple[Shop, list[LoadReport]]) -> None:
    shop, reports = loaded
    tables = [table for report in reports for table in report.tables]
    assert sum(table.rows_read for table in tables) > 30_000
    assert [t for t in tables if t.rows_read != t.loaded + t.unchanged + t.quarantined] == []
    assert shop.lake.query("SELECT table_name, reason, received FROM quarantine").fetchall() == []


def test_a_second_load_finds_nothing_new(loaded: tuple[Shop, list[LoadReport]]) -> None:
    assert load_paths(loaded[0], [loaded[0].inbox], by="alice").already_loaded


def test_orders_find_their_money(loaded: tuple[Shop, list[LoadReport]]) -> None:
    known = "SELECT 1 FROM orders o WHERE o.shop_id = s.shop_id AND o.order_id = s.order_id"
    lost = f"SELECT shop_id, order_id FROM settlements s WHERE order_id IS NOT NULL AND NOT EXISTS ({known})"
    assert loaded[0].lake.query(lost).fetchall() == []


def test_what_files_say_is_not_the_truth(folder: Path, truth: duckdb.DuckDBPyConnection) -> None:
    heads = {path.name: path.read_bytes().partition(b"\n")[0] for path in data_files([folder / "inbox"])}
    assert [n for n, head in heads.items() if b"true_" in head or b"person," in head or b"household" in head] == []
    assert (folder / "truth" / "records" / "people.parquet").exists()
    assert not (folder / "inbox" / "truth").exists()
    assert truth.execute("SELECT count(*) FROM people").fetchone() != (0,)


def test_the_erp_knows_stock_purchases_and_costs(folder: Path, truth: duckdb.DuckDBPyConnection) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(folder / "erp.sqlite")) as erp:
        stock = erp.execute("SELECT sum(on_hand), sum(value_fen) FROM stock").fetchone()
        costs = erp.execute("SELECT count(*), sum(unit_cost_fen) FROM costs").fetchone()
        bought = erp.execute("SELECT sum(quantity), sum(received) FROM purchase_orders").fetchone()
    assert stock == truth.execute("SELECT sum(on_hand), sum(value_fen) FROM stock_days").fetchone()
    assert costs == truth.execute("SELECT count(*), sum(unit_cost_fen) FROM sku_costs").fetchone()
    ordered = truth.execute(
        "SELECT sum(p.quantity), sum(r.quantity) FROM purchase_orders p LEFT JOIN receipts r USING (purchase, sku)"
    )
    assert bought == ordered.fetchone()
