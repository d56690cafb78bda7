"""What the warehouse holds: which tables and columns have anything in them, and from which day to which."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shopkeeper.kpi.definition import Measure, ShopFlag, Speaking
from shopkeeper.kpi.definitions import BUILT_IN, Definitions
from shopkeeper.warehouse.engines import Engine
from shopkeeper.warehouse.engines.dialect import translated
from shopkeeper.warehouse.model import TABLES

# Needs that are more than "this column has a value somewhere".
_SPECIAL = {
    "order_lines.unpaid": "count(*) FILTER (WHERE paid_day IS NULL AND NOT coalesce(is_brushing, false))",
    "visits.visitors": "count(visitor_id) + count(visitors)",
    "visits.carting_visitors": "count(added_to_cart) + count(carting_visitors)",
    "ad_spend.is_acquisition": "count(*) FILTER (WHERE is_acquisition IS NULL)",
    "ledger_entries.fees": "count(*) FILTER (WHERE kind IN ('platform_fee', 'fulfilment'))",
    "visits.origin": "count(*) FILTER (WHERE origin IS NULL OR origin = 'unknown')",
}


# Met where no row is counted: one unknown origin, or purpose of spend, makes every sum over the known ones too small.
_NONE_MAY_BE = frozenset({"ad_spend.is_acquisition", "visits.origin"})


_OR_ELSE = {"sku_costs.unit_cost": "order_costs.unit_cost"}
"""Needs that another column meets as well."""


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
class Linked:
    """Customers who are one person with another, how many persons they are, and the newest run of One-ID."""

    run: str
    customers: int
    persons: int


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
    """Of every shop that has sold."""
    speaking: dict[ShopFlag, frozenset[str]] = field(default_factory=dict)
    """The shops of each flag."""
    linked: Linked | None = None
    """What One-ID says of buyers; None where no customer is linked to another."""

    @property
    def currencies(self) -> tuple[str, ...]:
        """Every currency that amounts of orders are in."""
        return tuple(sorted(set(self.currency_of.values())))

    @property
    def untold(self) -> tuple[str, ...]:
        """Shops that sell and tell no visitors, while others do."""
        return tuple(sorted(self.platform_of.keys() - self.telling.shops)) if self.telling.shops else ()

    @property
    def hiding(self) -> frozenset[str]:
        """Shops that sell and name no buyer at all, as some platforms' exports do."""
        return frozenset(self.platform_of) - self.speaking.get("names_buyers", frozenset())

    def speaking_for(self, measures: Iterable[Measure]) -> Speaking:
        """The shops of each flag that measures read."""
        flags = sorted({flag for measure in measures for flag in measure.of_shops})
        return tuple((flag, tuple(sorted(self.speaking.get(flag, ())))) for flag in flags)

    def silent(self, *flags: ShopFlag) -> tuple[str, ...]:
        """Shops that some flag is not of, while another is: those that sell, and those that have any of the flags."""
        sets = [self.speaking.get(flag, frozenset()) for flag in flags]
        everyone = frozenset(self.platform_of).union(*sets)
        return tuple(sorted(everyone - frozenset.intersection(everyone, *sets)))

    def lacks(self, needs: tuple[str, ...]) -> tuple[str, ...]:
        """The needs that nothing fills; a whole table is named once when it is empty."""
        missing = []
        for need in needs:
            if need in self.filled or _OR_ELSE.get(need) in self.filled:
                continue
            table = need.split(".")[0]
            missing.append(need if table in self.filled else table)
        return tuple(dict.fromkeys(missing))


def needs_by_table(definitions: Definitions = BUILT_IN) -> dict[str, list[str]]:
    """Every need of every indicator, grouped by table."""
    grouped: dict[str, list[str]] = defaultdict(list)
    for indicator in definitions.indicators.values():
        for need in (n for one in indicator.needs for n in (one, _OR_ELSE.get(one)) if n):
            table = need.split(".")[0]
            if need not in grouped[table]:
                grouped[table].append(need)
    return dict(grouped)


@dataclass(frozen=True)
class Counted:
    """Rows of a table and, by need, how many rows speak for it. Counts of parts of a table add up to the table's."""

    rows: int
    needs: dict[str, int]
    of_shop: dict[str, dict[str, int]]
    """By shop: rows under the table's name, and how many speak for each need."""

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
    """Order lines, counted: also their first and last day, and how many are genuine and of no known buyer."""

    first_day: dt.date | None
    last_day: dt.date | None
    genuine: int
    unknown: int


def read_holdings(engine: Engine, definitions: Definitions = BUILT_IN) -> Holdings:
    """Look once at each table that an indicator may need and that has any file."""
    kept = engine.filled_tables()
    needs = {table: asked for table, asked in needs_by_table(definitions).items() if table in kept}
    found = {table: count(engine, table, table, asked) for table, asked in needs.items() if table != "order_lines"}
    lines = count_lines(engine, "order_lines", needs["order_lines"]) if "order_lines" in needs else None
    return holdings_of(engine, found, lines, kept)


def count(engine: Engine, table: str, rows: str, needs: list[str]) -> Counted:
    """Count some rows of a table, given as a relation, and those that speak for each need."""
    by = "shop_id" if "shop_id" in TABLES[table].column_names else "NULL"
    found = _rows(engine, f"SELECT {by}, {_counts(needs)} FROM {rows} GROUP BY ALL")
    return Counted(*_by_shop(table, needs, found))


def _by_shop(
    table: str, needs: list[str], rows: list[tuple[Any, ...]]
) -> tuple[int, dict[str, int], dict[str, dict[str, int]]]:  # fmt: skip
    names = [table, *needs]
    of_shop = {row[0]: dict(zip(names, map(int, row[1 : len(names) + 1]), strict=True)) for row in rows}
    rows_of, *counts = (sum(one[name] for one in of_shop.values()) for name in names)
    return rows_of, dict(zip(needs, counts, strict=True)), {shop: n for shop, n in of_shop.items() if shop is not None}


def count_lines(engine: Engine, rows: str, needs: list[str]) -> CountedLines:
    """Count some order lines, given as a relation, and those that speak for each need."""
    found = _rows(engine, f"SELECT shop_id, {_counts(needs)}, {_RANGE} FROM {rows} GROUP BY shop_id")
    first, last = (edge((row[n] for row in found if row[n]), default=None) for n, edge in ((-4, min), (-3, max)))
    genuine, unknown = (sum(int(row[n]) for row in found) for n in (-2, -1))
    return CountedLines(*_by_shop("order_lines", needs, found), first, last, genuine, unknown)


def holdings_of(
    engine: Engine, counted: Mapping[str, Counted], lines: CountedLines | None, with_files: frozenset[str]
) -> Holdings:  # fmt: skip
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
    sold = {shop for shop, counts in lines.of_shop.items() if counts["order_lines"]}
    known = [one for one in _rows(engine, "SELECT shop_id, currency, platform_id FROM shops") if one[0] in sold]
    platforms = dict.fromkeys(sorted(sold)) | {shop: platform for shop, _, platform in known}
    currencies = {shop: currency for shop, currency, _ in sorted(known, key=lambda one: str(one[0]))}
    return Holdings(
        engine.snapshot, frozenset(filled), lines.first_day, lines.last_day, currencies, lines.unknown, lines.genuine, telling,
        platforms, _speaking({**counted, "order_lines": lines}, telling), _linked(engine, with_files),
    )  # fmt: skip


def _linked(engine: Engine, with_files: frozenset[str]) -> Linked | None:
    if not {"person_members", "link_runs"} <= with_files:
        return None
    counted = "SELECT count(*), count(DISTINCT person_id) FROM person_members WHERE linked"
    customers, persons = map(int, _rows(engine, counted)[0])
    runs = _rows(engine, "SELECT run_id FROM link_runs ORDER BY ran_at DESC, run_id DESC LIMIT 1") if customers else []
    return Linked(str(runs[0][0]), customers, persons) if runs else None


SPOKEN: Mapping[ShopFlag, tuple[str, ...]] = {
    "tells_visits": ("visits.visitors",),
    "names_buyers": ("order_lines.customer_id",),
    "tells_refunds": ("refunds",),
    "tells_shipments": ("shipments.quantity", "shipments.ordered_day"),
    "tells_tiers": ("orders.member_tier",),
}
"""What a shop must have filled for each flag, all in one table."""


def _speaking(counted: Mapping[str, Counted], telling: Telling) -> dict[ShopFlag, frozenset[str]]:
    found: dict[ShopFlag, frozenset[str]] = {}
    for flag, needs in SPOKEN.items():
        table = counted.get(needs[0].split(".")[0])
        shops = table.of_shop if table else {}
        found[flag] = frozenset(shop for shop, counts in shops.items() if all(counts.get(need) for need in needs))
    return found | {"tells_visits": telling.shops}


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
