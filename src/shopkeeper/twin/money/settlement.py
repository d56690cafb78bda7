"""What platforms hold for the brand: sales settled after confirmation, fees kept back, refunds taken back, payouts."""

from __future__ import annotations

import numpy as np

from shopkeeper.twin import codes
from shopkeeper.twin.daily.later import Frame, Later, joined, length
from shopkeeper.twin.daily.rows import DAY, NONE
from shopkeeper.twin.draws import Array
from shopkeeper.twin.parameters import Parameters

_KIND = {k: n for n, k in enumerate(codes.SETTLEMENT_KINDS)}


class Settlement:
    """Statements of one region's shops. `held`: fen that each platform holds, shape (8,)."""

    def __init__(self, parameters: Parameters) -> None:
        self._commission = parameters.of_platforms("commission")
        self._service = parameters.of_platforms("service_fee")
        self._influencer = parameters.of_platforms("influencer_fee")
        self.settle_days = parameters.of_platforms("settle_days").astype(np.int64)
        self._weekday = parameters.of_platforms("payout_weekday").astype(np.int64)
        self.held = np.zeros(8, dtype=np.int64)
        self._sales = Later()
        self._refunds = Later()

    def expect_sales(self, at: Array, sales: Frame) -> None:
        """Orders that will be settled: order, shop, payable_fen (freight included), receivable_fen (goods), live."""
        self._sales.put(at // DAY, {**sales, "at": at})

    def expect_refunds(self, at: Array, refunds: Frame) -> None:
        """Refunds that will be taken back: order, shop, amount_fen, receivable_fen, live."""
        self._refunds.put(at // DAY, {**refunds, "at": at})

    def day(self, day: int, weekday: int) -> tuple[Frame, Array, Array]:
        """The statement lines of a day, the fees among them and the payouts, each by shop in fen."""
        parts = [*self._lines(self._sales.take(day), 1), *self._lines(self._refunds.take(day), -1)]
        lines = joined([p for p in parts if length(p)])
        fees = np.zeros(8, dtype=np.int64)
        if lines:
            np.add.at(self.held, lines["shop"], lines["amount_fen"])
            fee = (lines["kind"] >= _KIND["commission"]) & (lines["kind"] <= _KIND["influencer_fee"])
            np.subtract.at(fees, lines["shop"][fee], lines["amount_fen"][fee])
        pays_out = ((self._weekday < 0) | (self._weekday == weekday)) & (self.held > 0)
        payouts = np.where(pays_out, self.held, 0)
        self.held = self.held - payouts
        shops = np.flatnonzero(payouts)
        paid = {
            "order": np.full(len(shops), NONE),
            "shop": shops,
            "kind": np.full(len(shops), _KIND["payout"]),
            "amount_fen": -payouts[shops],
            "at": np.full(len(shops), day * DAY + DAY - 1),
        }
        lines = joined([f for f in (lines, paid) if length(f)])
        if lines:
            order = np.lexsort((lines["kind"], lines["order"], lines["at"], lines["shop"]))
            lines = {name: column[order] for name, column in lines.items()}
            lines["statement"] = (day + 1) * 10 + lines["shop"]
            begins = np.concatenate([[True], lines["shop"][1:] != lines["shop"][:-1]])
            place = np.arange(len(order)) - np.maximum.accumulate(np.where(begins, np.arange(len(order)), 0))
            lines["settlement"] = lines["statement"] * 10_000_000 + place
        return lines, fees, payouts

    def _lines(self, frame: Frame, sign: int) -> list[Frame]:
        if not frame:
            return []
        shop, goods = frame["shop"], frame["receivable_fen"]
        subsidy = frame["receivable_fen"] - frame["goods_fen"]
        parts = [
            ("sale" if sign > 0 else "refund", frame["payable_fen"]),
            ("subsidy", subsidy),
            ("commission", -np.round(self._commission[shop] * goods).astype(np.int64)),
            ("service_fee", -np.round(self._service[shop] * goods).astype(np.int64)),
            (
                "influencer_fee",
                -np.where(frame["live"], np.round(self._influencer[shop] * goods), 0).astype(np.int64),
            ),
        ]
        found = []
        for kind, amount in parts:
            some = np.flatnonzero(amount)
            found.append(
                {
                    "order": frame["order"][some],
                    "shop": shop[some],
                    "kind": np.full(len(some), _KIND[kind]),
                    "amount_fen": sign * amount[some],
                    "at": frame["at"][some],
                }
            )
        return found
