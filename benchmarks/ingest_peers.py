"""What others would do with a platform's order report: a pandas script, and dlt. Called by `benchmarks.ingest` in children."""

from __future__ import annotations

import csv
import importlib
import importlib.util
import time
from pathlib import Path

INSTALLED = {name: importlib.util.find_spec(name) is not None for name in ("pandas", "dlt")}
MONEY = ("买家应付货款", "买家应付邮费", "总金额", "买家实际支付金额")
MOMENTS = ("订单创建时间", "订单付款时间")


def by_pandas(folder: Path, path: Path) -> float:
    """The script that many operators have: read as text, clean, type, drop repeats, write orders and lines as Parquet."""
    pd = importlib.import_module("pandas")  # a peer that need not be there

    begun = time.perf_counter()
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    for name in rows.columns:
        rows[name] = rows[name].str.strip().str.replace(r'^="(.*)"$', r"\1", regex=True)
    for name in MONEY:
        rows[name] = pd.to_numeric(rows[name].str.replace(",", ""), errors="coerce")
    rows["宝贝总数量"] = pd.to_numeric(rows["宝贝总数量"], errors="coerce")
    for name in MOMENTS:
        moment = pd.to_datetime(rows[name], format="%Y-%m-%d %H:%M:%S", errors="coerce")
        rows[name] = moment.dt.tz_localize("Asia/Shanghai").dt.tz_convert("UTC")
    rows = rows.drop_duplicates("订单编号", keep="last")
    folder.mkdir(parents=True, exist_ok=True)
    rows[["订单编号", "买家会员名", *MOMENTS, "订单状态", "总金额", "买家应付邮费"]].to_parquet(
        folder / "orders.parquet"
    )
    rows[["订单编号", "宝贝总数量", "买家应付货款", *MOMENTS]].to_parquet(folder / "order_lines.parquet")
    return time.perf_counter() - begun


def by_dlt(folder: Path, path: Path) -> float:
    """dlt, row by row into a DuckDB file, merged by order number: no cleaning, no lines, no quarantine."""
    dlt = importlib.import_module("dlt")

    @dlt.resource(name="orders", primary_key="订单编号", write_disposition="merge")  # type: ignore[untyped-decorator]
    def orders() -> object:
        with path.open(encoding="utf-8", newline="") as stream:
            yield from csv.DictReader(stream)

    folder.mkdir(parents=True, exist_ok=True)
    target = dlt.destinations.duckdb(str(folder / "dlt.duckdb"))
    pipeline = dlt.pipeline("peer", destination=target, dataset_name="peer", pipelines_dir=str(folder / "state"))
    begun = time.perf_counter()
    pipeline.run(orders())
    return time.perf_counter() - begun
