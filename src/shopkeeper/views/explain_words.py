"""Names and numbers of an explanation in one language: slices, combinations, drivers, festivals."""

from __future__ import annotations

from dataclasses import dataclass

from shopkeeper.core.wording import Language, has_word, word
from shopkeeper.insight.explain.cause import Named
from shopkeeper.insight.explain.explanation import Explanation
from shopkeeper.insight.explain.facts import SEARCHED
from shopkeeper.insight.explain.happened import Happening
from shopkeeper.insight.explain.question import Dimension
from shopkeeper.insight.explain.trees import Driver
from shopkeeper.kpi.catalogue import MEASURES
from shopkeeper.kpi.definition import SLICES, Indicator, Slice
from shopkeeper.methods.usual import Usual
from shopkeeper.render.formats import Formats
from shopkeeper.views.labels import SliceNames, indicator_name, part_name, parts_name, slice_names
from shopkeeper.warehouse.shop import Shop
from shopkeeper.warehouse.sql import listed

_MONEY = ("list_amount", "paid_amount")


@dataclass(frozen=True)
class Speech:
    """How one explanation is told in one language."""

    indicator: Indicator
    answer: Explanation
    formats: Formats
    slices: dict[str, SliceNames]
    articles: dict[str, str]

    @property
    def title(self) -> str:
        """The indicator's name."""
        return indicator_name(self.indicator, self.formats.lang)

    @property
    def then_label(self) -> str:
        """The period that is set against, or that it is a target."""
        if self.answer.question.against == "target":
            return word("compare.target", self.formats.lang)
        return self.formats.period(self.answer.reference.before.period)

    @property
    def denominator(self) -> str:
        """The words of the denominator."""
        return parts_name(self.indicator, "denominator", self.formats.lang)

    @property
    def searched(self) -> str:
        """The dimensions that were searched."""
        told = [d for d in SEARCHED if any(b.dimension == d for b in self.answer.dimensions)]
        names = [word(f"explain_dimension.{d}", self.formats.lang) for d in told]
        return word("explain.comma", self.formats.lang).join(names)

    def value(self, value: object) -> str:
        """A value of the indicator."""
        return self.formats.value(value, self.indicator.unit)  # type: ignore[arg-type]

    def range_text(self, usual: Usual) -> str:
        """The usual range."""
        return f"{self.value(usual.low)} – {self.value(usual.high)}"

    def name(self, dimension: Dimension, value: str | None) -> str:
        """A slice's name."""
        lang = self.formats.lang
        if dimension == "group":
            return word(f"explain_group.{value or 'unknown'}", lang)
        if value is None:
            return word("explain.unnamed", lang)
        if dimension == "sku":
            told = self.articles.get(value)
            return f"{told} ({value})" if told else value
        return self.slices[dimension].name(value) if dimension in self.slices else value

    def combination(self, found: Named) -> str:
        """The slices of a combination, joined."""
        lang = self.formats.lang
        parts = [
            word(f"explain_dimension.{d}", lang) + " " + self.name(d, v) if v is None else self.name(d, v)
            for d, v in found.values
        ]
        return " × ".join(parts)

    def counted(self, value: float) -> str:
        """A number in the unit of the indicator's numerator."""
        units = {MEASURES[n].unit for n in self.indicator.numerator if n in MEASURES}
        money = "money" in units or (not units and self.indicator.unit == "money")
        return self.formats.whole(value, "money" if money else "count")

    def quantity(self, name: str) -> str:
        """A quantity of a chain."""
        lang = self.formats.lang
        if name == "own":
            return self.title
        if name in ("numerator", "denominator"):
            return parts_name(self.indicator, name, lang)  # type: ignore[arg-type]
        return word(f"explain_quantity.{name}", lang) if has_word(f"explain_quantity.{name}") else part_name(
            self.indicator, name, lang
        )  # fmt: skip

    def driver(self, driver: Driver) -> str:
        """A step of a chain, or a part of a sum."""
        if not driver.bottom:
            return self.quantity(driver.top)
        step = word(
            "explain.own_step", self.formats.lang, top=self.quantity(driver.top), bottom=self.quantity(driver.bottom)
        )
        return step[0].upper() + step[1:]

    def unit_of(self, driver: Driver) -> str:
        """The unit of a driver's own value."""
        top, bottom = self._is_money(driver.top), self._is_money(driver.bottom)
        if top and bottom:
            return "share"
        return "money" if top else "number"

    def _is_money(self, name: str) -> bool:
        if name in ("own", "numerator"):
            units = {MEASURES[n].unit for n in self.indicator.numerator if n in MEASURES}
            return "money" in units
        if name == "denominator":
            return any(MEASURES[n].unit == "money" for n in self.indicator.denominator if n in MEASURES)
        return name in _MONEY or (name in MEASURES and MEASURES[name].unit == "money")

    def plain(self, value: float, unit: str) -> str:
        """A driver's own value."""
        if unit in ("money", "share"):
            return self.formats.value(value, unit)
        if abs(value) >= 100 or value == int(value):
            return self.formats.count(value)
        return f"{value:.3g}" if abs(value) < 0.1 else f"{value:.2f}"

    def signed_percent(self, share: float) -> str:
        """A growth with its sign."""
        return ("+" if share > 0 else "−" if share < 0 else "") + self.formats.change(share, "percent")

    def happening(self, found: Happening) -> str:
        """What something that happened is called."""
        return word(f"festival.{found.name}", self.formats.lang) if found.kind == "festival" else found.name


def speech(shop: Shop, answer: Explanation, indicator: Indicator, lang: Language) -> Speech:
    """The words of an explanation in one language."""
    told = [d.dimension for d in answer.dimensions]
    named: dict[str, SliceNames] = {d: slice_names(shop, _slice(d), lang) for d in told if d in SLICES}
    shown = [s.value for d in answer.dimensions if d.dimension == "sku" for s in d.slices[:60] if s.value]
    articles: dict[str, str] = {}
    if shown:
        rows = shop.lake.query(
            f"SELECT sku_id, name FROM products WHERE name IS NOT NULL AND sku_id IN ({listed(shown)})"
        ).fetchall()
        articles = {str(sku): str(name) for sku, name in rows}
    return Speech(indicator, answer, Formats(lang, answer.reference.currency), named, articles)


def _slice(dimension: Dimension) -> Slice:
    return next(s for s in SLICES if s == dimension)
