"""The people within reach of a region: what they are (drawn once) and what they remember (changed by what happens)."""

from __future__ import annotations

import numpy as np

from shopkeeper.twin.draws import Array, Draws, Words, pick
from shopkeeper.twin.parameters import Parameters

BLOCK = 8_000_000  # numbers of people set aside for each region
LONG_AGO = -9999
_PROVINCE_SHARES = (
    12.0, 8.4, 8.6, 6.2, 5.6, 6.6, 5.8, 4.2, 3.6, 5.2, 4.2, 4.0, 3.6, 2.6, 2.6, 2.4, 1.6, 2.4, 2.2, 2.0, 1.4, 1.1, 1.6,
    1.4, 1.1, 1.1, 0.6, 0.9, 0.4, 0.3, 0.2,
)  # fmt: skip
TIER_FROM_CNY = (600.0, 2000.0, 6000.0)


_CLASSES = (0.0, 0.5, 0.8, 1.0)  # shares of people of little, ordinary and much attention
_STEPS = 65_536


def _ladder() -> Array:
    """Standard normal numbers at 65,536 even quantiles."""
    u = (np.arange(_STEPS) + 0.5) / _STEPS
    # Inverse of the normal distribution by interpolating its integral on a fine grid.
    x = np.linspace(-6.0, 6.0, 24_001)
    mass = np.cumsum(np.exp(-0.5 * x * x))
    return np.interp(u, mass / mass[-1], x)


def _bits(words: Words, shift: int) -> Array:
    return ((words >> np.uint64(shift)) & np.uint64(_STEPS - 1)).astype(np.int64)


def _table(shares: Array) -> Array:
    """Alternatives at 65,536 even quantiles of their shares."""
    cumulative = np.cumsum(shares / shares.sum())
    return pick(cumulative, (np.arange(_STEPS) + 0.5) / _STEPS).astype(np.int8)


class Population:
    """Arrays with one entry a person of the region.

    People are sorted by the platform they are at home on, and there by attention: sections, whose `ceilings` bound it.
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
        # Sections: each platform's people, and within it those of little, ordinary and much attention.
        parts = (shares / shares.sum())[:, None] * np.diff(_CLASSES)[None, :]
        self.section_edges = np.round(np.concatenate([[0.0], np.cumsum(parts.ravel())]) * size).astype(np.int64)
        self.segment_edges = self.section_edges[:: len(_CLASSES) - 1]
        self.home = np.repeat(np.arange(8, dtype=np.int8), np.diff(self.segment_edges))
        self._draw(parameters, draws, np.diff(self.section_edges))
        self._forget()

    def _draw(self, parameters: Parameters, draws: Draws, sizes: Array) -> None:
        """What people are, each from 16 bits of a word through a table: millions are drawn in a moment."""
        ladder = _ladder()
        first, second = draws.words("person", self.numbers), draws.words("favourite", self.numbers)
        # Attention is lopsided: a few look every day, most hardly ever (a squared normal, up to a ceiling).
        levels = np.sort(np.minimum(0.4 + 0.6 * ladder**2, parameters.behaviour.attention_ceiling)).astype(np.float32)
        places = (np.array(_CLASSES) * (len(levels) - 1)).astype(np.int64)
        self.ceilings = np.tile(levels[places[1:]], 8)
        within = _bits(first, 0) / len(levels)
        of = np.tile(np.arange(len(_CLASSES) - 1), 8)
        lowest = np.repeat(places[:-1][of], sizes)
        width = np.repeat(np.diff(places)[of], sizes)
        self.attention = levels[lowest + (within * width).astype(np.int64)]
        thrift = np.exp(0.35 * ladder - 0.06).astype(np.float32)
        self.thrift = parameters.of_platforms("thrift").astype(np.float32)[self.home] * thrift[_bits(first, 16)]
        self.second = _table(parameters.of_platforms("people"))[_bits(first, 32)]
        self.province = _table(np.array(_PROVINCE_SHARES))[_bits(first, 48)]
        taste = _table(parameters.of_categories("taste"))
        self.favourite = np.stack([taste[_bits(second, 16 * n)] for n in range(3)])
        self.threshold = (-np.log(draws.uniform("threshold", self.numbers))).astype(np.float32)

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
