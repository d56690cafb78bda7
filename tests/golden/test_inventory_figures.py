"""Textbook figures of inventory models, to four digits: Snyder & Shen, Fundamentals of Supply Chain Theory, 2nd edition."""

from __future__ import annotations

import math

import pytest

from shopkeeper.methods.inventory.lot_size import (
    economic_order_quantity,
    economic_production_quantity,
    with_backorders,
)
from shopkeeper.methods.inventory.newsvendor import newsvendor_normal
from shopkeeper.methods.inventory.policy import (
    Continuous,
    min_max_poisson,
    min_max_power,
    reorder_quantity,
    with_safety_stock,
    with_waiting_customers,
)

EXAMPLE_5_1 = Continuous(
    fixed_cost=8, holding_cost=0.225, stockout_cost=7.5, demand_mean=1300, demand_sd=150, lead_time=1 / 12
)


def test_example_3_1_economic_order_quantity() -> None:
    lot = economic_order_quantity(8, 0.225, 1300)
    assert lot.quantity == pytest.approx(304.0467800264368, rel=1e-12)
    assert lot.cost == pytest.approx(68.41052550594829, rel=1e-12)


def test_example_3_5_all_backorders() -> None:
    lot = with_backorders(8, 0.225, 5, 1300)
    assert lot.quantity == pytest.approx(310.81255515896464, rel=1e-12)
    assert lot.cost == pytest.approx(66.92136355097325, rel=1e-12)
    assert lot.backorder_share == pytest.approx(0.0430622009569378, rel=1e-12)


def test_example_3_6_economic_production_quantity() -> None:
    lot = economic_production_quantity(8, 0.225, 1300, 1700)
    assert lot.quantity == pytest.approx(626.8084945889684, rel=1e-12)
    assert lot.cost == pytest.approx(33.183979125298336, rel=1e-12)


def test_example_4_3_newsvendor() -> None:
    found = newsvendor_normal(0.18, 0.70, 50, 8)
    assert found.base_stock == pytest.approx(56.60395592743389, rel=1e-12)
    assert found.cost == pytest.approx(1.9976051931766445, rel=1e-12)


def test_example_4_7_exact_min_max_with_poisson_demand() -> None:
    policy = min_max_poisson(1, 4, 5, 6)
    assert (policy.reorder_point, policy.up_to) == (4, 10)
    assert policy.cost == pytest.approx(8.034111561471642, rel=1e-9)


def test_example_4_8_min_max_by_the_power_approximation() -> None:
    policy = min_max_power(0.18, 0.70, 2.5, 50, 8)
    assert policy.reorder_point == pytest.approx(40.19461695647407, rel=1e-9)
    assert policy.up_to == pytest.approx(74.29017010980579, rel=1e-9)
    assert math.isnan(policy.cost)


def test_example_5_1_order_quantity_with_safety_stock() -> None:
    policy = with_safety_stock(EXAMPLE_5_1)
    assert policy.reorder_point == pytest.approx(190.3369965715624, rel=1e-9)
    assert policy.quantity == pytest.approx(304.0467800264368, rel=1e-12)
    assert policy.cost == pytest.approx(87.04837003438256, rel=1e-8)  # the exact cost of that policy


def test_example_5_1_order_quantity_with_backorders() -> None:
    policy = with_waiting_customers(EXAMPLE_5_1)
    assert policy.reorder_point == pytest.approx(128.63781442427097, rel=1e-5)  # theirs stops at 1e-6 of the cost
    assert policy.quantity == pytest.approx(308.5737801203754, rel=1e-9)
    assert policy.cost == pytest.approx(78.20243187688158, rel=1e-7)


def test_the_exact_cost_of_published_policies() -> None:
    assert EXAMPLE_5_1.cost(213.97044213580244, 318.5901810768729) == pytest.approx(92.28687665608078, rel=1e-8)
    assert EXAMPLE_5_1.cost(126.8670634479628, 328.4491421980451) == pytest.approx(78.07114627035178, rel=1e-8)


def test_the_exact_optimum_is_no_dearer_than_any_published_approximation() -> None:
    policy = reorder_quantity(EXAMPLE_5_1)
    assert policy.cost <= 78.07114627035178 + 1e-7  # the loss-function approximation is all but exact here
    for r, q in ((policy.reorder_point + d, policy.quantity + e) for d in (-1, 0, 1) for e in (-2, 0, 2)):
        assert EXAMPLE_5_1.cost(r, q) >= policy.cost - 1e-9
    assert EXAMPLE_5_1.rate(policy.reorder_point) == pytest.approx(policy.cost, rel=1e-5)  # Zheng: g(r) = cost
