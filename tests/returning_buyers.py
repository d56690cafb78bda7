"""Order lines of buyers who come back, each in a rhythm of their own: what models of customers can be asked about."""

from __future__ import annotations

import datetime as dt

from tests.tiny_shop import Row, line

START = dt.date(2019, 1, 1)


def orders(buyers: int = 160, days: int = 120) -> list[Row]:
    """Each buyer n begins on day n % 30 and comes back every 5 + n % 40 days, until they stop after 1 + n % 9 orders."""
    rows = []
    for n in range(buyers):
        for k in range(1 + n % 9):
            day = n % 30 + k * (5 + n % 40)
            if day < days:
                rows.append(line(f"o{n}-{k}", str(START + dt.timedelta(day)), f"b{n}", 10 + n % 7))
    return rows
