"""Words of a model, kept apart from any language until somebody reads them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shopkeeper.core.wording import word
from shopkeeper.errors import NotEstimable

Value = str | int | float | None
"""A number, or the name of something in the data."""


@dataclass(frozen=True)
class Amount:
    """A number with its unit inside a sentence: the reader's language decides how it is written."""

    value: Value
    unit: str


@dataclass(frozen=True)
class Said:
    """A key of the wording catalogue and what its {placeholders} hold.

    Values may be names of the data, plain whole numbers, `Amount`s, or further `Said`s.
    """

    key: str
    values: tuple[tuple[str, object], ...] = ()


def say(key: str, **values: object) -> Said:
    """A sentence or a name.

    >>> say("models.title").key
    'models.title'
    """
    return Said(key, tuple(values.items()))


def refusal(key: str, needed: Iterable[Said | str] = (), **values: object) -> NotEstimable:
    """The error to raise where the data cannot carry a model, with words in every language.

    Args:
        key: why, a key of the wording catalogue.
        needed: what would have to be there: sentences, or inputs such as "order_lines.customer_id".
        **values: what the placeholders of the key hold: whole numbers or names.

    >>> refusal("models.refused_inputs", ["visits"]).missing
    ('visits',)
    """
    needs = tuple(needed)
    english = [word(n.key, "en", **_plain(n.values)) if isinstance(n, Said) else n for n in needs]
    error = NotEstimable(word(key, "en", **_plain(tuple(values.items()))), english)
    error.told, error.needed = say(key, **values), needs
    return error


def _plain(values: tuple[tuple[str, object], ...]) -> dict[str, object]:
    """Values as an English log writes them."""
    found: dict[str, object] = {}
    for name, value in values:
        if isinstance(value, Said):
            found[name] = word(value.key, "en", **_plain(value.values))
        else:
            found[name] = value.value if isinstance(value, Amount) else value
    return found
