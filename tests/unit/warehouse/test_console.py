"""What a person may type as a query, and what is refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from shopkeeper.errors import UsageError
from shopkeeper.warehouse.console import run_select
from shopkeeper.warehouse.lake import Lake
from shopkeeper.warehouse.shop import open_shop
from tests.tiny_shop import line, make_tiny


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    folder = tmp_path_factory.mktemp("console") / "shop"
    made = make_tiny(folder).put(order_lines=[line("1", "2017-03-01"), line("2", "2017-04-01")])
    made.shop.close()
    (folder / "inbox" / "secret.csv").write_text("a\n1\n")
    with closing(sqlite3.connect(folder / "data" / "state.sqlite")) as connection:
        connection.execute("CREATE TABLE users (password_hash)")
    opened = open_shop(folder, read_only=True)
    yield opened.lake
    opened.close()


@pytest.mark.parametrize(
    "query",
    [
        "SELECT count(*) FROM order_lines",
        "WITH a AS (SELECT order_id FROM order_lines) SELECT count(*) FROM a",
        "FROM order_lines SELECT count(*)",
        "SELECT count(*) FROM order_lines;",
        "-- a remark\nSELECT count(*) FROM order_lines",
    ],
)
def test_one_select_is_run_however_it_is_written(lake: Lake, query: str) -> None:
    assert run_select(lake, query)[1] == [(2,)]


@pytest.mark.parametrize(
    "query", ["DESCRIBE order_lines", "SHOW TABLES", "EXPLAIN SELECT 1", "EXPLAIN ANALYZE SELECT 1", "SUMMARIZE shops"]
)
def test_statements_that_only_tell_are_run(lake: Lake, query: str) -> None:
    assert run_select(lake, query)[1]


@pytest.mark.parametrize(
    "query",
    [
        "INSERT INTO platforms (platform_id, load_id, file_hash) VALUES ('x', 'l', 'f')",
        "UPDATE platforms SET name = 'x'", "DELETE FROM platforms", "DROP TABLE platforms", "TRUNCATE platforms",
        "CREATE TABLE t (a INTEGER)", "CREATE TEMP TABLE t AS SELECT 1", "ALTER TABLE platforms ADD COLUMN x INTEGER",
        "ATTACH 'x.db' AS x", "DETACH lake", "USE memory", "PRAGMA memory_limit = '1GB'", "SET threads = 1", "RESET threads",
        "INSTALL httpfs", "LOAD httpfs", "CALL ducklake_snapshots('lake')", "VACUUM", "CHECKPOINT", "BEGIN", "COMMIT",
        "PREPARE p AS SELECT 1", "EXECUTE p", "SELECT 1; SELECT 2", "SELECT 1; DROP TABLE platforms", "", " ;\n", "-- nothing",
    ],
)  # fmt: skip
def test_anything_but_one_reading_statement_is_refused(lake: Lake, query: str) -> None:
    with pytest.raises(UsageError):
        run_select(lake, query)


@pytest.mark.parametrize(
    "head",
    [
        "",
        "EXPLAIN ",
        "EXPLAIN ANALYZE ",
        "explain (analyze, format json) ",
        "/* */ EXPLAIN ANALYZE ",
        "-- c\nEXPLAIN ANALYZE ",
    ],
)
def test_no_query_writes_a_file(lake: Lake, tmp_path: Path, head: str) -> None:
    target = tmp_path / "written.csv"
    with pytest.raises(UsageError):
        run_select(lake, f"{head}COPY (SELECT 1) TO '{target}'")
    assert not target.exists()


@pytest.mark.parametrize("head", ["EXPLAIN ", "EXPLAIN ANALYZE ", "/* */ EXPLAIN ANALYZE "])
def test_no_explanation_runs_a_write(lake: Lake, head: str) -> None:
    with pytest.raises(UsageError):
        run_select(lake, f"{head}DELETE FROM order_lines")
    assert run_select(lake, "SELECT count(*) FROM order_lines")[1] == [(2,)]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM read_text('/etc/hostname')", "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM '{folder}/inbox/secret.csv'", "SELECT * FROM read_blob('{folder}/shopkeeper.toml')",
        "SELECT * FROM read_text('{folder}/data/lake/../../shopkeeper.toml')",
        "SELECT * FROM sqlite_scan('{folder}/data/state.sqlite', 'users')",
        "SELECT * FROM system.main.\"sqlite_scan\"('{folder}/data/state.sqlite', 'users')",
        "SELECT * FROM query('SELECT * FROM sqlite' || '_scan(''{folder}/data/state.sqlite'', ''users'')')",
        "SELECT * FROM postgres_scan('host=127.0.0.1', 'public', 't')", "SELECT getenv('HOME')",
    ],
)  # fmt: skip
def test_no_query_reads_anything_but_the_warehouse(lake: Lake, query: str) -> None:
    with pytest.raises(UsageError):
        run_select(lake, query.format(folder=lake.data_dir.parent))


@pytest.mark.parametrize(
    "call",
    [
        "ducklake_expire_snapshots('lake', versions => [1])", "ducklake_cleanup_old_files('lake', cleanup_all => true)",
        "ducklake_delete_orphaned_files('lake', cleanup_all => true)", "ducklake_merge_adjacent_files('lake')",
        "ducklake_rewrite_data_files('lake')", "lake.set_commit_message('a', 'b')",
    ],
)  # fmt: skip
def test_no_query_calls_a_function_that_changes_the_lake(lake: Lake, call: str) -> None:
    before = lake.snapshots()
    with pytest.raises(UsageError):
        run_select(lake, f"SELECT * FROM {call}")
    assert lake.snapshots() == before


def test_a_misspelt_table_is_a_usage_error_that_names_the_nearest(lake: Lake) -> None:
    with pytest.raises(UsageError, match="order_lines"):
        run_select(lake, "SELECT * FROM order_line")


def test_a_failed_query_leaves_the_next_one_working(lake: Lake) -> None:
    with pytest.raises(Exception, match="abc"):
        run_select(lake, "SELECT 'abc'::INTEGER FROM order_lines")
    assert run_select(lake, "SELECT 1")[1] == [(1,)]


def test_columns_of_one_name_are_told_apart(lake: Lake) -> None:
    names, rows = run_select(lake, "SELECT 1 AS a, 2 AS a, 3 AS a_2, 4 AS a")
    assert len(set(names)) == 4
    assert rows == [(1, 2, 3, 4)]
