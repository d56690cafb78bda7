"""Money from the list price down to what is left, and how long it is tied up: exact amounts, no floating point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Step:
    """One step: a `total` stands on the ground, any other changes the level. `level` is what is left after it."""

    name: str
    amount: Decimal
    level: Decimal
    total: bool = False


def waterfall(start: tuple[str, Decimal], parts: Sequence[tuple[str, Decimal | None]]) -> tuple[Step, ...]:
    """The steps from a start through changes to subtotals. A part of None is a subtotal of all before it.

    The last level is the start plus every change, to the cent: nothing is rounded on the way.

    >>> steps = waterfall(("list", Decimal("10.00")), [("discount", Decimal("-1.50")), ("paid", None)])
    >>> [(s.name, str(s.amount), str(s.level)) for s in steps]
    [('list', '10.00', '10.00'), ('discount', '-1.50', '8.50'), ('paid', '8.50', '8.50')]
    """
    steps = [Step(start[0], start[1], start[1], total=True)]
    level = start[1]
    for name, amount in parts:
        if amount is None:
            steps.append(Step(name, level, level, total=True))
        else:
            level += amount
            steps.append(Step(name, amount, level))
    return tuple(steps)


@dataclass(frozen=True)
class CashCycle:
    """Days that money is tied up. `cycle` = stock + receivables − payables; None where one of them is unknown."""

    stock_days: Decimal | None
    receivable_days: Decimal | None
    payable_days: Decimal | None

    @property
    def cycle(self) -> Decimal | None:
        """Cash conversion cycle in days."""
        if self.stock_days is None or self.receivable_days is None or self.payable_days is None:
            return None
        return self.stock_days + self.receivable_days - self.payable_days


def turn_days(balance: Decimal, flow: Decimal, days: int) -> Decimal:
    """How many days of a flow a balance is: balance ÷ flow × days, to a tenth of a day.

    Args:
        balance: average amount tied up over the days, such as stock at cost.
        flow: amount that went through in the same days, such as cost of goods sold, > 0.
        days: length of the period, > 0.

    Source: Richards & Laughlin 1980, "A cash conversion cycle approach to liquidity analysis".

    >>> turn_days(Decimal("500"), Decimal("3650"), 365)
    Decimal('50.0')
    """
    if flow <= 0 or days <= 0:
        raise ValueError(f"flow == {flow}, days == {days}: both must be > 0")
    return (balance * days / flow).quantize(Decimal("0.1"))
