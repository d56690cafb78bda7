"""Do totals, buyers, stock and cash of a loaded shop equal the truth to the cent, and what does loading it take?

SCALE=small takes two years at scale 0.1, SCALE=full at scale 1: every export is written, loaded through `ingest`, and held
to the records of the same world run again. TWIN names a folder that `twin write` has made, to load that one instead.
"""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

from benchmarks.harness import Figure, full_scale, in_child, report, scratch, timed

SEED = 7


def write_files(folder: Path, scale: float) -> tuple[float, float, float]:
    """Write the shop's folder: seconds on the wall and of the processor, and its size in GB."""
    import datetime as dt

    from shopkeeper.twin.world import DAYS, START, World
    from shopkeeper.twin.writers.writing import write

    written, wall, cpu = timed(lambda: write(World(SEED, scale), folder, START + dt.timedelta(DAYS)))
    return wall, cpu, written.size / 1e9


def keep_truth(folder: Path, scale: float) -> None:
    """Run the same world again and keep every record, a file each."""
    import datetime as dt

    import pyarrow.parquet as pq

    from shopkeeper.twin.records import RECORDS
    from shopkeeper.twin.world import DAYS, START, World

    folder.mkdir(parents=True)
    files = {name: pq.ParquetWriter(folder / f"{name}.parquet", r.schema) for name, r in RECORDS.items()}
    for stretch in World(SEED, scale).run(START + dt.timedelta(DAYS)):
        for name, table in stretch.tables.items():
            files[name].write_table(table)
    for file in files.values():
        file.close()


def load(folder: Path) -> tuple[float, float, int, int]:
    """Load the inbox: seconds on the wall and of processors, rows read, rows set aside that wait."""
    from shopkeeper.ingest.load import load_paths
    from shopkeeper.warehouse.shop import open_shop

    with closing(open_shop(folder)) as shop:
        found, wall, cpu = timed(lambda: load_paths(shop, [shop.inbox], by="bench"))
        rows = sum(table.rows_read for table in found.tables)
        (waiting,) = shop.lake.query("SELECT count(*) FROM quarantine WHERE resolved IS NULL").fetchone() or (0,)
        return wall, cpu, rows, int(waiting)


def compare_all(folder: Path, truth: Path) -> tuple[list[tuple[str, int]], list[str]]:
    """Every check's name and how many rows were compared; and lines that tell what differs."""
    import datetime as dt

    import duckdb

    from shopkeeper.twin.records import RECORDS
    from shopkeeper.twin.world import DAYS, START
    from shopkeeper.warehouse.shop import open_shop
    from tests.twin_totals import CHECKS, compare, prepare

    until = START + dt.timedelta(DAYS)
    alike, different = [], []
    with duckdb.connect() as known, closing(open_shop(folder)) as shop:
        for name in RECORDS:
            known.execute(f"CREATE VIEW {name} AS FROM '{truth}/{name}.parquet'")
        prepare(known, until)
        for name in CHECKS:
            found = compare(name, known, shop.lake, until)
            if found.alike:
                alike.append((name, len(found.happened)))
                continue
            missing = sorted(set(found.happened) - set(found.loaded))
            extra = sorted(set(found.loaded) - set(found.happened))
            different.append(f"{name}: {len(missing)} rows happened otherwise, first {missing[:2]}; loaded {extra[:2]}")
    return alike, different


def main() -> int:
    """Measure; the exit code says whether every total is the truth's."""
    scale = 1.0 if full_scale() else 0.1
    figures, written = [], os.environ.get("TWIN")
    with scratch() as place:
        folder = Path(written) if written else place / "lanting"
        if not written:
            (wall, cpu, size), peak = in_child(write_files, folder, scale)
            figures += [
                Figure("files written", wall, "s"),
                Figure("files written, processor", cpu, "s"),
                Figure("files written, peak memory", peak, "GB"),
                Figure("files, size", size, "GB"),
            ]
        (wall, cpu, rows, aside), peak = in_child(load, folder)
        in_child(keep_truth, place / "truth", scale)
        (alike, different), _ = in_child(compare_all, folder, place / "truth")
    figures += [
        Figure("files loaded", wall, "s"),
        Figure("files loaded, processors", cpu, "s"),
        Figure("files loaded, peak memory", peak, "GB"),
        Figure("rows loaded", float(rows), "rows"),
        Figure("rows set aside", float(aside), "rows", 0.0),
        Figure("checks that equal the truth", float(len(alike)), "checks", better="higher"),
        Figure("rows compared", float(sum(n for _, n in alike)), "rows"),
        Figure("checks that differ", float(len(different)), "checks", 0.0, against="to the cent, unit, person and day"),
    ]
    return report("twin_totals", figures, different)


if __name__ == "__main__":
    raise SystemExit(main())
