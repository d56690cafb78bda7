from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite

from shopkeeper.state.columns import ExactDecimal, UtcDateTime, utc_text

SQLITE: Dialect = sqlite.dialect()
POSTGRESQL: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
MOMENTS = st.datetimes(min_value=dt.datetime(1900, 1, 1), timezones=st.timezones())


@given(MOMENTS, MOMENTS)
def test_moments_come_back_in_utc_and_sort_as_text(first: dt.datetime, second: dt.datetime) -> None:
    stored = UtcDateTime().process_bind_param(first, SQLITE)
    read = UtcDateTime().process_result_value(stored, SQLITE)
    assert read == first.astimezone(dt.UTC)
    assert read is not None
    assert read.tzinfo is dt.UTC
    in_utc = (first.astimezone(dt.UTC), second.astimezone(dt.UTC))
    assert (utc_text(first) < utc_text(second)) == (in_utc[0] < in_utc[1])


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL], ids=["sqlite", "postgresql"])
def test_a_time_without_a_zone_is_refused(dialect: Dialect) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        UtcDateTime().process_bind_param(dt.datetime(2017, 10, 2), dialect)


@given(st.decimals(min_value=-(10**15), max_value=10**15, places=4))
def test_money_comes_back_exactly(amount: Decimal) -> None:
    for dialect in (SQLITE, POSTGRESQL):
        stored = ExactDecimal().process_bind_param(amount, dialect)
        assert not isinstance(stored, float)
        assert ExactDecimal().process_result_value(stored, dialect) == amount


def test_money_finer_than_four_decimals_is_refused_not_rounded() -> None:
    with pytest.raises(ValueError, match="four decimals"):
        ExactDecimal().process_bind_param(Decimal("0.00001"), SQLITE)
