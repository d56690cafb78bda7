"""An action changes only what it causes; one of no size changes nothing at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from shopkeeper.errors import UsageError
from shopkeeper.twin.actions import (
    Action,
    BuyStock,
    FeatureArticles,
    OfferCoupon,
    SendMessages,
    SetBudget,
    SetPrice,
    StaffService,
    Timed,
)
from shopkeeper.twin.codes import CATEGORIES
from shopkeeper.twin.parameters import Parameters, SupplySide
from shopkeeper.twin.world import World

START = dt.date(2024, 5, 20)
DAYS = 40
SCALE = 0.004
LARGER = 0.02
PLENTY = Parameters(supply=SupplySide(cover_days=600.0, buyer_error=0.0, least_units=2000.0))


def _run(actions: Sequence[Action], seed: int = 5, days: int = DAYS, scale: float = SCALE) -> dict[str, pa.Table]:
    # In the larger world nothing ever runs out, so nobody is touched by what others take.
    parameters = PLENTY if scale == LARGER else Parameters()
    world = World(seed, scale, START, days=60, parameters=parameters)
    first = world.step(5).tables
    rest = world.step(days - 5, actions).tables
    return {name: pa.concat_tables([first[name], rest[name]]) for name in first}


@cache
def _plain(scale: float = SCALE) -> dict[str, pa.Table]:
    return _run([], scale=scale)


def _different(one: dict[str, pa.Table], other: dict[str, pa.Table]) -> list[str]:
    return [name for name in one if not one[name].equals(other[name])]


@pytest.mark.parametrize(
    "action",
    [
        SetPrice(factor=1.0),
        SetPrice(skus=(1, 2), shops=(0,), factor=1.0, days=3),
        OfferCoupon(shop=0, threshold_fen=20_000, face_fen=0),
        SetBudget(1.0),
        SendMessages(accounts=()),
        FeatureArticles(shop=0, skus=()),
        BuyStock(sku=3, quantity=0),
        StaffService(0),
    ],
    ids=lambda a: type(a).__name__,
)
def test_an_action_of_no_size_changes_nothing_at_all(action: Action) -> None:
    assert _different(_run([action]), _plain()) == []


@pytest.mark.parametrize(
    ("action", "changes"),
    [
        (SetPrice(factor=0.8), "orders"),
        (OfferCoupon(shop=0, threshold_fen=10_000, face_fen=2_500, days=20), "coupon_uses"),
        (SetBudget(0.2), "ad_days"),
        (SendMessages(accounts=tuple(range(0, 16 * 6000, 16))), "contacts"),
        (FeatureArticles(shop=0, skus=(1, 2, 3)), "promotions"),
        (BuyStock(sku=3, quantity=500), "purchase_orders"),
        (StaffService(-40), "tickets"),
    ],
    ids=lambda a: type(a).__name__ if not isinstance(a, str) else a,
)
def test_an_action_with_a_size_changes_what_it_should(action: Action, changes: str) -> None:
    assert changes in _different(_run([action]), _plain())


def test_nothing_before_an_action_changes() -> None:
    world = World(5, SCALE, START, days=60)
    before = world.step(5).tables
    plain = World(5, SCALE, START, days=60).step(5).tables
    assert _different(before, plain) == []


def test_staff_changes_waits_and_nothing_of_sales() -> None:
    found = _different(_run([StaffService(-40)]), _plain())
    assert found == ["tickets"]


def test_a_price_in_one_category_leaves_untouched_customers_as_they_were() -> None:
    """A person's orders are the same to the second and the fen until the first that holds such an article in either world."""
    world = World(5, LARGER, START, days=60)
    category = CATEGORIES.index("scarves")
    skus = {int(s) for s in np.flatnonzero(world.catalogue.category == category)}
    changed, plain = _run([SetPrice(skus=tuple(skus), factor=0.7)], scale=LARGER), _plain(LARGER)
    ours, theirs = _orders(plain), _orders(changed)
    person = _owner(plain) | _owner(changed)
    touched = sorted((o for o in ours.keys() | theirs.keys() if ours.get(o) != theirs.get(o)), key=_day_of)
    assert 0 < len(touched) < 0.25 * len(person)
    first: dict[int, int] = {}
    for order in touched:
        first.setdefault(person[order], order)
    with_it = [o for o in first.values() if skus & {line[0] for line in (*ours.get(o, ()), *theirs.get(o, ()))}]
    # The rest heard of the brand from somebody who bought one.
    assert len(with_it) >= 0.97 * len(first)
    same = set(ours) - set(touched)
    for name, column in (("orders", "placed_at"), ("orders", "payable_fen"), ("payments", "at")):
        assert _column(plain, name, column, same) == _column(changed, name, column, same)


def test_a_lower_price_sells_more_of_the_article_and_hardly_more_of_its_rivals() -> None:
    world = World(5, LARGER, START, days=60)
    tea = np.flatnonzero(world.catalogue.category == 0)
    cheaper = tuple(int(s) for s in tea[::2])
    changed, plain = _run([SetPrice(skus=cheaper, factor=0.6)], scale=LARGER), _plain(LARGER)
    units = [_units(t, set(cheaper)) for t in (plain, changed)]
    assert units[1] > 1.4 * units[0]
    rivals = {int(s) for s in tea} - set(cheaper)
    assert _units(changed, rivals) < 1.1 * _units(plain, rivals)


def test_days_stepped_by_hours_are_the_same_days() -> None:
    by_day = World(5, SCALE, START, days=60)
    by_hour = World(5, SCALE, START, days=60)
    one = by_day.step(2).tables
    for _ in range(48):
        by_hour.step_hours(1)
    assert by_hour.now == by_day.now
    two = by_hour.step(0).tables
    assert _different(one, two) == []


def test_actions_taken_hour_by_hour_are_those_decided_beforehand() -> None:
    actions = (SetPrice(factor=0.7), SetBudget(0.1), StaffService(-30), SendMessages(tuple(range(0, 16 * 4000, 16))))
    one, other = World(5, SCALE, START, days=60), World(5, SCALE, START, days=60)
    for hour, action in enumerate(actions):
        other.steering.decide(Timed(action, (9 + hour) * 3600))
    one.step_hours(9)
    for action in actions:
        one.step_hours(1, [action])
    assert _different(one.step(3).tables, other.step(3).tables) == []


def test_what_hours_brought_stands_at_the_days_close() -> None:
    told = World(5, LARGER, START, days=60, incidents=())
    told.step(40)
    told.step_hours(13, [SetPrice(factor=0.8)])
    told.step_hours(6, [SetPrice(factor=0.6)])
    early, now = told.so_far(), told.now.replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    assert early == told.so_far()  # looking changes nothing
    whole = told.step(1).tables
    assert pc.sum(whole["true_lost_units"]["units"]).as_py() > 0  # some articles ran out on that day
    for name, column in (("orders", "placed_at"), ("payments", "at"), ("order_states", "at"), ("coupon_uses", "at")):
        happened = [row for row in whole[name].to_pylist() if row[column] < now]
        if name == "order_states":  # parcels leave, and arrive, when the day has closed
            happened = [row for row in happened if row["state"] != "shipped"]
        assert len(happened) > 0, name
        assert early[name].to_pylist() == happened, name
    orders = set(early["orders"]["order"].to_pylist())
    assert early["order_lines"].to_pylist() == [r for r in whole["order_lines"].to_pylist() if r["order"] in orders]
    assert told.so_far()["orders"].num_rows == 0


def test_an_action_at_noon_leaves_the_morning_as_it_was() -> None:
    worlds = [World(5, SCALE, START, days=60) for _ in range(2)]
    for world in worlds:
        world.step_hours(12)
    worlds[1].act([SetPrice(factor=0.5)])
    tables = [world.step(1).tables for world in worlds]
    morning = [
        [r for r in t["orders"].select(["order", "placed_at"]).to_pylist() if r["placed_at"].hour < 12] for t in tables
    ]
    assert morning[0] == morning[1]
    assert tables[0]["orders"].num_rows < tables[1]["orders"].num_rows


def test_the_same_seed_gives_the_same_rows_and_another_seed_does_not() -> None:
    assert _different(_run([]), _plain()) == []
    assert "orders" in _different(_run([], seed=6), _plain())


def test_months_and_days_tell_the_same() -> None:
    by_month = list(World(5, SCALE, START, days=60).run(START + dt.timedelta(DAYS)))
    by_day = list(World(5, SCALE, START, days=60).run(START + dt.timedelta(DAYS), by="day"))
    assert len(by_day) == DAYS
    assert [(s.first, s.end) for s in by_month] == [
        (START, dt.date(2024, 6, 1)),
        (dt.date(2024, 6, 1), START + dt.timedelta(DAYS)),
    ]
    for name in by_month[0].tables:
        one = pa.concat_tables([s.tables[name] for s in by_month])
        assert one.equals(pa.concat_tables([s.tables[name] for s in by_day])), name


def test_a_world_ends() -> None:
    world = World(5, 0.001, START, days=3, incidents=())
    with pytest.raises(UsageError, match="does not last"):
        list(world.run(START + dt.timedelta(4)))
    world.step(3)
    with pytest.raises(UsageError, match="has ended"):
        world.step(1)


def _orders(tables: dict[str, pa.Table]) -> dict[int, tuple[object, ...]]:
    found: dict[int, list[object]] = {}
    for row in tables["order_lines"].select(["order", "sku", "quantity", "payable_fen"]).to_pylist():
        found.setdefault(row["order"], []).append((row["sku"], row["quantity"], row["payable_fen"]))
    return {order: tuple(lines) for order, lines in found.items()}


def _owner(tables: dict[str, pa.Table]) -> dict[int, int]:
    return {r["order"]: r["person"] for r in tables["orders"].select(["order", "person"]).to_pylist()}


def _day_of(order: int) -> int:
    return order % 10**17 // 10**13


def _column(tables: dict[str, pa.Table], name: str, column: str, orders: set[int]) -> dict[int, object]:
    rows = tables[name].select(["order", column]).to_pylist()
    return {r["order"]: r[column] for r in rows if r["order"] in orders}


def _units(tables: dict[str, pa.Table], skus: set[int]) -> int:
    rows = tables["order_lines"].select(["sku", "quantity"]).to_pylist()
    return sum(r["quantity"] for r in rows if r["sku"] in skus)
