"""A tiny shop whose every figure can be worked out by hand: rows are written straight into its lake.

    tiny.put(order_lines=[line("o1", "2017-03-01", "Li", 10), line("o1", "2017-03-01", "Li", 5, line_no=2)])
    tiny.value("paid_amount", "2017-03")      # Decimal("15.00")

Everything a row leaves out is filled in: shop `s1` on `tmall`, article `tea`, one piece, paid on the day it was ordered.
"""

from __future__ import annotations

import atexit
import datetime as dt
import functools
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from shopkeeper.core.period import Grain, Period
from shopkeeper.core.settings import FILE_NAME, parse_settings
from shopkeeper.kpi.definition import Slice
from shopkeeper.kpi.matrix import matrix_for
from shopkeeper.kpi.result import Cell, Filters, Matrix, Request, Value
from shopkeeper.warehouse.model import TABLES
from shopkeeper.warehouse.shop import Shop, open_shop

Row = Mapping[str, object]
SETTINGS = '[shop]\nid = "tiny"\nname = "Tiny"\ntimezone = "Asia/Shanghai"\n'
DIMENSIONS: dict[str, list[Row]] = {
    "platforms": [
        {"platform_id": "tmall", "is_online": True, "is_direct": False},
        {"platform_id": "site", "is_online": True, "is_direct": True},
        {"platform_id": "store", "is_online": False, "is_direct": True},
    ],
    "shops": [
        {"shop_id": "s1", "platform_id": "tmall", "currency": "CNY", "timezone": "Asia/Shanghai"},
        {"shop_id": "s2", "platform_id": "site", "currency": "CNY", "timezone": "Asia/Shanghai"},
        {"shop_id": "s3", "platform_id": "site", "currency": "CNY", "timezone": "Asia/Shanghai"},
    ],
    "products": [
        {"sku_id": "tea", "category": "Drinks"},
        {"sku_id": "coffee", "category": "Drinks"},
        {"sku_id": "rice", "category": "Food"},
        {"sku_id": "gift", "category": None},
    ],
}
FILLED_IN: dict[str, Row] = {
    "refunds": {"status": "refunded"},
    "ad_spend": {"channel_id": "ads", "campaign_id": "", "ad_id": "", "is_acquisition": True},
    "visits": {"grain": "session", "sessions": 1},
    "content_stats": {"kind": "video"},
    "stock_levels": {"warehouse_id": "", "on_hand": 1},
}


def noon(day: str) -> str:
    """A moment inside a day, whatever the zone."""
    return f"{day} 04:00:00+00"


def line(order: str, day: str, buyer: str | None = "Li", amount: float | str = 10, **more: object) -> Row:
    """One order line; `paid=None` leaves it unpaid, `paid="2017-03-02"` pays it on that day."""
    paid = cast(str | None, more.pop("paid", day))
    row: dict[str, object] = {
        "order_id": order, "line_no": 1, "sku_id": "tea", "customer_id": buyer, "ordered_at": noon(day), "ordered_day": day,
        "paid_at": noon(paid) if paid else None, "paid_day": paid, "quantity": 1, "payable_amount": str(amount),
    }  # fmt: skip
    return row | more


@dataclass
class TinyShop:
    """A shop and what was last put into it."""

    shop: Shop
    used: set[str] = field(default_factory=set)

    def put(self, **rows: Sequence[Row]) -> TinyShop:
        """Replace everything in the lake by these rows, as one snapshot; dimensions are filled in unless given."""
        wanted = {**DIMENSIONS, **rows}
        with self.shop.lake.writing("tests", "put"):
            for name in sorted(self.used | set(wanted)):
                if name in self.used:
                    self.shop.lake.connection.execute(f"DELETE FROM {name}")
                if wanted.get(name):
                    insert(self.shop, name, wanted[name])
        self.used |= set(wanted)
        return self

    def add(self, **rows: Sequence[Row]) -> TinyShop:
        """Add rows, as one snapshot."""
        with self.shop.lake.writing("tests", "add"):
            for name in rows:
                insert(self.shop, name, rows[name])
        self.used |= set(rows)
        return self

    def with_settings(self, more: str) -> TinyShop:
        """The same lake under other settings."""
        settings = parse_settings(SETTINGS + more, Path(FILE_NAME))
        return replace(self, shop=replace(self.shop, settings=settings))

    def matrix(
        self, *kpis: str, grain: Grain = "month", start: str | None = None, end: str | None = None,
        by: tuple[Slice, ...] = (), filters: Filters = (),
    ) -> Matrix:  # fmt: skip
        """The matrix of a request; `end` is the first day after it."""
        days = [dt.date.fromisoformat(day) if day else None for day in (start, end)]
        return matrix_for(self.shop, Request(grain, days[0], days[1], by, kpis, filters))

    def cell(self, kpi: str, period: str, *, filters: Filters = (), **dims: str | None) -> Cell:
        """One cell; naming dimensions cuts by them and picks that slice."""
        wanted = Period.parse(period)
        by = cast(tuple[Slice, ...], tuple(dims))
        matrix = matrix_for(self.shop, Request(wanted.grain, wanted.start, wanted.end, by, (kpi,), filters))
        found = matrix.cell(kpi, wanted, cast(Any, tuple(dims.items())))
        assert found is not None, f"no such slice; there are {matrix.slices()}"
        return found

    def value(self, kpi: str, period: str, *, filters: Filters = (), **dims: str | None) -> Value:
        """The value of one cell."""
        return self.cell(kpi, period, filters=filters, **dims).value

    def parts(self, kpi: str, period: str, *, filters: Filters = (), **dims: str | None) -> tuple[Value, Value]:
        """Numerator and denominator of one cell."""
        found = self.cell(kpi, period, filters=filters, **dims)
        return found.numerator, found.denominator


def insert(shop: Shop, table: str, rows: Sequence[Row]) -> None:
    """Insert rows inside the running transaction."""
    names = TABLES[table].all_columns
    base: dict[str, object] = {"load_id": "tests", "file_hash": "tests"}
    if any(column.name == "shop_id" for column in names) and table != "shops":
        base["shop_id"] = "s1"
    full = [base | dict(FILLED_IN.get(table, {})) | dict(row) for row in rows]
    columns = [c.name for c in names if any(c.name in row for row in full)]
    unknown = {key for row in full for key in row} - set(columns) - {"load_id", "file_hash"}
    assert not unknown, f"{table} has no {unknown}"
    holders = ", ".join(f"({', '.join('?' for _ in columns)})" for _ in full)
    quoted = ", ".join(f'"{name}"' for name in columns)
    values = [row.get(name) for row in full for name in columns]
    shop.lake.connection.execute(f"INSERT INTO {table} ({quoted}) VALUES {holders}", values)


def make_shop_folder(folder: Path, settings: str = SETTINGS) -> Path:
    """A shop folder that was never opened."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "inbox").mkdir(exist_ok=True)
    (folder / FILE_NAME).write_text(settings, encoding="utf-8")
    return folder


@functools.cache
def _empty_data() -> Path:
    """The data folder of a shop that was opened once: copying it is quicker than making the schema anew."""
    scratch = Path(tempfile.mkdtemp(prefix="shopkeeper-tiny-"))
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    open_shop(make_shop_folder(scratch)).close()
    return scratch / "data"


def make_opened_folder(folder: Path, settings: str = SETTINGS) -> Path:
    """A shop folder with an empty lake."""
    shutil.copytree(_empty_data(), make_shop_folder(folder, settings) / "data")
    return folder


def make_tiny(folder: Path, settings: str = SETTINGS) -> TinyShop:
    """A new, empty tiny shop, opened."""
    return TinyShop(open_shop(make_opened_folder(folder, settings)))
