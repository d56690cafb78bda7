"""The Segments page: saved rules with their members and changes, and the dimensions that a rule may ask for."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from shopkeeper.core.wording import word
from shopkeeper.customers import segments as saved
from shopkeeper.customers.catalogue import DIMENSIONS, TAGS
from shopkeeper.customers.profiles import available, people_of
from shopkeeper.customers.rules import OPERATORS, Condition, Rule
from shopkeeper.state import State
from shopkeeper.views.customers import dimension_word
from shopkeeper.views.lens import Lens
from shopkeeper.views.overview import Freshness, freshness
from shopkeeper.warehouse.shop import Shop

EXAMPLE = '{"all": [{"orders": ">= 2"}, {"recency_days": "<= 90"}]}'


@dataclass(frozen=True)
class DimensionShown:
    """One dimension that a rule may ask for."""

    id: str
    name: str
    kind: str
    operators: tuple[str, ...]
    available: bool
    sources: tuple[str, ...]


@dataclass(frozen=True)
class SegmentShown:
    """One saved segment with its newest refresh."""

    name: str
    version: int
    rule: str
    text: str
    note: str
    saved_at: dt.datetime
    saved_by: str
    members: int | None
    came: int | None
    went: int | None
    refreshed_at: dt.datetime | None
    snapshot: int | None
    tag: str


@dataclass(frozen=True)
class SegmentsPage:
    """Everything on the page. `people` are all customers of the shop."""

    shop: str
    freshness: Freshness
    people: int
    rows: tuple[SegmentShown, ...]
    dimensions: tuple[DimensionShown, ...]


def segments_page(shop: Shop, lens: Lens, snapshot: int, state: State) -> SegmentsPage:
    """What is saved, and what may be asked."""
    people = people_of(shop)
    rows = []
    for one in saved.segments(state, shop):
        newest = next(iter(saved.refreshes(state, shop, one.name, 1)), None)
        rows.append(
            SegmentShown(
                one.name, one.version, one.rule.as_json(), rule_text(one.rule, lens), one.note, one.saved_at, one.saved_by,
                newest.members if newest else None, newest.came if newest else None, newest.went if newest else None,
                newest.refreshed_at if newest else None, newest.snapshot if newest else None, one.tag,
            )
        )  # fmt: skip
    listed = [
        DimensionShown(
            d.id, dimension_word(d.id, lens.lang), d.kind, tuple(op for op, kinds in OPERATORS.items() if d.kind in kinds),
            available(people, d), d.sources,
        )
        for d in DIMENSIONS.values()
    ]  # fmt: skip
    of_lists = tuple(op for op, kinds in OPERATORS.items() if "list" in kinds)
    listed.append(DimensionShown(TAGS, word("customers.tags", lens.lang), "list", of_lists, True, ()))
    return SegmentsPage(shop.id, freshness(shop, snapshot, lens), people.people, tuple(rows), tuple(listed))


def rule_text(rule: Rule, lens: Lens) -> str:
    """A rule in words."""
    parts = []
    for part in rule.parts:
        if isinstance(part, Condition):
            name = (
                word("customers.tags", lens.lang)
                if part.dimension == TAGS
                else dimension_word(part.dimension, lens.lang)
            )
            parts.append(f"{name} {part.text}")
        else:
            parts.append(f"({rule_text(part, lens)})")
    joined = word("segments.and" if rule.join == "all" else "segments.or", lens.lang).join(parts)
    return word("segments.none_of", lens.lang, rules=joined) if rule.join == "none" else joined
