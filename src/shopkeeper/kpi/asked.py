"""A request as people and scripts write it: words in, a checked Request out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import cast, get_args

from shopkeeper.core.period import GRAINS, Grain, Period
from shopkeeper.errors import NotFound, UsageError
from shopkeeper.kpi.definition import SLICES, Slice
from shopkeeper.kpi.definitions import BUILT_IN, Definitions
from shopkeeper.kpi.result import Filters, Request


def parse_request(
    *,
    grain: str = "month",
    from_: str | None = None,
    to: str | None = None,
    by: Sequence[str] = (),
    kpis: Sequence[str] = (),
    filters: Sequence[str] = (),
    definitions: Definitions = BUILT_IN,
) -> Request:
    """Read a request. `from_` and `to` are days or periods, both included; a filter is DIM=VALUE, an empty value = unknown.

    Raises UsageError or NotFound naming the nearest allowed words.

    >>> parse_request(grain="month", from_="2017-10", to="2017-11").end
    datetime.date(2017, 12, 1)
    """
    if grain not in get_args(Grain):
        raise NotFound("period length", grain, GRAINS)
    start = Period.parse(from_).start if from_ else None
    end = Period.parse(to).end if to else None
    if start and end and end <= start:
        raise UsageError("the range ends before it begins", received=f"{from_} to {to}")
    _within_reach(start, end)
    slices = tuple(dict.fromkeys(_slice(name) for item in by for name in item.split(",") if name))
    ids = tuple(dict.fromkeys(definitions.indicator(n).id for item in kpis for n in item.split(",") if n))
    return Request(cast(Grain, grain), start, end, slices, ids, _filters(filters))


def _within_reach(start: dt.date | None, end: dt.date | None) -> None:
    if start and end and (end - start).days > 366 * 30:
        raise UsageError("the range is too long", received=f"{start} to {end}", allowed="up to 30 years")


def _slice(name: str) -> Slice:
    if name not in SLICES:
        raise NotFound("dimension", name, SLICES)
    return name


def _filters(items: Sequence[str]) -> Filters:
    wanted: dict[Slice, list[str | None]] = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not equals:
            raise UsageError("this is not a filter", received=item, allowed="DIM=VALUE, such as category=GROCERY")
        wanted.setdefault(_slice(name), []).append(value or None)
    return tuple((name, tuple(values)) for name, values in wanted.items())
