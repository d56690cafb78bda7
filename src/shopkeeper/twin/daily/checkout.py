"""From baskets to orders: stock, offers and who bears them, payment; numbers that do not depend on anybody else's orders."""

from __future__ import annotations

import numpy as np

from shopkeeper.twin import codes
from shopkeeper.twin.daily.later import Frame
from shopkeeper.twin.daily.rows import DAY, NONE
from shopkeeper.twin.draws import Array, Draws
from shopkeeper.twin.parameters import Parameters
from shopkeeper.twin.people.population import Population

NORMAL, PRESALE, SUBSCRIPTION = 0, 1, 2
_PRIME = 9_999_999_967  # numbers of people are hidden in order numbers by a permutation below it
FREE_FREIGHT_FEN, FREIGHT_FEN = 5_900, 800
_METHOD = {m: n for n, m in enumerate(codes.PAY_METHODS)}


def order_numbers(draws: Draws, shop: Array, day: int, people: Array, kind: Array) -> Array:
    """18 digits: shop, day, and the buyer hidden by a permutation of the shop's own. One order a buyer, day and kind.

    An order's number is its buyer's and day's alone: orders that an action adds do not renumber others.
    """
    words = draws.words("order number", np.arange(8))
    factor = (words % np.uint64(_PRIME - 2)).astype(np.int64) % 900_000_007 + 3
    hidden = (people.astype(np.int64) % 1_000_000_007 * 7 + kind) % _PRIME
    # Python's big integers are slow and int64 overflows beyond 9.2e18: 1e10 × 9e8 just fits.
    hidden = hidden * factor[shop] % _PRIME
    result: Array = (shop.astype(np.int64) + 1) * 10**17 + (day + 1000) * 10**13 + hidden
    return result


def account_numbers(people: Array, shop: Array) -> Array:
    """The account of a person at a shop."""
    return people.astype(np.int64) * 16 + shop


def spread(amount: Array, weight: Array, starts: Array, owner: Array) -> Array:
    """An amount of each order spread over its lines by weight, in whole fen that add up exactly.

    `starts`: first line of each order; `owner`: order of each line.
    """
    sums = np.cumsum(weight)
    before = (sums - weight)[starts]
    total = np.maximum(np.add.reduceat(weight, starts), 1)
    upto = sums - before[owner]
    part: Array = amount[owner] * upto // total[owner] - amount[owner] * (upto - weight) // total[owner]
    return part


class Checkout:
    """Turns the day's baskets into orders of one region."""

    def __init__(self, parameters: Parameters, draws: Draws, population: Population) -> None:
        self._b = parameters.behaviour
        self._draws = draws
        self._people = population
        self._subsidy = parameters.of_platforms("subsidy")
        self._live = parameters.of_platforms("live")
        self._fee = parameters.of_platforms("influencer_fee")
        self._method = np.array([_METHOD[p.method] for p in parameters.platforms])

    def will_pay(self, people: Array, day: int, success: Array) -> Array:
        """Whether each order is paid: `success` is a factor by order, 1 when payment works."""
        u = self._draws.uniform("pay", self._people.numbers[people], day)
        paid: Array = u < self._b.pays * success
        return paid

    def orders(
        self, baskets: Frame, lines: Frame, day: int, list_fen: Array, cost_fen: Array, due: int
    ) -> tuple[Frame, Frame]:
        """Orders and lines with all amounts. `due`: day of the final payment when today is in a presale, else −1.

        `baskets`: person, platform, second, source, pays, kind, subscription, brushing, offers; `lines`: owner (row of baskets,
        rising), sku, quantity, asked_fen.
        """  # fmt: skip
        owner = lines["owner"]
        begins = np.concatenate([[True], owner[1:] != owner[:-1]])
        starts = np.flatnonzero(begins)
        basket = {name: column[owner[starts]] for name, column in baskets.items()}
        row = np.cumsum(begins) - 1
        orders = self._head(basket, day, due)
        amounts = self._amounts(basket, orders, lines, starts, row, list_fen)
        number = np.arange(len(owner)) - starts[row] + 1
        detail: Frame = {
            "row": row,
            "order": orders["order"][row],
            "line": number,
            "sku": lines["sku"],
            "quantity": lines["quantity"],
            **amounts,
            "unit_cost_fen": cost_fen[lines["sku"]],
        }
        goods = np.add.reduceat(amounts["payable_fen"], starts)
        counter = orders["shop"] == 7
        freight = np.where((goods < FREE_FREIGHT_FEN) & ~counter & (basket["kind"] != SUBSCRIPTION), FREIGHT_FEN, 0)
        orders["lines"] = np.diff(np.append(starts, len(owner)))
        orders["units"] = np.add.reduceat(lines["quantity"], starts)
        orders["freight_fen"] = freight
        orders["payable_fen"] = goods + freight
        orders["deposit_fen"] = np.where(orders["kind"] == PRESALE, (goods // 10) // 100 * 100 + 100, 0)
        return orders, detail

    def _head(self, basket: Frame, day: int, due: int) -> Frame:
        people, shop = basket["person"], basket["platform"].astype(np.int64)
        numbers = self._people.numbers[people]
        u = self._draws.uniform("order", numbers, day)
        v = self._draws.uniform("order again", numbers, day)
        kind = basket["kind"].astype(np.int64)
        presale = (due >= 0) & (kind == NORMAL) & (shop < 4) & (u < 0.42) & ~basket["brushing"]
        kind = np.where(presale, PRESALE, kind)
        placed = day * DAY + basket["second"].astype(np.int64)
        delay = np.minimum(25 + (-np.log(v) * 95).astype(np.int64), 1750)
        delay = np.where(shop == 7, 0, delay)
        final = max(due, 0) * DAY + 300 + (u / 0.42 * 36_000).astype(np.int64)
        paid = np.where(presale, np.where(v < 0.93, final, NONE), placed + delay)
        live = self._draws.uniform("live room", numbers, day) < self._live[shop]
        return {
            "order": order_numbers(self._draws, shop, day, numbers, basket["number_kind"]),
            "shop": shop,
            "person": people,
            "placed_at": placed,
            "kind": kind,
            "paid_at": np.where(basket["pays"], paid, NONE),
            "pays": basket["pays"],
            "live": live,
            "source": basket["source"],
            "subscription": basket["subscription"],
            "is_brushing": basket["brushing"],
            "tier": self._people.tier(people),
            "province": self._people.province[people],
            "method": self._method[shop],
            "u": u,
            "v": v,
        }

    def _amounts(self, basket: Frame, orders: Frame, lines: Frame, starts: Array, row: Array, list_fen: Array) -> Frame:
        """List, discounts by bearer and payable of every line; notes the offer used in `orders`."""
        asked = lines["asked_fen"] * lines["quantity"]
        listed = np.maximum(list_fen[lines["sku"]] * lines["quantity"], asked)
        subtotal = np.add.reduceat(asked, starts)
        merchant, platform = np.zeros(len(starts), dtype=np.int64), np.zeros(len(starts), dtype=np.int64)
        coupon = np.full(len(starts), NONE)
        for tier in range(2):
            reached = (subtotal >= basket["threshold"][:, tier]) & ~orders["is_brushing"]
            face = np.where(reached, np.minimum(basket["face"][:, tier], subtotal // 2), 0)
            bearer = basket["bearer"][:, tier]
            merchant += np.where(bearer == 0, face, 0)
            platform += np.where(bearer == 1, face, 0)
            coupon = np.where(face > 0, basket["coupon"][:, tier], coupon)
        orders["coupon"], orders["coupon_fen"] = coupon, merchant + platform
        shop = orders["shop"]
        lucky = (orders["v"] < self._subsidy[shop]) & ~orders["is_brushing"]
        platform += np.where(lucky, (subtotal * (0.02 + 0.25 * orders["v"])).astype(np.int64) // 10 * 10, 0)
        hosted = orders["live"] & (self._fee[shop] > 0) & (orders["u"] > 0.88) & ~orders["is_brushing"]
        influencer = np.where(hosted, (subtotal * 0.03).astype(np.int64) // 10 * 10, 0)
        by_merchant = spread(merchant, asked, starts, row)
        by_platform = spread(platform, asked, starts, row)
        by_influencer = spread(influencer, asked, starts, row)
        orders["receivable_fen"] = subtotal - merchant
        return {
            "list_fen": listed,
            "merchant_fen": listed - asked + by_merchant,
            "platform_fen": by_platform,
            "influencer_fen": by_influencer,
            "payable_fen": asked - by_merchant - by_platform - by_influencer,
        }
