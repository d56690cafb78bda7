"""The own site's event log as JSON lines: some events arrive late, some twice."""

from __future__ import annotations

from pathlib import Path

from shopkeeper.twin.writers.desk import Desk
from shopkeeper.twin.writers.files import text

_EVENTS = """
WITH told AS (
    SELECT CAST(event AS VARCHAR) AS event_id, strftime(e.moment, '%Y-%m-%dT%H:%M:%S+08:00') AS happened_at, e.name,
        CAST(s.device AS VARCHAR) AS visitor_id, a.customer AS customer_id, CAST(e.session AS VARCHAR) AS session_id,
        k.code AS sku_id, CAST(cny(e.value_fen) AS DOUBLE) AS value, s.channel AS channel_id, s.shop AS shop_id,
        e.moment + CASE WHEN event % 53 = 7 THEN INTERVAL 2 DAY ELSE INTERVAL 0 DAY END AS arrived, event
    FROM events e JOIN sessions s USING (session) LEFT JOIN accounts a USING (account) LEFT JOIN skus k ON k.sku = e.sku
    WHERE e.moment >= getvariable('first'))
SELECT * EXCLUDE (arrived, event) FROM (
    SELECT *, 1 AS time FROM told UNION ALL SELECT *, 2 FROM told WHERE event % 211 = 7) ORDER BY arrived, event, time"""


def write_events(desk: Desk, folder: Path, month: str) -> None:
    """A month of events."""
    path = folder / "events" / f"events_{month}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    if desk.run("SELECT 1 FROM events WHERE moment >= getvariable('first') LIMIT 1").fetchone() is not None:
        desk.run(f"COPY (SELECT * EXCLUDE (time) FROM ({_EVENTS})) TO {text(str(path))} (FORMAT json)")
