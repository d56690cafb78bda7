"""Every number that the world is made of. All published figures follow from these; none is set itself."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from shopkeeper.twin import codes
from shopkeeper.twin.draws import Array


@dataclass(frozen=True)
class Category:
    """How one category is made, bought, used up and sent back."""

    price: float  # median tag price, CNY
    spread: float  # standard deviation of the log of tag prices
    skus: float  # share of all articles
    taste: float  # how widely it is liked
    money_weight: float  # how strongly price counts
    life_days: float  # until it is used up or worn and wanted again
    cost_share: float  # landed cost ÷ tag price
    fit: float  # chance that it does not fit
    remorse: float  # chance that it is sent back without a fault
    defect: float  # unsound units of a good batch
    several: float  # chance of a further unit
    season: float  # strength of its season
    peak: float  # time of year of its season, 0–1
    gift: float  # how much it is given
    weight_g: int
    vat: float
    substitute: str
    complement: str
    swing: float  # how much single articles belong to one half of the year


# price, spread, share of articles, taste, money, life, cost, fit, remorse, defect, several, season, peak, gift, weight, VAT
CATEGORIES: dict[str, Category] = {
    "tea": Category(
        108, 0.55, 0.12, 1.5, 1.88, 46, 0.23, 0.0, 0.022, 0.004, 0.28, 0.3, 0.28, 0.8,
        250, 0.09, "snacks", "teaware", 0.35),
    "teaware": Category(
        168, 0.6, 0.1, 0.8, 2.12, 230, 0.27, 0.0, 0.04, 0.01, 0.1, 0.1, 0.9, 0.7,
        900, 0.13, "tableware", "tea", 0.1),
    "snacks": Category(
        49, 0.4, 0.08, 1.3, 2.25, 30, 0.3, 0.0, 0.014, 0.005, 0.55, 0.25, 0.05, 0.6,
        300, 0.13, "tea", "tea", 0.2),
    "skincare": Category(
        148, 0.55, 0.09, 1.3, 1.6, 62, 0.19, 0.02, 0.045, 0.004, 0.22, 0.2, 0.95, 0.4,
        180, 0.13, "fragrance", "fragrance", 0.45),
    "fragrance": Category(
        139, 0.5, 0.07, 0.9, 1.5, 95, 0.2, 0.01, 0.05, 0.004, 0.15, 0.15, 0.4, 0.6,
        220, 0.13, "skincare", "skincare", 0.15),
    "bedding": Category(
        389, 0.5, 0.09, 0.6, 1.9, 380, 0.3, 0.03, 0.085, 0.008, 0.08, 0.35, 0.85, 0.1,
        2600, 0.13, "loungewear", "loungewear", 1.0),
    "tableware": Category(
        119, 0.55, 0.09, 0.7, 2.12, 250, 0.27, 0.0, 0.055, 0.012, 0.3, 0.1, 0.95, 0.3,
        1100, 0.13, "teaware", "teaware", 0.1),
    "loungewear": Category(
        199, 0.4, 0.1, 0.8, 2.25, 190, 0.25, 0.11, 0.09, 0.009, 0.12, 0.35, 0.9, 0.1,
        420, 0.13, "dresses", "scarves", 1.3),
    "dresses": Category(
        329, 0.45, 0.11, 0.9, 1.8, 150, 0.22, 0.19, 0.15, 0.01, 0.04, 0.45, 0.42, 0.0,
        450, 0.13, "loungewear", "scarves", 1.5),
    "scarves": Category(
        159, 0.5, 0.06, 0.6, 2.0, 220, 0.21, 0.01, 0.1, 0.006, 0.08, 0.5, 0.92, 0.4,
        160, 0.13, "dresses", "dresses", 1.6),
    "stationery": Category(
        62, 0.55, 0.06, 0.7, 2.0, 115, 0.28, 0.0, 0.028, 0.006, 0.4, 0.25, 0.67, 0.3,
        260, 0.13, "gifts", "gifts", 0.1),
    "gifts": Category(
        259, 0.45, 0.03, 0.5, 1.62, 170, 0.28, 0.0, 0.03, 0.006, 0.25, 0.15, 0.05, 2.0,
        1500, 0.13, "tea", "tea", 0.5),
}  # fmt: skip


@dataclass(frozen=True)
class Platform:
    """How one platform's people come, pay and send back; its fees and its cycle of settlement."""

    name: str
    people: float  # share of people who are at home there
    price_level: float  # everyday prices relative to the tag
    thrift: float  # how much more price counts to its people
    impulse: float  # multiplies returns without a fault
    commission: float
    service_fee: float
    influencer_fee: float  # of sales by affiliates and live rooms
    live: float  # share of its sales out of live rooms and videos
    subsidy: float  # chance that the platform bears part of the price
    settle_days: int
    promise_hours: int
    ad_per_person: float  # advertising, CNY a day per 1,000 people at home there
    cost_per_mille: float
    profile: str
    method: str
    payout_weekday: int  # −1 = every day


PLATFORMS: dict[str, Platform] = {
    "tmall": Platform(
        "兰亭旗舰店", 0.305, 0.83, 1.0, 1.0, 0.05, 0.006, 0.0, 0.12, 0.1,
        0, 48, 55, 27, "shelf", "alipay", -1),
    "jd": Platform(
        "兰亭京东自营旗舰店", 0.125, 0.85, 0.92, 0.8, 0.07, 0.008, 0.0, 0.04, 0.08,
        7, 48, 50, 30, "shelf", "jd_pay", 2),
    "douyin": Platform(
        "兰亭官方旗舰店", 0.225, 0.79, 1.05, 1.55, 0.05, 0.006, 0.16, 0.82, 0.12,
        4, 48, 59, 22, "live", "douyin_pay", -1),
    "kuaishou": Platform(
        "兰亭生活馆", 0.07, 0.77, 1.15, 1.45, 0.05, 0.006, 0.15, 0.8, 0.1,
        4, 48, 37, 18, "live", "wechat", -1),
    "xiaohongshu": Platform(
        "兰亭LANTING", 0.085, 0.86, 0.85, 1.1, 0.05, 0.01, 0.12, 0.45, 0.06,
        7, 48, 52, 32, "live", "alipay", 3),
    "pinduoduo": Platform(
        "兰亭官方店", 0.095, 0.72, 1.35, 0.9, 0.006, 0.006, 0.0, 0.05, 0.35,
        2, 48, 27, 14, "shelf", "wechat", -1),
    "site": Platform(
        "兰亭官网", 0.04, 0.84, 0.85, 0.8, 0.0, 0.006, 0.0, 0.02, 0.0,
        1, 72, 48, 25, "shelf", "card", -1),
    "store": Platform(
        "兰亭门店", 0.055, 0.92, 0.8, 0.3, 0.0, 0.004, 0.0, 0.0, 0.0,
        1, 0, 18, 36, "counter", "wechat", -1),
}  # fmt: skip


@dataclass(frozen=True)
class Behaviour:
    """People: attention, choice, habit and memory."""

    people: int = 1_900_000  # people within reach at scale 1
    aware_at_start: float = 0.60  # cumulative exposure at the start; exp(1)-distributed thresholds
    customers_at_start: float = 0.12
    attention: float = 0.058  # visits a day of a person of ordinary attention with full ad support
    attention_ceiling: float = 3.0
    candidate_share: float = 0.45  # of visits that are looked at one by one
    organic: float = 0.56  # attention that is left when advertising has faded
    carry_over: float = 0.86  # of the stock of advertising, a day
    fade: float = 4.0  # stock at which advertising has done 63 % of what it can
    exposure: float = 0.0004  # awareness won a day by showing advertising to everyone
    word_of_mouth: float = 0.04
    set_size: int = 8
    sets_from_substitute: int = 2
    outside: float = 5.62  # utility of buying nothing on a visit without need
    need: float = 2.85  # what a need adds
    add_on_outside: float = 0.55
    habit: float = 1.1  # utility of the article bought last time
    gain: float = 2.3  # a discount against the remembered price, per category price
    loss: float = 3.4  # a surcharge against it
    rival_weight: float = 1.5  # what rivals' price cuts add to buying nothing here
    memory: float = 0.04  # how fast remembered prices follow
    wallet_weight: float = 1.4
    wallet_days: float = 45.0
    budget: float = 620.0  # CNY a month
    goodwill_weight: float = 0.45
    sound_delivery: float = 0.10
    bad_delivery: float = -0.9
    fatigue_weight: float = 0.22
    fatigue_days: float = 12.0
    message_pull: float = 0.10  # chance to look after a message without fatigue
    switch: float = 3.0  # how strongly people follow lower price levels to their second platform
    snooze: float = 0.50
    explore: float = 0.285  # chance that a good order wakes interest in something else
    explore_days: float = 75.0
    several_need_share: float = 0.38  # lines that leave a need behind
    pays: float = 0.945
    cancels: float = 0.022
    brushing: float = 0.004
    subscribes: float = 0.05


@dataclass(frozen=True)
class SupplySide:
    """Stock, purchasing, shipping, service and fixed costs, at scale 1."""

    skus: int = 2000
    popularity: float = 0.95  # standard deviation of articles' appeal
    retired: float = 0.36  # articles that end within the two years
    launched: float = 0.22  # articles launched within the two years
    cover_days: float = 23.5
    buyer_error: float = 0.42  # standard deviation of the log of the buyer's guess
    hype: float = 2.5  # how much first orders of new articles exceed what they sell
    least_units: float = 33.0  # least order at scale 1
    safety_days: float = 9.0
    parcels_a_day: float = 4300.0
    freight_fen: int = 520
    agents: float = 46.0
    opening_cash_fen: int = 4_200_000_000
    rent_fen: int = 21_000_000
    store_days: float = 24.0


@dataclass(frozen=True)
class Parameters:
    """The whole world: change one and everything that follows from it changes."""

    behaviour: Behaviour = field(default_factory=Behaviour)
    supply: SupplySide = field(default_factory=SupplySide)
    categories: tuple[Category, ...] = tuple(CATEGORIES[c] for c in codes.CATEGORIES)
    platforms: tuple[Platform, ...] = tuple(PLATFORMS[p] for p in codes.PLATFORMS)

    def of_categories(self, name: str) -> Array:
        """One parameter of every category, shape (12,)."""
        return np.array([getattr(c, name) for c in self.categories], dtype=float)

    def of_platforms(self, name: str) -> Array:
        """One parameter of every platform, shape (8,)."""
        return np.array([getattr(p, name) for p in self.platforms], dtype=float)

    def partner(self, name: str) -> Array:
        """Index of the substitute or complement of every category, shape (12,)."""
        return np.array([codes.CATEGORIES.index(getattr(c, name)) for c in self.categories])
