"""What a computed matrix looks like: cells with value, parts, state and what is missing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from shopkeeper.core.period import Grain, Period
from shopkeeper.core.wording import Language, word
from shopkeeper.kpi.definition import Slice

Status = Literal["ok", "immature", "partial", "missing", "not_sliceable"]
"""ok: computed on complete data · immature: its horizon is not over yet · partial: the period is not over or began before
the data · missing: "–", see `missing` · not_sliceable: "–", the indicator has no such dimension."""

Value = Decimal | float | int | None
Dims = tuple[tuple[Slice, str | None], ...]
Filters = tuple[tuple[Slice, tuple[str | None, ...]], ...]


@dataclass(frozen=True)
class Request:
    """A matrix asked for: which indicators, over which periods, cut by which dimensions, of which slice of the business."""

    grain: Grain = "month"
    start: dt.date | None = None
    end: dt.date | None = None
    by: tuple[Slice, ...] = ()
    kpis: tuple[str, ...] = ()
    filters: Filters = ()


@dataclass(frozen=True)
class Cell:
    """One indicator in one period and slice."""

    kpi: str
    period: Period
    dims: Dims
    value: Value
    unit: str
    numerator: Value
    denominator: Value
    status: Status
    missing: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """The row that the contract promises: money as decimal strings, shares as numbers."""
        return {
            "kpi": self.kpi,
            "period": self.period.label,
            "dims": dict(self.dims),
            "value": _plain(self.value),
            "unit": self.unit,
            "numerator": _plain(self.numerator),
            "denominator": _plain(self.denominator),
            "status": self.status,
            "missing": list(self.missing),
        }


@dataclass(frozen=True)
class Statement:
    """One statement that ran for a matrix: which fact it scanned and its SQL."""

    fact: str
    sql: str
    seconds: float


@dataclass(frozen=True)
class Remark:
    """What a reader must know of a whole matrix: a word of the catalogue and what fills it."""

    key: str
    values: tuple[tuple[str, str], ...] = ()

    def text(self, lang: Language) -> str:
        """The sentence in one language."""
        return word(f"kpi_remark.{self.key}", lang, **dict(self.values))


@dataclass(frozen=True)
class Matrix:
    """All cells of a request, with the snapshot and data range they rest on."""

    request: Request
    periods: tuple[Period, ...]
    cells: tuple[Cell, ...]
    snapshot: int
    first_day: dt.date | None
    last_day: dt.date | None
    currency: str
    remarks: tuple[Remark, ...] = ()
    statements: tuple[Statement, ...] = ()
    _index: dict[tuple[str, Period, Dims], Cell] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._index.update({(c.kpi, c.period, c.dims): c for c in self.cells})

    def warnings(self, lang: Language = "en") -> tuple[str, ...]:
        """The remarks as sentences."""
        return tuple(remark.text(lang) for remark in self.remarks)

    def cell(self, kpi: str, period: Period, dims: Dims = ()) -> Cell | None:
        """The cell of an indicator in a period and slice, if that slice had any rows."""
        return self._index.get((kpi, period, dims))

    @property
    def latest_whole(self) -> Period | None:
        """The last period that the data covers to its end, or else the last one; None without any."""
        whole = [p for p in self.periods if self.last_day and p.last_day <= self.last_day]
        candidates = whole or list(self.periods)
        return candidates[-1] if candidates else None

    def slices(self) -> tuple[Dims, ...]:
        """Every slice that occurs, in the order of the cells."""
        return tuple(dict.fromkeys(c.dims for c in self.cells))


def _plain(value: Value) -> str | float | int | None:
    return format(value, "f") if isinstance(value, Decimal) else value
