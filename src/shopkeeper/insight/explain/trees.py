"""Driver trees: which quantities a figure is a product or a sum of, and how much each brought to its change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from shopkeeper.insight.explain.facts import Grouped
from shopkeeper.insight.explain.reference import Reference, exact
from shopkeeper.kpi.availability import Holdings
from shopkeeper.kpi.definition import Indicator
from shopkeeper.kpi.matrix import matrix_for
from shopkeeper.kpi.result import Cell, Filters, Matrix, Request
from shopkeeper.methods.decompose import product_effects, to_the_cent
from shopkeeper.warehouse.shop import Shop


@dataclass(frozen=True)
class Quantity:
    """A count or amount that a chain passes through: a side of an indicator, or its value. Its word is `explain_quantity.ID`."""

    id: str
    kpi: str
    side: Literal["value", "numerator", "denominator"]

    def of(self, matrix: Matrix, cell: Cell) -> float | None:
        """It in a period; None where it is not known."""
        found = matrix.cell(self.kpi, cell.period)
        if found is None:
            return None
        value = {"value": found.value, "numerator": found.numerator, "denominator": found.denominator}[self.side]
        return None if value is None else float(value)


VISITORS = Quantity("visitors", "T3", "denominator")
CARTING = Quantity("carting_visitors", "C2", "numerator")
BUYERS = Quantity("buyers", "buyers", "value")
ORDERS = Quantity("orders", "orders", "value")
UNITS = Quantity("units", "units", "value")
LIST_AMOUNT = Quantity("list_amount", "discount_rate", "denominator")
PAID = Quantity("paid_amount", "paid_amount", "value")
NAMED_PAID = Quantity("named_paid", "C4", "numerator")
IMPRESSIONS = Quantity("impressions", "ad_click_rate", "denominator")
CLICKS = Quantity("clicks", "ad_click_cost", "denominator")

CHAINS: Mapping[str, tuple[Quantity, ...]] = {
    "paid_amount": (VISITORS, BUYERS, ORDERS, UNITS, LIST_AMOUNT),
    "receivable": (VISITORS, BUYERS, ORDERS, UNITS, PAID),
    "gmv": (VISITORS, BUYERS, ORDERS, UNITS, PAID),
    "orders": (VISITORS, BUYERS),
    "units": (VISITORS, BUYERS, ORDERS),
    "buyers": (VISITORS,),
    "T3": (BUYERS, ORDERS, UNITS),
    "C4": (ORDERS, UNITS, LIST_AMOUNT),
    "C1": (CARTING,),
    "C4.orders": (UNITS, LIST_AMOUNT),
    "roas": (IMPRESSIONS, CLICKS),
    "ad_click_cost": (IMPRESSIONS,),
}
"""From the bottom up, the quantities that lead from a figure's denominator (or from nothing) to its numerator (or itself):
paid amount = visitors × buyers ÷ visitors × orders ÷ buyers × units ÷ orders × list amount ÷ units × paid ÷ list amount.

A quantity that is not known in both periods, or counts another part of the business, is left out; the rest is exact all the same.
"""


@dataclass(frozen=True)
class Driver:
    """One step of a chain.

    `top` over `bottom` ("" = 1), or one part of a sum: a measure. Quantities go by their ids, the ends of a chain as
    "own", "numerator" and "denominator".

    `before` and `now` are its own value, `growth` the factor between them, `effect` what it brought to the change.
    """

    top: str
    bottom: str
    before: float
    now: float
    growth: float | None
    effect: Decimal | float


@dataclass(frozen=True)
class Tree:
    """Drivers whose effects add up to the change. `left_out` are quantities that were not known in both periods.

    `remainder` is what rounding to the cent left over, `carried_by` the driver that bears it.
    """

    rule: Literal["lmdi", "shapley", "sum"]
    drivers: tuple[Driver, ...]
    left_out: tuple[str, ...]
    remainder: Decimal
    carried_by: str


def tree(shop: Shop, indicator: Indicator, ref: Reference, filters: Filters, holdings: Holdings,
         top: Grouped | None) -> Tree | None:  # fmt: skip
    """The driver tree of a change; None where the figure is no product and no sum, or against a target.

    `top` are the sums of its numerator, where they come from rows.
    """
    if ref.scale != 1.0:
        return None
    if indicator.how == "total" and (indicator.minus or len(indicator.numerator) > 1):
        return _sum(ref, top) if top is not None else None
    ends = _ends(indicator, ref)
    if ends is None:
        return None
    known, left_out = _between(shop, indicator, ref, filters, holdings)
    steps = [ends[0], *reversed(known), *([ends[1]] if ends[1] else [])]
    return _product(indicator, ref, steps, left_out) if len(steps) > 1 else None


def _sum(ref: Reference, top: Grouped) -> Tree:
    """The measures that the figure adds up, each by its own change."""
    periods = ref.before.period.start, ref.now.period.start
    names = dict.fromkeys(name for _, name in top.parts)
    pairs = {n: tuple(top.parts.get((day, n), Decimal(0)) for day in periods) for n in names}
    drivers = [
        Driver(n, "", float(a), float(b), float(b / a) if a * b > 0 else None, b - a) for n, (a, b) in pairs.items()
    ]
    rest = exact(ref.now.value) - exact(ref.before.value) - sum((exact(d.effect) for d in drivers), Decimal(0))
    return Tree("sum", tuple(drivers), (), rest, "")


def _between(shop: Shop, indicator: Indicator, ref: Reference, filters: Filters,
             holdings: Holdings) -> tuple[list[End], tuple[str, ...]]:  # fmt: skip
    """The quantities of the chain that are known in both periods, from the bottom up, and those that are not."""
    wanted = CHAINS.get(indicator.id, ())
    if not wanted:
        return [], ()
    kpis = tuple(dict.fromkeys(q.kpi for q in (*wanted, NAMED_PAID, PAID)))
    periods = ref.before.period, ref.now.period
    matrices = [matrix_for(shop, Request(p.grain, p.start, p.end, kpis=kpis, filters=filters)) for p in periods]
    known: list[End] = []
    left_out: list[str] = []
    for quantity in wanted:
        then, this = (quantity.of(m, c) for m, c in zip(matrices, (ref.before, ref.now), strict=True))
        partly = bool(holdings.untold) and (quantity == VISITORS or indicator.id == "T3")
        partly |= (quantity == BUYERS or indicator.id in ("C4", "T3")) and not _all_named(matrices, ref)
        if then and this and min(then, this) > 0 and not partly:
            known.append((quantity.id, then, this))
        else:
            left_out.append(quantity.id)
    return known, tuple(left_out)


def _all_named(matrices: list[Matrix], ref: Reference) -> bool:
    """Whether every payment names its buyer: orders of others have no place between buyers and amounts."""
    pairs = [(NAMED_PAID.of(m, c), PAID.of(m, c)) for m, c in zip(matrices, (ref.before, ref.now), strict=True)]
    return all(named is not None and named == paid for named, paid in pairs)


End = tuple[str, float, float]
"""A quantity of a chain: its name, and its value then and now."""


def _ends(indicator: Indicator, ref: Reference) -> tuple[End, End | None] | None:
    """The figure's own numerator and denominator; an amount has no denominator."""
    cells = ref.before, ref.now
    if indicator.how == "total":
        then, this = (float(c.value or 0) for c in cells)
        return ("own", then, this), None
    if indicator.how not in ("ratio", "margin") or any(c.numerator is None or not c.denominator for c in cells):
        return None
    tops = [float(c.numerator or 0) for c in cells]
    bottoms = [float(c.denominator or 0) for c in cells]
    return ("numerator", tops[0], tops[1]), ("denominator", bottoms[0], bottoms[1])


def _product(indicator: Indicator, ref: Reference, steps: list[End], left_out: tuple[str, ...]) -> Tree | None:
    """Each quantity over the next one down; an amount ends with its lowest quantity itself."""
    names = [name for name, _, _ in steps]
    sides = [v for _, v, _ in steps], [v for _, _, v in steps]
    if min(*sides[0], *sides[1]) <= 0:
        return None
    if indicator.how == "total":
        lower, divisors = [*names[1:], ""], [[*side[1:], 1.0] for side in sides]
    else:
        lower, divisors = names[1:], [side[1:] for side in sides]
    then, this = (
        [v / d for v, d in zip(side, below, strict=False)] for side, below in zip(sides, divisors, strict=True)
    )
    found = product_effects(then, this)
    effects: tuple[Decimal | float, ...] = found.amounts
    remainder, carried = Decimal(0), None
    if indicator.additive:
        rounded = to_the_cent(found.amounts, exact(ref.now.value) - exact(ref.before.value))
        effects, remainder, carried = rounded.amounts, rounded.remainder, rounded.carried_by
    drivers = [
        Driver(top, bottom, a, b, b / a, e)
        for top, bottom, a, b, e in zip(names, lower, then, this, effects, strict=False)
    ]
    bearer = "" if carried is None else drivers[carried].top
    return Tree(found.method, tuple(reversed(drivers)), left_out, remainder, bearer)
