"""Persons as the last run left them: by id, by customer, with their members and the reasons."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shopkeeper.errors import NotFound
from shopkeeper.warehouse.lake import Lake


@dataclass(frozen=True)
class Identity:
    """One key of a member on a platform or system, as the sources tell it."""

    customer_id: str
    platform_id: str
    kind: str
    identity: str


@dataclass(frozen=True)
class Link:
    """One reason to take two customers for one person. `evidence`: holders of the key, or each comparison's weight."""

    left_id: str
    right_id: str
    kind: str
    status: str
    confidence: float | None
    weight: float | None
    evidence: Mapping[str, Any]


@dataclass(frozen=True)
class Person:
    """One person. `asked` is the id that was asked for when that one now stands for this person."""

    person_id: str
    customers: tuple[str, ...]
    confidence: float | None
    identities: tuple[Identity, ...]
    links: tuple[Link, ...]
    asked: str = ""


def person_of(lake: Lake, customer_id: str) -> str | None:
    """The person that a customer of the sources is; None before the first run that knows the customer."""
    row = lake.query("SELECT person_id FROM person_members WHERE customer_id = ?", [customer_id]).fetchone()
    return str(row[0]) if row else None


def customers_of(lake: Lake, person_id: str) -> tuple[str, ...]:
    """The customers of the sources that are this person, sorted; redirects are followed. Raises NotFound."""
    return _members(lake, current_id(lake, person_id))


def current_id(lake: Lake, person_id: str) -> str:
    """The id under which a person stands now: its own, or that of the person it was merged into. Raises NotFound."""
    row = lake.query(
        "WITH RECURSIVE way AS (SELECT person_id, merged_into FROM persons WHERE person_id = $id UNION "
        "SELECT p.person_id, p.merged_into FROM way JOIN persons p ON p.person_id = way.merged_into) "
        "SELECT person_id FROM way WHERE merged_into IS NULL",
        {"id": person_id},  # type: ignore[arg-type]
    ).fetchone()
    if row is None:
        near = lake.query("SELECT person_id FROM persons WHERE merged_into IS NULL ORDER BY 1 LIMIT 3").fetchall()
        raise NotFound("person", person_id, [p for (p,) in near], next_command="shopkeeper customers link")
    return str(row[0])


def person(lake: Lake, person_id: str) -> Person:
    """A person with members, identities and every link of a member, the surest first. Raises NotFound."""
    now = current_id(lake, person_id)
    members = _members(lake, now)
    row = lake.query("SELECT confidence FROM persons WHERE person_id = ?", [now]).fetchone()
    found = lake.query(
        "SELECT customer_id, platform_id, coalesce(kind, ''), identity FROM identities "
        "WHERE list_contains(?, customer_id) ORDER BY ALL",
        [list(members)],
    ).fetchall()
    asked = "" if now == person_id else person_id
    identities = tuple(Identity(*one) for one in found)
    return Person(now, members, row[0] if row else None, identities, links_of(lake, members), asked)


def links_of(lake: Lake, customers: Sequence[str]) -> tuple[Link, ...]:
    """Every link that has one of these customers at an end: what holds first, the surest first."""
    rows = lake.query(
        "SELECT left_id, right_id, kind, status, confidence, weight, evidence FROM person_links "
        "WHERE list_contains($1, left_id) OR list_contains($1, right_id) "
        "ORDER BY list_position(['linked', 'review', 'apart', 'guarded'], status), confidence DESC, left_id, right_id, kind",
        [list(customers)],
    ).fetchall()
    return tuple(link_of(row) for row in rows)


def link_of(row: Sequence[Any]) -> Link:
    """A row of `person_links` in the order of `Link`, its evidence still JSON text."""
    left, right, kind, status, confidence, weight, evidence = row
    return Link(left, right, kind, status, confidence, weight, json.loads(evidence or "{}"))


def _members(lake: Lake, person_id: str) -> tuple[str, ...]:
    rows = lake.query("SELECT customer_id FROM person_members WHERE person_id = ? ORDER BY 1", [person_id])
    return tuple(str(customer) for (customer,) in rows.fetchall())
