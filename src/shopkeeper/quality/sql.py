"""What a row looks up in another table, as SQL."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from shopkeeper.warehouse.sql import quoted


@dataclass(frozen=True)
class Lookup:
    """One figure that a row looks up: an aggregate over the rows of `relation` that have its key.

    Lookups of one relation by one key share one grouped join, so that no row is ever counted twice.
    """

    relation: str
    on: tuple[tuple[str, str], ...]
    """Pairs of (column of the row, column of the relation)."""
    aggregate: str

    @property
    def group(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """What lookups must have in common to share a join."""
        return self.relation, self.on

    @property
    def name(self) -> str:
        """The column it becomes."""
        told = "\n".join([self.relation, *(" ".join(pair) for pair in self.on), self.aggregate])
        return f"x_{hashlib.sha256(told.encode()).hexdigest()[:12]}"


def with_lookups(relation: str, lookups: Iterable[Lookup]) -> str:
    """SQL of the rows of a relation with every figure they look up as further columns; as many rows as before."""
    groups: dict[tuple[str, tuple[tuple[str, str], ...]], dict[str, str]] = {}
    for lookup in lookups:
        groups.setdefault(lookup.group, {})[lookup.name] = lookup.aggregate
    joins, columns = [], ["t.*"]
    for number, ((other, on), aggregates) in enumerate(groups.items()):
        theirs = [quoted(key) for _, key in on]
        figures = ", ".join(f"{aggregate} AS {name}" for name, aggregate in aggregates.items())
        filled = " AND ".join(f"{key} IS NOT NULL" for key in theirs)
        joined = " AND ".join(f"t.{quoted(ours)} = j{number}.k{i}" for i, (ours, _) in enumerate(on))
        keys = ", ".join(f"{key} AS k{i}" for i, key in enumerate(theirs))
        joins.append(
            f"LEFT JOIN (SELECT {keys}, {figures} FROM {other} WHERE {filled} GROUP BY ALL) j{number} ON {joined}"
        )
        columns += [f"j{number}.{name}" for name in aggregates]
    return f"SELECT {', '.join(columns)} FROM {relation} t {' '.join(joins)}"
