"""What a rule is, and the kinds that judge each row: a statement that every row should satisfy.

Rule
├── RowRule      judges every row            not_null, range, set, pattern, condition, placeholder; reference, reconcile,
│                                            dependency and spelling also look something up (lookups.py)
└── TableRule    judges the table as a whole key, freshness, volume, drift (whole.py)
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal

from shopkeeper.quality.sql import Lookup
from shopkeeper.warehouse.model import COMMERCE_TABLES
from shopkeeper.warehouse.sql import listed, literal, quoted

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
WEIGHT: dict[Severity, int] = {"error": 2, "warning": 1, "info": 0}
"""What one run of a rule counts in accuracy; an info rule tells something and counts nothing."""

PLACEHOLDERS = (
    "n/a", "na", "#n/a", "#na", "null", "none", "nan", "nil", "<na>", "-", "--", "—", "/", "?", "unknown", "not available",
    "无", "暂无", "空", "未知", "缺失", "不详",
)  # fmt: skip
"""Words that stand for nothing: what spreadsheets and data frames write for an empty cell, in both languages."""


@dataclass(frozen=True)
class AsOf:
    """The day from which rules about time look. `last_whole_day` is the newest day that is over."""

    day: dt.date
    last_whole_day: dt.date


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A statement about a table. `severity` says what a violation means: error, warning, or only information."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012
    kind: ClassVar[str]

    id: str
    table: str
    severity: Severity = "warning"

    @property
    def cells(self) -> tuple[str, ...]:
        """Columns that a violation puts in doubt."""
        return ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the table that must exist."""
        return self.cells

    @property
    def needs(self) -> tuple[str, ...]:
        """Other tables without whose rows nothing can be said."""
        return ()


@dataclass(frozen=True, kw_only=True)
class RowRule(Rule):
    """Judges each row alone."""

    @property
    def passes(self) -> str:
        """SQL: true, false, or NULL where the row has nothing to check."""
        raise NotImplementedError

    @property
    def shown(self) -> str:
        """SQL: the value at fault, as text."""
        return " || ' · ' || ".join(f"coalesce(CAST({quoted(c)} AS VARCHAR), '–')" for c in self.cells) or "''"

    @property
    def lookups(self) -> tuple[Lookup, ...]:
        """What the row looks up elsewhere."""
        return ()


@dataclass(frozen=True, kw_only=True)
class ColumnRule(RowRule):
    """Judges one cell of each row."""

    column: str

    @property
    def cells(self) -> tuple[str, ...]:
        """The one column."""
        return (self.column,)

    @property
    def model_type(self) -> str:
        """The column's type in the commerce model; text elsewhere."""
        table = COMMERCE_TABLES.get(self.table)
        return next((c.type for c in table.all_columns if c.name == self.column), "text") if table else "text"

    @property
    def text(self) -> str:
        """SQL of the cell as trimmed text; NULL where nothing is written."""
        return f"nullif(trim(CAST({quoted(self.column)} AS VARCHAR)), '')"


@dataclass(frozen=True, kw_only=True)
class NotNull(ColumnRule):
    """The cell is filled. A column that is empty throughout breaks it in every row."""

    kind = "not_null"

    @property
    def passes(self) -> str:
        """Filled with something else than blanks."""
        return f"{self.text if self.model_type == 'text' else quoted(self.column)} IS NOT NULL"


@dataclass(frozen=True, kw_only=True)
class Range(ColumnRule):
    """The number lies between two bounds, both included; text that is no number is not judged."""

    kind = "range"
    min: Decimal | None = None
    max: Decimal | None = None

    @property
    def passes(self) -> str:
        """Exact: a number of the model is compared as it is stored, text as a double."""
        number = quoted(self.column)
        if self.model_type not in ("integer", "money", "quantity", "number"):
            number = f"TRY_CAST({number} AS DOUBLE)"
        bounds = []
        if self.min is not None:
            bounds.append(f"{number} >= {self.min:f}")
        if self.max is not None:
            bounds.append(f"{number} <= {self.max:f}")
        return " AND ".join(bounds) or f"CASE WHEN {number} IS NOT NULL THEN true END"


@dataclass(frozen=True, kw_only=True)
class OneOf(ColumnRule):
    """The text is one of a closed set."""

    kind = "set"
    values: tuple[str, ...]

    @property
    def passes(self) -> str:
        """Case and spaces inside count; blanks around do not."""
        return f"{self.text} IN ({listed(self.values)})"


@dataclass(frozen=True, kw_only=True)
class Pattern(ColumnRule):
    """The whole text matches a regular expression (RE2)."""

    kind = "pattern"
    regex: str

    @property
    def passes(self) -> str:
        """The cell as it is, blanks around included."""
        text = f"nullif(CAST({quoted(self.column)} AS VARCHAR), '')"
        return f"regexp_full_match({text}, {literal(self.regex)})"


@dataclass(frozen=True, kw_only=True)
class Placeholder(ColumnRule):
    """Nothing is written as nothing, not as a word such as N/A."""

    kind = "placeholder"
    words: tuple[str, ...] = PLACEHOLDERS

    @property
    def passes(self) -> str:
        """Case and blanks around do not count."""
        return f"lower({self.text}) NOT IN ({listed(self.words)})"


@dataclass(frozen=True, kw_only=True)
class Condition(RowRule):
    """An SQL condition over the columns of a row holds. Where it gives NULL, the row is not judged."""

    kind = "condition"
    holds: str
    about: tuple[str, ...] = ()

    @property
    def cells(self) -> tuple[str, ...]:
        """The columns it is about."""
        return self.about

    @property
    def passes(self) -> str:
        """As declared."""
        return f"({self.holds})"


@dataclass(frozen=True, kw_only=True)
class TableRule(Rule):
    """Judges the table as a whole."""

    def measured(self, as_of: AsOf) -> str:
        """SQL of one scalar: {checked, violations, why, facts}; `why` is NULL unless it cannot be said."""
        raise NotImplementedError
