"""Festivals as columns of days: the fixed ones and the lunar one that moves."""

from __future__ import annotations

import datetime as dt

from shopkeeper.insight.forecast.events import calendar_of, festivals_between


def test_the_lunar_new_year_moves_and_618_does_not() -> None:
    first = dt.date(2024, 1, 1)
    calendar = calendar_of(first, 731)
    for name, days in (
        ("new_year.day+0", {dt.date(2024, 2, 10), dt.date(2025, 1, 29)}),
        ("618.day+0", {dt.date(2024, 6, 18), dt.date(2025, 6, 18)}),
        ("double_11.day-1", {dt.date(2024, 11, 10), dt.date(2025, 11, 10)}),
    ):
        column = calendar.events[:, calendar.names.index(name)]
        assert {first + dt.timedelta(days=n) for n, v in enumerate(column.tolist()) if v} == days


def test_a_day_lies_in_one_part_of_a_festival() -> None:
    calendar = calendar_of(dt.date(2025, 10, 1), 60)
    eleven = [i for i, name in enumerate(calendar.names) if name.startswith("double_11")]
    assert calendar.events[:, eleven].sum(axis=1).max() == 1.0
    assert calendar.events[:, eleven].sum() == 22 + 1 + 3


def test_festivals_of_a_range_come_in_order() -> None:
    found = festivals_between(dt.date(2025, 5, 1), dt.date(2025, 12, 31))
    assert [f.name for f in found] == ["618", "double_11", "double_12"]
