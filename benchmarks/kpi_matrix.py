"""What does the whole KPI matrix cost on years of order lines, and what after one more day?

The twin is written straight to Parquet, loaded into a lake, and asked for every indicator by platform and week over two years.
Before anything is timed, every value, numerator and denominator must agree with hand-written SQL, and roll-ups with a full count.
SCALE=small: 2 million order lines; SCALE=full: 100 million. TWIN names a folder of `twin write --parquet` to load instead.
"""

from __future__ import annotations

import datetime as dt
import os
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import shopkeeper.kpi.matrix as matrix_module
from benchmarks import kpi_matrix_peers as peers
from benchmarks.harness import Figure, full_scale, in_child, interleaved, ratio_of_pairs, report, runs, scratch, timed
from benchmarks.kpi_matrix_by_hand import by_hand
from benchmarks.matrix import disagreements
from shopkeeper.core.settings import FILE_NAME
from shopkeeper.kpi.catalogue import INDICATORS, platforms
from shopkeeper.kpi.matrix import compute, holdings, matrix_for
from shopkeeper.kpi.result import Matrix, Request
from shopkeeper.warehouse.shop import Shop, open_shop

SETTINGS = """[shop]
id = "bench"
name = "bench"
timezone = "Asia/Shanghai"
[warehouse]
threads = 2
memory_limit_mb = 2560
rollups_from_lines = 1
"""
# The matrix and the figures beside it; those that only a platform's pack shows are left out.
_OF_PACKS = {i.id for i in platforms.INDICATORS}
REQUEST = Request("week", by=("platform",), kpis=tuple(name for name in INDICATORS if name not in _OF_PACKS))
PAGE_PERIODS = 13
_TENTH = {"shipments": "hash(order_id) % 10 = 0"}
_BUYERS = ("order_lines", "orders", "refunds")
# What the matrix reads of each table: amounts added up, the rest looked at.
RAW_SCANS = (
    "SELECT sum(payable_amount), sum(receivable_amount), sum(list_amount), sum(discount_merchant), sum(discount_platform), "
    "sum(discount_influencer), sum(discount_supplier), sum(discount_unattributed), sum(quantity), max(quantity_unit), "
    "max(paid_day), max(ordered_day), max(paid_at), max(ordered_at), max(order_id), max(customer_id), max(sku_id), "
    "max(shop_id), max(is_brushing) FROM order_lines",
    "SELECT max(shop_id), max(paid_day), max(ordered_day), max(customer_id), max(member_tier), max(is_brushing) FROM orders",
    "SELECT max(shop_id), max(order_id), max(ordered_day), max(refunded_day), sum(amount), sum(quantity), max(kind), "
    "max(status) FROM refunds",
    "SELECT max(shop_id), max(order_id), max(ordered_day), max(due_day), max(due_at), max(shipped_at), sum(quantity) "
    "FROM shipments",
)


def written(folder: Path) -> None:
    """Write the twin to Parquet."""
    from shopkeeper.twin.lake.writing import write_lake

    write_lake(folder, 7, 50.0 if full_scale() else 1.0, processes=2)


def loaded(tables: Path, folder: Path, *, tenth: bool = False) -> int:
    """Make a shop of the twin's tables, or of a tenth of its buyers; the number of its order lines."""
    folder.mkdir()
    (folder / FILE_NAME).write_text(SETTINGS, encoding="utf-8")
    shop = open_shop(folder)
    try:
        with shop.lake.writing("bench", "load"):
            for name in sorted(path.name for path in tables.iterdir()):
                part = _TENTH.get(name, "hash(customer_id) % 10 = 0" if name in _BUYERS else "true")
                shop.lake.connection.execute(
                    f"INSERT INTO {name} BY NAME SELECT * FROM read_parquet('{tables}/{name}/*.parquet') "
                    f"WHERE {part if tenth else 'true'}"
                )
        return int(shop.lake.query("SELECT count(*) FROM order_lines").fetchall()[0][0])
    finally:
        shop.close()


def _loaded_tenth(tables: Path, folder: Path) -> int:
    return loaded(tables, folder, tenth=True)


def only_engine(folder: Path) -> tuple[float, float, float]:
    """In a process of its own: seconds of the first matrix, SQL compiled on the way, and of the next, wall and processor."""
    shop = open_shop(folder)
    try:
        holdings(shop)
        _, first, _ = timed(lambda: compute(shop, REQUEST))
        _, wall, cpu = timed(lambda: compute(shop, REQUEST))
        return first, wall, cpu
    finally:
        shop.close()


def compared(folder: Path, repeat: int) -> dict[str, Any]:
    """In a process of its own: assert that the cells agree, then let engine, hand-written SQL and a raw scan take turns."""
    shop = open_shop(folder)
    try:
        connection, found = shop.lake.connection, holdings(shop)
        assert found.first_day is not None
        assert found.last_day is not None
        first, last = found.first_day, found.last_day
        matrix = compute(shop, REQUEST)
        wrong = disagreements(matrix.cells, by_hand(connection, first, last))
        if wrong:
            raise AssertionError(f"{len(wrong)} differences:\n" + "\n".join(wrong[:20]))
        told = tuple(dict.fromkeys(c.kpi for c in matrix.cells if c.value is not None))
        timings = interleaved(
            repeat,
            {
                "engine": lambda: compute(shop, REQUEST),
                "hand": lambda: by_hand(connection, first, last),
                "raw": lambda: [connection.execute(sql).fetchall() for sql in RAW_SCANS],
            },
        )
        if not full_scale():  # one scan of a fact after another: minutes for each indicator of 100 million lines
            each = [Request("week", by=("platform",), kpis=(kpi,)) for kpi in told]
            timings |= interleaved(1, {"apart": lambda: [compute(shop, one) for one in each]})
        return {"timings": timings, "cells": len(matrix.cells), "kpis": len(told)}
    finally:
        shop.close()


def next_day(shop: Shop) -> int:
    """Load one more day: the last one's orders once more, a day later, by the same buyers. The number of its lines."""
    with shop.lake.writing("bench", "day"):
        connection = shop.lake.connection
        last = connection.execute("SELECT max(ordered_day) FROM order_lines").fetchall()[0][0]
        for table in ("order_lines", "orders"):
            connection.execute(
                f"INSERT INTO {table} SELECT * REPLACE (order_id || 'x' AS order_id, ordered_at + INTERVAL 1 DAY AS ordered_at, "
                "ordered_day + 1 AS ordered_day, paid_at + INTERVAL 1 DAY AS paid_at, paid_day + 1 AS paid_day) "
                f"FROM {table} WHERE ordered_day = ?",
                [last],
            )
        found = connection.execute("SELECT count(*) FROM order_lines WHERE ordered_day > ?", [last]).fetchall()
        return int(found[0][0])


def _heard(spent: dict[str, float], name: str) -> Callable[..., Any]:
    """A function of the matrix that tells how long it took."""
    work = getattr(matrix_module, name)

    def heard(*arguments: Any, **named: Any) -> Any:
        result, wall, _ = timed(lambda: work(*arguments, **named))
        spent[name] = spent.get(name, 0.0) + wall
        return result

    return heard


def after_a_day(folder: Path, days: int) -> dict[str, Any]:
    """In a process of its own: each new day's whole matrix from roll-ups, with its parts; then single cells of pages."""
    shop = open_shop(folder)
    names = ("_holdings_at", "rolled_up", "fill")
    kept = {name: getattr(matrix_module, name) for name in names}
    try:
        _, made, _ = timed(lambda: matrix_for(shop, REQUEST))
        rows: list[dict[str, float]] = []
        lines = 0
        for _ in range(days):
            lines = next_day(shop)
            spent: dict[str, float] = {}
            for name in names:
                setattr(matrix_module, name, _heard(spent, name))
            rolled, wall, cpu = timed(lambda: matrix_for(shop, REQUEST))
            for name, work in kept.items():
                setattr(matrix_module, name, work)
            rows.append(spent | {"wall": wall, "cpu": cpu})
        whole = compute(shop, REQUEST)
        if rolled.cells != whole.cells:
            different = [(a, b) for a, b in zip(rolled.cells, whole.cells, strict=True) if a != b]
            raise AssertionError(f"{len(different)} cells of the roll-ups differ from the facts': {different[:3]}")
        page = _page_cells(shop, whole)
        return {"made": made, "rows": rows, "lines": lines, "page": page}
    finally:
        shop.close()


def _page_cells(shop: Shop, whole: Matrix) -> list[float]:
    """Seconds for what a page asks of each indicator: its last periods in all, and the last one by platform."""
    assert whole.latest_whole is not None
    end = whole.latest_whole.end
    start = end - dt.timedelta(weeks=PAGE_PERIODS)
    asked = [Request("week", start, end), Request("week", end - dt.timedelta(weeks=1), end, by=("platform",))]
    for request in asked:
        matrix_for(shop, request)  # the roll-ups of both cuts are there, as in a shop that anybody has looked at
    found = []
    for kpi in dict.fromkeys(c.kpi for c in whole.cells):
        for r in asked:
            _, wall, _ = timed(lambda r=r, kpi=kpi: matrix_for(shop, Request(r.grain, r.start, r.end, r.by, (kpi,))))  # type: ignore[misc]
            found.append(wall)
    return found


def _cold(found: dict[str, Any], alone: tuple[float, float, float], peak: float) -> list[Figure]:
    engine, hand, raw = (found["timings"][name] for name in ("engine", "hand", "raw"))
    return [
        Figure("cold: engine ÷ hand-written", ratio_of_pairs(engine, hand), "×", 1.3, against="same cells, same connection"),
        Figure("cold: engine ÷ hand-written, processors", engine.cpu_seconds / hand.cpu_seconds, "×"),
        Figure("cold: engine ÷ raw scan", ratio_of_pairs(engine, raw), "×", against="every column touched, once; tried for 4"),
        Figure("cold: engine ÷ raw scan, processors", engine.cpu_seconds / raw.cpu_seconds, "×"),
        Figure("cold: engine", engine.seconds, "s", against=f"{found['cells']} cells, {found['kpis']} indicators told"),
        Figure("cold: engine, processors", engine.cpu_seconds, "s"),
        Figure("cold: hand-written", hand.seconds, "s"),
        Figure("cold: hand-written, processors", hand.cpu_seconds, "s"),
        Figure("cold: raw scan", raw.seconds, "s"),
        Figure("cold: raw scan, processors", raw.cpu_seconds, "s"),
        Figure("cold: engine, first call", alone[0], "s", against="SQL compiled on the way"),
        Figure("cold: engine, peak memory", peak, "GB", 4.0, against="resident, a process that does nothing else"),
        *_apart(found),
    ]  # fmt: skip


def _apart(found: dict[str, Any]) -> list[Figure]:
    if "apart" not in found["timings"]:
        return []
    apart, engine = found["timings"]["apart"], found["timings"]["engine"]
    return [
        Figure(
            "cold: separate queries ÷ engine, processors", apart.cpu_seconds / engine.cpu_seconds, "×", better="higher",
            against="one request an indicator",
        ),
        Figure("cold: separate queries", apart.seconds, "s", against="one run"),
    ]  # fmt: skip


def _warm(day: dict[str, Any]) -> list[Figure]:
    rows: list[dict[str, float]] = day["rows"]

    def median(name: str) -> float:
        return statistics.median(row[name] for row in rows)

    rest = statistics.median(row["wall"] - row["_holdings_at"] - row["rolled_up"] - row["fill"] for row in day["rows"])
    page = sorted(day["page"])
    added, told = (
        f"{day['lines']} lines more; same cells as from the facts",
        "every indicator, 13 weeks in all or one by platform",
    )
    return [
        Figure("new day: refresh", statistics.median(r["_holdings_at"] + r["rolled_up"] for r in rows), "s", 2.0, against=added),
        Figure("new day: refresh and whole matrix", median("wall"), "s", against="every cell filled and finished"),
        Figure("new day: refresh and whole matrix, processors", median("cpu"), "s"),
        Figure("new day: holdings", median("_holdings_at"), "s"),
        Figure("new day: mending roll-ups", median("rolled_up"), "s"),
        Figure("new day: filling", median("fill"), "s"),
        Figure("new day: finishing", rest, "s"),
        Figure("roll-ups made the first time", day["made"], "s", against="with holdings, one cut, one grain"),
        Figure("page: cells from roll-ups, p95", 1000 * page[int(0.95 * (len(page) - 1))], "ms", 30.0, against=told),
        Figure("page: cells from roll-ups, median", 1000 * statistics.median(page), "ms"),
    ]  # fmt: skip


def main() -> int:
    """Measure; the exit code says whether the bars are kept."""
    with scratch() as folder:
        tables = Path(os.environ.get("TWIN", folder / "parquet"))
        if not tables.exists():
            in_child(written, tables)
        lines, _ = in_child(loaded, tables, folder / "shop")
        fewer, _ = in_child(_loaded_tenth, tables, folder / "tenth")
        alone, peak = in_child(only_engine, folder / "shop")
        of_tenth, _ = in_child(only_engine, folder / "tenth")
        found, _ = in_child(compared, folder / "shop", runs(3, 1))
        by_others, notes = peers.figures(tables, lines, found["timings"]["engine"].seconds)
        day, _ = in_child(after_a_day, folder / "shop", 3)
    size = f"{fewer / 1e6:.2g} to {lines / 1e6:.3g} million lines"
    growth = [
        Figure("growth to ten times the lines", alone[1] / of_tenth[1], "×", 11.0, against=size),
        Figure("growth to ten times the lines, processors", alone[2] / of_tenth[2], "×", 11.0, against=size),
    ]
    figures = [
        Figure("order lines", lines / 1e6, "million"),
        *_cold(found, alone, peak),
        *by_others,
        *_warm(day),
        *growth,
    ]
    return report("kpi_matrix", figures, notes)


if __name__ == "__main__":
    raise SystemExit(main())
