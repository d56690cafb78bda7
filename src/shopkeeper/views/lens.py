"""What a reader looks at: which shop, period and slice, in which language; read from a URL and written back to one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from shopkeeper.core.period import GRAINS, Grain, Period
from shopkeeper.core.wording import Language
from shopkeeper.errors import NotFound
from shopkeeper.kpi.definition import Slice
from shopkeeper.kpi.definitions import BUILT_IN, Definitions
from shopkeeper.kpi.result import Dims, Filters

# The slice `shop` is one store among a business's stores; in a URL `shop` already names the business.
SLICE_PARAMETERS: dict[str, Slice] = {
    "category": "category",
    "channel": "channel",
    "platform": "platform",
    "branch": "shop",
}
PARAMETER_OF: dict[Slice, str] = {slice_: name for name, slice_ in SLICE_PARAMETERS.items()}
UNKNOWN_VALUE = "~"
"""How a URL names the slice of rows whose category, channel … is not known."""


@dataclass(frozen=True)
class Lens:
    """One way of looking at one shop. Hashable, so that it can key a cache."""

    shop: str
    lang: Language = "en"
    grain: Grain = "month"
    at: Period | None = None
    filters: Dims = ()
    kpi: str = ""
    by: Slice | None = None

    @classmethod
    def from_query(
        cls, query: Mapping[str, str], *, shop: str, lang: Language, definitions: Definitions = BUILT_IN
    ) -> Lens:
        """Read a URL's parameters. Raises UsageError or NotFound, with what is allowed, for a value that cannot be.

        >>> Lens.from_query({"period": "week", "at": "2017-W40"}, shop="tea", lang="en").at.label
        '2017-W40'
        """
        grain = query.get("period") or "month"
        if grain not in GRAINS:
            raise NotFound("period length", grain, GRAINS, where="parameter period")
        at = Period.parse(query["at"]) if query.get("at") else None
        if at is not None and at.grain != grain:  # another length was chosen: stay at the same time
            at = Period.containing(at.last_day, grain)
        filters = tuple(
            (slice_, None if query[name] == UNKNOWN_VALUE else query[name])
            for name, slice_ in SLICE_PARAMETERS.items()
            if query.get(name)
        )
        kpi = definitions.indicator(query["kpi"]).id if query.get("kpi") else ""
        return cls(shop, lang, grain, at, filters, kpi, _slice(query.get("by", "")))

    @property
    def slices(self) -> Filters:
        """The filters as the KPI engine takes them: several values a slice, here always one."""
        return tuple((slice_, (value,)) for slice_, value in self.filters)

    def parameters(self) -> dict[str, str]:
        """The URL parameters that read back to this lens, without the language and without what is usual."""
        found = {"shop": self.shop}
        if self.grain != "month":
            found["period"] = self.grain
        if self.at is not None:
            found["at"] = self.at.label
        for slice_, value in self.filters:
            found[PARAMETER_OF[slice_]] = UNKNOWN_VALUE if value is None else value
        if self.kpi:
            found["kpi"] = self.kpi
        if self.by:
            found["by"] = PARAMETER_OF[self.by]
        return found

    def query(self, **changes: Any) -> str:
        """The URL query of this lens with some fields changed."""
        return urlencode(replace(self, **changes).parameters())

    def filter_value(self, slice_: Slice) -> str:
        """The chosen value of a slice as the URL writes it; empty for all."""
        for name, value in self.filters:
            if name == slice_:
                return UNKNOWN_VALUE if value is None else value
        return ""


def _slice(name: str) -> Slice | None:
    if not name:
        return None
    if name not in SLICE_PARAMETERS:
        raise NotFound("slice", name, SLICE_PARAMETERS, where="parameter by")
    return SLICE_PARAMETERS[name]
