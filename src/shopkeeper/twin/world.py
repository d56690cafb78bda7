"""The world of Lanting: made from a seed, run or stepped day by day, steered by actions."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Literal, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from shopkeeper.errors import UsageError
from shopkeeper.twin.actions import Action, Timed
from shopkeeper.twin.calendar import Days
from shopkeeper.twin.daily.after import pay
from shopkeeper.twin.daily.day import Day
from shopkeeper.twin.daily.later import Frame, length
from shopkeeper.twin.daily.levers import standing_offers
from shopkeeper.twin.daily.orders import Sales, take_orders
from shopkeeper.twin.daily.region import Region
from shopkeeper.twin.daily.rows import DAY, Rows
from shopkeeper.twin.daily.standing import staff_of
from shopkeeper.twin.daily.steering import Steering
from shopkeeper.twin.daily.telling import tell_sales
from shopkeeper.twin.draws import Draws
from shopkeeper.twin.incidents import Incident, plan
from shopkeeper.twin.parameters import Parameters
from shopkeeper.twin.records import Stretch
from shopkeeper.twin.supply.catalogue import make_catalogue
from shopkeeper.twin.teller import Teller


class Tells(Protocol):
    """Whoever is told what a day left behind."""

    def tell(self, day: Day, sales: Sales) -> None:
        """A region's day has closed."""


START = dt.date(2024, 1, 1)
DAYS = 731
REGION_SCALE = 2.0  # larger worlds have several regions, each with its own people and warehouse


class World:
    """A simulated brand from `start` on.

    `scale` 1 is about two million order lines in two years. `incidents`: None = those that the seed plans, () = none.
    `records`: names of the records wanted, None = all. `regions`: which regions to run, None = all (there is one up to
    scale 2): they are independent, so processes may share them out.

    >>> world = World(seed=7, scale=0.0005, incidents=())
    >>> stretch = world.step(days=2)
    >>> stretch.end
    datetime.date(2024, 1, 3)
    """

    def __init__(
        self, seed: int, scale: float = 1.0, start: dt.date = START, *, days: int = DAYS,
        incidents: Sequence[Incident] | None = None, parameters: Parameters | None = None,
        records: Sequence[str] | None = None, regions: Sequence[int] | None = None,
    ) -> None:  # fmt: skip
        if not 0.0001 <= scale <= 200:
            raise UsageError(
                "this scale cannot be simulated", received=scale, allowed="0.0001 to 200; 1 = 2 million lines"
            )
        if days < 1:
            raise UsageError("a world lasts a day at least", received=days)
        self.seed, self.scale, self.start, self.length = seed, scale, start, days
        self.parameters = parameters or Parameters()
        self.draws = Draws(seed)
        self.days = Days(start, days)
        self.catalogue = make_catalogue(self.parameters, self.draws, scale, days)
        self.incidents = plan(self.draws, self.days, self.catalogue) if incidents is None else tuple(incidents)
        self.steering = Steering(self.catalogue, self.incidents, standing_offers(self.days))
        self.rows = Rows(start, None if records is None else frozenset(records))
        number = self.number_of_regions = regions_of(scale)
        self.regions = [
            Region(self.parameters, self.draws, self.days, self.catalogue, self.steering, self.rows, scale / number, n)
            for n in (range(number) if regions is None else regions)
        ]
        self.staff: Frame = staff_of(self)
        self.teller: Tells = Teller(self)
        self.day = 0
        self._running: list[Day] = []

    @property
    def now(self) -> dt.datetime:
        """The moment up to which everything has happened, in the shop's zone."""
        second = self._running[0].second if self._running else 0
        return dt.datetime.combine(self.start, dt.time()) + dt.timedelta(days=self.day, seconds=second)

    def act(self, actions: Sequence[Action]) -> None:
        """Take actions that hold from now on."""
        second = self.day * DAY + (self._running[0].second if self._running else 0)
        for action in actions:
            self.steering.decide(Timed(action, second))

    def run(self, until: dt.date, by: Literal["month", "day"] = "month") -> Iterator[Stretch]:
        """Run to a date (not included), yielding what became true month by month or day by day."""
        end = (until - self.start).days
        if end > self.length:
            raise UsageError(
                "the world does not last so long", received=until,
                allowed=f"up to {self.start + dt.timedelta(self.length)}", next_command="World(…, days=N)",
            )  # fmt: skip
        while self.day < end:
            first = self.day
            while self.day < end:
                self._one_day()
                if by == "day" or (self.start + dt.timedelta(self.day)).day == 1:
                    break
            yield self._stretch(first)

    def step(self, days: int = 1, actions: Sequence[Action] = ()) -> Stretch:
        """Take actions, run some days (the rest of a day begun by `step_hours` counts as one) and return what became true."""
        self.act(actions)
        first = self.day
        for _ in range(days):
            if self.day >= self.length:
                raise UsageError("the world has ended", received=self.day, allowed=f"{self.length} days")
            self._one_day()
        return self._stretch(first)

    def step_hours(self, hours: int = 1, actions: Sequence[Action] = ()) -> int:
        """Take actions and let some hours pass. Returns baskets filled so far on the day that they reach.

        A day closes by itself at midnight; what became true is in the next stretch that `step` or `run` returns. What
        today has brought so far is in `so_far`.
        """
        self.act(actions)
        baskets = 0
        for _ in range(hours):
            if self.day >= self.length:
                raise UsageError("the world has ended", received=self.day, allowed=f"{self.length} days")
            if not self._running:
                self._running = [Day(region, self.day) for region in self.regions]
            for day in self._running:
                day.advance(day.second + 3600)
            baskets = sum(len(found["person"]) for day in self._running for found, _ in day.parts)
            if self._running[0].second >= DAY:
                self._one_day()
        return baskets

    def so_far(self) -> dict[str, pa.Table]:
        """Orders placed today up to now, with lines, payments and states: what the day's stretch will tell of these hours.

        A day begun by `step_hours` closes in a copy of the world, so nothing changes here. Parcels, refunds and settlements
        come with the day's close. Tables are empty at midnight, and missing where the world does not keep their record.
        """
        begin, now = self.start + dt.timedelta(self.day), self.now
        world = copy.deepcopy(self)
        for day in world._running:
            sales = take_orders(day)
            if length(sales.orders):
                pay(day, sales)
            tell_sales(day, sales)
        tables = world.rows.take()
        found = {}
        for name, column in (
            ("orders", "placed_at"),
            ("payments", "at"),
            ("order_states", "at"),
            ("coupon_uses", "at"),
        ):
            if name in tables:
                clock = pc.local_timestamp(tables[name][column])
                since = pc.greater_equal(clock, pa.scalar(dt.datetime.combine(begin, dt.time()), clock.type))
                found[name] = tables[name].filter(pc.and_(since, pc.less(clock, pa.scalar(now, clock.type))))
        if "order_lines" in tables and "orders" in found:
            lines = tables["order_lines"]
            found["order_lines"] = lines.filter(pc.is_in(lines["order"], found["orders"]["order"].combine_chunks()))
        return found

    def _one_day(self) -> None:
        running = self._running or [Day(region, self.day) for region in self.regions]
        self._running = []
        for day in running:
            self.teller.tell(day, day.close())
        self.day += 1

    def _stretch(self, first: int) -> Stretch:
        tables: dict[str, pa.Table] = self.rows.take()
        return Stretch(self.start + dt.timedelta(first), self.start + dt.timedelta(self.day), tables)


def regions_of(scale: float) -> int:
    """How many regions a world of this scale has."""
    return max(1, -int(-scale // REGION_SCALE))
