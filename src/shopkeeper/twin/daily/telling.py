"""A day's sales as records: orders, lines, payments, offers used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shopkeeper.twin.daily.attention import GENERAL, MESSAGE
from shopkeeper.twin.daily.checkout import NORMAL, PRESALE, SUBSCRIPTION, account_numbers
from shopkeeper.twin.daily.later import Frame, length
from shopkeeper.twin.daily.rows import NONE
from shopkeeper.twin.draws import Array

if TYPE_CHECKING:
    from shopkeeper.twin.daily.day import Day
    from shopkeeper.twin.daily.orders import Sales

_SEARCH, _FEED, _LIVE, _VIDEO, _RECOMMEND, _DIRECT, _MESSAGE, _AFFILIATE, _ADS, _WALK_IN = range(10)
_WHOLE, _DEPOSIT, _FINAL = range(3)
_SITE, _GIFTS, _ENGRAVED = 6, 11, (1, 9, 10)  # own site; gift boxes; teaware, scarves, stationery
_CUSTOM, _GIFT = 3, 4


def tell_sales(day: Day, sales: Sales) -> None:
    """Add the day's orders, lines, payments and used offers."""
    orders, lines = sales.orders, sales.lines
    _tell_lost(day, sales)
    if length(orders) == 0:
        return
    r = day.region
    numbers = r.people.numbers[orders["person"]]
    account = account_numbers(numbers, orders["shop"])
    origin = origins(day, orders)
    order = np.argsort(orders["placed_at"], kind="stable")
    told: Frame = {
        **{n: orders[n] for n in ("order", "shop", "placed_at", "lines", "freight_fen", "payable_fen", "deposit_fen")},
        **{n: orders[n] for n in ("tier", "province", "coupon", "subscription", "is_brushing")},
        "account": account,
        "person": numbers,
        "order_type": order_types(day, sales),
        "channel": channels(orders, origin),
        "terminal": np.where(orders["shop"] == 7, 2, np.where(orders["u"] > 0.93, 1, 0)),
        "campaign": np.where(origin == 0, 1 + orders["shop"] * 4 + (orders["v"] * 2).astype(np.int64), NONE),
        "true_origin": origin,
    }
    r.rows.add("orders", {n: c[order] for n, c in told.items()})
    if r.rows.wants("order_lines"):
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order))
        by_order = np.argsort(place[lines["row"]], kind="stable")
        r.rows.add("order_lines", {n: c[by_order] for n, c in lines.items()})
    _tell_payments(day, orders)
    used = (orders["coupon"] != NONE) & (orders["coupon_fen"] > 0)
    r.rows.add(
        "coupon_uses",
        {
            "coupon": orders["coupon"][used],
            "order": orders["order"][used],
            "shop": orders["shop"][used],
            "account": account[used],
            "at": orders["placed_at"][used],
            "amount_fen": orders["coupon_fen"][used],
        },
    )


def order_types(day: Day, sales: Sales) -> Array:
    """How each order was bought: some articles of the own site are engraved to order, gift boxes are sent as gifts."""
    orders = sales.orders
    first = sales.lines["sku"][np.flatnonzero(sales.lines["line"] == 1)]
    category = day.region.catalogue.category[first]
    engraved = (orders["shop"] == _SITE) & np.isin(category, _ENGRAVED) & (orders["u"] < 0.16)
    kind = np.where((orders["kind"] == NORMAL) & engraved, _CUSTOM, orders["kind"])
    return np.where((kind == NORMAL) & (category == _GIFTS) & (orders["v"] < 0.7), _GIFT, kind)


def origins(day: Day, orders: Frame) -> Array:
    """What truly brought each buyer: advertising in its share of attention, messages and needs, or themselves."""
    source = orders["source"]
    u = day.region.draws.uniform("origin", orders["order"])
    paid = u < day.paid_share[orders["shop"]]
    own = np.where(source == GENERAL, False, u > 0.55)
    return np.where(source == MESSAGE, 2, np.where(own, 2, np.where((source == GENERAL) & paid, 0, 1)))


def channels(orders: Frame, origin: Array) -> Array:
    """Where a sale came about, as platforms tell it."""
    u, v = orders["u"], orders["v"]
    shelf = np.where(u < 0.45, _SEARCH, np.where(u < 0.75, _RECOMMEND, _DIRECT))
    watched = np.where(v < 0.55, _LIVE, np.where(v < 0.85, _VIDEO, _AFFILIATE))
    channel = np.where(orders["live"], watched, shelf)
    channel = np.where((origin == 0) & ~orders["live"], _ADS, channel)
    channel = np.where((origin == 2) & (orders["source"] == MESSAGE), _MESSAGE, channel)
    channel = np.where((orders["shop"] == 4) & ~orders["live"] & (channel == _SEARCH) & (v < 0.5), _FEED, channel)
    return np.where(orders["shop"] == 7, _WALK_IN, channel)


def _tell_lost(day: Day, sales: Sales) -> None:
    warehouse, sku = np.nonzero(sales.lost)
    frame = {"day": np.full(len(sku), day.day), "warehouse": warehouse, "sku": sku, "units": sales.lost[warehouse, sku]}
    day.region.rows.add("true_lost_units", frame)


def _tell_payments(day: Day, orders: Frame) -> None:
    if day.region.rows.wants("payments"):
        for frame in payment_frames(orders):
            day.region.rows.add("payments", frame, frame["at"])


def payment_frames(orders: Frame) -> list[Frame]:
    """Attempts to pay a day's orders, some of them on a later day: whole, deposits, final payments, failed ones."""
    frames: list[Frame] = []
    paid = orders["paid_at"] != NONE
    presale = orders["kind"] == PRESALE
    deposit = presale & orders["pays"]
    whole = paid & ~presale
    fails = (orders["v"] > 0.975) & (orders["kind"] != SUBSCRIPTION) & (orders["shop"] != 7)
    gives_up = ~orders["pays"] & (orders["u"] > 0.6)
    for which, attempt, part, failed in (
        (whole, 1, _WHOLE, False),
        (deposit, 2, _DEPOSIT, False),
        (paid & presale, 3, _FINAL, False),
        (whole & fails, 4, _WHOLE, True),
        (gives_up, 5, _WHOLE, True),
    ):
        if not which.any():
            continue
        amount = orders["payable_fen"][which]
        at = orders["paid_at"][which]
        if part == _DEPOSIT:
            amount, at = orders["deposit_fen"][which], orders["placed_at"][which] + 40
        elif part == _FINAL:
            amount = amount - orders["deposit_fen"][which]
        elif failed:
            at = orders["placed_at"][which] + 15
        n = int(which.sum())
        frames.append(
            {
                "payment": orders["order"][which] * 10 + attempt,
                "order": orders["order"][which],
                "shop": orders["shop"][which],
                "at": at,
                "amount_fen": amount,
                "method": orders["method"][which],
                "status": np.full(n, int(failed)),
                "part": np.full(n, part),
            }
        )
    return frames
