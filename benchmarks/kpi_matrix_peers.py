"""The matrix's order lines by data frames, as far as they go: sums, orders, buyers, and who had bought the week before.

Neither library is part of an install; what is missing is said and left out. They do a part of the engine's work only, and
read plain Parquet.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from benchmarks.harness import Figure, in_child, timed

MOST_LINES = 10_000_000
SUMS = (
    "payable_amount", "receivable_amount", "list_amount", "discount_merchant", "discount_platform", "discount_influencer",
    "discount_supplier", "quantity",
)  # fmt: skip
COLUMNS = ("shop_id", "order_id", "customer_id", "paid_day", "is_brushing", *SUMS)


def by_pandas(tables: Path, most_files: int) -> tuple[float, float, int]:
    """In a process of its own: seconds on the wall and of processors, and the lines that were read."""
    pd: Any = importlib.import_module("pandas")

    def work() -> int:
        files = sorted((tables / "order_lines").glob("*.parquet"))[:most_files]
        lines = pd.concat([pd.read_parquet(f, columns=list(COLUMNS)) for f in files], ignore_index=True)
        read = len(lines)
        lines = lines[~lines["is_brushing"].fillna(False).astype(bool) & lines["paid_day"].notna()]
        day = pd.to_datetime(lines["paid_day"])
        amounts = {name: lines[name].astype("float64") for name in SUMS}
        lines = lines.assign(week=day - pd.to_timedelta(day.dt.weekday, unit="D"), **amounts)
        cells = ["shop_id", "week"]
        lines.groupby(cells)[list(SUMS)].sum()
        lines[[*cells, "order_id"]].drop_duplicates().groupby(cells).size()
        buyers = (
            lines[[*cells, "customer_id"]].dropna().drop_duplicates().sort_values(["shop_id", "customer_id", "week"])
        )
        before = buyers.groupby(["shop_id", "customer_id"])["week"].shift()
        buyers.assign(returning=(buyers["week"] - before).dt.days == 7).groupby(cells)["returning"].agg(["size", "sum"])
        return read

    read, wall, cpu = timed(work)
    return wall, cpu, read


def by_polars(tables: Path) -> tuple[float, float]:
    """In a process of its own: seconds on the wall and of processors."""
    pl: Any = importlib.import_module("polars")

    def work() -> None:
        lines = pl.scan_parquet(tables / "order_lines" / "*.parquet").select(COLUMNS)
        lines = lines.filter(~pl.col("is_brushing").fill_null(False) & pl.col("paid_day").is_not_null())
        lines = lines.with_columns(week=pl.col("paid_day").dt.truncate("1w"))
        cells = ["shop_id", "week"]
        sums = lines.group_by(cells).agg(pl.col(*SUMS).sum())
        orders = lines.select(*cells, "order_id").unique().group_by(cells).len()
        buyers = lines.select(*cells, "customer_id").drop_nulls().unique().sort("shop_id", "customer_id", "week")
        gap = pl.col("week") - pl.col("week").shift().over("shop_id", "customer_id")
        returning = (
            buyers.with_columns(gap=gap.dt.total_days()).group_by(cells).agg(pl.len(), (pl.col("gap") == 7).sum())
        )
        pl.collect_all([sums, orders, returning])

    _, wall, cpu = timed(work)
    return wall, cpu


def figures(tables: Path, lines: int, engine_seconds: float) -> tuple[list[Figure], list[str]]:
    """What each library took for its part of the work, and what could not be measured."""
    found: list[Figure] = []
    notes: list[str] = []
    if importlib.util.find_spec("pandas") is None:
        notes.append("pandas is not installed: not measured (pip install pandas).")
    else:
        files = len(list((tables / "order_lines").glob("*.parquet")))
        most = files if lines <= MOST_LINES else max(1, files * MOST_LINES // lines)
        (wall, cpu, read), peak = in_child(by_pandas, tables, most)
        factor = lines / read
        told = "sums, orders and buyers of order lines only"
        told += f"; {read / 1e6:.3g} million lines, extrapolated" if read < lines else ""
        found += [
            Figure("pandas", wall * factor, "s", against=told),
            Figure("pandas, processors", cpu * factor, "s"),
            Figure("pandas ÷ engine", wall * factor / engine_seconds, "×", better="higher", against=told),
            Figure("pandas, peak memory", peak, "GB", against=f"for {read / 1e6:.3g} million lines"),
        ]
    if importlib.util.find_spec("polars") is None:
        notes.append("Polars is not installed: not measured (pip install polars).")
    else:
        (wall, cpu), peak = in_child(by_polars, tables)
        told = "sums, orders and buyers of order lines only"
        found += [
            Figure("Polars", wall, "s", against=told),
            Figure("Polars, processors", cpu, "s"),
            Figure("Polars ÷ engine", wall / engine_seconds, "×", better="higher", against=told),
            Figure("Polars, peak memory", peak, "GB"),
        ]
    return found, notes
