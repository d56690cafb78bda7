"""What people have said of customers in a word: tags by hand, and the tags that a saved rule gives."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, delete, insert, or_, select, update

from shopkeeper.access.audit import append
from shopkeeper.errors import UsageError
from shopkeeper.state import State
from shopkeeper.state.tables.customers import CUSTOMER_TAGS as TAGS
from shopkeeper.warehouse.shop import Shop

_TAG = re.compile(r"[^\s,;\"'<>{}@][^,;\"'<>{}@]{0,38}[^\s,;\"'<>{}@]|[^\s,;\"'<>{}@]")
_DIGITS = re.compile(r"\d{7,}")


def tag(state: State, shop: Shop, refs: Sequence[str], name: str, *, by: str, at: dt.datetime) -> int:
    """Give customers a tag; returns how many had it not. Raises UsageError for a tag that cannot be."""
    refuse_tag(name)
    with state.writing() as connection:
        given = select(TAGS.c.ref).where(TAGS.c.shop_id == shop.id, TAGS.c.tag == name)
        have = {ref for (ref,) in connection.execute(given)}
        # What a rule gave is a person's word from now on.
        mine = update(TAGS).where(TAGS.c.shop_id == shop.id, TAGS.c.tag == name, TAGS.c.ref.in_(list(refs)))
        connection.execute(mine.where(TAGS.c.segment.is_not(None)).values(segment=None, tagged_by=by, tagged_at=at))
        fresh = [ref for ref in dict.fromkeys(refs) if ref not in have]
        if fresh:
            rows = [{"shop_id": shop.id, "ref": ref, "tag": name, "tagged_at": at, "tagged_by": by} for ref in fresh]
            connection.execute(insert(TAGS), rows)
            append(connection, "customer.tagged", name, actor=by, at=at, shop=shop.id, customers=len(fresh))
    return len(fresh)


def give_by_rule(
    connection: Connection, shop: Shop, segment: str, name: str | None, members: Sequence[str], *, by: str, at: dt.datetime
) -> tuple[int, int]:  # fmt: skip
    """Let exactly these customers have the tag of a segment's rule, inside the caller's write transaction.

    What a person gave stays, whoever the rule takes; another tag that the segment gave before is taken from everybody.
    Returns how many got it and from how many it was taken.
    """
    wanted = set(members) if name else set()
    rows = connection.execute(
        select(TAGS.c.ref, TAGS.c.tag, TAGS.c.segment).where(
            TAGS.c.shop_id == shop.id, or_(TAGS.c.segment == segment, TAGS.c.tag == (name or ""))
        )
    ).all()
    have = {row.ref for row in rows if row.tag == name}
    over = [(row.ref, row.tag) for row in rows if row.segment == segment and (row.tag != name or row.ref not in wanted)]
    fresh = sorted(wanted - have)
    for refs, tag_ in (
        (refs, tag_) for tag_ in {t for _, t in over} for refs in _chunks([r for r, t in over if t == tag_])
    ):
        connection.execute(delete(TAGS).where(TAGS.c.shop_id == shop.id, TAGS.c.tag == tag_, TAGS.c.ref.in_(refs)))
    told = {"shop_id": shop.id, "tag": name, "tagged_at": at, "tagged_by": by, "segment": segment}
    for refs in _chunks(fresh):
        connection.execute(insert(TAGS), [{**told, "ref": ref} for ref in refs])
    if fresh:
        append(
            connection,
            "customer.tagged",
            str(name),
            actor=by,
            at=at,
            shop=shop.id,
            customers=len(fresh),
            segment=segment,
        )
    for taken in sorted({t for _, t in over}):
        gone = sum(t == taken for _, t in over)
        append(connection, "customer.untagged", taken, actor=by, at=at, shop=shop.id, customers=gone, segment=segment)
    return len(fresh), len(over)


def _chunks(refs: Sequence[str]) -> Iterator[Sequence[str]]:
    """Few enough for one statement."""
    for start in range(0, len(refs), 5000):
        yield refs[start : start + 5000]


def untag(state: State, shop: Shop, refs: Sequence[str], name: str, *, by: str, at: dt.datetime) -> int:
    """Take a tag away; returns from how many."""
    with state.writing() as connection:
        done = connection.execute(
            delete(TAGS).where(TAGS.c.shop_id == shop.id, TAGS.c.tag == name, TAGS.c.ref.in_(list(refs)))
        ).rowcount
        if done:
            append(connection, "customer.untagged", name, actor=by, at=at, shop=shop.id, customers=done)
    return int(done)


def tags_of(state: State, shop: Shop, ref: str) -> tuple[str, ...]:
    """The tags that people gave one customer."""
    query = select(TAGS.c.tag).where(TAGS.c.shop_id == shop.id, TAGS.c.ref == ref).order_by(TAGS.c.tag)
    with state.reading() as connection:
        return tuple(name for (name,) in connection.execute(query))


def all_tags(state: State, shop: Shop) -> dict[str, tuple[str, ...]]:
    """Each tag with the references of those who have it."""
    query = select(TAGS.c.tag, TAGS.c.ref).where(TAGS.c.shop_id == shop.id).order_by(TAGS.c.tag, TAGS.c.ref)
    found: dict[str, list[str]] = {}
    with state.reading() as connection:
        for name, ref in connection.execute(query):
            found.setdefault(name, []).append(ref)
    return {name: tuple(refs) for name, refs in found.items()}


def refuse_tag(name: str) -> None:
    """A tag is shown to everybody, so it must not be a way to write down a phone number or an address: then UsageError."""
    if not _TAG.fullmatch(name) or _DIGITS.search(name):
        raise UsageError(
            "this is no tag", where="tag", received=f"{len(name)} characters",
            allowed="1 to 40 characters without commas, quotes, @ and long numbers", state="nothing was changed",
        )  # fmt: skip
