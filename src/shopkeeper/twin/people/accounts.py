"""The accounts of people: what each platform is told of them, and which keys they share by accident or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shopkeeper.twin.daily.later import Frame
from shopkeeper.twin.daily.rows import DAY, NONE, texts
from shopkeeper.twin.draws import Array, Draws, pick
from shopkeeper.twin.people.words import chosen_words, glue

if TYPE_CHECKING:
    from shopkeeper.twin.daily.day import Day
    from shopkeeper.twin.daily.orders import Sales
    from shopkeeper.twin.daily.region import Region

_PREFIX = np.array([13, 15, 17, 18, 19, 16], dtype=np.int64)
_HANDLES = tuple("小阿月清南木鹿茶云鱼竹山星雪棠橘")
_DOMAINS = ("qq.com", "163.com", "outlook.com", "126.com", "foxmail.com")
_GIVES_PHONE = np.array([0.96, 0.94, 0.97, 0.97, 0.95, 0.90, 0.86, 0.40])
_GIVES_MAIL = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.92, 0.03])
_WALLET_SHOPS = np.array([3, 5, 7])  # one wallet's id is seen at Kuaishou, Pinduoduo and in stores
_SURNAMES = tuple("王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹")
_GIVEN = (
    "婷", "静", "敏", "丽", "洁", "雪", "颖", "琳", "倩", "欣怡", "梓涵", "雨萱", "思琪", "佳怡", "晓雯", "若曦", "梦洁", "诗涵",
    "嘉宁", "可欣", "伟", "强", "磊", "浩", "杰", "志远", "子轩", "浩然", "俊杰", "宇航",
)  # fmt: skip
SECOND_PHONE = 0.14


def household_of(draws: Draws, numbers: Array) -> Array:
    """Households: about a third of people share one with the next number."""
    shares = draws.uniform("household", numbers // 2) < 0.34
    return np.where(shares, numbers // 2 * 2, numbers)


def phone_of(draws: Draws, numbers: Array, shop: Array) -> Array:
    """The mobile number that a person gives at a shop; NONE where none is given.

    Some use a second number at part of the shops, and a few give the household's: keys that divide and keys that merge.
    """
    u = draws.uniform("phone given", numbers, shop)
    second = (draws.uniform("two phones", numbers) < SECOND_PHONE) & (draws.uniform("which phone", numbers, shop) < 0.4)
    family = draws.uniform("family phone", numbers, shop) < 0.05
    owner = np.where(family, household_of(draws, numbers), numbers)
    words = draws.words("phone", owner, second.astype(np.int64))
    phone = _PREFIX[(words % np.uint64(6)).astype(np.int64)] * 10**9 + (words >> np.uint64(8)).astype(np.int64) % 10**9
    return np.where(u < _GIVES_PHONE[shop], phone, NONE)


def born_in(draws: Draws, numbers: Array) -> Array:
    """Year of birth: most between 1975 and 2004."""
    return (1990 + 9 * draws.normal("born", numbers)).astype(np.int64).clip(1948, 2007)


def names_for(draws: Draws, numbers: Array) -> Array:
    """Names of people; many share one, as many do."""
    surname = np.array(_SURNAMES)
    given = np.array(_GIVEN)
    first = surname[pick(np.cumsum(np.linspace(2, 0.5, 30) / 37.5), draws.uniform("surname", numbers))]
    second = given[draws.below("given name", 30, numbers)]
    return np.char.add(first, second).astype(object)


class Accounts:
    """Tells people and accounts when they first appear."""

    def tell_past(self, region: Region) -> None:
        """Customers from before the start, with an account at home."""
        people = region.old_customers
        self._known = np.zeros(region.people.size, dtype=bool)
        self._bits = np.zeros(region.people.size, dtype=np.uint8)
        at = (region.people.first_day[people].astype(np.int64)) * DAY + 43_200
        self._tell(region, people, region.people.home[people].astype(np.int64), at)

    def tell(self, day: Day, sales: Sales) -> None:
        """Accounts that place their first order today."""
        if not sales.orders:
            return
        people, shop = sales.orders["person"], sales.orders["shop"]
        new = (self._bits[people] >> shop.astype(np.uint8)) & 1 == 0
        rows = np.flatnonzero(new)
        _, first = np.unique(people[rows] * 8 + shop[rows], return_index=True)
        rows = rows[np.sort(first)]
        self._tell(day.region, people[rows], shop[rows], sales.orders["placed_at"][rows] - 60)

    def _tell(self, region: Region, people: Array, shop: Array, at: Array) -> None:
        np.bitwise_or.at(self._bits, people, np.uint8(1) << shop.astype(np.uint8))
        draws, numbers = region.draws, region.people.numbers[people]
        fresh = ~self._known[people]
        _, first = np.unique(people[fresh], return_index=True)
        once = np.flatnonzero(fresh)[np.sort(first)]
        self._known[people] = True
        who = numbers[once]
        region.rows.add(
            "people",
            {
                "person": who,
                "household": household_of(draws, who),
                "name": names_for(draws, who),
                "gender": (draws.uniform("gender", who) > 0.71).astype(np.int64),
                "birth_year": born_in(draws, who),
                "province": region.people.province[people[once]],
                "known_from": at[once] // DAY,
            },
        )
        region.rows.add("accounts", self._accounts(draws, numbers, shop, at))
        self._consents(region, people, numbers, shop, at)

    @staticmethod
    def _accounts(draws: Draws, numbers: Array, shop: Array, at: Array) -> Frame:
        words = draws.words("handle", numbers, shop)
        first = chosen_words(_HANDLES, (words % np.uint64(16)).astype(np.int64))
        second = chosen_words(_HANDLES, ((words >> np.uint64(8)) % np.uint64(16)).astype(np.int64))
        tail = ((words >> np.uint64(16)).astype(np.int64) % 10**9) * 10 + shop
        handles = glue(first, second, "_", tail)
        mails = draws.uniform("mail given", numbers, shop) < _GIVES_MAIL[shop]
        left = draws.words("mail name", numbers).astype(np.int64) % 10**8 + 10**8
        email = glue("u", left, "@", chosen_words(_DOMAINS, draws.below("mail", 5, numbers)), empty=~mails)
        wallet = np.isin(shop, _WALLET_SHOPS) & (draws.uniform("wallet", numbers) < 0.7)
        open_id = glue("o", draws.words("open id", numbers) >> np.uint64(1), empty=~wallet)
        own_device = draws.uniform("new device", numbers, shop) < 0.35
        device = draws.words("device", numbers, np.where(own_device, shop + 1, 0)).astype(np.int64) % 10**15 + 10**15
        return {
            "account": numbers * 16 + shop,
            "person": numbers,
            "shop": shop,
            "handle": handles,
            "phone": phone_of(draws, numbers, shop),
            "email": email,
            "open_id": open_id,
            "device": device,
            "created_at": at,
            "is_member": draws.uniform("joins", numbers, shop) < 0.46,
        }

    @staticmethod
    def _consents(region: Region, people: Array, numbers: Array, shop: Array, at: Array) -> None:
        agrees = region.draws.uniform("agrees to messages", numbers) < 0.62
        for purpose, chance in ((0, agrees), (2, region.draws.uniform("profiling", numbers) < 0.8)):
            region.rows.add(
                "consents",
                {
                    "account": numbers * 16 + shop,
                    "purpose": np.full(len(people), purpose),
                    "at": at,
                    "granted": chance,
                    "evidence": texts(["注册协议勾选"] * len(people)),
                },
            )
        withdrawn = agrees & (region.draws.uniform("withdraws", numbers, shop) < 0.06)
        n = int(withdrawn.sum())
        later = at[withdrawn] + (
            region.draws.uniform("withdraws when", numbers[withdrawn], shop[withdrawn]) * 200 * DAY
        ).astype(np.int64)
        region.rows.add(
            "consents",
            {
                "account": (numbers * 16 + shop)[withdrawn],
                "purpose": np.zeros(n, dtype=np.int64),
                "at": later,
                "granted": np.zeros(n, dtype=bool),
                "evidence": texts(["短信回复 TD"] * n),
            },
            np.maximum(later, 0),
        )
