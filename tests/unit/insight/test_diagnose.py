"""A diagnosis of a tiny shop: period, grades, ranking, what is missing and the ways to it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from shopkeeper.errors import NotEstimable, UsageError
from shopkeeper.insight.diagnose.assess import diagnose
from shopkeeper.insight.diagnose.ways import ways_to
from tests.tiny_shop import TinyShop, line, make_tiny


def months(first: str, count: int) -> list[str]:
    year, month = (int(part) for part in first.split("-"))
    return [f"{year + (month - 1 + n) // 12}-{(month - 1 + n) % 12 + 1:02d}" for n in range(count)]


def sold(first: str, count: int) -> list[dict[str, object]]:
    """Ten teas at 10 a month by ten buyers, the month's first and last day among them; one in ten names nobody."""
    rows = []
    for month in months(first, count):
        end = (dt.date.fromisoformat(f"{month}-28") + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)
        days = [f"{month}-{d:02d}" for d in range(1, 10)] + [end.isoformat()]
        rows += [dict(line(f"{month}-{n}", day, f"b{n}" if n else None)) for n, day in enumerate(days)]
    return rows


@pytest.fixture
def tiny(tmp_path: Path) -> TinyShop:
    return make_tiny(tmp_path / "tiny")


def test_the_newest_whole_year_is_assessed_while_it_is_fresh_else_the_newest_quarter(tiny: TinyShop) -> None:
    tiny.put(order_lines=sold("2024-01", 14))
    assert diagnose(tiny.shop).period.label == "2024"
    tiny.put(order_lines=sold("2024-01", 18))
    assert diagnose(tiny.shop).period.label == "2025-Q2"
    tiny.put(order_lines=sold("2024-02", 2))
    assert diagnose(tiny.shop).period.label == "2024-03"
    assert diagnose(tiny.shop, "2024-02").period.label == "2024-02"
    with pytest.raises(UsageError, match="no data for this period"):
        diagnose(tiny.shop, "2019")


def test_a_shop_without_orders_is_not_assessed(tiny: TinyShop) -> None:
    with pytest.raises(NotEstimable, match="no orders"):
        diagnose(tiny.shop)


def test_turns_and_dead_stock_are_graded_valued_and_ranked_by_money(tiny: TinyShop) -> None:
    """Sold 730 at cost in 2024 of an average stock of 365: 2 a year against 4.3; half of it lies dead."""
    stock = [
        {"sku_id": "tea", "stock_day": day, "value": "182.50", "last_sold_day": "2024-06-01", "last_received_day": "2024-05-01"}
        for day in ("2024-07-01", "2024-07-02")
    ] + [
        {"sku_id": "rice", "stock_day": day, "value": "182.50", "last_sold_day": "2023-01-01", "last_received_day": "2023-01-01"}
        for day in ("2024-07-01", "2024-07-02")
    ]  # fmt: skip
    moves = [{"move_id": "m", "sku_id": "tea", "moved_at": "2024-03-01 04:00:00+00", "moved_day": "2024-03-01", "quantity": -1,
              "kind": "sale", "cost": "730"}]  # fmt: skip
    tiny.put(order_lines=sold("2024-01", 12), stock_levels=stock, stock_moves=moves)
    found = {f.item: f for f in diagnose(tiny.shop).findings}
    turns, dead = found["S1"], found["S3"]
    assert turns.value == pytest.approx(2.0, abs=0.01)  # 2024 has 366 days
    assert (turns.grade, dead.grade) == ("poor", "poor")
    assert dead.worth.once == Decimal("98.55")  # (0.5 − 0.23) × 365
    order = [f.item for f in diagnose(tiny.shop).findings]
    assert order[:2] == ["S1", "S3"]
    assert [f.grade for f in diagnose(tiny.shop).findings][-1] == "unknown"


def test_a_share_of_few_people_says_how_sure_it_is(tiny: TinyShop) -> None:
    tiny.put(order_lines=[*sold("2024-01", 12), dict(line("open", "2024-05-05", "late", paid=None))])
    paid = next(f for f in diagnose(tiny.shop).findings if f.item == "C3")
    assert (paid.numerator, paid.denominator) == (9, 10)
    assert paid.low == pytest.approx(0.596, abs=1e-3)
    assert paid.high == pytest.approx(0.982, abs=1e-3)
    assert paid.near


def test_a_benchmark_in_another_currency_grades_nothing(tiny: TinyShop) -> None:
    ads = [{"spent_day": "2025-03-01", "amount": "500"}]
    tiny.put(order_lines=sold("2024-01", 24), ad_spend=ads)
    cost = next(f for f in diagnose(tiny.shop).findings if f.item == "K1")
    assert (cost.grade, cost.missing) == ("unknown", ("empty",))  # nobody is new in 2025
    dollars = [{"shop_id": "s1", "platform_id": "tmall", "currency": "USD", "timezone": "Asia/Shanghai"}]
    tiny.put(shops=dollars, order_lines=[*sold("2024-01", 24), dict(line("new", "2025-03-05", "new"))], ad_spend=ads)
    cost = next(f for f in diagnose(tiny.shop).findings if f.item == "K1")
    assert (cost.value, cost.grade, cost.ungraded) == (Decimal(500), "ungraded", "currency")


def test_links_tell_which_sales_can_be_joined_and_no_row_counts_twice(tiny: TinyShop) -> None:
    """Two costs and two bookings of one article are one link; what names no buyer is not joined to one."""
    costs = [{"sku_id": "tea", "valid_from": day, "unit_cost": "1"} for day in ("2024-01-01", "2024-06-01")]
    booked = [{"order_id": "2024-01-1", "child_order_id": c, "sku_id": "x", "booked_day": "2024-01-01", "unit_cost": "1"}
              for c in ("1", "2")]  # fmt: skip
    tiny.put(order_lines=sold("2024-01", 12), sku_costs=costs, order_costs=booked)
    found = diagnose(tiny.shop).links
    assert found is not None
    assert found.paid == Decimal(1200)
    assert found.shares["customers"] == pytest.approx(0.9)
    assert found.shares["sku_costs"] == pytest.approx(1.0)
    assert found.shares["refunds"] == 0.0
    share = next(f for f in diagnose(tiny.shop).findings if f.item == "connected_share")
    assert (share.value, share.grade) == (0.0, "poor")


def test_stores_are_not_asked_for_clicks(tiny: TinyShop) -> None:
    tiny.put(
        shops=[{"shop_id": "s1", "platform_id": "store", "currency": "CNY", "timezone": "Asia/Shanghai"}],
        order_lines=sold("2024-01", 12),
    )
    found = diagnose(tiny.shop).links
    assert found is not None
    assert "visits" not in found.platforms[0].shares
    assert "visits" not in found.shares


def test_two_currencies_have_no_common_share(tiny: TinyShop) -> None:
    shops = [{"shop_id": s, "platform_id": "site", "currency": c, "timezone": "Asia/Shanghai"} for s, c in
             (("s1", "CNY"), ("s2", "USD"))]  # fmt: skip
    tiny.put(shops=shops, order_lines=[*sold("2024-01", 12), dict(line("us", "2024-05-01", shop_id="s2"))])
    found = diagnose(tiny.shop)
    assert found.links is None
    share = next(f for f in found.findings if f.item == "connected_share")
    assert (share.value, share.missing) == (None, ("currency:CNY, USD",))


def test_everything_unknown_is_named_with_ways_to_it(tiny: TinyShop) -> None:
    tiny.put(order_lines=sold("2024-01", 12))
    found = diagnose(tiny.shop)
    needs = {need.need: need for need in found.needs}
    assert "decision_log" in needs
    assert needs["decision_log"].ways[0].kind == "itself"
    unknown = {f.item for f in found.findings if f.value is None}
    assert unknown == {item for need in found.needs for item in need.items}


def test_a_way_names_exports_that_bring_the_column_those_of_the_shops_platforms_first() -> None:
    day = dt.date(2025, 12, 31)
    ways = {way.kind: way for way in ways_to("shipments", ["douyin"], day)}
    assert ways["export"].exports[0].platform == "douyin" or not any(e.yours for e in ways["export"].exports)
    assert ways["template"].command == "shopkeeper template shipments"
    tmall = ways_to("refunds.amount", ["tmall"], day)[0]
    assert tmall.kind == "export"
    assert all(e.layout for e in tmall.exports)
    assert ways_to("follow_up:365", [], day)[0].day == dt.date(2026, 12, 31)
    assert ways_to("ad_spend.is_acquisition", [], day)[0].command == "ingest.ad_spend_is_acquisition"
