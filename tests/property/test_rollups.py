"""Roll-ups that many loads have mended hold the same cells as a count of everything: late rows, refunds, corrections, deletions.

Every step writes to the lake, then asks the same matrix twice: from roll-ups brought up to date, and counted anew.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator

import pytest

from shopkeeper.core.period import Grain
from shopkeeper.kpi import matrix
from shopkeeper.kpi.definition import Slice
from shopkeeper.kpi.result import Matrix, Request
from shopkeeper.warehouse.engines import reading
from tests.tiny_shop import Row, TinyShop, insert, line, make_tiny, noon

DAY = dt.timedelta(days=1)
BEGIN = dt.date(2016, 11, 20)
CUTS: tuple[tuple[Slice, ...], ...] = ((), ("platform",), ("shop",), ("category",), ("channel",))
BUYERS = [None, *(f"b{n}" for n in range(12))]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyShop]:
    made = make_tiny(tmp_path_factory.mktemp("shop") / "tiny").with_settings("[warehouse]\nrollups_from_lines = 0\n")
    yield made
    made.shop.close()


KINDS = (
    "day", "day", "day", "late", "refund", "correct", "delete", "category", "spend", "cost", "booked", "product", "recost",
    "nothing",
)  # fmt: skip


class World:
    """Random loads; the shop's days go on, and everything that was may be corrected."""

    def __init__(self, tiny: TinyShop, seed: int, far: int = 1, *, persons: bool = False) -> None:
        self.tiny, self.dice, self.today, self.number = tiny, random.Random(seed), BEGIN, 0
        self.far = far  # times as far back as else
        self.more = ["link"] * 6 if persons else []

    def day(self, back: int = 0) -> str:
        """A day not later than today, mostly recent."""
        gap = self.dice.choice([0, 0, 1, 3, back]) * self.far if back else 0
        return max(BEGIN, self.today - gap * DAY).isoformat()

    def lines(self, count: int, back: int) -> list[Row]:
        made: list[Row] = []
        for _ in range(count):
            self.number += 1
            day = self.day(back)
            more: dict[str, object] = {
                "shop_id": self.dice.choice(["s1", "s1", "s2", "s3"]), "sku_id": self.dice.choice(["tea", "rice", "gift", "new"]),
                "channel_id": self.dice.choice([None, "live", "search"]), "is_brushing": self.dice.random() < 0.1,
                "receivable_amount": "7", "list_amount": "12",
            }  # fmt: skip
            if self.dice.random() < 0.15:
                more["paid"] = self.dice.choice([None, self.today.isoformat()])
            made.append(line(f"o{self.number}", day, self.dice.choice(BUYERS), self.dice.randint(1, 99), **more))
        return made

    def refunds(self, count: int) -> list[Row]:
        made: list[Row] = []
        for _ in range(count):
            self.number += 1
            day = self.day(40)
            made.append({
                "refund_id": f"r{self.number}", "order_id": f"o{self.dice.randint(1, self.number)}", "ordered_day": day,
                "refunded_day": self.today.isoformat(), "refunded_at": noon(self.today.isoformat()), "quantity": 1, "amount": 3,
                "kind": self.dice.choice(["return", "refund_only", "before_shipment"]),
                "customer_id": self.dice.choice(BUYERS), "sku_id": self.dice.choice(["tea", "rice", "gift", None]),
            })  # fmt: skip
        return made

    def costs(self) -> list[Row]:
        """A cost of an article or of a product, from some day on."""
        about = {"shop_id": self.dice.choice(["s1", "s2"]), "sku_id": self.dice.choice(["tea", "rice", "drink"])}
        return [about | {"valid_from": self.day(30), "unit_cost": self.dice.randint(1, 9), "vat_share": 0.1}]

    def booked(self) -> list[Row]:
        """A cost booked on an order, perhaps on a line of it."""
        about = {"order_id": f"o{self.dice.randint(1, self.number)}", "child_order_id": self.dice.choice(["", "1"])}
        about["shop_id"] = self.dice.choice(["s1", "s2"])
        return [about | {"sku_id": "tea", "booked_day": self.day(9), "unit_cost": 2}]

    def link(self) -> None:
        """Some of the buyers, now or ever, are another person than before, or nobody's."""
        self.number += 1
        run = {"run_id": f"link-{self.number}", "ran_at": noon(self.today.isoformat()), "ran_by": "tests", "snapshot": 1,
               "decisions": 0, "rules": "r"}  # fmt: skip
        some = self.dice.sample(BUYERS[1:], self.dice.randint(1, 4))
        lake = self.tiny.shop.lake
        with lake.writing("tests", "link"):
            insert(self.tiny.shop, "link_runs", [run])
            listed = ", ".join(f"'{customer}'" for customer in some)
            lake.connection.execute(f"DELETE FROM person_members WHERE customer_id IN ({listed})")
            insert(self.tiny.shop, "person_members", [
                {"customer_id": c, "person_id": f"P{self.dice.randrange(4)}", "linked": self.dice.random() < 0.8}
                for c in some if self.dice.random() < 0.9
            ] or [{"customer_id": "nobody", "person_id": "P9", "linked": False}])  # fmt: skip
            lake.connection.execute("DELETE FROM person_members WHERE customer_id = 'nobody'")

    def step(self) -> str:
        """One load of some kind."""
        kind = self.dice.choice([*KINDS, *self.more])
        sql = ""
        if kind == "day":
            self.today += self.dice.choice([1, 1, 2, 9]) * DAY
            self.tiny.add(order_lines=self.lines(self.dice.randint(1, 9), 0))
        elif kind == "late":
            self.tiny.add(order_lines=self.lines(3, 200))
        elif kind == "refund":
            self.tiny.add(refunds=self.refunds(3))
        elif kind == "spend":
            self.number += 1
            self.tiny.add(ad_spend=[{"spent_day": self.day(20), "amount": 5, "campaign_id": f"c{self.number}"}])
        elif kind == "correct":
            sets = self.dice.choice(
                ["payable_amount = payable_amount + 1", f"customer_id = 'b{self.dice.randrange(12)}'",
                 "paid_day = coalesce(paid_day, ordered_day) + 1", "paid_day = NULL", "is_brushing = NOT is_brushing"]
            )  # fmt: skip
            sql = f"UPDATE order_lines SET {sets} WHERE hash(order_id) % 7 = {self.dice.randrange(7)}"
            sql += f" AND ordered_day > DATE '{self.day(60)}'::DATE - 10 AND ordered_day < DATE '{self.today}'"
        elif kind == "delete":
            sql = f"DELETE FROM order_lines WHERE hash(order_id) % 11 = {self.dice.randrange(11)}"
        elif kind == "category":
            sql = (
                f"UPDATE products SET category = 'C{self.number}' WHERE sku_id = '{self.dice.choice(['tea', 'rice'])}'"
            )
        elif kind == "link":
            self.link()
        elif kind == "cost":
            self.tiny.add(sku_costs=self.costs())
        elif kind == "booked":
            self.tiny.add(order_costs=self.booked())
        elif kind == "product":
            article = self.dice.choice(["tea", "rice"])
            product = self.dice.choice(["'drink'", "NULL"])
            sql = f"UPDATE products SET product_id = {product} WHERE sku_id = '{article}'"
        elif kind == "recost":
            sql = (
                f"UPDATE sku_costs SET unit_cost = unit_cost + 1 WHERE hash(valid_from) % 3 = {self.dice.randrange(3)}"
            )
        if sql:
            with self.tiny.shop.lake.writing("tests", kind):
                self.tiny.shop.lake.connection.execute(sql)
        return kind


def differences(rolled: Matrix, counted: Matrix) -> list[str]:
    """Cells that are not the same, in words."""
    mine = {(c.kpi, c.period.label, c.dims): c for c in rolled.cells}
    wrong = []
    for cell in counted.cells:
        other = mine.pop((cell.kpi, cell.period.label, cell.dims), None)
        if repr(other) != repr(cell):  # a count is no amount of the same size
            wrong.append(f"{cell}\n   rolled: {other}")
    return wrong + [f"only rolled: {cell}" for cell in mine.values()]


def same(tiny: TinyShop, request: Request) -> list[str]:
    shop = tiny.shop
    with reading(shop.lake, shop.settings.engine) as engine:
        found = matrix._holdings_at(shop, engine)
        rolled = matrix._compute(shop, engine, request, found, rolled=True)
        counted = matrix._compute(shop, engine, request, found)
    return differences(rolled, counted)


@pytest.mark.parametrize("seed", range(4))
def test_mended_roll_ups_hold_the_cells_of_a_full_count(tiny: TinyShop, seed: int) -> None:
    world = World(tiny, seed)
    tiny.put(
        order_lines=world.lines(25, 0),
        refunds=world.refunds(1),
        ad_spend=[],
        order_costs=[],
        sku_costs=world.costs(),
        ledger_entries=[{"entry_id": "fee", "kind": "platform_fee", "booked_day": "2016-12-01", "amount": 1}],
        products=[{"sku_id": "tea", "category": "Drinks", "product_id": "drink"}],
        tickets=[
            {
                "ticket_id": f"t{n}",
                "opened_at": f"{world.day()} 10:0{n}:00",
                "opened_day": world.day(),
                "first_response_seconds": 20 + 30 * n,
                "answered_by_bot": n % 2 == 0,
            }
            for n in range(3)
        ],
    )
    cut = CUTS[seed % len(CUTS)]
    grains: tuple[Grain, ...] = ("week", "month") if seed % 2 else ("day", "quarter")
    history = []
    for _ in range(14):
        history.append(world.step())
        for grain in grains:
            wrong = same(tiny, Request(grain, by=cut))
            assert not wrong, f"after {history}, {grain} by {cut}: {len(wrong)} cells\n" + "\n".join(wrong[:6])


@pytest.mark.parametrize(("seed", "cut"), [(10, ()), (11, ("shop",))])
def test_mended_roll_ups_hold_what_new_payers_left(tiny: TinyShop, seed: int, cut: tuple[Slice, ...]) -> None:
    """Two years and more, corrected far back: cohorts that are over move with late lines, refunds and costs."""
    world = World(tiny, seed, far=12)
    lines: list[Row] = []
    for n in range(32):
        lines += world.lines(3, 0)
        # Somebody new every month, who comes again a month later.
        about: dict[str, object] = {"shop_id": "s1", "receivable_amount": "20"}
        lines += [line(f"x{n}{of}", world.day(), f"new{of}", 30, **about) for of in (n, n - 1)]
        world.today += 30 * DAY
    costs: list[Row] = [
        {"shop_id": s, "sku_id": k, "valid_from": "2016-11-01", "unit_cost": 2, "vat_share": 0.1}
        for s in ("s1", "s2", "s3") for k in ("tea", "drink")
    ]  # fmt: skip
    tiny.put(
        order_lines=lines, refunds=world.refunds(6), order_costs=[], sku_costs=costs,
        ad_spend=[{"shop_id": s, "spent_day": day, "amount": 5}
                  for s in ("s1", "s2") for day in ("2017-12-05", "2018-01-05", "2018-02-05", "2018-03-05")],
        products=[{"sku_id": "tea", "category": "Drinks"}, {"sku_id": "rice", "product_id": "drink"}],
    )  # fmt: skip
    request = Request("month", by=cut, kpis=("K3", "new_buyers", "gross_profit"))
    history = []
    for _ in range(12):
        history.append(world.step())
        wrong = same(tiny, request)
        assert not wrong, f"after {history}: {len(wrong)} cells\n" + "\n".join(wrong[:6])
    told = {c.value for c in tiny.matrix("K3", by=cut).cells}
    assert len(told - {None}) > 1, "some cohort is told"


@pytest.mark.parametrize("seed", [21, 22])
def test_mended_roll_ups_follow_who_is_one_person(tiny: TinyShop, seed: int) -> None:
    world = World(tiny, seed, persons=True)
    tiny.put(
        order_lines=world.lines(40, 0), refunds=world.refunds(2), sku_costs=world.costs(), ad_spend=[], order_costs=[],
        orders=[
            {"order_id": f"m{n}", "ordered_at": noon(day), "ordered_day": day, "paid_day": day, "customer_id": buyer,
             "member_tier": tier}
            for n in range(30) for day, buyer, tier in [
                (str(BEGIN + world.dice.randrange(90) * DAY), world.dice.choice(BUYERS), world.dice.choice(["gold", None]))]
        ],
        products=[{"sku_id": "tea", "category": "Drinks", "product_id": "drink"}], person_members=[], link_runs=[],
    )  # fmt: skip
    tiny.used |= {"person_members", "link_runs"}
    world.link()
    cut = CUTS[seed % len(CUTS)]
    grains: tuple[Grain, ...] = ("week", "month") if seed % 2 else ("day", "quarter")
    history = []
    for _ in range(10):
        history.append(world.step())
        for grain in grains:
            wrong = same(tiny, Request(grain, by=cut))
            assert not wrong, f"after {history}, {grain} by {cut}: {len(wrong)} cells\n" + "\n".join(wrong[:6])
