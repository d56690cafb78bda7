"""What the warehouse holds: which tables and columns have anything in them, and from which day to which."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from shopkeeper.kpi.catalogue import INDICATORS
from shopkeeper.warehouse.engines import Engine
from shopkeeper.warehouse.engines.dialect import translated

# Needs that are more than "this column has a value somewhere".
_SPECIAL = {
    "order_lines.unpaid": "count(*) FILTER (WHERE paid_day IS NULL AND NOT coalesce(is_brushing, false))",
    "visits.visitors": "count(visitor_id) + count(visitors)",
    "visits.carting_visitors": "count(added_to_cart) + count(carting_visitors)",
    "visits.origin": "CASE WHEN count(*) FILTER (WHERE origin IS NULL OR origin = 'unknown') = 0 THEN count(*) ELSE 0 END",
}


@dataclass(frozen=True)
class Telling:
    """Which shops tell their visitors, and how: by session, or by a platform's daily figure.

    A shop that does both on one day (`twice`) has two counts of the same people, which nobody can add up.
    """

    by_session: frozenset[str] = frozenset()
    by_day: frozenset[str] = frozenset()
    twice: frozenset[str] = frozenset()

    @property
    def shops(self) -> frozenset[str]:
        """Every shop whose visitors are known."""
        return self.by_session | self.by_day


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
    telling: Telling
    platform_of: dict[str, str | None]

    @property
    def currencies(self) -> tuple[str, ...]:
        """Every currency that amounts of orders are in."""
        return tuple(sorted(set(self.currency_of.values())))

    @property
    def untold(self) -> tuple[str, ...]:
        """Shops that sell and tell no visitors, while others do."""
        return tuple(sorted(self.platform_of.keys() - self.telling.shops)) if self.telling.shops else ()

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


def read_holdings(engine: Engine) -> Holdings:
    """Look once at each table that an indicator may need and that has any file."""
    filled: set[str] = set()
    kept = engine.filled_tables()
    for table, needs in needs_by_table().items():
        if table in kept and table != "order_lines":
            filled |= _filled(table, needs, _rows(engine, f"SELECT {_counts(needs)} FROM {table}")[0])
    if "quarantine" in kept and _rows(engine, "SELECT 1 FROM quarantine WHERE resolved IS NULL LIMIT 1"):
        filled.add("quarantine")
    if "order_lines" not in kept:
        return Holdings(engine.snapshot, frozenset(filled), None, None, {}, 0, 0, Telling(), {})
    needs = needs_by_table()["order_lines"]
    row = _rows(engine, f"SELECT {_counts(needs)}, {_RANGE} FROM order_lines")[0]
    filled |= _filled("order_lines", needs, row)
    first, last, lines, unknown, shops = row[-5:]
    sold = set(shops or ())
    known = [one for one in _rows(engine, "SELECT shop_id, currency, platform_id FROM shops") if one[0] in sold]
    platforms = dict.fromkeys(sorted(sold)) | {shop: platform for shop, _, platform in known}
    telling = _telling(engine) if "visits" in filled else Telling()
    currencies = {shop: currency for shop, currency, _ in sorted(known, key=lambda one: str(one[0]))}
    return Holdings(
        engine.snapshot, frozenset(filled), first, last, currencies, int(unknown), int(lines), telling, platforms
    )  # fmt: skip


def _rows(engine: Engine, sql: str) -> list[tuple[Any, ...]]:
    return engine.rows(translated(sql, engine.dialect)).rows


def _telling(engine: Engine) -> Telling:
    days = "SELECT shop_id, count(visitor_id) > 0 AS session, count(visitors) > 0 AS day FROM visits GROUP BY shop_id, "
    days += "visited_day"
    rows = _rows(
        engine,
        f"SELECT shop_id, bool_or(session), bool_or(day), bool_or(session AND day) FROM ({days}) GROUP BY shop_id",
    )
    return Telling(*(frozenset(row[0] for row in rows if row[n]) for n in (1, 2, 3)))


_GENUINE = "FILTER (WHERE NOT coalesce(is_brushing, false))"
_RANGE = (
    f"min(ordered_day) {_GENUINE}, max(greatest(ordered_day, coalesce(paid_day, ordered_day))) {_GENUINE}, "
    f"count(*) {_GENUINE}, count(*) FILTER (WHERE customer_id IS NULL AND NOT coalesce(is_brushing, false)), "
    "list(DISTINCT shop_id)"
)


def _counts(needs: list[str]) -> str:
    counted = [_SPECIAL.get(need, f'count("{need.split(".")[1]}")') for need in needs]
    return ", ".join(["count(*)", *counted])


def _filled(table: str, needs: list[str], row: tuple[Any, ...]) -> set[str]:
    """The table, when it has a row, and the needs that some row meets."""
    if not row[0]:
        return set()
    return {table, *(need for need, count in zip(needs, row[1 : len(needs) + 1], strict=True) if count)}
