"""Daily figures of simulated worlds, counted straight from the twin's records: what a shop would see, and the truth beside it.

Every figure is an array by day and shop, or by day, shop and category. The same seed without its incidents is the
counterfactual: draws do not shift, so the difference between the two is what the incidents did, without noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shopkeeper.twin import codes
from shopkeeper.twin.incidents import Incident

Floats = NDArray[np.float64]
SHOPS, CATEGORIES = len(codes.PLATFORMS), len(codes.CATEGORIES)
RECORDS = ("orders", "order_lines", "order_states", "visitor_days", "ad_days", "refunds", "shipments", "skus")


@dataclass(frozen=True)
class WorldDays:
    """One world: figures by name, shape (days, shops) or (days, shops, categories), and what truly went wrong."""

    seed: int
    days: int
    figures: dict[str, Floats]
    incidents: tuple[Incident, ...]


def world_days(seed: int, scale: float, days: int, *, with_incidents: bool) -> WorldDays:
    """Run a world and count its days."""
    from shopkeeper.twin.world import START, World

    world = World(seed, scale, START, days=days, incidents=None if with_incidents else (), records=RECORDS)
    counting = _Counting(days, np.datetime64(START, "D"))
    while world.day < days:
        counting.take(world.step(min(30, days - world.day)).tables)
    return WorldDays(seed, days, counting.finished(), world.incidents)


class _Counting:
    """Sums of what the stretches tell; an order paid in a later stretch than it was placed in is known by its number."""

    def __init__(self, days: int, start: np.datetime64) -> None:
        self.days, self.start = days, start
        self.figures: dict[str, Floats] = {}
        self.category: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self.orders: list[dict[str, NDArray[Any]]] = []
        self.paid: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        self.lines: list[dict[str, NDArray[Any]]] = []

    def add(self, name: str, weight: Any, *places: NDArray[np.int64]) -> None:
        shape = (self.days, SHOPS, CATEGORIES)[: len(places)]
        inside = (places[0] >= 0) & (places[0] < self.days)
        at = np.ravel_multi_index(tuple(place[inside] for place in places), shape)
        weights = np.broadcast_to(np.asarray(weight, dtype=np.float64), inside.shape)[inside]
        found = np.bincount(at, weights, minlength=int(np.prod(shape))).reshape(shape)
        self.figures[name] = self.figures.get(name, np.zeros(shape)) + found

    def day_of(self, column: Any) -> NDArray[np.int64]:
        import pyarrow as pa
        import pyarrow.compute as pc

        local = pc.local_timestamp(column) if pa.types.is_timestamp(column.type) and column.type.tz else column
        found = local.to_numpy(zero_copy_only=False).astype("datetime64[D]")
        return np.asarray((found - self.start).astype(np.int64))

    def take(self, tables: Any) -> None:
        skus = tables["skus"]
        if skus.num_rows:
            number, category = skus["sku"].to_numpy(), _codes(skus["category"])
            grown = np.zeros(max(len(self.category), int(number.max()) + 1), dtype=np.int64)
            grown[: len(self.category)] = self.category
            grown[number] = category
            self.category = grown
        orders = tables["orders"]
        self.orders.append(
            {
                "order": orders["order"].to_numpy(), "shop": _codes(orders["shop"]), "day": self.day_of(orders["placed_at"]),
                "account": orders["account"].to_numpy(), "brushing": orders["is_brushing"].to_numpy(zero_copy_only=False),
            }
        )  # fmt: skip
        lines = tables["order_lines"]
        names = (
            "order",
            "sku",
            "quantity",
            "list_fen",
            "payable_fen",
            "platform_fen",
            "influencer_fen",
            "unit_cost_fen",
        )
        self.lines.append({name: lines[name].to_numpy() for name in names})
        states = tables["order_states"]
        paid = _codes(states["state"]) == codes.ORDER_STATES.index("paid")
        self.paid.append((states["order"].to_numpy()[paid], self.day_of(states["at"])[paid]))
        self._attention(tables)
        self._after(tables)

    def _attention(self, tables: Any) -> None:
        visits = tables["visitor_days"]
        place = self.day_of(visits["day"]), _codes(visits["shop"])
        self.add("visitors", visits["told_visitors"].to_numpy(), *place)
        self.add("carting", visits["carting"].to_numpy(), *place)
        ads = tables["ad_days"]
        place = self.day_of(ads["day"]), _codes(ads["shop"])
        winning = ads["is_acquisition"].to_numpy(zero_copy_only=False)
        self.add("acquisition_spend", ads["spend_fen"].to_numpy() / 100 * winning, *place)
        self.add("ad_amount", ads["spend_fen"].to_numpy() / 100, *place)
        self.add("ad_attributed", ads["attributed_fen"].to_numpy() / 100, *place)
        for name in ("impressions", "clicks"):
            self.add(f"ad_{name}", ads[name].to_numpy(), *place)

    def _after(self, tables: Any) -> None:
        refunds = tables["refunds"]
        granted = _codes(refunds["status"]) == codes.REFUND_STATUSES.index("refunded")
        place = self.day_of(refunds["at"])[granted], _codes(refunds["shop"])[granted]
        self.add("refund_amount", refunds["amount_fen"].to_numpy()[granted] / 100, *place)
        parcels = tables["shipments"]
        place = self.day_of(parcels["due_at"]), _codes(parcels["shop"])
        seconds = [parcels[name].to_numpy(zero_copy_only=False).astype("datetime64[s]").astype(np.int64)
                   for name in ("due_at", "shipped_at", "delivered_at")]  # fmt: skip
        self.add("parcels_due", 1.0, *place)
        self.add("parcels_on_time", (seconds[1] <= seconds[0]).astype(np.float64), *place)
        self.add("days_on_the_way", (seconds[2] - seconds[1]) / 86400.0, *place)

    def finished(self) -> dict[str, Floats]:
        orders = {name: np.concatenate([part[name] for part in self.orders]) for name in self.orders[0]}
        order = np.argsort(orders["order"], kind="stable")
        orders = {name: column[order] for name, column in orders.items()}
        paid_order, paid_day = (np.concatenate([part[n] for part in self.paid]) for n in (0, 1))
        orders["paid_day"] = np.full(len(orders["order"]), -1)
        orders["paid_day"][np.searchsorted(orders["order"], paid_order)] = paid_day
        lines = {name: np.concatenate([part[name] for part in self.lines]) for name in self.lines[0]}
        of = np.searchsorted(orders["order"], lines["order"])
        genuine = ~orders["brushing"].astype(bool)
        keep = genuine[of]
        lines = {name: column[keep] for name, column in lines.items()}
        of, category = of[keep], self.category[lines["sku"]]
        shop, day = orders["shop"][of], orders["paid_day"][of]
        for name, value in (
            ("paid_amount", lines["payable_fen"] / 100), ("list_amount", lines["list_fen"] / 100), ("units", lines["quantity"]),
            ("receivable", (lines["payable_fen"] + lines["platform_fen"] + lines["influencer_fen"]) / 100),
            ("goods_cost", lines["unit_cost_fen"] * lines["quantity"] / 100),
        ):  # fmt: skip
            self.add(name, value, day, shop)
            if name == "paid_amount":
                self.add(f"{name}_by_category", value, day, shop, category)
        paid = genuine & (orders["paid_day"] >= 0)
        self.add("orders", 1.0, orders["paid_day"][paid], orders["shop"][paid])
        pairs = np.unique(np.column_stack([of, category])[day >= 0], axis=0)
        self.add("orders_by_category", 1.0, orders["paid_day"][pairs[:, 0]], orders["shop"][pairs[:, 0]], pairs[:, 1])
        for name, column, kept in (
            ("buyers", "paid_day", paid), ("ordering_buyers", "day", genuine), ("ordering_buyers_paid", "day", paid)
        ):  # fmt: skip
            found = np.unique(np.column_stack([orders[column], orders["account"], orders["shop"]])[kept], axis=0)
            self.add(name, 1.0, found[:, 0], found[:, 2])
        return self.figures


def _codes(column: Any) -> NDArray[np.int64]:
    """Codes of a dictionary column."""
    import pyarrow as pa

    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    return np.asarray(column.indices.to_numpy(zero_copy_only=False)).astype(np.int64)


def kept_world_days(folder: Path, seed: int, scale: float, days: int, *, with_incidents: bool) -> WorldDays:
    """As `world_days`, kept in a folder by its parameters, so that a second run need not simulate again."""
    import pickle

    path = folder / f"{seed}-{scale:g}-{days}-{'with' if with_incidents else 'without'}.pickle"
    if path.exists():
        found = pickle.loads(path.read_bytes())  # noqa: S301 - written by ourselves just below
        assert isinstance(found, WorldDays)
        return found
    made = world_days(seed, scale, days, with_incidents=with_incidents)
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(made))
    return made
