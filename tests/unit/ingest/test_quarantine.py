"""Rows set aside as records: found by filters, corrected beside the original, dropped on purpose, all with who and when."""

from __future__ import annotations

from pathlib import Path

import pytest

from shopkeeper.errors import NotFound, SourceError, UsageError
from shopkeeper.ingest.quarantine import (
    Wanted,
    actions_of,
    discard,
    edit,
    held_row,
    held_rows,
    pairs,
    reasons,
)
from shopkeeper.warehouse.raw import RawStore
from tests.shop_folders import GOOD, HEADER, ShopFolder
from tests.unit.ingest.workbooks import workbook

BAD = GOOD + "C,jug,2024-03-05,some,7\n,jug,2024-03-05,1,7\nD,jug,2024-03-06,many,7\n"


@pytest.fixture
def mugs(tmp_path: Path) -> ShopFolder:
    made = ShopFolder(tmp_path)
    made.load(made.drop("a.csv", BAD))
    return made


def test_rows_are_listed_by_file_and_line_with_the_row_as_it_was_read(mugs: ShopFolder) -> None:
    rows = held_rows(mugs.lake, Wanted())
    assert [(r.file_name, r.source_line, r.table, r.column, r.received) for r in rows] == [
        ("a.csv", 3, "order_lines", "quantity", "some"),
        ("a.csv", 4, "order_lines", "order_id", None),
        ("a.csv", 5, "order_lines", "quantity", "many"),
    ]
    assert rows[0].raw == {"order": "C", "sku": "jug", "day": "2024-03-05", "qty": "some", "paid": "7"}
    assert {r.status for r in rows} == {"open"}


def test_reasons_are_counted_most_first(mugs: ShopFolder) -> None:
    counted = reasons(mugs.lake, Wanted())
    assert [(one.column, one.reason, one.rows) for one in counted] == [
        ("quantity", "not a valid quantity", 2), ("order_id", "empty, and needed", 1),
    ]  # fmt: skip


def test_filters_narrow_rows_and_reasons_alike(mugs: ShopFolder) -> None:
    second = mugs.load(mugs.drop("b.csv", HEADER + "E,jug,2024-03-07,1,1\nF,jug,soon,1,1\n"))
    for wanted, lines in [
        (Wanted(load=second.load_id), [2]),
        (Wanted(reason="NOT A VALID"), [2, 3, 5]),
        (Wanted(table="refunds"), []),
        (Wanted(status="released"), []),
    ]:
        assert sorted(row.source_line for row in held_rows(mugs.lake, wanted)) == lines
        assert sum(one.rows for one in reasons(mugs.lake, wanted)) == len(lines)
    assert len(held_rows(mugs.lake, Wanted(), limit=2)) == 2


def test_an_id_is_short_and_the_same_when_the_file_is_read_again(mugs: ShopFolder) -> None:
    before = [row.id for row in held_rows(mugs.lake, Wanted())]
    assert all(len(row_id) == 10 and row_id.startswith("q") for row_id in before)
    mugs.map(mugs.folder.joinpath("shopkeeper.toml").read_text().removeprefix(mugs.head) + 'paid_at = "day"\n')
    mugs.load()
    assert [row.id for row in held_rows(mugs.lake, Wanted())] == before


def test_a_correction_stands_beside_the_untouched_original(mugs: ShopFolder) -> None:
    first = held_rows(mugs.lake, Wanted())[0]
    edit(mugs.shop, first.id, {"qty": "3"}, by="bob")
    row = edit(mugs.shop, first.id, {"QTY": "4", "paid": ""}, by="alice")
    assert row.status == "edited"
    assert row.edits == {"qty": "4", "paid": ""}
    assert row.raw == first.raw
    assert [(a.by, a.action, a.edits) for a in actions_of(mugs.lake, row)] == [
        ("bob", "edited", {"qty": "3"}), ("alice", "edited", {"qty": "4", "paid": ""}),
    ]  # fmt: skip
    assert mugs.rows("SELECT count(*) FROM order_lines") == [(2,)], "nothing is loaded before the release"


def test_a_header_that_the_file_lacks_is_named_with_the_nearest(mugs: ShopFolder) -> None:
    row = held_rows(mugs.lake, Wanted())[0]
    with pytest.raises(NotFound, match="did you mean order") as told:
        edit(mugs.shop, row.id, {"oder": "X"}, by="bob")
    assert "a.csv, line 3" in told.value.where
    with pytest.raises(UsageError, match="no correction"):
        edit(mugs.shop, row.id, {}, by="bob")
    assert held_row(mugs.lake, row.id).status == "open"


def test_a_typed_column_takes_only_values_of_its_type(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path)
    rows = [
        ["order", "sku", "day", "qty", "paid"],
        ["A", "mug", "2024-03-01", 1, 10.5],
        [None, "cup", "2024-03-01", 2, 3.25],
    ]
    path = mugs.drop("a.xlsx", workbook({"S": rows}))
    mugs.load(path)
    row = held_rows(mugs.lake, Wanted())[0]
    with pytest.raises(UsageError, match="no such value"):
        edit(mugs.shop, row.id, {"paid": "much"}, by="bob")
    assert edit(mugs.shop, row.id, {"paid": "4.75", "order": "B"}, by="bob").edits == {"paid": "4.75", "order": "B"}


def test_an_id_that_is_not_there_is_named(mugs: ShopFolder) -> None:
    with pytest.raises(NotFound, match="no row set aside has this name"):
        held_row(mugs.lake, "qnothing")


def test_a_missing_raw_copy_says_which_file_to_drop_again(mugs: ShopFolder) -> None:
    row = held_rows(mugs.lake, Wanted())[0]
    RawStore(mugs.shop.data_dir).path(row.file_hash).unlink()
    with pytest.raises(SourceError, match=r"raw copy of a file is missing.*a\.csv"):
        edit(mugs.shop, row.id, {"qty": "1"}, by="bob")


def test_discarded_rows_are_kept_marked_with_who_and_why(mugs: ShopFolder) -> None:
    first, second, _ = held_rows(mugs.lake, Wanted())
    dropped = discard(mugs.shop, [first.id, second.id, first.id], "test orders", by="alice")
    assert [row.status for row in dropped] == ["discarded", "discarded"]
    assert len(held_rows(mugs.lake, Wanted())) == 1
    assert mugs.rows("SELECT count(*) FROM quarantine") == [(3,)]
    assert [(a.by, a.action, a.reason) for a in actions_of(mugs.lake, first)] == [("alice", "discarded", "test orders")]
    with pytest.raises(UsageError, match="does not wait any more"):
        discard(mugs.shop, [first.id], "again", by="alice")


def test_a_discard_without_a_reason_or_with_one_wrong_id_changes_nothing(mugs: ShopFolder) -> None:
    first = held_rows(mugs.lake, Wanted())[0]
    before = mugs.state()
    with pytest.raises(UsageError, match="for a reason"):
        discard(mugs.shop, [first.id], "  ", by="alice")
    with pytest.raises(NotFound):
        discard(mugs.shop, [first.id, "qnothing"], "test", by="alice")
    assert mugs.state() == before


def test_correcting_a_discarded_row_lets_it_wait_again(mugs: ShopFolder) -> None:
    first = held_rows(mugs.lake, Wanted())[0]
    discard(mugs.shop, [first.id], "a slip", by="alice")
    assert edit(mugs.shop, first.id, {"qty": "2"}, by="alice").status == "edited"


def test_corrections_are_read_from_header_and_value() -> None:
    assert pairs(["qty=3", "a=b=c", "empty="]) == {"qty": "3", "a": "b=c", "empty": ""}
    for wrong in ("qty", "=3"):
        with pytest.raises(UsageError, match="another form"):
            pairs([wrong])
