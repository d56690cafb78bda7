"""What a shop's indicators and measures are: the built-in catalogue, and what the shop declared on top of it."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from shopkeeper.core.settings import Anchors
from shopkeeper.errors import NotFound
from shopkeeper.kpi.catalogue import INDICATORS, MEASURES
from shopkeeper.kpi.definition import Indicator, Measure, Unit

Origin = Literal["built_in", "own", "replaced"]
"""built_in: as delivered · own: declared by the shop under a new id · replaced: the shop's own in place of a built-in one."""


@dataclass(frozen=True)
class Target:
    """Anchors of one indicator from a day on, for the whole shop or for one platform, kept with their unit."""

    kpi: str
    since: dt.date
    platform: str
    unit: Unit
    anchors: Anchors
    where: str


@dataclass(frozen=True)
class Source:
    """Where a definition of the shop's own stands."""

    file: str
    line: int
    replaces: str = ""


@dataclass(frozen=True, eq=False)
class Definitions:
    """Every indicator and measure of one shop, and the targets that hold from a day on.

    `digest` names the content: equal digests are equal definitions, and it is empty for the built-in ones alone.
    """

    indicators: Mapping[str, Indicator]
    measures: Mapping[str, Measure]
    targets: tuple[Target, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=dict)
    digest: str = ""
    vat_share: Decimal | None = None
    """VAT in a selling price where a cost does not say it."""

    def indicator(self, name: str) -> Indicator:
        """An indicator by id, in any case. Raises NotFound with the nearest ids.

        >>> BUILT_IN.indicator("c4").unit
        'money'
        """
        folded = {key.casefold(): value for key, value in self.indicators.items()}
        found = folded.get(name.casefold())
        if found is None:
            raise NotFound(
                "indicator", name, self.indicators, next_command="shopkeeper kpis --format json lists them all"
            )
        return found

    @property
    def matrix(self) -> tuple[Indicator, ...]:
        """The indicators that belong to a dimension: the 25, and the shop's own among them."""
        return tuple(i for i in self.indicators.values() if i.dimension)

    def with_vat(self, share: Decimal) -> Definitions:
        """The same with a share of VAT that stands in where a cost does not say its own."""
        indicators = {
            i.id: replace(i, needs=tuple(n for n in i.needs if n != "sku_costs.vat_share"))
            for i in self.indicators.values()
        }
        return replace(self, indicators=indicators, digest=f"{self.digest}+vat {share}", vat_share=share)

    def origin(self, kpi: str) -> Origin:
        """Whether an indicator is built in, the shop's own, or the shop's own in place of a built-in one."""
        source = self.sources.get(kpi)
        return "built_in" if source is None else "replaced" if source.replaces else "own"

    def own_measures(self, names: tuple[str, ...]) -> tuple[Measure, ...]:
        """Those of the named measures that the shop declared itself."""
        return tuple(self.measures[n] for n in names if n in self.measures and n not in MEASURES)

    def version_of(self, kpi: str) -> str:
        """A digest of one indicator: of its declaration, words and the own measures it is made of."""
        declared = self.indicators[kpi]
        parts = self.own_measures((*declared.numerator, *declared.denominator, *declared.minus))
        return hashlib.sha256(repr((declared, parts)).encode()).hexdigest()[:12]

    def target(self, kpi: str, day: dt.date, platform: str | None) -> Target | None:
        """The target that holds for a period beginning on a day: the platform's, or else the shop's; the newest begun."""
        for wanted in dict.fromkeys((platform or "", "")):
            begun = [t for t in self.targets if (t.kpi, t.platform) == (kpi, wanted) and t.since <= day]
            if begun:
                return max(begun, key=lambda t: t.since)
        return None


BUILT_IN = Definitions(MappingProxyType(INDICATORS), MappingProxyType(MEASURES))
"""The definitions of a shop that declares none."""
