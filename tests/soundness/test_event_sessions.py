"""Sessions out of events: pauses, midnights, zones, late events, several devices, and figures that a platform tells itself.

Li  10:00 view · 10:30 cart (30 minutes: the same) · 11:00:01 view (more: another)
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.live_events import event, flushed
from tests.tiny_shop import SETTINGS, TinyShop, line, make_tiny

MORE = '[live]\nshops = ["s1", "s2"]\n'


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[TinyShop]:
    made = make_tiny(tmp_path / "shop", SETTINGS + MORE)
    made.put()
    yield made
    made.shop.close()


def sessions(tiny: TinyShop) -> list[tuple[str, str, str, bool]]:
    """Visitor, shop day, begin by UTC, with a cart."""
    return tiny.shop.lake.query(
        "SELECT visitor_id, CAST(visited_day AS VARCHAR), strftime(started_at, '%H:%M'), added_to_cart FROM visits "
        "WHERE grain = 'session' ORDER BY visitor_id, started_at"
    ).fetchall()


def test_a_pause_of_half_an_hour_ends_nothing_a_longer_one_does(tiny: TinyShop) -> None:
    told = [event("1", "2026-03-01 10:00"), event("2", "2026-03-01 10:30", name="cart")]
    flushed(tiny.shop, [*told, {**event("3", "2026-03-01 11:00"), "happened_at": "2026-03-01T11:00:01+08:00"}])
    assert sessions(tiny) == [("Li", "2026-03-01", "02:00", True), ("Li", "2026-03-01", "03:00", False)]


def test_a_session_ends_at_midnight_of_the_shop_so_that_each_day_counts_who_came(tiny: TinyShop) -> None:
    flushed(tiny.shop, [event("1", "2026-03-01 23:50"), event("2", "2026-03-02 00:05"), event("3", "2026-03-02 07:59")])
    assert sessions(tiny) == [
        ("Li", "2026-03-01", "15:50", False), ("Li", "2026-03-02", "16:05", False), ("Li", "2026-03-02", "23:59", False),
    ]  # fmt: skip


def test_the_zone_that_an_event_is_written_in_does_not_move_it(tiny: TinyShop) -> None:
    there = {**event("1", "2026-03-01 10:00"), "happened_at": "2026-02-28T21:30:00-05:00"}  # 10:30 in Shanghai
    flushed(tiny.shop, [event("2", "2026-03-01 10:00"), there])
    assert sessions(tiny) == [("Li", "2026-03-01", "02:00", False)]


def test_a_late_event_joins_what_it_lies_between_and_nothing_else_is_written_again(tiny: TinyShop) -> None:
    flushed(
        tiny.shop,
        [event("1", "2026-03-01 10:00"), event("2", "2026-03-01 10:50"), event("9", "2026-03-01 10:00", "Wu")],
    )
    assert len(sessions(tiny)) == 3
    before = tiny.shop.lake.query("SELECT load_id FROM visits WHERE visitor_id = 'Wu'").fetchall()
    late = flushed(tiny.shop, [event("3", "2026-03-01 10:25", name="add_to_cart")])
    assert sessions(tiny) == [("Li", "2026-03-01", "02:00", True), ("Wu", "2026-03-01", "02:00", False)]
    assert late.sessions == 1
    assert tiny.shop.lake.query("SELECT load_id FROM visits WHERE visitor_id = 'Wu'").fetchall() == before


def test_an_event_told_anew_leaves_the_day_and_the_visitor_it_was_of(tiny: TinyShop) -> None:
    flushed(tiny.shop, [event("1", "2026-03-01 10:00")])
    flushed(tiny.shop, [event("1", "2026-03-04 10:00", "Wu")])
    assert sessions(tiny) == [("Wu", "2026-03-04", "02:00", False)]


def test_two_devices_are_two_visitors_and_events_of_nobody_are_none(tiny: TinyShop) -> None:
    flushed(tiny.shop, [
        event("1", "2026-03-01 10:00", "phone", customer_id="c1"), event("2", "2026-03-01 10:10", "desk", customer_id="c1"),
        event("3", "2026-03-01 10:15", None), event("4", "2026-03-01 10:15", None, customer_id="c2"),
    ])  # fmt: skip
    assert [visitor for visitor, *_ in sessions(tiny)] == ["customer:c2", "desk", "phone"]


def test_the_same_visitor_number_in_two_shops_is_two_visitors(tiny: TinyShop) -> None:
    flushed(tiny.shop, [event("1", "2026-03-01 10:00", shop_id="s1"), event("2", "2026-03-01 10:10", shop_id="s2")])
    assert len(sessions(tiny)) == 2


def test_days_that_a_platform_tells_itself_are_left_to_it_and_no_visitor_counts_twice(tiny: TinyShop) -> None:
    told = {"grain": "platform_day", "visit_id": "d", "visited_day": "2026-03-01", "visitors": 40, "sessions": None}
    tiny.put(visits=[told], order_lines=[line("o", "2026-03-02", "Li", 10)])
    flushed(tiny.shop, [
        event("1", "2026-03-01 10:00", shop_id="s1"), event("2", "2026-03-02 10:00", shop_id="s1"),
        event("3", "2026-03-02 10:00", "Wu", shop_id="s1"),
    ])  # fmt: skip
    assert [day for _, day, *_ in sessions(tiny)] == ["2026-03-02", "2026-03-02"]
    notes = tiny.shop.lake.query("SELECT rows FROM load_notes WHERE topic = 'ingest.visits_told_daily'").fetchall()
    assert notes == [(1,)]
    assert tiny.parts("C1", "2026-03-01")[1] == Decimal(40)
    assert tiny.parts("C1", "2026-03-02") == (Decimal(1), Decimal(2))


def test_sessions_may_be_turned_off(tiny: TinyShop) -> None:
    quiet = tiny.with_settings(MORE + "sessions = false\n")
    flushed(quiet.shop, [event("1", "2026-03-01 10:00")])
    assert sessions(tiny) == []
    assert tiny.shop.lake.query("SELECT count(*) FROM events").fetchone() == (1,)
