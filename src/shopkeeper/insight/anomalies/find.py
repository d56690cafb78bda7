"""Anomalies of a shop: read what is watched, judge it day by day, gather what stands out into incidents."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from shopkeeper.core.period import Period
from shopkeeper.errors import NotEstimable, NotFound, UsageError
from shopkeeper.insight.anomalies.incidents import Incident, find_incidents
from shopkeeper.insight.anomalies.judge import LEARNING_DAYS, JudgedPanel, judge
from shopkeeper.insight.anomalies.missing import Hole, missing_days, missing_incidents
from shopkeeper.insight.anomalies.reading import Read, read_panel
from shopkeeper.insight.anomalies.signals import REFUNDS, VISITORS, Panel, Signal
from shopkeeper.kpi.definition import SLICES, Slice
from shopkeeper.kpi.matrix import data_range
from shopkeeper.kpi.own.folder import definitions_of
from shopkeeper.warehouse.shop import Shop

USUAL_DAYS = 90
"""How many of the last days are looked at when none are named."""
LONGEST_DAYS = 800
PARTS = (VISITORS, REFUNDS)


@dataclass(frozen=True)
class AnomalyAsk:
    """What is asked: days (both included; None = the last 90), indicators (empty = all), and the cut beside platforms."""

    first: dt.date | None = None
    last: dt.date | None = None
    kpis: tuple[str, ...] = ()
    by: tuple[Slice, ...] = ()


@dataclass(frozen=True)
class AnomalyReport:
    """Incidents, the newest first, and how much was looked at for them."""

    first: dt.date
    last: dt.date
    incidents: tuple[Incident, ...]
    judged: JudgedPanel
    signals: int
    points: int
    stood_out: int
    indicators: tuple[str, ...]
    snapshot: int
    currency: str


def parse_ask(from_: str = "", to: str = "", kpis: Sequence[str] = (), by: Sequence[str] = ()) -> AnomalyAsk:
    """Read what a person or script wrote. Raises UsageError or NotFound with what is allowed.

    >>> parse_ask("2024-05", "2024-06-10", by=["category"]).last
    datetime.date(2024, 6, 10)
    """
    first = Period.parse(from_).start if from_ else None
    last = Period.parse(to).last_day if to else None
    if first and last and last < first:
        raise UsageError("the range ends before it begins", received=f"{from_} to {to}")
    cuts = tuple(dict.fromkeys(name for item in by for name in item.split(",") if name))
    for name in cuts:
        if name not in SLICES:
            raise NotFound("dimension", name, SLICES)
    slices: tuple[Slice, ...] = tuple(s for s in SLICES if s in cuts)
    return AnomalyAsk(first, last, tuple(n for item in kpis for n in item.split(",") if n), slices)


def find_anomalies(shop: Shop, ask: AnomalyAsk) -> AnomalyReport:
    """Which incidents a shop had in the days asked for.

    Every day is judged with what was known on it. Raises NotEstimable for a shop with too few days, NotFound for an
    indicator that is not watched, UsageError for a range that is too long.
    """
    first, last = _days(shop, ask)
    definitions = definitions_of(shop)
    kpis = tuple(k if k in PARTS else definitions.indicator(k).id for k in ask.kpis)
    cuts: list[tuple[Slice, ...]] = [(), ("platform",)]
    cuts += [("platform", name) for name in ask.by if name != "platform"]
    read = read_panel(shop, definitions, first, last, cuts)
    if len(read.panel.days) <= LEARNING_DAYS:
        raise NotEstimable(
            "there are too few days to know what is usual",
            [f"{LEARNING_DAYS + 1} days of orders; there are {len(read.panel.days)}"],
        )
    _check_watched(kpis, read)
    with shop.lake.reading():
        holes = missing_days(shop.lake, first, last)
    judged = judge(_without(read.panel, holes))
    incidents = [i for i in find_incidents(judged) if i.end >= first]
    incidents = sorted([*incidents, *missing_incidents(holes)], key=lambda i: (i.start, i.id), reverse=True)
    shown = tuple(i for i in incidents if not kpis or any(e.kpi in kpis for e in i.evidence))
    asked = slice((first - read.panel.days[0]).days, None)
    points = int(np.isfinite(judged.strength[:, asked, 0]).sum())
    return AnomalyReport(
        first, last, shown, judged, len(read.panel.signals), points, int(judged.alerts()[:, asked].sum()), read.indicators,
        read.snapshot, read.currency,
    )  # fmt: skip


def _days(shop: Shop, ask: AnomalyAsk) -> tuple[dt.date, dt.date]:
    known = data_range(shop)
    if known.first_day is None or known.last_day is None:
        raise NotEstimable("this shop has no orders yet", ["order_lines"], next_command="shopkeeper ingest")
    last = min(ask.last or known.last_day, known.last_day)
    first = max(ask.first or last - dt.timedelta(days=USUAL_DAYS - 1), known.first_day)
    if first > last:
        raise UsageError(
            "there are no data in these days", received=f"{ask.first} to {ask.last}",
            allowed=f"{known.first_day} to {known.last_day}",
        )  # fmt: skip
    if (last - first).days >= LONGEST_DAYS:
        raise UsageError("the range is too long", received=f"{first} to {last}", allowed=f"up to {LONGEST_DAYS} days")
    return first, last


def _check_watched(kpis: tuple[str, ...], read: Read) -> None:
    watched = {signal.kpi for signal in read.panel.signals}
    for kpi in kpis:
        if kpi not in watched:
            raise NotFound("watched indicator", kpi, watched)


def _without(panel: Panel, holes: list[Hole]) -> Panel:
    """The panel with unknown days where rows never came: they are told as missing, not judged."""
    if not holes:
        return panel
    gone: dict[str, set[int]] = {}
    for hole in holes:
        at = (hole.first - panel.days[0]).days
        gone.setdefault(hole.platform, set()).update(range(at, at + (hole.last - hole.first).days + 1))
    everywhere = set().union(*gone.values())

    def blanked(signal: Signal) -> Signal:
        days = gone.get(str(dict(signal.dims).get("platform")), set()) if signal.dims else everywhere
        if not days:
            return signal
        exposure = signal.exposure.copy()
        exposure[sorted(days)] = np.nan
        return replace(signal, exposure=exposure)

    return Panel(panel.days, tuple(blanked(signal) for signal in panel.signals))
