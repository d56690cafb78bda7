"""Rules suggested from a profile. A person accepts them one by one; until then they have no effect.

The idea of every detector: what nearly all rows of a column do is its rule, and a rule that more than one row in ten
breaks is none.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import duckdb

from shopkeeper.quality.lookups import MAX_LOOKED_AT, Dependency, Spelling
from shopkeeper.quality.profile import ColumnProfile, Counted, Pair, pairs, profile
from shopkeeper.quality.result import CheckResult
from shopkeeper.quality.rule import AsOf, NotNull, OneOf, Pattern, Placeholder, Range, Rule
from shopkeeper.quality.run import run_rules
from shopkeeper.quality.whole import Key
from shopkeeper.warehouse.model import COMMERCE_TABLES

MAX_BROKEN = 0.10
"""A rule that more rows break is not a rule."""
COMMON = 0.02
"""A value or shape with this share of the rows belongs to the column."""
MAX_SET = 20
MAX_SHAPES = 8
MIN_ROWS = 50
MAX_DETERMINING = 5


@dataclass(frozen=True)
class Suggestion:
    """A rule that the data seem to follow, with what it would find now."""

    rule: Rule
    result: CheckResult

    def as_json(self) -> dict[str, object]:
        """The shape of the contract: the rule's own settings, its evidence, and what it would find."""
        found = self.result.as_json()
        settings = {
            f.name: getattr(self.rule, f.name)
            for f in dataclasses.fields(self.rule)
            if f.name not in ("id", "table", "severity")
        }
        return {
            **{key: found[key] for key in ("rule", "table", "kind", "severity", "rows", "checked")},
            "settings": {key: str(v) if isinstance(v, Decimal) else v for key, v in settings.items() if v is not None},
            "expected_violations": found["violations"],
            "share": found["share"],
            "samples": found["samples"],
        }


def suggest(
    connection: duckdb.DuckDBPyConnection, table: str, as_of: AsOf, *, known: Sequence[Rule] = (), samples: int = 3
) -> tuple[Suggestion, ...]:
    """Rules that the rows of a table or view seem to follow and that `known` does not hold yet, most broken first.

    Args:
        connection: where the table or view is; it has columns file_hash and source_line.
        table: its name.
        as_of: passed on to the rules.
        known: rules that apply already; nothing of the same kind is suggested for the same columns.
        samples: rows at fault shown for each.
    """
    columns = profile(connection, table)
    if not columns or columns[0].rows < MIN_ROWS:
        return ()
    taken = {(rule.kind, rule.cells) for rule in known}
    proposed = [rule for column in columns for rule in _of_column(table, column)]
    proposed += _dependencies(table, columns, pairs(connection, table, columns))
    fresh = [rule for rule in proposed if (rule.kind, rule.cells) not in taken and not _model_says(rule)]
    results = run_rules(connection, fresh, as_of, samples=samples)
    kept = [Suggestion(rule, result) for rule, result in zip(fresh, results, strict=True) if _worth(rule, result)]
    return tuple(sorted(kept, key=lambda s: (-s.result.violations, s.rule.id)))


def _model_says(rule: Rule) -> bool:
    """Whether the commerce model rules it already: needed columns are filled, and a code of digits has no range."""
    if rule.table not in COMMERCE_TABLES or not isinstance(rule, NotNull | Range):
        return False
    column = COMMERCE_TABLES[rule.table].column(rule.column)
    return column.required if isinstance(rule, NotNull) else column.type == "text"


def _worth(rule: Rule, result: CheckResult) -> bool:
    if result.status == "not_run" or result.share is None:
        return False
    if isinstance(rule, Spelling | Placeholder):  # what they forbid is never right: worth saying when it happens
        return result.violations > 0
    return result.share <= MAX_BROKEN or isinstance(rule, Pattern) and rule.id.endswith(".unit")


def _of_column(table: str, c: ColumnProfile) -> Iterator[Rule]:
    ident = f"{table}.{c.name}"
    if c.said == 0:
        return
    if c.null_share <= MAX_BROKEN:
        yield NotNull(id=f"{ident}.not_null", table=table, column=c.name)
    if c.distinct >= (1 - MAX_BROKEN) * c.filled and c.filled == c.rows and _names_rows(c):
        yield Key(id=f"{ident}.key", table=table, keys=(c.name,))
    if c.type != "VARCHAR":
        yield from _bounds(ident, table, c)
        return
    if c.placeholders:
        yield Placeholder(id=f"{ident}.placeholder", table=table, column=c.name)
    unit = _unit(c)
    if unit:
        yield Pattern(id=f"{ident}.unit", table=table, column=c.name, regex=_or_nothing(c, unit))
    else:
        shapes = _shapes(c)
        if shapes:
            yield Pattern(id=f"{ident}.pattern", table=table, column=c.name, regex=_or_nothing(c, shapes))
    values = _closed_set(c)
    if values:
        yield OneOf(id=f"{ident}.set", table=table, column=c.name, values=values)
    if 1 < c.distinct <= min(MAX_LOOKED_AT, c.filled // 2) and c.longest >= 4:
        yield Spelling(id=f"{ident}.spelling", table=table, column=c.name)
    if c.numbers >= 0.99 * c.said and c.distinct > MAX_SET:
        yield from _bounds(ident, table, c)


def _names_rows(c: ColumnProfile) -> bool:
    """A code or a whole number can be a key; an amount, a moment or a sentence is unique by chance."""
    whole = c.type in ("VARCHAR", "BIGINT", "INTEGER", "UBIGINT", "HUGEINT")
    return whole and c.longest <= 40 and not any(" " in value.text or "." in value.text for value in c.top)


def _bounds(ident: str, table: str, c: ColumnProfile) -> Iterator[Rule]:
    """Not negative where it hardly ever is; at most ten times what 99 in 100 have: a slipped decimal point."""
    if len(c.quantiles) < 5 or c.type in ("BOOLEAN", "DATE") or c.type.startswith("TIMESTAMP"):
        return
    low, _, middle, _, high = c.quantiles
    if low < 0 or middle <= 0 or high <= 0:
        return
    most = Decimal(repr(high)) * 10
    yield Range(
        id=f"{ident}.range",
        table=table,
        column=c.name,
        min=Decimal(0),
        max=most.quantize(Decimal("0.0001")).normalize(),
    )


def _unit(c: ColumnProfile) -> str:
    """A regular expression for the one way to write a column of numbers whose unit is written in several ways.

    Where nine in ten are written alike, that way; otherwise the bare number. Columns that mix units properly (500 ml,
    1 kg) are left alone: only one unit in several spellings, or sometimes left out, is inconsistent.
    """
    if c.numbers < (1 - MAX_BROKEN) * c.said or len(c.units) < 2:
        return ""
    if sum(u.rows for u in c.units[:5]) < (1 - MAX_BROKEN) * c.said:
        return ""
    spellings: dict[str, list[Counted]] = {}
    for unit in c.units:
        spellings.setdefault(re.sub(r"[\W_]+", "", unit.text.casefold()) or unit.text, []).append(unit)
    common = COMMON * c.said
    bare = any(u.text == "#" and u.rows >= common for u in c.units)
    twice = any(sum(u.rows >= common for u in same) > 1 for same in spellings.values())
    if not (twice or bare and any(u.text != "#" and u.rows >= common for u in c.units)):
        return ""
    number = r"[+-]?[0-9]+(\.[0-9]+)?"
    top = c.units[0]
    if top.rows < (1 - MAX_BROKEN) * c.said:
        return number
    before, _, after = top.text.partition("#")
    return f"{_escaped(before)}\\s*{number}\\s*{_escaped(after)}"


def _shapes(c: ColumnProfile) -> str:
    """A regular expression of the shapes that nearly all cells have; empty when they are too many or all of words.

    How many words a name has is no format: only shapes with digits are.
    """
    least = COMMON * c.said
    if not any("9" in s.text for s in c.shapes if s.rows >= least):
        return ""
    exact = [s for s in c.exact_shapes if s.rows >= least]
    if len(exact) == 1 and exact[0].rows >= (1 - MAX_BROKEN) * c.said and len(exact[0].text) < 80:
        return _as_regex(exact[0].text, exact=True)
    common = [s for s in c.shapes if s.rows >= least]
    if not common or len(common) > MAX_SHAPES or any(len(s.text) >= 80 for s in common):
        return ""
    if sum(s.rows for s in common) < (1 - MAX_BROKEN) * c.said:
        return ""
    return "|".join(_as_regex(s.text, exact=False) for s in common)


_CLASSES = {"A": r"\p{Lu}", "a": r"\p{Ll}", "字": r"[\p{Lo}\p{Lm}]", "9": "[0-9]"}


def _as_regex(shape: str, *, exact: bool) -> str:
    r"""The expression of a shape.

    >>> print(_as_regex("Aa-999", exact=True), _as_regex("a-9.9%", exact=False))
    \p{Lu}\p{Ll}-[0-9]{3} \p{Ll}+-[0-9]+\.[0-9]+%
    """
    parts = []
    for run in re.findall(r"A+|a+|字+|9+|.", shape, flags=re.DOTALL):
        if run[0] not in _CLASSES:
            parts.append(_escaped(run))
        elif exact:
            parts.append(_CLASSES[run[0]] + (f"{{{len(run)}}}" if len(run) > 1 else ""))
        else:
            parts.append(f"{_CLASSES[run[0]]}+")
    return "".join(parts)


def _escaped(text: str) -> str:
    return re.sub(r"([\\.^$*+?()\[\]{}|])", r"\\\1", text)


def _or_nothing(c: ColumnProfile, regex: str) -> str:
    """Words for nothing are another rule's matter: they match here."""
    words = [v.text for v in c.top if v.text.lower() in Placeholder(id="", table="", column="").words]
    return "|".join([f"({regex})" if "|" in regex else regex, *(_escaped(word) for word in words)])


def _closed_set(c: ColumnProfile) -> tuple[str, ...]:
    """The values of a code column: few, often repeated, with hardly anything else."""
    common = [v for v in c.top if v.rows >= COMMON * c.said]
    if not 2 <= len(common) <= MAX_SET or c.said < MAX_SET * len(common):
        return ()
    return tuple(v.text for v in common) if sum(v.rows for v in common) >= (1 - MAX_BROKEN) * c.said else ()


def _dependencies(table: str, columns: Sequence[ColumnProfile], found: Sequence[Pair]) -> Iterator[Rule]:
    """Columns whose value follows from others: nine rows in ten of a group agree, far more than a guess would."""
    for column in columns:
        if not column.top:
            continue
        guessed_wrong = 1 - column.top[0].rows / column.filled
        by = [
            pair for pair in found
            if pair.column == column.name and 2 * pair.rows >= column.filled and pair.confidence >= 1 - MAX_BROKEN
            and 1 - pair.confidence <= guessed_wrong / 2 and pair.elsewhere >= COMMON * pair.rows
        ]  # fmt: skip
        if by:
            best = sorted(by, key=lambda pair: (-pair.confidence, pair.by))[:MAX_DETERMINING]
            yield Dependency(
                id=f"{table}.{column.name}.dependency", table=table, column=column.name,
                determined_by=tuple(pair.by for pair in best),
            )  # fmt: skip
