"""What goes wrong (and what only looks like it): each with a start minute, an end, a place and a size."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

import numpy as np

from shopkeeper.twin import codes
from shopkeeper.twin.calendar import Days
from shopkeeper.twin.daily.levers import Levers
from shopkeeper.twin.draws import Draws
from shopkeeper.twin.supply.catalogue import Catalogue

IncidentKind = Literal[
    "conversion_drop", "tracking_break", "price_typo", "return_wave", "late_carrier", "cac_jump", "stock_out",
    "refund_fraud", "payment_failure", "festival", "stunt",
]  # fmt: skip
MINUTE = 60
DAY_MINUTES = 1440


@dataclass(frozen=True)
class Incident:
    """One incident. Minutes count from the world's first midnight; [start, end) is half-open.

    `size` means, by kind: conversion_drop, payment_failure: share of purchases lost. tracking_break: share of visits not told.
    price_typo: price asked ÷ tag price. return_wave: share of unsound units. late_carrier: further days on the way. cac_jump:
    factor on the price of advertising. stock_out: share of the stock lost. refund_fraud: chance of a false claim. festival and
    stunt: factor on attention; both are harmless and must not alarm.
    """

    kind: IncidentKind
    start_minute: int
    end_minute: int
    size: float
    shop: int = -1
    category: int = -1
    sku: int = -1
    carrier: int = -1
    harmless: bool = False

    def days(self) -> range:
        """The days of the world that it touches."""
        return range(self.start_minute // DAY_MINUTES, (self.end_minute - 1) // DAY_MINUTES + 1)

    def told(self, start: dt.date) -> dict[str, object]:
        """As words, for the truth."""
        begin = dt.datetime.combine(start, dt.time())
        return {
            "kind": self.kind,
            "start": (begin + dt.timedelta(minutes=self.start_minute)).isoformat(sep=" "),
            "end": (begin + dt.timedelta(minutes=self.end_minute)).isoformat(sep=" "),
            "size": self.size,
            "shop": codes.PLATFORMS[self.shop] if self.shop >= 0 else None,
            "category": codes.CATEGORIES[self.category] if self.category >= 0 else None,
            "sku": self.sku if self.sku >= 0 else None,
            "carrier": codes.CARRIERS[self.carrier] if self.carrier >= 0 else None,
            "harmless": self.harmless,
        }


# How many of each in two years, how long (hours), and the range of sizes.
_PLAN: tuple[tuple[IncidentKind, int, tuple[float, float], tuple[float, float]], ...] = (
    ("conversion_drop", 5, (20, 80), (0.35, 0.75)),
    ("tracking_break", 4, (4, 40), (0.4, 0.95)),
    ("price_typo", 3, (0.4, 4), (0.05, 0.2)),
    ("return_wave", 3, (24, 24), (0.12, 0.35)),
    ("late_carrier", 4, (72, 220), (2.0, 6.0)),
    ("cac_jump", 4, (120, 500), (1.6, 2.8)),
    ("stock_out", 4, (24, 24), (0.9, 1.0)),
    ("refund_fraud", 3, (30, 120), (0.10, 0.30)),
    ("payment_failure", 4, (0.7, 6), (0.4, 0.9)),
    ("festival", 3, (24, 48), (1.3, 1.7)),
    ("stunt", 3, (6, 20), (1.6, 2.6)),
)
HARMLESS = {"festival", "stunt"}


def plan(draws: Draws, days: Days, catalogue: Catalogue) -> tuple[Incident, ...]:
    """The incidents of a world, spread over its days; the first 60 days and the last 20 are quiet. In order of start."""
    found = []
    # Well-known articles on the shelf all year; the very best sellers are too often sold out to lose anything.
    lasting = np.flatnonzero((catalogue.launched < 0) & (catalogue.ended > days.length) & (catalogue.swing < 0.8))
    known = lasting[np.argsort(-catalogue.appeal[lasting], kind="stable")]
    busiest = known[len(known) // 20 : max(len(known) // 4, len(known) // 20 + 1)]
    years = days.length / 730.0
    for number, (kind, times, hours, sizes) in enumerate(_PLAN):
        for n in range(int(np.ceil(times * years - 1e-9))):
            u = draws.uniform("incident", number * 100 + n, 0, np.arange(6))
            day = 60 + int(u[0] * max(1, days.length - 80))
            start = day * DAY_MINUTES + int((8 + 13 * u[1]) * 60)
            length = int((hours[0] + (hours[1] - hours[0]) * u[2]) * 60)
            sku = int(busiest[int(u[4] * len(busiest))])
            shop = int(u[5] * 7) if kind not in ("tracking_break",) else int(u[5] * 6)
            found.append(
                Incident(
                    kind=kind,
                    start_minute=start,
                    end_minute=start + max(20, length),
                    size=round(float(sizes[0] + (sizes[1] - sizes[0]) * u[3]), 3),
                    shop=shop if kind not in ("late_carrier", "return_wave", "stock_out") else -1,
                    category=int(catalogue.category[sku]) if kind == "conversion_drop" else -1,
                    sku=sku if kind in ("price_typo", "return_wave", "stock_out") else -1,
                    carrier=int(u[5] * 4) if kind == "late_carrier" else -1,
                    harmless=kind in HARMLESS,
                )
            )
    return tuple(sorted((i for i in found if i.start_minute < days.length * DAY_MINUTES), key=lambda i: i.start_minute))


def boundaries(incidents: tuple[Incident, ...], day: int) -> list[int]:
    """Seconds of a day at which some incident that changes prices, choices or payment begins or ends."""
    found = []
    for incident in incidents:
        for minute in (incident.start_minute, incident.end_minute):
            if minute // DAY_MINUTES == day and minute % DAY_MINUTES:
                found.append(minute % DAY_MINUTES * MINUTE)
    return found


def apply(incidents: tuple[Incident, ...], levers: Levers, second: int, list_fen: np.ndarray) -> None:
    """Put the incidents that are on at a second of the world into the levers."""
    minute = second // MINUTE
    for incident in incidents:
        if not incident.start_minute <= minute < incident.end_minute:
            continue
        match incident.kind:
            case "conversion_drop":
                levers.conversion[incident.shop, incident.category] *= 1.0 - incident.size
            case "price_typo":
                levers.fixed_fen[incident.shop, incident.sku] = max(1, int(list_fen[incident.sku] * incident.size))
            case "cac_jump":
                levers.cost_per_mille[incident.shop] *= incident.size
            case "payment_failure":
                levers.payment[incident.shop] *= 1.0 - incident.size
            case "festival" | "stunt":
                levers.attention[incident.shop] *= incident.size
            case _:
                pass  # these act on stock, parcels, claims and reports: see Region
