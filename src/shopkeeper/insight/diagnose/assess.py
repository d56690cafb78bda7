"""Assess a shop as it is: measure, grade, value, rank, and say what is missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from shopkeeper.core.period import Grain, Period, periods_between
from shopkeeper.customers.profiles import people_of, shop_completeness
from shopkeeper.errors import NotEstimable, UsageError
from shopkeeper.insight.diagnose.benchmarks import Benchmark, Benchmarks, benchmarks_of, resolved
from shopkeeper.insight.diagnose.finding import Diagnosis, Finding, Grade, Links, Need
from shopkeeper.insight.diagnose.links import links_of
from shopkeeper.insight.diagnose.ways import ways_to
from shopkeeper.insight.diagnose.worth import CONTEXT, Setting, worth_of
from shopkeeper.kpi.availability import Holdings
from shopkeeper.kpi.definition import Indicator
from shopkeeper.kpi.definitions import Definitions
from shopkeeper.kpi.matrix import holdings, matrix_for
from shopkeeper.kpi.own.folder import definitions_of
from shopkeeper.kpi.result import Cell, Matrix, Request
from shopkeeper.methods.intervals import wilson
from shopkeeper.warehouse.engines import reading
from shopkeeper.warehouse.shop import Shop

_RECENT_DAYS = 92
"""A whole year that ended longer ago than this says less than the last quarter."""

_DAY = dt.timedelta(days=1)
_ORDER: tuple[Grade, ...] = ("poor", "fair", "ungraded", "good", "unknown")
SPECIAL: Mapping[str, tuple[str, int]] = {
    "profile_dimensions": ("count", 1),
    "profile_completeness": ("share", 1),
    "connected_share": ("share", 1),
}
"""Items that are no indicators: unit and direction."""


def diagnose(shop: Shop, at: str = "") -> Diagnosis:
    """The as-is assessment of a period, or of the newest that says enough: year, else quarter, else month.

    Raises NotEstimable without orders, UsageError for a period without data, ConfigError for a benchmark that cannot be used.
    """
    definitions = definitions_of(shop)
    found = holdings(shop, definitions)
    if found.first_day is None or found.last_day is None:
        raise NotEstimable("there are no orders to assess", ("order lines",), next_command="shopkeeper ingest")
    benchmarks = benchmarks_of(shop.folder, (*definitions.indicators, *SPECIAL))
    period = _period(at, found.first_day, found.last_day)
    return _Assessment(shop, definitions, found, benchmarks, period, found.first_day, found.last_day).diagnosis()


def periods_to_choose(first: dt.date, last: dt.date) -> tuple[Period, ...]:
    """Whole years, quarters and months with data, the longest first, each newest first."""
    grains: tuple[Grain, ...] = ("year", "quarter", "month")
    return tuple(p for grain in grains for p in reversed(_whole(first, last, grain)))


def _whole(first: dt.date, last: dt.date, grain: Grain) -> list[Period]:
    return [p for p in periods_between(first, last + _DAY, grain) if p.start >= first and p.last_day <= last]


def _period(at: str, first: dt.date, last: dt.date) -> Period:
    if at:
        wanted = Period.parse(at)
        if wanted.start > last or wanted.end <= first:
            raise UsageError("there are no data for this period", received=at, allowed=f"{first} to {last}")
        return wanted
    years = _whole(first, last, "year")
    if years and (last - years[-1].last_day).days <= _RECENT_DAYS:
        return years[-1]
    found = _whole(first, last, "quarter") or _whole(first, last, "month")
    return found[-1] if found else Period.containing(last, "month")


@dataclass(frozen=True)
class _Assessment:
    shop: Shop
    definitions: Definitions
    holdings: Holdings
    benchmarks: Benchmarks
    period: Period
    first: dt.date
    last: dt.date

    def diagnosis(self) -> Diagnosis:
        indicators = {i: self.definitions.indicator(i) for i in self.benchmarks.items if i not in SPECIAL}
        matrix = self._matrix(self.period, tuple(dict.fromkeys((*indicators, *CONTEXT))))
        before = self._before(tuple(i for i in indicators if self.benchmarks.items[i].relative))
        links, stock = self._looked_up()
        cells = {c.kpi: c for c in matrix.cells if c.period == self.period}
        special = self._special(links)
        findings = []
        for item, benchmark in self.benchmarks.items.items():
            cell = special[item] if item in special else self._told(indicators[item], cells[item])
            unit, direction = SPECIAL.get(item) or (indicators[item].unit, indicators[item].direction)
            setting = self._setting(cell, cells, stock)
            findings.append(
                self._finding(item, unit, direction, cell, benchmark, before.get(item), setting, matrix.currency)
            )
        findings.sort(key=lambda f: (-(f.worth.yearly or Decimal(0)), _ORDER.index(f.grade)))
        return Diagnosis(
            self.period, self._days(self.period), self.first, self.last, matrix.snapshot, matrix.currency, tuple(findings),
            self._needs(findings), links, self.benchmarks, matrix.remarks,
        )  # fmt: skip

    def _matrix(self, period: Period, kpis: tuple[str, ...]) -> Matrix:
        return matrix_for(self.shop, Request(period.grain, period.start, period.end, kpis=kpis))

    def _before(self, kpis: tuple[str, ...]) -> dict[str, float]:
        """Figures of the same period one year before, where it lies wholly in the data."""
        year = self.period.year_before()
        if not kpis or year.start < self.first:
            return {}
        found = self._matrix(year, kpis)
        return {c.kpi: float(c.value) for c in found.cells if c.period == year and c.value is not None}

    def _told(self, indicator: Indicator, cell: Cell) -> Cell:
        """The cell, or that of the newest whole quarter where only time is missing: cohorts have to be followed."""
        if cell.value is not None or not cell.missing or not cell.missing[0].startswith(("follow_up", "history")):
            return cell
        quarters = _whole(self.first, min(self.last, self.period.last_day), "quarter")
        if self.period.grain in ("quarter", "month", "week", "day") or not quarters:
            return cell
        request = Request("quarter", quarters[0].start, quarters[-1].end, kpis=(indicator.id,))
        told = [c for c in matrix_for(self.shop, request).cells if c.value is not None and c.status == "ok"]
        return told[-1] if told else cell

    def _days(self, period: Period) -> int:
        return (min(period.last_day, self.last) - max(period.start, self.first)).days + 1

    def _setting(self, cell: Cell, cells: Mapping[str, Cell], stock: Decimal | None) -> Setting:
        """The context of a cell's own period, which is another than the diagnosis's where time was missing."""
        if cell.period != self.period:
            cells = {c.kpi: c for c in self._matrix(cell.period, CONTEXT).cells if c.period == cell.period}
        return Setting(cells, self._days(cell.period), self.benchmarks, stock)

    def _looked_up(self) -> tuple[Links | None, Decimal | None]:
        """Links between sources, and the average daily stock value; neither where amounts are of several currencies."""
        if len(self.holdings.currencies) > 1:
            return None, None
        with reading(self.shop.lake, self.shop.settings.engine) as engine:
            links = links_of(engine, self.period.start, self.period.end)
            if "stock_levels" not in engine.filled_tables():
                return links, None
            row = engine.rows(
                "SELECT sum(value), count(DISTINCT stock_day) FROM stock_levels WHERE value IS NOT NULL "
                f"AND stock_day >= DATE '{self.period.start}' AND stock_day < DATE '{self.period.end}'"
            ).rows[0]
        return links, (row[0] / row[1]).quantize(Decimal("0.01")) if row[0] is not None and row[1] else None

    def _special(self, links: Links | None) -> dict[str, Cell]:
        wanted = [item for item in SPECIAL if item in self.benchmarks.items]
        made: dict[str, Cell] = {}
        if "connected_share" in wanted:
            share = links.shares[links.weakest] if links else None
            missing = () if links else (f"currency:{', '.join(self.holdings.currencies)}",)
            made["connected_share"] = self._cell("connected_share", share, None, None, missing)
        if {"profile_dimensions", "profile_completeness"} & set(wanted):
            people = people_of(self.shop)
            whole, by = shop_completeness(self.shop, people)
            missing = () if by else ("order_lines.customer_id",)
            filled = sum(1 for n, _ in by.values() if n) if by else None
            top, bottom = (sum(n for n, _ in by.values()), sum(of for _, of in by.values())) if by else (None, None)
            made["profile_dimensions"] = self._cell("profile_dimensions", filled, None, None, missing)
            made["profile_completeness"] = self._cell("profile_completeness", whole, top, bottom, missing)
        return {item: made[item] for item in wanted}

    def _cell(
        self, item: str, value: float | None, top: int | None, bottom: int | None, missing: tuple[str, ...]
    ) -> Cell:
        unit = SPECIAL[item][0]
        return Cell(item, self.period, (), value, unit, top, bottom, "missing" if missing else "ok", missing)

    def _finding(self, item: str, unit: str, direction: int, cell: Cell, benchmark: Benchmark, year_before: float | None,
                 setting: Setting, currency: str) -> Finding:  # fmt: skip
        good, poor = resolved(benchmark.good, year_before), resolved(benchmark.poor, year_before)
        ungraded = ""
        if benchmark.currency and benchmark.currency != currency:
            ungraded, good, poor = "currency", None, None
        elif good is None or poor is None:
            ungraded, good, poor = "year_before", None, None
        elif direction * (good - poor) <= 0:
            ungraded, good, poor = "ends", None, None
        low, high = _interval(item, unit, cell)
        grade = _grade(cell, direction, good, poor)
        worth = worth_of(item, cell, good, low, high, direction, setting)
        return Finding(
            item, item not in SPECIAL, unit, direction, cell.period, cell.value, cell.numerator, cell.denominator,
            cell.status, cell.missing, low, high, benchmark, good, poor, year_before, ungraded if cell.value is not None else "",
            grade, worth,
        )  # fmt: skip

    def _needs(self, findings: list[Finding]) -> tuple[Need, ...]:
        """What is missing, most awaited first."""
        waiting: dict[str, list[str]] = {}
        for finding in findings:
            for need in finding.missing:
                waiting.setdefault(need, []).append(finding.item)
        platforms = set(self.holdings.platform_of.values())
        return tuple(
            Need(need, tuple(items), ways_to(need, platforms, self.last))
            for need, items in sorted(waiting.items(), key=lambda item: -len(item[1]))
        )


def _grade(cell: Cell, direction: int, good: float | None, poor: float | None) -> Grade:
    if cell.value is None:
        return "unknown"
    if good is None or poor is None:
        return "ungraded"
    value = direction * float(cell.value)
    if value >= direction * good:
        return "good"
    return "poor" if value < direction * poor else "fair"


def _interval(item: str, unit: str, cell: Cell) -> tuple[float | None, float | None]:
    """The Wilson interval of a share of counted people or cases; none for shares of amounts, days or dimensions."""
    top, bottom = cell.numerator, cell.denominator
    counted = isinstance(top, int) and isinstance(bottom, int) and item not in (*SPECIAL, "D1", "D3")
    if unit != "share" or not counted or not bottom or not 0 <= int(top or 0) <= int(bottom):
        return None, None
    return wilson(int(top or 0), int(bottom))
