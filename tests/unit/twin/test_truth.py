"""Responses are the difference of two worlds, and point the way they must."""

from __future__ import annotations

import datetime as dt

import pytest

from shopkeeper.errors import UsageError
from shopkeeper.twin.actions import OfferCoupon, SetBudget, SetPrice
from shopkeeper.twin.truth import incidents_told, parameters_told, people_told, respond
from shopkeeper.twin.world import World

START, AT = dt.date(2024, 3, 1), dt.date(2024, 3, 20)


def test_nothing_done_changes_nothing() -> None:
    found = respond(7, 0.01, START, AT, 10, lambda _: (SetPrice(factor=1.0),), "nothing")
    assert found.without == found.with_it
    assert found.as_row()["orders_difference"] == 0


def test_a_lower_price_sells_more_units() -> None:
    found = respond(7, 0.01, START, AT, 10, lambda _: (SetPrice(factor=0.7),), "price")
    assert found.with_it.units > 1.2 * found.without.units


def test_no_advertising_costs_nothing_and_sells_less() -> None:
    found = respond(7, 0.02, START, AT, 21, lambda _: (SetBudget(0.0),), "budget")
    assert found.with_it.ad_fen == 0
    assert found.with_it.orders < found.without.orders


def test_an_offer_lifts_baskets_over_its_threshold() -> None:
    actions = lambda _: tuple(OfferCoupon(shop, 25_000, 8_000, 21) for shop in range(7))  # noqa: E731
    found = respond(7, 0.02, START, AT, 21, actions, "offer")
    assert found.with_it.units > found.without.units


def test_a_response_needs_a_day_before() -> None:
    with pytest.raises(UsageError, match="a day before"):
        respond(7, 0.01, START, START, 10, lambda _: (), "nothing")


def test_the_truth_tells_parameters_incidents_and_people() -> None:
    world = World(7, 0.002, records=())
    told = parameters_told(world)
    assert told["seed"] == 7
    assert set(told["categories"]) >= {"tea", "dresses"}  # type: ignore[call-overload]
    assert len(incidents_told(world)) == len(world.incidents)
    people = people_told(world)
    assert people.num_rows == int((world.regions[0].people.accounts > 0).sum())
