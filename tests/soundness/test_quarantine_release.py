"""Rows that were set aside come into the warehouse once, whole, by the mapping of their load; nothing else is touched or lost."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from shopkeeper.errors import ConfigError, UsageError
from shopkeeper.ingest import assembly
from shopkeeper.ingest import release as releasing
from shopkeeper.ingest.quarantine import Wanted, actions_of, discard, edit, held_row, held_rows
from shopkeeper.ingest.release import ReleaseReport, release
from shopkeeper.kpi.catalogue import MEASURES
from shopkeeper.views.ledger import quarantine_counts, quarantined_rows
from tests.shop_folders import GOOD, HEADER, LINES, ShopFolder

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
SPLIT = (
    HEADER + "X,mug,2024-03-01,1,10.01\n,cup,2024-03-01,1,5.02\nX,jug,2024-03-01,1,7.04\nY,pot,2024-03-01,some,3.08\n"
)
LINES_SQL = "SELECT order_id, line_no, sku_id, payable_amount, source_line FROM order_lines ORDER BY ALL"


def ids(mugs: ShopFolder) -> list[str]:
    return [row.id for row in held_rows(mugs.lake, Wanted())]


def adds_up(mugs: ShopFolder, report: ReleaseReport) -> dict[str, tuple[int, int, int, int]]:
    """The ledger's rows of a release by table, each adding up; the lake's snapshot is the load's."""
    rows = mugs.rows(
        "SELECT table_name, rows_read, rows_loaded, rows_unchanged, rows_quarantined FROM load_files "
        f"WHERE load_id = '{report.load_id}'"
    )
    assert all(read == loaded + unchanged + held for _, read, loaded, unchanged, held in rows)
    assert mugs.rows(f"SELECT snapshot FROM loads WHERE load_id = '{report.load_id}'") == [(mugs.lake.snapshot(),)]
    return {row[0]: row[1:] for row in rows}


def test_a_released_row_is_loaded_once_with_the_line_of_its_file(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path)
    mugs.load(mugs.drop("a.csv", GOOD + "C,jug,2024-03-05,some,7.77\n"))
    before = mugs.lake.snapshot()
    (row,) = held_rows(mugs.lake, Wanted())
    edit(mugs.shop, row.id, {"qty": "2"}, by="bob")
    report = release(mugs.shop, ids=[row.id], by="bob")
    told = "SELECT order_id, quantity, payable_amount, load_id, file_hash, source_line FROM order_lines WHERE order_id = 'C'"
    assert mugs.rows(told) == [("C", Decimal(2), Decimal("7.77"), report.load_id, row.file_hash, 3)]
    assert mugs.rows("SELECT sum(payable_amount), count(*) FROM order_lines") == [(Decimal("38.27"), 3)]
    assert mugs.rows("SELECT count(*) FROM orders") == [(3,)]
    assert adds_up(mugs, report)["order_lines"] == (1, 1, 0, 0)
    assert mugs.lake.snapshot() == before + 2, "one snapshot for the correction, one for the release"
    assert held_row(mugs.lake, row.id).status == "released"
    assert held_rows(mugs.lake, Wanted()) == ()
    assert quarantine_counts(mugs.lake) == ()
    assert quarantined_rows(mugs.lake) == ()
    with pytest.raises(UsageError, match="does not wait any more"):
        release(mugs.shop, ids=[row.id], by="bob")


def test_a_line_put_into_an_order_pushes_the_later_lines_on_and_loses_none(tmp_path: Path) -> None:
    """Lines are numbered in file order: the corrected second line takes the number that the third had."""
    mugs = ShopFolder(tmp_path)
    mugs.load(mugs.drop("a.csv", SPLIT))
    edit(mugs.shop, ids(mugs)[0], {"order": "X"}, by="bob")
    report = release(mugs.shop, all_edited=True, by="bob")
    assert mugs.rows(LINES_SQL) == [
        ("X", 1, "mug", Decimal("10.01"), 1), ("X", 2, "cup", Decimal("5.02"), 2), ("X", 3, "jug", Decimal("7.04"), 3),
    ]  # fmt: skip
    assert adds_up(mugs, report)["order_lines"] == (3, 2, 1, 0)
    whole = ShopFolder(tmp_path / "whole")
    whole.load(whole.drop("a.csv", SPLIT.replace("\n,cup", "\nX,cup")))
    assert mugs.content("order_lines", "orders", "products") == whole.content("order_lines", "orders", "products")


def test_a_row_that_fails_again_stays_with_its_new_reason(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path)
    mugs.load(mugs.drop("a.csv", SPLIT))
    first, second = ids(mugs)
    edit(mugs.shop, first, {"order": "X"}, by="bob")
    edit(mugs.shop, second, {"qty": "2", "day": "soon"}, by="bob")
    report = release(mugs.shop, all_edited=True, by="bob")
    assert ([row.id for row in report.released], [row.id for row in report.refused]) == ([first], [second])
    row = held_row(mugs.lake, second)
    assert (row.status, row.column, row.reason, row.received) == ("edited", "ordered_at", "not a valid instant", "soon")
    assert row.raw["qty"] == "some", "what was read stays as it was"
    assert [a.action for a in actions_of(mugs.lake, row)] == ["edited", "refused"]
    assert adds_up(mugs, report)["order_lines"] == (4, 2, 1, 1)
    edit(mugs.shop, second, {"day": "2024-03-01"}, by="bob")
    assert not release(mugs.shop, ids=[second], by="bob").refused
    assert mugs.rows("SELECT sum(payable_amount), count(*) FROM order_lines") == [(Decimal("25.15"), 4)]


def test_rows_wait_for_what_they_lacked_and_are_released_uncorrected(tmp_path: Path) -> None:
    """Lines whose order was not known go through once the orders are there."""
    orders = '[[source]]\nname = "orders"\nfiles = "orders*"\n[source.orders]\norder_id = "order"\nordered_at = "at"\n'
    bare = LINES.replace('files = "*"', 'files = "lines*"').replace('ordered_at = "day"\n', "")
    mugs = ShopFolder(tmp_path, orders + bare)
    lines = mugs.load(mugs.drop("lines.csv", GOOD))
    assert lines.quarantined == 2
    mugs.load(mugs.drop("orders.csv", "order,at\nA,2024-03-01\n"))
    report = release(mugs.shop, load=lines.load_id, by="bob")
    assert (len(report.released), len(report.refused)) == (1, 1)
    assert mugs.rows("SELECT order_id, payable_amount FROM order_lines") == [("A", Decimal(10))]
    adds_up(mugs, report)


def test_rows_of_several_files_are_released_in_one_snapshot(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path)
    mugs.load(mugs.drop("a.csv", GOOD + "C,jug,2024-03-05,some,1.11\n"))
    mugs.load(mugs.drop("b.csv", HEADER + "D,jug,2024-03-06,1,2\nE,jug,2024-03-06,many,2.22\n"))
    for row_id in ids(mugs):
        edit(mugs.shop, row_id, {"qty": "1"}, by="bob")
    before = mugs.lake.snapshot()
    report = release(mugs.shop, all_edited=True, by="bob")
    assert mugs.lake.snapshot() == before + 1
    told = (
        "SELECT order_id, file_name FROM order_lines JOIN (SELECT DISTINCT file_hash, file_name FROM load_files) "
        f"USING (file_hash) WHERE load_id = '{report.load_id}' ORDER BY 1"
    )
    assert mugs.rows(told) == [("C", "a.csv"), ("E", "b.csv")]
    assert mugs.rows("SELECT sum(payable_amount) FROM order_lines") == [(Decimal("35.83"),)]


def test_a_row_that_a_later_file_states_is_not_overwritten(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path, REFUNDS)
    mugs.load(mugs.drop("refunds1.csv", "refund,order,at,amount\nR0,A,2024-03-01,1\nR1,A,2024-03-01,five\n"))
    mugs.load(mugs.drop("refunds2.csv", "refund,order,at,amount\nR1,A,2024-03-01,6\n"))
    (row_id,) = ids(mugs)
    edit(mugs.shop, row_id, {"amount": "5"}, by="bob")
    report = release(mugs.shop, ids=[row_id], by="bob")
    assert [row.reason for row in report.refused] == ["a later file states this row"]
    assert mugs.rows("SELECT amount FROM refunds WHERE refund_id = 'R1'") == [(Decimal(6),)]
    adds_up(mugs, report)


def test_a_changed_mapping_is_said_and_used_only_when_asked(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path)
    path = mugs.drop("a.csv", GOOD + "C,jug,2024-03-05,some,7.77\n")
    mugs.load(path)
    edit(mugs.shop, ids(mugs)[0], {"qty": "2"}, by="bob")
    mugs.map(LINES.replace('payable_amount = "paid"', 'payable_amount = { column = "paid", scale = 2 }'))
    before = mugs.state()
    with pytest.raises(ConfigError, match=r"mapping has changed.*present-mapping"):
        release(mugs.shop, all_edited=True, by="bob")
    assert mugs.state() == before
    report = release(mugs.shop, all_edited=True, by="bob", present_mapping=True)
    assert report.present_mapping == ("a.csv",)
    assert mugs.rows("SELECT payable_amount FROM order_lines ORDER BY 1") == [
        (Decimal(10),), (Decimal("15.54"),), (Decimal("20.50"),)
    ]  # fmt: skip
    assert not mugs.load(path).already_loaded, "one row read by the new mapping is not the whole file"
    mugs.map("")
    edit(mugs.shop, ids(mugs)[0], {"qty": "2"}, by="bob")
    with pytest.raises(ConfigError, match=r"mapping that read this file is gone.*a\.csv"):
        release(mugs.shop, all_edited=True, by="bob")


@pytest.mark.parametrize("step", ["stage_all", "merge_all", "record_load", "log"])
def test_a_release_that_is_stopped_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    mugs = ShopFolder(tmp_path)
    mugs.load(mugs.drop("a.csv", SPLIT))
    edit(mugs.shop, ids(mugs)[0], {"order": "X"}, by="bob")
    before, lines = mugs.state(), mugs.rows(LINES_SQL)

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(assembly if step.endswith("_all") else releasing, step, stopped)
        with pytest.raises(KeyboardInterrupt):
            release(mugs.shop, all_edited=True, by="bob")
    assert (mugs.state(), mugs.rows(LINES_SQL)) == (before, lines)
    assert len(release(mugs.shop, all_edited=True, by="bob").released) == 1


def test_only_rows_that_wait_count_against_the_accuracy_of_the_data(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path)
    mugs.load(mugs.drop("a.csv", SPLIT))
    assert MEASURES["checks_run_quarantined"].where is not None
    first, second = ids(mugs)
    assert quarantine_counts(mugs.lake)[0].rows + quarantine_counts(mugs.lake)[1].rows == 2
    edit(mugs.shop, first, {"order": "X"}, by="bob")
    release(mugs.shop, ids=[first], by="bob")
    discard(mugs.shop, [second], "a test order", by="bob")
    assert quarantine_counts(mugs.lake) == ()
    assert mugs.rows("SELECT resolved, count(*) FROM quarantine GROUP BY 1 ORDER BY 1") == [
        ("discarded", 1), ("released", 1)
    ]  # fmt: skip


def test_nothing_to_release_is_said(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path)
    mugs.load(mugs.drop("a.csv", SPLIT))
    for asked in ({"all_edited": True}, {"load": "load_x"}, {}, {"all_edited": True, "load": "load_x"}):
        with pytest.raises(UsageError, match=r"no row waits there|say which rows"):
            release(mugs.shop, by="bob", **asked)  # type: ignore[arg-type]
