"""What runs the matrix's queries: DuckDB on this machine, or Spark over the same files."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from shopkeeper.core.settings import EngineSection
from shopkeeper.warehouse.engines.duckdb import DuckdbEngine
from shopkeeper.warehouse.engines.engine import Answer, Engine
from shopkeeper.warehouse.lake import Lake

__all__ = ["Answer", "DuckdbEngine", "Engine", "reading"]


@contextlib.contextmanager
def reading(lake: Lake, settings: EngineSection) -> Iterator[Engine]:
    """The engine that a shop has set, held to one snapshot of its lake until the end of the block.

    Raises ConfigError when Spark or Java is not installed or does not answer.
    """
    with lake.reading() as snapshot:
        if settings.name == "duckdb":
            yield DuckdbEngine(lake, snapshot)
            return
        from shopkeeper.warehouse.engines.spark import SparkEngine

        with SparkEngine(lake, snapshot, settings) as engine:
            yield engine
