"""Loads are idempotent and total: every row read is loaded, unchanged or set aside, and nothing is counted twice."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from shopkeeper.errors import WarehouseBusy
from shopkeeper.ingest.report import LoadReport
from tests.shop_folders import GOOD, HEADER, LINES, ShopFolder

ORDERS = """
[[source]]
name = "orders"
files = "orders*"
[source.orders]
order_id = "order"
ordered_at = "at"
customer_id = "buyer"
channel_id = "channel"
paid_at = "paid_at"
status = "status"
"""
BARE_LINES = """
[[source]]
name = "bare"
files = "lines*"
[source.order_lines]
order_id = "order"
sku_id = "sku"
quantity = "qty"
payable_amount = "paid"
"""
REFUNDS = """
[[source]]
name = "refunds"
files = "refunds*"
[source.refunds]
refund_id = "refund"
order_id = "order"
refunded_at = "at"
amount = "amount"
"""


PARCELS = """
[[source]]
name = "parcels"
files = "shipments*"
[source.shipments]
shipment_id = "parcel"
order_id = "order"
due_day = "due"
shipped_at = "sent"
quantity = "qty"
"""


def table(report: LoadReport, name: str) -> tuple[int, int, int, int]:
    """Read, loaded, unchanged, quarantined."""
    parts = [part for part in report.tables if part.table == name]
    return (
        sum(p.rows_read for p in parts), sum(p.loaded for p in parts), sum(p.unchanged for p in parts),
        sum(p.quarantined for p in parts),
    )  # fmt: skip


def test_loading_the_same_file_again_does_nothing_and_says_so(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path)
    path = mugs.drop("a.csv", GOOD)
    mugs.load(path)
    before = mugs.state()
    again = mugs.load(path.rename(path.with_name("renamed.csv")))
    assert again.already_loaded
    assert again.known_files == ("renamed.csv",)
    assert "Nothing to do" in again.summary("en")
    assert mugs.state() == before


def test_the_same_rows_in_another_file_are_unchanged(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path)
    mugs.load(mugs.drop("a.csv", GOOD))
    before = mugs.content("order_lines", "orders")
    report = mugs.load(mugs.drop("b.csv", GOOD + "C,jug,2024-03-05,1,7\n"))
    assert table(report, "order_lines") == (3, 1, 2, 0)
    assert mugs.content("order_lines")["order_lines"][:2] == before["order_lines"]
    assert mugs.rows("SELECT count(*) FROM order_lines") == [(3,)]


def test_a_changed_row_replaces_the_old_one_and_carries_its_load(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path)
    mugs.load(mugs.drop("a.csv", GOOD))
    report = mugs.load(mugs.drop("b.csv", GOOD.replace("20.50", "19.00")))
    assert table(report, "order_lines") == (2, 1, 1, 0)
    assert mugs.rows("SELECT payable_amount, load_id, source_line FROM order_lines WHERE order_id = 'B'") == [
        (Decimal("19.0000"), report.load_id, 2)
    ]


def test_a_row_that_moves_to_another_day_leaves_no_copy_behind(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path)
    mugs.load(mugs.drop("a.csv", GOOD))
    mugs.load(mugs.drop("b.csv", GOOD.replace("2024-03-02", "2024-07-09")))
    assert mugs.rows("SELECT ordered_day FROM order_lines ORDER BY 1") == [
        (dt.date(2024, 3, 1),),
        (dt.date(2024, 7, 9),),
    ]
    assert mugs.rows("SELECT ordered_day FROM orders WHERE order_id = 'B'") == [(dt.date(2024, 7, 9),)]


def test_a_better_mapping_reads_a_known_file_again(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path)
    path = mugs.drop("a.csv", GOOD)
    mugs.load(path)
    mugs.map(LINES + 'paid_at = "day"\n')
    report = mugs.load(path)
    assert table(report, "order_lines") == (2, 2, 0, 0)
    assert mugs.rows("SELECT DISTINCT status FROM orders") == [("paid",)]


def test_a_row_at_fault_is_set_aside_whole_and_the_rest_is_loaded(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path)
    report = mugs.load(mugs.drop("a.csv", GOOD + "C,jug,2024-03-05,some,7\n,jug,2024-03-05,1,7\n"))
    assert table(report, "order_lines") == (4, 2, 0, 2)
    assert report.quarantined == 2
    assert mugs.rows("SELECT source_line, column_name, reason, received, raw, day FROM quarantine ORDER BY 1") == [
        (3, "quantity", "not a valid quantity", "some",
         '{"order":"C","sku":"jug","day":"2024-03-05","qty":"some","paid":"7"}', dt.date(2024, 3, 5)),
        (4, "order_id", "empty, and needed", None,
         '{"order":null,"sku":"jug","day":"2024-03-05","qty":"1","paid":"7"}', dt.date(2024, 3, 5)),
    ]  # fmt: skip


def test_the_ledger_says_where_every_row_went(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path)
    report = mugs.load(mugs.drop("a.csv", GOOD + "C,jug,2024-03-05,some,7\n"))
    assert mugs.rows("SELECT loaded_by, source, snapshot FROM loads") == [("alice", "lines", report.snapshot)]
    assert report.snapshot == mugs.lake.snapshot()
    ledger = mugs.rows("SELECT table_name, rows_read, rows_loaded, rows_unchanged, rows_quarantined FROM load_files")
    assert all(read == loaded + unchanged + held for _, read, loaded, unchanged, held in ledger)
    assert ("order_lines", 3, 2, 0, 1) in ledger


def test_rows_that_no_condition_takes_are_set_aside(tmp_path: Path) -> None:
    mugs = ShopFolder(
        tmp_path, LINES.replace('order_id = "order"', 'where = """"order" LIKE \'A%\'"""\norder_id = "order"')
    )
    report = mugs.load(mugs.drop("a.csv", GOOD))
    assert table(report, "") == (1, 0, 0, 1)
    assert mugs.rows("SELECT source_line, reason FROM quarantine") == [(2, "no table of this mapping takes this row")]


def test_equal_lines_of_an_order_are_kept_and_reported(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path)
    report = mugs.load(mugs.drop("a.csv", HEADER + "A,mug,2024-03-01,1,10\n" * 3))
    assert mugs.rows("SELECT line_no FROM order_lines ORDER BY 1") == [(1,), (2,), (3,)]
    assert [(note.topic, note.rows) for note in report.notes] == [("ingest.duplicate_rows", 2)]


def test_of_two_rows_with_one_key_the_last_wins_and_the_first_says_so(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path, REFUNDS)
    rows = "refund,order,at,amount\nR1,A,2024-03-01,5\nR1,A,2024-03-01,5\nR1,A,2024-03-01,6\n"
    report = mugs.load(mugs.drop("refunds.csv", rows))
    assert table(report, "refunds") == (3, 1, 0, 2)
    assert mugs.rows("SELECT amount, source_line FROM refunds") == [(Decimal("6.0000"), 3)]
    assert mugs.rows("SELECT source_line, reason FROM quarantine ORDER BY 1") == [
        (1, "superseded by line 3"), (2, "superseded by line 3"),
    ]  # fmt: skip


@pytest.mark.parametrize("first", ["shipments.csv", "orders.csv"])
def test_a_parcel_takes_the_day_of_its_order_whichever_comes_first(first: str, tmp_path: Path) -> None:
    """The day of the order, not of the parcel: returns are set against what their orders' cohort shipped."""
    mugs = ShopFolder(tmp_path, LINES.replace('files = "*"', 'files = "orders*"') + PARCELS)
    mugs.drop("orders.csv", HEADER + "A,mug,2024-03-01,1,10\n")
    mugs.drop(
        "shipments.csv", "parcel,order,due,sent,qty\nP1,A,2024-03-04,2024-03-03,1\nP2,Z,2024-03-04,2024-03-03,1\n"
    )
    second = "orders.csv" if first == "shipments.csv" else "shipments.csv"
    for name in (first, second):
        mugs.load(mugs.inbox / name)
    assert mugs.rows("SELECT shipment_id, CAST(ordered_day AS VARCHAR) FROM shipments ORDER BY 1") == [
        ("P1", "2024-03-01"), ("P2", None),
    ]  # fmt: skip


def test_a_later_file_of_one_load_corrects_an_earlier_one_and_asks_nothing_of_anybody(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path, REFUNDS)
    header = "refund,order,at,amount\n"
    june = mugs.drop("refunds_june.csv", header + "R1,A,2024-03-01,5\nR2,A,2024-03-01,7\n")
    report = mugs.load(june, mugs.drop("refunds_later.csv", header + "R1,A,2024-03-01,6\nR2,A,2024-03-01,7\n"))
    assert table(report, "refunds") == (4, 2, 1, 1)
    assert mugs.rows("SELECT refund_id, amount FROM refunds ORDER BY 1") == [("R1", Decimal(6)), ("R2", Decimal(7))]
    assert mugs.rows("SELECT source_line, reason, resolved FROM quarantine") == [
        (1, "superseded by line 1 of a later file", "superseded"),
    ]  # fmt: skip


def test_an_order_split_over_files_is_not_overwritten_in_silence(tmp_path: Path) -> None:
    """Lines numbered by us: the second file's first line would otherwise replace the first file's."""
    mugs = ShopFolder(tmp_path)
    mugs.load(mugs.drop("a.csv", HEADER + "A,mug,2024-03-01,1,10\n"))
    report = mugs.load(mugs.drop("b.csv", HEADER + "A,jug,2024-03-01,1,30\n"))
    assert table(report, "order_lines") == (1, 0, 0, 1)
    assert mugs.rows("SELECT sku_id FROM order_lines") == [("mug",)]
    other = ShopFolder(tmp_path / "both")
    both = other.load(
        other.drop("a.csv", HEADER + "A,mug,2024-03-01,1,10\n"), other.drop("b.csv", HEADER + "A,jug,2024-03-01,1,30\n")
    )
    assert table(both, "order_lines") == (2, 1, 0, 1)
    assert other.rows("SELECT sku_id FROM order_lines") == [("mug",)]


def test_lines_take_buyer_channel_and_days_from_their_order(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path, ORDERS + BARE_LINES)
    mugs.drop("orders.csv", "order,at,buyer,channel,paid_at,status\nA,2024-03-01 09:00,Li,app,2024-03-02 09:00,paid\n")
    mugs.drop("lines.csv", "order,sku,qty,paid\nA,mug,1,10\nZ,mug,1,10\n")
    report = mugs.load()
    assert table(report, "order_lines") == (2, 1, 0, 1)
    assert mugs.rows("SELECT customer_id, channel_id, ordered_day, paid_day FROM order_lines") == [
        ("Li", "app", dt.date(2024, 3, 1), dt.date(2024, 3, 2))
    ]
    assert mugs.rows("SELECT reason, received FROM quarantine") == [("its order is not known", "Z")]


@pytest.mark.parametrize("lines_first", [True, False])
def test_an_order_paid_later_pays_its_lines_in_the_same_snapshot(tmp_path: Path, lines_first: bool) -> None:
    lines = LINES.replace('files = "*"', 'files = "sold*"')
    mugs = ShopFolder(tmp_path, ORDERS + lines)
    placed = mugs.drop("orders1.csv", "order,at,buyer,channel,paid_at,status\nA,2024-03-01,Li,app,,placed\n")
    sold = mugs.drop("sold.csv", HEADER + "A,mug,2024-03-01,1,10\nB,cup,2024-03-01,1,5\n")
    for path in (sold, placed) if lines_first else (placed, sold):
        mugs.load(path)
    assert mugs.rows("SELECT order_id, customer_id, paid_day FROM order_lines ORDER BY 1") == [
        ("A", "Li", None),
        ("B", None, None),
    ]
    paid = mugs.load(
        mugs.drop("orders2.csv", "order,at,buyer,channel,paid_at,status\nA,2024-03-01,Wang,app,2024-03-09,paid\n")
    )
    assert mugs.rows("SELECT order_id, customer_id, paid_day FROM order_lines ORDER BY 1") == [
        ("A", "Wang", dt.date(2024, 3, 9)), ("B", None, None),
    ]  # fmt: skip
    assert mugs.lake.snapshot() == paid.snapshot
    again = mugs.load(mugs.drop("sold again.csv", HEADER + "B,cup,2024-03-01,1,5\nA,mug,2024-03-01,1,10\n"))
    assert table(again, "order_lines") == (2, 0, 2, 0)
    assert mugs.rows("SELECT status FROM orders ORDER BY order_id") == [("paid",), ("placed",)]


def test_a_derived_order_never_overwrites_a_stated_one(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path, ORDERS + LINES.replace('files = "*"', 'files = "sold*"'))
    mugs.load(
        mugs.drop("orders.csv", "order,at,buyer,channel,paid_at,status\nA,2024-03-01,Li,app,2024-03-02,completed\n")
    )
    mugs.load(mugs.drop("sold.csv", HEADER + "A,mug,2024-03-01,1,10\n"))
    assert mugs.rows("SELECT status, customer_id FROM orders") == [("completed", "Li")]


def test_refunds_join_the_day_of_their_order_whichever_comes_first(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path, ORDERS + REFUNDS)
    refund = mugs.drop("refunds.csv", "refund,order,at,amount\nR1,A,2024-04-01,5\n")
    order = mugs.drop("orders.csv", "order,at,buyer,channel,paid_at,status\nA,2024-03-01,Li,app,2024-03-02,paid\n")
    mugs.load(refund)
    assert mugs.rows("SELECT ordered_day FROM refunds") == [(None,)]
    mugs.load(order)
    assert mugs.rows("SELECT ordered_day, customer_id FROM refunds") == [(dt.date(2024, 3, 1), "Li")]
    other = ShopFolder(tmp_path / "other", ORDERS + REFUNDS)
    other.load(other.drop("orders.csv", order.read_bytes()))
    other.load(other.drop("refunds.csv", refund.read_bytes()))
    assert other.content("refunds") == mugs.content("refunds")


def test_a_file_that_speaks_for_fewer_columns_leaves_the_others_alone(tmp_path: Path) -> None:
    columns = 'order_id = "order"\nordered_at = "at"\npaid_at = "paid_at"\n'
    payments = f'\n[[source]]\nname = "pay"\nfiles = "pay*"\n[source.orders]\n{columns}'
    mugs = ShopFolder(tmp_path, ORDERS + payments)
    mugs.load(mugs.drop("orders.csv", "order,at,buyer,channel,paid_at,status\nA,2024-03-01,Li,app,,placed\n"))
    mugs.load(mugs.drop("pay.csv", "order,at,paid_at\nA,2024-03-01,2024-03-05\n"))
    assert mugs.rows("SELECT customer_id, channel_id, paid_day, status FROM orders") == [
        ("Li", "app", dt.date(2024, 3, 5), "placed")
    ]


def test_a_file_of_lines_may_state_its_orders_and_articles_on_every_line(tmp_path: Path) -> None:
    orders = '[source.orders]\norder_id = "order"\nordered_at = "day"\nnote = "note"\n'
    products = '[source.products]\nsku_id = "sku"\nname = "title"\n'
    mugs = ShopFolder(tmp_path, LINES + orders + products)
    rows = (
        "order,sku,day,qty,paid,note,title\n"
        "A,mug,2024-03-01,1,10,gift,Mug\nA,cup,2024-03-01,1,10,,Cup\nB,mug,2024-03-01,1,10,,Blue mug\n"
    )
    report = mugs.load(mugs.drop("a.csv", rows))
    assert table(report, "orders") == (3, 2, 1, 0)
    assert table(report, "products") == (3, 2, 1, 0)
    assert mugs.rows("SELECT order_id, note FROM orders ORDER BY 1") == [("A", "gift"), ("B", None)]
    assert mugs.rows("SELECT sku_id, name FROM products ORDER BY 1") == [("cup", "Cup"), ("mug", "Blue mug")]


def test_days_belong_to_the_zone_of_the_shop(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path)
    mugs.load(mugs.drop("a.csv", HEADER + "A,mug,2024-03-01 23:30,1,10\nB,mug,2024-03-01T23:30:00Z,1,10\n"))
    assert mugs.rows("SELECT order_id, ordered_day, epoch(ordered_at) FROM order_lines ORDER BY 1") == [
        ("A", dt.date(2024, 3, 1), dt.datetime(2024, 3, 1, 15, 30, tzinfo=dt.UTC).timestamp()),
        ("B", dt.date(2024, 3, 2), dt.datetime(2024, 3, 1, 23, 30, tzinfo=dt.UTC).timestamp()),
    ]


def test_expressions_may_fail_on_one_row_without_failing_the_load(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path, LINES.replace('"paid"', "{ sql = 'CAST(paid AS INTEGER) * number(qty)' }"))
    report = mugs.load(mugs.drop("a.csv", HEADER + "A,mug,2024-03-01,2,10\nB,cup,2024-03-02,1,ten\n"))
    assert table(report, "order_lines") == (2, 1, 0, 1)
    assert mugs.rows("SELECT payable_amount FROM order_lines") == [(Decimal("20.0000"),)]
    assert mugs.rows("SELECT source_line, reason FROM quarantine") == [(2, "its expression fails on this row")]


def test_a_second_writer_waits_then_says_who_is_writing(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path, head='[shop]\nid = "mugs"\nname = "Mugs"\n[warehouse]\nlock_timeout_seconds = 0.2\n')
    path = mugs.drop("a.csv", GOOD)
    other = ShopFolder.__new__(ShopFolder)
    other.__dict__.update(folder=tmp_path, head=mugs.head, inbox=mugs.inbox)
    with mugs.lake.writing("bob", "a long repair"), pytest.raises(WarehouseBusy, match="bob: a long repair"):
        other.load(path)
    assert not other.load(path).already_loaded


def test_bare_rows_are_made_for_what_facts_name_and_never_overwrite(tmp_path: Path) -> None:
    products = '\n[[source]]\nname = "p"\nfiles = "p*"\n[source.products]\nsku_id = "sku"\nname = "name"\n'
    mugs = ShopFolder(tmp_path, LINES.replace('files = "*"', 'files = "sold*"') + products)
    mugs.load(mugs.drop("p.csv", "sku,name\nmug,Mug\n"))
    mugs.load(mugs.drop("sold.csv", GOOD))
    assert mugs.rows("SELECT sku_id, name FROM products ORDER BY 1") == [("cup", None), ("mug", "Mug")]
    assert mugs.rows("SELECT shop_id, name, platform_id, currency, timezone FROM shops") == [
        ("mugs", "Mugs", "own", "CNY", "Asia/Shanghai")
    ]


def test_a_file_whose_raw_copy_is_gone_is_read_again(tmp_path: Path) -> None:
    """Without its copy it could be neither replayed nor released: what is loaded already stays as it is."""
    mugs = ShopFolder(tmp_path)
    path = mugs.drop("a.csv", GOOD)
    mugs.load(path)
    before = mugs.content("orders", "order_lines")
    (copy,) = (tmp_path / "data" / "raw").glob("*.parquet")
    copy.unlink()
    again = mugs.load(path)
    assert (again.already_loaded, again.loaded) == (False, 0)
    assert copy.exists()
    assert mugs.content("orders", "order_lines") == before
    assert mugs.load(path).already_loaded
