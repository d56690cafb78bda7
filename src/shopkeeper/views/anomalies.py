"""The Anomalies page: incidents with what shows them, and a picture of the figure with its band; rows for command and API."""

from __future__ import annotations

import datetime as dt
import statistics
from dataclasses import dataclass
from urllib.parse import urlencode

import numpy as np

from shopkeeper.core.wording import Language, word
from shopkeeper.insight.anomalies.find import PARTS, AnomalyAsk, AnomalyReport, find_anomalies
from shopkeeper.insight.anomalies.incidents import Evidence, Incident, shown_value
from shopkeeper.insight.anomalies.judge import THRESHOLDS, JudgedPanel
from shopkeeper.kpi.definitions import Definitions
from shopkeeper.kpi.own.folder import definitions_of
from shopkeeper.kpi.result import Dims
from shopkeeper.render.formats import NOTHING, Formats
from shopkeeper.render.picture import DrawnPicture, DrawnSeries
from shopkeeper.views.labels import Choice, indicator_name
from shopkeeper.views.lens import PARAMETER_OF, Lens
from shopkeeper.views.overview import Freshness, freshness
from shopkeeper.warehouse.shop import Shop

LISTED = 40
"""How many incidents a page shows, newest first; the command prints all."""
_BEFORE, _AFTER = 28, 10
_BAND = 3.0
_LEAST_OF_BAND = 0.2
"""The band stops at this share of what is expected: the inverse of next to nothing would hide the rest."""
_NAMED = 3


@dataclass(frozen=True)
class EvidenceShown:
    """One indicator of an incident in words."""

    kpi: str
    name: str
    place: str
    actual: str
    usual: str
    change: str
    strength: str


@dataclass(frozen=True)
class IncidentShown:
    """One incident in words. Links are addresses within the product."""

    id: str
    incident: Incident
    title: str
    place: str
    when: str
    seen: str
    severity: str
    fault: str
    money: str
    change: str
    notes: tuple[str, ...]
    evidence: tuple[EvidenceShown, ...]
    picture: DrawnPicture | None
    explain: str
    data: str


@dataclass(frozen=True)
class AnomaliesPage:
    """Everything on the page."""

    shop: str
    freshness: Freshness
    first_day: dt.date
    last_day: dt.date
    incidents: tuple[IncidentShown, ...]
    hidden: int
    count: int
    data_faults: int
    business_faults: int
    money: str
    with_money: int
    days_to_detection: str
    looked_at: str
    method: str
    kpis: tuple[Choice, ...]
    chosen_kpi: str
    cuts: tuple[Choice, ...]
    chosen_cut: str


@dataclass(frozen=True)
class _Names:
    """Names of places and indicators in one language."""

    lang: Language
    definitions: Definitions
    slices: dict[tuple[str, str], str]
    formats: Formats

    def kpi(self, name: str) -> str:
        """An indicator's name, or that of a watched part."""
        if name in PARTS:
            return word(f"anomalies.part_{name}", self.lang)
        return indicator_name(self.definitions.indicators[name], self.lang)

    def place(self, dims: Dims) -> str:
        """A place in words; the whole shop without one."""
        if not dims:
            return word("anomalies.where_all", self.lang)
        return " × ".join(self.slices.get((name, value or ""), value or NOTHING) for name, value in dims)

    def places(self, places: tuple[Dims, ...]) -> str:
        """Several places, the rest counted."""
        names = list(dict.fromkeys(self.place(dims) for dims in places))
        text = names[0]
        for name in names[1:_NAMED]:
            text = word("anomalies.joined", self.lang, one=text, other=name)
        more = len(names) - _NAMED
        return word("anomalies.where_more", self.lang, names=text, n=more) if more > 0 else text


def anomalies_page(shop: Shop, lens: Lens, snapshot: int, ask: AnomalyAsk) -> AnomaliesPage:
    """The page of what is asked. Raises NotEstimable, NotFound or UsageError as `find_anomalies` does."""
    report = find_anomalies(shop, ask)
    names = _names(shop, lens.lang, report)
    formats = names.formats
    lost = [i.money for i in report.incidents if i.money is not None and i.money > 0]
    waits = [i.days_to_detection for i in report.incidents]
    watched = [c for c in (*PARTS, *report.indicators)]
    looked = word(
        "anomalies.looked_at", lens.lang, stood=formats.count(report.stood_out), points=formats.count(report.points),
        signals=formats.count(report.signals),
    )  # fmt: skip
    return AnomaliesPage(
        shop.id, freshness(shop, snapshot, lens), report.first, report.last,
        tuple(_shown(report, incident, names, shop.id) for incident in report.incidents[:LISTED]),
        max(len(report.incidents) - LISTED, 0), len(report.incidents),
        sum(i.fault == "data" for i in report.incidents), sum(i.fault == "business" for i in report.incidents),
        formats.money(sum(lost)) if lost else NOTHING, len(lost),
        f"{statistics.median(waits):g}" if waits else NOTHING, looked,
        word("anomalies.method", lens.lang, n=f"{min(THRESHOLDS):g}"),
        (Choice("", word("anomalies.all_kpis", lens.lang)), *(Choice(k, names.kpi(k)) for k in watched)),
        ask.kpis[0] if ask.kpis else "", _cuts(lens.lang), PARAMETER_OF[ask.by[0]] if ask.by else "",
    )  # fmt: skip


def _names(shop: Shop, lang: Language, report: AnomalyReport) -> _Names:
    rows = shop.lake.query(
        "SELECT 'platform', platform_id, name FROM platforms WHERE name IS NOT NULL "
        "UNION ALL SELECT 'shop', shop_id, name FROM shops WHERE name IS NOT NULL "
        "UNION ALL SELECT 'channel', channel_id, name FROM channels WHERE name IS NOT NULL"
    ).fetchall()
    slices = {(str(cut), str(id_)): str(name) for cut, id_, name in rows}
    return _Names(lang, definitions_of(shop), slices, Formats(lang, report.currency))


def _cuts(lang: Language) -> tuple[Choice, ...]:
    return (
        Choice("", word("anomalies.cut_none", lang)), Choice("category", word("anomalies.cut_category", lang)),
        Choice("channel", word("anomalies.cut_channel", lang)), Choice("branch", word("anomalies.cut_shop", lang)),
    )  # fmt: skip


def _shown(report: AnomalyReport, incident: Incident, names: _Names, shop: str) -> IncidentShown:
    head = incident.headline
    notes = [word(f"anomalies.note_{key}", names.lang, what=text or NOTHING) for key, text in incident.notes]
    if incident.new_level:
        notes.append(word("anomalies.new_level", names.lang))
    return IncidentShown(
        incident.id, incident, word(f"anomalies.cause_{incident.cause}", names.lang), names.places(incident.places),
        when_text(incident, names.formats), seen_text(incident, names.lang),
        word(f"anomalies.severity_{incident.severity}", names.lang), word(f"anomalies.fault_{incident.fault}", names.lang),
        money_text(incident, names.formats), _signed_share(head.change) if head else NOTHING, tuple(notes),
        tuple(_evidence(e, names) for e in incident.evidence), _picture(report.judged, incident, names) if head else None,
        _kpi_address(incident, head, shop) if head else "", _data_address(incident, shop),
    )  # fmt: skip


def when_text(incident: Incident, formats: Formats) -> str:
    """The days of an incident."""
    if incident.ongoing:
        return word("anomalies.since", formats.lang, day=formats.day(incident.start))
    if incident.start == incident.end:
        return formats.day(incident.start)
    first, last = formats.day(incident.start), formats.day(incident.end)
    return word("anomalies.between", formats.lang, first=first, last=last)


def seen_text(incident: Incident, lang: Language) -> str:
    """How long it took to see it."""
    days = incident.days_to_detection
    return word("anomalies.seen_after", lang, n=days) if days else word("anomalies.seen_same", lang)


def money_text(incident: Incident, formats: Formats) -> str:
    """The money that an incident touches, with its interval; why there is none."""
    if incident.money is None or incident.money_low is None or incident.money_high is None:
        key = "anomalies.no_money" if incident.fault == "data" else "anomalies.money_untold"
        return word(key, formats.lang)
    low, high = formats.money(round(incident.money_low)), formats.money(round(incident.money_high))
    return word("anomalies.money_is", formats.lang, money=formats.money(round(incident.money)), low=low, high=high)


def _signed_share(value: float) -> str:
    size = abs(value) * 100
    return f"{'+' if value >= 0 else '−'}{size:,.0f}%" if size >= 10 else f"{'+' if value >= 0 else '−'}{size:.1f}%"


def _evidence(found: Evidence, names: _Names) -> EvidenceShown:
    return EvidenceShown(
        found.kpi, names.kpi(found.kpi), names.place(found.dims), names.formats.value(found.value, found.unit),
        names.formats.value(found.usual, found.unit), _signed_share(found.change), f"{abs(found.strength):.1f}",
    )  # fmt: skip


def _picture(judged: JudgedPanel, incident: Incident, names: _Names) -> DrawnPicture | None:
    head = incident.headline
    number = next(
        (n for n, s in enumerate(judged.panel.signals) if head and (s.kpi, s.dims) == (head.kpi, head.dims)), None
    )
    if head is None or number is None:
        return None
    signal, days = judged.panel.signals[number], judged.panel.days
    at = {day: n for n, day in enumerate(days)}
    first, last = max(at[incident.start] - _BEFORE, 0), min(at[incident.end] + _AFTER, len(days) - 1)
    span = range(first, last + 1)

    def said(amounts: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> tuple[float | None, ...]:
        pairs = ((float(amounts[t]), float(signal.exposure[t])) for t in span)
        return tuple(shown_value(signal, a, e) if np.isfinite(a) and np.isfinite(e) else None for a, e in pairs)

    off = _BAND * judged.deviation[number]
    expected = judged.expected[number]
    one, other = said(np.maximum(expected - off, expected * _LEAST_OF_BAND)), said(expected + off)
    low = tuple(min(a, b) if a is not None and b is not None else None for a, b in zip(one, other, strict=True))
    high = tuple(max(a, b) if a is not None and b is not None else None for a, b in zip(one, other, strict=True))
    actual = said(signal.happened)
    marked = tuple(
        value if at[incident.start] - 1 <= t <= at[incident.end] else None
        for t, value in zip(span, actual, strict=True)
    )
    lang = names.lang
    title = word("anomalies.picture", lang, kpi=names.kpi(head.kpi), place=names.place(head.dims))
    return DrawnPicture(
        incident.id, "line", title, word("anomalies.day", lang), names.kpi(head.kpi),
        (
            DrawnSeries(word("anomalies.series_actual", lang), actual),
            DrawnSeries(word("anomalies.series_incident", lang), marked),
            DrawnSeries(word("anomalies.series_expected", lang), said(expected), (), low, high),
        ),
        tuple(f"{days[t]:%m-%d}" for t in span), "text", signal.unit,
    )  # fmt: skip


def _kpi_address(incident: Incident, head: Evidence, shop: str) -> str:
    kpi = {"visitors": "T1", "refunds": "net_revenue"}.get(head.kpi, head.kpi)
    place = {PARAMETER_OF[name]: value or "~" for name, value in head.dims}
    return f"/kpis/{kpi}?{urlencode({'shop': shop, 'period': 'day', 'at': incident.found.isoformat(), **place})}"


def _data_address(incident: Incident, shop: str) -> str:
    if incident.cause == "missing_data":
        return f"/data?{urlencode({'shop': shop, 'window': f'{incident.start:%Y-%m}'})}"
    return f"/data/checks?{urlencode({'shop': shop})}" if incident.cause == "data_quality" else ""


def incident_row(incident: Incident) -> dict[str, object]:
    """One incident as plain values: what command and API give."""
    return {
        "id": incident.id,
        "cause": incident.cause,
        "fault": incident.fault,
        "severity": incident.severity,
        "start": incident.start.isoformat(),
        "found": incident.found.isoformat(),
        "end": incident.end.isoformat(),
        "ongoing": incident.ongoing,
        "days_to_detection": incident.days_to_detection,
        "places": [dict(dims) for dims in incident.places],
        "strength": _rounded(incident.strength, 2),
        "effect": _rounded(incident.effect, 4),
        "money": _amount(incident.money),
        "money_low": _amount(incident.money_low),
        "money_high": _amount(incident.money_high),
        "new_level": incident.new_level,
        "evidence": [
            {
                "kpi": e.kpi, "dims": dict(e.dims), "unit": e.unit, "value": _rounded(e.value, 6),
                "expected": _rounded(e.usual, 6), "change": _rounded(e.change, 4), "strength": _rounded(e.strength, 2),
                "found": e.found.isoformat(),
            }
            for e in incident.evidence
        ],
        "notes": dict(incident.notes),
    }  # fmt: skip


def report_meta(report: AnomalyReport, shop: str) -> dict[str, object]:
    """What stands beside the rows: the contract's fields, and how much was looked at."""
    return {
        "shop": shop, "as_of": report.last.isoformat(), "snapshot": report.snapshot, "warnings": [],
        "from": report.first.isoformat(), "to": report.last.isoformat(), "series": report.signals,
        "indicator_days": report.points, "stood_out": report.stood_out, "currency": report.currency,
    }  # fmt: skip


def _amount(value: float | None) -> str | None:
    return None if value is None else f"{value:.2f}"


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None or not np.isfinite(value) else round(value, digits)


def incident_lines(report: AnomalyReport, shop: Shop, lang: Language) -> list[dict[str, object]]:
    """The incidents as a terminal's table shows them."""
    names = _names(shop, lang, report)
    return [
        {
            "when": f"{i.start}" if i.start == i.end else f"{i.start}…{i.end}",
            "cause": word(f"anomalies.cause_{i.cause}", lang),
            "place": names.places(i.places),
            "change": f"{names.kpi(i.headline.kpi)} {_signed_share(i.headline.change)}" if i.headline else NOTHING,
            "money": names.formats.money(round(i.money)) if i.money is not None else NOTHING,
            "severity": word(f"anomalies.severity_{i.severity}", lang),
        }
        for i in report.incidents
    ]
