"""Visitors that shops tell in two ways, by session and by a platform's daily figure: what may be added, and what may not.

- On one day the distinct visitors of sessions and the daily figures of other shops add up: they are of different shops.
- A daily figure never makes a week, so a slice that holds one has visitors by day alone; a slice of sessions has them by any
  period.
- Orders and spend of shops that tell no visitors are left out of indicators a visitor, on both sides; so are visitors of shops
  that name no buyer where buyers are divided by them.
"""

from __future__ import annotations

from shopkeeper.core.period import Grain
from shopkeeper.kpi.availability import Holdings
from shopkeeper.kpi.both_sides import stand_in
from shopkeeper.kpi.definition import Indicator
from shopkeeper.kpi.result import Value

_BY_DAY = {"visitors": "visitors_daily", "visitors_carting": "visitors_carting_daily"}
_TOLD = {name: f"{name}_told" for name in ("buyers", "paid_amount", "acquisition_spend")}


def of_visitors(indicator: Indicator) -> bool:
    """Whether a part counts visitors or their sessions."""
    return indicator.of_visits or any(part == "sessions" or part.startswith("visitors") for part in _parts(indicator))


def measured_by(indicator: Indicator, part: str, holdings: Holdings) -> tuple[str, ...]:
    """The measures that add up to a part of an indicator in this shop."""
    if not of_visitors(indicator):
        return (stand_in(indicator, part, holdings),)
    if part in _BY_DAY:
        by_session, daily = part, _BY_DAY[part]
        if part == "visitors" and "visitors_carting" in _parts(indicator):
            daily = "visitors_cart_known_daily"
        elif part == "visitors" and "buyers" in _parts(indicator) and holdings.hiding:
            by_session, daily = "visitors_of_named", "visitors_of_named_daily"
        if not holdings.telling.by_day:
            return (by_session,)
        return (by_session, daily) if holdings.telling.by_session else (daily,)
    if part == "sessions" and "buyers" in _parts(indicator) and holdings.hiding:
        return ("sessions_of_named",)
    return (_TOLD[part],) if part in _TOLD and holdings.untold else (part,)


def helping_measures(indicator: Indicator, holdings: Holdings) -> tuple[str, ...]:
    """What must be fetched for an indicator beside its own parts."""
    named = [m for part in _parts(indicator) for m in measured_by(indicator, part, holdings) if m != part]
    if not of_visitors(indicator):
        return tuple(dict.fromkeys(named))
    if holdings.telling.by_day:
        named.append(daily_measure(indicator, holdings))
    if "sessions" in _parts(indicator):
        named.append("visits_without_sessions")
    return tuple(dict.fromkeys(named))


def daily_measure(indicator: Indicator, holdings: Holdings) -> str:
    """The daily figure that stops a slice from having visitors of longer periods."""
    return "visitors_of_named_daily" if "buyers" in _parts(indicator) and holdings.hiding else "visitors_daily"


def visitors_gap(
    indicator: Indicator, grain: Grain, daily: tuple[Value, Value], twice: tuple[str, ...]
) -> tuple[str, ...]:  # fmt: skip
    """Why a slice's visitors cannot be told, or nothing: `daily` are its platform visitors and its rows without sessions."""
    visitors, without_sessions = daily
    if twice:
        return tuple(f"visits_twice:{shop}" for shop in twice)
    if "sessions" in _parts(indicator):
        return ("visits.sessions",) if without_sessions else ()
    by_session = indicator.of_visits or any(p.startswith("visitors") and p not in _BY_DAY for p in _parts(indicator))
    if visitors and by_session:
        return ("visits.visitor_id",)
    return ("daily_only",) if visitors and grain != "day" else ()


def _parts(indicator: Indicator) -> tuple[str, ...]:
    return indicator.numerator + indicator.denominator + indicator.minus
