"""Which figures are watched, and in which form a figure can be held against counting noise."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kpi.definition import Indicator
from shopkeeper.kpi.result import Dims

Floats = NDArray[np.float64]
Topic = Literal[
    "visits", "sales", "payment", "price", "refunds", "delivery", "advertising", "service", "content", "data"
]

VISITORS, REFUNDS = "visitors", "refunds"
"""Parts of indicators that are watched by themselves: visitors told, and refunds by the day they were granted."""

_BY_ID: dict[str, Topic] = {
    "C3": "payment", "C4": "price", "C4.orders": "price", "gross_margin": "price",
    VISITORS: "visits", "C2": "visits", REFUNDS: "refunds", "net_revenue": "refunds", "D1": "data",
}  # fmt: skip
_BY_PART: tuple[tuple[str, Topic], ...] = (
    ("acquisition_spend", "advertising"), ("ad_", "advertising"), ("discount", "price"), ("list_amount", "price"),
    ("parcels", "delivery"), ("days_on_the_way", "delivery"), ("conversations", "service"), ("simple_queries", "service"),
    ("reviews", "service"), ("impressions", "content"), ("plays", "content"), ("reads", "content"),
    ("content", "content"), ("engagements", "content"), ("refund", "refunds"), ("units_returned", "refunds"),
)  # fmt: skip
_SPENT = ("acquisition_spend", "ad_amount", "ad_amount_of_clicks")
_HISTORIES = (
    "buyers_", "repeat_", "cohort_", "active_", "returning", "previous_", "realised", "new_buyers", "first_buyers",
)  # fmt: skip
_NOT_WATCHED = frozenset(
    {"D2", "D3", "K4", "S3", "T4", "U2", "automation_coverage", "detection_latency", "alert_precision", "alert_recall",
     "online_share", "direct_share", "ad_cost_share", "content_sales_share", "interaction_conversion", "units_per_order"}
)  # fmt: skip
"""Figures of levels and of records, and shares of one thing in another, which move with either side."""
_ALSO_SALES = frozenset(
    {
        "orders",
        "buyers",
        "paid_amount",
        "paid_amount_known",
        "units",
        "receivable_amount",
        "ordered_amount",
        "goods_net",
    }
)
_VISITS = ("visitors", "sessions")
SETTLES_DAYS: dict[str, int] = {"delivery_days": 7, "C3": 1}
"""Days until a day's figure is whole: parcels arrive, orders are paid on the next day."""


@dataclass(frozen=True)
class Signal:
    """A watched figure of one place: `happened` against `exposure` by day (NaN = unknown), shape (n_days,).

    `bad` is the sign of a deviation of `happened` that is bad news, 0 where neither is. `flipped` says that what is
    watched is the other side: the complement of a share near one, or what one unit of money bought. `values` are the
    indicator's own. `of_whole`: a part's total, set against its platform's. `topics` are what its formula is made of:
    incidents are gathered along them.
    """

    kpi: str
    dims: Dims
    topics: frozenset[Topic]
    bad: Literal[1, -1, 0]
    flipped: Literal["", "complement", "inverse"]
    happened: Floats
    exposure: Floats
    values: Floats
    unit: str
    of_whole: bool = False

    @property
    def settles_days(self) -> int:
        """Days until a day's figure can be judged."""
        return SETTLES_DAYS.get(self.kpi, 0)

    @property
    def is_total(self) -> bool:
        """Whether it is a plain amount a day."""
        return bool(np.all((self.exposure == 1.0) | np.isnan(self.exposure)))


@dataclass(frozen=True)
class Panel:
    """Signals over the same days in a row."""

    days: tuple[dt.date, ...]
    signals: tuple[Signal, ...]

    def find(self, kpi: str, dims: Dims) -> Signal | None:
        """The signal of an indicator at a place, if it is watched there."""
        return self.index.get((kpi, dims))

    @property
    def index(self) -> Mapping[tuple[str, Dims], Signal]:
        """Signals by indicator and place."""
        return {(signal.kpi, signal.dims): signal for signal in self.signals}


def can_be_watched(indicator: Indicator) -> bool:
    """Whether a day's figure of an indicator is known on that day and says something about that day."""
    parts = indicator.numerator + indicator.denominator + indicator.minus
    return (
        indicator.how in ("ratio", "total", "margin")
        and not indicator.horizon_days
        and not indicator.mature_days
        and not any(part.startswith(_HISTORIES) for part in parts)
        and indicator.id not in _NOT_WATCHED
        and not indicator.id.startswith("discount_rate.")
    )


def topics_of(kpi: str, parts: tuple[str, ...]) -> frozenset[Topic]:
    """What the parts of a formula are about."""
    found: set[Topic] = {topic for part in parts for prefix, topic in _BY_PART if part.startswith(prefix)}
    if kpi in _BY_ID:
        found.add(_BY_ID[kpi])
    if any(part.startswith(_VISITS) for part in parts):
        found.add("visits")
    if any(part in _ALSO_SALES for part in parts) and not found & {"price", "advertising", "refunds", "content"}:
        found.add("sales")
    return frozenset(found or {"sales"})


def signal_of(
    indicator: Indicator, dims: Dims, values: Floats, numerator: Floats, denominator: Floats
) -> Signal | None:
    """The form in which an indicator is watched; None where its amounts go below zero and no count stands behind them.

    A total is set against its own past; a ratio's numerator against its denominator. Of a share near one what lacks is
    watched, and of a cost per something what the money bought: that is where the counting noise is.
    """
    parts = indicator.numerator + indicator.denominator + indicator.minus
    topics = topics_of(indicator.id, parts)
    bad: Literal[1, -1, 0] = 0 if indicator.direction == 0 else (-1 if indicator.direction > 0 else 1)
    flipped: Literal["", "complement", "inverse"] = ""
    if indicator.how == "total":
        happened, exposure = values, np.where(np.isnan(values), np.nan, 1.0)
    else:
        happened, exposure = numerator, denominator
        if indicator.numerator[0] in _SPENT:
            happened, exposure, flipped = denominator, numerator, "inverse"
        elif indicator.unit == "share" and np.nansum(numerator) > 0.5 * np.nansum(denominator):
            happened, flipped = denominator - numerator, "complement"
    if flipped:
        bad = 1 if bad == -1 else (-1 if bad == 1 else 0)
    with np.errstate(invalid="ignore"):
        if np.any(happened < 0) or np.any(exposure < 0):
            return None
    return Signal(indicator.id, dims, topics, bad, flipped, happened, exposure, values, indicator.unit)


def part_signal(part: Signal, whole: Signal) -> Signal:
    """A part's total as a share of its platform's: what moves the whole platform is no news of the part."""
    return replace(part, exposure=np.where(whole.happened > 0.0, whole.happened, np.nan), of_whole=True)


def visitors_signal(dims: Dims, visitors: Floats) -> Signal:
    """Visitors that a place told, which no indicator shows by itself."""
    exposure = np.where(np.isnan(visitors), np.nan, 1.0)
    return Signal(VISITORS, dims, frozenset({"visits"}), -1, "", visitors, exposure, visitors, "count")


def refunds_signal(dims: Dims, refunds: Floats, receivable: Floats) -> Signal:
    """Refunds granted a day against what was sold in the two weeks before: they follow sales, not the calendar."""
    sold = np.where(np.isnan(receivable), 0.0, receivable)
    total = np.concatenate([[0.0], np.cumsum(sold)])
    at = np.arange(len(sold))
    first = np.maximum(at - 14, 0)
    usual = (total[at] - total[first]) / np.maximum(at - first, 1)
    exposure = np.where((at >= 7) & (usual > 0.0), usual, np.nan)
    happened = np.where(refunds < 0.0, np.nan, refunds)
    values = np.divide(happened, exposure, out=np.full(len(sold), np.nan), where=np.isfinite(exposure))
    return Signal(REFUNDS, dims, frozenset({"refunds"}), 1, "", happened, exposure, values, "share")
