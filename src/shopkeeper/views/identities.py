"""Who is one person and why, in words: a person's identities and links, and the One-ID page with what waits for a look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shopkeeper.core.wording import Language, has_word, word
from shopkeeper.customers.oneid.persons import Identity, Link, person
from shopkeeper.customers.oneid.runs import LinkRun
from shopkeeper.customers.oneid.summary import KindRows, SizeRows, Uncertain, summary, uncertain
from shopkeeper.errors import UsageError
from shopkeeper.render.formats import Formats
from shopkeeper.views.lens import Lens
from shopkeeper.views.overview import Freshness, freshness
from shopkeeper.warehouse.lake import Lake
from shopkeeper.warehouse.shop import Shop

PAGE_ROWS = 50


@dataclass(frozen=True)
class LinkShown:
    """A link with its reason as a sentence. Customers are masked for those who may not see rows."""

    left_id: str
    right_id: str
    kind: str
    kind_word: str
    status: str
    status_word: str
    confidence: float | None
    says: str


@dataclass(frozen=True)
class PersonIdentities:
    """What a customer's page shows of who it is: members, their keys, every link with its reason."""

    person_id: str
    asked: str
    confidence: float | None
    customers: tuple[str, ...]
    identities: tuple[Identity, ...]
    links: tuple[LinkShown, ...]


@dataclass(frozen=True)
class ReviewRow:
    """An uncertain link and the two persons that it would join. The pair is named by their customers."""

    link: LinkShown
    left_person: str
    right_person: str


@dataclass(frozen=True)
class IdentitiesPage:
    """The One-ID page; the run without its model.

    `unlinkable_share`: customers that hold nothing to link by; None before the first run.
    """

    shop: str
    freshness: Freshness
    run: LinkRun | None
    unlinkable_share: float | None
    linked_persons: int
    sizes: tuple[SizeRows, ...]
    kinds: tuple[KindRows, ...]
    waiting: int
    review: tuple[ReviewRow, ...]
    page: int
    pages: int


def masked(text: str) -> str:
    """A key as those see it who may not look at rows: its first character and how long it is.

    >>> masked("云云_104092362"), masked("")
    ('云…(12)', '')
    """
    return f"{text[0]}…({len(text)})" if text else ""


def person_identities(
    lake: Lake, person_id: str, lang: Language, currency: str = "CNY", *, clear: bool
) -> PersonIdentities:
    """A person's identities and links; keys are masked unless `clear`. Raises NotFound."""
    found = person(lake, person_id)
    shown = _shown if clear else masked
    return PersonIdentities(
        found.person_id, found.asked, found.confidence, tuple(shown(c) for c in found.customers),
        tuple(replace(i, customer_id=shown(i.customer_id), identity=shown(i.identity)) for i in found.identities),
        tuple(link_shown(one, lang, currency, clear=clear) for one in found.links),
    )  # fmt: skip


def _shown(text: str) -> str:
    return text


def link_shown(link: Link, lang: Language, currency: str = "CNY", *, clear: bool) -> LinkShown:
    """A link in words."""
    shown = _shown if clear else masked
    return LinkShown(
        shown(link.left_id), shown(link.right_id), link.kind, word(f"one_id.kind_{link.kind}", lang), link.status,
        word(f"one_id.status_{link.status}", lang), link.confidence, explained(link, Formats(lang, currency)),
    )  # fmt: skip


def explained(link: Link, formats: Formats) -> str:
    """Why two customers are, or may be, one person: the key that both hold, or what speaks for and against it, in bits."""
    lang = formats.lang
    if link.kind == "manual":
        return word("one_id.says_manual", lang, number=link.evidence.get("decision", "–"))
    if link.kind == "probable":
        parts = ", ".join(f"{_column(name, lang)} {bits:+.1f}" for name, bits in _weighed(link.evidence))
        return word("one_id.says_probable", lang, weight=f"{link.weight or 0:+.1f}", parts=parts)
    said = word("one_id.says_key", lang, what=word(f"one_id.kind_{link.kind}", lang),
                holders=formats.count(int(link.evidence.get("holders", 0))))  # fmt: skip
    for doubt in ("names_differ", "doubled"):
        if link.evidence.get(doubt):
            said += " " + word(f"one_id.says_{doubt}", lang)
    return said


def _weighed(evidence: Mapping[str, object]) -> list[tuple[str, float]]:
    """Columns that say something, those that say most first."""
    found = [(name, float(bits)) for name, bits in evidence.items() if isinstance(bits, int | float) and bits]
    return sorted(found, key=lambda item: -abs(item[1]))


def _column(name: str, lang: Language) -> str:
    return word(f"columns.customers.{name}", lang) if has_word(f"columns.customers.{name}") else name


def identities_page(shop: Shop, lens: Lens, snapshot: int, page: int, clear: bool) -> IdentitiesPage:
    """The One-ID page; links to be looked at only for those who may see rows (`clear`). Raises UsageError for a page below 1."""
    if page < 1:
        raise UsageError("this is no page", where="parameter page", received=page, allowed="1, 2, 3 …")
    told = summary(shop.lake)
    pages = max(1, -(-told.waiting // PAGE_ROWS))
    at = min(page, pages)
    rows: tuple[Uncertain, ...] = ()
    if clear:
        rows = uncertain(shop.lake, limit=PAGE_ROWS, offset=(at - 1) * PAGE_ROWS)
    currency = shop.settings.shop.currency
    run = replace(told.run, model="") if told.run else None
    return IdentitiesPage(
        shop.id, freshness(shop, snapshot, lens), run, run.unlinkable_share if run else None,
        sum(row.persons for row in told.sizes if row.customers > 1), told.sizes, told.kinds, told.waiting,
        tuple(ReviewRow(link_shown(r.link, lens.lang, currency, clear=True), r.left_person, r.right_person) for r in rows),
        at, pages,
    )  # fmt: skip
