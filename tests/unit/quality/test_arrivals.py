"""Which days hold rows: counted by platform, table and day or month, with the newest load, and never after today."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from shopkeeper.quality.arrivals import Arrivals, arrivals
from tests.tiny_shop import TinyShop, line, make_tiny

TODAY = dt.date(2017, 4, 10)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyShop]:
    made = make_tiny(tmp_path_factory.mktemp("arrivals") / "shop")
    yield made
    made.shop.close()


def found(tiny: TinyShop, today: dt.date = TODAY, **window: object) -> Arrivals:
    seen = arrivals(tiny.shop.lake, today, **window)  # type: ignore[arg-type]
    assert seen is not None
    return seen


def test_rows_are_counted_by_platform_and_day_with_their_newest_load(tiny: TinyShop) -> None:
    loads = [
        {"load_id": f"load_{n}", "source": f"till {n}", "loaded_by": "li", "started_at": f"2017-04-0{n} 08:00:00+00"}
        for n in (1, 2)
    ]
    tiny.put(
        loads=loads,
        order_lines=[
            line("a", "2017-04-01", load_id="load_1"), line("b", "2017-04-01", load_id="load_2"),
            line("c", "2017-04-03", shop_id="s2", load_id="load_2"), line("d", "2017-04-03", shop_id="s3", load_id="load_1"),
            line("late", "2017-04-11"),
        ],
    )  # fmt: skip
    seen = found(tiny)
    assert [(s.platform, s.table, s.trades, s.rows, s.last_day) for s in seen.streams] == [
        ("site", "order_lines", True, 2, dt.date(2017, 4, 3)),
        ("tmall", "order_lines", True, 2, dt.date(2017, 4, 1)),
    ]
    (day,) = seen.streams[1].arrived
    assert (day.start, day.rows, day.days, day.load_id, day.source) == (dt.date(2017, 4, 1), 2, 1, "load_2", "till 2")
    assert day.loaded_at == dt.datetime(2017, 4, 2, 8, tzinfo=dt.UTC)


def test_the_window_ends_yesterday_with_today_when_it_has_rows_or_with_an_archive(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("a", "2017-03-01"), line("b", "2017-04-01")])
    seen = found(tiny)
    assert (seen.low, seen.high, seen.due) == (dt.date(2017, 3, 13), dt.date(2017, 4, 10), TODAY)
    on_the_day = found(tiny, dt.date(2017, 4, 1))
    assert (on_the_day.high, on_the_day.due) == (dt.date(2017, 4, 2), dt.date(2017, 4, 1))
    archive = found(tiny, dt.date(2026, 1, 1))
    assert (archive.low, archive.high, archive.due) == (dt.date(2017, 3, 5), dt.date(2017, 4, 2), dt.date(2017, 4, 2))


def test_a_month_may_be_looked_at_and_months_count_their_days(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line(str(n), f"2017-03-{1 + n // 2:02d}") for n in range(10)] + [line("x", "2017-04-02")])
    march = found(tiny, low=dt.date(2017, 3, 1), high=dt.date(2017, 4, 1))
    assert [(a.start.day, a.rows) for a in march.streams[0].arrived] == [(1, 2), (2, 2), (3, 2), (4, 2), (5, 2)]
    months = found(tiny, width="month")
    assert [(a.start, a.rows, a.days) for a in months.streams[0].arrived] == [
        (dt.date(2017, 3, 1), 10, 5), (dt.date(2017, 4, 1), 1, 1),
    ]  # fmt: skip
    assert (months.low, months.high) == (dt.date(2015, 5, 1), dt.date(2017, 5, 1))


def test_a_cost_holds_from_its_first_day_on_every_day_that_its_shop_trades(tiny: TinyShop) -> None:
    tiny.put(
        order_lines=[line("a", "2017-04-01"), line("b", "2017-04-02"), line("c", "2017-04-05")],
        sku_costs=[
            {"sku_id": "tea", "valid_from": "2017-04-02", "unit_cost": "1"},
            {"sku_id": "rice", "valid_from": "2017-04-04", "unit_cost": "1"},
        ],
    )
    costs = next(s for s in found(tiny).streams if s.table == "sku_costs")
    assert [(a.start.day, a.rows) for a in costs.arrived] == [(2, 1), (5, 2)]


def test_a_shop_that_no_table_knows_stands_under_no_platform_and_an_empty_one_has_nothing(tiny: TinyShop) -> None:
    tiny.put(order_lines=[line("a", "2017-04-01", shop_id="nowhere")])
    assert [s.platform for s in found(tiny).streams] == [None]
    tiny.put()
    assert arrivals(tiny.shop.lake, TODAY) is None
