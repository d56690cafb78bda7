"""Numbers and days as people of both languages read them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from shopkeeper.core.period import Period
from shopkeeper.core.wording import Language
from shopkeeper.render.formats import Formats
from shopkeeper.render.sparkline import sparkline


@pytest.mark.parametrize(
    ("lang", "value", "unit", "text"),
    [
        ("en", Decimal("203.394"), "money", "$203.39"),
        ("en", Decimal("999.99"), "money", "$999.99"),
        ("en", Decimal("-603.91"), "money", "−$603.91"),
        ("en", Decimal("419388.42"), "money", "$419,388"),
        ("en", Decimal("4596039.58"), "money", "$4.60M"),
        ("en", Decimal("1200000000"), "money", "$1.20B"),
        ("zh", Decimal("99999"), "money", "US$99,999"),
        ("zh", Decimal("419388.42"), "money", "US$41.9万"),
        ("zh", Decimal("1234567890"), "money", "US$12.3亿"),
        ("en", 0.9423, "share", "94.2%"),
        ("en", 0.0047, "share", "0.47%"),
        ("en", 0.0, "share", "0.0%"),
        ("en", 4.0, "days", "4 d"),
        ("zh", 4.5, "days", "4.5 天"),
        ("en", 1469307, "count", "1,469,307"),
        ("en", None, "money", "–"),
        ("zh", None, "count", "–"),
    ],
)
def test_a_value_reads_well(lang: Language, value: Decimal | float | None, unit: str, text: str) -> None:
    assert Formats(lang, "USD").value(value, unit) == text


@pytest.mark.parametrize(
    ("period", "en", "zh"),
    [
        ("2017-12", "Dec 2017", "2017年12月"),
        ("2017-W40", "Week 40, 2017", "2017年第40周"),
        ("2017-Q4", "Q4 2017", "2017年第4季度"),
        ("2017", "2017", "2017年"),
        ("2017-12-31", "31 Dec 2017", "2017年12月31日"),
    ],
)
def test_a_period_reads_well(period: str, en: str, zh: str) -> None:
    assert Formats("en", "USD").period(Period.parse(period)) == en
    assert Formats("zh", "USD").period(Period.parse(period)) == zh


def test_a_moment_is_in_the_shops_zone() -> None:
    at = dt.datetime(2017, 12, 31, 20, 30, tzinfo=dt.UTC)
    assert Formats("zh", "CNY").moment(at, "Asia/Shanghai") == "2018-01-01 04:30"


def test_a_sparkline_breaks_where_a_value_is_unknown() -> None:
    assert sparkline([1.0, 2.0, None, 3.0, 4.0]).count("<polyline") == 2
    assert sparkline([None, 1.0]) == ""


def test_a_part_of_a_change_that_is_not_shortened_can_be_added_up() -> None:
    assert Formats("zh", "USD").contribution(Decimal("-383355.88"), "money") == "−US$383,356"
