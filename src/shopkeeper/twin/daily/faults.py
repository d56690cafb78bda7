"""Rows that files tell late or wrong at first; the truth stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shopkeeper.twin.daily.rows import DAY, NONE, texts
from shopkeeper.twin.draws import Array

if TYPE_CHECKING:
    from shopkeeper.twin.daily.day import Day
    from shopkeeper.twin.daily.orders import Sales

LATE, CORRECTED = 0, 1
LATE_STORE_ORDERS = 0.012  # stores upload some receipts days later
WRONG_SPEND = 0.02  # advertising is told too low at first and corrected two days later


def tell_faults(day: Day, sales: Sales) -> None:
    """Late store orders and corrected advertising costs of a day."""
    r = day.region
    if not r.rows.wants("reporting_faults"):
        return
    if sales.orders:
        orders = sales.orders["order"][sales.orders["shop"] == 7]
        u = r.draws.uniform("told late", orders)
        late = orders[u < LATE_STORE_ORDERS]
        days = 1 + (u[u < LATE_STORE_ORDERS] / LATE_STORE_ORDERS * 6).astype(np.int64)
        _add(day, "orders", late, LATE, None, np.full(len(late), NONE), days)
    shops = np.arange(8)
    u = r.draws.uniform("told wrong", shops + 8 * r.number, day.day)
    wrong = np.flatnonzero(u < WRONG_SPEND)
    told = np.floor(day.spend_fen[wrong] * 0.85).astype(np.int64)
    _add(day, "ad_days", (day.day + 1) * 10 + wrong, CORRECTED, "spend_fen", told, np.full(len(wrong), 2))


def _add(day: Day, record: str, key: Array, fault: int, column: str | None, told: Array, days: Array) -> None:
    n = len(key)
    day.region.rows.add(
        "reporting_faults",
        {
            "record": texts([record] * n),
            "key": key,
            "fault": np.full(n, fault),
            "column": texts([column] * n),
            "told": told,
            "mended_at": (day.day + days) * DAY + 32_400,
        },
    )
