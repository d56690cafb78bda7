"""The night of a day: payments and what follows from them, parcels, refunds, settlements; then everything is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shopkeeper.twin import codes
from shopkeeper.twin.daily.checkout import PRESALE, account_numbers
from shopkeeper.twin.daily.later import Frame, chosen, length
from shopkeeper.twin.daily.rows import DAY, NONE
from shopkeeper.twin.draws import Array
from shopkeeper.twin.supply.aftersales import BEFORE_SHIPMENT, REMORSE

if TYPE_CHECKING:
    from shopkeeper.twin.daily.day import Day
    from shopkeeper.twin.daily.orders import Sales
    from shopkeeper.twin.daily.region import Region

_STATE = {s: n for n, s in enumerate(codes.ORDER_STATES)}
_SALE_MOVE = codes.MOVE_KINDS.index("sale")


def after_orders(day: Day, sales: Sales) -> None:
    """Everything that follows from the day's orders, and the parcels that leave today."""
    if length(sales.orders):
        pay(day, sales)
    day.goods, day.parcels = _ship(day)
    _settle(day)
    r = day.region
    r.buyer.learn(sales.sold)
    r.prices.remember(day.board.asked)
    r.stock.check(f"region {r.number}, day {day.day}")
    changes = r.tally.take(day.day)
    if changes:
        for state, times in enumerate(np.bincount(changes["state"], minlength=len(codes.ORDER_STATES))):
            r.counts[codes.ORDER_STATES[state]] += int(times)
    if day.moves:
        for frame in day.moves:
            r.rows.add("stock_moves", frame)


def tell_states(region: Region, order: Array, shop: Array, state: str, at: Array) -> None:
    """Note changes of orders' states, for the count and for the records."""
    if len(order) == 0:
        return
    code = np.full(len(order), _STATE[state])
    region.tally.put(at // DAY, {"state": code})
    region.rows.add("order_states", {"order": order, "shop": shop, "state": code, "at": at}, at)


def pay(day: Day, sales: Sales) -> None:
    """Which orders are paid, abandoned or taken back, and when; what is paid gets ready to leave."""
    r, orders, lines = day.region, sales.orders, sales.lines
    paid = orders["paid_at"] != NONE
    presale = orders["kind"] == PRESALE
    tell_states(r, orders["order"], orders["shop"], "placed", orders["placed_at"])
    deposited = presale & orders["pays"]
    tell_states(r, *_told(orders, deposited), "deposit_paid", orders["placed_at"][deposited] + 40)
    tell_states(r, *_told(orders, paid), "paid", orders["paid_at"][paid])
    day.buyers = np.bincount(orders["shop"][orders["pays"] & ~orders["is_brushing"]], minlength=8)
    unpaid = ~paid
    due = int(r.days.presale_final[day.day])
    last = np.where(deposited, (due + 1) * DAY - 1, orders["placed_at"] + 1800)
    orders["cancelled_at"] = np.where(unpaid, last, NONE)
    tell_states(r, *_told(orders, unpaid), "cancelled", last[unpaid])
    lapsed = (unpaid & deposited)[lines["row"]]
    if lapsed.any():
        part = {n: lines[n][lapsed] for n in ("warehouse", "sku", "quantity")}
        r.lapsing.put(np.full(int(lapsed.sum()), due + 1), part)
    _take_back(day, sales)
    goes = (paid & (orders["closed_at"] == NONE))[lines["row"]]
    row = lines["row"][goes]
    goods = {n: lines[n][goes] for n in ("order", "line", "sku", "quantity", "payable_fen", "unit_cost_fen")}
    for name in ("shop", "person", "paid_at", "province", "live", "is_brushing"):
        goods[name] = orders[name][row]
    goods["receivable_fen"] = (lines["payable_fen"] + lines["platform_fen"] + lines["influencer_fen"])[goes]
    goods["freight_fen"] = np.where(goods["line"] == 1, orders["freight_fen"][row], 0)
    r.shipping.ready.put(goods["paid_at"] // DAY, goods)


def _told(orders: Frame, which: Array) -> tuple[Array, Array]:
    return orders["order"][which], orders["shop"][which]


def _take_back(day: Day, sales: Sales) -> None:
    """Orders closed before shipment: their units are free again, their money goes back."""
    r, orders, lines = day.region, sales.orders, sales.lines
    closed = orders["closed_at"] != NONE
    if not closed.any():
        return
    tell_states(r, *_told(orders, closed), "closed", orders["closed_at"][closed])
    of = closed[lines["row"]]
    part = chosen(lines, of)
    r.stock.release(part["warehouse"], part["sku"], part["quantity"])
    row = part["row"]
    freight = np.where(part["line"] == 1, orders["freight_fen"][row], 0)
    n = length(part)
    at = orders["closed_at"][row]
    refunds: Frame = {
        "refund": part["order"] * 10 + part["line"],
        "order": part["order"],
        "line": part["line"],
        "sku": part["sku"],
        "shop": orders["shop"][row],
        "account": account_numbers(r.people.numbers[orders["person"][row]], orders["shop"][row]),
        "requested_at": np.maximum(at - 200, orders["paid_at"][row]),
        "at": at,
        "quantity": np.zeros(n, dtype=np.int64),
        "amount_fen": part["payable_fen"] + freight,
        "kind": np.full(n, BEFORE_SHIPMENT),
        "status": np.zeros(n, dtype=np.int64),
        "reason": np.full(n, 5),
        "true_cause": np.full(n, REMORSE),
    }
    day.taken_back = refunds
    r.rows.add("refunds", refunds, at)


def _ship(day: Day) -> tuple[Frame, Frame]:
    r = day.region
    goods, parcels = r.shipping.ship(day.day, bool(r.days.resting[day.day]), r.delays)
    if not length(goods):
        return {}, {}
    tell_states(r, parcels["order"], parcels["shop"], "shipped", parcels["shipped_at"])
    real = ~goods["is_brushing"]
    warehouse = (goods["shop"] == 7).astype(np.int64)
    r.stock.ship(warehouse[real], goods["sku"][real], goods["quantity"][real], day.day)
    day.move(warehouse[real], goods["sku"][real], -goods["quantity"][real], _SALE_MOVE, DAY - 1)
    festive = float(r.days.depth[day.day]) >= 0.1
    refunds, confirmed = r.aftersales.settle(goods, r.stock.unsound, r.fraud, festive)
    first = np.flatnonzero(goods["line"] == np.minimum.reduceat(goods["line"], _starts(goods))[goods["parcel"]])
    # The order is confirmed when its first line is; refunds asked before that leave it open no longer.
    confirmed = confirmed[first]
    parcels["completed_at"] = confirmed
    tell_states(r, parcels["order"], parcels["shop"], "completed", confirmed)
    if r.keeps_money:
        _expect_money(day, goods, parcels, refunds)
    _tell_parcels(day, parcels, refunds)
    back = (refunds["quantity"] > 0) & refunds["resold"]
    at = refunds["at"][back] // DAY
    r.restock.put(np.maximum(at, day.day + 1), {n: refunds[n][back] for n in ("sku", "quantity", "unit_cost_fen")})
    day.refunds = refunds
    return goods, parcels


def _starts(goods: Frame) -> Array:
    return np.flatnonzero(np.concatenate([[True], goods["parcel"][1:] != goods["parcel"][:-1]]))


def _expect_money(day: Day, goods: Frame, parcels: Frame, refunds: Frame) -> None:
    r = day.region
    starts = _starts(goods)
    shop = parcels["shop"]
    soon = (shop == 6) | (shop == 7)
    wait = r.settlement.settle_days[shop]
    at = np.where(soon, parcels["shipped_at"], parcels["completed_at"]) + wait * DAY
    goods_fen = np.add.reduceat(goods["payable_fen"], starts)
    sales = {
        "order": parcels["order"],
        "shop": shop,
        "payable_fen": goods_fen + np.add.reduceat(goods["freight_fen"], starts),
        "goods_fen": goods_fen,
        "receivable_fen": np.add.reduceat(goods["receivable_fen"], starts),
        "live": goods["live"][starts],
    }
    r.settlement.expect_sales(at, sales)
    # A refund is taken back once the sale has been settled.
    given = refunds["amount_fen"] > 0
    part = {n: refunds[n][given] for n in ("order", "shop", "receivable_fen", "live")}
    part["payable_fen"] = part["goods_fen"] = refunds["amount_fen"][given]
    order = np.argsort(parcels["order"])
    settled = at[order[np.searchsorted(parcels["order"][order], part["order"])]]
    r.settlement.expect_refunds(np.maximum(refunds["at"][given], settled), part)


def _tell_parcels(day: Day, parcels: Frame, refunds: Frame) -> None:
    r = day.region
    n = length(parcels)
    late = parcels["shipped_at"] > parcels["due_at"]
    damaged = np.isin(parcels["order"], refunds["order"][refunds["true_cause"] == 3])
    r.rows.add(
        "shipments",
        {
            **{k: parcels[k] for k in ("order", "shop", "carrier", "due_at", "shipped_at", "delivered_at", "quantity")},
            "freight_cost_fen": parcels["freight_cost_fen"],
            "parcel": parcels["order"] % 10**17 + (parcels["carrier"] + 1) * 10**17,
            "warehouse": (parcels["shop"] == 7).astype(np.int64),
            "is_perfect": ~late & ~damaged & (parcels["late_days"] < 2.5) if n else late,
        },
    )
    account = account_numbers(r.people.numbers[refunds["person"]], refunds["shop"])
    r.rows.add("refunds", {**refunds, "account": account}, refunds["at"])


def _settle(day: Day) -> None:
    r = day.region
    if not r.keeps_money:
        return
    lines, fees, payouts = r.settlement.day(day.day, r.weekday(day.day))
    day.fees, day.payouts = fees, payouts
    if lines:
        r.rows.add("settlements", lines)
