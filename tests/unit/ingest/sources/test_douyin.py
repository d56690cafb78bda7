"""Douyin: child orders, statements whose components add up, and advertising reports without day or campaign."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shopkeeper.ingest.assembly import Job, load_jobs
from shopkeeper.ingest.layouts import Layout
from shopkeeper.ingest.load import load_paths
from shopkeeper.ingest.report import LoadReport
from shopkeeper.ingest.sources.douyin.fixture import FUNDS, ORDERS, OVERALL, SETTLEMENTS, STANDARD
from shopkeeper.ingest.sources.douyin.layout import FUND_FLOW, LAYOUTS, ORDER, QIANCHUAN, SETTLEMENT
from shopkeeper.ingest.sources.fixture import Fixture
from tests.tiny_shop import TinyShop, make_tiny
from tests.unit.ingest.sources.platform_files import DAY, shop_in, with_rows


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


@pytest.mark.parametrize("together", [False, True])
def test_spend_without_ids_never_takes_the_place_of_another_file_s(together: bool, tmp_path: Path) -> None:
    """Both reports count their rows #1, #2: one account's may not stand for the other's, nor a second report add to the first."""
    shop = shop_in(tmp_path)
    ids = ("计划ID", "商品ID", "抖音号ID")
    rows = [
        dict.fromkeys(ids, "") | {"消耗(元)": spent, "展示次数": "10"} for spent in ("10.00", "20.00", "35.00", "40.00")
    ]
    first, other = with_rows(STANDARD, *rows[:2], name="a.csv"), with_rows(STANDARD, *rows[2:], name="b.csv")
    paths = [first.written(tmp_path), other.written(tmp_path)]
    for some in [paths] if together else [paths[:1], paths[1:]]:
        report = load_paths(shop.shop, some, by="alice", day=DAY)
    assert report.quarantined == 2
    assert shop.rows("SELECT ad_id, CAST(amount AS INTEGER) FROM ad_spend ORDER BY 1") == [("#1", 10), ("#2", 20)]
    held = shop.rows("SELECT DISTINCT reason FROM quarantine WHERE table_name = 'ad_spend'")
    assert "a shop of its own" in held[0][0]
    assert load_paths(shop.shop, paths[:1], by="alice", day=DAY).already_loaded
    of_account = replace(other, rows=((*other.rows[0], "抖音号ID"), (*other.rows[1], "77")), name="c.csv")
    assert load_paths(shop.shop, [of_account.written(tmp_path)], by="alice", day=DAY).quarantined == 0


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
