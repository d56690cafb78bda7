"""Names that pages show: of indicators, of their parts, and of the values of a slice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shopkeeper.core.period import Grain
from shopkeeper.core.wording import LANGUAGES, Language, word
from shopkeeper.kpi.definition import Indicator, Slice
from shopkeeper.kpi.matrix import SliceValue, slice_values
from shopkeeper.views.lens import UNKNOWN_VALUE
from shopkeeper.warehouse.shop import Shop

LISTED_VALUES = 60
"""How many values of a slice a selector offers, largest first; a chain has thousands of branches."""

_NAMED: dict[Slice, tuple[str, str]] = {
    "shop": ("shops", "shop_id"),
    "channel": ("channels", "channel_id"),
    "platform": ("platforms", "platform_id"),
}


def indicator_name(indicator: Indicator, lang: Language) -> str:
    """An indicator's name."""
    return indicator_word(indicator, "name", lang)


def indicator_word(indicator: Indicator, part: Literal["name", "definition", "formula"], lang: Language) -> str:
    """One of the texts that describe an indicator."""
    if indicator.own is not None:
        texts = {"name": indicator.own.name, "definition": indicator.own.definition, "formula": indicator.own.formula}
        return texts[part][LANGUAGES.index(lang)]
    key = f"{indicator.word_key}_{part}"
    return word(key, lang)


ON_PREVIOUS: dict[Grain, str] = {
    "day": "overview.on_previous_day",
    "week": "overview.on_previous_week",
    "month": "overview.on_previous_month",
    "quarter": "overview.on_previous_quarter",
    "year": "overview.on_previous_year",
}
"""Headings of the change on the period before."""


def parts_name(indicator: Indicator, side: Literal["numerator", "denominator"], lang: Language) -> str:
    """The words of a numerator or denominator: its measures added up, and what is taken off it."""
    minus = indicator.minus if side == indicator.minus_of else ()
    text = " + ".join(part_name(indicator, name, lang) for name in getattr(indicator, side))
    return text + "".join(f" − {part_name(indicator, name, lang)}" for name in minus)


def part_name(indicator: Indicator, name: str, lang: Language) -> str:
    """The words of one measure of an indicator."""
    own = dict(indicator.own.parts) if indicator.own else {}
    return own[name][LANGUAGES.index(lang)] if name in own else word(f"part.{name}", lang)


@dataclass(frozen=True)
class Choice:
    """One entry of a selector."""

    value: str
    name: str


@dataclass(frozen=True)
class SliceNames:
    """The values of one slice of a shop, largest paid amount first, and how each is named."""

    slice: Slice
    values: tuple[SliceValue, ...]
    names: dict[str, str]
    lang: Language

    def name(self, value: str | None) -> str:
        """How a value is shown."""
        if value is None:
            return word("overview.unknown_value", self.lang)
        return self.names.get(value) or value

    def choices(self, chosen: str) -> tuple[Choice, ...]:
        """The largest values as entries of a selector, and the chosen one wherever it stands."""
        listed = [v.value for v in self.values[:LISTED_VALUES]]
        wanted = None if chosen == UNKNOWN_VALUE else chosen
        if chosen and wanted not in listed:
            listed.append(wanted)
        return tuple(Choice(UNKNOWN_VALUE if v is None else v, self.name(v)) for v in listed)

    @property
    def unlisted(self) -> int:
        """How many values a selector leaves out."""
        return max(len(self.values) - LISTED_VALUES, 0)


def slice_names(shop: Shop, slice_: Slice, lang: Language) -> SliceNames:
    """The values of a slice with their names; categories are their own names."""
    names: dict[str, str] = {}
    if slice_ in _NAMED:
        table, key = _NAMED[slice_]
        rows = shop.lake.query(f"SELECT {key}, name FROM {table} WHERE name IS NOT NULL").fetchall()
        names = {str(value): str(name) for value, name in rows}
    return SliceNames(slice_, tuple(slice_values(shop, slice_)), names, lang)
