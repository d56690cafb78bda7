"""What a change was worth in money: of an amount itself, of a ratio by what stands behind each unit of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from shopkeeper.insight.explain.reference import Reference
from shopkeeper.kpi.definition import Indicator
from shopkeeper.kpi.definitions import Definitions
from shopkeeper.kpi.matrix import matrix_for
from shopkeeper.kpi.result import Filters, Request
from shopkeeper.methods.decompose import CENT
from shopkeeper.warehouse.shop import Shop

Rule = Literal["itself", "times_denominator", "per_buyer", "per_order", "per_unit", "per_carting_visitor"]
"""itself: an amount of money · times_denominator: the numerator is money · the others: each buyer, order, unit or visitor with
a basket at what it paid on average in the period."""

BEHIND: Mapping[str, Rule] = {
    "C1": "per_buyer", "C1.sessions": "per_buyer", "C3": "per_buyer", "U3.returning": "per_buyer", "buyers": "per_buyer",
    "new_buyers": "per_buyer", "orders": "per_order", "units": "per_unit", "units_per_order": "per_unit", "K2": "per_unit",
    "C2": "per_carting_visitor",
}  # fmt: skip
"""What one unit of the numerator is worth, where it is not money itself."""


@dataclass(frozen=True)
class Worth:
    """Money behind a change.

    `amount` is above zero where the change was good for the shop. `each` is what one unit of the numerator is worth,
    signed so that more of what is bad is below zero.
    """

    amount: Decimal
    each: float
    rule: Rule


def worth(shop: Shop, indicator: Indicator, definitions: Definitions, ref: Reference, filters: Filters) -> Worth | None:
    """The money that a change brought or cost; None where nothing says what a unit is worth, or which way is good."""
    if not indicator.direction:
        return None
    rule = _rule(indicator, definitions)
    if rule is None:
        return None
    each = 1.0 if rule in ("itself", "times_denominator") else _each(shop, rule, ref, filters)
    if each is None:
        return None
    behind = 1.0 if indicator.how == "total" else float(ref.now.denominator or 0)
    amount = Decimal(repr(float(ref.change) * behind * each * indicator.direction)).quantize(CENT)
    if rule == "itself":
        amount = Decimal(str(ref.change)).quantize(CENT) * indicator.direction
    return Worth(amount, each * indicator.direction, rule)


def _rule(indicator: Indicator, definitions: Definitions) -> Rule | None:
    if indicator.id in BEHIND:
        return BEHIND[indicator.id]
    if indicator.how == "total":
        return "itself" if indicator.unit == "money" else None
    if indicator.how not in ("ratio", "margin", "excess_ratio"):
        return None
    units = {definitions.measures[n].unit for n in indicator.numerator if n in definitions.measures}
    return "times_denominator" if units == {"money"} else None


def _each(shop: Shop, rule: Rule, ref: Reference, filters: Filters) -> float | None:
    """What one buyer, order, unit or visitor with a basket paid on average in the period."""
    period = ref.now.period
    kpis = ("C1", "C2", "C4", "C4.orders", "paid_amount", "units")
    matrix = matrix_for(shop, Request(period.grain, period.start, period.end, kpis=kpis, filters=filters))
    values = {k: (c.value if (c := matrix.cell(k, period)) else None) for k in kpis}
    known = {k: float(v) for k, v in values.items() if v}
    if rule == "per_buyer":
        return known.get("C4")
    if rule == "per_order":
        return known.get("C4.orders")
    if rule == "per_unit":
        return known["paid_amount"] / known["units"] if {"paid_amount", "units"} <= known.keys() else None
    return known["C4"] * known["C1"] / known["C2"] if {"C4", "C1", "C2"} <= known.keys() else None
