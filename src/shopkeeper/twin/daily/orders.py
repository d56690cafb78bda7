"""The end of a day's selling: who gets the units, what becomes an order, who pays, and what buyers remember."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shopkeeper.twin.daily.attention import NEED
from shopkeeper.twin.daily.basket import ROUNDS
from shopkeeper.twin.daily.checkout import NORMAL, SUBSCRIPTION
from shopkeeper.twin.daily.later import Frame, chosen, joined, length
from shopkeeper.twin.daily.rows import DAY, NONE
from shopkeeper.twin.draws import Array, prefix_of_shuffle

if TYPE_CHECKING:
    from shopkeeper.twin.daily.day import Day

_SUBSCRIBED = (0, 2, 3)  # tea, snacks, skincare
_BRUSHED = np.array([0, 2, 5])  # shops that brush: Tmall, Douyin, Pinduoduo
_SITE = 6


@dataclass
class Sales:
    """A day's orders and lines (line rows refer to orders by `row`), and units that nobody got: by warehouse and article."""

    orders: Frame
    lines: Frame
    lost: Array
    sold: Array


def take_orders(day: Day) -> Sales:
    """Share out stock, place orders, let people remember, and bring back needs."""
    r = day.region
    baskets, lines = _all_baskets(day)
    empty = np.zeros((2, r.stock.size), dtype=np.int64)
    if not baskets:
        return Sales({}, {}, empty, empty.copy())
    people = baskets["person"]
    works = r.checkout.will_pay(people, day.day, baskets["payment"])
    baskets["pays"] = works | (baskets["kind"] == SUBSCRIPTION) | baskets["brushing"]
    lines, lost = _share_out(day, baskets, lines)
    if length(lines) == 0:
        return Sales({}, {}, lost, empty)
    cost = r.catalogue.cost_of(day.day)
    due = int(r.days.presale_final[day.day])
    if due >= r.days.length:
        due = -1
    orders, detail = r.checkout.orders(baskets, lines, day.day, r.catalogue.list_fen, cost, due)
    _cancel(day, orders)
    detail["warehouse"] = (orders["shop"] == 7).astype(np.int64)[detail["row"]]
    _remember(day, orders, detail)
    real = orders["pays"][detail["row"]] & ~orders["is_brushing"][detail["row"]]
    key = detail["warehouse"][real] * r.stock.size + detail["sku"][real]
    sold = np.bincount(key, detail["quantity"][real], minlength=empty.size).astype(np.int64).reshape(empty.shape)
    return Sales(orders, detail, lost, sold)


def _all_baskets(day: Day) -> tuple[Frame, Frame]:
    """Baskets of all blocks so far, subscriptions and brushing, one after another."""
    baskets, lines, offset = [], [], 0
    for found, content in day.parts:
        n = length(found)
        zero = np.zeros(n, dtype=np.int64)
        more = {
            "kind": zero + NORMAL,
            "number_kind": zero,
            "subscription": np.full(n, NONE),
            "brushing": np.zeros(n, dtype=bool),
        }
        baskets.append({**found, **more})
        lines.append({**content, "owner": content["owner"] + offset})
        offset += n
    filled = offset
    for found, content in (_subscriptions(day), _brushing(day)):
        if day.second < DAY and length(found):
            come = np.flatnonzero(found["second"] < day.second)
            found, content = chosen(found, come), chosen(content, come)
            content["owner"] = np.arange(len(come))
        if length(found):
            baskets.append(found)
            lines.append({**content, "owner": content["owner"] + offset})
            offset += length(found)
    day.region.baskets_before = filled
    return _in_order(joined(baskets), joined(lines))


def _in_order(baskets: Frame, lines: Frame) -> tuple[Frame, Frame]:
    """Baskets by buyer, lines by basket: however many blocks the day was cut into, the rows are the same."""
    if not baskets:
        return baskets, lines
    order = np.argsort(baskets["person"].astype(np.int64) * 4 + baskets["number_kind"])
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    owner = place[lines["owner"]]
    by_owner = np.argsort(owner * (ROUNDS + 1) + lines["round"])
    return chosen(baskets, order), chosen({**lines, "owner": owner}, by_owner)


def _share_out(day: Day, baskets: Frame, lines: Frame) -> tuple[Frame, Array]:
    """Lines that got their units, the second choice where the first was gone; and units wanted in vain.

    A second choice waits behind all who asked before that second and ahead of all who ask later: what has happened by
    noon does not depend on the afternoon.
    """
    stock = day.region.stock
    owner = lines["owner"]
    second = baskets["second"][owner]
    warehouse = (baskets["platform"][owner] == 7).astype(np.int64)
    needs = np.flatnonzero(baskets["pays"][owner] & ~baskets["brushing"][owner])
    kept = np.ones(len(owner), dtype=bool)
    shown = day.region.catalogue.on_sale(day.day, float(day.region.days.phase[day.day]))
    other = lines["other"]
    there = shown[other] & ~day.sold_out[warehouse, other]
    failed = again = needs[:0]
    while True:  # each turn of second choices may take the last unit from a later first choice; failures only grow
        rows = np.concatenate([needs, again])
        sku = np.concatenate([lines["sku"][needs], other[again]])
        turn = 2 * second[rows] + (np.arange(len(rows)) >= len(needs))
        got = stock.served(warehouse[rows], sku, lines["quantity"][rows], turn)
        before, failed = len(failed), needs[~got[: len(needs)]]
        if len(failed) == before:
            break
        again = failed[there[failed]]
    stock.promise(warehouse[rows[got]], sku[got], lines["quantity"][rows[got]])
    lost = np.zeros((2, stock.size), dtype=np.int64)
    np.add.at(lost, (warehouse[failed], lines["sku"][failed]), lines["quantity"][failed])
    sku, asked = lines["sku"].copy(), lines["asked_fen"].copy()
    sku[failed], asked[failed] = other[failed], lines["other_fen"][failed]
    kept[failed] = False
    kept[again[got[len(needs) :]]] = True
    lines = {**lines, "sku": sku, "asked_fen": asked}
    return chosen(lines, kept), lost


def _cancel(day: Day, orders: Frame) -> None:
    """Paid orders that are taken back before they are shipped: on the day of payment, within two hours."""
    draws, b = day.region.draws, day.region.p.behaviour
    u = draws.uniform("take back", orders["order"])
    may = (orders["paid_at"] != NONE) & (orders["kind"] == NORMAL) & (orders["shop"] != 7) & ~orders["is_brushing"]
    back = may & (u < b.cancels)
    at = orders["paid_at"] + 240 + (u / b.cancels * 7000).astype(np.int64)
    at = np.minimum(at, orders["paid_at"] // DAY * DAY + DAY - 1)
    orders["closed_at"] = np.where(back, np.maximum(at, orders["paid_at"]), NONE)


def _remember(day: Day, orders: Frame, lines: Frame) -> None:
    r, b = day.region, day.region.p.behaviour
    counted = orders["pays"] & ~orders["is_brushing"]
    for kinds in (orders["kind"] != SUBSCRIPTION, orders["kind"] == SUBSCRIPTION):
        some = counted & kinds
        cny = orders["payable_fen"][some] / 100.0
        r.people.remember_purchase(orders["person"][some], day.day, cny, orders["shop"][some], b.wallet_days)
    bits = np.uint8(1) << orders["shop"].astype(np.uint8)
    for bit in np.unique(bits):
        r.people.accounts[orders["person"][bits == bit]] |= bit
    r.awareness.talk(np.bincount(r.people.home[orders["person"][counted]], minlength=8), r.heads)
    _needs_again(day, orders, lines, counted)
    _explore(day, orders, counted)
    _snooze(day)
    _subscribe(day, orders, lines, counted)


def _put_needs(day: Day, person: Array, category: Array, before: Array, due: Array) -> None:
    near = due < day.region.days.length
    frame = {"person": person, "category": category.astype(np.int8), "before": before.astype(np.int32)}
    day.region.attention.needs.put(due[near], chosen(frame, near))


def _needs_again(day: Day, orders: Frame, lines: Frame, counted: Array) -> None:
    """What was bought is used up after its life, longer when several were bought."""
    r = day.region
    real = counted[lines["row"]] & (orders["kind"][lines["row"]] != SUBSCRIPTION)
    rows = np.flatnonzero(real)
    key = lines["order"][rows] * 10 + lines["line"][rows]
    rows_kept = r.draws.uniform("need comes back", key) < r.p.behaviour.several_need_share
    rows, key = rows[rows_kept], key[rows_kept]
    sku = lines["sku"][rows]
    category = r.catalogue.category[sku]
    life = r.p.of_categories("life_days")[category] * np.sqrt(lines["quantity"][rows])
    wait = np.maximum(5.0, life * np.exp(0.45 * r.draws.normal("life", key) - 0.1)).astype(np.int64)
    _put_needs(day, orders["person"][lines["row"][rows]], category, sku, day.day + wait)


def _explore(day: Day, orders: Frame, counted: Array) -> None:
    """A good experience wakes interest in something else."""
    r, b = day.region, day.region.p.behaviour
    rows = np.flatnonzero(counted)
    person = orders["person"][rows]
    u = r.draws.uniform("explore", orders["order"][rows])
    interest = b.explore * np.clip(1.0 + 0.5 * r.people.goodwill[person], 0.2, 1.6)
    wakes = u < interest
    person, u = person[wakes], (u / interest)[wakes]
    wait = np.maximum(4, -np.log(u) * b.explore_days).astype(np.int64)
    place = r.draws.below("explore what", 3, orders["order"][rows][wakes])
    _put_needs(day, person, r.people.favourite[place, person], np.full(len(person), -1), day.day + wait)


def _snooze(day: Day) -> None:
    """Who looked for something and did not buy may look again."""
    r = day.region
    missed = joined([m for m in day.missed if length(m)])
    if not missed:
        return
    numbers = r.people.numbers[missed["person"]]
    u = r.draws.uniform("snooze", numbers, day.day)
    share = r.p.behaviour.snooze
    again = u < share
    wait = 3 + (u[again] / share * 20).astype(np.int64)
    part = chosen(missed, again)
    _put_needs(day, part["person"], part["category"], part["before"], day.day + wait)


def _subscribe(day: Day, orders: Frame, lines: Frame, counted: Array) -> None:
    """Some first lines of the own site become subscriptions."""
    r = day.region
    first = lines["line"] == 1
    sku = lines["sku"][first]
    right = (orders["shop"] == _SITE) & counted & np.isin(r.catalogue.category[sku], _SUBSCRIBED)
    right &= orders["kind"] == NORMAL
    u = r.draws.uniform("subscribe", orders["order"])
    rows = np.flatnonzero(right & (u < r.p.behaviour.subscribes * 3))
    if len(rows) == 0:
        return
    person = orders["person"][rows]
    subscription = orders["order"][rows] * 10 + 9
    fen = day.asked_at(np.full(len(rows), _SITE), sku[rows], orders["placed_at"][rows] % DAY) * 9 // 10
    frame = {"person": person, "sku": sku[rows], "subscription": subscription, "monthly_fen": fen}
    _tell_subscription(day, frame, np.zeros(len(rows), dtype=np.int64), orders["placed_at"][rows])
    due = np.full(len(rows), day.day + 30)
    r.subscribers.put(due, frame)


def _tell_subscription(day: Day, frame: Frame, change: Array, at: Array) -> None:
    r = day.region
    r.rows.add(
        "subscriptions",
        {
            "subscription": frame["subscription"],
            "account": r.people.numbers[frame["person"]] * 16 + _SITE,
            "shop": np.full(len(at), _SITE),
            "sku": frame["sku"],
            "at": at,
            "change": change,
            "monthly_fen": np.where(change == 3, 0, frame["monthly_fen"]),
        },
    )


def _subscriptions(day: Day) -> tuple[Frame, Frame]:
    """Orders that today's subscriptions make; some end, some wait a month because the article is gone."""
    r = day.region
    due = r.subscribers.take(day.day)
    if not due:
        return {}, {}
    # One order a person and day: a second subscription of the same day waits for tomorrow.
    order = np.argsort(due["person"], kind="stable")
    due = chosen(due, order)
    twice = np.concatenate([[False], due["person"][1:] == due["person"][:-1]])
    if twice.any():
        r.subscribers.put(np.full(int(twice.sum()), day.day + 1), chosen(due, twice))
        due = chosen(due, ~twice)
    u = r.draws.uniform("keep subscription", due["subscription"], day.day)
    ends = u > 0.90 + 0.05 * np.clip(r.people.goodwill[due["person"]], -1.5, 1.0)
    gone = day.sold_out[0, due["sku"]]
    change = np.where(ends, 3, np.where(gone, 2, 1))
    second = 32_400 + (u * 3600).astype(np.int64)
    _tell_subscription(day, due, change, day.day * DAY + second)
    goes_on = ~ends
    r.subscribers.put(np.full(int(goes_on.sum()), day.day + 30), chosen(due, goes_on))
    renewed = change == 1
    due, second = chosen(due, renewed), second[renewed]
    n = length(due)
    if n == 0:
        return {}, {}
    basket = _plain_baskets(due["person"], np.full(n, _SITE), second, SUBSCRIPTION, 1)
    basket["subscription"] = due["subscription"]
    lines = _plain_lines(due["sku"], np.ones(n, dtype=np.int64), due["monthly_fen"])
    return basket, lines


def _brushing(day: Day) -> tuple[Frame, Frame]:
    """Orders that are no sales: helpers of some shops buy and are given their money back."""
    r = day.region
    many = int(r.draws.whole("brushing", np.array([r.baskets_before * r.p.behaviour.brushing]), r.number, day.day)[0])
    if many == 0:
        return {}, {}
    people = (
        prefix_of_shuffle(r.draws, "helpers", max(1, r.people.size // 900), many, day.day, r.number)
        * 900
        % r.people.size
    )
    people = np.unique(people)
    numbers = r.people.numbers[people]
    shop = _BRUSHED[r.draws.below("helps which shop", 3, numbers, day.day)]
    second = 36_000 + r.draws.below("helps when", 36_000, numbers, day.day)
    sku = r.catalogue.slots[
        r.draws.below("helps what", 12, numbers, day.day), r.draws.below("helps with", 2048, numbers, day.day)
    ]
    basket = _plain_baskets(people, shop, second, NORMAL, 2)
    basket["brushing"][:] = True
    asked = day.asked_at(shop, sku, second)
    return basket, _plain_lines(sku.astype(np.int64), np.ones(len(people), dtype=np.int64), asked)


def _plain_baskets(people: Array, shop: Array, second: Array, kind: int, number_kind: int) -> Frame:
    n = len(people)
    zero = np.zeros((n, 2), dtype=np.int64)
    return {
        "person": people,
        "platform": shop,
        "second": second,
        "source": np.full(n, NEED, dtype=np.int8),
        "need": np.full(n, -1, dtype=np.int8),
        "payment": np.ones(n),
        "threshold": zero + 2**40,
        "face": zero,
        "coupon": zero,
        "bearer": zero,
        "kind": np.full(n, kind, dtype=np.int64),
        "number_kind": np.full(n, number_kind, dtype=np.int64),
        "subscription": np.full(n, NONE),
        "brushing": np.zeros(n, dtype=bool),
    }


def _plain_lines(sku: Array, quantity: Array, fen: Array) -> Frame:
    n = len(sku)
    return {
        "owner": np.arange(n),
        "round": np.zeros(n, dtype=np.int8),
        "sku": sku,
        "other": sku,
        "quantity": quantity,
        "asked_fen": fen,
        "other_fen": fen,
    }
