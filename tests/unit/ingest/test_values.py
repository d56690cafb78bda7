"""One value at a time: what is read exactly, and what is set aside instead of being guessed at."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from shopkeeper.ingest.cells import clean
from shopkeeper.ingest.plan import Value
from shopkeeper.ingest.values import Surroundings, typed_column
from shopkeeper.warehouse.model import Column
from shopkeeper.warehouse.model.table import Type

AROUND = Surroundings("Asia/Shanghai", "CNY")


@pytest.fixture(scope="module")
def engine() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def read(engine: duckdb.DuckDBPyConnection, kind: Type, given: object, sql_type: str = "VARCHAR", **how: Any) -> object:
    """The value as the column would hold it."""
    typed = typed_column(Column("c", kind, ""), Value(header="h", **how), sql_type, "r", AROUND)
    raw = f"SELECT {typed.raw} AS r FROM (SELECT CAST(? AS {sql_type}) AS h)"
    row = engine.execute(f"SELECT {typed.typed} FROM ({typed.query(raw, 'r')})", [given]).fetchone()
    assert row is not None
    return row[0]


MONEY = {
    "12.5": "12.5", " 1,234.50 ": "1234.5", "¥1,234": "1234", "￥12": "12", "12元": "12", "３０．５元": "30.5",
    "-5": "-5", "(5.00)": "-5",
    "$1,234,567.89": "1234567.89", "'12": "12", '="12.30"': "12.3", "\t7\t": "7", "1e2": "100",
    "CNY 8": "8", ".5": "0.5", "−3": "-3",
}  # fmt: skip
NO_MONEY = (
    "12,50",
    "1,23,456",
    "abc",
    "1_000",
    "0x10",
    "nan",
    "inf",
    "12%",
    "1.2.3",
    "--5",
    "12 50 x",
    "99999999999999999",
)


@pytest.mark.parametrize("text", list(MONEY))
def test_amounts_are_read_exactly(engine: duckdb.DuckDBPyConnection, text: str) -> None:
    assert read(engine, "money", text) == Decimal(MONEY[text])


@pytest.mark.parametrize("text", NO_MONEY)
def test_what_is_no_amount_is_not_guessed_at(engine: duckdb.DuckDBPyConnection, text: str) -> None:
    assert read(engine, "money", text) is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (0.1 + 0.2, "0.3"),
        (14.850000000000001, "14.85"),
        (0.03125, "0.0312"),
        (0.09375, "0.0938"),
        (0.001, "0.001"),
        (1e30, None),
        (float("nan"), None),
    ],
)
def test_floats_become_money_rounded_half_even(
    engine: duckdb.DuckDBPyConnection, given: float, expected: str | None
) -> None:
    assert read(engine, "money", given, "DOUBLE") == (None if expected is None else Decimal(expected))


def test_cents_are_scaled_exactly(engine: duckdb.DuckDBPyConnection) -> None:
    assert read(engine, "money", "1,234", scale=Decimal("0.01")) == Decimal("12.34")
    assert read(engine, "money", 1234, "BIGINT", scale=Decimal("0.01")) == Decimal("12.34")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", 12),
        ("12.0", 12),
        ("1,200", 1200),
        ("１２", 12),
        ("12.7", None),
        ("x", None),
        ("1e400", None),
        ("99999999999999999999", None),
    ],
)
def test_whole_numbers_are_whole(engine: duckdb.DuckDBPyConnection, text: str, expected: int | None) -> None:
    assert read(engine, "integer", text) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("12%", 0.12), ("0.5", 0.5), ("1,000", 1000.0), ("nan", None), ("1e999", None)]
)
def test_shares_may_be_percentages(engine: duckdb.DuckDBPyConnection, text: str, expected: float | None) -> None:
    assert read(engine, "number", text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-05 10:30", "2024/1/5 10:30:00", "2024年1月5日 10:30", "2024.01.05 10:30", "20240105 10:30:00",
        "2024-01-05T10:30:00",
        "2024-01-05T02:30:00Z", "2024-01-05 10:30:00+08:00", "2024-01-04 21:30:00-0500", "２０２４-０１-０５ １０：３０",
    ],
)  # fmt: skip
def test_moments_are_local_unless_they_carry_a_zone(engine: duckdb.DuckDBPyConnection, text: str) -> None:
    assert read(engine, "instant", text) == dt.datetime(2024, 1, 5, 2, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "text",
    ["05/01/2024", "2024-13-01", "infinity", "epoch", "1024-01-01", "2999-01-01", "today", "45000", "2024-02-30"],
)
def test_what_is_no_moment_is_not_guessed_at(engine: duckdb.DuckDBPyConnection, text: str) -> None:
    assert read(engine, "instant", text) is None
    assert read(engine, "day", text) is None


def test_a_format_says_which_number_is_the_month(engine: duckdb.DuckDBPyConnection) -> None:
    assert read(engine, "day", "05/01/2024", format="%d/%m/%Y") == dt.date(2024, 1, 5)
    assert read(engine, "day", "05/01/2024", format="%m/%d/%Y") == dt.date(2024, 5, 1)
    assert read(engine, "day", "1704391800", format="epoch") == dt.date(2024, 1, 5)
    assert read(engine, "day", "1704391800000", format="epoch_ms") == dt.date(2024, 1, 5)


def test_a_zone_of_its_own_moves_the_day(engine: duckdb.DuckDBPyConnection) -> None:
    assert read(engine, "day", "2024-01-05 20:00", timezone="UTC") == dt.date(2024, 1, 6)


@pytest.mark.parametrize(
    ("text", "expected"), [("是", True), ("No", False), ("1", True), ("0", False), ("maybe", None)]
)
def test_flags_are_words_for_yes_and_no(engine: duckdb.DuckDBPyConnection, text: str, expected: bool | None) -> None:
    assert read(engine, "flag", text) is expected


def test_identifiers_stay_text(engine: duckdb.DuckDBPyConnection) -> None:
    assert read(engine, "text", '="00123"') == "00123"
    assert read(engine, "text", "'00123") == "00123"
    assert read(engine, "text", "'s-Hertogenbosch") == "'s-Hertogenbosch"
    assert read(engine, "text", 17850.0, "DOUBLE") == "17850"
    assert read(engine, "text", 12345678901234567, "BIGINT") == "12345678901234567"
    assert read(engine, "text", "\u3000 \ufeff") is None


def test_codes_are_translated_and_unknown_ones_fail(engine: duckdb.DuckDBPyConnection) -> None:
    codes = {"交易成功": "completed"}
    assert read(engine, "text", "交易成功", codes=codes) == "completed"
    assert read(engine, "text", "交易关闭", codes=codes) is None


@pytest.mark.parametrize(
    ("name", "given", "read_as"),
    [
        ("sku_id", "'TEA-1", "TEA-1"), ("name", "'n Roll", "'n Roll"), ("sku_id", "'007", "007"), ("name", "'007", "007"),
        ("order_id", " 'A' ", "A'"), ("order_id", "'", None), ("name", "'", None), ("customer_id", "o'Neill", "o'Neill"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("trusted", [False, True])
def test_an_apostrophe_is_no_part_of_an_identifier_but_may_begin_a_title(
    engine: duckdb.DuckDBPyConnection, name: str, given: str, read_as: str | None, trusted: bool
) -> None:
    value = Value(header="h", trusted=trusted)
    typed = typed_column(Column(name, "text", ""), value, "VARCHAR", "r", AROUND)
    cell = (
        f"SELECT {clean('h')} AS h FROM (SELECT CAST(? AS VARCHAR) AS h)"
        if trusted
        else "SELECT CAST(? AS VARCHAR) AS h"
    )
    row = engine.execute(f"SELECT {typed.typed} FROM (SELECT {typed.raw} AS r FROM ({cell}))", [given]).fetchone()
    assert row == (read_as,)
