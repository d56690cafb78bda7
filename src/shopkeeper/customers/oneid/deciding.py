"""Merge persons, split a person, accept or reject an uncertain link: each a decision, followed by a run that carries it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from shopkeeper.core.clock import utc_now
from shopkeeper.customers.oneid.decisions import decide
from shopkeeper.customers.oneid.linking import link
from shopkeeper.customers.oneid.persons import current_id, customers_of, person_of
from shopkeeper.errors import NotFound, UsageError
from shopkeeper.state import State
from shopkeeper.warehouse.shop import Shop

Answer = Literal["accept", "reject"]


@dataclass(frozen=True)
class Decided:
    """A decision that was carried out: its number, the run that did so, and the persons that its customers are now."""

    number: int
    run_id: str
    persons: tuple[str, ...]


def merge(shop: Shop, state: State, kept: str, others: Sequence[str], *, by: str, reason: str) -> Decided:
    """Make one person of several, given by their ids. Raises NotFound, UsageError when they are one already."""
    ids = dict.fromkeys(current_id(shop.lake, one) for one in (kept, *others))
    if len(ids) < 2:
        raise UsageError("a merge needs two persons", received=", ".join((kept, *others)), state="nothing was changed",
                         allowed="two different persons")  # fmt: skip
    first, *rest = ids
    left = customers_of(shop.lake, first)
    right = [customer for one in rest for customer in customers_of(shop.lake, one)]
    return _decided(shop, state, "together", left, right, by=by, reason=reason, target=" + ".join(ids))


def split(shop: Shop, state: State, person_id: str, customers: Sequence[str], *, by: str, reason: str) -> Decided:
    """Part customers from the rest of a person. Raises NotFound, UsageError when nobody would be left on one side.

    The id stays with the larger part; of equal parts, with the one that has the first customer.
    """
    one = current_id(shop.lake, person_id)
    members = customers_of(shop.lake, one)
    unknown = [customer for customer in customers if customer not in members]
    if unknown:
        raise NotFound("customer of this person", unknown[0], (), where=one,
                       next_command=f"shopkeeper customers links show {one}")  # fmt: skip
    rest = [customer for customer in members if customer not in customers]
    return _decided(shop, state, "apart", customers, rest, by=by, reason=reason, target=one)


def judge(shop: Shop, state: State, pair: tuple[str, str], answer: Answer, *, by: str, reason: str) -> Decided:
    """Accept or reject that two customers are one person, of an uncertain link. Raises NotFound for a link that is none."""
    left, right = sorted(pair)
    row = shop.lake.query(
        "SELECT 1 FROM person_links WHERE left_id = ? AND right_id = ? LIMIT 1", [left, right]
    ).fetchone()
    if row is None:
        raise NotFound("link", f"{left} – {right}", (), next_command="shopkeeper customers links review")
    target = " – ".join(person_of(shop.lake, customer) or "?" for customer in (left, right))
    kind: Literal["together", "apart"] = "together" if answer == "accept" else "apart"
    return _decided(shop, state, kind, [left], [right], by=by, reason=reason, target=target)


def _decided(
    shop: Shop, state: State, kind: Literal["together", "apart"], left: Sequence[str], right: Sequence[str], *, by: str,
    reason: str, target: str,
) -> Decided:  # fmt: skip
    number = decide(state, shop.id, kind, left, right, by=by, reason=reason, at=utc_now(), target=target)
    run = link(shop, state, by=by)
    found = (person_of(shop.lake, customer) for customer in (*left, *right))
    return Decided(number, run.run_id, tuple(dict.fromkeys(one for one in found if one)))
