"""Data coverage (D3): of the (required table × platform × day) cells, how many hold a row?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from shopkeeper.core.period import Grain
from shopkeeper.errors import ConfigError, nearest
from shopkeeper.warehouse.engines import Engine
from shopkeeper.warehouse.engines.dialect import translated
from shopkeeper.warehouse.model import COMMERCE_TABLES


@dataclass(frozen=True)
class Coverage:
    """Fresh cells by (first day of period, platform), and the platforms that are expected."""

    fresh: dict[tuple[dt.date, str], int]
    platforms: tuple[str, ...]
    required_tables: tuple[str, ...]


def checked_tables(required: list[str]) -> tuple[str, ...]:
    """The required tables. Raises ConfigError for a name that is no table, or one whose rows belong to no day."""
    dated = {name for name, t in COMMERCE_TABLES.items() if t.day or name == "sku_costs"}
    for name in required:
        if name not in dated:
            raise ConfigError(
                "data coverage cannot be asked of this table",
                where="shopkeeper.toml, key coverage.required",
                received=name,
                allowed=nearest(name, dated) or sorted(dated),
            )
    return tuple(required)


def coverage_sql(required: tuple[str, ...], grain: Grain, start: dt.date, end: dt.date) -> str:
    """Distinct (table, platform, day) cells that hold rows, counted by period and platform.

    A cost is fresh from its first day on, so `sku_costs` covers every later day on which its shop traded.
    """
    parts = []
    for name in required:
        if name == "sku_costs":
            parts.append(
                "SELECT 'sku_costs' AS source, l.shop_id, l.ordered_day AS day FROM (SELECT DISTINCT shop_id, ordered_day "
                "FROM order_lines) l WHERE EXISTS (SELECT 1 FROM sku_costs c WHERE c.shop_id = l.shop_id "
                "AND c.valid_from <= l.ordered_day)"
            )
        else:
            day = COMMERCE_TABLES[name].day
            parts.append(f"SELECT DISTINCT '{name}' AS source, shop_id, {day} AS day FROM {name}")
    return (
        f"WITH seen AS ({' UNION ALL '.join(parts)}), cells AS (SELECT DISTINCT source, s.platform_id, day FROM seen "
        f"JOIN shops s USING (shop_id) WHERE day >= DATE '{start}' AND day < DATE '{end}') "
        f"SELECT date_trunc('{grain}', day)::DATE, platform_id, count(*) FROM cells GROUP BY 1, 2"
    )


def read_coverage(
    engine: Engine, required: tuple[str, ...], grain: Grain, start: dt.date, end: dt.date
) -> dict[tuple[dt.date, str], int]:
    """Count the fresh cells of every period and platform between two days."""
    rows = engine.rows(translated(coverage_sql(required, grain, start, end), engine.dialect)).rows
    return {(period, platform): int(n) for period, platform, n in rows}
