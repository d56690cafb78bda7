"""How long does the demo panel take to load, how much memory, and does loading it twice change nothing?"""

from __future__ import annotations

import statistics
from pathlib import Path

from benchmarks.harness import Figure, in_child, report, runs, scratch, timed


def load_fresh(folder: Path) -> tuple[float, float]:
    """Make a shop folder and load the panel into it; seconds on the wall and of the processors, imports left out."""
    from shopkeeper.cli.demo_shops import write_shop_folder
    from shopkeeper.ingest.load import load_source
    from shopkeeper.warehouse.shop import open_shop

    write_shop_folder(folder, "journey")

    def work() -> None:
        shop = open_shop(folder)
        try:
            load_source(shop, "journey", by="bench")
        finally:
            shop.close()

    _, wall, cpu = timed(work)
    return wall, cpu


def rows_and_snapshot(folder: Path) -> tuple[int, int]:
    """How many order lines there are, and the number of the lake's snapshot."""
    from shopkeeper.warehouse.shop import open_shop

    shop = open_shop(folder)
    try:
        row = shop.lake.query("SELECT count(*) FROM order_lines").fetchone()
        assert row is not None
        return int(row[0]), shop.lake.snapshot()
    finally:
        shop.close()


def main() -> int:
    """Measure; the exit code says whether the bars are kept."""
    first, again, peaks = [], [], []
    with scratch() as folder:
        for turn in range(runs(3, 7)):
            shop = folder / str(turn)
            (wall, cpu), peak = in_child(load_fresh, shop)
            first.append((wall, cpu))
            peaks.append(peak)
            rows, _ = rows_and_snapshot(shop)
            again.append(in_child(load_fresh, shop)[0])
            rows_after, _ = rows_and_snapshot(shop)
            assert rows == rows_after == 1_469_307, f"{rows} rows, {rows_after} after the second load"
    figures = [
        Figure("first load", statistics.median(w for w, _ in first), "s", 8.0, against="into a new shop folder"),
        Figure("first load, processors", statistics.median(c for _, c in first), "s", against="all cores together"),
        Figure(
            "first load, rows a second", 1_469_307 / statistics.median(w for w, _ in first), "rows/s", better="higher"
        ),
        Figure("first load, peak memory", max(peaks), "GB", 1.5, against="resident, highest of all runs"),
        Figure("second load, nothing new", statistics.median(w for w, _ in again), "s", against="the same files again"),
    ]
    return report("load", figures)


if __name__ == "__main__":
    raise SystemExit(main())
