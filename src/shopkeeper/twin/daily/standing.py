"""Records of what stands: shops, articles, prices and costs as they change, offers, campaigns, calendar, staff, stock."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from shopkeeper.twin import codes
from shopkeeper.twin.daily.later import Frame
from shopkeeper.twin.daily.rows import DAY, NONE, texts
from shopkeeper.twin.draws import Array
from shopkeeper.twin.supply.buyer import LEAD_DAYS
from shopkeeper.twin.supply.catalogue import names_of

if TYPE_CHECKING:
    from shopkeeper.twin.daily.day import Day
    from shopkeeper.twin.world import World

_MAKERS = ("景德镇", "武夷", "苏州", "杭州", "宜兴", "南通", "佛山", "福鼎", "徽州", "湖州", "安溪", "德化")


def tell_beginning(world: World) -> None:
    """What stands before the first day."""
    _shops(world)
    _suppliers(world)
    _articles(world)
    _calendar(world)
    _campaigns(world)
    _staff(world)


def _shops(world: World) -> None:
    shops = world.parameters.platforms
    world.rows.add(
        "shops",
        {
            "shop": np.arange(8),
            "name": texts([p.name for p in shops]),
            "commission_share": np.array([p.commission for p in shops]),
            "payment_fee_share": np.array([p.service_fee for p in shops]),
            "settle_days": np.array([p.settle_days for p in shops]),
            "promise_hours": np.array([p.promise_hours for p in shops]),
        },
    )


def _suppliers(world: World) -> None:
    number = np.arange(36)
    names = [f"{_MAKERS[n % 12]}{('文创', '工坊', '实业')[n // 12]}有限公司" for n in number]
    world.rows.add(
        "suppliers",
        {
            "supplier": number,
            "name": texts(names),
            "lead_time_days": LEAD_DAYS[number % len(LEAD_DAYS)],
            "payment_days": payment_days(number),
        },
    )


def payment_days(supplier: Array) -> Array:
    """Days from receipt to payment."""
    days: Array = np.array([30, 45, 30, 60, 15])[supplier % 5]
    return days


def _articles(world: World) -> None:
    c = world.catalogue
    names = names_of(c)
    short = ("TEA", "WAR", "SNK", "SKN", "FRA", "BED", "TAB", "LNG", "DRS", "SCF", "STA", "GFT")
    codes_ = [f"LT-{short[int(c.category[n])]}-{int(c.product[n]):04d}-{n % 3 + 1:02d}" for n in range(c.size)]
    barcodes = [_ean(f"6970{10_000_000 + n * 7:08d}") for n in range(c.size)]
    long_ago = -30 - (world.draws.uniform("launched before", np.arange(c.size)) * 1000).astype(np.int64)
    world.rows.add(
        "skus",
        {
            "sku": np.arange(c.size),
            "code": texts(codes_),
            "barcode": texts(barcodes),
            "product": c.product,
            "name": texts([n for n, _ in names]),
            "category": c.category,
            "variant": texts([v for _, v in names]),
            "supplier": c.supplier,
            "list_fen": c.list_fen,
            "vat_share": c.vat,
            "weight_g": c.weight_g,
            "launched_day": np.where(c.launched < 0, long_ago, c.launched),
            "ended_day": np.where(c.ended > world.length, NONE, c.ended),
            "true_quality": c.quality,
        },
    )


def _ean(twelve: str) -> str:
    digits = [int(d) for d in twelve]
    return f"{twelve}{-(sum(digits[::2]) + 3 * sum(digits[1::2])) % 10}"


def _calendar(world: World) -> None:
    days, names, kinds = [], [], []
    for festival in world.days.festivals:
        for n in range((festival.last - festival.first).days + 1):
            days.append((festival.first - world.start).days + n)
            names.append(festival.name)
            kinds.append(("retail", "public", "own").index(festival.kind))
    world.rows.add("calendar", {"day": np.array(days), "name": texts(names), "kind": np.array(kinds)})


AD_PLANS = 2  # running advertising campaigns a shop


def _campaigns(world: World) -> None:
    number, shop, name, kind = [], [], [], []
    for s, platform in enumerate(world.parameters.platforms):
        for plan in range(AD_PLANS):
            number.append(1 + s * 4 + plan)
            shop.append(s)
            name.append(f"{platform.name} {('拉新', '日常种草')[plan]}")
            kind.append(codes.AD_CHANNELS[ad_channel(s, plan)])
    first, budget = np.zeros(len(number), dtype=np.int64), np.full(len(number), 10_000_000)
    last = first + world.length - 1
    weeks = np.arange((world.length - 1) // 7 + 1)
    world.rows.add(
        "campaigns",
        {
            "campaign": np.concatenate([number, 500 + weeks]),
            "shop": np.concatenate([shop, np.zeros(len(weeks), dtype=np.int64)]),
            "name": texts([*name, *(f"会员关怀短信 第{w + 1}周" for w in weeks)]),
            "kind": texts([*kind, *("sms" for _ in weeks)]),
            "start_day": np.concatenate([first, weeks * 7]),
            "end_day": np.concatenate([last, np.minimum(weeks * 7 + 6, world.length - 1)]),
            "budget_fen": np.concatenate([budget, np.zeros(len(weeks), dtype=np.int64)]),
        },
    )


def ad_channel(shop: int, plan: int) -> int:
    """The advertising channel of a shop's plan, as a position in codes.AD_CHANNELS."""
    return ((0, 1), (0, 1), (2, 1), (2, 1), (3, 1), (0, 1), (4, 4), (4, 4))[shop][plan]


_TEAMS = (
    ("management", "总经理", 1, 4_500_000), ("marketing", "投放", 5, 1_700_000), ("content", "内容编导", 5, 1_500_000),
    ("service", "客服", 24, 780_000), ("warehouse", "仓管", 12, 720_000), ("purchasing", "采购", 3, 1_500_000),
    ("finance", "会计", 2, 1_400_000), ("technology", "数据工程师", 2, 2_600_000), ("stores", "店员", 14, 690_000),
)  # fmt: skip
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗"
_GIVEN = "文静子涵雨桐思远嘉怡浩然诗琪俊杰梦瑶天宇若曦明哲佳宁志强晓燕"


def person_name(number: int) -> str:
    """A plausible Chinese name."""
    start = number * 7 % (len(_GIVEN) - 1)
    return _SURNAMES[number % len(_SURNAMES)] + _GIVEN[start : start + 1 + number % 2]


def staff_of(world: World) -> Frame:
    """Everybody who ever works there, one row each: staff, team, role, pay, first and last day.

    A world too small for a whole person in every team has part-time staff: pay in all follows the scale.
    """
    rows: list[tuple[int, int, str, int, int, int, int]] = []
    heads = [max(1, round(many * world.scale)) for _, _, many, _ in _TEAMS]
    wanted = world.scale * sum(many * pay for _, _, many, pay in _TEAMS)
    part = min(1.0, wanted / sum(many * pay for many, (_, _, _, pay) in zip(heads, _TEAMS, strict=True)))
    number = 0
    for many, (team, role, _, pay) in zip(heads, _TEAMS, strict=True):
        boss = number
        for place in range(many):
            leader = place == 0
            u = world.draws.uniform("staff", number, 0, np.arange(3))
            first = 0 if leader or u[0] < 0.8 else int(u[1] * world.length)
            leaves = first + 60 + int(u[2] * 4 * world.length)
            last = leaves if not leader and u[2] < 0.25 and leaves < world.length else int(NONE)
            superior = NONE if team == "management" else (0 if leader else boss)
            monthly = int(pay * part * ((1.3 if many > 3 else 1.0) if leader else 0.9 + 0.3 * u[1]))
            rows.append((number, codes.TEAMS.index(team), role, int(superior), monthly, first, last))
            number += 1
    columns = list(zip(*rows, strict=True))
    names = ("staff", "team", "role", "reports_to", "monthly_cost_fen", "valid_from", "left_day")
    return {n: texts(list(c)) if n == "role" else np.array(c) for n, c in zip(names, columns, strict=True)}


def _staff(world: World) -> None:
    staff = world.staff
    name = texts([person_name(int(n)) for n in staff["staff"]])
    none = np.full(len(name), NONE)
    begins = {**staff, "name": name, "left_day": none}
    world.rows.add("staff", begins, np.maximum(staff["valid_from"], 0) * DAY)
    gone = staff["left_day"] != NONE
    left = {n: c[gone] for n, c in {**staff, "name": name}.items()}
    world.rows.add("staff", {**left, "valid_from": left["left_day"]}, left["left_day"] * DAY)


class Standing:
    """Tells what stands as it changes: prices, costs, offers, placements, stock levels."""

    def __init__(self) -> None:
        self._price: Array | None = None
        self._cost: Array | None = None
        self._offers: set[int] = set()
        self._featured: dict[int, tuple[int, ...]] = {}

    def tell(self, day: Day) -> None:
        """Changes of a day. Prices are those shown at its end; changes within the day come with their second in `extra`."""
        self._tell_prices(day)
        self._tell_costs(day)
        self._tell_offers(day)
        day.region.rows.add("stock_days", stock_frame(day))

    def _tell_prices(self, day: Day) -> None:
        r = day.region
        for second, asked in day.shown:
            changed = np.ones(asked.shape, dtype=bool) if self._price is None else asked != self._price
            changed &= r.catalogue.on_sale(day.day, float(r.days.phase[day.day]))[None, :]
            shop, sku = np.nonzero(changed)
            frame: Frame = {
                "shop": shop,
                "sku": sku,
                "valid_from": np.full(len(sku), day.day * DAY + second),
                "list_fen": r.catalogue.list_fen[sku],
                "sale_fen": asked[shop, sku],
            }
            r.rows.add("prices", frame)
            base = np.zeros_like(asked) if self._price is None else self._price
            self._price = np.where(changed, asked, base)

    def _tell_costs(self, day: Day) -> None:
        cost = day.region.catalogue.cost_of(day.day)
        changed = np.arange(len(cost)) if self._cost is None else np.flatnonzero(cost != self._cost)
        frame = {"sku": changed, "valid_from": np.full(len(changed), day.day), "unit_cost_fen": cost[changed]}
        day.region.rows.add("sku_costs", frame)
        self._cost = cost

    def _tell_offers(self, day: Day) -> None:
        levers = day.board.levers
        new = [o for o in levers.offers if o.coupon not in self._offers and o.first_day <= day.day]
        if new:
            self._offers |= {o.coupon for o in new}
            names = [f"满{o.threshold_fen // 100}减{o.face_fen // 100}" for o in new]
            day.region.rows.add(
                "coupons",
                {
                    "coupon": np.array([o.coupon for o in new]),
                    "shop": np.array([o.shop for o in new]),
                    "name": texts(names),
                    "threshold_fen": np.array([o.threshold_fen for o in new]),
                    "face_fen": np.array([o.face_fen for o in new]),
                    "borne_by": np.array([o.bearer for o in new]),
                    "start_day": np.array([o.first_day for o in new]),
                    "end_day": np.array([o.end_day - 1 for o in new]),
                },
            )
        for shop, skus in levers.featured.items():
            if self._featured.get(shop, ()) != tuple(skus):
                self._featured[shop] = tuple(int(s) for s in skus)
                n = len(skus)
                day.region.rows.add(
                    "promotions",
                    {
                        "shop": np.full(n, shop),
                        "sku": skus,
                        "start_day": np.full(n, day.day),
                        "end_day": np.full(n, day.region.days.length - 1),
                        "display": texts(["首页首屏"] * n),
                    },
                )


def stock_frame(day: Day) -> Frame:
    """Stock at the end of Sundays and of last days of months, of articles that ever had any; empty on other days."""
    r = day.region
    tomorrow = r.days.start + dt.timedelta(day.day + 1)
    if tomorrow.weekday() != 0 and tomorrow.day != 1:
        return {}
    stock = r.stock
    ever = (stock.on_hand != 0) | (stock.last_received >= 0) | (stock.last_sold >= 0) | (stock.in_transit != 0)
    warehouse, sku = np.nonzero(ever)
    at = (warehouse, sku)
    return {
        "day": np.full(len(sku), day.day),
        "warehouse": warehouse,
        "sku": sku,
        "on_hand": stock.on_hand[at],
        "available": stock.available[at],
        "in_transit": stock.in_transit[at],
        "value_fen": stock.on_hand[at] * r.catalogue.cost_of(day.day)[sku],
        "last_received_day": np.where(stock.last_received[at] < 0, NONE, stock.last_received[at]),
        "last_sold_day": np.where(stock.last_sold[at] < 0, NONE, stock.last_sold[at]),
    }
