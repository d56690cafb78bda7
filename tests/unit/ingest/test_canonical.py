"""Files whose headings are our own columns: recognised exactly, refused by name when something is wrong, gaps filled as said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import combinations
from pathlib import Path

import pytest

from shopkeeper.errors import NotFound, SourceError
from shopkeeper.ingest.canonical import LAYOUTS, canonical_mapping, heading, layout_table
from shopkeeper.ingest.plan import SourceMapping
from tests.shop_folders import ShopFolder

ORDER = ["order_id 订单号", "ordered_at 下单时间", "payable_amount 应付金额"]


def table_of(mapping: SourceMapping | None) -> str:
    assert mapping is not None
    return mapping.tables[0].name


# --- what a file is ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        ORDER,
        ["order_id", "ordered_at", "payable_amount"],
        ["订单号", "下单时间", "应付金额"],
        ["ORDER_ID  订单号 ", "Ordered_At", "应付金额"],
    ],
)
def test_full_headings_identifiers_and_words_are_known_in_any_case(headers: list[str]) -> None:
    assert table_of(canonical_mapping(headers, "march", shop_id="mugs")) == "orders"


@pytest.mark.parametrize(
    "headers",
    [
        ["订单编号", "订单创建时间", "买家应付货款"],
        ["订单号", "下单时间", "应付金额", "京东价"],
        ["order_id", "ordered_at", "payable_amount", "colour"],
        ["orderid", "ordered at"],
        ["order_id"],
        ["column_1", "column_2"],
    ],
)
def test_words_that_are_not_all_of_one_table_are_left_to_others(headers: list[str]) -> None:
    assert canonical_mapping(headers, "orders", shop_id="mugs") is None


def test_a_file_without_a_shop_is_no_layout_unless_the_caller_says_whose_it_is() -> None:
    assert canonical_mapping(["order_id", "ordered_at"], "orders") is None
    with pytest.raises(SourceError, match="also shop_id 店铺编号"):
        canonical_mapping(ORDER, "orders")


def test_an_exported_table_is_read_again_without_its_origin() -> None:
    headers = [*LAYOUTS["calendar"].column_names, "load_id", "file_hash", "source_line"]
    found = canonical_mapping(headers, "calendar")
    assert found is not None
    assert list(found.tables[0].columns) == ["day", "name", "kind"]


def test_no_headings_fit_two_tables_of_the_model() -> None:
    for one, other in combinations(LAYOUTS.values(), 2):
        both = [column for column in one.column_names if column in other.column_names]
        if both:
            canonical_mapping(both, "export", shop_id="mugs")  # would name the two


@pytest.fixture
def twins(monkeypatch: pytest.MonkeyPatch) -> Sequence[str]:
    """Two tables that take the same headings."""
    names = ("hauls", "hauls_old")
    shape = LAYOUTS["orders"]
    columns = tuple(shape.column(name) for name in ("shop_id", "order_id", "ordered_day"))
    for name in names:
        monkeypatch.setitem(LAYOUTS, name, replace(shape, name=name, columns=columns))
    monkeypatch.delitem(LAYOUTS, "orders")
    return names


def test_tables_with_the_same_headings_are_named_unless_the_file_or_sheet_is(twins: Sequence[str]) -> None:
    headers = ["order_id", "ordered_day"]
    with pytest.raises(SourceError, match="hauls, hauls_old"):
        canonical_mapping(headers, "export", shop_id="mugs")
    for stem, sheet, wanted in (
        ("hauls", "", "hauls"), ("hauls-2024-03", "", "hauls"), ("Hauls_old (2)", "", "hauls_old"),
        ("hauls", "hauls_old", "hauls_old"),
    ):  # fmt: skip
        read = canonical_mapping(headers, stem, sheet, "mugs")
        assert read is not None
        assert read.name == f"template_{wanted}"
        assert read.sheet == sheet
    with pytest.raises(SourceError, match="several tables"):
        canonical_mapping(headers, "haulsmen", shop_id="mugs")


# --- what is wrong with it --------------------------------------------------------------------------------------------


def test_an_unknown_column_beside_full_headings_is_refused_with_the_nearest() -> None:
    with pytest.raises(SourceError) as refused:
        canonical_mapping([*ORDER, "regoin", "order_tpye 订单类型"], "orders", shop_id="mugs")
    assert refused.value.received == "regoin, order_tpye 订单类型"
    assert "regoin: region 收货地区" in refused.value.allowed
    assert "order_tpye 订单类型: order_type 订单类型" in refused.value.allowed
    assert refused.value.where == "orders, read as orders"


def test_two_headings_of_one_column_are_refused() -> None:
    with pytest.raises(SourceError, match="two headings name the same column") as refused:
        canonical_mapping([*ORDER, "应付金额"], "orders", shop_id="mugs")
    assert refused.value.received == "payable_amount 应付金额, 应付金额"


def test_a_missing_needed_column_is_named() -> None:
    with pytest.raises(SourceError, match="a needed column is missing") as refused:
        canonical_mapping(["refund_id 退款单号", "refunded_at 退款时间"], "march", "refunds", "mugs")
    assert refused.value.allowed == "also amount 退款金额"
    assert refused.value.where == "march, sheet refunds, read as refunds"


def test_a_table_that_is_not_there_is_answered_with_the_nearest() -> None:
    with pytest.raises(NotFound, match="refunds"):
        layout_table("refund")


# --- how it is read ---------------------------------------------------------------------------------------------------


def csv(*lines: str) -> str:
    return "\n".join(lines) + "\n"


def test_notes_are_left_out_but_a_number_behind_a_hash_is_data(tmp_path: Path) -> None:
    shop = ShopFolder(tmp_path, "")
    rows = ("#,,", "# note,,", "#注释,,", "#1001,2024-03-05 10:00:00,5", "A2,2024-03-05 10:00:00,6")
    report = shop.load(shop.drop("orders.csv", csv(",".join(ORDER), *rows)))
    assert shop.rows("SELECT order_id FROM orders ORDER BY 1") == [("#1001",), ("A2",)]
    assert [(note.topic, note.rows) for note in report.notes] == [("ingest.note_rows", 3)]


def test_a_moment_and_its_day_fill_each_other(tmp_path: Path) -> None:
    shop = ShopFolder(tmp_path, "")
    heads = "order_id,ordered_at,ordered_day,paid_at,paid_day"
    shop.load(shop.drop("orders.csv", csv(heads, "A,2024-03-05 23:30:00,,2024-03-06 00:10:00,", "B,,2024-03-05,,")))
    found = shop.rows(
        "SELECT order_id, ordered_day::VARCHAR, strftime(ordered_at AT TIME ZONE 'Asia/Shanghai', '%d %H:%M'), "
        "paid_day::VARCHAR FROM orders ORDER BY 1"
    )
    assert found == [("A", "2024-03-05", "05 23:30", "2024-03-06"), ("B", "2024-03-05", "05 00:00", None)]


def test_neither_a_moment_nor_a_day_sets_the_row_aside(tmp_path: Path) -> None:
    shop = ShopFolder(tmp_path, "")
    report = shop.load(shop.drop("orders.csv", csv("order_id,ordered_at,ordered_day", "A,2024-03-05 23:30:00,", "B,,")))
    assert report.quarantined == 1
    assert shop.rows("SELECT source_line, reason FROM quarantine") == [(2, "empty, and needed")]


def test_an_empty_shop_is_this_one_and_an_empty_campaign_none(tmp_path: Path) -> None:
    shop = ShopFolder(tmp_path, "")
    heads = "shop_id 店铺编号,spent_day,channel_id,campaign_id,amount"
    shop.load(shop.drop("spend.csv", csv(heads, ",2024-03-05,qianchuan,,860.50", 'jd-1,2024-03-05,jzt,P7,"1,000"')))
    assert shop.rows("SELECT shop_id, campaign_id, ad_id, amount FROM ad_spend ORDER BY amount") == [
        ("mugs", "", "", Decimal("860.5000")),
        ("jd-1", "P7", "", Decimal("1000.0000")),
    ]


def test_codes_may_be_written_in_chinese_and_others_are_set_aside(tmp_path: Path) -> None:
    shop = ShopFolder(tmp_path, "")
    rows = ("A,2024-03-05,已支付", "B,2024-03-05,paid", "C,2024-03-05,payed")
    report = shop.load(shop.drop("orders.csv", csv("order_id,ordered_day,status", *rows)))
    assert shop.rows("SELECT order_id, status FROM orders ORDER BY 1") == [("A", "paid"), ("B", "paid")]
    assert report.quarantined == 1


def test_lines_without_numbers_are_counted_when_their_column_is_deleted(tmp_path: Path) -> None:
    shop = ShopFolder(tmp_path, "")
    heads = [heading(LAYOUTS["order_lines"], LAYOUTS["order_lines"].column(name))
             for name in ("order_id", "sku_id", "ordered_at", "quantity", "payable_amount")]  # fmt: skip
    rows = ("A,mug,2024-03-05 10:00:00,1,10", "A,cup,2024-03-05 10:00:00,2,20.50")
    shop.load(shop.drop("march.csv", csv(",".join(heads), *rows)))
    assert shop.rows("SELECT line_no, sku_id, payable_amount FROM order_lines ORDER BY 1") == [
        (1, "mug", Decimal("10.0000")),
        (2, "cup", Decimal("20.5000")),
    ]
    assert shop.rows("SELECT shop_id, order_id FROM orders") == [("mugs", "A")]
