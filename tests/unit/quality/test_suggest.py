"""Suggested rules on small tables whose errors are planted by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import duckdb
import pytest

from shopkeeper.quality.rule import AsOf, NotNull
from shopkeeper.quality.run import cells_at_fault
from shopkeeper.quality.suggest import Suggestion, suggest

AT = AsOf(dt.date(2020, 1, 1), dt.date(2020, 1, 1))


def table_of(**columns: Sequence[str | None]) -> duckdb.DuckDBPyConnection:
    """A table `t` of text columns whose rows come from file `f`, lines 1, 2, …"""
    connection = duckdb.connect()
    listed = ", ".join(f'"{name}" VARCHAR' for name in columns)
    connection.execute(f"CREATE TABLE t ({listed}, file_hash VARCHAR, source_line BIGINT)")
    rows = list(zip(*columns.values(), strict=True))
    holders = ", ".join("?" for _ in columns)
    connection.executemany(
        f"INSERT INTO t VALUES ({holders}, 'f', ?)", [[*row, n] for n, row in enumerate(rows, start=1)]
    )
    connection.execute("CREATE TABLE load_files (file_hash VARCHAR, file_name VARCHAR)")
    connection.execute("INSERT INTO load_files VALUES ('f', 'given.csv')")
    return connection


def by_id(connection: duckdb.DuckDBPyConnection) -> dict[str, Suggestion]:
    return {found.rule.id: found for found in suggest(connection, "t", AT)}


def lines(connection: duckdb.DuckDBPyConnection, found: Suggestion) -> list[int]:
    return sorted(line for *_, line in connection.execute(cells_at_fault("t", [found.rule])).fetchall())


def test_too_few_rows_suggest_nothing() -> None:
    assert by_id(table_of(city=["Bath"] * 49)) == {}


@pytest.mark.parametrize(
    ("values", "ident", "wrong"),
    [
        (["Birmingham"] * 97 + ["Birminghxm", "Briminghham", "York"], "t.a.spelling", [98, 99]),
        (["杭州西湖区"] * 99 + ["杭州西胡区"], "t.a.spelling", [100]),
        (["yes"] * 60 + ["no"] * 38 + ["yep", "nope"], "t.a.set", [99, 100]),
        (["35233", "36201"] * 49 + ["3523x", "352333"], "t.a.pattern", [99, 100]),
        (["0.05"] * 70 + ["0.05%"] * 30, "t.a.unit", list(range(71, 101))),
        (["12 oz"] * 50 + ["12 oz."] * 50, "t.a.unit", list(range(1, 101))),
        (["7", "8"] * 40 + ["N/A"] * 20, "t.a.placeholder", list(range(81, 101))),
        (["有货"] * 99 + ["无"], "t.a.placeholder", [100]),
        (["x", "y"] * 48 + [None, "", " ", "x"], "t.a.not_null", [97, 98, 99]),
        ([str(n) for n in range(1000, 1099)] + ["98000000"], "t.a.range", [100]),
        ([f"B{n}" for n in range(99)] + ["B7"], "t.a.key", [100]),
    ],
)
def test_a_planted_error_is_found_and_nothing_else(values: list[str | None], ident: str, wrong: list[int]) -> None:
    connection = table_of(a=values)
    found = by_id(connection)
    assert ident in found, list(found)
    assert lines(connection, found[ident]) == wrong
    assert found[ident].result.violations == len(wrong)
    assert found[ident].result.samples[0].file_name == "given.csv"


@pytest.mark.parametrize(
    ("values", "ident"),
    [
        (["500 ml"] * 50 + ["1 kg"] * 50, "t.a.unit"),
        (["SKU 101"] * 90 + ["SKU 107"] * 10, "t.a.spelling"),
        (["Stout"] * 90 + ["Porter"] * 10, "t.a.spelling"),
        (["Matt Brewing Company"] * 95 + ["Maui Brewing Company"] * 5, "t.a.spelling"),
        (["x"] * 80 + [None] * 20, "t.a.not_null"),
        (["Los Angeles", "Rome"] * 49 + ["Rio de Janeiro", "N'Djamena"], "t.a.pattern"),
        ([str(1 + n / 7)[:4] for n in range(100)], "t.a.key"),
    ],
)
def test_what_is_no_error_suggests_no_rule(values: list[str | None], ident: str) -> None:
    assert ident not in by_id(table_of(a=values))


def test_a_column_that_follows_from_another_is_seen_with_the_cell_that_does_not() -> None:
    zips = [str(10_000 + n % 10) for n in range(100)]
    cities = [f"City {'ABCDEFGHIJ'[n % 10]}" for n in range(100)]
    cities[42] = "City J"
    connection = table_of(zip=zips, city=cities)
    found = by_id(connection)["t.city.dependency"]
    assert lines(connection, found) == [43]
    assert found.result.checked == 100


def test_unrelated_columns_do_not_depend_on_each_other() -> None:
    connection = table_of(
        a=[f"a{n % 7}" for n in range(210)], b=[f"b{n % 5}" for n in range(210)], c=["same"] * 209 + ["x"]
    )
    assert [name for name in by_id(connection) if name.endswith(".dependency")] == []


def test_rules_that_apply_already_are_not_suggested_again() -> None:
    connection = table_of(a=["x", "y"] * 50)
    assert "t.a.not_null" in by_id(connection)
    again = suggest(connection, "t", AT, known=[NotNull(id="mine", table="t", column="a")])
    assert "t.a.not_null" not in {found.rule.id for found in again}


def test_the_same_table_gives_the_same_suggestions() -> None:
    connection = table_of(a=[f"a{n % 7}" for n in range(210)], b=[f"b{n % 7}" for n in range(210)])
    assert suggest(connection, "t", AT) == suggest(connection, "t", AT)
