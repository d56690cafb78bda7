"""What people decided about who is who: kept in the state with who, when and why, and stronger than every key.

A merge says "these customers are one person", a split "nobody of one side is one of the other". A later decision wins over an
earlier one as far as both speak of the same two customers.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from sqlalchemy import func, insert, select

from shopkeeper.access.audit import append
from shopkeeper.errors import UsageError
from shopkeeper.state import State
from shopkeeper.state.tables.identities import IDENTITY_DECISION_SIDES, IDENTITY_DECISIONS

Verdict = Literal["together", "apart"]
Pair = tuple[str, str]


@dataclass(frozen=True)
class Decision:
    """One decision. `left` and `right` are customers of the sources."""

    number: int
    kind: Verdict
    left: frozenset[str]
    right: frozenset[str]
    at: dt.datetime
    by: str
    reason: str


def decisions(state: State, shop_id: str) -> tuple[Decision, ...]:
    """Every decision of a shop, oldest first."""
    heads = select(IDENTITY_DECISIONS).where(IDENTITY_DECISIONS.c.shop_id == shop_id).order_by("number")
    sides = select(IDENTITY_DECISION_SIDES).where(IDENTITY_DECISION_SIDES.c.shop_id == shop_id)
    with state.reading() as connection:
        rows = connection.execute(heads).fetchall()
        named: dict[tuple[int, int], set[str]] = {}
        for row in connection.execute(sides):
            named.setdefault((row.number, row.side), set()).add(row.customer_id)
    return tuple(
        Decision(
            row.number, row.kind, frozenset(named.get((row.number, 1), ())), frozenset(named.get((row.number, 2), ())),
            row.decided_at, row.decided_by, row.reason,
        )
        for row in rows
    )  # fmt: skip


def decide(
    state: State, shop_id: str, kind: Verdict, left: Sequence[str], right: Sequence[str], *, by: str, reason: str,
    at: dt.datetime, target: str,
) -> int:  # fmt: skip
    """Record a decision and its trace in one transaction; returns its number.

    `target` is what the audit trail names: person ids, never customers. Raises UsageError without a reason or a side.
    """
    if not reason.strip():
        raise UsageError("a decision about persons needs a reason", allowed="a sentence that says why",
                         state="nothing was changed")  # fmt: skip
    if any(re.search(rf"(?<!\w){re.escape(one)}(?!\w)", reason, re.IGNORECASE) for one in (*left, *right)):
        raise UsageError("the reason must not name the customers: the audit trail keeps it for good", where="reason",
                         allowed="a sentence without their keys", state="nothing was changed")  # fmt: skip
    if not left or not right or not set(left).isdisjoint(right):
        raise UsageError("a decision needs two sides that share nobody", state="nothing was changed",
                         received=f"{len(left)} and {len(right)} customers")  # fmt: skip
    with state.writing() as connection:
        last = connection.scalar(
            select(func.max(IDENTITY_DECISIONS.c.number)).where(IDENTITY_DECISIONS.c.shop_id == shop_id)
        )
        number = int(last or 0) + 1
        connection.execute(
            insert(IDENTITY_DECISIONS).values(
                shop_id=shop_id, number=number, kind=kind, decided_at=at, decided_by=by, reason=reason.strip()[:400]
            )
        )
        sides = [(customer, 1) for customer in left] + [(customer, 2) for customer in right]
        connection.execute(
            insert(IDENTITY_DECISION_SIDES),
            [{"shop_id": shop_id, "number": number, "customer_id": c, "side": side} for c, side in sides],
        )
        append(
            connection, "persons.merged" if kind == "together" else "persons.split", target, actor=by, at=at, shop=shop_id,
            decision=number, customers=len(sides), reason=reason.strip()[:400],
        )  # fmt: skip
    return number


@dataclass(frozen=True)
class Standing:
    """What holds of all decisions together. `together`: pairs and the decision behind each; `apart`: pairs, both ways once."""

    together: dict[Pair, int]
    apart: dict[Pair, int]


def standing(made: Sequence[Decision]) -> Standing:
    """Decisions as pairs of customers, the later over the earlier.

    A merge holds its customers together as a chain; customers that a later split parts are chained on each side of it.
    """
    together: dict[Pair, int] = {}
    apart: dict[Pair, int] = {}
    for position, one in enumerate(made):
        later = made[position + 1 :]
        if one.kind == "together":
            groups = [sorted(one.left | one.right)]
            for split in (d for d in later if d.kind == "apart"):
                groups = [part for group in groups for part in _parted(group, split)]
            chains = (pair for group in groups for pair in zip(group, group[1:], strict=False))
            together |= dict.fromkeys(chains, one.number)
        else:
            merges = [d.left | d.right for d in later if d.kind == "together"]
            for pair in _across(one):
                if not any(merged.issuperset(pair) for merged in merges):
                    apart[pair] = one.number
    return Standing(together, apart)


def _parted(group: list[str], split: Decision) -> Iterator[list[str]]:
    """The split-off side on its own, everyone else with the other; the group as it is where the split does not cut it."""
    if split.left.isdisjoint(group) or split.right.isdisjoint(group):
        yield group
        return
    yield [customer for customer in group if customer in split.left]
    yield [customer for customer in group if customer not in split.left]


def _across(decision: Decision) -> Iterator[Pair]:
    for one, other in product(sorted(decision.left), sorted(decision.right)):
        yield (one, other) if one < other else (other, one)
