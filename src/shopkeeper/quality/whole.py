"""Rules about a table as a whole: its key, how fresh it is, how many rows a day brings, and whether values shift."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from shopkeeper.quality.rule import AsOf, TableRule
from shopkeeper.warehouse.sql import literal, quoted

MIN_WEEKDAYS = 4
MIN_COMPARED = 200
"""Rows that each side of a comparison must have: below, chance alone moves the index by a tenth."""


def _answer(checked: str, violations: str, why: str = "NULL", **facts: str) -> str:
    told = ", ".join(f"{literal(name)}: CAST({sql} AS VARCHAR)" for name, sql in facts.items())
    return (
        f"{{'checked': CAST({checked} AS BIGINT), 'violations': CAST({violations} AS BIGINT), "
        f"'why': CAST({why} AS VARCHAR), 'facts': CAST(to_json({{{told or chr(39) + 'none' + chr(39) + ': NULL'}}}) AS VARCHAR)}}"
    )


@dataclass(frozen=True, kw_only=True)
class Key(TableRule):
    """No two rows have the same key. Of n rows with one key, n - 1 are violations; a row whose key is not whole is not judged."""

    kind = "key"
    keys: tuple[str, ...]

    @property
    def cells(self) -> tuple[str, ...]:
        """The key."""
        return self.keys

    @property
    def filled(self) -> str:
        """SQL: whether every part of the key is there."""
        return " AND ".join(f"{quoted(name)} IS NOT NULL" for name in self.keys)

    @property
    def repeats(self) -> str:
        """SQL, for rows of the table: false for every row but the first of its key."""
        names = ", ".join(quoted(name) for name in self.keys)
        return f"CASE WHEN {self.filled} THEN row_number() OVER (PARTITION BY {names} ORDER BY source_line) = 1 END"

    def measured(self, as_of: AsOf) -> str:  # noqa: ARG002
        """Counts by key."""
        names = ", ".join(quoted(name) for name in self.keys)
        told = _answer("coalesce(sum(n), 0)", "coalesce(sum(n - 1), 0)")
        return f"(SELECT {told} FROM (SELECT count(*) AS n FROM {quoted(self.table)} WHERE {self.filled} GROUP BY {names}))"


@dataclass(frozen=True, kw_only=True)
class Freshness(TableRule):
    """The newest day is recent. Rows dated after the day asked for do not make a table fresh."""

    kind = "freshness"
    day: str
    max_age_days: int = 2

    @property
    def columns(self) -> tuple[str, ...]:
        """The day."""
        return (self.day,)

    def measured(self, as_of: AsOf) -> str:
        """Age of the newest day."""
        day = f"max({quoted(self.day)})"
        age = f"DATE {literal(as_of.day)} - {day}"
        told = _answer(
            f"CASE WHEN {day} IS NULL THEN 0 ELSE 1 END", f"coalesce({age} > {self.max_age_days}, false)",
            f"CASE WHEN {day} IS NULL THEN 'no_day' END", day=day, age=age, limit=str(self.max_age_days),
        )  # fmt: skip
        return f"(SELECT {told} FROM {quoted(self.table)} WHERE {quoted(self.day)} <= DATE {literal(as_of.day)})"


@dataclass(frozen=True, kw_only=True)
class Volume(TableRule):
    """The newest whole day brings about as many rows as the same weekday did in the eight weeks before.

    Model: median ± `width` × the larger of 1.4826 × MAD and √median (the spread of a count). A weekday without rows counts
    as 0 once the table has begun. With fewer than four such weekdays nothing is said.
    """

    kind = "volume"
    day: str
    weeks: int = 8
    width: float = 4.0

    @property
    def columns(self) -> tuple[str, ...]:
        """The day."""
        return (self.day,)

    def measured(self, as_of: AsOf) -> str:
        """The newest day against its band."""
        days = (
            f"SELECT {quoted(self.day)} AS d, count(*) AS n FROM {quoted(self.table)} "
            f"WHERE {quoted(self.day)} <= DATE {literal(as_of.last_whole_day)} GROUP BY 1"
        )
        past = (
            f"SELECT coalesce(days.n, 0) AS n FROM newest CROSS JOIN range(1, {self.weeks + 1}) AS w(i) "
            "LEFT JOIN days ON days.d = newest.d - CAST(7 * w.i AS INTEGER) "
            "WHERE newest.d - CAST(7 * w.i AS INTEGER) >= newest.first"
        )
        band = "SELECT median(n) AS middle, greatest(1.4826 * mad(n), sqrt(median(n)), 1) AS spread, count(*) AS seen FROM past"
        low, high = f"greatest(0, middle - {self.width} * spread)", f"middle + {self.width} * spread"
        told = _answer(
            f"CASE WHEN seen < {MIN_WEEKDAYS} THEN 0 ELSE 1 END",
            f"coalesce(seen >= {MIN_WEEKDAYS} AND (newest.n < {low} OR newest.n > {high}), false)",
            f"CASE WHEN newest.d IS NULL THEN 'no_day' WHEN seen < {MIN_WEEKDAYS} THEN 'few_weekdays' END",
            day="newest.d", rows="newest.n", low=f"round({low})", high=f"round({high})", seen="seen",
        )  # fmt: skip
        newest = "SELECT max(d) AS d, min(d) AS first, arg_max(n, d) AS n FROM days"
        steps = f"days AS ({days}), newest AS ({newest}), past AS ({past}), band AS ({band})"
        return f"(WITH {steps} SELECT {told} FROM newest, band)"


@dataclass(frozen=True, kw_only=True)
class Drift(TableRule):
    """The values of the last `days` whole days are spread as those of the `before_days` before them.

    Model: population stability index, Σ (p − q) ln(p/q), over the deciles of the earlier rows for a number, and over the
    values that at least one in a hundred earlier rows has, and the rest together, for text. Empty is a value.
    """

    kind = "drift"
    column: str
    day: str
    numeric: bool = False
    days: int = 28
    before_days: int = 112
    max_shift: float = 0.25

    @property
    def cells(self) -> tuple[str, ...]:
        """The column compared."""
        return (self.column,)

    @property
    def columns(self) -> tuple[str, ...]:
        """The column and the day."""
        return (self.column, self.day)

    def _classes(self) -> str:
        """SQL with CTE `w` (v, recent) in scope: one row a row, with the class it falls in."""
        if self.numeric:
            tenths = ", ".join(str(n / 10) for n in range(1, 10))
            edges = f"SELECT quantile_cont(v, [{tenths}]) AS e FROM w WHERE NOT recent"
            return f"SELECT recent, len(list_filter(e, lambda x: x < v)) AS class FROM w, ({edges})"
        common = (
            "SELECT v FROM w WHERE NOT recent GROUP BY v "
            "HAVING count(*) >= 0.01 * (SELECT count(*) FROM w WHERE NOT recent)"
        )
        return f"SELECT w.recent, CASE WHEN c.v IS NOT NULL THEN w.v END AS class FROM w LEFT JOIN ({common}) c ON c.v = w.v"

    def measured(self, as_of: AsOf) -> str:
        """The index of the two windows."""
        middle = as_of.last_whole_day - dt.timedelta(days=self.days)
        first = middle - dt.timedelta(days=self.before_days)
        value = (
            f"CAST({quoted(self.column)} AS DOUBLE)"
            if self.numeric
            else f"coalesce(CAST({quoted(self.column)} AS VARCHAR), '')"
        )
        windows = (
            f"SELECT {value} AS v, {quoted(self.day)} > DATE {literal(middle)} AS recent FROM {quoted(self.table)} "
            f"WHERE {quoted(self.day)} > DATE {literal(first)} AND {quoted(self.day)} <= DATE {literal(as_of.last_whole_day)}"
        )
        counted = (
            f"SELECT class, count(*) FILTER (WHERE recent) AS a, count(*) FILTER (WHERE NOT recent) AS b "
            f"FROM ({self._classes()}) GROUP BY class"
        )
        shares = (
            "SELECT (a + 0.5) / (sum(a) OVER () + 0.5 * count(*) OVER ()) AS p, "
            "(b + 0.5) / (sum(b) OVER () + 0.5 * count(*) OVER ()) AS q, sum(a) OVER () AS na, sum(b) OVER () AS nb FROM c"
        )
        index = (
            "SELECT coalesce(sum((p - q) * ln(p / q)), 0) AS shift, coalesce(min(na), 0) AS na, "
            "coalesce(min(nb), 0) AS nb FROM s"
        )
        enough = f"na >= {MIN_COMPARED} AND nb >= {MIN_COMPARED}"
        told = _answer(
            f"CASE WHEN {enough} THEN 1 ELSE 0 END", f"{enough} AND shift > {self.max_shift}",
            f"CASE WHEN NOT ({enough}) THEN 'few_rows' END",
            shift="round(shift, 3)", limit=str(self.max_shift), rows="na", before="nb",
        )  # fmt: skip
        return f"(WITH w AS ({windows}), c AS ({counted}), s AS ({shares}), i AS ({index}) SELECT {told} FROM i)"
