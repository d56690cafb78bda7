"""Writes a whole world to Parquet: one file a table, region and month; regions are shared out among processes."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from shopkeeper.errors import UsageError
from shopkeeper.twin.daily.checkout import account_numbers
from shopkeeper.twin.daily.day import Day
from shopkeeper.twin.daily.later import Frame, joined, length
from shopkeeper.twin.daily.orders import Sales
from shopkeeper.twin.daily.rows import DAY
from shopkeeper.twin.daily.standing import stock_frame
from shopkeeper.twin.daily.telling import payment_frames
from shopkeeper.twin.lake.supply import payments_table, purchases_table, stock_levels_table, stock_moves_table
from shopkeeper.twin.lake.tables import (
    line_frame,
    lines_table,
    order_frame,
    orders_table,
    refunds_table,
    shipments_table,
    spend_table,
    visits_table,
)
from shopkeeper.twin.world import DAYS, START, World, regions_of

_TABLES: dict[str, Callable[[Frame, dt.date, int, int], pa.Table]] = {
    "order_lines": lines_table,
    "orders": orders_table,
    "refunds": refunds_table,
    "shipments": shipments_table,
    "visits": visits_table,
    "ad_spend": spend_table,
    "payments": payments_table,
    "stock_moves": stock_moves_table,
    "stock_levels": stock_levels_table,
    "purchase_orders": purchases_table,
}
# Columns with few values that repeat: smaller and faster as dictionaries.
_REPEATING = (
    "line_no",
    "quantity",
    "list_amount",
    "receivable_amount",
    "payable_amount",
    "amount",
    "cost",
    "unit_cost",
)


_PARCEL = (
    "order", "shop", "carrier", "due_at", "shipped_at", "delivered_at", "late_days", "quantity", "freight_cost_fen",
)  # fmt: skip
_REFUND = ("refund", "order", "line", "sku", "shop", "at", "quantity", "amount_fen", "kind", "reason", "status")


@dataclass(frozen=True)
class Written:
    """What was written: rows of each table, and bytes in all."""

    rows: dict[str, int]
    size: int


class _Months:
    """A teller that keeps a month's frames and writes them as files."""

    def __init__(self, folder: Path, world: World) -> None:
        self._folder, self._world = folder, world
        self._frames: dict[str, list[Frame]] = defaultdict(list)
        self.rows: dict[str, int] = dict.fromkeys(_TABLES, 0)
        self.size = 0

    def tell(self, day: Day, sales: Sales) -> None:
        """Keep what the tables need of a day."""
        if length(sales.orders):
            orders = order_frame(day, sales)
            self._frames["orders"].append(orders)
            self._frames["order_lines"].append(line_frame(orders, sales))
            self._frames["payments"] += payment_frames(sales.orders)
        if length(day.parcels):
            self._frames["shipments"].append({n: day.parcels[n] for n in _PARCEL})
        numbers = day.region.people.numbers
        for refunds in (day.refunds, day.taken_back):
            if length(refunds):
                who = refunds.get("account")
                account = account_numbers(numbers[refunds["person"]], refunds["shop"]) if who is None else who
                self._frames["refunds"].append({**{n: refunds[n] for n in _REFUND}, "account": account})
        self._frames["stock_moves"] += day.moves
        self._frames["stock_levels"] += [f for f in (stock_frame(day),) if length(f)]
        self._frames["purchase_orders"] += [f for f in day.purchases if length(f)]
        shops = np.arange(8)
        here = {"shop": shops, "day": np.full(8, day.day), "region": np.full(8, day.region.number)}
        drawn = day.region.draws.whole("visitors", day.traffic.visitors, shops + 8 * day.region.number, day.day)
        self._frames["visits"].append({**here, "visitors": np.maximum(drawn, day.buyers)})
        spend = np.floor(day.spend * 100).astype(np.int64)
        self._frames["ad_spend"].append({**here, "spend_fen": spend, "impressions": np.floor(day.impressions)})

    def write(self, month: str, region: int) -> None:
        """Write the month and let it go."""
        end = self._world.length * DAY
        for name, frames in self._frames.items():
            if not frames:
                continue
            table = _TABLES[name](joined(frames), self._world.start, end, region)
            path = self._folder / name / f"{month}-region{region:03d}.parquet"
            pq.write_table(
                table, path, compression="zstd", compression_level=1, store_decimal_as_integer=True, write_statistics=True,
                use_dictionary=[
                    c.name for c in table.schema if pa.types.is_dictionary(c.type) or c.name in _REPEATING
                ],
                row_group_size=262_144,
            )  # fmt: skip
            self.rows[name] += table.num_rows
            self.size += path.stat().st_size
        self._frames.clear()


def write_region(
    folder: Path, seed: int, scale: float, region: int, start: dt.date = START, days: int = DAYS
) -> Written:
    """Run one region to its end and write it. Regions are independent: any process may write any of them."""
    world = World(seed, scale, start, days=days, records=("stock_moves",), regions=(region,))
    months = _Months(folder, world)
    world.teller = months
    while world.day < days:
        date = world.start + dt.timedelta(world.day)
        ahead = ((date.replace(day=1) + dt.timedelta(32)).replace(day=1) - date).days
        world.step(min(ahead, days - world.day))
        months.write(f"{date:%Y-%m}", region)
    return Written(months.rows, months.size)


def write_lake(
    folder: Path, seed: int, scale: float, start: dt.date = START, days: int = DAYS, processes: int | None = None
) -> Written:
    """Write a world as Parquet below `folder`: `order_lines/2024-01-region000.parquet` and so on.

    The bytes do not depend on the number of processes. Raises UsageError when a table's folder is there already.
    """
    taken = [name for name in _TABLES if (folder / name).exists()]
    if taken:
        raise UsageError(
            "there is something here already", where=str(folder), received=", ".join(taken), allowed="a folder of its own",
            state="nothing was written", next_command="shopkeeper twin write DIR --parquet",
        )  # fmt: skip
    for name in _TABLES:
        (folder / name).mkdir(parents=True)
    regions = range(regions_of(scale))
    workers = min(processes or os.cpu_count() or 1, len(regions))
    if workers == 1:
        written = [write_region(folder, seed, scale, region, start, days) for region in regions]
    else:
        with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
            runs = [pool.submit(write_region, folder, seed, scale, region, start, days) for region in regions]
            written = [run.result() for run in runs]
    _write_catalogue(folder, seed, scale, start, days)
    rows = {name: sum(w.rows[name] for w in written) for name in _TABLES}
    return Written(rows, sum(w.size for w in written))


def _write_catalogue(folder: Path, seed: int, scale: float, start: dt.date, days: int) -> None:
    """Articles and shops, which lines refer to."""
    from shopkeeper.twin.lake.dimensions import dimensions

    for name, table in dimensions(seed, scale, start, days).items():
        (folder / name).mkdir(exist_ok=True)
        pq.write_table(table, folder / name / "all.parquet", compression="zstd")
