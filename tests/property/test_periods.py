"""Periods tile the calendar: whatever day and grain, nothing overlaps, nothing is left out, and labels read back."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shopkeeper.core.period import GRAINS, Grain, Period, floor_day, periods_between
from shopkeeper.errors import UsageError

DAYS = st.dates(dt.date(1901, 1, 1), dt.date(2199, 12, 31))
GRAIN = st.sampled_from(GRAINS)


@given(DAYS, GRAIN)
@example(dt.date(2016, 1, 1), "week")  # 2015-W53
@example(dt.date(2017, 1, 1), "week")  # 2016-W52
@example(dt.date(2018, 12, 31), "week")  # 2019-W01
@example(dt.date(2020, 12, 31), "week")  # 2020-W53
@example(dt.date(2024, 2, 29), "day")
def test_a_label_reads_back_as_the_same_period(day: dt.date, grain: Grain) -> None:
    period = Period.containing(day, grain)
    assert Period.parse(period.label) == period


@given(DAYS, GRAIN)
def test_a_period_holds_its_day_and_every_day_in_it_names_the_same_period(day: dt.date, grain: Grain) -> None:
    period = Period.containing(day, grain)
    assert period.start <= day <= period.last_day < period.end
    for inside in (period.start, period.last_day):
        assert Period.containing(inside, grain) == period
    assert floor_day(day, grain) == period.start
    assert period.days == {"day": 1, "week": 7}.get(grain, period.days)


@given(DAYS, GRAIN)
def test_the_next_period_begins_where_this_one_ends(day: dt.date, grain: Grain) -> None:
    period = Period.containing(day, grain)
    assert period.next().start == period.end
    assert period.next().previous() == period


@given(DAYS, st.integers(0, 800), GRAIN)
def test_periods_tile_a_range(start: dt.date, length: int, grain: Grain) -> None:
    end = start + dt.timedelta(days=length)
    periods = periods_between(start, end, grain)
    assert [p.end for p in periods[:-1]] == [p.start for p in periods[1:]]
    if length:
        assert periods[0].start <= start
        assert periods[-1].end >= end
        assert periods[-1].start < end
    assert all(p.grain == grain for p in periods)


@given(DAYS, GRAIN)
def test_a_year_before_is_of_the_same_kind_and_a_year_away(day: dt.date, grain: Grain) -> None:
    period = Period.containing(day, grain)
    before = period.year_before()
    assert before.grain == grain
    assert 364 <= (period.start - before.start).days <= 366
    if grain in ("day", "week"):
        assert before.start.weekday() == period.start.weekday()
    else:
        assert before.label[4:] == period.label[4:]


@given(DAYS)
def test_weeks_follow_the_iso_calendar(day: dt.date) -> None:
    year, week, _ = day.isocalendar()
    assert Period.containing(day, "week").label == f"{year}-W{week:02d}"


@given(st.text(max_size=12))
@example("9999-12-31")
@example("9999-12")
@example("0000")
@example("0001-01-01")
@example("2017-02-29")
@example("2018-W53")
@example("2017-W00")
@example("2017-13")
@example("2017-Q5")
@example("２０１７")
def test_any_text_is_a_period_that_reads_back_or_a_usage_error_that_shows_the_forms(text: str) -> None:
    told = None
    try:
        period = Period.parse(text)
    except UsageError as error:
        told = (error.exit_code, "2017-W40" in error.allowed)
    assert told in ((2, True), None)
    if told is None:
        assert Period.parse(period.label) == period


@pytest.mark.parametrize(
    "text", ["2017-1", "17-01", "2017-W4", "2017Q4", "Q4", "2017-10-5", "2017/10", "", "last month"]
)
def test_near_misses_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="this is not a period"):
        Period.parse(text)
