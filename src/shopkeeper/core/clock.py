"""The only place that reads the machine's clock. Everything else is told the time as `as_of`."""

from __future__ import annotations

import datetime as dt


def utc_now() -> dt.datetime:
    """The present moment, timezone-aware, in UTC.

    >>> utc_now().tzinfo is dt.timezone.utc
    True
    """
    return dt.datetime.now(dt.UTC)
