"""One day of a region: it opens, goes on block by block, and closes. A block ends where prices or anything else change."""

from __future__ import annotations

import numpy as np

from shopkeeper.twin import codes
from shopkeeper.twin.actions import BuyStock, SendMessages
from shopkeeper.twin.daily.after import after_orders
from shopkeeper.twin.daily.attention import BARGAIN, MESSAGE, NEED
from shopkeeper.twin.daily.choice import Board
from shopkeeper.twin.daily.later import Frame, among, chosen, joined, length
from shopkeeper.twin.daily.levers import Levers
from shopkeeper.twin.daily.looks import Looks
from shopkeeper.twin.daily.orders import Sales, take_orders
from shopkeeper.twin.daily.region import Region
from shopkeeper.twin.daily.rows import DAY
from shopkeeper.twin.daily.selling import Traffic
from shopkeeper.twin.draws import Array, prefix_of_shuffle
from shopkeeper.twin.people.messages import Outreach

_RECEIPT, _SALE, _RETURN, _TRANSFER, _ADJUSTMENT, _LOSS = range(len(codes.MOVE_KINDS))


class Day:
    """A running day. `advance` may be called any number of times: blocks do not depend on where it stopped before."""

    def __init__(self, region: Region, day: int) -> None:
        self.region, self.day = region, day
        self.second = 0
        wanted = region.rows.wants("item_days")
        self.traffic = Traffic(looks=Looks.none(region.catalogue.size) if wanted else None)
        self.parts: list[tuple[Frame, Frame]] = []
        self.missed: list[Frame] = []
        self._board: Board | None = None
        self.moves: list[Frame] = []
        self.shown: list[tuple[int, Array]] = []
        self.received: Frame = {}
        self.goods: Frame = {}
        self.parcels: Frame = {}
        self.refunds: Frame = {}
        self.taken_back: Frame = {}
        self.service_staff: Array = np.zeros(1, dtype=np.int64)
        # By shop, shape (8,); filled as the day is told.
        self.buyers, self.visitors, self.spend_fen, self.content_fen, self.fees, self.payouts = (
            np.zeros(8, dtype=np.int64) for _ in range(6)
        )
        region.rows.open_day(day)
        self._supply()
        self._draw_candidates()

    # --- morning ------------------------------------------------------------------------------------------------------

    def _supply(self) -> None:
        r, day = self.region, self.day
        received = self.received = r.buyer.arriving.take(day)
        if received:
            r.stock.receive(
                received["warehouse"], received["sku"], received["quantity"], received["true_defect_share"], day
            )
            self.move(received["warehouse"], received["sku"], received["quantity"], _RECEIPT, 8 * 3600)
            r.rows.add("receipts", received)
        back = r.restock.take(day)
        if back:
            warehouse = np.zeros(length(back), dtype=np.int64)
            r.stock.move(warehouse, back["sku"], back["quantity"])
            self.move(warehouse, back["sku"], back["quantity"], _RETURN, DAY - 1)
        lapsed = r.lapsing.take(day)
        if lapsed:
            r.stock.release(lapsed["warehouse"], lapsed["sku"], lapsed["quantity"])
        self._incidents()
        refill = r.buyer.refill(r.stock, day)
        if refill:
            for place, sign in ((0, -1), (1, 1)):
                where = np.full(length(refill), place)
                r.stock.move(where, refill["sku"], sign * refill["quantity"])
                self.move(where, refill["sku"], sign * refill["quantity"], _TRANSFER, 7 * 3600 + place * 7200)
        placed = [r.buyer.order(day, r.stock, r.attention.season(day))]
        demanded = [t.action for t in r.steering.once(day, BuyStock) if isinstance(t.action, BuyStock)]
        if demanded and r.number == 0:
            sku = np.array([a.sku for a in demanded])
            placed.append(r.buyer.demanded(sku, np.array([a.quantity for a in demanded]), day))
        for frame in placed:
            np.add.at(r.stock.in_transit, (frame["warehouse"], frame["sku"]), frame["quantity"])
            r.rows.add("purchase_orders", frame)
        self.purchases = placed
        if r.weekday(day) == 0:
            r.prices.clearance = r.buyer.clearance(r.stock, day)

    def _incidents(self) -> None:
        """Incidents that act on stock, parcels and claims."""
        r = self.region
        r.delays.days.clear()
        r.fraud[:] = 0.0006
        for incident in r.steering.incidents:
            if self.day not in incident.days():
                continue
            begins = incident.start_minute // 1440 == self.day
            if incident.kind == "return_wave" and begins:
                r.stock.unsound[:, incident.sku] = incident.size
            elif incident.kind == "stock_out" and begins:
                lost = np.floor(r.stock.available[:1, incident.sku] * incident.size).astype(np.int64)
                where, sku = np.array([0]), np.array([incident.sku])
                r.stock.move(where, sku, -lost)
                self.move(where, sku, -lost, _LOSS, incident.start_minute % 1440 * 60)
                r.buyer.delayed_until[incident.sku] = self.day + 30
            elif incident.kind == "late_carrier":
                r.delays.days[incident.carrier] = incident.size
            elif incident.kind == "refund_fraud":
                r.fraud[incident.shop] += incident.size

    def move(self, warehouse: Array, sku: Array, quantity: Array, kind: int, second: int) -> None:
        """Note movements of stock, summed by warehouse and article: one row a day and kind."""
        if not self.region.rows.wants("stock_moves") or len(sku) == 0:
            return
        key = warehouse.astype(np.int64) * self.region.stock.size + sku
        sums = np.bincount(key, quantity, minlength=2 * self.region.stock.size).astype(np.int64)
        key = np.flatnonzero(sums)
        warehouse, sku, quantity = key // self.region.stock.size, key % self.region.stock.size, sums[key]
        place = (self.day + 1) * 10_000_000 + (self.region.number * 20 + warehouse * 10 + kind) * 10_000 + sku
        cost = self.region.catalogue.cost_of(self.day)[sku]
        self.moves.append(
            {
                "move": place,
                "at": np.full(len(sku), self.day * DAY + second),
                "warehouse": warehouse,
                "sku": sku,
                "quantity": quantity,
                "kind": np.full(len(sku), kind),
                "cost_fen": quantity * cost,
            }
        )

    # --- attention ----------------------------------------------------------------------------------------------------

    def _draw_candidates(self) -> None:
        r, day = self.region, self.day
        # Plans for the day are made in the morning; what a thousand costs is the market's, and stands for the whole day.
        morning, noon = r.steering.levers(day * DAY), r.steering.levers(day * DAY + DAY // 2)
        pull = float(r.days.pull[day])
        self.spend = r.awareness.planned_spend(r.heads, pull) * morning.budget
        self.content_shown = self._content()
        self.impressions = r.awareness.advertise(self.spend, r.heads, noon.cost_per_mille, self.content_shown)
        intensity, self.paid_share = r.awareness.intensity()
        self.rate = r.p.behaviour.attention * intensity * pull
        r.attention.exposure_of = r.awareness.exposure
        self.depth = np.full(8, float(r.days.depth[day]))
        frame = r.attention.candidates(day, self.rate)
        self.frame = r.selling.places(frame, day, self.depth)
        self._surprises()
        self.season = r.attention.season(day)
        self.sold_out = r.stock.available <= 0
        self.agents = morning.agents
        self.outreach = Outreach(r, day)
        self._routine = self.outreach.routine()

    def _content(self) -> Array:
        """Times that content is shown a person, by platform: posts rise and fade around a platform's ordinary level."""
        level = np.array([0.06, 0.03, 0.20, 0.16, 0.34, 0.02, 0.05, 0.02])
        week = self.region.draws.normal("content week", np.arange(8), self.day // 7)
        shown: Array = level * np.exp(0.5 * week)
        return shown

    def _surprises(self) -> None:
        """Further people who look because of a festival in town or a stunt, in its hours alone."""
        r = self.region
        for number, incident in enumerate(r.steering.incidents):
            if incident.kind not in ("festival", "stunt") or self.day not in incident.days():
                continue
            rate = np.zeros(8)
            rate[incident.shop] = self.rate[incident.shop] * (incident.size - 1.0)
            found = r.selling.places(r.attention.extra(self.day, rate, number), self.day, self.depth)
            minute = found["second"] // 60 + self.day * 1440
            found = chosen(found, (minute >= incident.start_minute) & (minute < incident.end_minute))
            self._join(found)

    def _join(self, found: Frame) -> None:
        """Add candidates; who looks today already is not added."""
        if length(found):
            new = ~among(found["person"], self.frame["person"], self.region.people.size)
            self.frame = joined([self.frame, chosen(found, new)])

    # --- hours --------------------------------------------------------------------------------------------------------

    def advance(self, until: int) -> None:
        """Let time pass until a second of the day."""
        stops = [s for s in self.region.steering.boundaries(self.day) if self.second < s < until]
        for stop in [*stops, until]:
            if stop > self.second:
                self._block(self.second, stop)
                self.second = stop

    def _block(self, begin: int, end: int) -> None:
        r, day = self.region, self.day
        levers = r.steering.levers(day * DAY + begin)
        self._send(begin, end)
        self._hunt(begin, end, levers)
        self._board = r.selling.board(day, levers, self.sold_out)
        self.shown.append((begin, self._board.asked))
        here = (self.frame["second"] >= begin) & (self.frame["second"] < end)
        frame = self.frame if here.all() else chosen(self.frame, here)
        urge = float(r.days.urge[day])
        baskets, lines = r.selling.block(frame, day, urge, self.season, self._board, self.traffic)
        if baskets:
            self.parts.append((baskets, lines))
        needed = frame["source"] == NEED
        if needed.any():
            looked = chosen(frame, needed)
            if baskets:
                looked = chosen(looked, ~among(looked["person"], baskets["person"], r.people.size))
            self.missed.append(looked)

    def _send(self, begin: int, end: int) -> None:
        r = self.region
        for number, timed in enumerate(r.steering.once(self.day, SendMessages)):
            at = timed.at % DAY
            if begin <= at < end and isinstance(timed.action, SendMessages):
                accounts = np.array(timed.action.accounts, dtype=np.int64)
                channel = codes.MESSAGE_CHANNELS.index(timed.action.channel)
                found = self.outreach.send(accounts, channel, 900 + number, at, timed.action.pull)
                self._join(self._looking(found, MESSAGE))
        for people, campaign, at in self._routine:
            if begin <= at < end:
                accounts = r.people.numbers[people] * 16 + r.people.last_platform[people]
                self._join(self._looking(self.outreach.send(accounts, 0, campaign, at, 1.0), MESSAGE))

    def _hunt(self, begin: int, end: int, levers: Levers) -> None:
        """Word of a wrong price spreads within minutes: bargain hunters come for that article."""
        r = self.region
        for number, incident in enumerate(r.steering.incidents):
            at = incident.start_minute * 60 - self.day * DAY
            if incident.kind != "price_typo" or not begin <= at < end:
                continue
            edges = r.people.segment_edges
            size = int(edges[incident.shop + 1] - edges[incident.shop])
            many = int(size * 0.0012) + 2
            people = edges[incident.shop] + prefix_of_shuffle(r.draws, "bargain hunters", size, many, self.day, number)
            span = max(60, (incident.end_minute - incident.start_minute) * 60)
            u = r.draws.uniform("when hunting", r.people.numbers[people], self.day)
            second = at + 120 + (u * span).astype(np.int64)
            found = {"person": people, "second": np.minimum(second, DAY - 1)}
            looking = self._looking(found, BARGAIN)
            looking["platform"][:] = incident.shop
            looking["before"][:] = incident.sku
            looking["category"][:] = r.catalogue.category[incident.sku]
            self._join(chosen(looking, second < DAY))

    def _looking(self, found: Frame, source: int) -> Frame:
        """Candidates out of people and seconds."""
        n = length(found)
        if n == 0:
            return {}
        frame: Frame = {
            "person": found["person"],
            "source": np.full(n, source, dtype=np.int8),
            "need": np.full(n, -1, dtype=np.int8),
            "before": np.full(n, -1, dtype=np.int32),
            "weight": np.ones(n),
        }
        placed = self.region.selling.places(frame, self.day, self.depth)
        placed["second"] = found["second"]
        return placed

    # --- night --------------------------------------------------------------------------------------------------------

    def close(self) -> Sales:
        """End the day: stock is shared out, orders are placed and paid, parcels leave, money is settled."""
        self.advance(DAY)
        sales = take_orders(self)
        after_orders(self, sales)
        return sales

    def asked_at(self, shop: Array, sku: Array, second: Array) -> Array:
        """Prices shown at some seconds of the day, fen; later than now, what is shown now."""
        found: Array = self.shown[0][1][shop, sku]
        for begin, asked in self.shown[1:]:
            found = np.where(second >= begin, asked[shop, sku], found)
        return found

    @property
    def board(self) -> Board:
        """What was shown last."""
        assert self._board is not None, "a day has at least one block"
        return self._board
