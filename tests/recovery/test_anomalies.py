"""Faults put into made-up shops are found, named and put into money; shops without a fault stay quiet."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from numpy.typing import NDArray

from shopkeeper.insight.anomalies.incidents import Incident, find_incidents
from shopkeeper.insight.anomalies.judge import judge
from shopkeeper.insight.anomalies.signals import Panel, Signal, signal_of, visitors_signal
from shopkeeper.kpi.catalogue import INDICATORS
from shopkeeper.kpi.result import Dims
from shopkeeper.methods.anomaly.rates import Baseline, Day, judge_day

FIRST = dt.date(2025, 2, 20)  # ordinary days until the middle of May
DAYS, AT = 84, 70
PLATFORMS = ("tmall", "jd", "douyin", "kuaishou", "site")
Floats = NDArray[np.float64]


def _shop(
    seed: int, visitors: dict[str, float] | None = None, orders: dict[str, float] | None = None, days: int = 2
) -> Panel:
    """Five platforms of 2,000 visitors of whom 5 % buy for 100 each; factors act from day AT on for some days."""
    draw = np.random.default_rng(seed)
    weather = np.exp(draw.normal(0.0, 0.05, DAYS)) * np.where(np.arange(DAYS) % 7 >= 5, 1.2, 1.0)
    signals: list[Signal | None] = []
    sums = np.zeros((3, DAYS))
    for name in PLATFORMS:
        came, bought = 2000 * weather, np.full(DAYS, 0.05)
        told = np.ones(DAYS)
        told[AT : AT + days] *= (visitors or {}).get(name, 1.0)
        bought[AT : AT + days] *= (orders or {}).get(name, 1.0)
        people = draw.poisson(came).astype(np.float64)
        buyers = draw.binomial(people.astype(np.int64), bought).astype(np.float64)
        figures = np.stack([np.round(people * told), buyers, buyers * 100.0 + draw.normal(0.0, 300.0, DAYS)])
        sums += figures
        signals += _signals((("platform", name),), figures)
    signals += _signals((), sums)
    return Panel(tuple(FIRST + dt.timedelta(n) for n in range(DAYS)), tuple(s for s in signals if s))


def _signals(dims: Dims, figures: Floats) -> list[Signal | None]:
    visitors, buyers, paid = figures
    return [
        visitors_signal(dims, visitors),
        signal_of(INDICATORS["orders"], dims, buyers, buyers, buyers),
        signal_of(INDICATORS["paid_amount"], dims, paid, paid, paid),
        signal_of(INDICATORS["C1"], dims, buyers / visitors, buyers, visitors),
    ]


def _only(panel: Panel) -> Incident:
    found = [i for i in find_incidents(judge(panel)) if i.end >= FIRST + dt.timedelta(AT)]  # chance may tell one before
    assert len(found) == 1, [(i.cause, i.start, i.places) for i in found]
    return found[0]


def test_a_shop_without_a_fault_is_quiet() -> None:
    told = [i for seed in range(12) for i in find_incidents(judge(_shop(seed)))]
    assert len(told) <= 1  # 12 shops of six weeks that are judged


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_visitors_that_vanish_while_orders_hold_are_a_fault_of_the_data(seed: int) -> None:
    found = _only(_shop(seed, visitors={"jd": 0.4}))
    assert (found.cause, found.fault, found.money) == ("tracking", "data", None)
    assert found.places == ((("platform", "jd"),),)
    assert found.start == found.found == FIRST + dt.timedelta(AT)
    assert found.headline is not None
    assert found.headline.kpi == "visitors"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_drop_of_conversion_is_one_incident_with_its_money(seed: int) -> None:
    found = _only(_shop(seed, orders={"douyin": 0.4}, days=3))
    assert (found.cause, found.fault) == ("conversion", "business")
    assert (("platform", "douyin"),) in found.places
    assert found.days_to_detection <= 1
    assert found.money is not None
    assert found.money_low is not None
    assert found.money_high is not None
    lost = 3 * 2000 * 0.05 * 0.6 * 100  # three days, weekdays or a weekend
    assert found.money_low < 1.25 * lost
    assert 0.5 * lost < found.money < 1.6 * lost
    assert {e.kpi for e in found.evidence} >= {"C1", "orders"}


def test_a_stunt_that_brings_idle_visitors_does_not_alarm() -> None:
    """Twice the visitors, none of whom buys: conversion halves and nothing is lost."""
    assert find_incidents(judge(_shop(4, visitors={"site": 2.0}))) == []


def test_what_happens_everywhere_is_one_incident() -> None:
    found = _only(_shop(5, orders=dict.fromkeys(PLATFORMS, 0.3)))
    assert found.places == ((),)


def test_a_lasting_change_becomes_the_new_level() -> None:
    state = Baseline.empty(1)
    draw, began, last = np.random.default_rng(3), [], None
    for n in range(90):
        amount = np.array([float(draw.poisson(400 if n < 60 else 200))])
        state, judged = judge_day(state, Day(amount, np.ones(1), n % 7))
        began += [n] if judged.began[0] else []
        last = judged
    assert began == [65]
    assert last is not None
    assert last.expected[0] == pytest.approx(200, rel=0.15)
    assert abs(last.strength[0, 0]) < 4
