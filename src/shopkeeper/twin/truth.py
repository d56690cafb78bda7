"""What the product must never read: parameters, incidents, identities, and what a little more of each lever would bring.

Marginal responses are measured, not derived: two worlds from the same seed, one with the action, compared over the days
after it. Because draws do not shift, the difference holds no noise of the draws themselves.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shopkeeper.errors import UsageError
from shopkeeper.twin import codes
from shopkeeper.twin.actions import Action, OfferCoupon, SendMessages, SetBudget, SetPrice
from shopkeeper.twin.parameters import Parameters
from shopkeeper.twin.people.accounts import household_of
from shopkeeper.twin.world import World

NEEDED = ("orders", "order_lines", "refunds", "ad_days", "shipments", "order_states")


@dataclass(frozen=True)
class Outcome:
    """What a span of days brought. Money in fen; `margin_fen` is receivable less VAT, cost of goods, refunds and advertising."""

    orders: int
    buyers: int
    units: int
    paid_fen: int
    margin_fen: int
    ad_fen: int


@dataclass(frozen=True)
class Response:
    """An action's outcome beside the same world without it."""

    name: str
    from_day: dt.date
    days: int
    without: Outcome
    with_it: Outcome

    def as_row(self) -> dict[str, object]:
        """As a flat row: both outcomes and their difference."""
        row: dict[str, object] = {"action": self.name, "from_day": self.from_day.isoformat(), "days": self.days}
        for field in dataclasses.fields(Outcome):
            one, other = getattr(self.without, field.name), getattr(self.with_it, field.name)
            row |= {f"{field.name}_without": one, f"{field.name}_with": other, f"{field.name}_difference": other - one}
        return row


def parameters_told(world: World) -> dict[str, object]:
    """Every number that the world is made of, by name."""
    told = dataclasses.asdict(world.parameters)
    told["categories"] = dict(zip(codes.CATEGORIES, told["categories"], strict=True))
    told["platforms"] = dict(zip(codes.PLATFORMS, told["platforms"], strict=True))
    return {"seed": world.seed, "scale": world.scale, "start": world.start.isoformat(), "days": world.length, **told}


def incidents_told(world: World) -> list[dict[str, object]]:
    """Every incident with its minutes, place and size; harmless ones are marked."""
    return [incident.told(world.start) for incident in world.incidents]


def people_told(world: World) -> pa.Table:
    """Everybody who has an account so far: person, household, weight of money, attention, goodwill, orders, accounts."""
    parts = []
    for region in world.regions:
        people = region.people
        rows = np.flatnonzero(people.accounts)
        numbers = people.numbers[rows]
        parts.append(
            pa.table(
                {
                    "person": numbers,
                    "household": household_of(world.draws, numbers),
                    "thrift": people.thrift[rows],
                    "attention": people.attention[rows],
                    "goodwill": people.goodwill[rows],
                    "orders": people.orders[rows].astype(np.int32),
                    "accounts": people.accounts[rows].astype(np.int32),
                }
            )
        )
    return pa.concat_tables(parts)


def respond(
    seed: int, scale: float, start: dt.date, at: dt.date, days: int, actions: Callable[[World], Sequence[Action]], name: str,
    parameters: Parameters | None = None,
) -> Response:  # fmt: skip
    """What an action on the morning of `at` changes over the following days.

    `actions` makes them from the world as it is then. Raises UsageError when `at` is not after the start.
    """
    without = _run(seed, scale, start, at, days, lambda _: (), parameters)
    return Response(name, at, days, without, _run(seed, scale, start, at, days, actions, parameters))


def _run(
    seed: int, scale: float, start: dt.date, at: dt.date, days: int, actions: Callable[[World], Sequence[Action]],
    parameters: Parameters | None,
) -> Outcome:  # fmt: skip
    before = (at - start).days
    if before < 1 or days < 1:
        raise UsageError("a response needs a day before the action and one after it", received=at, where="twin truth")
    world = World(seed, scale, start, days=before + days, parameters=parameters, records=NEEDED)
    world.step(before)
    return outcome(world, world.step(days, actions(world)).tables)


def outcome(world: World, tables: dict[str, pa.Table]) -> Outcome:
    """What a stretch brought; brushing is left out."""
    orders = tables["orders"].filter(pc.invert(tables["orders"]["is_brushing"]))
    paid = pc.is_in(
        orders["order"],
        pc.filter(tables["order_states"]["order"], pc.equal(tables["order_states"]["state"].cast(pa.string()), "paid")),
    )
    orders = orders.filter(paid)
    lines = tables["order_lines"].join(orders.select(["order"]), "order", join_type="inner")
    sku = lines["sku"].to_numpy()
    share = world.catalogue.vat[sku]
    receivable = sum(lines[n].to_numpy() for n in ("payable_fen", "platform_fen", "influencer_fen"))
    cost = (lines["quantity"].to_numpy().astype(np.int64) * lines["unit_cost_fen"].to_numpy()).sum()
    back = pc.sum(tables["refunds"]["amount_fen"]).as_py() or 0
    spend = pc.sum(tables["ad_days"]["spend_fen"]).as_py() or 0
    freight = pc.sum(tables["shipments"]["freight_cost_fen"]).as_py() or 0
    net = float((receivable / (1.0 + share)).sum()) - float(cost) - back / 1.13 - spend - freight
    return Outcome(
        orders=orders.num_rows,
        buyers=len(pc.unique(orders["person"])),
        units=int(pc.sum(lines["quantity"]).as_py() or 0),
        paid_fen=int(pc.sum(orders["payable_fen"]).as_py() or 0),
        margin_fen=round(net),
        ad_fen=int(spend),
    )


def standard_responses(world: World, at: dt.date, days: int = 28) -> list[Response]:
    """Responses at the points that levers are judged by.

    Prices of every category ±10 %, advertising of every platform ±20 %, a larger offer, a message to every 100th customer.
    """
    points: list[tuple[str, Callable[[World], Sequence[Action]]]] = []
    for number, category in enumerate(codes.CATEGORIES):
        skus = tuple(int(s) for s in np.flatnonzero(world.catalogue.category == number))
        for factor in (0.9, 1.1):
            points.append((f"price {category} x {factor}", _always(SetPrice(skus=skus, factor=factor))))
    for shop, platform in enumerate(codes.PLATFORMS):
        for factor in (0.8, 1.2):
            points.append((f"budget {platform} x {factor}", _always(SetBudget(factor, (shop,)))))
    points.append(("offer 满199减30 tmall", _always(OfferCoupon(0, 19_900, 3_000, days))))
    points.append(("message to every 100th customer", _message))
    fixed = (world.seed, world.scale, world.start, at, days)
    without = _run(*fixed, lambda _: (), world.parameters)
    return [Response(name, at, days, without, _run(*fixed, actions, world.parameters)) for name, actions in points]


def _always(action: Action) -> Callable[[World], Sequence[Action]]:
    return lambda _: (action,)


def _message(world: World) -> Sequence[Action]:
    accounts: list[int] = []
    for region in world.regions:
        customers = np.flatnonzero(region.people.orders > 0)
        chosen = customers[region.people.numbers[customers] % 100 == 0]
        accounts += (region.people.numbers[chosen] * 16 + region.people.last_platform[chosen]).tolist()
    return (SendMessages(tuple(accounts)),)
