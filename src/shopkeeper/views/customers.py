"""The Customers pages: who there is, one of them with all dimensions, and a timeline; by references unless one may see more."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from shopkeeper.core.wording import Language, has_word, word
from shopkeeper.customers.catalogue import DIMENSIONS, GROUPS, Dimension
from shopkeeper.customers.history import ROWS, Happening, history
from shopkeeper.customers.profiles import (
    Profile,
    available,
    looked_from,
    people_of,
    profile,
    profiles_sql,
    shop_completeness,
)
from shopkeeper.customers.store import People
from shopkeeper.render.formats import NOTHING, Formats
from shopkeeper.views.lens import Lens
from shopkeeper.views.overview import Freshness, freshness
from shopkeeper.warehouse.shop import Shop

LISTED = 50
TARGET = 0.85
"""Completeness that a shop should reach: filled dimensions of those that apply."""

HIDDEN = "***"
_CYCLE = ("prospect", "new", "active", "at_risk", "dormant", "lost")


@dataclass(frozen=True)
class Listed:
    """One line of the list."""

    ref: str
    name: str
    orders: int | None
    paid: Decimal | None
    last_order_day: dt.date | None
    lifecycle: str | None
    top_category: str | None


@dataclass(frozen=True)
class Gap:
    """A dimension that too few have, or that the shop has no source for."""

    id: str
    name: str
    share: float | None
    sources: tuple[str, ...]


@dataclass(frozen=True)
class CustomersPage:
    """Everything on the list page."""

    shop: str
    freshness: Freshness
    people: int
    looked_from: dt.date | None
    completeness: float | None
    target: float
    dimensions: int
    sourced: int
    cycle: tuple[tuple[str, str, int], ...]
    gaps: tuple[Gap, ...]
    rows: tuple[Listed, ...]
    page: int
    more: bool


@dataclass(frozen=True)
class Shown:
    """One dimension of one customer: its value as text, or why there is none."""

    id: str
    name: str
    value: Any
    text: str
    missing: tuple[str, ...]
    applies: bool


@dataclass(frozen=True)
class GroupShown:
    """Dimensions that belong together."""

    id: str
    name: str
    rows: tuple[Shown, ...]


@dataclass(frozen=True)
class Identity:
    """One identity of a customer; the key itself is hidden from those who may not see it."""

    platform: str
    kind: str | None
    identity: str
    confidence: float | None


@dataclass(frozen=True)
class CustomerPage:
    """Everything on a customer's page."""

    shop: str
    freshness: Freshness
    ref: str
    name: str
    personal: bool
    keys: tuple[str, ...]
    completeness: float | None
    filled: int
    applicable: int
    groups: tuple[GroupShown, ...]
    identities: tuple[Identity, ...]
    timeline: tuple[Happening, ...]
    kind: str
    page: int
    more: bool


def customers_page(shop: Shop, lens: Lens, snapshot: int, page: int, lifecycle: str, personal: bool) -> CustomersPage:
    """The list, those who paid most first; `lifecycle` narrows it."""
    people = people_of(shop)
    source = profiles_sql(people)
    where = "WHERE lifecycle = ?" if lifecycle else ""
    rows = shop.lake.query(
        f"SELECT ref, name, orders, paid, last_order_day, lifecycle, top_category FROM ({source}) {where} "
        f"ORDER BY paid DESC NULLS LAST, ref LIMIT {LISTED + 1} OFFSET {(page - 1) * LISTED}",
        [lifecycle] if lifecycle else [],
    ).fetchall()
    share, by = shop_completeness(shop, people)
    counted = dict(shop.lake.query(f"SELECT lifecycle, count(*) FROM ({source}) GROUP BY 1").fetchall())
    return CustomersPage(
        shop=shop.id, freshness=freshness(shop, snapshot, lens), people=people.people, looked_from=looked_from(people, None),
        completeness=share, target=TARGET, dimensions=len(DIMENSIONS), sourced=len(by),
        cycle=tuple((one, word(f"lifecycle.{one}", lens.lang), int(counted[one])) for one in _CYCLE if one in counted),
        gaps=_gaps(by, lens.lang), page=page, more=len(rows) > LISTED,
        rows=tuple(
            Listed(ref, _name(name, personal), orders, paid, day, cycle, category)
            for ref, name, orders, paid, day, cycle, category in rows[:LISTED]
        ),
    )  # fmt: skip


def customer_page(
    shop: Shop, lens: Lens, snapshot: int, ref: str, page: int, kind: str, personal: bool
) -> CustomerPage:
    """One customer. Raises NotFound."""
    people = people_of(shop)
    known = profile(shop, people, ref)
    happened = history(shop.lake, people, ref, known.layer, page=page, kind=kind)
    formats = Formats(lens.lang, shop.settings.shop.currency)
    return CustomerPage(
        shop=shop.id, freshness=freshness(shop, snapshot, lens), ref=ref, name=_name(known.name, personal), personal=personal,
        keys=known.keys if personal else (), completeness=known.completeness,
        filled=len(known.applicable & known.values.keys()), applicable=len(known.applicable),
        groups=tuple(_group(group, known, people, formats) for group in GROUPS),
        identities=_identities(shop, known, people, personal), timeline=tuple(_shown(h, personal) for h in happened[:ROWS]),
        kind=kind, page=page, more=len(happened) > ROWS,
    )  # fmt: skip


def dimension_word(name: str, lang: Language) -> str:
    """What a dimension is called."""
    return word(f"profile.{name}", lang)


def value_text(d: Dimension, value: Any, formats: Formats) -> str:
    """A value as a person reads it."""
    if value is None:
        return NOTHING
    if d.kind == "flag":
        return word("customers.yes" if value else "customers.no", formats.lang)
    if d.kind == "day":
        return formats.day(value)
    if d.kind == "list":
        return word("overview.brief_comma", formats.lang).join(str(v) for v in value) or word(
            "customers.none", formats.lang
        )
    if d.id == "lifecycle":
        return word(f"lifecycle.{value}", formats.lang)
    if d.id == "weekday":
        return word(f"weekday.{value}", formats.lang)
    if d.id == "hour":
        return f"{int(value):02d}:00"
    if d.kind == "text":
        key = f"profile_code.{value}"
        return word(key, formats.lang) if str(value).isascii() and has_word(key) else str(value)
    if d.kind in ("money", "share", "days"):
        return formats.value(value, d.kind)
    return f"{float(value):.1f}" if d.kind == "number" else formats.count(value)


def _name(name: str | None, personal: bool) -> str:
    return (name or "") if personal else HIDDEN if name else ""


def _gaps(by: dict[str, tuple[int, int]], lang: Language) -> tuple[Gap, ...]:
    """Dimensions below the target, and those without a source, the emptiest first."""
    found = []
    for d in DIMENSIONS.values():
        filled, of = by.get(d.id, (0, 0))
        share = filled / of if of else None
        if d.id not in by or (share is not None and share < TARGET):
            found.append(Gap(d.id, dimension_word(d.id, lang), share, d.sources))
    return tuple(sorted(found, key=lambda g: (g.share is not None, g.share or 0.0, g.id)))


def _group(group: str, known: Profile, people: People, formats: Formats) -> GroupShown:
    rows = []
    for d in DIMENSIONS.values():
        if d.group == group:
            value = known.values.get(d.id)
            there = available(people, d)
            rows.append(
                Shown(d.id, dimension_word(d.id, formats.lang), value, value_text(d, value, formats),
                      () if there else d.sources, d.id in known.applicable)
            )  # fmt: skip
    return GroupShown(group, word(f"profile_group.{group}", formats.lang), tuple(rows))


def _identities(shop: Shop, known: Profile, people: People, personal: bool) -> tuple[Identity, ...]:
    if "identities" not in people.tables:
        return ()
    rows = shop.lake.query(
        "SELECT platform_id, kind, identity, confidence FROM identities WHERE list_contains(?, customer_id) "
        "ORDER BY 1, 3 LIMIT 100",
        [list(known.keys)],
    ).fetchall()
    return tuple(Identity(p, kind, identity if personal else HIDDEN, sure) for p, kind, identity, sure in rows)


def _shown(one: Happening, personal: bool) -> Happening:
    """A visit's number may be a device's."""
    if personal or one.kind != "visit":
        return one
    return Happening(one.at, one.kind, one.place, HIDDEN if one.id else None, one.amount, one.detail)
