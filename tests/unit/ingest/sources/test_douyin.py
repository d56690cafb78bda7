"""Douyin: child orders, statements whose components add up, and advertising reports without day or campaign."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from shopkeeper.ingest.assembly import Job, load_jobs
from shopkeeper.ingest.layouts import Layout
from shopkeeper.ingest.report import LoadReport
from shopkeeper.ingest.sources.douyin.fixture import FIXTURES, FUNDS, ORDERS, OVERALL, SETTLEMENTS, STANDARD
from shopkeeper.ingest.sources.douyin.layout import FUND_FLOW, LAYOUTS, ORDER, QIANCHUAN, SETTLEMENT
from shopkeeper.ingest.sources.fixture import Fixture
from tests.tiny_shop import TinyShop, make_tiny


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[TinyShop]:
    shop = make_tiny(tmp_path / "shop")
    yield shop
    shop.shop.close()


def load(tiny: TinyShop, layout: Layout, fixture: Fixture, folder: Path) -> LoadReport:
    own = layout.matched(fixture.rows[0])
    assert own is not None
    mapping = layout.bound(own, tiny.shop.settings.shop, f"'{layout.platform}'", "2026-07-06")
    return load_jobs(tiny.shop, layout.id, [Job(fixture.written(folder), mapping, mapping.digest("tests"))], by="alice")


def without(fixture: Fixture, *headers: str) -> Fixture:
    kept = [place for place, header in enumerate(fixture.rows[0]) if header not in headers]
    return replace(fixture, rows=tuple(tuple(row[place] for place in kept) for row in fixture.rows))


def changed(fixture: Fixture, header: str, value: str, row: int) -> Fixture:
    """The fixture with another cell; row 1 is the first under the headers."""
    rows = [list(cells) for cells in fixture.rows]
    rows[row][fixture.rows[0].index(header)] = value
    return replace(fixture, rows=tuple(tuple(cells) for cells in rows))


def query(tiny: TinyShop, sql: str) -> list[tuple[object, ...]]:
    return tiny.shop.lake.query(sql).fetchall()


@pytest.mark.parametrize(
    ("layout", "fixture"), list(zip(LAYOUTS, FIXTURES, strict=True)), ids=[one.id for one in LAYOUTS]
)
def test_a_fixture_loads_to_the_cent(layout: Layout, fixture: Fixture, tiny: TinyShop, tmp_path: Path) -> None:
    report = load(tiny, layout, fixture, tmp_path)
    for name, count in fixture.loaded.items():
        assert query(tiny, f"SELECT count(*) FROM {name}") == [(count,)], name
    for place, total in fixture.totals.items():
        table, column = place.split(".")
        assert query(tiny, f"SELECT CAST(sum({column}) AS DECIMAL(18,4)) FROM {table}") == [(Decimal(total),)], place
    assert query(tiny, "SELECT count(*) FROM quarantine") == [(fixture.held,)]
    assert sum(note.rows or 0 for note in report.notes if note.topic == "ingest.note_rows") == fixture.notes


def test_each_layout_takes_its_own_fixture_only() -> None:
    for layout in LAYOUTS:
        assert [one.layout for one in FIXTURES if layout.matched(one.rows[0]) is not None] == [layout.id]


def test_child_orders_add_up_to_their_order(tiny: TinyShop, tmp_path: Path) -> None:
    load(tiny, ORDER, ORDERS, tmp_path)
    assert not query(
        tiny, "SELECT order_id FROM orders o JOIN order_lines l USING (order_id) "
        "GROUP BY order_id, o.payable_amount, o.freight_amount "
        "HAVING sum(l.payable_amount) <> o.payable_amount - o.freight_amount"
    )  # fmt: skip
    assert not query(
        tiny, "SELECT 1 FROM order_lines "
        "WHERE list_amount - discount_merchant - discount_platform - discount_influencer <> payable_amount"
    )  # fmt: skip


def test_an_export_without_payment_times_tells_by_its_status_what_is_paid(tiny: TinyShop, tmp_path: Path) -> None:
    bare = without(ORDERS, *ORDER.headers[21:])
    assert len(bare.rows[0]) == 21
    load(tiny, ORDER, bare, tmp_path)
    found = query(tiny, "SELECT order_id[-2:], status, paid_at = ordered_at FROM orders ORDER BY 1")
    assert found == [
        ("11", "completed", True), ("21", "shipped", True), ("31", "paid", True), ("41", "placed", None), ("51", "closed", None),
        ("61", "shipped", True), ("71", "paid", True),
    ]  # fmt: skip


def test_an_unknown_status_is_held_only_where_the_payment_depends_on_it(tiny: TinyShop, tmp_path: Path) -> None:
    strange = changed(ORDERS, "订单状态", "云仓处理", 5)
    load(tiny, ORDER, strange, tmp_path)
    assert query(tiny, "SELECT status FROM orders WHERE order_id LIKE '%41'") == [(None,)]
    load(tiny, ORDER, without(replace(strange, name="bare.csv"), "支付完成时间"), tmp_path)
    assert query(tiny, "SELECT DISTINCT received FROM quarantine WHERE column_name = 'paid_at'") == [
        ("订单状态 云仓处理",)
    ]


def test_a_later_export_in_another_order_changes_only_what_changed(tiny: TinyShop, tmp_path: Path) -> None:
    load(tiny, ORDER, ORDERS, tmp_path)
    before = query(tiny, "SELECT order_id, line_no, sku_id, payable_amount FROM order_lines ORDER BY ALL")
    later = changed(ORDERS, "订单状态", "已完成", 2)
    later = replace(later, name="later.csv", rows=(later.rows[0], *reversed(later.rows[1:])))
    report = load(tiny, ORDER, later, tmp_path)
    assert query(tiny, "SELECT order_id, line_no, sku_id, payable_amount FROM order_lines ORDER BY ALL") == before
    assert {table.table: table.loaded for table in report.tables}["order_lines"] == 0
    assert query(tiny, "SELECT status FROM orders WHERE order_id LIKE '%21'") == [("completed",)]


@pytest.mark.parametrize(("layout", "fixture", "whole"), [
    (SETTLEMENT, SETTLEMENTS, {"47.41", "1100.02", "88.00", "-8.00", "-87.12"}),
    (FUND_FLOW, FUNDS, {"1.84", "105.00", "59.50", "-27.00", "-5.00", "-1.20", "-1000.00", "-2.00"}),
], ids=["settlement", "fund_flow"])  # fmt: skip
def test_components_add_up_to_the_statement(
    layout: Layout, fixture: Fixture, whole: set[str], tiny: TinyShop, tmp_path: Path
) -> None:
    load(tiny, layout, fixture, tmp_path)
    sums = query(
        tiny, "SELECT CAST(CAST(sum(amount) AS DECIMAL(18,2)) AS VARCHAR) FROM settlements GROUP BY statement_id"
    )
    assert {str(amount) for (amount,) in sums} == whole
    assert len(sums) == len(whole)


def test_costs_count_against_the_merchant_whatever_their_sign(tiny: TinyShop, tmp_path: Path) -> None:
    load(tiny, SETTLEMENT, SETTLEMENTS, tmp_path)
    assert query(
        tiny, "SELECT CAST(sum(amount) AS VARCHAR) FROM settlements WHERE kind = 'service_fee' AND note = '已结算'"
    ) == [
        ("-12.7000",)  # 1.50 stated as -1.50, and 11.20 stated without sign
    ]


def test_freight_outside_of_the_amount_is_left_out(tiny: TinyShop, tmp_path: Path) -> None:
    load(tiny, FUND_FLOW, FUNDS, tmp_path)
    assert query(
        tiny, "SELECT statement_id, CAST(amount AS VARCHAR) FROM settlements "
        "WHERE kind = 'freight' AND statement_id < '7004'"
    ) == [("7002", "8.0000")]  # fmt: skip
    assert query(tiny, "SELECT order_id FROM settlements WHERE statement_id = '7006'") == [("6917926768823643011",)]


def test_two_equal_plans_are_no_total(tiny: TinyShop, tmp_path: Path) -> None:
    load(tiny, QIANCHUAN, replace(STANDARD, rows=(STANDARD.rows[0], *STANDARD.rows[1:4])), tmp_path)
    assert query(tiny, "SELECT count(*) FROM ad_spend") == [(3,)]


@pytest.mark.parametrize("extra", ["整体消耗", "日期"])
def test_a_report_of_both_kinds_or_of_several_days_is_not_taken(extra: str) -> None:
    assert not [one.id for one in LAYOUTS if one.matched((*STANDARD.rows[0], extra))]
    assert not [one.id for one in LAYOUTS if one.matched((*OVERALL.rows[0], "消耗(元)"))]


@pytest.mark.parametrize("value", ["", "abc", "9" * 40, "12,50"])
def test_a_strange_cell_never_breaks_a_load(value: str, tiny: TinyShop, tmp_path: Path) -> None:
    cells = [
        (ORDER, ORDERS, ("订单应付金额", "商品数量", "商品金额", "支付完成时间")),
        (SETTLEMENT, SETTLEMENTS, ("结算金额", "收入合计", "结算时间")),
        (FUND_FLOW, FUNDS, ("动账金额", "佣金", "动账方向")), (QIANCHUAN, STANDARD, ("消耗(元)", "点击次数")),
    ]  # fmt: skip
    for layout, fixture, headers in cells:
        strange = fixture
        for row, header in enumerate(headers, start=2):
            strange = changed(strange, header, value, row)
        report = load(tiny, layout, strange, tmp_path)
        assert all(table.rows_read == table.loaded + table.unchanged + table.quarantined for table in report.tables)
