"""A region: its people, its warehouse and its day, from the first look to the last payout."""

from __future__ import annotations

import datetime as dt

import numpy as np

from shopkeeper.twin import codes
from shopkeeper.twin.calendar import Days
from shopkeeper.twin.daily.attention import Attention, Awareness
from shopkeeper.twin.daily.checkout import Checkout
from shopkeeper.twin.daily.later import Later
from shopkeeper.twin.daily.levers import Prices
from shopkeeper.twin.daily.rows import Rows
from shopkeeper.twin.daily.selling import Selling
from shopkeeper.twin.daily.steering import Steering
from shopkeeper.twin.draws import Array, Draws, halves
from shopkeeper.twin.money.settlement import Settlement
from shopkeeper.twin.parameters import Parameters
from shopkeeper.twin.people.population import Population
from shopkeeper.twin.supply.aftersales import AfterSales
from shopkeeper.twin.supply.buyer import Buyer
from shopkeeper.twin.supply.catalogue import Catalogue
from shopkeeper.twin.supply.shipping import Delays, Shipping
from shopkeeper.twin.supply.stock import Stock


class Region:
    """Everything that a region remembers. `scale` is its own share of the world's."""

    def __init__(
        self, parameters: Parameters, draws: Draws, days: Days, catalogue: Catalogue, steering: Steering, rows: Rows,
        scale: float, number: int,
    ) -> None:  # fmt: skip
        self.p, self.draws, self.days, self.catalogue, self.steering, self.rows = (
            parameters, draws, days, catalogue, steering, rows,
        )  # fmt: skip
        self.scale, self.number = scale, number
        self.people = Population(parameters, draws, max(64, round(parameters.behaviour.people * scale)), number)
        self.heads = np.diff(self.people.segment_edges)
        self.awareness = Awareness(parameters)
        self.attention = Attention(parameters, draws, self.people, days)
        self.prices = Prices(parameters, draws, catalogue, days)
        self.selling = Selling(parameters, draws, self.people, catalogue, self.attention, self.prices, days)
        self.buyer = Buyer(parameters, draws, catalogue, scale, number)
        units, _ = self.buyer.opening(expected_sales(parameters, catalogue, scale))
        self.stock = Stock(units, 1.0 - catalogue.quality)
        self.checkout = Checkout(parameters, draws, self.people)
        self.shipping = Shipping(parameters, draws, scale)
        self.aftersales = AfterSales(parameters, draws, self.people, catalogue)
        self.settlement = Settlement(parameters)
        self.keeps_money = any(rows.wants(r) for r in ("settlements", "bank_lines", "ledger_entries"))
        self.delays = Delays()
        self.fraud = np.full(8, 0.0006)
        self.restock = Later()  # sound goods on their way back: sku, quantity, unit_cost_fen
        self.lapsing = Later()  # presales without a final payment: warehouse, sku, quantity
        self.conversations = Later()  # service conversations by the day on which they are opened
        self.content: list[tuple[int, int, int, float, int]] = []  # posts: number, shop, day, heat, cost in fen
        self.tally = Later()  # changes of orders' states by day
        self.counts = {state: 0 for state in codes.ORDER_STATES}
        self.subscribers = Later()
        self.baskets_before = 0  # filled the day before: who brushes plans by them
        self._remember_the_past()

    def _remember_the_past(self) -> None:
        """The brand is some years old: part of those who know it have bought, and have needs that come back."""
        people, behaviour = self.people, self.p.behaviour
        u = self.draws.uniform("customer before", people.numbers)
        share = behaviour.customers_at_start / (1.0 - np.exp(-behaviour.aware_at_start))
        old = np.flatnonzero((u < share * people.attention) & (people.threshold <= behaviour.aware_at_start))
        first, second = halves(self.draws.words("bought before", people.numbers[old]))
        times = 1 + np.minimum((-np.log(first) * 1.1).astype(np.int64), 20)
        people.orders[old] = times
        people.last_day[old] = -1 - (-np.log(second) * 150).astype(np.int64).clip(0, 900)
        people.first_day[old] = people.last_day[old] - 60 * (times - 1)
        people.spent[old] = 215.0 * times
        people.goodwill[old] = 0.1 * times.clip(0, 6)
        people.accounts[old] = np.uint8(1) << people.home[old].astype(np.uint8)
        self.old_customers = old
        for turn in range(2):
            v, w = halves(self.draws.words("need before", people.numbers[old], 0, turn))
            some = v < (0.62, 0.40)[turn] + 0.03 * times.clip(0, 8)
            due = (-np.log(w[some]) * 105).astype(np.int64)
            near = due < self.days.length
            category = people.favourite[turn, old[some]]
            before = np.full(len(due), -1, dtype=np.int32)
            frame = {"person": old[some], "category": category, "before": before}
            self.attention.needs.put(due[near], {n: c[near] for n, c in frame.items()})

    def weekday(self, day: int) -> int:
        """0 = Monday."""
        return (self.days.start + dt.timedelta(day)).weekday()


def expected_sales(parameters: Parameters, catalogue: Catalogue, scale: float) -> Array:
    """What the buyer believed before the start: units a day by warehouse and article, shape (2, n)."""
    taste = parameters.of_categories("taste")
    burden = parameters.of_categories("money_weight")[catalogue.category] * catalogue.unit_price
    weight = np.exp(0.9 * catalogue.appeal - 0.5 * burden) * (catalogue.launched < 0)
    within = np.bincount(catalogue.category, weight, minlength=12)
    share = weight / within[catalogue.category] * (taste / taste.sum())[catalogue.category]
    online: Array = 3000.0 * scale * share
    return np.stack([online * 0.94, online * 0.06])
