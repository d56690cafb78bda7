"""What a diagnosis holds: findings with grade and worth, links between sources, and what is missing with ways to get it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from shopkeeper.core.period import Period
from shopkeeper.insight.diagnose.benchmarks import Benchmark, Benchmarks
from shopkeeper.kpi.result import Remark, Status, Value

Grade = Literal["good", "fair", "poor", "ungraded", "unknown"]
"""ungraded: there is a figure and no benchmark that holds for it · unknown: there is no figure, see `missing`."""

Filling = tuple[tuple[str, Value | str, str], ...]
"""What fills a formula's words: name, value, unit; of the unit `kpi` the value is an indicator."""


@dataclass(frozen=True)
class Worth:
    """What a gap to its benchmark comes to. `formula` and `why_not` are keys of words; one of them is empty.

    `yearly` is an amount a year; `once`, capital that would come free once; `low` and `high` bound `yearly` where the figure
    is a share of counted people.
    """

    yearly: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    once: Decimal | None = None
    formula: str = ""
    filling: Filling = ()
    why_not: str = ""


@dataclass(frozen=True)
class Finding:
    """One figure against its benchmark. `low` and `high` are the 95 % Wilson interval of a share of counted people."""

    item: str
    is_indicator: bool
    unit: str
    direction: int
    period: Period
    value: Value
    numerator: Value
    denominator: Value
    status: Status
    missing: tuple[str, ...]
    low: float | None
    high: float | None
    benchmark: Benchmark
    good: float | None
    poor: float | None
    year_before: float | None
    ungraded: str
    """Why there is a figure and no grade: a key of words."""
    grade: Grade
    worth: Worth

    @property
    def gap(self) -> float | None:
        """How far the figure falls short of `good`, in its unit; 0 at or beyond it."""
        if self.value is None or self.good is None:
            return None
        return max(self.direction * (self.good - float(self.value)), 0.0)

    @property
    def near(self) -> bool:
        """Whether chance alone could put the figure on the other side of `good`."""
        if self.low is None or self.high is None or self.good is None:
            return False
        return self.low <= self.good <= self.high


@dataclass(frozen=True)
class Export:
    """One known export that brings something. `yours`: of a platform that the shop sells on."""

    layout: str
    platform: str
    yours: bool


WayKind = Literal[
    "export", "template", "wait", "earlier", "events", "rates", "setting", "unpaid", "itself", "one_count"
]


@dataclass(frozen=True)
class Way:
    """One way to something missing: exports that bring it, a command, or the day from which on it will be known."""

    kind: WayKind
    exports: tuple[Export, ...] = ()
    more_exports: int = 0
    command: str = ""
    day: dt.date | None = None


@dataclass(frozen=True)
class Need:
    """One thing that is missing, the items that wait for it, and ways to get it."""

    need: str
    items: tuple[str, ...]
    ways: tuple[Way, ...]


@dataclass(frozen=True)
class PlatformLinks:
    """What the sales of one platform can be joined to: share of the paid amount by link, without links that are not asked."""

    platform: str | None
    paid: Decimal
    shares: Mapping[str, float]


@dataclass(frozen=True)
class Links:
    """All platforms, the largest first, and the share of the whole paid amount by link."""

    names: tuple[str, ...]
    platforms: tuple[PlatformLinks, ...]
    shares: Mapping[str, float]
    paid: Decimal

    @property
    def weakest(self) -> str:
        """The link that the least money can be joined by."""
        return min(self.shares, key=lambda name: self.shares[name])


@dataclass(frozen=True)
class Diagnosis:
    """The as-is assessment of one period. `findings` are ranked: by money, then poor before fair before good, unknown last."""

    period: Period
    days: int
    first_day: dt.date
    last_day: dt.date
    snapshot: int
    currency: str
    findings: tuple[Finding, ...]
    needs: tuple[Need, ...]
    links: Links | None
    benchmarks: Benchmarks
    remarks: tuple[Remark, ...]

    @property
    def known(self) -> int:
        """How many items have a figure."""
        return sum(f.value is not None for f in self.findings)
