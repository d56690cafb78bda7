"""Names and values as SQL text."""

from __future__ import annotations

from collections.abc import Iterable


def quoted(name: str) -> str:
    """A name that SQL takes as it is.

    >>> quoted("net price")
    '"net price"'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """A value as SQL text: numbers bare, everything else in quotes.

    >>> literal("it's"), literal(3)
    ("'it''s'", '3')
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def listed(values: Iterable[object]) -> str:
    """Values between commas."""
    return ", ".join(literal(value) for value in values)
