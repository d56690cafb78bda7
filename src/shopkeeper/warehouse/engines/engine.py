"""The wall between the matrix and what computes it: a relation to keep, rows to fetch, at one snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from shopkeeper.warehouse.engines.dialect import Dialect


@dataclass(frozen=True)
class Answer:
    """The rows of one statement, with the names of their columns."""

    names: tuple[str, ...]
    rows: list[tuple[Any, ...]]


class Engine(Protocol):
    """Runs statements in its own dialect on one snapshot of a lake, whose tables go by their names.

    The types of an answer do not depend on the engine: exact numbers are Decimal or int, days are dates.
    """

    @property
    def snapshot(self) -> int:
        """The snapshot that every statement sees."""

    @property
    def dialect(self) -> Dialect:
        """The SQL that it speaks."""

    def filled_tables(self) -> frozenset[str]:
        """Tables that have any data file."""

    def rows(self, sql: str) -> Answer:
        """Run one reading statement."""

    def keep(self, name: str, sql: str) -> None:
        """Keep the result of a statement as a relation that later statements name, until it is dropped."""

    def drop(self, *names: str) -> None:
        """Let go of kept relations; one that was never kept is no error."""
