"""The one-sentence brief on top of the Overview: what matters, from real cells, with links."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from shopkeeper.core.wording import Language, word
from shopkeeper.render.formats import Formats
from shopkeeper.views.rows import Row

LISTED = 3
"""How many indicators a sentence names before it counts the rest."""


@dataclass(frozen=True)
class Phrase:
    """A piece of the brief: plain words, stressed words, or a link to an indicator."""

    text: str
    kind: Literal["plain", "strong", "off", "link"] = "plain"
    kpi: str = ""


def brief(
    rows: Sequence[Row], headline: Row | None, orders: Row | None, period: str, formats: Formats
) -> tuple[Phrase, ...]:
    """What was paid, how the order value moved, what is off, and how much has no data."""
    lang = formats.lang
    phrases: list[Phrase] = []
    if headline is not None and headline.known:
        phrases += _stressed(word("overview.brief_paid", lang, period=period, amount=headline.text))
        phrases += _moved(headline, lang)
    by_id = {r.id: r for r in rows}
    value = by_id.get("C4") or orders
    if value is not None and value.known:
        phrases.append(Phrase(value.name, "link", value.id))
        phrases += _stressed(word("overview.brief_value", lang, value=value.text))
        phrases += _moved(value, lang)
    off = [r for r in rows if r.status == "off"]
    watched = [r for r in rows if r.status == "watch"]
    phrases += _listed(off, _off(len(off), lang), "off", lang)
    phrases += _listed(watched, _watch(len(watched), lang), "strong", lang)
    scored = [r for r in rows if r.status in ("on_track", "watch", "off")]
    if scored and all(r.status == "on_track" for r in scored):
        phrases += _stressed(word("overview.brief_none_off", lang))
    absent = sum(not r.known for r in rows)
    if absent:
        phrases += _stressed(word("overview.brief_missing", lang, n=absent, all=len(rows)))
    return tuple(phrases)


def _moved(row: Row, lang: Language) -> list[Phrase]:
    if row.previous is None:
        return [Phrase(word("overview.brief_end", lang))]
    if row.previous.arrow == "level":
        return _stressed(word("overview.brief_same", lang))
    if row.previous.arrow == "up":
        return _stressed(word("overview.brief_up", lang, size=row.previous.text))
    return _stressed(word("overview.brief_down", lang, size=row.previous.text))


def _listed(rows: list[Row], text: str, kind: Literal["off", "strong"], lang: Language) -> list[Phrase]:
    if not rows:
        return []
    phrases = [Phrase(text, kind), Phrase(word("overview.brief_colon", lang))]
    for index, row in enumerate(rows[:LISTED]):
        if index:
            phrases.append(Phrase(word("overview.brief_comma", lang)))
        phrases.append(Phrase(row.name, "link", row.id))
    if len(rows) > LISTED:
        phrases.append(Phrase(word("overview.brief_more", lang, n=len(rows) - LISTED)))
    return [*phrases, Phrase(word("overview.brief_end", lang))]


def _off(count: int, lang: Language) -> str:
    return word("overview.brief_off_one", lang) if count == 1 else word("overview.brief_off_many", lang, n=count)


def _watch(count: int, lang: Language) -> str:
    return word("overview.brief_watch_one", lang) if count == 1 else word("overview.brief_watch_many", lang, n=count)


def _stressed(text: str) -> list[Phrase]:
    """Words between asterisks are stressed.

    >>> [p.kind for p in _stressed("Paid *$5* today.")]
    ['plain', 'strong', 'plain']
    """
    pieces = re.split(r"\*([^*]+)\*", text)
    return [Phrase(t, "strong" if i % 2 else "plain") for i, t in enumerate(pieces) if t]
