"""The page of one explained change: figures, drivers, slices, root cause and events as a reader of one language sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from shopkeeper.core.wording import LANGUAGES, Language, word
from shopkeeper.errors import NotEstimable
from shopkeeper.insight.explain.cause import Named
from shopkeeper.insight.explain.explanation import Explanation, explain
from shopkeeper.insight.explain.happened import Happening
from shopkeeper.insight.explain.question import EXPLAINED_AGAINST, Question, against_asked, dimensions_asked
from shopkeeper.insight.explain.slices import ByDimension
from shopkeeper.insight.explain.trees import Driver, Tree
from shopkeeper.kpi.definition import Indicator
from shopkeeper.kpi.own.folder import definitions_of
from shopkeeper.render.bars import Step, steps
from shopkeeper.render.formats import NOTHING, Formats
from shopkeeper.views.detail import effect_text
from shopkeeper.views.explain_story import story
from shopkeeper.views.explain_words import Speech, speech
from shopkeeper.views.labels import Choice, indicator_name
from shopkeeper.views.lens import Lens
from shopkeeper.views.models import Refusal, refusal_of
from shopkeeper.views.overview import Freshness, LensBar, freshness, lens_bar
from shopkeeper.views.window import window
from shopkeeper.warehouse.shop import Shop

SHOWN_SLICES = 10
"""How many slices of a dimension are listed, the largest effects first; the rest is one line."""

Tone = Literal["good", "bad", "flat"]


@dataclass(frozen=True)
class Amount:
    """A number and how it is written."""

    value: Decimal | float | None
    text: str


@dataclass(frozen=True)
class DriverRow:
    """One driver: its own value then and now, its growth, what it brought, and its bar in the waterfall."""

    name: str
    top: str
    bottom: str
    then: Amount
    now: Amount
    growth: Amount
    effect: Amount
    tone: Tone
    step: Step


@dataclass(frozen=True)
class TreeShown:
    """The driver tree. `first` and `last` are the bars of both values."""

    rule: str
    note: str
    drivers: tuple[DriverRow, ...]
    first: Step
    last: Step
    left_out: str
    rounding: str


@dataclass(frozen=True)
class SliceRow:
    """One slice of a dimension. `value` is its id in the data, null where it is not known."""

    value: str | None
    name: str
    then: Amount
    now: Amount
    effect: Amount
    rate: Amount
    mix: Amount
    tone: Tone
    share: float


@dataclass(frozen=True)
class DimensionShown:
    """The slices of one dimension; `rest` are those not listed, `overlap` what all of them do not add up to."""

    dimension: str
    name: str
    rule: str
    note: str
    rows: tuple[SliceRow, ...]
    unlisted: int
    rest: Amount
    overlap: Amount


@dataclass(frozen=True)
class CauseRow:
    """One combination of dimensions; `share` is its explanatory power, `surprise` in nats."""

    where: tuple[tuple[str, str | None], ...]
    name: str
    actual: Amount
    expected: Amount
    share: Amount
    surprise: float
    worth: Amount


@dataclass(frozen=True)
class HappeningRow:
    """One thing that happened in either period."""

    kind: str
    kind_word: str
    name: str
    days: str
    side: str
    detail: str


@dataclass(frozen=True)
class Explained:
    """The explanation in words and numbers."""

    now: Amount
    then: Amount
    then_label: str
    change: Amount
    tone: Tone
    worth: Amount
    usual: str
    within_usual: bool | None
    usual_low: float | None
    usual_high: float | None
    usual_rule: str
    story: dict[str, str]
    tree: TreeShown | None
    dimensions: tuple[DimensionShown, ...]
    causes: tuple[CauseRow, ...]
    runners_up: tuple[CauseRow, ...]
    alike: Amount
    searched: str
    leaves: int
    happened: tuple[HappeningRow, ...]
    gaps: tuple[str, ...]


@dataclass(frozen=True)
class ExplainPage:
    """The page: either `explained` or `refusal` is there."""

    shop: str
    kpi: str
    name: str
    unit: str
    period: str
    period_label: str
    against: str
    comparisons: tuple[Choice, ...]
    freshness: Freshness
    bar: LensBar
    explained: Explained | None
    refusal: Refusal | None


def explain_page(shop: Shop, lens: Lens, snapshot: int, against: str, by: tuple[str, ...] = ()) -> ExplainPage:
    """Explain the indicator that a lens looks at.

    Raises NotFound for an unknown indicator, comparison or dimension, NotEstimable for a shop without orders.
    """
    indicator = definitions_of(shop).indicator(lens.kpi)
    chosen, wanted = against_asked(against or "previous"), dimensions_asked(by)
    found = window(shop, lens)
    if found is None:
        raise NotEstimable("this shop has no orders yet", ("order_lines",), next_command="shopkeeper ingest")
    formats = Formats(lens.lang, shop.settings.shop.currency)
    told: Explained | None = None
    refused: Refusal | None = None
    try:
        answer = explain(shop, Question(indicator.id, found.selected, chosen, wanted, lens.slices))
        told = explained(shop, answer, indicator, lens.lang)
    except NotEstimable as error:
        refused = refusal_of(error, lens.lang)
    return ExplainPage(
        shop.id, indicator.id, indicator_name(indicator, lens.lang), indicator.unit, formats.period(found.selected),
        found.selected.label, chosen,
        tuple(Choice(a, word(f"compare.{a}", lens.lang)) for a in EXPLAINED_AGAINST), freshness(shop, snapshot, lens),
        lens_bar(shop, lens, found, formats), told, refused,
    )  # fmt: skip


def explained(shop: Shop, answer: Explanation, indicator: Indicator, lang: Language) -> Explained:
    """An explanation as a reader of one language sees it; the paragraph is there in both."""
    say = speech(shop, answer, indicator, lang)
    formats = say.formats
    usual = answer.normal.usual
    ref = answer.reference
    cause = answer.cause
    return Explained(
        now=_amount(ref.actual, indicator.unit, formats),
        then=_amount(ref.value, indicator.unit, formats),
        then_label=say.then_label,
        change=Amount(answer.change, effect_text(answer.change, indicator, formats)),
        tone=_tone(answer.change, answer.direction),
        worth=_worth(answer, formats),
        usual=say.range_text(usual) if usual else word("explain.usual_none", lang),
        within_usual=usual.within if usual else None,
        usual_low=usual.low if usual else None,
        usual_high=usual.high if usual else None,
        usual_rule=answer.normal.rule,
        story={one: story(answer, speech(shop, answer, indicator, one)) for one in LANGUAGES},
        tree=_tree(answer.tree, answer, indicator, say) if answer.tree else None,
        dimensions=tuple(_dimension(d, answer, indicator, say) for d in answer.dimensions),
        causes=tuple(_cause(c, answer, indicator, say) for c in cause.causes) if cause else (),
        runners_up=tuple(_cause(c, answer, indicator, say) for c in cause.others) if cause else (),
        alike=Amount(cause.alike, formats.share(cause.alike)) if cause else Amount(None, NOTHING),
        searched=say.searched if cause else "",
        leaves=cause.leaves if cause else 0,
        happened=tuple(_happening(h, say) for h in answer.happened),
        gaps=tuple(word(f"explain_gap.{g}", lang) for g in answer.gaps),
    )  # fmt: skip


def _amount(value: Decimal | float | None, unit: str, formats: Formats) -> Amount:
    return Amount(value, formats.value(value, unit))


def _worth(answer: Explanation, formats: Formats) -> Amount:
    if answer.worth is None:
        return Amount(None, NOTHING)
    return Amount(answer.worth.amount, formats.contribution(answer.worth.amount, "money"))


def _tone(effect: Decimal | float, direction: int) -> Tone:
    good = float(effect) * direction
    return "good" if good > 0 else "bad" if good < 0 else "flat"


def _tree(found: Tree, answer: Explanation, indicator: Indicator, say: Speech) -> TreeShown:
    drawn = steps(float(answer.reference.value), [float(d.effect) for d in found.drivers])
    lang = say.formats.lang
    comma = word("explain.comma", lang)
    left_out = comma.join(say.quantity(name) for name in found.left_out)
    rounding = ""
    if found.remainder and found.carried_by:
        amount = say.formats.contribution(found.remainder, indicator.unit)
        bearer = next(say.driver(d) for d in found.drivers if d.top == found.carried_by)
        rounding = word("explain.rounding", lang, amount=amount, name=bearer)
    return TreeShown(
        found.rule,
        word(f"explain.tree_{found.rule}", lang),
        tuple(_driver(d, s, answer, indicator, say) for d, s in zip(found.drivers, drawn[1:], strict=False)),
        drawn[0],
        drawn[-1],
        word("explain.left_out", lang, names=left_out) if left_out else "",
        rounding,
    )


def _driver(driver: Driver, step: Step, answer: Explanation, indicator: Indicator, say: Speech) -> DriverRow:
    unit = say.unit_of(driver)
    growth = None if driver.growth is None else driver.growth - 1
    return DriverRow(
        say.driver(driver), driver.top, driver.bottom,
        Amount(driver.before, say.plain(driver.before, unit)), Amount(driver.now, say.plain(driver.now, unit)),
        Amount(growth, NOTHING if growth is None else say.signed_percent(growth)),
        Amount(driver.effect, effect_text(driver.effect, indicator, say.formats)),
        _tone(driver.effect, answer.direction), step,
    )  # fmt: skip


def _dimension(found: ByDimension, answer: Explanation, indicator: Indicator, say: Speech) -> DimensionShown:
    formats, lang = say.formats, say.formats.lang
    largest = max((abs(float(s.effect)) for s in found.slices), default=0.0) or 1.0
    unit = indicator.unit
    rows = tuple(
        SliceRow(
            s.value, say.name(found.dimension, s.value), _amount(s.before, unit, formats), _amount(s.now, unit, formats),
            _effect(s.effect, indicator, formats), _effect(s.rate, indicator, formats),
            _effect(s.mix, indicator, formats), _tone(s.effect, answer.direction), abs(float(s.effect)) / largest,
        )
        for s in found.slices[:SHOWN_SLICES]
    )  # fmt: skip
    rest: Sequence[Decimal | float] = [s.effect for s in found.slices[SHOWN_SLICES:]]
    total = _sum(rest) if rest else found.overlap * 0  # nothing, in the kind of number that the others are
    name = word(f"explain_dimension.{found.dimension}", lang)
    note = word(f"explain.rule_{found.rule}", lang) if found.rule != "share_of_whole" else word(
        "explain.rule_share_of_whole", lang, denominator=say.denominator, dimension=name
    )  # fmt: skip
    return DimensionShown(
        found.dimension, name, found.rule, note, rows, len(rest), _effect(total, indicator, formats),
        _effect(found.overlap, indicator, formats),
    )  # fmt: skip


def _sum(effects: Sequence[Decimal | float]) -> Decimal | float:
    if all(isinstance(e, Decimal) for e in effects):
        return sum((e for e in effects if isinstance(e, Decimal)), Decimal(0))
    return sum(float(e) for e in effects)


def _effect(effect: Decimal | float | None, indicator: Indicator, formats: Formats) -> Amount:
    return Amount(effect, NOTHING if effect is None else effect_text(effect, indicator, formats))


def _cause(found: Named, answer: Explanation, indicator: Indicator, say: Speech) -> CauseRow:
    formats = say.formats
    money = Decimal(repr(round(found.excess * answer.worth.each, 2))) if answer.worth else None
    return CauseRow(
        found.values, say.combination(found), Amount(found.actual, say.counted(found.actual)),
        Amount(found.expected, say.counted(found.expected)), Amount(found.share, formats.share(found.share)),
        found.surprise, Amount(money, NOTHING if money is None else formats.contribution(money, "money")),
    )  # fmt: skip


def _happening(found: Happening, say: Speech) -> HappeningRow:
    lang = say.formats.lang
    key = "in_both" if found.in_now and found.in_before else "in_now" if found.in_now else "in_then"
    side = word(f"explain.{key}", lang)
    return HappeningRow(
        found.kind, word(f"explain_kind.{found.kind}", lang), say.happening(found), say.formats.days(found.first, found.last),
        side, found.detail,
    )  # fmt: skip
