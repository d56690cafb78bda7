"""Which rows have arrived for which day: every dated table by platform and day, with the load that brought them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from shopkeeper.warehouse.model import COMMERCE_TABLES

if TYPE_CHECKING:
    from shopkeeper.warehouse.lake import Lake

Width = Literal["day", "month"]
WINDOW_DAYS = 28
WINDOW_MONTHS = 24

ARRIVING = tuple(
    t.name for t in COMMERCE_TABLES.values()
    if t.kind == "fact" and (t.day or t.name == "sku_costs") and "shop_id" in t.column_names
)  # fmt: skip
"""Tables whose rows belong to a shop and a day. A cost belongs to the days from its first on, while its shop trades."""


@dataclass(frozen=True)
class Arrival:
    """Rows of one day or month. `days` counts the days that hold rows; `load_id` is the newest load that brought some."""

    start: dt.date
    rows: int
    days: int
    load_id: str
    source: str
    loaded_at: dt.datetime | None


@dataclass(frozen=True)
class Stream:
    """One table of one platform: the days its rows span in all, and what arrived inside the window."""

    platform: str | None
    table: str
    trades: bool
    first_day: dt.date
    last_day: dt.date
    rows: int
    arrived: tuple[Arrival, ...]


@dataclass(frozen=True)
class Arrivals:
    """The window's days [low, high), and every stream that ever brought a row, up to today.

    Rows are expected of days before `due`: of today not yet, and of an archive not after its newest row.
    """

    low: dt.date
    high: dt.date
    due: dt.date
    streams: tuple[Stream, ...]


def arrivals(
    lake: Lake, today: dt.date, *, low: dt.date | None = None, high: dt.date | None = None, width: Width = "day"
) -> Arrivals | None:
    """What arrived, by platform, table and day (or month), by one statement; None for a warehouse without dated rows.

    Without a window it is the last 28 days (24 months) up to yesterday; where the newest row is older than that,
    an archive, up to that row. Days after today count nowhere.
    """
    asked: Mapping[str, object] = {"today": today, "low": low, "high": high, "width": width}
    rows = lake.query(_SQL, cast(Any, asked)).fetchall()
    if not rows:
        return None
    streams = tuple(
        Stream(platform, table, trades, first, last, count, tuple(Arrival(**part) for part in arrived or ()))
        for platform, table, trades, first, last, count, arrived, *_ in rows
    )
    low, high, due = rows[0][-3:]
    return Arrivals(low, high, due, streams)


def _seen(table: str) -> str:
    """SQL of rows by shop and day."""
    if table == "sku_costs":
        return (
            "SELECT 'sku_costs' AS entity, t.shop_id, t.day, sum(c.n)::BIGINT AS n, max(c.load_id) AS load_id "
            "FROM (SELECT DISTINCT shop_id, ordered_day AS day FROM order_lines WHERE ordered_day IS NOT NULL) t "
            "JOIN (SELECT shop_id, valid_from, count(*) AS n, max(load_id) AS load_id FROM sku_costs GROUP BY ALL) c "
            "ON c.shop_id = t.shop_id AND c.valid_from <= t.day GROUP BY ALL"
        )
    day = COMMERCE_TABLES[table].day
    return (
        f"SELECT '{table}' AS entity, shop_id, {day} AS day, count(*) AS n, max(load_id) AS load_id FROM {table} "
        f"WHERE {day} IS NOT NULL GROUP BY ALL"
    )


_SQL = f"""
WITH seen AS ({" UNION ALL ".join(_seen(table) for table in ARRIVING)}),
cells AS MATERIALIZED (
    SELECT s.platform_id AS platform, entity, day, sum(n)::BIGINT AS n, max(seen.load_id) AS load_id
    FROM seen LEFT JOIN shops s ON s.shop_id = seen.shop_id WHERE day <= $today GROUP BY ALL),
newest AS (SELECT max(day) AS day FROM cells),
ends AS (
    SELECT CASE WHEN day >= $today - {WINDOW_DAYS} THEN greatest(day, $today - 1) ELSE day END AS last_day FROM newest),
bounds AS (
    SELECT coalesce($low, CASE $width WHEN 'day' THEN last_day - {WINDOW_DAYS - 1}
            ELSE (date_trunc('month', last_day) - INTERVAL {WINDOW_MONTHS - 1} MONTH)::DATE END) AS low,
        coalesce($high, CASE $width WHEN 'day' THEN last_day + 1
            ELSE (date_trunc('month', last_day) + INTERVAL 1 MONTH)::DATE END) AS high FROM ends),
spans AS (SELECT platform, entity, min(day) AS first_day, max(day) AS last_day, sum(n)::BIGINT AS n FROM cells GROUP BY ALL),
trading AS (SELECT platform, bool_or(entity = 'order_lines') AS trades, sum(n) AS size FROM spans GROUP BY ALL),
shown AS (
    SELECT platform, entity, CASE $width WHEN 'day' THEN day ELSE date_trunc('month', day)::DATE END AS start,
        sum(n)::BIGINT AS n, count(*) AS days, max(load_id) AS load_id
    FROM cells, bounds WHERE day >= low AND day < high GROUP BY ALL),
listed AS (
    SELECT platform, entity, list({{'start': start, 'rows': n, 'days': days, 'load_id': shown.load_id,
        'source': coalesce(l.source, ''), 'loaded_at': l.started_at}} ORDER BY start) AS arrived
    FROM shown LEFT JOIN loads l ON l.load_id = shown.load_id GROUP BY ALL)
SELECT p.platform, p.entity, t.trades, p.first_day, p.last_day, p.n, listed.arrived, low, high, least(ends.last_day + 1, $today)
FROM spans p JOIN trading t ON t.platform IS NOT DISTINCT FROM p.platform
LEFT JOIN listed ON listed.platform IS NOT DISTINCT FROM p.platform AND listed.entity = p.entity, bounds, ends
ORDER BY NOT t.trades, t.size DESC, p.platform NULLS LAST, p.entity
"""
