"""What the warehouse holds: which tables and columns have anything in them, and from which day to which."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shopkeeper.kpi.definitions import BUILT_IN, Definitions
from shopkeeper.warehouse.engines import Engine
from shopkeeper.warehouse.engines.dialect import translated

# Needs that are more than "this column has a value somewhere".
_SPECIAL = {
    "order_lines.unpaid": "count(*) FILTER (WHERE paid_day IS NULL AND NOT coalesce(is_brushing, false))",
    "visits.visitors": "count(visitor_id) + count(visitors)",
    "visits.carting_visitors": "count(added_to_cart) + count(carting_visitors)",
    "ad_spend.is_acquisition": "count(*) FILTER (WHERE is_acquisition IS NULL)",
    "visits.origin": "count(*) FILTER (WHERE origin IS NULL OR origin = 'unknown')",
}


# Met where no row is counted: one unknown origin, or purpose of spend, makes every sum over the known ones too small.
_NONE_MAY_BE = frozenset({"ad_spend.is_acquisition", "visits.origin"})


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
    hiding: frozenset[str] = frozenset()
    """Shops that sell and name no buyer at all, as some platforms' exports do."""

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


def needs_by_table(definitions: Definitions = BUILT_IN) -> dict[str, list[str]]:
    """Every need of every indicator, grouped by table."""
    grouped: dict[str, list[str]] = defaultdict(list)
    for indicator in definitions.indicators.values():
        for need in indicator.needs:
            table = need.split(".")[0]
            if need not in grouped[table]:
                grouped[table].append(need)
    return dict(grouped)


@dataclass(frozen=True)
class Counted:
    """Rows of a table and, by need, how many rows speak for it. Counts of parts of a table add up to the table's."""

    rows: int
    needs: dict[str, int]

    @property
    def filled(self) -> set[str]:
        """The table's needs that are met."""
        return (
            {need for need, count in self.needs.items() if bool(count) != (need in _NONE_MAY_BE)}
            if self.rows
            else set()
        )


@dataclass(frozen=True)
class CountedLines(Counted):
    """Order lines, counted: also their first and last day, and how many are genuine, of no known buyer, and of each shop."""

    first_day: dt.date | None
    last_day: dt.date | None
    genuine: int
    unknown: int
    of_shop: dict[str, int]
    of_known: dict[str, int]
    """Lines of a known buyer, by shop."""


def read_holdings(engine: Engine, definitions: Definitions = BUILT_IN) -> Holdings:
    """Look once at each table that an indicator may need and that has any file."""
    kept = engine.filled_tables()
    needs = {table: asked for table, asked in needs_by_table(definitions).items() if table in kept}
    found = {table: count(engine, table, asked) for table, asked in needs.items() if table != "order_lines"}
    lines = count_lines(engine, "order_lines", needs["order_lines"]) if "order_lines" in needs else None
    return holdings_of(engine, found, lines)


def count(engine: Engine, rows: str, needs: list[str]) -> Counted:
    """Count some rows of a table, given as a relation, and those that speak for each need."""
    (row,) = _rows(engine, f"SELECT {_counts(needs)} FROM {rows}")
    return Counted(int(row[0]), dict(zip(needs, map(int, row[1:]), strict=True)))


def count_lines(engine: Engine, rows: str, needs: list[str]) -> CountedLines:
    """Count some order lines, given as a relation, and those that speak for each need."""
    (row,) = _rows(engine, f"SELECT {_counts(needs)}, {_RANGE} FROM {rows}")
    shops = _rows(engine, f"SELECT shop_id, count(*), count(customer_id) FROM {rows} GROUP BY shop_id")
    first, last, genuine, unknown = row[-4:]
    counts = dict(zip(needs, map(int, row[1:-4]), strict=True))
    return CountedLines(int(row[0]), counts, first, last, int(genuine), int(unknown),
                        {shop: int(n) for shop, n, _ in shops}, {shop: int(n) for shop, _, n in shops})  # fmt: skip


def holdings_of(engine: Engine, counted: Mapping[str, Counted], lines: CountedLines | None) -> Holdings:
    """Holdings from counts of the tables; what is small is looked up."""
    filled: set[str] = set()
    for table, found in counted.items():
        filled |= {table, *found.filled} if found.rows else set()
    if _rows(engine, "SELECT 1 FROM quarantine WHERE resolved IS NULL LIMIT 1"):
        filled.add("quarantine")
    telling = _telling(engine) if "visits" in filled else Telling()
    if lines is None or not lines.rows:
        return Holdings(engine.snapshot, frozenset(filled), None, None, {}, 0, 0, telling, {})
    filled |= {"order_lines", *lines.filled}
    sold = {shop for shop, number in lines.of_shop.items() if number}
    known = [one for one in _rows(engine, "SELECT shop_id, currency, platform_id FROM shops") if one[0] in sold]
    platforms = dict.fromkeys(sorted(sold)) | {shop: platform for shop, _, platform in known}
    currencies = {shop: currency for shop, currency, _ in sorted(known, key=lambda one: str(one[0]))}
    return Holdings(
        engine.snapshot, frozenset(filled), lines.first_day, lines.last_day, currencies, lines.unknown, lines.genuine, telling,
        platforms, frozenset(shop for shop in sold if not lines.of_known.get(shop)),
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
    f"count(*) {_GENUINE}, count(*) FILTER (WHERE customer_id IS NULL AND NOT coalesce(is_brushing, false))"
)


def _counts(needs: list[str]) -> str:
    counted = [_SPECIAL.get(need, f'count("{need.split(".")[1]}")') for need in needs]
    return ", ".join(["count(*)", *counted])
