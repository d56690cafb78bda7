"""Points that come one by one, in blocks or all at once are judged alike, and no day is judged by a later one."""

from __future__ import annotations

import datetime as dt

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from shopkeeper.insight.anomalies.judge import judge
from shopkeeper.insight.anomalies.signals import Panel, Signal, visitors_signal
from shopkeeper.kpi.result import Dims
from shopkeeper.methods.anomaly.records import BENCHMARK, QUIET, Carried, Profile, View, score_records

SMALL = Profile(
    (View("value", 1, 0.02), View("mean", 3, 0.1), View("seasonal", 2, 0.1)), memory=40, silent=6, learning=10
)


@given(
    st.integers(0, 10_000),
    st.lists(st.integers(1, 60), min_size=1, max_size=12),
    st.sampled_from([SMALL, QUIET, BENCHMARK]),
)
@settings(max_examples=40, deadline=None, derandomize=True, database=None)
def test_blocks_of_any_size_give_the_same_scores(seed: int, blocks: list[int], profile: Profile) -> None:
    draw = np.random.default_rng(seed)
    values = draw.normal(size=sum(blocks)).cumsum() + np.tile([0.0, 5.0, 2.0], sum(blocks))[: sum(blocks)]
    whole = score_records(values, profile, season=3).scores
    carried, parts, start = Carried(), [], 0
    for size in blocks:
        scored = score_records(values[start : start + size], profile, 3, carried)
        parts.append(scored.scores)
        carried, start = scored.carried, start + size
    assert np.array_equal(np.concatenate(parts), whole)
    assert carried.seen == len(values)


def _panel(seed: int, days: int) -> Panel:
    draw = np.random.default_rng(seed)
    first = dt.date(2024, 9, 1)  # reaches into the days of Double 11
    signals: list[Signal] = []
    for n in range(5):
        dims: Dims = (("platform", f"p{n}"),)
        signals.append(visitors_signal(dims, draw.poisson(200, days).astype(np.float64)))
    return Panel(tuple(first + dt.timedelta(n) for n in range(days)), tuple(signals))


@given(st.integers(0, 10_000), st.integers(45, 100))
@settings(max_examples=10, deadline=None, derandomize=True, database=None)
def test_a_day_is_judged_by_what_was_known_on_it(seed: int, until: int) -> None:
    panel = _panel(seed, 110)
    early = Panel(
        panel.days[:until],
        tuple(visitors_signal(s.dims, s.happened[:until]) for s in panel.signals),
    )
    whole, part = judge(panel), judge(early)
    assert np.array_equal(whole.strength[:, :until], part.strength, equal_nan=True)
    assert np.array_equal(whole.expected[:, :until], part.expected, equal_nan=True)
