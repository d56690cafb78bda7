"""What Spark must read of a lake, and refuse: exactly the files of one snapshot, by the columns' own numbers."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from shopkeeper.errors import SourceError, UsageError
from shopkeeper.kpi.matrix import compute
from shopkeeper.kpi.result import Request, Value
from shopkeeper.warehouse.engines import reading
from shopkeeper.warehouse.maintenance import maintain_lake
from shopkeeper.warehouse.shop import Shop, open_shop
from tests.spark_shops import by_spark
from tests.tiny_shop import TinyShop, line, make_tiny

pytestmark = pytest.mark.spark
PAID = Request("month", kpis=("paid_amount", "buyers"))


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[TinyShop]:
    # Whoever takes a path for a pattern or an address reads another folder than this one.
    made = make_tiny(tmp_path / "[tea] 100%20 茶{a,b}?#")
    yield made
    made.shop.close()


def values(shop: Shop) -> list[Value]:
    return [cell.value for cell in compute(shop, PAID).cells]


def test_deleted_rows_are_refused_until_maintenance_has_rewritten_their_files(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line(str(n), "2017-03-01", amount=1) for n in range(50)])
    with tiny.shop.lake.writing("tests", "one row goes"):
        tiny.shop.lake.connection.execute("DELETE FROM order_lines WHERE order_id = '7'")
    with pytest.raises(UsageError, match="maintain --rewrite"):
        compute(by_spark(tiny.shop), PAID)
    maintain_lake(tiny.shop.lake, keep_days=30, author="tests")  # leaves it: few rows are gone
    with pytest.raises(UsageError, match="1 of 1 data files"):
        compute(by_spark(tiny.shop), PAID)
    maintain_lake(tiny.shop.lake, keep_days=30, author="tests", every_deletion=True)
    assert values(by_spark(tiny.shop)) == values(tiny.shop) == [Decimal("49.00"), 1]


def test_files_of_other_snapshots_are_not_read(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("1", "2017-03-01")])
    before = tiny.shop.lake.snapshot()
    tiny.put(order_lines=[line("1", "2017-03-01", amount=99), line("2", "2017-03-02", "Wu", amount=1)])
    past = open_shop(tiny.shop.folder, as_of=before)
    try:
        assert values(by_spark(past)) == [Decimal("10.00"), 1]
    finally:
        past.close()
    assert values(by_spark(tiny.shop)) == [Decimal("100.00"), 2]


def test_columns_are_found_by_number_when_one_was_added_and_one_took_another_name(tiny: TinyShop) -> None:
    """`receivable_amount` did not exist in the first file, and what is now `payable_amount` was written as `owed`."""
    lake = tiny.shop.lake
    with lake.writing("tests", "an earlier model"):
        lake.connection.execute("ALTER TABLE order_lines RENAME COLUMN payable_amount TO owed")
        lake.connection.execute("ALTER TABLE order_lines DROP COLUMN receivable_amount")
        lake.connection.execute(
            "INSERT INTO order_lines (shop_id, order_id, line_no, sku_id, ordered_at, ordered_day, paid_day, quantity, owed, "
            "load_id, file_hash) VALUES ('s1', '1', 1, 'tea', now(), '2017-03-01', '2017-03-01', 1, 7.25, 't', 't')"
        )
    with lake.writing("tests", "the model of today"):
        lake.connection.execute("ALTER TABLE order_lines RENAME COLUMN owed TO payable_amount")
        lake.connection.execute("ALTER TABLE order_lines ADD COLUMN receivable_amount DECIMAL(18,4)")
    tiny.add(order_lines=[line("2", "2017-03-02", amount=1, receivable_amount="0.5")])
    sql = "SELECT order_id, payable_amount, receivable_amount FROM order_lines ORDER BY order_id"
    with reading(lake, by_spark(tiny.shop).settings.engine) as engine:
        assert engine.rows(sql).rows == [
            ("1", Decimal("7.2500"), None), ("2", Decimal("1.0000"), Decimal("0.5000")),
        ]  # fmt: skip


def test_a_snapshot_of_a_smaller_model_gives_empty_columns_and_tables(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("1", "2017-03-01")])
    with tiny.shop.lake.writing("tests", "an earlier model"):
        tiny.shop.lake.connection.execute("ALTER TABLE order_lines DROP COLUMN discount_supplier")
        tiny.shop.lake.connection.execute("DROP TABLE tickets")
    with reading(tiny.shop.lake, by_spark(tiny.shop).settings.engine) as engine:
        assert engine.rows("SELECT count(discount_supplier), count(*) FROM order_lines").rows == [(0, 1)]
        assert engine.rows("SELECT count(opened_day), count(*) FROM tickets").rows == [(0, 0)]


def test_moments_days_and_amounts_arrive_as_they_were_written(tiny: TinyShop) -> None:
    """A quarter to midnight in UTC is the next day in Shanghai; the day written is the shop's."""
    late = line("1", "2017-03-02", amount="99999999999999.9999", ordered_at="2017-03-01 23:45:00+00", paid=None)
    tiny.put(order_lines=[late])
    sql = "SELECT ordered_day, CAST(ordered_at AS STRING), payable_amount, is_brushing FROM order_lines"
    with reading(tiny.shop.lake, by_spark(tiny.shop).settings.engine) as engine:
        row = engine.rows(sql).rows[0]
    assert [str(value) for value in row] == ["2017-03-02", "2017-03-01 23:45:00", "99999999999999.9999", "None"]


def test_two_matrices_at_once_do_not_meet(tiny: TinyShop) -> None:
    """Both keep relations of the same names."""
    tiny.put(order_lines=[line("1", "2017-03-01")])
    engines = [reading(tiny.shop.lake, by_spark(tiny.shop).settings.engine) for _ in range(2)]
    with engines[0] as one:
        one.keep("level_order_lines", "SELECT 1 AS a")
        assert one.rows("SELECT a FROM level_order_lines").rows == [(1,)]
        one.drop("level_order_lines", "never_kept")
        with pytest.raises(Exception, match="level_order_lines"):
            one.rows("SELECT a FROM level_order_lines")


def test_a_lake_that_the_cluster_sees_elsewhere_is_read_there(tiny: TinyShop, tmp_path: Path) -> None:
    tiny.put(order_lines=[line("1", "2017-03-01")])
    spark = by_spark(tiny.shop)
    there = tmp_path / "mounted"
    settings = spark.settings.engine.model_copy(update={"lake": f"file://{there}/lake"})
    with pytest.raises(SourceError, match=r"engine\.lake"), reading(tiny.shop.lake, settings) as engine:
        engine.rows("SELECT count(*) FROM order_lines")
    there.mkdir()
    (there / "lake").symlink_to(tiny.shop.data_dir / "lake")
    with reading(tiny.shop.lake, settings) as engine:
        assert engine.rows("SELECT count(*) FROM order_lines").rows == [(1,)]
