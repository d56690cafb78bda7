"""The as-is diagnosis as page, command, API and report show it: every figure in words, with its benchmark and its worth."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from shopkeeper.core.wording import has_word, word
from shopkeeper.insight.diagnose.assess import diagnose, periods_to_choose
from shopkeeper.insight.diagnose.benchmarks import FILE_NAME, Benchmark
from shopkeeper.insight.diagnose.finding import Diagnosis, Finding, Grade, Need, Way
from shopkeeper.kpi.definitions import Definitions
from shopkeeper.kpi.matrix import data_range
from shopkeeper.kpi.missing import missing_words
from shopkeeper.kpi.own.folder import definitions_of
from shopkeeper.kpi.result import Value
from shopkeeper.render.formats import NOTHING, Formats
from shopkeeper.views.labels import Choice, indicator_name
from shopkeeper.views.lens import Lens
from shopkeeper.views.overview import Freshness, freshness
from shopkeeper.views.plain import as_plain
from shopkeeper.warehouse.shop import Shop

GRADES: tuple[Grade, ...] = ("good", "fair", "poor", "ungraded", "unknown")
STATUS = {"good": "on_track", "fair": "watch", "poor": "off", "ungraded": "not_scored", "unknown": "no_data"}
"""How a grade is drawn, in the marks that every page shares."""


@dataclass(frozen=True)
class FindingRow:
    """One finding. Texts are ready to show; numbers stay beside them for whoever computes on."""

    item: str
    name: str
    indicator: str
    grade: Grade
    grade_text: str
    period: str
    value: Value
    numerator: Value
    denominator: Value
    unit: str
    low: float | None
    high: float | None
    good: float | None
    poor: float | None
    year_before: float | None
    gap: float | None
    worth: Decimal | None
    worth_low: Decimal | None
    worth_high: Decimal | None
    once: Decimal | None
    missing: tuple[str, ...]
    value_text: str
    remarks: tuple[str, ...]
    benchmark_text: str
    source: str
    worth_text: str
    worth_range: str
    once_text: str
    formula: str
    share: float
    """Its worth as a share of the largest, for a bar."""


@dataclass(frozen=True)
class WayRow:
    """One way to something missing: a sentence, and a command where there is one."""

    kind: str
    text: str
    command: str


@dataclass(frozen=True)
class NeedRow:
    """One thing that is missing."""

    need: str
    name: str
    items: tuple[str, ...]
    waiting: tuple[str, ...]
    ways: tuple[WayRow, ...]


@dataclass(frozen=True)
class LinkRow:
    """One platform's links: a share each, None where the link is not asked of it."""

    name: str
    paid: Decimal
    paid_text: str
    shares: tuple[float | None, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class LinkTable:
    """Links of all platforms: their names, a row a platform, and the whole."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    rows: tuple[LinkRow, ...]
    whole: LinkRow


@dataclass(frozen=True)
class DiagnosePage:
    """Everything on the page. `period` is empty, and everything else with it, for a shop without orders."""

    shop: str
    freshness: Freshness
    period: str
    period_text: str
    days: int
    currency: str
    periods: tuple[Choice, ...]
    lead: str
    counts: Mapping[str, int]
    findings: tuple[FindingRow, ...]
    needs: tuple[NeedRow, ...]
    links: LinkTable | None
    warnings: tuple[str, ...]
    assumed: tuple[str, ...]
    benchmarks: str


def benchmarks_stamp(folder: Path) -> tuple[int, int]:
    """Time and size of the shop's own benchmarks, which change without a snapshot; zeros when there are none."""
    try:
        at = (folder / FILE_NAME).stat()
    except OSError:
        return (0, 0)
    return (at.st_mtime_ns, at.st_size)


def diagnose_page(
    shop: Shop, lens: Lens, snapshot: int, at: str = "", _stamp: tuple[int, int] = (0, 0)
) -> DiagnosePage:
    """The page of a period; of the newest that says enough when `at` is empty. `_stamp` is that of the benchmarks."""
    days = data_range(shop)
    fresh = freshness(shop, snapshot, lens)
    if days.first_day is None or days.last_day is None:
        return DiagnosePage(shop.id, fresh, "", "", 0, "", (), "", {}, (), (), None, (), (), "")
    return _Maker(shop, lens, diagnose(shop, at)).page(fresh)


def diagnosis_data(view: DiagnosePage) -> dict[str, object]:
    """The diagnosis as plain JSON values, as command and API give it."""
    plain = as_plain(view)
    assert isinstance(plain, dict)
    return {key: plain[key] for key in ("period", "days", "currency", "counts", "lead", "findings", "needs", "links",
                                        "assumed", "benchmarks")}  # fmt: skip


class _Maker:
    """Turns a diagnosis into words; what it needs is looked up once."""

    def __init__(self, shop: Shop, lens: Lens, found: Diagnosis) -> None:
        self.shop, self.lang, self.found = shop, lens.lang, found
        self.formats = Formats(lens.lang, found.currency)
        self.definitions: Definitions = definitions_of(shop)
        self.largest = max((f.worth.yearly or Decimal(0) for f in found.findings), default=Decimal(0))

    def page(self, fresh: Freshness) -> DiagnosePage:
        found = self.found
        findings = tuple(self._finding(f) for f in found.findings)
        counts: dict[str, int] = {grade: sum(f.grade == grade for f in found.findings) for grade in GRADES}
        return DiagnosePage(
            self.shop.id, fresh, found.period.label, self.formats.period(found.period), found.days, found.currency,
            self._choices(found.first_day, found.last_day), self._lead(findings, counts), counts, findings,
            tuple(self._need(need) for need in found.needs), self._links(),
            tuple(remark.text(self.lang) for remark in found.remarks), self._assumed(),
            found.benchmarks.file or word("diagnose.files_shipped", self.lang),
        )  # fmt: skip

    def _choices(self, first: dt.date, last: dt.date) -> tuple[Choice, ...]:
        return (
            Choice("", word("diagnose.newest", self.lang)),
            *(Choice(p.label, self.formats.period(p)) for p in periods_to_choose(first, last)),
        )

    def _lead(self, findings: tuple[FindingRow, ...], counts: Mapping[str, int]) -> str:
        told = word("diagnose.lead", self.lang, of=len(findings), known=self.found.known, good=counts["good"],
                    fair=counts["fair"], poor=counts["poor"], ungraded=counts["ungraded"])  # fmt: skip
        first = findings[0] if findings else None
        if first is None or not first.worth:
            largest = word("diagnose.lead_none", self.lang)
        else:
            largest = word("diagnose.lead_largest", self.lang, name=first.name, amount=first.worth_text)
        return f"{told}{'' if self.lang == 'zh' else ' '}{largest}"

    def _assumed(self) -> tuple[str, ...]:
        share = self.formats.share(self.found.benchmarks.holding_share)
        holding = word("diagnose.assumed_holding", self.lang, share=share)
        if self.found.days == 365:
            return (holding,)
        return (word("diagnose.assumed_annual", self.lang, days=self.found.days), holding)

    def name(self, item: str) -> str:
        """What an item is called."""
        key = f"diagnose_item.{item}"
        return word(key, self.lang) if has_word(key) else indicator_name(self.definitions.indicator(item), self.lang)

    def _finding(self, f: Finding) -> FindingRow:
        worth = f.worth
        told_range = ""
        if worth.low is not None and worth.high is not None:
            low, high = (self.formats.whole(end, "money") for end in (worth.low, worth.high))
            told_range = word("diagnose.range", self.lang, low=low, high=high)
        return FindingRow(
            item=f.item, name=self.name(f.item), indicator=f.item if f.is_indicator else "", grade=f.grade,
            grade_text=word(f"diagnose_grade.{f.grade}", self.lang), period=f.period.label, value=f.value,
            numerator=f.numerator, denominator=f.denominator, unit=f.unit, low=f.low, high=f.high, good=f.good, poor=f.poor,
            year_before=f.year_before, gap=f.gap, worth=worth.yearly, worth_low=worth.low, worth_high=worth.high,
            once=worth.once, missing=f.missing, value_text=self.formats.value(f.value, f.unit), remarks=self._remarks(f),
            benchmark_text=self._benchmark(f), source=self._source(f.benchmark),
            worth_text=NOTHING if worth.yearly is None else self.formats.money(worth.yearly), worth_range=told_range,
            once_text=word("diagnose.once", self.lang, amount=self.formats.money(worth.once)) if worth.once else "",
            formula=self._formula(f),
            share=float(worth.yearly / self.largest) if worth.yearly and self.largest else 0.0,
        )  # fmt: skip

    def _remarks(self, f: Finding) -> tuple[str, ...]:
        """What a reader must know beside the figure."""
        told = []
        if f.value is None:
            return (missing_words(f.missing, self.lang),) if f.missing else ()
        if f.period != self.found.period:
            told.append(word("diagnose.in_period", self.lang, period=self.formats.period(f.period)))
        if f.low is not None and f.high is not None:
            told.append(
                word("diagnose.range", self.lang, low=self.formats.share(f.low), high=self.formats.share(f.high))
            )
        if f.near:
            told.append(word("diagnose.near", self.lang))
        if f.status == "immature":
            told.append(word("diagnose.provisional", self.lang))
        if f.status == "partial":
            told.append(word("diagnose.partial", self.lang))
        if f.item == "connected_share" and self.found.links:
            told.append(word("diagnose.weakest", self.lang, name=self._link_name(self.found.links.weakest)))
        if f.ungraded:
            told.append(word(f"diagnose_ungraded.{f.ungraded}", self.lang, currency=f.benchmark.currency))
        return tuple(told)

    def _benchmark(self, f: Finding) -> str:
        if f.good is None or f.poor is None:
            return NOTHING
        key = "diagnose.ends_up" if f.direction > 0 else "diagnose.ends_down"
        text = word(key, self.lang, good=self.formats.value(f.good, f.unit), poor=self.formats.value(f.poor, f.unit))
        if not f.benchmark.relative:
            return text
        good, poor = (str(end).replace("-", "−") for end in (f.benchmark.good, f.benchmark.poor))
        before = self.formats.value(f.year_before, f.unit)
        return f"{text} ({word('diagnose.relative', self.lang, good=good, poor=poor, before=before)})"

    def _source(self, benchmark: Benchmark) -> str:
        said = benchmark.said_by(self.lang)
        return said or (word("diagnose.own_source", self.lang) if benchmark.origin == "shop" else "")

    def _formula(self, f: Finding) -> str:
        """The formula with its numbers, or why there is none."""
        if f.worth.why_not:
            return word(f"diagnose_why_not.{f.worth.why_not}", self.lang)
        if not f.worth.formula:
            return ""
        own_days = (min(f.period.last_day, self.found.last_day) - max(f.period.start, self.found.first_day)).days + 1
        filled = {name: self._filled(value, unit) for name, value, unit in f.worth.filling}
        scaled = "" if own_days == 365 else f" × 365 ÷ {own_days}"  # noqa: RUF001
        return word(f"diagnose_formula.{f.worth.formula}", self.lang, **filled, scaled=scaled)

    def _filled(self, value: Value | str, unit: str) -> str:
        if isinstance(value, str):
            name = indicator_name(self.definitions.indicator(value), self.lang)
            return name.lower() if self.lang == "en" else name
        return self.formats.whole(value, unit)

    def _need(self, need: Need) -> NeedRow:
        names = tuple(self.name(item) for item in need.items)
        return NeedRow(need.need, missing_words([need.need], self.lang), need.items, names,
                       tuple(self._way(way) for way in need.ways))  # fmt: skip

    def _way(self, way: Way) -> WayRow:
        if way.kind == "export":
            named = [
                word("diagnose_way.export_yours", self.lang, layout=e.layout) if e.yours else e.layout
                for e in way.exports
            ]
            text = word("diagnose_way.export", self.lang, exports=("、" if self.lang == "zh" else ", ").join(named))
            if way.more_exports:
                text += f" {word('diagnose_way.export_more', self.lang, n=way.more_exports)}"
            return WayRow(way.kind, text, "")
        return WayRow(way.kind, word(f"diagnose_way.{way.kind}", self.lang, day=self.formats.day(way.day)), way.command)

    def _link_name(self, name: str) -> str:
        return word(f"kpi_source.{name}", self.lang)

    def _links(self) -> LinkTable | None:
        links = self.found.links
        if links is None:
            return None
        told = self.shop.lake.query("SELECT platform_id, name FROM platforms WHERE name IS NOT NULL").fetchall()
        names = {str(id_): str(name) for id_, name in told}
        unknown = word("overview.unknown_value", self.lang)

        def row(name: str, paid: Decimal, shares: Mapping[str, float]) -> LinkRow:
            found = tuple(shares.get(link) for link in links.names)
            texts = tuple(NOTHING if s is None else self.formats.share(s) for s in found)
            return LinkRow(name, paid, self.formats.money(paid), found, texts)

        rows = tuple(row(names.get(p.platform or "", p.platform or unknown), p.paid, p.shares) for p in links.platforms)
        return LinkTable(
            links.names, tuple(self._link_name(n) for n in links.names), rows,
            row(word("diagnose.links_all", self.lang), links.paid, links.shares),
        )  # fmt: skip
