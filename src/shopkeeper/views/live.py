"""The live board: a shop's day so far in words and figures, as the page and the API show it."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from shopkeeper.core.wording import Language, word
from shopkeeper.ingest.events.today import DayState, LastEvent, ShopToday
from shopkeeper.render.formats import NOTHING, Formats


@dataclass(frozen=True)
class Tile:
    """One figure of the day."""

    id: str
    name: str
    text: str
    exact: str
    note: str


@dataclass(frozen=True)
class PlatformRow:
    """One shop or platform of the board, `shops` saying which; amounts are in `currency`."""

    name: str
    platform: str
    currency: str
    paid: Decimal | None
    paid_text: str
    orders: int | None
    visitors: int
    events: int
    told_by: str
    note: str


@dataclass(frozen=True)
class EventRow:
    """One of the last events."""

    at: dt.datetime
    time: str
    shop: str
    name: str
    visitor: str
    sku: str
    value: float | None
    value_text: str


@dataclass(frozen=True)
class LiveBoard:
    """Everything on the live board. `minutes` are events of each of the last 30 minutes, the last one still running."""

    shop: str
    version: int
    day: dt.date
    day_text: str
    at: dt.datetime
    at_text: str
    tiles: tuple[Tile, ...]
    minutes: tuple[int, ...]
    shops: tuple[PlatformRow, ...]
    platforms: tuple[PlatformRow, ...]
    last: tuple[EventRow, ...]


def live_board(state: DayState, *, shop: str, zone: str, currency: str, lang: Language) -> LiveBoard:
    """A day so far, told in one language."""
    formats, clock = Formats(lang, currency), zoneinfo.ZoneInfo(zone)
    platforms: dict[tuple[str, str], list[ShopToday]] = {}
    for one in state.shops:
        platforms.setdefault((one.platform, one.currency), []).append(one)
    return LiveBoard(
        shop,
        state.version,
        state.day,
        formats.day(state.day),
        state.at,
        state.at.astimezone(clock).strftime("%H:%M:%S"),
        _tiles(state, formats, lang),
        state.minutes,
        tuple(_row([one], one.shop_id, lang) for one in state.shops),
        tuple(_row(ones, platform or NOTHING, lang) for (platform, _), ones in sorted(platforms.items())),
        tuple(_event(event, clock) for event in state.last),
    )


def _tiles(state: DayState, formats: Formats, lang: Language) -> tuple[Tile, ...]:
    by_currency: dict[str, Decimal] = {}
    for one in state.shops:
        if one.paid is not None:
            by_currency[one.currency] = by_currency.get(one.currency, Decimal(0)) + one.paid
    paid = [Formats(lang, name).value(amount, "money") for name, amount in sorted(by_currency.items())]
    exact = [Formats(lang, name).exact(amount, "money") for name, amount in sorted(by_currency.items())]
    known = [one.orders for one in state.shops if one.orders is not None]
    no_orders = "" if known else word("live.no_orders", lang)
    silent = [one.shop_id for one in state.shops if one.orders is None]
    note = word("live.silent", lang, shops=", ".join(silent)) if known and silent else no_orders
    orders = formats.count(sum(known)) if known else NOTHING
    visitors, events = sum(one.visitors for one in state.shops), sum(one.events for one in state.shops)
    return (
        Tile("paid", word("live.paid", lang), " + ".join(paid) or NOTHING, " + ".join(exact) or NOTHING, note),
        Tile("orders", word("live.orders", lang), orders, orders, note),
        Tile(
            "visitors",
            word("live.visitors", lang),
            formats.count(visitors),
            str(visitors),
            word("live.by_events", lang),
        ),
        Tile("events", word("live.events", lang), formats.count(events), str(events), ""),
        Tile("a_minute", word("live.a_minute", lang), formats.count(state.a_minute), str(state.a_minute), ""),
    )


def _row(shops: Iterable[ShopToday], name: str, lang: Language) -> PlatformRow:
    told = list(shops)
    amounts = [one.paid for one in told if one.paid is not None]
    orders = [one.orders for one in told if one.orders is not None]
    paid = sum(amounts, Decimal(0)) if amounts else None
    ways = sorted({one.told_by for one in told if one.told_by})
    note = word(f"live.told_by_{ways[0] if len(ways) == 1 else 'both' if ways else 'nothing'}", lang)
    return PlatformRow(
        name, told[0].platform, told[0].currency, paid, Formats(lang, told[0].currency).value(paid, "money"),
        sum(orders) if orders else None, sum(one.visitors for one in told), sum(one.events for one in told),
        " ".join(ways), note,
    )  # fmt: skip


def _event(event: LastEvent, clock: zoneinfo.ZoneInfo) -> EventRow:
    value = "" if event.value is None else f"{event.value:,.2f}".removesuffix(".00")
    return EventRow(
        event.happened_at, event.happened_at.astimezone(clock).strftime("%H:%M:%S"), event.shop_id, event.name, event.visitor,
        event.sku_id, event.value, value,
    )  # fmt: skip
