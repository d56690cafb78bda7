"""Identities at the end of every single day, against what the world remembers: stock, cash, orders, backlog, people."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shopkeeper.twin.codes import ORDER_STATES, PLATFORMS, WAREHOUSES
from shopkeeper.twin.daily.region import Region
from shopkeeper.twin.world import World

# From before the presale of 618 until its parcels have arrived.
START, DAYS = dt.date(2024, 5, 15), 60


def test_everything_adds_up_at_the_end_of_every_day() -> None:
    world = World(21, 0.004, START, days=DAYS)
    region = world.regions[0]
    on_hand = region.stock.on_hand.copy()
    balance = world.teller.books[0].balance  # type: ignore[attr-defined]
    held = np.zeros(8, dtype=np.int64)
    people: set[int] = set()
    for _ in range(DAYS):
        tables = world.step(1).tables
        on_hand += _moved(tables["stock_moves"], on_hand.shape)
        assert (on_hand == region.stock.on_hand).all()
        balance += pc.sum(tables["bank_lines"]["amount_fen"]).as_py() or 0
        assert balance == world.teller.books[0].balance  # type: ignore[attr-defined]
        held += _settled(tables["settlements"])
        assert (held == region.settlement.held).all()
        _orders_add_up(region)
        fresh = tables["people"]["person"].to_pylist()
        assert not people & set(fresh)
        people |= set(fresh)
        assert people == {int(n) for n in region.people.numbers[region.people.accounts > 0]}


def _moved(moves: pa.Table, shape: tuple[int, ...]) -> np.ndarray:
    found = np.zeros(shape, dtype=np.int64)
    places = [WAREHOUSES.index(w) for w in moves["warehouse"].to_pylist()]
    np.add.at(found, (np.array(places, dtype=np.int64), moves["sku"].to_numpy()), moves["quantity"].to_numpy())
    return found


def _settled(lines: pa.Table) -> np.ndarray:
    found = np.zeros(8, dtype=np.int64)
    shops = [PLATFORMS.index(s) for s in lines["shop"].to_pylist()]
    np.add.at(found, np.array(shops, dtype=np.int64), lines["amount_fen"].to_numpy())
    return found


def _orders_add_up(region: Region) -> None:
    """Placed = open + paid + cancelled; paid = waiting + shipped + closed; promised units are those of open and waiting ones."""
    counts = region.counts
    coming = np.concatenate([np.empty(0, dtype=np.int64), *(f["state"] for f in region.tally.rest())])
    to_come = {state: int((coming == n).sum()) for n, state in enumerate(ORDER_STATES)}
    assert counts["placed"] == counts["paid"] + counts["cancelled"] + to_come["paid"] + to_come["cancelled"]
    assert counts["paid"] == region.shipping.backlog + counts["shipped"] + counts["closed"]
    waiting = [region.shipping.queue] if region.shipping.queue else []
    waiting += region.shipping.ready.rest()
    units = sum(int(f["quantity"][~f["is_brushing"]].sum()) for f in waiting)
    units += sum(int(f["quantity"].sum()) for f in region.lapsing.rest())
    assert int(region.stock.promised.sum()) == units
