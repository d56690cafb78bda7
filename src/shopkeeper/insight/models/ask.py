"""One question to a model: which shop, which days, which options; and the helpers that every model reads data with."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shopkeeper.insight.models.result import Basis
from shopkeeper.warehouse.shop import Shop
from shopkeeper.warehouse.sql import literal

Chosen = Mapping[str, int | float | str]


@dataclass(frozen=True)
class Ask:
    """What is asked. `first_day` and `last_day` (both included) bound the facts; None leaves that side open.

    Ask inside `shop.lake.reading()`, so that several queries see one snapshot.
    """

    shop: Shop
    snapshot: int
    options: Chosen = field(default_factory=dict)
    first_day: dt.date | None = None
    last_day: dt.date | None = None

    def whole(self, name: str) -> int:
        """An option that is a whole number."""
        return int(self.options[name])

    def number(self, name: str) -> float:
        """An option that is a number."""
        return float(self.options[name])

    def text(self, name: str) -> str:
        """An option that is a text or a choice."""
        return str(self.options[name])

    def days(self, column: str) -> str:
        """SQL condition that a day lies in what is asked: `paid_day >= '2017-01-01' AND …`, or `true`.

        >>> Ask(None, 1, first_day=dt.date(2017, 1, 1)).days("paid_day")  # type: ignore[arg-type]
        "paid_day >= DATE '2017-01-01'"
        """
        parts = []
        if self.first_day is not None:
            parts.append(f"{column} >= DATE {literal(self.first_day.isoformat())}")
        if self.last_day is not None:
            parts.append(f"{column} <= DATE {literal(self.last_day.isoformat())}")
        return " AND ".join(parts) or "true"

    def arrays(self, sql: str, parameters: Sequence[object] | None = None) -> dict[str, NDArray[Any]]:
        """A query's columns as numpy arrays; unknown numbers are NaN, unknown texts None.

        Cast DECIMAL to DOUBLE and days to whole numbers in the SQL: arrays of objects are slow.
        """
        found: dict[str, Any] = self.shop.lake.query(sql, parameters).fetchnumpy()
        return {name: _filled(values) for name, values in found.items()}

    def rows(self, sql: str, parameters: Sequence[object] | None = None) -> list[tuple[Any, ...]]:
        """A query's rows."""
        return self.shop.lake.query(sql, parameters).fetchall()

    def basis(self, *tables: tuple[str, int], first: dt.date | None = None, last: dt.date | None = None) -> Basis:
        """What the answer rests on: the snapshot, the days asked for unless told, and (table, rows)."""
        return Basis(self.snapshot, first or self.first_day, last or self.last_day, tables)

    @functools.cached_property
    def covered(self) -> tuple[dt.date | None, dt.date | None]:
        """First and last day with a paid order line among the days asked for."""
        row = self.shop.lake.query(
            f"SELECT min(paid_day), max(paid_day) FROM order_lines WHERE paid_day IS NOT NULL AND {self.days('paid_day')}"
        ).fetchone()
        return (row[0], row[1]) if row else (None, None)


def _filled(values: Any) -> NDArray[Any]:
    """A column of DuckDB, which masks what is unknown, as a plain array."""
    if not isinstance(values, np.ma.MaskedArray):
        return np.asarray(values)
    masked: Any = values
    unknown: NDArray[np.bool_] = np.ma.getmaskarray(masked)
    plain: NDArray[Any] = np.asarray(masked.data)
    if not unknown.any():
        return plain
    if plain.dtype.kind in "iuf":
        plain = plain.astype(np.float64)
        plain[unknown] = np.nan
    elif plain.dtype.kind == "M":
        plain = plain.copy()
        plain[unknown] = np.datetime64("NaT")
    else:
        plain = plain.astype(object)
        plain[unknown] = None
    return plain
