"""Paths of visitors to a purchase, as both attribution models read them.

    events (one row an event)  →  one row a session: visitor, moment, channel, paid or not  →  paths

A path ends with a purchase, or when its visitor stays away longer than the look-back.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.insight.models.ask import Ask
from shopkeeper.insight.models.declared import Option
from shopkeeper.methods.attribution import Paths, channels_differ, collected, first_touch, last_touch

INPUTS = ("events.visitor_id", "events.channel_id", "events.session_id")
LONGEST = 20
OPTIONS = (Option("lookback_days", "whole", 30, low=1, high=365),)


@dataclass(frozen=True)
class Journeys:
    """Paths with the names of their channels. `sessions`: touches read; `paid`: mean order of the shops, None if unknown."""

    paths: Paths
    channels: list[str]
    sessions: int
    paid: float | None
    days: tuple[dt.date | None, dt.date | None]

    @property
    def conversions(self) -> float:
        """Paths that ended in a purchase."""
        return float(self.paths.converted.sum())


def journeys(ask: Ask) -> Journeys:
    """Every visitor's sessions as paths. A path keeps its last 20 sessions."""
    sessions = (
        f"SELECT visitor_id, session_id, min(happened_at) AS moment, arg_min(channel_id, happened_at) AS channel, "
        f"bool_or(name = 'pay') AS paid, min(shop_id) AS shop_id FROM events WHERE visitor_id IS NOT NULL "
        f"AND session_id IS NOT NULL AND channel_id IS NOT NULL AND {ask.days('happened_day')} GROUP BY 1, 2"
    )
    got = ask.arrays(
        f"SELECT dense_rank() OVER (ORDER BY visitor_id) AS visitor, epoch(moment) / 86400 AS day, "
        f"dense_rank() OVER (ORDER BY channel) - 1 AS channel, paid FROM ({sessions}) ORDER BY visitor_id, moment, session_id"
    )
    names = [str(name) for (name,) in ask.rows(f"SELECT DISTINCT channel FROM ({sessions}) ORDER BY 1")]
    if not names:
        names, got = [""], {k: v[:0] for k, v in got.items()}
    first = _beginnings(got["visitor"].astype(np.int64), got["day"].astype(np.float64), got["paid"].astype(bool), ask)
    ends = np.append(first[1:], len(got["day"]))
    begin = np.maximum(first, ends - LONGEST)
    keep = np.repeat(begin, ends - first) <= np.arange(len(got["day"]))
    offsets = np.concatenate([[0], np.cumsum(ends - begin)]).astype(np.int64)
    converted = got["paid"].astype(bool)[ends - 1] if len(ends) else np.zeros(0, dtype=bool)
    channel = got["channel"].astype(np.int64)[keep]
    paths = collected(channel, offsets, converted, len(names)) if len(first) else _nothing(len(names))
    mean = ask.rows(
        f"SELECT avg(paid) FROM (SELECT sum(CAST(payable_amount AS DOUBLE)) AS paid FROM order_lines "
        f"WHERE paid_day IS NOT NULL AND is_brushing IS NOT TRUE AND {ask.days('paid_day')} "
        f"AND shop_id IN (SELECT DISTINCT shop_id FROM events WHERE name = 'pay') GROUP BY shop_id, order_id)"
    )
    days = ask.rows(f"SELECT min(happened_day), max(happened_day) FROM events WHERE {ask.days('happened_day')}")[0]
    return Journeys(
        paths, names, len(got["day"]), None if mean[0][0] is None else float(mean[0][0]), (days[0], days[1])
    )


def comparison(found: Journeys) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float]:
    """Shares of touches, of last touches and of first touches by channel, and the p-value that channels differ at all."""
    paths = found.paths
    touches = np.bincount(paths.channel, (paths.converted + paths.left)[paths.owner()], paths.n_channels)
    last, first = last_touch(paths), first_touch(paths)
    return touches / touches.sum(), last / last.sum(), first / first.sum(), channels_differ(paths)


def _beginnings(
    visitor: NDArray[np.int64], day: NDArray[np.float64], paid: NDArray[np.bool_], ask: Ask
) -> NDArray[np.int64]:
    """Where a path begins: with a visitor, after a purchase, or after a long absence."""
    if not len(visitor):
        return np.zeros(0, dtype=np.int64)
    new = np.ones(len(visitor), dtype=bool)
    away = np.diff(day) > ask.whole("lookback_days")
    new[1:] = (np.diff(visitor) != 0) | paid[:-1] | away
    return np.flatnonzero(new).astype(np.int64)


def _nothing(channels: int) -> Paths:
    none = np.zeros(0)
    return Paths(none.astype(np.int64), np.zeros(1, dtype=np.int64), none, none, channels)
