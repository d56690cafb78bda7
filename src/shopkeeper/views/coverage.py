"""The coverage matrix: for every platform and table, which days hold rows, which are missing, and how old the newest is."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from shopkeeper.core.clock import utc_now
from shopkeeper.core.period import Period, periods_between
from shopkeeper.core.wording import word
from shopkeeper.errors import ConfigError, UsageError
from shopkeeper.quality.arrivals import Arrival, Arrivals, Stream, Width, arrivals
from shopkeeper.quality.rules_file import active_rules
from shopkeeper.quality.whole import Freshness as FreshnessRule
from shopkeeper.render.formats import NOTHING, Formats
from shopkeeper.views.labels import Choice
from shopkeeper.views.lens import Lens
from shopkeeper.views.reconcile import slice_words
from shopkeeper.warehouse.shop import Shop

MONTHS = "months"
"""The window that shows months instead of days."""

LISTED_MONTHS = 36
_DAY = dt.timedelta(days=1)

Held = Literal["held", "part", "hole", "none", "outside"]
Verdict = Literal["on_track", "off", "not_scored", "no_data"]


@dataclass(frozen=True)
class Slot:
    """One day (or month) of one table. A hole is a day that should hold rows and holds none; outside is no such day yet."""

    start: dt.date
    state: Held
    rows: int | None
    text: str
    title: str
    load_id: str


@dataclass(frozen=True)
class CoverageLine:
    """One table of one platform. `age_days` counts from the newest day with rows to today; `limit_days` is the rule's."""

    table: str
    name: str
    required: bool
    rows: int | None
    last_day: dt.date | None
    last_text: str
    age_days: int | None
    age_text: str
    limit_days: int | None
    verdict: Verdict
    verdict_text: str
    days_held: int | None
    days_expected: int | None
    silent: str
    """What is said instead of slots that are all alike: no rows in the whole window."""
    slots: tuple[Slot, ...]


@dataclass(frozen=True)
class CoverageBlock:
    """One platform. Required tables are expected of platforms that sell."""

    platform: str | None
    name: str
    trades: bool
    lines: tuple[CoverageLine, ...]


@dataclass(frozen=True)
class Column:
    """One day or month: its head, and above it a group's name where a group begins."""

    start: dt.date
    text: str
    group: str
    rest: bool


@dataclass(frozen=True)
class Coverage:
    """The matrix. `held` ÷ `expected` counts required tables × selling platforms × days of the window."""

    window: str
    width: Width
    windows: tuple[Choice, ...]
    columns: tuple[Column, ...]
    blocks: tuple[CoverageBlock, ...]
    held: int
    expected: int
    share: float | None
    holes: int
    late: int
    ruled: int
    today: dt.date
    warnings: tuple[str, ...]

    @property
    def spans(self) -> tuple[tuple[str, int], ...]:
        """Groups of columns with their widths."""
        begins = [n for n, column in enumerate(self.columns) if column.group or not n]
        ends = [*begins[1:], len(self.columns)]
        return tuple((self.columns[a].group, b - a) for a, b in zip(begins, ends, strict=True))


@dataclass(frozen=True)
class CoverageAsk:
    """Which window, on which day, under which rules. `window`: empty for the newest 28 days, a month's label, or `months`."""

    window: str
    today: dt.date
    rules_at: tuple[int, int]


def coverage_ask(shop: Shop, window: str) -> CoverageAsk:
    """What a request asks for. Raises UsageError for a window that is neither a month nor `months`."""
    if window and window != MONTHS and Period.parse(window).grain != "month":
        raise UsageError("this window cannot be shown", where="parameter window", received=window,
                         allowed=f"a month such as 2017-10, or {MONTHS}")  # fmt: skip
    return CoverageAsk(window, shop_today(shop), rules_stamp(shop.folder))


def shop_today(shop: Shop) -> dt.date:
    """The day that it is where the shop is."""
    return utc_now().astimezone(zoneinfo.ZoneInfo(shop.settings.shop.timezone)).date()


def rules_stamp(folder: Path) -> tuple[int, int]:
    """Time and size of the shop's own rules, which change without a snapshot; zeros when there are none."""
    try:
        at = (folder / "checks.toml").stat()
    except OSError:
        return (0, 0)
    return (at.st_mtime_ns, at.st_size)


def coverage(shop: Shop, lens: Lens, _snapshot: int, ask: CoverageAsk) -> Coverage:
    """The matrix of a shop. A broken checks.toml leaves ages without a rule and is told in `warnings`."""
    width: Width = "month" if ask.window == MONTHS else "day"
    month = Period.parse(ask.window) if ask.window and width == "day" else None
    found = arrivals(
        shop.lake, ask.today, low=month.start if month else None, high=month.end if month else None, width=width,
    )  # fmt: skip
    limits, warnings = _limits(shop.folder)
    if found is None:
        return Coverage(ask.window, width, (), (), (), 0, 0, None, 0, 0, 0, ask.today, warnings)
    maker = _Maker(shop, lens, ask, found, width, limits)
    blocks = maker.blocks()
    lines = [line for block in blocks for line in block.lines]
    held = sum(line.days_held or 0 for line in lines)
    expected = sum(line.days_expected or 0 for line in lines)
    ruled = [line for line in lines if line.verdict in ("on_track", "off")]
    return Coverage(
        ask.window, width, maker.windows(), maker.columns(), blocks, held, expected,
        held / expected if expected else None, expected - held, sum(line.verdict == "off" for line in ruled), len(ruled),
        ask.today, warnings,
    )  # fmt: skip


def _limits(folder: Path) -> tuple[Mapping[str, int], tuple[str, ...]]:
    """Days that a table's newest row may be old, by the rules that apply."""
    try:
        rules = active_rules(folder)
    except ConfigError as error:
        return {}, (error.message(),)
    return {rule.table: rule.max_age_days for rule in rules if isinstance(rule, FreshnessRule)}, ()


class _Maker:
    """Turns streams into blocks; everything it needs is looked up once."""

    def __init__(
        self, shop: Shop, lens: Lens, ask: CoverageAsk, found: Arrivals, width: Width, limits: Mapping[str, int]
    ) -> None:
        self.found, self.width, self.ask, self.limits = found, width, ask, limits
        self.lang, self.zone = lens.lang, shop.settings.shop.timezone
        self.formats = Formats(lens.lang, shop.settings.shop.currency)
        self.required = tuple(shop.settings.coverage.required)
        self.names = slice_words(shop)
        self.periods = tuple(periods_between(found.low, found.high, width))

    def blocks(self) -> tuple[CoverageBlock, ...]:
        """Platforms that sell first; in each the required tables in their order, then what else arrives."""
        platforms: dict[str | None, dict[str, Stream]] = {}
        for stream in self.found.streams:
            platforms.setdefault(stream.platform, {})[stream.table] = stream
        return tuple(self._block(platform, streams) for platform, streams in platforms.items())

    def _block(self, platform: str | None, streams: Mapping[str, Stream]) -> CoverageBlock:
        trades = any(stream.trades for stream in streams.values())
        wanted = self.required if trades else ()
        began = streams["order_lines"].first_day if trades else None
        others = sorted(set(streams) - set(wanted))
        lines = [
            self._line(table, streams.get(table), began if table in wanted else None) for table in (*wanted, *others)
        ]
        name = word("overview.unknown_value", self.lang) if platform is None else self.names.get(platform, platform)
        return CoverageBlock(platform, name, trades, tuple(lines))

    def _line(self, table: str, stream: Stream | None, began: dt.date | None) -> CoverageLine:
        """`began` is the day from which rows are expected; None for a table of which none are."""
        last = stream.last_day if stream else None
        age = (self.ask.today - last).days if last else None
        limit = self.limits.get(table)
        verdict: Verdict = (
            "no_data" if age is None else "not_scored" if limit is None else "off" if age > limit else "on_track"
        )
        arrived = {part.start: part for part in stream.arrived} if stream else {}
        slots = tuple(self._slot(period, arrived.get(period.start), began) for period in self.periods)
        due = [self._due(period, began) for period in self.periods]
        covered = sum(
            min(arrived[p.start].days, n) for p, n in zip(self.periods, due, strict=True) if p.start in arrived
        )
        return CoverageLine(
            table, word(f"kpi_source.{table}", self.lang), began is not None, stream.rows if stream else None,
            last, self.formats.day(last), age, self._age(age), limit, verdict, self._verdict(verdict, limit),
            covered if began else None, sum(due) if began else None,
            self._silence(stream, sum(due)), slots if stream else (),
        )  # fmt: skip

    def _silence(self, stream: Stream | None, due: int) -> str:
        if stream is None or stream.arrived:
            return ""
        key = "data.silent_required" if due else "data.silent"
        return word(key, self.lang, n=due, last=self.formats.day(stream.last_day))

    def _due(self, period: Period, began: dt.date | None) -> int:
        """Days of a period that should hold rows: from the platform's first sale to the newest day that is over."""
        if began is None:
            return 0
        first, end = max(period.start, began), min(period.end, self.found.due)
        return max((end - first).days, 0)

    def _slot(self, period: Period, part: Arrival | None, began: dt.date | None) -> Slot:
        due, when = self._due(period, began), self.formats.period(period)
        if part is not None:
            load = word(
                "data.slot_load",
                self.lang,
                source=part.source or NOTHING,
                at=self.formats.moment(part.loaded_at, self.zone),
            )
            rows = self.formats.count(part.rows)
            whole = part.days >= due
            key = "data.slot_rows" if self.width == "day" else "data.slot_days"
            title = word(key, self.lang, when=when, rows=rows, days=part.days, of=period.days, load=load)
            text = self.formats.tiny(part.rows)
            return Slot(period.start, "held" if whole else "part", part.rows, text, title, part.load_id)
        if due:
            return Slot(period.start, "hole", 0, "×", word("data.slot_hole", self.lang, when=when), "")  # noqa: RUF001
        state: Held = "none" if began is None and period.start < self.found.due else "outside"
        return Slot(
            period.start, state, None, "", word("data.slot_none", self.lang, when=when) if state == "none" else "", ""
        )

    def _age(self, days: int | None) -> str:
        if days is None:
            return NOTHING
        return word("data.today", self.lang) if days <= 0 else word("format.days", self.lang, n=f"{days:,}")

    def _verdict(self, verdict: Verdict, limit: int | None) -> str:
        if verdict == "no_data":
            return word("data.never", self.lang)
        if limit is None:
            return word("data.no_rule", self.lang)
        return word("data.late" if verdict == "off" else "data.fresh", self.lang, n=limit)

    def columns(self) -> tuple[Column, ...]:
        """Heads: days under their month, months under their year; days of rest are marked."""
        made: list[Column] = []
        for n, period in enumerate(self.periods):
            day = period.start
            if self.width == "day":
                begins = n == 0 or day.day == 1
                group = self.formats.period(Period.containing(day, "month")) if begins else ""
                made.append(Column(day, str(day.day), group, day.weekday() >= 5))
            else:
                begins = n == 0 or day.month == 1
                made.append(Column(day, self.formats.tick(period), str(day.year) if begins else "", False))
        return tuple(made)

    def windows(self) -> tuple[Choice, ...]:
        """What may be looked at: the newest days, the months, and each month's days, newest first."""
        first = min(stream.first_day for stream in self.found.streams)
        last = min(max(stream.last_day for stream in self.found.streams), self.ask.today)
        months: Sequence[Period] = periods_between(first, last + _DAY, "month")[-LISTED_MONTHS:]
        return (
            Choice("", word("data.window_days", self.lang)),
            Choice(MONTHS, word("data.window_months", self.lang)),
            *(Choice(p.label, self.formats.period(p)) for p in reversed(months)),
        )
