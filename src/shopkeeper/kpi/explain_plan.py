"""How a matrix is computed: what is read of each fact, on which day axis, and how days make a longer period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from shopkeeper.kpi.definition import History, Indicator
from shopkeeper.kpi.matrix import asked_for
from shopkeeper.kpi.result import Request
from shopkeeper.warehouse.shop import Shop

How = Literal["adds", "recomputed", "daily", "histories"]
"""adds: a sum of days · recomputed: counted once a period · daily: never longer than a day · histories: from each buyer's
paid days, before and after the period."""


_HISTORIES = get_args(History)


@dataclass(frozen=True)
class PlannedMeasure:
    """One aggregate of a plan, and the indicators that want it. `read` is where it comes from, and why."""

    fact: str
    measure: str
    kind: str
    day: str
    over_time: How
    wanted_by: tuple[str, ...]
    read: str

    def as_json(self) -> dict[str, object]:
        """The row that the command prints."""
        return {
            "fact": self.fact, "measure": self.measure, "kind": self.kind, "day": self.day, "over_time": self.over_time,
            "wanted_by": list(self.wanted_by), "read": self.read,
        }  # fmt: skip


def explain_plan(shop: Shop, request: Request) -> list[PlannedMeasure]:
    """The aggregates that a request reads, fact by fact; nothing is computed.

    Raises NotFound for an unknown indicator, UsageError for a range that ends before it begins.
    """
    asked = asked_for(shop, request)
    found = []
    for plan in asked.plans:
        for measure in plan.declared():
            wanted = _wanting(asked.able, measure.id)
            row = PlannedMeasure(
                plan.fact, measure.id, measure.kind, measure.day, measure.over_time, wanted, asked.read
            )
            found.append(row)
        if plan.with_buyers:
            names = dict.fromkeys(n for i in asked.able for n in (*i.numerator, *i.denominator) if n in _HISTORIES)
            spells = tuple(i.id for i in asked.able if i.how in ("median_gap", "km_share"))
            found += [
                PlannedMeasure(plan.fact, n, "buyers", "paid_day", "histories", _wanting(asked.able, n), asked.read)
                for n in names
                if n != "previous_buyers"
            ]
            if spells:
                found.append(PlannedMeasure(plan.fact, "spells", "buyers", "paid_day", "histories", spells, asked.read))
    return found


def _wanting(able: tuple[Indicator, ...], measure: str) -> tuple[str, ...]:
    return tuple(i.id for i in able if measure in (*i.numerator, *i.denominator, *i.minus))
