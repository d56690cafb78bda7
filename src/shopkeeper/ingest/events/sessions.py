"""Visits out of events: a session is what one visitor does on one of the shop's days without a pause longer than allowed.

Before → after, pause allowed 30 minutes:
    Li 10:00 view · Li 10:20 cart · Li 11:00 view · Li 23:50 view · Li 00:10 view (next day)
    Li 10:00 with a cart · Li 11:00 · Li 23:50 · Li 00:10

A session ends at midnight of the shop, so that each day counts everybody who came. Only the days of visitors that a load
touched are formed anew, so that late events mend the past. Days for which a platform tells its own figure are left to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from shopkeeper.warehouse.sql import literal

MARK = "events/"
_BEFORE = "live_before"
_VISITOR = "coalesce(visitor_id, 'customer:' || customer_id)"
_CARTS = "('cart', 'add_to_cart', 'addtocart')"
_FACTS = (
    "visited_day", "started_at", "channel_id", "visitor_id", "customer_id", "sessions", "origin", "added_to_cart",
)  # fmt: skip
_KEY = "shop_id, visitor, happened_day"


@dataclass(frozen=True)
class Formed:
    """What forming came to. `left` are days of visitors that a platform tells itself."""

    sessions: int
    written: int
    removed: int
    left: int


def remember_told(connection: duckdb.DuckDBPyConnection, rows: str) -> None:
    """Keep, before a load, whose days the events are of that it may change: `rows` are its events."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {_BEFORE} AS SELECT DISTINCT e.shop_id, {_VISITOR} AS visitor, happened_day "
        f"FROM events e SEMI JOIN (SELECT shop_id, event_id FROM {rows}) n ON n.shop_id = e.shop_id AND n.event_id = e.event_id"
    )


def touched_by(load_id: str) -> str:
    """SQL of the visitors and days that the events of a load are of, and were of before it changed them."""
    now = f"SELECT shop_id, {_VISITOR} AS visitor, happened_day FROM events WHERE load_id = {literal(load_id)}"
    return f"SELECT DISTINCT {_KEY} FROM ({now} UNION ALL SELECT * FROM {_BEFORE}) WHERE visitor IS NOT NULL"


def form_sessions(
    connection: duckdb.DuckDBPyConnection, touched: str, *, pause_minutes: float, load_id: str, file_hash: str
) -> Formed:
    """Form the sessions of some visitors' days anew, inside the running transaction; equal ones stay untouched.

    `touched` is a query of shop_id, visitor and happened_day.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE live_touched AS {touched}")
    told = "SELECT DISTINCT shop_id, visited_day FROM visits WHERE grain = 'platform_day' AND visitors IS NOT NULL"
    left = _one(
        connection,
        f"DELETE FROM live_touched t USING ({told}) p WHERE p.shop_id = t.shop_id AND p.visited_day = t.happened_day",
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE live_formed AS {_sessions(pause_minutes)}")
    formed = _one(connection, "SELECT count(*) FROM live_formed")
    same = " AND ".join(f"v.{fact} IS NOT DISTINCT FROM f.{fact}" for fact in _FACTS)
    of_key = "f.shop_id = v.shop_id AND f.visit_id = v.visit_id"
    removed = _one(
        connection,
        f"DELETE FROM visits v WHERE grain = 'session' AND starts_with(visit_id, '{MARK}') AND EXISTS (SELECT 1 FROM "
        "live_touched t WHERE t.shop_id = v.shop_id AND t.visitor = v.visitor_id AND t.happened_day = v.visited_day) "
        f"AND NOT EXISTS (SELECT 1 FROM live_formed f WHERE {of_key} AND {same})",
    )
    written = _one(
        connection,
        f"INSERT INTO visits (shop_id, grain, visit_id, {', '.join(_FACTS)}, load_id, file_hash) "
        f"SELECT shop_id, 'session', visit_id, {', '.join(_FACTS)}, {literal(load_id)}, {literal(file_hash)} FROM live_formed f "
        f"WHERE NOT EXISTS (SELECT 1 FROM visits v WHERE v.grain = 'session' AND {of_key})",
    )
    for name in ("live_touched", "live_formed", _BEFORE):
        connection.execute(f"DROP TABLE IF EXISTS temp.main.{name}")
    return Formed(formed, written, removed, left)


def _sessions(pause_minutes: float) -> str:
    pause = f"INTERVAL {round(pause_minutes * 60_000_000)} MICROSECOND"
    events = (
        f"SELECT e.shop_id, t.visitor, e.happened_day, e.happened_at, e.event_id, e.name, e.customer_id, e.channel_id "
        f"FROM (SELECT *, {_VISITOR} AS who FROM events WHERE happened_day BETWEEN (SELECT min(happened_day) FROM live_touched) "
        "AND (SELECT max(happened_day) FROM live_touched)) e "
        "JOIN live_touched t ON t.shop_id = e.shop_id AND t.visitor = e.who AND t.happened_day = e.happened_day"
    )
    order = f"PARTITION BY {_KEY} ORDER BY happened_at, event_id"
    since = f"happened_at - lag(happened_at) OVER ({order})"
    begun = f"SELECT *, CASE WHEN {since} <= {pause} THEN 0 ELSE 1 END AS begins FROM ({events})"
    numbered = f"SELECT *, sum(begins) OVER ({order} ROWS UNBOUNDED PRECEDING) AS number FROM ({begun})"
    kinds = "CASE WHEN c.kind IN ('paid', 'organic', 'owned') THEN c.kind ELSE 'unknown' END"
    return (
        f"SELECT s.*, {kinds} AS origin FROM (SELECT shop_id, "
        f"'{MARK}' || visitor || '/' || strftime(happened_day, '%Y-%m-%d') || '/' || CAST(number AS BIGINT) AS visit_id, "
        "happened_day AS visited_day, min(happened_at) AS started_at, "
        "arg_min(channel_id, (happened_at, event_id)) AS channel_id, visitor AS visitor_id, "
        "arg_max(customer_id, (happened_at, event_id)) AS customer_id, CAST(1 AS BIGINT) AS sessions, "
        f"bool_or(lower(name) IN {_CARTS}) AS added_to_cart "
        f"FROM ({numbered}) GROUP BY {_KEY}, number) s LEFT JOIN channels c ON c.channel_id = s.channel_id"
    )


def _one(connection: duckdb.DuckDBPyConnection, statement: str) -> int:
    found = connection.execute(statement).fetchone()
    return int(found[0]) if found else 0
