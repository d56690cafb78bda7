"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import DateTime, Dialect, Numeric, String
from sqlalchemy.types import TypeDecorator, TypeEngine


class UtcDateTime(TypeDecorator[dt.datetime]):
    """A moment: aware in Python, always UTC. TIMESTAMPTZ on PostgreSQL, text of one width (so it sorts) on SQLite.

    Raises ValueError on a time without a zone: guessing one would move the audit trail by hours.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text of 32 characters where the engine has no moments of its own."""
        return String(32) if dialect.name == "sqlite" else DateTime(timezone=True)

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        """Python → database."""
        if value is None:
            return None
        return utc_text(value) if dialect.name == "sqlite" else _aware(value).astimezone(dt.UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        """Database → Python."""
        if value is None:
            return None
        moment = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
        return _aware(moment).astimezone(dt.UTC)


class ExactDecimal(TypeDecorator[Decimal]):
    """Money without rounding: NUMERIC(20, 4) on PostgreSQL, text on SQLite (whose numbers are binary floats)."""

    impl = Numeric(20, 4)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text where the engine would store a float."""
        return String(24) if dialect.name == "sqlite" else Numeric(20, 4)

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Python → database."""
        if value is None:
            return None
        exact = value.quantize(Decimal("0.0001"))
        if exact != value:
            raise ValueError(f"{value} has more than four decimals")
        return f"{exact:f}" if dialect.name == "sqlite" else exact

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Database → Python, in the same four decimals on both engines."""
        return None if value is None else Decimal(value).quantize(Decimal("0.0001"))


def utc_text(moment: dt.datetime) -> str:
    """A moment as text of one width.

    >>> utc_text(dt.datetime(2017, 10, 2, 8, tzinfo=dt.timezone(dt.timedelta(hours=8))))
    '2017-10-02T00:00:00.000000+00:00'
    """
    return _aware(moment).astimezone(dt.UTC).isoformat(timespec="microseconds")


def _aware(moment: dt.datetime) -> dt.datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return moment
