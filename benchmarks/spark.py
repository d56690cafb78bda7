"""What does Spark cost on one machine? The same matrix of the same files by DuckDB and by Spark `local[2]`, start-up apart.

The twin at scale 1 (SCALE=full: 5) is written straight to Parquet and loaded into a lake once; LAKE names a folder of
`twin write --parquet` to load instead. Before anything is told, every cell of the two must agree.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.harness import Figure, full_scale, in_child, interleaved, report, scratch, timed
from shopkeeper.core.settings import FILE_NAME, EngineSection
from shopkeeper.kpi.matrix import compute
from shopkeeper.kpi.result import Cell, Request
from shopkeeper.warehouse.engines import reading
from shopkeeper.warehouse.shop import Shop, open_shop

SETTINGS = '[shop]\nid = "bench"\nname = "bench"\n[warehouse]\nthreads = 2\nmemory_limit_mb = 4096\n'
REQUEST = Request("week", by=("platform",))


def loaded(folder: Path, scale: float) -> int:
    """Make a shop of the twin's tables; the number of its order lines."""
    from shopkeeper.twin.lake.writing import write_lake

    tables = Path(os.environ.get("LAKE", folder / "parquet"))
    if not tables.exists():
        write_lake(tables, 7, scale, processes=2)
    (folder / "shop").mkdir()
    (folder / "shop" / FILE_NAME).write_text(SETTINGS, encoding="utf-8")
    shop = open_shop(folder / "shop")
    try:
        with shop.lake.writing("bench", "load"):
            for name in sorted(path.name for path in tables.iterdir()):
                shop.lake.connection.execute(
                    f"INSERT INTO {name} BY NAME SELECT * FROM read_parquet('{tables}/{name}/*.parquet')"
                )
        return int(shop.lake.query("SELECT count(*) FROM order_lines").fetchall()[0][0])
    finally:
        shop.close()


def by_spark(shop: Shop) -> Shop:
    """The same shop, computed by two threads of Spark."""
    engine = EngineSection(name="spark", master="local[2]")
    return replace(shop, settings=shop.settings.model_copy(update={"engine": engine}))


def same(one: Cell, other: Cell) -> bool:
    """Equal; what was never exact, to twelve digits."""
    pairs = [(getattr(one, name), getattr(other, name)) for name in ("value", "numerator", "denominator")]
    close = [a == b or (isinstance(a, float) and abs(a - b) <= 1e-12 * max(1.0, abs(a))) for a, b in pairs]
    return all(close) and (one.kpi, one.period, one.dims, one.status) == (
        other.kpi, other.period, other.dims, other.status,
    )  # fmt: skip


def compared(folder: Path, repeat: int) -> dict[str, Any]:
    """In a process of its own: start-up, first and later matrices of both."""
    shop = open_shop(folder / "shop")
    spark = by_spark(shop)
    try:
        duckdb_cells, duckdb_first, _ = timed(lambda: compute(shop, REQUEST).cells)
        _, start, _ = timed(lambda: _answer(spark))
        spark_cells, spark_first, _ = timed(lambda: compute(spark, REQUEST).cells)
        wrong = [(a, b) for a, b in zip(duckdb_cells, spark_cells, strict=True) if not same(a, b)]
        if wrong:
            raise AssertionError(f"{len(wrong)} cells differ, first {wrong[0]}")
        found = interleaved(
            repeat, {"duckdb": lambda: compute(shop, REQUEST), "spark": lambda: compute(spark, REQUEST)}
        )
        return {
            "cells": len(duckdb_cells), "duckdb first": duckdb_first, "start": start, "spark first": spark_first,
            "timings": found,
        }  # fmt: skip
    finally:
        shop.close()


def _answer(shop: Shop) -> object:
    with reading(shop.lake, shop.settings.engine) as engine:
        return engine.rows("SELECT 1").rows


def main() -> int:
    """Measure; nothing has a bar: Spark is for what one machine cannot hold."""
    with scratch() as folder:
        lines, _ = in_child(loaded, folder, 5 if full_scale() else 1)
        found, _ = in_child(compared, folder, 3)
    duckdb, spark = found["timings"]["duckdb"].seconds, found["timings"]["spark"].seconds
    once = found["start"] + found["spark first"]
    figures = [
        Figure("order lines", lines / 1e6, "million", against=f"{found['cells']} cells, platform × week"),
        Figure("DuckDB, first matrix", found["duckdb first"], "s"),
        Figure("DuckDB", duckdb, "s", against="2 threads"),
        Figure("Spark, until it answers", found["start"], "s", against="Java started, SELECT 1"),
        Figure("Spark, first matrix", found["spark first"], "s", against="every statement compiled on the way"),
        Figure("Spark", spark, "s", against="local[2]"),
        Figure("Spark ÷ DuckDB", spark / duckdb, "×"),
        Figure("share of start-up", found["start"] / once, "", against="of a process that asks for one matrix"),
    ]
    return report("spark", figures)


if __name__ == "__main__":
    raise SystemExit(main())
