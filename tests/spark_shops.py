"""Shops that Spark computes: one Java process a test run, started when the first test asks. This file is a pytest plugin.

Mark the test `spark`. Most work on `local[2]` without compiled code, whose making takes most of the time of small tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from shopkeeper.core.settings import EngineSection
from shopkeeper.warehouse.shop import Shop

FOR_SMALL_TABLES = {
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


def by_spark(shop: Shop, master: str = "local[2]", options: dict[str, str] | None = None) -> Shop:
    """The same shop, computed by Spark."""
    section = EngineSection(name="spark", master=master, options=FOR_SMALL_TABLES if options is None else options)
    return replace(shop, settings=shop.settings.model_copy(update={"engine": section}))


@pytest.fixture(scope="session")
def _java() -> Iterator[None]:
    """Ends the Java process that tests started."""
    yield
    from shopkeeper.warehouse.engines.spark_session import stop_spark

    stop_spark()


@pytest.fixture(autouse=True)
def _one_java(request: pytest.FixtureRequest) -> None:
    """Tests of Spark let it end with the run."""
    if request.node.get_closest_marker("spark"):
        request.getfixturevalue("_java")
