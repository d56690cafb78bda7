"""From the KPI engine to signals: one request a cut, every cell of it placed into arrays by day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shopkeeper.insight.anomalies.signals import (
    Panel,
    Signal,
    can_be_watched,
    part_signal,
    refunds_signal,
    signal_of,
    visitors_signal,
)
from shopkeeper.kpi.definition import Indicator, Slice
from shopkeeper.kpi.definitions import Definitions
from shopkeeper.kpi.matrix import compute, holdings
from shopkeeper.kpi.result import Dims, Matrix, Request
from shopkeeper.warehouse.shop import Shop

Floats = NDArray[np.float64]

HISTORY_DAYS = 400
"""Days before those asked for that are learnt from: a festival of the year before is among them."""
_FEWEST_DAYS, _LEAST_KNOWN = 42, 0.8
_VISITORS_OF = ("T1", "C2", "T3", "C1")
"""Indicators whose formula has the visitors of a place, the most complete first."""


@dataclass(frozen=True)
class Read:
    """A panel with what it was read at."""

    panel: Panel
    snapshot: int
    currency: str
    indicators: tuple[str, ...]


def watched_indicators(shop: Shop, definitions: Definitions) -> tuple[str, ...]:
    """The indicators of a shop whose day can be judged and whose sources are there."""
    found = holdings(shop, definitions)
    return tuple(
        i.id for i in definitions.indicators.values() if can_be_watched(i) and not found.lacks(i.needs)
    )  # fmt: skip


def read_panel(
    shop: Shop, definitions: Definitions, first: dt.date, last: dt.date, cuts: Iterable[tuple[Slice, ...]]
) -> Read:
    """Signals of every cut over the days from `first` less the history up to `last`, both included."""
    ids = watched_indicators(shop, definitions)
    start = first - dt.timedelta(days=HISTORY_DAYS)
    known = holdings(shop, definitions).first_day
    start = max(start, known) if known else start
    days = tuple(start + dt.timedelta(n) for n in range((last - start).days + 1))
    signals: list[Signal] = []
    snapshot, currency = 0, shop.settings.shop.currency
    for cut in cuts:
        asked = tuple(i for i in ids if all(name in definitions.indicators[i].slices for name in cut))
        if not asked:
            continue
        matrix = compute(shop, Request("day", start, last + dt.timedelta(days=1), cut, asked), definitions)
        snapshot, currency = matrix.snapshot, matrix.currency
        found = _signals(matrix, [definitions.indicators[i] for i in asked], len(days))
        signals += _as_parts(found, signals) if len(cut) > 1 else found
    return Read(Panel(days, tuple(signals)), snapshot, currency, ids)


def _signals(matrix: Matrix, indicators: list[Indicator], n_days: int) -> list[Signal]:
    """Cells come by period, slice and indicator, every combination once."""
    slices = matrix.slices()
    shape = (len(matrix.periods), len(slices), len(indicators))
    if not matrix.cells or shape[0] != n_days:
        return []
    values, tops, bottoms = (
        np.array([_float(getattr(cell, name)) for cell in matrix.cells]).reshape(shape)
        for name in ("value", "numerator", "denominator")
    )
    found: list[Signal] = []
    for s, dims in enumerate(slices):
        if any(value is None for _, value in dims):
            continue
        figures = {i.id: (values[:, s, n], tops[:, s, n], bottoms[:, s, n]) for n, i in enumerate(indicators)}
        found += _of_place(dims, indicators, figures)
    return found


def _as_parts(parts: list[Signal], wholes: list[Signal]) -> list[Signal]:
    """Counts of orders of parts set against their platform's: of all figures of a small part they have the least noise."""
    known = {signal.dims: signal for signal in wholes if signal.kpi == "orders"}
    return [part_signal(s, known[s.dims[:1]]) for s in parts if s.kpi == "orders" and s.dims[:1] in known]


def _of_place(
    dims: Dims, indicators: list[Indicator], figures: dict[str, tuple[Floats, Floats, Floats]]
) -> list[Signal]:
    found: list[Signal | None] = []
    for indicator in indicators:
        value, top, bottom = figures[indicator.id]
        if indicator.how == "total":
            value = _nothing_sold(value)
        found.append(signal_of(indicator, dims, value, top, bottom))
    visitors = next((figures[k][1 if k == "T1" else 2] for k in _VISITORS_OF if k in figures), None)
    if visitors is not None:
        found.append(visitors_signal(dims, visitors))
    if "receivable" in figures and "net_revenue" in figures:
        receivable = _nothing_sold(figures["receivable"][0])
        refunds = receivable - np.where(np.isnan(figures["net_revenue"][0]), receivable, figures["net_revenue"][0])
        found.append(refunds_signal(dims, np.where(np.abs(refunds) < 0.005, 0.0, refunds), receivable))
    return [s for s in found if s is not None and _often_enough(s)]


def _often_enough(signal: Signal) -> bool:
    """Whether a figure is known on most days between its first and its last."""
    known = np.flatnonzero(np.isfinite(signal.happened) & np.isfinite(signal.exposure) & (signal.exposure > 0.0))
    return len(known) >= _FEWEST_DAYS and len(known) >= _LEAST_KNOWN * (known[-1] - known[0] + 1)


def _nothing_sold(amounts: Floats) -> Floats:
    """Days without a row between days with one: nothing was sold where little is sold, else the rows are missing."""
    known = np.flatnonzero(np.isfinite(amounts))
    if not len(known):
        return amounts
    inside = np.zeros(len(amounts), dtype=bool)
    inside[known[0] : known[-1] + 1] = True
    if np.mean(np.isfinite(amounts[inside])) > 0.9:
        return amounts
    return np.where(inside & np.isnan(amounts), 0.0, amounts)


def _float(value: object) -> float:
    return float("nan") if value is None else float(value)  # type: ignore[arg-type]
