"""What is reconciled: which days, in which periods, cut by what; and the ages that open money is sorted by."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, cast, get_args

from shopkeeper.core.period import GRAINS, Grain, Period
from shopkeeper.errors import NotFound, UsageError

Cut = Literal["", "platform", "shop"]
CUTS: tuple[Cut, ...] = ("platform", "shop")

BUCKETS: tuple[tuple[str, int | None], ...] = (
    ("0-7", 7),
    ("8-15", 15),
    ("16-30", 30),
    ("31-60", 60),
    ("over-60", None),
)
"""Ages in days: each bucket's code and its last day. Money open for longer than the last bound is a finding."""

OLDEST = BUCKETS[-1][0]
DUE_DAYS = 15
"""An order is due when it is older than this: platforms pay when the buyer confirms, or by themselves after 15 days."""

FIRST_DAY, LAST_DAY = dt.date(1900, 1, 1), dt.date(2201, 1, 1)
MOST_LISTED = 10_000


@dataclass(frozen=True)
class Scope:
    """Orders paid on days in [start, end), and what belongs to them whenever it happened; None is no bound."""

    grain: Grain = "month"
    start: dt.date | None = None
    end: dt.date | None = None
    by: Cut = ""
    limit: int = 50

    @property
    def days(self) -> tuple[dt.date, dt.date]:
        """The half-open range of days."""
        return self.start or FIRST_DAY, self.end or LAST_DAY


def parse_scope(
    *, period: str = "month", from_: str | None = None, to: str | None = None, by: str | None = None, limit: int = 50
) -> Scope:
    """Read a scope as people write it. `from_` and `to` are days or periods, both included.

    Raises UsageError or NotFound naming what is allowed.

    >>> parse_scope(from_="2017-10", to="2017-11", by="platform").end
    datetime.date(2017, 12, 1)
    """
    if period not in get_args(Grain):
        raise NotFound("period length", period, GRAINS)
    start = Period.parse(from_).start if from_ else None
    end = Period.parse(to).end if to else None
    if start and end and end <= start:
        raise UsageError("the range ends before it begins", received=f"{from_} to {to}")
    cut: Cut = next((known for known in CUTS if known == by), "")
    if by and not cut:
        raise NotFound("dimension", by, CUTS)
    if not 1 <= limit <= MOST_LISTED:
        raise UsageError("this many rows cannot be listed", received=limit, allowed=f"1 to {MOST_LISTED:,}")
    return Scope(cast(Grain, period), start, end, cut, limit)


def bucket_sql(age: str) -> str:
    """The bucket of an age in days, as SQL.

    >>> bucket_sql("age")[:37]
    "CASE WHEN age <= 7 THEN '0-7' WHEN ag"
    """
    whens = " ".join(f"WHEN {age} <= {last} THEN '{code}'" for code, last in BUCKETS if last is not None)
    return f"CASE {whens} ELSE '{OLDEST}' END"
