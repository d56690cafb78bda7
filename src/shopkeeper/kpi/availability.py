"""What the warehouse holds: which tables and columns have anything in them, and from which day to which."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

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
    """Look once at each table that an indicator may need."""
    filled: set[str] = set()
    # A snapshot of an earlier model lacks what the model has gained since.
    stored = lake.query("SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = 'lake'").fetchall()
    columns, tables = set(stored), {table for table, _ in stored}
    for table, wanted in needs_by_table().items():
        needs = [need for need in wanted if need in _SPECIAL or tuple(need.split(".")) in columns]
        if table not in tables or not needs:
            continue
        counts = [_SPECIAL.get(need, f'count("{need.split(".")[1]}")') for need in needs]
        row = lake.query(f"SELECT count(*), {', '.join(counts)} FROM {table}").fetchone()
        assert row is not None
        if row[0]:
            filled.add(table)
            filled.update(need for need, n in zip(needs, row[1:], strict=True) if n)
    quarantined = lake.query("SELECT count(*) FROM quarantine").fetchone()
    if quarantined and quarantined[0]:
        filled.add("quarantine")
    row = lake.query(
        "SELECT min(ordered_day), max(greatest(ordered_day, coalesce(paid_day, ordered_day))), count(*), "
        "count(*) FILTER (customer_id IS NULL) FROM order_lines WHERE NOT coalesce(is_brushing, false)"
    ).fetchone()
    assert row is not None
    currencies = lake.query(
        "SELECT shop_id, currency FROM shops WHERE shop_id IN (SELECT shop_id FROM order_lines) ORDER BY 1"
    ).fetchall()
    return Holdings(snapshot, frozenset(filled), row[0], row[1], dict(currencies), int(row[3]), int(row[2]))
