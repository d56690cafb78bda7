"""A cluster of two workers gives the same cells as DuckDB, on a simulated brand, with code compiled as in earnest.

A sample of indicators: `test_engines.py` holds all of them on two threads of one process.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from shopkeeper.kpi.matrix import compute
from shopkeeper.kpi.result import Request
from shopkeeper.twin.lake.writing import write_lake
from shopkeeper.warehouse.engines.spark_session import stop_spark
from shopkeeper.warehouse.shop import Shop
from tests.contracts.test_engines import differences
from tests.spark_shops import by_spark
from tests.tiny_shop import make_tiny

pytestmark = pytest.mark.spark
START, DAYS = dt.date(2023, 12, 1), 62


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("twin")
    write_lake(folder / "parquet", 7, 0.004, START, DAYS, processes=1)
    shop = make_tiny(folder / "shop").shop
    with shop.lake.writing("tests", "load"):
        for table in sorted(path.name for path in (folder / "parquet").iterdir()):
            shop.lake.connection.execute(
                f"INSERT INTO {table} BY NAME SELECT * FROM read_parquet('{folder}/parquet/{table}/*.parquet')"
            )
    yield shop
    shop.close()


@pytest.fixture
def _another_java() -> Iterator[None]:
    """One process works with one Spark at a time."""
    stop_spark()
    yield
    stop_spark()


@pytest.mark.usefixtures("_another_java")
def test_two_workers_tell_the_same_of_the_twin(twin: Shop) -> None:
    quick = {f"spark.{who}.extraJavaOptions": "-XX:TieredStopAtLevel=1" for who in ("driver", "executor")}
    cluster = by_spark(twin, "local-cluster[2,1,1024]", {"spark.sql.shuffle.partitions": "2"} | quick)
    request = Request("month", by=("platform",), kpis=("paid_amount", "C4", "U1", "U3", "T2", "orders"))
    found = compute(twin, request)
    assert differences(found, compute(cluster, request)) == {}
    assert sum(c.value is not None for c in found.cells) > 40
