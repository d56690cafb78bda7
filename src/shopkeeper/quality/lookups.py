"""Rules whose rows look something up: a dimension, sums of other tables, what like rows have, a more frequent value."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from shopkeeper.quality.rule import ColumnRule, RowRule
from shopkeeper.quality.sql import Lookup
from shopkeeper.warehouse.sql import literal, quoted

MIN_GROUP = 3
"""Rows that must agree before a majority means anything."""
MAX_LOOKED_AT = 5_000
"""Distinct values among which typing errors are looked for; pairs grow with their square."""


@dataclass(frozen=True, kw_only=True)
class Reference(RowRule):
    """What the row names exists in another table. NULL names nothing and is no violation."""

    kind = "reference"
    column: str
    references: str
    key: str = ""
    within: tuple[str, ...] = ()
    """Columns that both tables share and that must agree too, such as the shop."""

    @property
    def cells(self) -> tuple[str, ...]:
        """The column that names."""
        return (self.column,)

    @property
    def columns(self) -> tuple[str, ...]:
        """The naming column and those that must agree."""
        return (self.column, *self.within)

    @property
    def needs(self) -> tuple[str, ...]:
        """The table named."""
        return (self.references,)

    @property
    def lookups(self) -> tuple[Lookup, ...]:
        """Whether there is a row."""
        on = (*((name, name) for name in self.within), (self.column, self.key or self.column))
        return (Lookup(quoted(self.references), on, "true"),)

    @property
    def passes(self) -> str:
        """Empty text, as NULL, names nothing."""
        named = f"nullif(CAST({quoted(self.column)} AS VARCHAR), '')"
        return f"CASE WHEN {named} IS NOT NULL THEN {self.lookups[0].name} IS NOT NULL END"


@dataclass(frozen=True)
class Sum:
    """A sum over the rows of another table that belong to a row."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    table: str
    sum: str
    where: str = "true"


@dataclass(frozen=True, kw_only=True)
class Reconcile(RowRule):
    """A condition between a row and sums of other tables, each sum made before it meets the row: nothing counts twice.

    `sums` names each sum; `holds` may use those names and the row's columns. A sum without rows is NULL.
    """

    kind = "reconcile"
    by: tuple[str, ...]
    sums: dict[str, Sum] = field(hash=False)
    holds: str
    about: tuple[str, ...] = ()

    @property
    def cells(self) -> tuple[str, ...]:
        """The columns it is about."""
        return self.about

    @property
    def columns(self) -> tuple[str, ...]:
        """The key and the columns it is about."""
        return (*self.by, *self.about)

    @property
    def needs(self) -> tuple[str, ...]:
        """The tables summed."""
        return tuple(dict.fromkeys(part.table for part in self.sums.values()))

    @property
    def lookups(self) -> tuple[Lookup, ...]:
        """One a sum, in the order declared."""
        on = tuple((name, name) for name in self.by)
        return tuple(
            Lookup(quoted(part.table), on, f"sum({part.sum}) FILTER (WHERE {part.where})")
            for part in self.sums.values()
        )

    @property
    def passes(self) -> str:
        """The condition, with each sum's name standing for its figure."""
        holds = self.holds
        for name, look in zip(self.sums, self.lookups, strict=True):
            holds = re.sub(rf"\b{re.escape(name)}\b", look.name, holds)
        return f"({holds})"

    @property
    def shown(self) -> str:
        """Its columns, then each sum."""
        own = [f"coalesce(CAST({quoted(c)} AS VARCHAR), '–')" for c in self.about]
        sums = [
            f"{literal(f'{name} = ')} || coalesce(CAST({look.name} AS VARCHAR), '–')"
            for name, look in zip(self.sums, self.lookups, strict=True)
        ]
        return " || ' · ' || ".join([*own, *sums])


@dataclass(frozen=True, kw_only=True)
class Dependency(ColumnRule):
    """The cell is what most rows with the same value of another column have.

    With several determining columns each has a vote, where at least three rows share its value and more than half of
    them agree; the cell is wrong when most votes are against it.
    """

    kind = "dependency"
    determined_by: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The cell and what determines it."""
        return (self.column, *self.determined_by)

    @property
    def lookups(self) -> tuple[Lookup, ...]:
        """The majority of each group."""
        found = []
        for other in self.determined_by:
            counted = (
                f"(SELECT {quoted(other)}, {quoted(self.column)} AS b, count(*) AS n FROM {quoted(self.table)} "
                f"WHERE {quoted(self.column)} IS NOT NULL GROUP BY ALL)"
            )
            majority = f"CASE WHEN sum(n) >= {MIN_GROUP} AND 2 * max(n) > sum(n) THEN arg_max(b, n) END"
            found.append(Lookup(counted, ((other, other),), majority))
        return tuple(found)

    @property
    def passes(self) -> str:
        """No vote: not judged."""
        cell = quoted(self.column)
        votes = [
            f"coalesce(CASE WHEN {cell} = {look.name} THEN 1 WHEN {cell} <> {look.name} THEN -1 END, 0)"
            for look in self.lookups
        ]
        asked = " OR ".join(f"{look.name} IS NOT NULL" for look in self.lookups)
        return f"CASE WHEN {cell} IS NOT NULL AND ({asked}) THEN {' + '.join(votes)} >= 0 END"


def _edits(text: str, letters: int) -> str:
    """SQL of one edit for so many letters, at least one. The engine counts edits in bytes: a Chinese letter has three."""
    return f"greatest(round(strlen({text}) / length({text})), strlen({text}) // {letters})"


@dataclass(frozen=True, kw_only=True)
class Spelling(ColumnRule):
    """The text is no typing error of a value that is far more frequent in the same column.

    Model: at most one edit (insert, delete, replace, swap) for each five letters of the frequent value, which has at
    least four letters and is `times` as frequent; with as many words in both, also one edit for each three letters of
    a word, since words that names share say nothing. Values that differ only in digits are different values.
    """

    kind = "spelling"
    times: int = 5

    @property
    def lookups(self) -> tuple[Lookup, ...]:
        """The most frequent near value."""
        values = (
            f"SELECT {quoted(self.column)} AS v, count(*) AS n, regexp_replace(v, '[0-9]', '', 'g') AS letters, "
            f"string_split(v, ' ') AS words "
            f"FROM {quoted(self.table)} WHERE length({quoted(self.column)}) BETWEEN 4 AND 200 GROUP BY 1 "
            f"ORDER BY n DESC LIMIT {MAX_LOOKED_AT}"
        )
        pairs = (
            f"(WITH g AS MATERIALIZED ({values}) SELECT a.v AS v, b.v AS near, b.n AS n FROM g a JOIN g b "
            f"ON b.n >= {self.times} * a.n AND b.n >= {MIN_GROUP} "
            "AND abs(length(a.v) - length(b.v)) <= greatest(1, length(b.v) // 5) AND a.letters <> b.letters "
            f"AND length(b.letters) >= 4 AND damerau_levenshtein(a.v, b.v) <= {_edits('b.v', 5)} "
            "WHERE len(a.words) <> len(b.words) OR list_bool_and(list_transform(list_zip(a.words, b.words), "
            f"lambda w: damerau_levenshtein(w[1], w[2]) <= {_edits('w[2]', 3)})))"
        )
        return (Lookup(pairs, ((self.column, "v"),), "arg_max(near, n)"),)

    @property
    def passes(self) -> str:
        """No near value."""
        return f"CASE WHEN {self.text} IS NOT NULL THEN {self.lookups[0].name} IS NULL END"

    @property
    def shown(self) -> str:
        """Text → the value it looks like."""
        return f"CAST({quoted(self.column)} AS VARCHAR) || ' → ' || {self.lookups[0].name}"
