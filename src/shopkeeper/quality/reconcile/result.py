"""What a reconciliation finds. Amounts are exact, in the currency that stands beside them; never added across two."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from shopkeeper.core.period import Period

Outcome = Literal["matched", "matched_fees", "short", "over", "unsettled", "orphan", "unchecked", "brushing"]
OUTCOMES: tuple[Outcome, ...] = (
    "matched", "matched_fees", "short", "over", "unsettled", "orphan", "unchecked", "brushing",
)  # fmt: skip
OPEN: tuple[Outcome, ...] = ("short", "over", "unsettled", "orphan")
"""Outcomes whose money is open: it is missing, or nobody knows what it is for."""

CAUSES = (
    "not_yet_due", "overdue", "refund_not_settled", "refund_unknown", "fee_unexplained", "amount_differs",
    "order_unknown", "order_unpaid", "duplicate_settlement", "no_statement", "amount_unknown", "brushing_excluded",
)  # fmt: skip

GOODS = ("sale", "refund", "subsidy")
"""Kinds of a statement's lines that together make up what an order brought."""

FEES = ("commission", "service_fee", "influencer_commission", "promotion_fee", "freight")
"""Kinds that the platform takes off (or, rarely, gives back)."""

LINE_STEPS = ("exact", "normalised", "note", "none", "no_id")
"""How a statement's line finds its order, tried in this order: by the id as it stands; by the id without quotes, prefix
and leading zeros, where one order alone has it; by the id inside the note, exact or normalised; not at all; and lines
without any id."""

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Tally:
    """Orders of one outcome. `difference` = settled − expected; `open` adds up its sizes, so that nothing cancels."""

    orders: int = 0
    expected: Decimal = NOTHING
    settled: Decimal = NOTHING
    fees: Decimal = NOTHING
    difference: Decimal = NOTHING
    open: Decimal = NOTHING

    def __add__(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(
            self.orders + other.orders,
            self.expected + other.expected,
            self.settled + other.settled,
            self.fees + other.fees,
            self.difference + other.difference,
            self.open + other.open,
        )


@dataclass(frozen=True)
class OrderRow:
    """Orders paid in one period (statement lines without an order: booked in it), of one slice, by outcome."""

    period: Period
    slice: str | None
    currency: str | None
    outcomes: Mapping[str, Tally]

    def tally(self, *outcomes: str) -> Tally:
        """Several outcomes added up."""
        return sum((self.outcomes[o] for o in outcomes), Tally())


@dataclass(frozen=True)
class Aged:
    """How many, and how much money, of one age."""

    count: int
    amount: Decimal


@dataclass(frozen=True)
class OpenRow:
    """Open money of one outcome and cause, by age in days."""

    currency: str | None
    outcome: str
    cause: str
    count: int
    amount: Decimal
    ages: Mapping[str, Aged]


@dataclass(frozen=True)
class PayoutRow:
    """Transfers of one statement side: sent by a platform or wallet, or received by a wallet or bank."""

    currency: str | None
    side: str
    issuer: str
    status: str
    count: int
    amount: Decimal
    ages: Mapping[str, Aged]


@dataclass(frozen=True)
class FeeRow:
    """One kind of a statement's lines at one platform (or store). `rate` = what is taken off ÷ settled sales."""

    slice: str | None
    currency: str | None
    kind: str
    lines: int
    amount: Decimal
    sales: Decimal
    rate: Decimal | None


@dataclass(frozen=True)
class Step:
    """How often one step of a fall-back was what worked."""

    what: str
    step: str
    count: int
    amount: Decimal | None = None


@dataclass(frozen=True)
class Hit:
    """How many rows of one source find their partner in another. `share` is Σ ÷ Σ; None when a side is missing."""

    id: str
    hits: int | None
    of: int | None
    share: float | None
    missing: tuple[str, ...]
    steps: Mapping[str, int | None]


@dataclass(frozen=True)
class Unmatched:
    """One order, statement line or transfer whose money is open; `id` is the order's, or statement:line."""

    what: str
    slice: str | None
    shop_id: str
    id: str
    day: dt.date
    age: int
    bucket: str
    outcome: str
    cause: str
    currency: str | None
    expected: Decimal | None
    settled: Decimal | None
    fees: Decimal | None
    difference: Decimal


@dataclass(frozen=True)
class Reconciliation:
    """Everything that one reconciliation found. `overdue` says whether money is open beyond the last age."""

    snapshot: int
    as_of: dt.date | None
    by: str
    orders: tuple[OrderRow, ...]
    open: tuple[OpenRow, ...]
    payouts: tuple[PayoutRow, ...]
    fees: tuple[FeeRow, ...]
    hits: tuple[Hit, ...]
    steps: tuple[Step, ...]
    unmatched: tuple[Unmatched, ...]
    overdue: bool
    missing: tuple[str, ...]
    stale: tuple[tuple[str, dt.date], ...]
