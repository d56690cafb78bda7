"""Who looks at the brand today: general attention, needs that come back, messages. And how advertising feeds it."""

from __future__ import annotations

import numpy as np

from shopkeeper.twin.calendar import QUANTILES, Days, second_table
from shopkeeper.twin.daily.later import Frame, Later, chosen, joined, length
from shopkeeper.twin.draws import Array, Draws, halves, prefixes_of_shuffles
from shopkeeper.twin.parameters import Parameters
from shopkeeper.twin.people.population import Population

GENERAL, NEED, MESSAGE, BARGAIN = range(4)


class Awareness:
    """What advertising, content and talk have built up on each platform: arrays of shape (8,).

    `exposure`: cumulative, people know the brand once it passes their threshold. `stock`: fades day by day.
    """

    def __init__(self, parameters: Parameters) -> None:
        behaviour = parameters.behaviour
        self._b = behaviour
        self._cost_per_mille = parameters.of_platforms("cost_per_mille")
        self._per_thousand = parameters.of_platforms("ad_per_person")
        self.exposure = np.full(8, behaviour.aware_at_start)
        shown = 1.0 - np.exp(-self._per_thousand / self._cost_per_mille)
        self.stock = shown / (1.0 - behaviour.carry_over)

    def planned_spend(self, people: Array, pull: float) -> Array:
        """Advertising of an ordinary plan, CNY a day, shape (8,): it follows the season by half."""
        plan: Array = self._per_thousand * people / 1000.0 * (0.5 + 0.5 * pull)
        return plan

    def advertise(self, spend: Array, people: Array, cost_factor: Array, content: Array) -> Array:
        """One day of advertising and content (times shown a person): the stock fades, then grows. Returns impressions.

        Auctions get dearer as more is bought: the price of a thousand rises with the square root of times shown a head.
        """
        heads = np.maximum(people, 1.0)
        bought = spend / heads * 1000.0 / (self._cost_per_mille * cost_factor)
        shown = bought / (0.45 + 0.55 * np.sqrt(np.maximum(bought, 1e-9)))
        reach = 1.0 - np.exp(-(shown + content))
        self.stock = self._b.carry_over * self.stock + reach
        self.exposure = self.exposure + self._b.exposure * reach
        impressions: Array = shown * heads
        return impressions

    def talk(self, buyers: Array, people: Array) -> None:
        """Buyers tell others."""
        self.exposure = self.exposure + self._b.word_of_mouth * buyers / np.maximum(people, 1.0)

    def intensity(self) -> tuple[Array, Array]:
        """Attention relative to full support, and the share of it that advertising brings; each of shape (8,)."""
        paid = (1.0 - self._b.organic) * (1.0 - np.exp(-self.stock / self._b.fade))
        return self._b.organic + paid, paid / (self._b.organic + paid)


class Attention:
    """Draws the day's candidates: people who might buy, each at most once a day, with the second at which they look."""

    def __init__(self, parameters: Parameters, draws: Draws, population: Population, days: Days) -> None:
        self._draws = draws
        self._people = population
        self._days = days
        self._b = parameters.behaviour
        self._seconds = np.stack([second_table(p.profile) for p in parameters.platforms])
        self._festival = second_table("festival")
        self.needs = Later()
        self.exposure_of: Array = np.zeros(8)  # as of this morning, by platform
        taste = parameters.of_categories("taste")
        self._season = parameters.of_categories("season")
        self._peak = parameters.of_categories("peak")
        self._gift = parameters.of_categories("gift")
        self._taste = taste

    @property
    def visits_a_candidate(self) -> float:
        """How many visits one general candidate stands for."""
        return self._b.attention_ceiling / self._b.candidate_share

    def season(self, day: int) -> Array:
        """Utility of each category for the time of the year, shape (12,)."""
        wave = np.cos(2.0 * np.pi * (self._days.phase[day] - self._peak))
        seasonal: Array = self._season * wave + self._gift * self._days.gifts[day] * 0.35
        return seasonal

    def candidates(self, day: int, rate: Array) -> Frame:
        """Everyone who may buy today. `rate`: visits a day of ordinary attention on each platform, shape (8,)."""
        found = [self._general(day, rate), self._needs(day)]
        frame = joined([f for f in found if length(f)])
        if not frame:  # nobody looks: a tiny world has such days
            return found[0]
        # A person looks once a day; who has a need looks for it.
        # One number sorts faster than four keys; rows that tie are alike.
        person, source, need = (frame[name].astype(np.int64) for name in ("person", "source", "need"))
        key = ((person * 4 + 3 - source) * 16 + need + 1) * 2**18 + frame["before"] + 1
        frame = chosen(frame, np.argsort(key))
        first = np.concatenate([[True], frame["person"][1:] != frame["person"][:-1]])
        return chosen(frame, first)

    def extra(self, day: int, rate: Array, number: int) -> Frame:
        """Further people who look because of a surprise, beside those of `candidates`."""
        return self._general(day, rate, f"surprise {number}: ")

    def _general(self, day: int, rate: Array, why: str = "") -> Frame:
        edges, ceilings = self._people.section_edges, self._people.ceilings
        sizes = np.diff(edges)
        sections = np.arange(len(sizes)) + len(sizes) * self._people.region
        # In a section as many are drawn as if all had its highest attention; each is then kept by their own.
        wanted = sizes * np.repeat(rate, len(sizes) // 8) * ceilings / self.visits_a_candidate
        counts = np.minimum(self._draws.whole(f"{why}how many look", wanted, sections, day), sizes)
        parts = prefixes_of_shuffles(self._draws, f"{why}who looks", sizes, counts, day, sections)
        person = np.concatenate([edge + part for edge, part in zip(edges[:-1], parts, strict=True)])
        words = self._draws.words(f"{why}look", self._people.numbers[person], day)
        first, _ = halves(words)
        kept = first * np.repeat(ceilings, counts) < self._people.attention[person]
        kept &= self._people.threshold[person] <= self.exposure_of[self._people.home[person]]
        person = person[kept]
        return {
            "person": person,
            "source": np.zeros(len(person), dtype=np.int8),
            "need": np.full(len(person), -1, dtype=np.int8),
            "before": np.full(len(person), -1, dtype=np.int32),
            "weight": np.full(len(person), self.visits_a_candidate),
        }

    def _needs(self, day: int) -> Frame:
        due = self.needs.take(day)
        if not due:
            return {}
        n = length(due)
        return {
            "person": due["person"],
            "source": np.full(n, NEED, dtype=np.int8),
            "need": due["category"],
            "before": due["before"],
            "weight": np.ones(n),
        }

    def seconds(self, people: Array, platform: Array, day: int) -> Array:
        """The second of the day at which each looks."""
        words = self._draws.words("when", self._people.numbers[people], day)
        place = (words & np.uint64(QUANTILES - 1)).astype(np.int64)
        table = self._seconds[platform, place]
        if self._days.depth[day] >= 0.15 and self._days.pull[day] > 2.0:
            table = np.where(platform == 7, table, self._festival[place])
        jitter = ((words >> np.uint64(12)) % np.uint64(997)).astype(np.int64) - 498
        second: Array = np.clip(table + np.where(platform == 7, 0, jitter), 0, 86_399)
        return second

    def categories(self, frame: Frame, day: int) -> Array:
        """What each looks at: the need, a favourite, or whatever the season brings."""
        person = frame["person"]
        u = self._draws.uniform("what", self._people.numbers[person], day)
        weight = self._taste * np.exp(self.season(day))
        anything = np.searchsorted(np.cumsum(weight) / weight.sum(), (u - 0.76) / 0.24).clip(0, 11)
        place = np.searchsorted(np.array([0.42, 0.64, 0.76]), u, side="right")
        favourite = self._people.favourite[np.minimum(place, 2), person]
        category = np.where(place == 3, anything, favourite)
        return np.where(frame["need"] >= 0, frame["need"], category).astype(np.int8)
