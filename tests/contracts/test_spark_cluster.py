"""A cluster of two workers, and a Spark Connect server, give the same cells as DuckDB, with code compiled as in earnest.

A sample of indicators: `test_engines.py` holds all of them on two threads of one process.
"""

from __future__ import annotations

import datetime as dt
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

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


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of a Spark Connect server on this machine."""
    found = find_spec("pyspark")
    assert found is not None
    assert found.origin is not None
    home = Path(found.origin).parent
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    settings = {
        "spark.connect.grpc.binding.address": "127.0.0.1", "spark.connect.grpc.binding.port": port,
        "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1", "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": 2, "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
        "spark.sql.warehouse.dir": tmp_path,
    }  # fmt: skip
    told = [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
    main = ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "--master", "local[2]"]
    command = [home / "bin" / "spark-submit", *main, *told, "spark-internal"]
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, cwd=tmp_path, env=os.environ | {"SPARK_HOME": str(home)}
        )
    try:
        for _ in range(600):
            with socket.socket() as asked:
                if asked.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, (tmp_path / "server.log").read_text()
            time.sleep(0.2)
        yield f"sc://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def test_a_spark_connect_server_tells_the_same_of_the_twin(twin: Shop, server: str) -> None:
    request = Request("month", by=("platform",), kpis=("paid_amount", "C4", "U1", "T2", "orders"))
    found = compute(twin, request)
    assert differences(found, compute(by_spark(twin, server, {}), request)) == {}
    assert sum(c.value is not None for c in found.cells) > 30


@pytest.mark.usefixtures("_another_java")
def test_two_workers_tell_the_same_of_the_twin(twin: Shop) -> None:
    quick = {f"spark.{who}.extraJavaOptions": "-XX:TieredStopAtLevel=1" for who in ("driver", "executor")}
    cluster = by_spark(twin, "local-cluster[2,1,1024]", {"spark.sql.shuffle.partitions": "2"} | quick)
    request = Request("month", by=("platform",), kpis=("paid_amount", "C4", "U1", "U3", "T2", "orders"))
    found = compute(twin, request)
    assert differences(found, compute(cluster, request)) == {}
    assert sum(c.value is not None for c in found.cells) > 40
