"""What every database that is pulled promises. Adding a kind adds one branch to `made_database`.

A shop that followed the database through its changes must hold what a new shop reads of it in one go.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shopkeeper.errors import DataQualityError
from shopkeeper.ingest.databases import extract as extracting
from shopkeeper.ingest.pull.run import pull
from shopkeeper.ingest.pull.state import pull_states
from shopkeeper.ingest.replay import replay
from shopkeeper.ingest.report import LoadReport
from tests.shop_folders import ShopFolder
from tests.source_databases import MAPPING, SourceDatabase

FOLLOWED = ('cursor = "changed"', 'key = "id"', 'deletions = "every pull"')
NOON, LATER = "2024-03-01 12:00:00", "2024-03-01 12:30:00"


def follow(folder: Path, database: SourceDatabase, *settings: str) -> ShopFolder:
    return ShopFolder(folder, database.entry(*settings))


def pulled(mugs: ShopFolder) -> LoadReport:
    return pull(mugs.shop, "erp", by="alice")


def held(mugs: ShopFolder) -> list[tuple[Any, ...]]:
    return mugs.rows(
        "SELECT order_id, line_no, sku_id, payable_amount, quantity, is_brushing, ordered_at FROM order_lines ORDER BY ALL"
    )


def topics(report: LoadReport) -> set[str]:
    return {note.topic for note in report.notes}


def test_values_arrive_exactly(tmp_path: Path, database: SourceDatabase) -> None:
    big = "9007199254740993" if database.kind != "mysql" else "18446744073709551615"
    yes = "true" if database.kind == "postgres" else "1"
    database.run(
        f"INSERT INTO sold VALUES ({big}, '兰亭-①', 1, '茶', '明前''s', 12.125, '12345678901234.5678', {yes}, "
        f"{database.moment('2024-03-01 00:30:00')}, '2024-03-01 12:00:00.123456')",
        "INSERT INTO sold (id, order_no, line, sku, qty, paid, made, changed) VALUES "
        f"(2, 'B', 1, 'mug', 1, 0, {database.moment('2024-03-02 23:59:59')}, NULL)",
    )
    mugs = follow(tmp_path / "mugs", database, *FOLLOWED)
    report = pulled(mugs)
    assert report.quarantined == 0
    first = dt.datetime(2024, 2, 29, 16, 30, tzinfo=dt.UTC)  # half past midnight in Shanghai
    second = dt.datetime(2024, 3, 2, 15, 59, 59, tzinfo=dt.UTC)
    assert held(mugs) == [
        ("B", 1, "mug", Decimal(0), Decimal(1), None, second),
        ("兰亭-①", 1, "茶", Decimal("12345678901234.5678"), Decimal("12.125"), True, first),
    ]
    assert mugs.rows("SELECT ordered_day FROM orders ORDER BY 1") == [(dt.date(2024, 3, 1),), (dt.date(2024, 3, 2),)]
    (copy,) = (mugs.folder / "data" / "raw").glob("*.parquet")
    assert mugs.rows(f"SELECT CAST(id AS VARCHAR), name FROM read_parquet('{copy}') WHERE order_no <> 'B'") == [
        (big, "明前's")
    ]


def test_a_followed_database_is_as_one_read_in_one_go(tmp_path: Path, database: SourceDatabase) -> None:
    for number in range(1, 8):
        database.add(number, f"o{number // 2}", number % 2 + 1, f"{number}.50", NOON)
    mugs = follow(tmp_path / "mugs", database, *FOLLOWED, "withdraw_at_most = 1.0")
    assert (pulled(mugs).loaded, len(held(mugs))) == (7 + 4 + 1 + 1 + 1, 7)  # lines, orders, mug, shop and platform

    database.add(8, "o4", 1, "80", NOON)  # a tie on the cursor, committed late
    database.run(f"UPDATE sold SET paid = '11.25', changed = '{LATER}' WHERE id = 1")
    database.run(f"UPDATE sold SET order_no = 'o9', changed = '{LATER}' WHERE id = 6")  # moved to another order
    report = pulled(mugs)
    assert topics(report) == {"pull.withdrawn"}  # the line at its old place
    database.run("DELETE FROM sold WHERE id IN (4, 5)")  # the only lines left of an order, and one of another
    assert topics(pulled(mugs)) == {"pull.withdrawn"}
    before = mugs.lake.snapshot()
    assert pulled(mugs).already_loaded
    assert mugs.lake.snapshot() == before

    fresh = follow(tmp_path / "fresh", database)
    pulled(fresh)
    tables = ("order_lines", "orders")
    assert mugs.content(*tables) == fresh.content(*tables)
    if database.kind == "sqlite":  # what follows is the same for all kinds
        followed = mugs.content(*tables)
        for mapping in (MAPPING + 'list_amount = "paid"\n', MAPPING):
            mugs.map(database.entry(*FOLLOWED, mapping=mapping))
            assert replay(mugs.shop, by="alice").load_id
        assert mugs.content(*tables) == followed


def test_a_source_that_is_read_whole_takes_out_what_is_gone(tmp_path: Path, database: SourceDatabase) -> None:
    for number in range(1, 5):
        database.add(number, f"o{number}", 1, "5", NOON)
    mugs = follow(tmp_path / "mugs", database, 'key = ["id"]')
    pulled(mugs)
    assert pulled(mugs).already_loaded
    database.run("DELETE FROM sold WHERE id = 3", "UPDATE sold SET paid = '6' WHERE id = 1")
    pulled(mugs)
    database.add(3, "o3", 1, "5", NOON)
    database.run(
        "UPDATE sold SET paid = '5' WHERE id = 1"
    )  # as it was at first: the same content as a file loaded before
    pulled(mugs)
    assert [(row[0], row[3]) for row in held(mugs)] == [(f"o{n}", Decimal(5)) for n in range(1, 5)]


def test_a_pull_sees_one_state_of_the_source(
    tmp_path: Path, database: SourceDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 4):
        database.add(number, f"o{number}", 1, "5", NOON)
    mugs = follow(tmp_path / "mugs", database, *FOLLOWED)
    pulled(mugs)
    database.run(f"UPDATE sold SET paid = '7', changed = '{LATER}' WHERE id = 1")
    copied = extracting._copied

    def meanwhile(*args: Any) -> int:
        found = copied(*args)
        database.run("DELETE FROM sold WHERE id = 2", f"UPDATE sold SET paid = '9', changed = '{LATER}' WHERE id = 3")
        return found

    monkeypatch.setattr(extracting, "_copied", meanwhile)  # rows first, then keys: somebody writes between the two
    pulled(mugs)
    assert [row[3] for row in held(mugs)] == [7, 5, 5]
    monkeypatch.undo()
    pulled(mugs)
    assert [row[3] for row in held(mugs)] == [7, 9]


def test_a_changed_shape_is_told_once_and_a_lost_column_refuses(tmp_path: Path, database: SourceDatabase) -> None:
    database.add(1, "o1", 1, "5", NOON)
    mugs = follow(tmp_path / "mugs", database, *FOLLOWED)
    pulled(mugs)
    database.run("ALTER TABLE sold ADD COLUMN colour VARCHAR(20)", "ALTER TABLE sold DROP COLUMN name")
    assert topics(pulled(mugs)) == {"pull.added", "pull.dropped"}
    assert pulled(mugs).already_loaded
    (state,) = pull_states(mugs.shop)
    assert state.drift_at is not None
    database.run("ALTER TABLE sold DROP COLUMN paid")
    before = mugs.state()
    with pytest.raises(DataQualityError, match="has lost a column that is mapped.*paid"):
        pulled(mugs)
    assert mugs.state() == before
    assert "paid" in pull_states(mugs.shop)[0].failed


def test_windows_go_on_where_they_were_broken_off(
    tmp_path: Path, database: SourceDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in range(1, 6):
        database.add(day, f"o{day}", 1, "5", f"2024-03-0{day} 12:00:00")
    mugs = follow(tmp_path / "mugs", database, *FOLLOWED, 'window = "2 days"')
    copied, calls = extracting._copied, []

    def breaks(*args: Any) -> int:
        calls.append(args)
        if len(calls) == 2:
            raise DataQualityError("the connection broke", where="test")
        return copied(*args)

    monkeypatch.setattr(extracting, "_copied", breaks)
    with pytest.raises(DataQualityError, match="the connection broke"):
        pulled(mugs)
    assert len(held(mugs)) == 2  # the first window is kept, with its cursor
    monkeypatch.undo()
    assert sum(part.rows_read for part in pulled(mugs).tables if part.table == "order_lines") == 3
    assert len(held(mugs)) == 5
    assert mugs.rows("SELECT more FROM pulls ORDER BY snapshot") == [(True,), (True,), (False,)]


def test_a_query_reads_the_same_values(tmp_path: Path, database: SourceDatabase) -> None:
    database.add(1, "o1", 1, "12345678901234.5678", NOON)
    mugs = follow(tmp_path / "mugs", database, 'query = "SELECT * FROM sold WHERE id < 100"', *FOLLOWED)
    pulled(mugs)
    assert held(mugs)[0][3:5] == (Decimal("12345678901234.5678"), Decimal(1))
    assert held(mugs)[0][6] == dt.datetime(2024, 3, 1, 1, tzinfo=dt.UTC)
