"""What the twin writes straight to Parquet has the columns and types of the commerce model, and adds up."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import duckdb
import pytest

from shopkeeper.errors import UsageError
from shopkeeper.twin.lake.writing import write_lake
from shopkeeper.twin.world import START
from shopkeeper.warehouse.model import TABLES

DAYS = 75


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lake")
    write_lake(folder, 7, 0.004, START, DAYS, processes=1)
    return folder


def _written(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*.parquet"))
    }


def test_columns_and_types_are_those_of_the_model(lake: Path) -> None:
    folders = sorted(p.name for p in lake.iterdir())
    assert folders == [
        "ad_spend", "order_lines", "orders", "payments", "platforms", "products", "purchase_orders", "refunds", "shipments",
        "shops", "sku_costs", "stock_levels", "stock_moves", "visits",
    ]  # fmt: skip
    for name in folders:
        found = duckdb.sql(f"DESCRIBE SELECT * FROM '{lake}/{name}/*.parquet'").fetchall()
        expected = [(c.name, c.sql_type) for c in TABLES[name].all_columns]
        assert [(row[0], row[1]) for row in found] == expected, name


def test_required_columns_are_filled_and_codes_are_known(lake: Path) -> None:
    for folder in lake.iterdir():
        for column in TABLES[folder.name].columns:
            values = f"SELECT count(*) FROM '{folder}/*.parquet' WHERE {column.name}"
            if column.required:
                assert duckdb.sql(f"{values} IS NULL").fetchone() == (0,), column.name
            if column.allowed:
                codes = ", ".join(f"'{c}'" for c in column.allowed)
                assert duckdb.sql(f"{values} NOT IN ({codes})").fetchone() == (0,), column.name


def test_natural_keys_are_unique(lake: Path) -> None:
    for folder in lake.iterdir():
        key = ", ".join(TABLES[folder.name].key)
        twice = duckdb.sql(f"SELECT {key} FROM '{folder}/*.parquet' GROUP BY ALL HAVING count(*) > 1").fetchall()
        assert twice == [], folder.name


def test_lines_add_up_with_their_orders(lake: Path) -> None:
    wrong = duckdb.sql(
        f"""
        SELECT o.order_id FROM '{lake}/orders/*.parquet' o JOIN '{lake}/order_lines/*.parquet' l USING (shop_id, order_id)
        GROUP BY o.order_id, o.payable_amount, o.freight_amount
        HAVING sum(l.payable_amount) + o.freight_amount <> o.payable_amount
            OR sum(l.list_amount - l.discount_merchant - l.discount_platform - l.discount_influencer - l.payable_amount) <> 0
        """
    ).fetchall()
    assert wrong == []


def test_payments_are_the_orders_money(lake: Path) -> None:
    wrong = duckdb.sql(
        f"""
        SELECT o.order_id FROM '{lake}/orders/*.parquet' o
        LEFT JOIN (SELECT order_id, sum(amount) AS paid FROM '{lake}/payments/*.parquet' WHERE status = 'succeeded'
            GROUP BY order_id) p USING (order_id)
        WHERE o.paid_at IS NOT NULL AND coalesce(p.paid, 0) <> o.payable_amount
        """
    ).fetchall()
    assert wrong == []


def test_stock_is_what_moved(lake: Path) -> None:
    day = duckdb.sql(f"SELECT max(stock_day) FROM '{lake}/stock_levels/*.parquet'").fetchone()
    first = duckdb.sql(f"SELECT min(stock_day) FROM '{lake}/stock_levels/*.parquet'").fetchone()
    assert day is not None
    assert first is not None
    wrong = duckdb.sql(
        f"""
        WITH moved AS (SELECT warehouse_id, sku_id, sum(quantity) AS units FROM '{lake}/stock_moves/*.parquet'
            WHERE moved_day > DATE '{first[0]}' AND moved_day <= DATE '{day[0]}' GROUP BY ALL),
        counted AS (SELECT warehouse_id, sku_id, sum(on_hand * CASE WHEN stock_day = DATE '{day[0]}' THEN 1 ELSE -1 END) AS units
            FROM '{lake}/stock_levels/*.parquet' WHERE stock_day IN (DATE '{first[0]}', DATE '{day[0]}') GROUP BY ALL)
        SELECT * FROM counted FULL JOIN moved USING (warehouse_id, sku_id)
        WHERE coalesce(counted.units, 0) <> coalesce(moved.units, 0)
        """
    ).fetchall()
    assert wrong == []


def test_moments_and_days_are_the_shops(lake: Path) -> None:
    con = duckdb.connect()
    con.execute("SET TimeZone = 'Asia/Shanghai'")
    lines = f"FROM '{lake}/order_lines/*.parquet'"
    assert con.sql(f"SELECT count(*) {lines} WHERE ordered_at::DATE <> ordered_day").fetchone() == (0,)
    assert con.sql(f"SELECT min(ordered_day), max(ordered_day) {lines}").fetchone() == (
        START,
        START + dt.timedelta(DAYS - 1),
    )
    hours = con.sql(f"SELECT count(*) FILTER (hour(ordered_at) = 21) / count(*) FILTER (hour(ordered_at) = 4) {lines}")
    evening = hours.fetchone()
    assert evening is not None
    assert evening[0] > 3  # people buy at nine in the evening, not at four in the morning


def test_one_and_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    for processes in (1, 2):
        write_lake(tmp_path / str(processes), 7, 2.0004, START, 2, processes=processes)
    assert _written(tmp_path / "1") == _written(tmp_path / "2")
    assert len(_written(tmp_path / "1")) == 2 * 9 + 4  # stock is counted on no Monday or Tuesday


def test_another_seed_writes_other_bytes(lake: Path, tmp_path: Path) -> None:
    write_lake(tmp_path, 8, 0.004, START, 31, processes=1)
    name = "order_lines/2024-01-region000.parquet"
    assert _written(tmp_path)[name] != _written(lake)[name]


def test_a_folder_in_use_is_refused(lake: Path) -> None:
    with pytest.raises(UsageError, match="something here already"):
        write_lake(lake, 7, 0.004, START, DAYS)
