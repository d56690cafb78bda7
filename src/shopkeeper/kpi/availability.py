"""What the warehouse holds: which tables and columns have anything in them, and from which day to which."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from shopkeeper.kpi.catalogue import INDICATORS
from shopkeeper.warehouse.lake import Lake

# Sessions of one shop and daily figures of another never make one number of visitors.
_BOTH_GRAINS = "count(visitor_id) > 0 AND count(visitors) > 0"
# Needs that are more than "this column has a value somewhere".
_SPECIAL = {
    "order_lines.unpaid": "count(*) FILTER (paid_day IS NULL AND NOT coalesce(is_brushing, false))",
    "visits.visitors": f"CASE WHEN {_BOTH_GRAINS} THEN 0 ELSE count(visitor_id) + count(visitors) END",
    "visits.visitor_id": f"CASE WHEN {_BOTH_GRAINS} THEN 0 ELSE count(visitor_id) END",
    "visits.sessions": f"CASE WHEN {_BOTH_GRAINS} THEN 0 ELSE count(sessions) END",
    "visits.carting_visitors": "count(added_to_cart) + count(carting_visitors)",
    "visits.origin": "CASE WHEN count(*) FILTER (origin IS NULL OR origin = 'unknown') = 0 THEN count(*) ELSE 0 END",
}


@dataclass(frozen=True)
class Holdings:
    """What is there, as of one snapshot."""

    snapshot: int
    filled: frozenset[str]
    first_day: dt.date | None
    last_day: dt.date | None
    currency_of: dict[str, str]
    unknown_buyer_lines: int
    lines: int

    @property
    def currencies(self) -> tuple[str, ...]:
        """Every currency that amounts of orders are in."""
        return tuple(sorted(set(self.currency_of.values())))

    def lacks(self, needs: tuple[str, ...]) -> tuple[str, ...]:
        """The needs that nothing fills; a whole table is named once when it is empty."""
        missing = []
        for need in needs:
            if need in self.filled:
                continue
            table = need.split(".")[0]
            missing.append(need if table in self.filled else table)
        return tuple(dict.fromkeys(missing))


def needs_by_table() -> dict[str, list[str]]:
    """Every need of every indicator, grouped by table."""
    grouped: dict[str, list[str]] = defaultdict(list)
    for indicator in INDICATORS.values():
        for need in indicator.needs:
            table = need.split(".")[0]
            if need not in grouped[table]:
                grouped[table].append(need)
    return dict(grouped)


def read_holdings(lake: Lake, snapshot: int) -> Holdings:
    """Look once at each table that an indicator may need and that has any file."""
    filled: set[str] = set()
    sized = lake.query("SELECT table_name FROM ducklake_table_info('lake') WHERE file_count > 0").fetchall()
    kept = {table for (table,) in sized}
    for table, needs in needs_by_table().items():
        if table in kept and table != "order_lines":
            filled |= _filled(table, needs, lake.query(f"SELECT {_counts(needs)} FROM {table}").fetchone())
    if "quarantine" in kept and lake.query("SELECT 1 FROM quarantine WHERE resolved IS NULL LIMIT 1").fetchone():
        filled.add("quarantine")
    if "order_lines" not in kept:
        return Holdings(snapshot, frozenset(filled), None, None, {}, 0, 0)
    needs = needs_by_table()["order_lines"]
    row = lake.query(f"SELECT {_counts(needs)}, {_RANGE} FROM order_lines").fetchone()
    assert row is not None
    filled |= _filled("order_lines", needs, row)
    first, last, lines, unknown, shops = row[-5:]
    currencies = lake.query(
        "SELECT shop_id, currency FROM shops WHERE list_contains(?, shop_id) ORDER BY 1", [shops or []]
    ).fetchall()
    return Holdings(snapshot, frozenset(filled), first, last, dict(currencies), int(unknown), int(lines))


_GENUINE = "FILTER (NOT coalesce(is_brushing, false))"
_RANGE = (
    f"min(ordered_day) {_GENUINE}, max(greatest(ordered_day, coalesce(paid_day, ordered_day))) {_GENUINE}, "
    f"count(*) {_GENUINE}, count(*) FILTER (customer_id IS NULL AND NOT coalesce(is_brushing, false)), "
    "list(DISTINCT shop_id)"
)


def _counts(needs: list[str]) -> str:
    counted = [_SPECIAL.get(need, f'count("{need.split(".")[1]}")') for need in needs]
    return ", ".join(["count(*)", *counted])


def _filled(table: str, needs: list[str], row: tuple[Any, ...] | None) -> set[str]:
    """The table, when it has a row, and the needs that some row meets."""
    if row is None or not row[0]:
        return set()
    return {table, *(need for need, count in zip(needs, row[1 : len(needs) + 1], strict=True) if count)}
