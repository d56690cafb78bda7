"""How fast do databases come in, against DuckDB's bare COPY of the same table to Parquet, and with how much memory?

Each kind's server is started here, on loopback. SCALE=small reads 500,000 rows, SCALE=full 10 M.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.harness import Figure, full_scale, in_child, report, scratch
from tests.mariadb_server import in_mariadb, running_mariadb
from tests.postgres_cluster import running_postgres

ROWS = 10_000_000 if full_scale() else 500_000
HEAD = '[shop]\nid = "bench"\nname = "Bench"\ntimezone = "Asia/Shanghai"\n'
ENTRY = """
[[source]]
name = "erp"
kind = "{kind}"
connection = "{connection}"
table = "sold"
cursor = "changed"
key = "id"
[source.order_lines]
order_id = "order_no"
line_no = "line"
sku_id = "sku"
ordered_at = "made"
quantity = "qty"
payable_amount = "paid"
"""
_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})"


@contextlib.contextmanager
def _sqlite(folder: Path) -> Iterator[str]:
    path = folder / "erp.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE sold (id INTEGER PRIMARY KEY, order_no, line, sku, qty, paid, made, changed)")
        connection.execute(
            f"{_NUMBERS.format(rows=ROWS)} INSERT INTO sold SELECT i, 'o' || (i / 3), i % 3 + 1, 's' || (i % 5000), 1, "
            "printf('%d.%02d', i % 490, i % 100), datetime(1704067200 + i, 'unixepoch'), datetime(1704067200 + i, 'unixepoch') "
            "FROM n"
        )
    yield str(path)


@contextlib.contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    import psycopg

    del folder
    programs = max(Path("/usr/lib/postgresql").glob("*/bin/initdb")).parent
    with running_postgres(programs) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "CREATE TABLE sold AS SELECT i::bigint AS id, 'o' || (i / 3) AS order_no, i % 3 + 1 AS line, "
                "'s' || (i % 5000) AS sku, 1::numeric(18,3) AS qty, (i % 490 + (i % 100) / 100.0)::numeric(18,4) AS paid, "
                "to_timestamp(1704067200 + i) AS made, to_timestamp(1704067200 + i)::timestamp AS changed "
                f"FROM generate_series(1, {ROWS}) i".encode()
            )
        yield url


@contextlib.contextmanager
def _mysql(folder: Path) -> Iterator[str]:
    del folder
    with running_mariadb() as url:
        in_mariadb(url + "information_schema", "CREATE DATABASE erp")
        in_mariadb(
            url + "erp",
            "CREATE TABLE sold (id BIGINT PRIMARY KEY, order_no VARCHAR(40), line INT, sku VARCHAR(40), qty DECIMAL(18,3), "
            "paid DECIMAL(18,4), made TIMESTAMP NULL, changed DATETIME)",
            "INSERT INTO sold SELECT seq, CONCAT('o', seq DIV 3), seq % 3 + 1, CONCAT('s', seq % 5000), 1, "
            "seq % 490 + (seq % 100) / 100, FROM_UNIXTIME(1704067200 + seq), FROM_UNIXTIME(1704067200 + seq) "
            f"FROM seq_1_to_{ROWS}",
        )
        yield url + "erp"


def _bare(kind: str, connection: str, target: Path) -> float:
    """Seconds of DuckDB's own COPY."""
    import duckdb

    from shopkeeper.ingest.databases.dialect import DIALECTS, Login
    from shopkeeper.ingest.databases.settings import url_parts
    from shopkeeper.warehouse.extensions import load_extension

    dialect = DIALECTS[kind]
    parts = {} if kind == "sqlite" else url_parts(connection)
    login = (
        Login(path=connection) if kind == "sqlite"
        else Login(parts["host"], parts["port"], parts["user"], database=parts["database"])
    )  # fmt: skip
    with duckdb.connect(config={"allow_unsigned_extensions": True, "memory_limit": "1GB"}) as bare:
        load_extension(bare, dialect.extension)
        for statement in (*dialect.prepare("+00:00"), *dialect.attach(login)):
            bare.execute(statement)
        started = time.perf_counter()
        bare.execute(f"COPY (FROM source.sold) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
        return time.perf_counter() - started


def _pulled(folder: Path) -> tuple[float, float]:
    """Seconds of a whole pull, and of its reading alone."""
    from shopkeeper.ingest.pull.declared import pull_source
    from shopkeeper.ingest.pull.run import pull
    from shopkeeper.ingest.pull.source import Asked
    from shopkeeper.ingest.report import Silent
    from shopkeeper.warehouse.shop import open_shop

    shop = open_shop(folder)
    try:
        source = pull_source(shop.settings, shop.folder, "erp")
        started = time.perf_counter()
        source.read(source.streams[0], Asked("", {}, folder / "read.parquet"), Silent())
        read = time.perf_counter() - started
        started = time.perf_counter()
        pull(shop, "erp", by="bench")
        return time.perf_counter() - started, read
    finally:
        shop.close()


def main() -> int:
    """Read the table of each kind bare and by a pull, each in a process of its own."""
    figures = []
    for kind, server in {"sqlite": _sqlite, "postgres": _postgres, "mysql": _mysql}.items():
        with scratch() as folder, server(folder) as connection:
            shop = folder / "shop"
            shop.mkdir()
            (shop / "shopkeeper.toml").write_text(
                HEAD + ENTRY.format(kind=kind, connection=connection), encoding="utf-8"
            )
            bare, bare_peak = in_child(_bare, kind, connection, folder / "bare.parquet")
            (whole, read), peak = in_child(_pulled, shop)
            shutil.rmtree(shop, ignore_errors=True)
        figures += [
            Figure(f"{kind}_read_rows_per_s", ROWS / read, "rows/s", better="higher"),
            Figure(f"{kind}_bare_rows_per_s", ROWS / bare, "rows/s", better="higher"),
            Figure(f"{kind}_read_against_bare", read / bare, "×", 2.0, against="DuckDB's COPY of the attached table"),
            Figure(f"{kind}_pull_rows_per_s", ROWS / whole, "rows/s", better="higher"),
            Figure(f"{kind}_pull_peak_gb", peak, "GB"), Figure(f"{kind}_bare_peak_gb", bare_peak, "GB"),
        ]  # fmt: skip
    return report("live_databases", figures, [f"{ROWS:,} rows"])


if __name__ == "__main__":
    raise SystemExit(main())
