"""What else happened at the time: festivals, days of the shop's calendar, campaigns, decisions and remarks."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from shopkeeper.core.festivals import festival_on
from shopkeeper.core.period import Period
from shopkeeper.warehouse.shop import Shop
from shopkeeper.warehouse.sql import literal

Kind = Literal["festival", "calendar", "campaign", "decision", "annotation"]
MOST = 12
"""How many campaigns, decisions or remarks are listed, the largest or newest first."""


@dataclass(frozen=True)
class Happening:
    """One thing that happened.

    `in_now` and `in_before` say in which of the two periods; `name` is the source's own, or a festival's id.
    """

    kind: Kind
    name: str
    first: dt.date
    last: dt.date
    in_now: bool
    in_before: bool
    detail: str = ""


def happened(shop: Shop, now: Period, before: Period) -> tuple[Happening, ...]:
    """Everything that is known to have happened in either period, what tells them apart first."""
    found = [*_festivals(now, before), *_calendar(shop, now, before), *_campaigns(shop, now, before)]
    found += [*_decisions(shop, now, before), *_remarks(shop, now, before)]
    return tuple(sorted(found, key=lambda h: (h.in_now == h.in_before, h.kind != "festival", h.first, h.name)))


def _festivals(now: Period, before: Period) -> list[Happening]:
    seen: dict[tuple[str, dt.date], tuple[dt.date, dt.date]] = {}
    inside: dict[tuple[str, dt.date], set[str]] = {}
    for side, period in (("now", now), ("before", before)):
        for n in range(period.days):
            one = festival_on(period.start + dt.timedelta(days=n))
            if one is not None:
                seen[one.name, one.day] = one.first, one.last
                inside.setdefault((one.name, one.day), set()).add(side)
    return [
        Happening(
            "festival", name, first, last, "now" in inside[name, day], "before" in inside[name, day], day.isoformat()
        )
        for (name, day), (first, last) in seen.items()
    ]


def _calendar(shop: Shop, now: Period, before: Period) -> list[Happening]:
    rows = shop.lake.query(
        f"SELECT name, coalesce(kind, ''), min(day), max(day), bool_or({_within('day', now)}), bool_or({_within('day', before)}) "
        f"FROM calendar WHERE {_within('day', now)} OR {_within('day', before)} GROUP BY name, kind, year(day)"
    ).fetchall()
    return [Happening("calendar", n, a, b, bool(i), bool(j), kind) for n, kind, a, b, i, j in rows]


def _campaigns(shop: Shop, now: Period, before: Period) -> list[Happening]:
    """Those that began or ended in either period: what ran all the time explains no change. Many of a kind are one line."""
    edges = " OR ".join(_within(column, period) for column in ("start_day", "last") for period in (now, before))
    rows = shop.lake.query(
        f"SELECT kind, count(*), min(name), min(start_day), max(last), {_overlaps(now)} AS here, {_overlaps(before)} AS there "
        f"FROM (SELECT coalesce(kind, '') AS kind, coalesce(name, campaign_id) AS name, start_day, budget, "
        f"coalesce(end_day, start_day) AS last, campaign_id FROM campaigns) WHERE {edges} "
        f"GROUP BY kind, here, there, CASE WHEN kind = '' THEN campaign_id END ORDER BY here DESC, max(budget) DESC NULLS LAST, "
        f"kind LIMIT {MOST}"
    ).fetchall()
    return [
        Happening("campaign", name if count == 1 else f"{name} … ({count})", a, b, bool(i), bool(j), kind)
        for kind, count, name, a, b, i, j in rows
    ]


def _overlaps(period: Period) -> str:
    start, end = literal(period.start.isoformat()), literal(period.end.isoformat())
    return f"(start_day < DATE {end} AND last >= DATE {start})"


def _decisions(shop: Shop, now: Period, before: Period) -> list[Happening]:
    rows = shop.lake.query(
        f"SELECT coalesce(lever, decision_id), decided_day, {_within('decided_day', now)}, {_within('decided_day', before)} "
        f"FROM decision_log WHERE {_within('decided_day', now)} OR {_within('decided_day', before)} "
        f"ORDER BY decided_day DESC LIMIT {MOST}"
    ).fetchall()
    return [Happening("decision", str(n), day, day, bool(i), bool(j)) for n, day, i, j in rows]


def _remarks(shop: Shop, now: Period, before: Period) -> list[Happening]:
    rows = shop.lake.query(
        f"SELECT coalesce(text, kind, ''), coalesce(kind, ''), day, {_within('day', now)}, {_within('day', before)} "
        f"FROM annotations WHERE {_within('day', now)} OR {_within('day', before)} ORDER BY day DESC LIMIT {MOST}"
    ).fetchall()
    return [Happening("annotation", t, day, day, bool(i), bool(j), kind) for t, kind, day, i, j in rows]


def _within(column: str, period: Period) -> str:
    start, end = literal(period.start.isoformat()), literal(period.end.isoformat())
    return f"coalesce({column} >= DATE {start} AND {column} < DATE {end}, false)"
