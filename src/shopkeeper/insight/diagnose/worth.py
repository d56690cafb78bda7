"""What the gap between a figure and its benchmark is worth a year, by a formula that is shown with its numbers in it.

Arithmetic, not a forecast: the same period at the benchmark, all else equal, scaled to 365 days. Gaps overlap (stock that
turns slowly is partly dead stock), so nothing adds them up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from shopkeeper.insight.diagnose.benchmarks import Benchmarks
from shopkeeper.insight.diagnose.finding import Filling, Worth
from shopkeeper.kpi.result import Cell, Value

CONTEXT = ("contribution_margin", "gross_profit", "orders", "paid_amount", "units", "S1")
"""Indicators that formulas read beside the one they value."""

_CENT = Decimal("0.01")
_YEAR = Decimal(365)


@dataclass(frozen=True)
class Setting:
    """What a formula may read: the cells of the period, how many days it was observed, and what is assumed."""

    cells: Mapping[str, Cell]
    days: int
    benchmarks: Benchmarks
    stock_value: Decimal | None = None
    """Average daily stock value, where it is known without movements."""

    def value(self, kpi: str) -> Decimal | None:
        """A context figure; None when unknown."""
        cell = self.cells.get(kpi)
        return None if cell is None or cell.value is None else _exact(cell.value)

    @property
    def margin(self) -> tuple[str, Decimal] | None:
        """What the period's sales left: the contribution margin, or the gross profit under its own name."""
        for name in ("contribution_margin", "gross_profit"):
            found = self.value(name)
            if found is not None:
                return name, found
        return None


def _exact(value: Value) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def worth_of(item: str, cell: Cell | None, good: float | None, low: float | None, high: float | None, direction: int,
             setting: Setting) -> Worth:  # fmt: skip
    """The worth of an item's gap; with `why_not` where it cannot be valued, and nothing where there is no gap."""
    if cell is None or cell.value is None or good is None:
        return Worth()
    value = _exact(cell.value)
    if direction * (Decimal(str(good)) - value) <= 0:
        return Worth(why_not="no_gap")
    formula = _FORMULAS.get(item)
    if formula is None:
        return Worth(why_not="no_link")
    found = formula(cell, value, Decimal(str(good)), setting)
    if low is None or high is None or found.yearly is None:
        return found
    ends = [formula(cell, Decimal(str(end)), Decimal(str(good)), setting).yearly for end in (low, high)]
    bounds = sorted(max(end, Decimal(0)) for end in ends if end is not None)
    return replace(found, low=bounds[0], high=bounds[-1])


def _yearly(amount: Decimal, days: Decimal | int) -> Decimal:
    return (amount * _YEAR / Decimal(days)).quantize(_CENT)


def _per_order(setting: Setting) -> tuple[str, Decimal] | None:
    margin, orders = setting.margin, setting.value("orders")
    return None if margin is None or not orders else (margin[0], margin[1] / orders)


def _acquisition(cell: Cell, value: Decimal, good: Decimal, setting: Setting) -> Worth:
    count = _exact(cell.denominator)
    said: Filling = (("value", value, "money"), ("good", good, "money"), ("n", cell.denominator, "count"))
    return Worth(_yearly((value - good) * count, setting.days), formula="K1", filling=said)


def _lifetime(cell: Cell, value: Decimal, good: Decimal, setting: Setting) -> Worth:
    spend = _exact(cell.denominator)
    said: Filling = (("value", float(value), "times"), ("good", float(good), "times"), ("n", spend, "money"))
    return Worth(_yearly((good - value) * spend, setting.days), formula="K3", filling=said)


def _turns(cell: Cell, value: Decimal, good: Decimal, setting: Setting) -> Worth:
    sold, stock = _exact(cell.numerator), _exact(cell.denominator)
    held = setting.benchmarks.holding_share
    free = (stock - sold / good).quantize(_CENT)
    said: Filling = (
        ("stock", stock, "money"),
        ("sold", sold, "money"),
        ("good", float(good), "times"),
        ("held", held, "share"),
    )
    return Worth((free * Decimal(str(held))).quantize(_CENT), once=free, formula="S1", filling=said)


def _dead(cell: Cell, value: Decimal, good: Decimal, setting: Setting) -> Worth:
    stock, held = setting.stock_value, setting.benchmarks.holding_share
    if stock is None:
        return Worth(why_not="stock_value")
    free = ((value - good) * stock).quantize(_CENT)
    said: Filling = (
        ("value", float(value), "share"), ("good", float(good), "share"), ("stock", stock, "money"), ("held", held, "share"),
    )  # fmt: skip
    return Worth((free * Decimal(str(held))).quantize(_CENT), once=free, formula="S3", filling=said)


def _more_orders(formula: str, window_days: int = 0) -> Callable[[Cell, Decimal, Decimal, Setting], Worth]:
    """A share of people who would each place one order more; of a rolling window, scaled by the window's days."""

    def valued(cell: Cell, value: Decimal, good: Decimal, setting: Setting) -> Worth:
        each = _per_order(setting)
        if each is None:
            return Worth(why_not="margin")
        people = _exact(cell.denominator)
        said: Filling = (
            ("value", float(value), "share"), ("good", float(good), "share"), ("n", cell.denominator, "count"),
            ("each", each[1], "money"), ("margin", each[0], "kpi"),
        )  # fmt: skip
        amount = (good - value) * people * each[1]
        if amount == 0 or each[1] <= 0:
            return Worth(why_not="no_margin")
        return Worth(_yearly(amount, window_days or setting.days), formula=formula, filling=said)

    return valued


def _order_value(cell: Cell, value: Decimal, good: Decimal, setting: Setting) -> Worth:
    margin, paid = setting.margin, setting.value("paid_amount")
    if margin is None or not paid:
        return Worth(why_not="margin")
    if margin[1] <= 0:
        return Worth(why_not="no_margin")
    buyers = _exact(cell.denominator)
    said: Filling = (
        ("value", value, "money"), ("good", good, "money"), ("n", cell.denominator, "count"),
        ("each", float(margin[1] / paid), "share"), ("margin", margin[0], "kpi"),
    )  # fmt: skip
    return Worth(_yearly((good - value) * buyers * margin[1] / paid, setting.days), formula="C4", filling=said)


def _returns(cell: Cell, value: Decimal, good: Decimal, setting: Setting) -> Worth:
    profit, units = setting.value("gross_profit"), setting.value("units")
    if profit is None or not units:
        return Worth(why_not="margin")
    if profit <= 0:
        return Worth(why_not="no_margin")
    shipped = _exact(cell.denominator)
    said: Filling = (
        ("value", float(value), "share"), ("good", float(good), "share"), ("n", cell.denominator, "units"),
        ("each", profit / units, "money"),
    )  # fmt: skip
    return Worth(_yearly((value - good) * shipped * profit / units, setting.days), formula="K2", filling=said)


def _operating(cell: Cell, value: Decimal, good: Decimal, setting: Setting) -> Worth:
    revenue = _exact(cell.denominator)
    said: Filling = (("value", float(value), "share"), ("good", float(good), "share"), ("n", revenue, "money"))
    return Worth(_yearly((value - good) * revenue, setting.days), formula="K4", filling=said)


def _by_bot(cell: Cell, value: Decimal, good: Decimal, setting: Setting) -> Worth:
    cost = setting.benchmarks.conversation_cost
    if cost is None:
        return Worth(why_not="conversation_cost")
    said: Filling = (
        ("value", float(value), "share"), ("good", float(good), "share"), ("n", cell.denominator, "count"),
        ("each", Decimal(str(cost)), "money"),
    )  # fmt: skip
    amount = (good - value) * _exact(cell.denominator) * Decimal(str(cost))
    return Worth(_yearly(amount, setting.days), formula="bot", filling=said)


_FORMULAS: dict[str, Callable[[Cell, Decimal, Decimal, Setting], Worth]] = {
    "K1": _acquisition,
    "K2": _returns,
    "K3": _lifetime,
    "K4": _operating,
    "C1": _more_orders("C1"),
    "C3": _more_orders("C3"),
    "C4": _order_value,
    "U3": _more_orders("U3", 90),
    "S1": _turns,
    "S3": _dead,
    "bot_resolution": _by_bot,
}
