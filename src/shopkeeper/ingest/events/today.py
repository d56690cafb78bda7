"""A shop's day so far, out of what the journal holds and what the lake holds: each event once, wherever it is found.

lake (new loads alone) + journal (new bytes alone) → events of today not seen yet → counts by shop, a minute and a visitor

Kept in memory and moved on by whoever asks, at most every 0.7 s, so that all open pages share one computation.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
import zoneinfo
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import duckdb

from shopkeeper.core.clock import utc_now
from shopkeeper.ingest.events.flush import journal_folder
from shopkeeper.ingest.events.journal import segments
from shopkeeper.ingest.events.lines import rows_of_lines
from shopkeeper.ingest.events.webhooks.flush import read_message, site_of
from shopkeeper.ingest.events.webhooks.shopify import Order
from shopkeeper.warehouse.shop import Shop
from shopkeeper.warehouse.sql import listed, literal

REFRESH_SECONDS = 0.7
LAST_EVENTS = 20
MINUTES = 30
_READ_BYTES = 8 * 1024 * 1024
_PICKED = (
    "shop_id, event_id, happened_at, name, coalesce(visitor_id, 'customer:' || customer_id) AS visitor, sku_id, value"
)


@dataclass(frozen=True)
class ShopToday:
    """One shop's day so far. `paid` and `orders` are None while nothing tells them; `told_by` says what does."""

    shop_id: str
    platform: str
    currency: str
    events: int
    visitors: int
    orders: int | None
    paid: Decimal | None
    told_by: str


@dataclass(frozen=True)
class LastEvent:
    """One event as it is shown: who it was of is a number that only this process knows."""

    happened_at: dt.datetime
    shop_id: str
    name: str
    visitor: str
    sku_id: str
    value: float | None


@dataclass(frozen=True)
class DayState:
    """The day so far. `a_minute` are the events of the last 60 s, `minutes` those of each of the last 30 minutes."""

    version: int
    day: dt.date
    at: dt.datetime
    a_minute: int
    minutes: tuple[int, ...]
    shops: tuple[ShopToday, ...]
    last: tuple[LastEvent, ...]


@dataclass
class _Counts:
    """What was counted of a day; a new day begins with a new one."""

    day: dt.date
    begin: dt.datetime
    end: dt.datetime
    events: Counter[str] = field(default_factory=Counter)
    visitors: Counter[str] = field(default_factory=Counter)
    pays: Counter[str] = field(default_factory=Counter)
    paid: dict[str, Decimal] = field(default_factory=dict)
    seconds: Counter[int] = field(default_factory=Counter)
    last: list[LastEvent] = field(default_factory=list)
    loads: set[str] = field(default_factory=set)
    cursors: dict[str, int] = field(default_factory=dict)
    orders: dict[tuple[str, str], Order] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)


class Today:
    """The day of one shop."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self._zone = zoneinfo.ZoneInfo(shop.settings.shop.timezone)
        self._memory = duckdb.connect(config={"threads": 1, "memory_limit": "512MB"})
        self._memory.execute("SET TimeZone = 'UTC'")
        self._lock = threading.Lock()
        self._made_at = -1.0
        self._state: DayState | None = None
        self._counts: _Counts | None = None
        self._snapshot = -1
        self._lake_orders: dict[str, tuple[int, Decimal]] = {}
        self._shops: dict[str, tuple[str, str]] = {}

    def close(self) -> None:
        """Let go of the memory."""
        with self._lock:
            self._memory.close()

    def current(self) -> DayState:
        """The day so far, at most 0.7 s old."""
        with self._lock:
            if self._state is None or time.monotonic() - self._made_at > REFRESH_SECONDS:
                self._state = self._made(utc_now())
                self._made_at = time.monotonic()
            return self._state

    def _made(self, now: dt.datetime) -> DayState:
        counts = self._day_of(now)
        changed = self._read_webhooks(counts)
        snapshot = self.shop.lake.snapshot()
        if snapshot != self._snapshot:
            self._read_lake(counts)
        if snapshot != self._snapshot or changed:
            self._read_orders(counts)
            self._snapshot = snapshot
        self._read_journal(counts)
        known = sorted({*self._lake_orders, *counts.events, *(shop for shop, _ in counts.orders)})
        shops = tuple(self._shop_today(counts, shop) for shop in known)
        second = int(now.timestamp())
        for old in [s for s in counts.seconds if s <= second - 60 * MINUTES]:
            del counts.seconds[old]
        minutes = [0] * MINUTES
        for at, number in counts.seconds.items():
            if at <= second:
                minutes[MINUTES - 1 - (second - at) // 60] += number
        version = self._state.version + 1 if self._state else 1
        told = DayState(version, counts.day, now, minutes[-1], tuple(minutes), shops, tuple(counts.last))
        before = self._state
        if before and (before.day, before.minutes, before.shops, before.last) == (
            told.day,
            told.minutes,
            shops,
            told.last,
        ):
            return before
        return told

    def _day_of(self, now: dt.datetime) -> _Counts:
        day = now.astimezone(self._zone).date()
        if self._counts is None or self._counts.day != day:
            begin, end = (
                dt.datetime.combine(day + dt.timedelta(days=n), dt.time(), self._zone).astimezone(dt.UTC)
                for n in (0, 1)
            )
            self._counts = _Counts(day, begin, end)
            self._snapshot = -1
            self._memory.execute("CREATE OR REPLACE TABLE seen (shop_id VARCHAR, event_id VARCHAR)")
            self._memory.execute("CREATE OR REPLACE TABLE visitors (shop_id VARCHAR, visitor VARCHAR)")
        return self._counts

    # --- what is read ------------------------------------------------------------------------------------------------

    def _read_lake(self, counts: _Counts) -> None:
        """Events of today from loads that were not looked at before."""
        query = self.shop.lake.query
        rows = query(
            "SELECT DISTINCT load_id FROM load_files WHERE table_name = 'events' AND rows_loaded > 0"
        ).fetchall()
        new = {load for (load,) in rows} - counts.loads
        if new:
            counts.loads |= new
            told = f"SELECT {_PICKED} FROM events WHERE happened_day = {literal(counts.day)} AND load_id IN ({listed(new)})"
            self._memory.register("lake_rows", query(told).to_arrow_table())
            self._count(counts, "SELECT * FROM lake_rows")
            self._memory.unregister("lake_rows")
        self._shops = {
            shop: (platform, currency)
            for shop, platform, currency in query("SELECT shop_id, platform_id, currency FROM shops").fetchall()
        }

    def _read_journal(self, counts: _Counts) -> None:
        lines: list[str] = []
        size = 0
        for line in self._new_lines(counts, "events"):
            lines.append(line.decode())
            size += len(line)
            if size > _READ_BYTES:
                self._count_lines(counts, lines)
                lines, size = [], 0
        if lines:
            self._count_lines(counts, lines)

    def _new_lines(self, counts: _Counts, name: Any) -> list[bytes]:
        found = []
        known = segments(journal_folder(self.shop.data_dir, name))
        for segment in known:
            for record in segment.records(counts.cursors.get(segment.name, 0)):
                counts.cursors[segment.name] = record.end
                found.append(record.line)
        return found

    def _count_lines(self, counts: _Counts, lines: Sequence[str]) -> None:
        within = f"happened_at >= {literal(counts.begin)} AND happened_at < {literal(counts.end)}"
        rows = rows_of_lines("(SELECT unnest($lines) AS json)")
        self._count(counts, f"SELECT {_PICKED} FROM ({rows}) WHERE fault IS NULL AND {within}", {"lines": list(lines)})

    def _count(self, counts: _Counts, rows: str, given: dict[str, object] | None = None) -> None:
        """Count those of some rows that were not seen before."""
        run = self._memory.execute
        run(
            f"CREATE OR REPLACE TEMP TABLE fresh AS SELECT DISTINCT ON (shop_id, event_id) * FROM ({rows}) r "
            "ANTI JOIN seen s ON s.shop_id = r.shop_id AND s.event_id = r.event_id",
            given,
        )
        run("INSERT INTO seen SELECT shop_id, event_id FROM fresh")
        for shop, number in run("SELECT shop_id, count(*) FROM fresh GROUP BY 1").fetchall():
            counts.events[shop] += number
        run(
            "CREATE OR REPLACE TEMP TABLE new_visitors AS SELECT DISTINCT shop_id, visitor FROM fresh f "
            "WHERE visitor IS NOT NULL AND NOT EXISTS "
            "(SELECT 1 FROM visitors v WHERE v.shop_id = f.shop_id AND v.visitor = f.visitor)"
        )
        run("INSERT INTO visitors SELECT * FROM new_visitors")
        for shop, number in run("SELECT shop_id, count(*) FROM new_visitors GROUP BY 1").fetchall():
            counts.visitors[shop] += number
        paying = "SELECT shop_id, count(*), sum(CAST(value AS DECIMAL(18,4))) FROM fresh WHERE lower(name) = 'pay' GROUP BY 1"
        for shop, number, amount in run(paying).fetchall():
            counts.pays[shop] += number
            if amount is not None:
                counts.paid[shop] = counts.paid.get(shop, Decimal(0)) + amount
        recent = int(utc_now().timestamp()) - 60 * MINUTES
        moment = "CAST(epoch(happened_at) AS BIGINT)"
        per_second = f"SELECT {moment}, count(*) FROM fresh WHERE {moment} > {recent} GROUP BY 1"
        for second, number in run(per_second).fetchall():
            counts.seconds[second] += number
        newest = run(
            f"SELECT happened_at, shop_id, name, visitor, sku_id, value FROM fresh ORDER BY 1 DESC LIMIT {LAST_EVENTS}"
        )
        shown = [
            LastEvent(at, shop, name, self._masked(counts, visitor), sku or "", value)
            for at, shop, name, visitor, sku, value in newest.fetchall()
        ]
        counts.last = sorted([*shown, *counts.last], key=lambda event: event.happened_at, reverse=True)[:LAST_EVENTS]

    def _masked(self, counts: _Counts, visitor: str | None) -> str:
        """A visitor as #1, #2 …, the same one alike for as long as it is remembered."""
        if visitor is None:
            return ""
        if len(counts.numbers) > 10_000:
            counts.numbers.clear()
        return counts.numbers.setdefault(visitor, f"#{len(counts.numbers) + 1}")

    # --- orders ------------------------------------------------------------------------------------------------------

    def _read_webhooks(self, counts: _Counts) -> bool:
        """Orders that wait in the journal: the newest telling of each counts, before what the lake holds of it."""
        lines = self._new_lines(counts, "webhooks")
        for line in lines:
            message = read_message(line)
            if isinstance(message.told, Order):
                key = (site_of(self.shop, message.webhook), message.told.name)
                before = counts.orders.get(key)
                if before is None or before.updated_at <= message.told.updated_at:
                    counts.orders[key] = message.told
        return bool(lines)

    def _read_orders(self, counts: _Counts) -> None:
        told = ", ".join(f"({literal(shop)}, {literal(order)})" for shop, order in counts.orders)
        but = f"AND (shop_id, order_id) NOT IN ({told})" if told else ""
        rows = self.shop.lake.query(
            "SELECT shop_id, count(DISTINCT order_id), sum(payable_amount) FROM order_lines "
            f"WHERE paid_day = {literal(counts.day)} AND NOT coalesce(is_brushing, false) {but} GROUP BY 1"
        ).fetchall()
        found = {shop: (int(orders), Decimal(amount or 0)) for shop, orders, amount in rows}
        for (shop, _), order in counts.orders.items():
            at = order.processed_at or order.created_at
            if order.is_paid and counts.begin <= at < counts.end:
                orders, amount = found.get(shop, (0, Decimal(0)))
                found[shop] = (orders + 1, amount + order.subtotal_price)
        self._lake_orders = found

    def _shop_today(self, counts: _Counts, shop: str) -> ShopToday:
        """Orders tell what was paid; where none do, events called pay."""
        platform, currency = self._shops.get(shop, ("", self.shop.settings.shop.currency))
        orders: int | None
        paid: Decimal | None
        if shop in self._lake_orders:
            (orders, paid), told_by = self._lake_orders[shop], "orders"
        elif counts.pays[shop]:
            orders, paid, told_by = counts.pays[shop], counts.paid.get(shop), "events"
        else:
            orders, paid, told_by = None, None, ""
        return ShopToday(
            shop, platform or "", currency, counts.events[shop], counts.visitors[shop], orders, paid, told_by
        )
