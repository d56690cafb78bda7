"""How fast do platform exports come in, against DuckDB's bare typed `read_csv` into the same lake, and unchanged ones again?

SCALE=small reads 1 M rows of a Taobao order report, SCALE=full 10 M.
"""

from __future__ import annotations

import datetime as dt
import statistics
from pathlib import Path

from benchmarks.harness import Figure, Timings, full_scale, in_child, ratio_of_pairs, report, runs, scratch, timed
from benchmarks.ingest_peers import INSTALLED, by_dlt, by_pandas

SETTINGS = '[shop]\nid = "bench"\nname = "Bench"\ntimezone = "Asia/Shanghai"\n'
# The columns that such a report fills, as SQL over a row number i; the others stay empty.
FILLED = {
    "订单编号": "CAST(1000000000000 + i AS VARCHAR)",
    "买家会员名": "'b' || (i * 7919) % 2000003",
    "买家应付货款": "CAST(10 + (i % 490) + (i % 100) / 100.0 AS DECIMAL(10,2))",
    "买家应付邮费": "CAST(CASE WHEN i % 9 = 0 THEN 8 ELSE 0 END AS DECIMAL(10,2))",
    "总金额": "CAST(10 + (i % 490) + (i % 100) / 100.0 + CASE WHEN i % 9 = 0 THEN 8 ELSE 0 END AS DECIMAL(10,2))",
    "买家实际支付金额": "CASE WHEN i % 20 = 0 THEN 0 ELSE CAST(10 + (i % 490) + (i % 100) / 100.0 + "
    "CASE WHEN i % 9 = 0 THEN 8 ELSE 0 END AS DECIMAL(10,2)) END",
    "订单状态": "CASE WHEN i % 20 = 0 THEN '交易关闭' ELSE '交易成功' END",
    "订单创建时间": "strftime(TIMESTAMP '2025-01-01' + to_seconds(i * 31536000 // {rows}), '%Y-%m-%d %H:%M:%S')",
    "订单付款时间": "CASE WHEN i % 20 <> 0 THEN strftime(TIMESTAMP '2025-01-01' "
    "+ to_seconds(i * 31536000 // {rows} + 60), '%Y-%m-%d %H:%M:%S') END",
    "宝贝总数量": "1 + i % 3",
}
TYPES = dict.fromkeys(("买家应付货款", "买家应付邮费", "总金额", "买家实际支付金额"), "DECIMAL(18,4)") | {
    "订单创建时间": "TIMESTAMP",
    "订单付款时间": "TIMESTAMP",
    "宝贝总数量": "DECIMAL(18,3)",
}


def write_report(path: Path, rows: int, first: int = 0, a_year: int = 0) -> Path:
    """A Taobao order report of that many orders, all columns of the layout, in UTF-8; `a_year` orders come in a year."""
    import duckdb

    from shopkeeper.ingest.sources.taobao.layout import LAYOUTS

    headers = next(layout for layout in LAYOUTS if layout.id == "taobao_order_report_legacy").headers
    columns = ", ".join(
        f'{FILLED[h].replace("{rows}", str(a_year or max(rows, 1000)))} AS "{h}"' if h in FILLED else f'NULL AS "{h}"'
        for h in headers
    )
    duckdb.sql(
        f"COPY (SELECT {columns} FROM (SELECT range + {first} AS i FROM range({rows}))) TO '{path}' (FORMAT csv, HEADER)"
    )
    return path


def make_shop(folder: Path) -> Path:
    """An empty shop."""
    (folder / "inbox").mkdir(parents=True)
    (folder / "shopkeeper.toml").write_text(SETTINGS, encoding="utf-8")
    return folder


def load(folder: Path, path: Path) -> tuple[float, float]:
    """Recognise, map, type, check and load; seconds on the wall and of the processors."""
    from shopkeeper.ingest.load import load_paths
    from shopkeeper.warehouse.shop import open_shop

    shop = open_shop(folder)
    try:
        report_, wall, cpu = timed(lambda: load_paths(shop, [path], by="bench"))
        assert report_.quarantined == 0
        return wall, cpu
    finally:
        shop.close()


def bare(folder: Path, path: Path) -> tuple[float, float]:
    """DuckDB alone: the same file, typed, into one table of the same kind of lake."""
    from shopkeeper.ingest.sources.taobao.layout import LAYOUTS
    from shopkeeper.warehouse.shop import open_shop

    headers = next(layout for layout in LAYOUTS if layout.id == "taobao_order_report_legacy").headers
    columns = ", ".join(f"'{h}': '{TYPES.get(h, 'VARCHAR')}'" for h in headers)
    shop = open_shop(folder)
    try:
        sql = (
            f"CREATE TABLE bare_report AS SELECT * FROM read_csv('{path}', auto_detect = false, header = true, "
            f"delim = ',', quote = '\"', columns = {{{columns}}})"
        )

        def work() -> None:
            with shop.lake.writing("bench", "bare"):
                shop.lake.connection.execute(sql)

        _, wall, cpu = timed(work)
        return wall, cpu
    finally:
        shop.close()


def unchanged(folder: Path, inbox: Path) -> float:
    """A second look at an inbox that has not changed."""
    from shopkeeper.ingest.load import load_paths
    from shopkeeper.warehouse.shop import open_shop

    shop = open_shop(folder)
    try:
        report_, wall, _ = timed(lambda: load_paths(shop, [inbox], by="bench"))
        assert report_.already_loaded
        return wall
    finally:
        shop.close()


def write_workbook(path: Path, rows: int) -> Path:
    """The same report as a workbook."""
    import duckdb
    import xlsxwriter

    csv = write_report(path.with_suffix(".csv"), rows)
    found = duckdb.sql(f"SELECT * FROM read_csv('{csv}', header = true, all_varchar = true)")
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, found.columns)
    for number, row in enumerate(found.fetchall(), start=1):
        for place, cell in enumerate(row):
            if cell is not None:
                sheet.write_string(number, place, cell)
    book.close()
    csv.unlink()
    return path


def rows_a_second(folder: Path) -> list[Figure]:
    """Ours, a pandas script and dlt, side by side; a peer that is not installed is left out, and said."""
    many = write_report(folder / "peers.csv", 1_000_000)
    few_rows = 1_000_000 if full_scale() else 50_000
    few = write_report(folder / "peers_few.csv", few_rows)
    rates: dict[str, list[float]] = {"ours": [], "pandas": [], "dlt": []}
    for turn in range(3):
        rates["ours"].append(1e6 / in_child(load, make_shop(folder / f"peer_ours{turn}"), many)[0][0])
        if INSTALLED["pandas"]:
            rates["pandas"].append(1e6 / in_child(by_pandas, folder / f"peer_pandas{turn}", many)[0])
    if INSTALLED["dlt"]:
        rates["dlt"].append(few_rows / in_child(by_dlt, folder / "peer_dlt", few)[0])
    against = {
        "ours": "1,000,000 orders: recognised, typed, checked, orders and lines in the lake",
        "pandas": "1,000,000 orders: typed, two Parquet files; nothing checked, nothing kept apart",
        "dlt": f"{few_rows:,} orders, row by row: one table",
    }
    for name in (name for name, is_there in INSTALLED.items() if not is_there):
        print(f"{name} is not installed, so it is left out: uv pip install 'dlt[duckdb]' pandas")  # noqa: T201
    return [
        Figure(f"rows a second, {name}", statistics.median(found), "rows/s", better="higher", against=against[name])
        for name, found in rates.items()
        if found
    ]


def main() -> int:
    """Measure; the exit code says whether the bars are kept."""
    rows = 10_000_000 if full_scale() else 1_000_000
    ours, theirs, peaks = Timings(), Timings(), []
    figures = []
    with scratch() as folder:
        path = write_report(folder / "orders.csv", rows)
        big = folder / "big"
        for turn in range(runs(3, 3)):
            for name in ("ours", "bare") if turn % 2 else ("bare", "ours"):
                shop = make_shop(folder / f"{name}{turn}")
                (wall, cpu), peak = in_child(load if name == "ours" else bare, shop, path)
                into = ours if name == "ours" else theirs
                into.wall.append(wall)
                into.cpu.append(cpu)
                if name == "ours":
                    peaks.append(peak)
                    big = shop
        figures += [
            Figure(
                "load ÷ bare read_csv",
                ratio_of_pairs(ours, theirs),
                "×",
                2.0,
                against=f"{rows:,} rows, {path.stat().st_size / 1e9:.2f} GB",
            ),
            Figure("load", ours.seconds, "s", against="recognised, mapped, typed, checked, orders and lines"),
            Figure("load, processors", ours.cpu_seconds, "s"),
            Figure("bare read_csv", theirs.seconds, "s", against="typed, one table of the same kind of lake"),
            Figure("load, peak memory", max(peaks), "GB", 3.0, against="resident"),
        ]
        day = write_report(folder / f"day_{dt.date(2026, 1, 1)}.csv", 27_000, first=rows, a_year=rows)
        figures.append(
            Figure("a day's delta", in_child(load, big, day)[0][0], "s", 1.0, against=f"27,000 orders into {rows:,}")
        )
        figures += rows_a_second(folder)
        book = write_workbook(folder / "orders.xlsx", 200_000)
        seconds = [in_child(load, make_shop(folder / f"book{turn}"), book)[0][0] for turn in range(3)]
        figures.append(Figure("a workbook", statistics.median(seconds), "s", 10.0, against="200,000 rows of XLSX"))
        many = make_shop(folder / "many")
        for number in range(1000):
            write_report(many / "inbox" / f"{number:04}.csv", 20, first=number * 20, a_year=20_000)
        in_child(load, many, many / "inbox")
        again = [in_child(unchanged, many, many / "inbox")[0] for _ in range(3)]
        figures.append(Figure("an unchanged inbox", statistics.median(again), "s", 1.0, against="1,000 files"))
    return report("ingest", figures)


if __name__ == "__main__":
    raise SystemExit(main())
