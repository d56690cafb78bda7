"""The people within reach of a region: what they are (drawn once) and what they remember (changed by what happens)."""

from __future__ import annotations

import numpy as np

from shopkeeper.twin.draws import Array, Draws, halves, normal_of, pick, unit
from shopkeeper.twin.parameters import Parameters

BLOCK = 8_000_000  # numbers of people set aside for each region
LONG_AGO = -9999
_PROVINCE_SHARES = (
    12.0, 8.4, 8.6, 6.2, 5.6, 6.6, 5.8, 4.2, 3.6, 5.2, 4.2, 4.0, 3.6, 2.6, 2.6, 2.4, 1.6, 2.4, 2.2, 2.0, 1.4, 1.1, 1.6,
    1.4, 1.1, 1.1, 0.6, 0.9, 0.4, 0.3, 0.2,
)  # fmt: skip
TIER_FROM_CNY = (600.0, 2000.0, 6000.0)


class Population:
    """Arrays with one entry a person of the region. People are sorted by the platform they are at home on.

    Never changed: `attention` (relative, up to the ceiling), `threshold` (exposure at which they know the brand), `thrift`
    (weight of money), `favourite` (3 categories), `second` (platform), `province`.
    Changed by what happens: `orders`, `first_day`, `last_day`, `spent` (CNY in all), `wallet` (recent spending, CNY, as of
    `wallet_day`), `goodwill`, `fatigue` (as of `fatigue_day`), `accounts` (bit a platform), `last_platform`.
    """

    def __init__(self, parameters: Parameters, draws: Draws, size: int, region: int) -> None:
        self.size = size
        self.region = region
        self.first_person = region * BLOCK
        self.numbers = np.arange(size, dtype=np.int64) + self.first_person
        shares = parameters.of_platforms("people")
        self.segment_edges = np.round(np.concatenate([[0.0], np.cumsum(shares / shares.sum())]) * size).astype(np.int64)
        self.home = np.repeat(np.arange(8, dtype=np.int8), np.diff(self.segment_edges))
        words = draws.words("person", self.numbers)
        first, second = halves(words)
        behaviour = parameters.behaviour
        # Attention is lopsided: a few look every day, most hardly ever (Gamma with shape 1/2 is a squared normal).
        self.attention = np.minimum(0.4 + 0.6 * normal_of(words) ** 2, behaviour.attention_ceiling).astype(np.float32)
        del words
        self.threshold = (-np.log(draws.uniform("threshold", self.numbers))).astype(np.float32)
        thrift = parameters.of_platforms("thrift")[self.home]
        self.thrift = (thrift * np.exp(0.35 * draws.normal("thrift", self.numbers) - 0.06)).astype(np.float32)
        taste = parameters.of_categories("taste")
        cumulative = np.cumsum(taste / taste.sum())
        self.favourite = np.stack(
            [pick(cumulative, unit(draws.words("favourite", self.numbers, k=n))).astype(np.int8) for n in range(3)]
        )
        self.second = pick(np.cumsum(shares / shares.sum()), second).astype(np.int8)
        provinces = np.array(_PROVINCE_SHARES)
        self.province = pick(np.cumsum(provinces / provinces.sum()), first).astype(np.int8)
        self._forget()

    def _forget(self) -> None:
        n = self.size
        self.orders = np.zeros(n, dtype=np.int16)
        self.first_day = np.full(n, LONG_AGO, dtype=np.int16)
        self.last_day = np.full(n, LONG_AGO, dtype=np.int16)
        self.spent = np.zeros(n, dtype=np.float32)
        self.wallet = np.zeros(n, dtype=np.float32)
        self.wallet_day = np.zeros(n, dtype=np.int16)
        self.goodwill = np.zeros(n, dtype=np.float32)
        self.fatigue = np.zeros(n, dtype=np.float32)
        self.fatigue_day = np.zeros(n, dtype=np.int16)
        self.accounts = np.zeros(n, dtype=np.uint8)
        self.last_platform = self.home.copy()

    def wallet_on(self, people: Array, day: int, days: float) -> Array:
        """Recent spending as felt on a day: it is forgotten evenly."""
        gone: Array = self.wallet[people] * np.exp((self.wallet_day[people] - day) / days)
        return gone

    def fatigue_on(self, people: Array, day: int, days: float) -> Array:
        """Tiredness of messages as felt on a day."""
        gone: Array = self.fatigue[people] * np.exp((self.fatigue_day[people] - day) / days)
        return gone

    def tier(self, people: Array) -> Array:
        """Member tier by all that was spent: 0–3."""
        return np.searchsorted(np.array(TIER_FROM_CNY), self.spent[people], side="right").astype(np.int8)

    def remember_purchase(self, people: Array, day: int, cny: Array, platform: Array, wallet_days: float) -> None:
        """A paid order: one row a person (nobody pays two orders at once)."""
        self.wallet[people] = self.wallet_on(people, day, wallet_days) + cny
        self.wallet_day[people] = day
        self.spent[people] += cny.astype(np.float32)
        fresh = self.orders[people] == 0
        self.first_day[people[fresh]] = day
        self.orders[people] += 1
        self.last_day[people] = day
        self.last_platform[people] = platform
