"""A panel of signals from a world's daily figures: the same indicators as the KPI engine gives, without loading a shop."""

from __future__ import annotations

import datetime as dt

import numpy as np

from benchmarks.twin_days import WorldDays
from shopkeeper.insight.anomalies.signals import Panel, Signal, part_signal, refunds_signal, signal_of, visitors_signal
from shopkeeper.kpi.catalogue import INDICATORS
from shopkeeper.kpi.result import Dims
from shopkeeper.twin import codes

START = dt.date(2024, 1, 1)
RATIOS: dict[str, tuple[str, str]] = {
    "C1": ("buyers", "visitors"), "C2": ("carting", "visitors"), "C3": ("ordering_buyers_paid", "ordering_buyers"),
    "C4.orders": ("paid_amount", "orders"), "T1": ("visitors", "acquisition_spend"), "T3": ("paid_amount", "visitors"),
    "discount_rate": ("discount", "list_amount"), "gross_margin": ("gross_profit", "receivable"),
    "roas": ("ad_attributed", "ad_amount"), "ad_click_rate": ("ad_clicks", "ad_impressions"),
    "ad_click_cost": ("ad_amount", "ad_clicks"), "S2": ("parcels_on_time", "parcels_due"),
    "delivery_days": ("days_on_the_way", "parcels_due"),
}  # fmt: skip
TOTALS = {
    "orders": "orders",
    "paid_amount": "paid_amount",
    "buyers": "buyers",
    "units": "units",
    "gross_profit": "gross_profit",
}


def panel_of(world: WorldDays, *, categories: bool = True) -> Panel:
    """Signals of every platform, of the whole shop, and of platform × category."""
    figures = dict(world.figures)
    figures["discount"] = figures["list_amount"] - figures["paid_amount"]
    figures["gross_profit"] = figures["receivable"] - figures["goods_cost"]
    days = tuple(START + dt.timedelta(n) for n in range(world.days))
    signals: list[Signal | None] = []
    for place in (*range(len(codes.PLATFORMS)), None):
        dims: Dims = () if place is None else (("platform", codes.PLATFORMS[place]),)
        one = {
            name: (found.sum(axis=1) if place is None else found[:, place]).astype(np.float64)
            for name, found in figures.items() if found.ndim == 2
        }  # fmt: skip
        for kpi, name in TOTALS.items():
            signals.append(signal_of(INDICATORS[kpi], dims, one[name], one[name], one[name]))
        for kpi, (top, bottom) in RATIOS.items():
            below = np.where(one[bottom] > 0, one[bottom], np.nan)
            above = np.where(one[bottom] > 0, one[top], np.nan)
            signals.append(signal_of(INDICATORS[kpi], dims, above / below, above, below))
        signals += [
            visitors_signal(dims, one["visitors"]),
            refunds_signal(dims, one["refund_amount"], one["receivable"]),
        ]
    if categories:
        for shop, platform in enumerate(codes.PLATFORMS):
            for number, category in enumerate(codes.CATEGORIES):
                cell: Dims = (("platform", platform), ("category", category))
                amount = figures["orders_by_category"][:, shop, number]
                part = signal_of(INDICATORS["orders"], cell, amount, amount, amount)
                whole = next(s for s in signals if s and s.kpi == "orders" and s.dims == cell[:1])
                signals.append(part and part_signal(part, whole))
    kept = [s for s in signals if s is not None and np.nansum(s.happened) > 0]
    return Panel(days, tuple(kept))
