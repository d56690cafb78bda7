"""The explanation of one indicator: its course, what is usual, and why it changed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from shopkeeper.core.period import Period
from shopkeeper.core.wording import word
from shopkeeper.kpi.catalogue import MEASURES
from shopkeeper.kpi.definition import SLICES, Indicator, Slice
from shopkeeper.kpi.matrix import matrix_for
from shopkeeper.kpi.result import Cell, Request, Value
from shopkeeper.methods.decompose import contributions, ratio_factors
from shopkeeper.render.bars import Step, steps
from shopkeeper.render.formats import Formats, Number
from shopkeeper.views.change import usual_band
from shopkeeper.views.labels import indicator_name, indicator_word, parts_name, slice_names
from shopkeeper.views.lens import Lens
from shopkeeper.views.rows import Row, comparable
from shopkeeper.views.window import Figures
from shopkeeper.warehouse.shop import Shop


@dataclass(frozen=True)
class Trend:
    """An indicator over the shown periods. `low` and `high` bound what would have been usual after the period before."""

    labels: tuple[str, ...]
    ticks: tuple[str, ...]
    values: tuple[float | None, ...]
    texts: tuple[str, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    target: float | None
    target_text: str
    selected: int
    unit: str
    symbol: str
    lang: str


@dataclass(frozen=True)
class WaterfallRow:
    """One row: the total before, one part of the change, or the total after."""

    name: str
    text: str
    tone: Literal["total", "good", "bad", "flat"]
    step: Step


@dataclass(frozen=True)
class Waterfall:
    """Why a value changed since the period before; the parts add up exactly."""

    title: str
    note: str
    rows: tuple[WaterfallRow, ...]


@dataclass(frozen=True)
class Formula:
    """The formula in words and with its numbers in it. Numerator and denominator are empty where there is no ratio."""

    words: str
    numerator: str
    numerator_text: str
    denominator: str
    denominator_text: str
    value_text: str
    subtract_one: bool


@dataclass(frozen=True)
class Detail:
    """What the page says about the selected indicator."""

    row: Row
    period: str
    definition: str
    formula: Formula
    trend: Trend | None
    waterfall: Waterfall | None
    no_waterfall: str


def detail(
    shop: Shop, lens: Lens, indicator: Indicator, row: Row, found: Figures, formats: Formats, target: Value
) -> Detail:
    """Explain one indicator in the selected period."""
    cell = found.cell(indicator.id, found.window.selected)
    waterfall = explain(shop, lens, indicator, found, formats)
    reason = ""
    if waterfall is None and row.known:
        sliced = indicator.additive or indicator.how in ("ratio", "margin")
        reason = word("overview.no_comparison" if sliced else "overview.no_parts", lens.lang)
    return Detail(
        row,
        formats.period(found.window.selected),
        indicator_word(indicator, "definition", lens.lang),
        formula(indicator, cell, formats),
        trend(indicator, found, formats, target),
        waterfall,
        reason,
    )


def trend(indicator: Indicator, found: Figures, formats: Formats, target: Value) -> Trend | None:
    """The course of an indicator; None without two known values."""
    shown = found.window.shown
    cells = found.series(indicator.id, shown)
    values = tuple(None if c is None or c.value is None else float(c.value) for c in cells)
    if sum(v is not None for v in values) < 2:
        return None
    band = usual_band(comparable(cells), indicator.unit)
    return Trend(
        labels=tuple(formats.period(p) for p in shown),
        ticks=tuple(formats.tick(p) for p in shown),
        values=values,
        texts=tuple(formats.value(None if c is None else c.value, indicator.unit) for c in cells),
        low=tuple(None if b is None else b[0] for b in band),
        high=tuple(None if b is None else b[1] for b in band),
        target=None if target is None else float(target),
        target_text=formats.value(target, indicator.unit),
        selected=shown.index(found.window.selected),
        unit=indicator.unit,
        symbol=formats.symbol,
        lang=formats.lang,
    )


def formula(indicator: Indicator, cell: Cell | None, formats: Formats) -> Formula:
    """The formula of an indicator, with the numbers of a cell."""
    value = formats.exact(cell.value if cell else None, indicator.unit)
    words = indicator_word(indicator, "formula", formats.lang)
    if cell is None or not is_plain_quotient(indicator, cell):
        return Formula(words, "", "", "", "", value, False)
    return Formula(
        words,
        parts_name(indicator, "numerator", formats.lang),
        part_text(cell.numerator, formats, indicator.numerator),
        parts_name(indicator, "denominator", formats.lang),
        part_text(cell.denominator, formats, indicator.denominator),
        value,
        indicator.how == "excess_ratio",
    )


def is_plain_quotient(indicator: Indicator, cell: Cell) -> bool:
    """Whether a cell's value is its numerator ÷ its denominator (less 1 for an excess) and may be explained as such."""
    if cell.value is None or cell.numerator is None or not cell.denominator or not indicator.numerator:
        return False
    quotient = float(cell.numerator) / float(cell.denominator) - (indicator.how == "excess_ratio")
    return math.isclose(quotient, float(cell.value), rel_tol=1e-3, abs_tol=1e-4)


def part_text(value: Value, formats: Formats, names: tuple[str, ...] = ()) -> str:
    """A numerator or denominator in the unit of its measures; without their names, a decimal is taken for an amount."""
    units = {MEASURES[name].unit for name in names if name in MEASURES}
    money = "money" in units if units else isinstance(value, Decimal)
    return formats.exact(value, "money" if money else "count")


# --- why it changed ---------------------------------------------------------------------------------------------------


def explain(shop: Shop, lens: Lens, indicator: Indicator, found: Figures, formats: Formats) -> Waterfall | None:
    """The waterfall of an indicator's change on the period before; None where no exact parts exist."""
    now = found.cell(indicator.id, found.window.selected)
    before = _cell_before(shop, lens, indicator, found)
    if now is None or before is None or now.value is None or before.value is None:
        return None
    if "partial" in (now.status, before.status) or now.value == before.value:
        return None
    if indicator.additive:
        return _by_slice(shop, lens, indicator, now, before, formats)
    if (
        indicator.how in ("ratio", "margin")
        and is_plain_quotient(indicator, now)
        and is_plain_quotient(indicator, before)
    ):
        return _by_factor(indicator, now, before, formats)
    return None


def _cell_before(shop: Shop, lens: Lens, indicator: Indicator, found: Figures) -> Cell | None:
    period = found.window.selected.previous()
    kept = found.cell(indicator.id, period)
    if kept is not None or found.window.earlier is None:
        return kept
    request = Request(lens.grain, period.start, period.end, kpis=(indicator.id,), filters=lens.slices)
    return matrix_for(shop, request).cell(indicator.id, period)


def _by_slice(
    shop: Shop, lens: Lens, indicator: Indicator, now: Cell, before: Cell, formats: Formats
) -> Waterfall | None:
    """Contributions of the values of the first slice that has several."""
    filtered = {name for name, _ in lens.filters}
    order: tuple[Slice, ...] = ("category", "channel", "platform", "shop")
    for slice_ in (s for s in order if s in indicator.slices and s in SLICES and s not in filtered):
        names = slice_names(shop, slice_, lens.lang)
        if len(names.values) < 2:
            continue
        sums = {p: _amounts(shop, lens, indicator, slice_, p) for p in (before.period, now.period)}
        change = _exact(now.value) - _exact(before.value)
        labels = {v: names.name(v) for amounts in sums.values() for v in amounts}
        parts = contributions(_named(sums[now.period], labels), _named(sums[before.period], labels), change)
        rows = [(p.name or word("overview.rest", lens.lang), p.amount) for p in parts]
        note = word("overview.by_slice", lens.lang, slice=word(f"kpi_slice.{slice_}", lens.lang))
        return _waterfall(indicator, before, now, rows, formats, note)
    return None


def _amounts(shop: Shop, lens: Lens, indicator: Indicator, slice_: Slice, period: Period) -> dict[str | None, Decimal]:
    request = Request(lens.grain, period.start, period.end, (slice_,), (indicator.id,), lens.slices)
    cells = matrix_for(shop, request).cells
    return {dict(c.dims)[slice_]: _exact(c.value) for c in cells if c.period == period and c.value is not None}


def _named(amounts: dict[str | None, Decimal], labels: dict[str | None, str]) -> dict[str, Decimal]:
    """Amounts by shown name; two values of one name become one row."""
    named: dict[str, Decimal] = {}
    for value, amount in amounts.items():
        named[labels[value]] = named.get(labels[value], Decimal(0)) + amount
    return named


def _by_factor(indicator: Indicator, now: Cell, before: Cell, formats: Formats) -> Waterfall | None:
    """How far the numerator and the denominator moved the ratio."""
    figures = (now.numerator, now.denominator, before.numerator, before.denominator)
    if any(f is None for f in figures):
        return None
    factors = ratio_factors(*(float(f) for f in figures if f is not None))
    if factors is None:
        return None
    names = (parts_name(indicator, "numerator", formats.lang), parts_name(indicator, "denominator", formats.lang))
    moves = ((before.numerator, now.numerator), (before.denominator, now.denominator))
    rows = [(f"{_moved(*move)} {name}", amount) for name, move, amount in zip(names, moves, factors, strict=True)]
    return _waterfall(indicator, before, now, rows, formats, word("overview.by_factor", formats.lang))


def _moved(before: Value, now: Value) -> str:
    share = float(now or 0) / float(before or 1) - 1
    return f"{'+' if share >= 0 else '−'}{abs(share) * 100:.1f}%"


def _waterfall(
    indicator: Indicator,
    before: Cell,
    now: Cell,
    parts: Sequence[tuple[str, Decimal | float]],
    formats: Formats,
    note: str,
) -> Waterfall:
    drawn = steps(float(before.value or 0), [float(amount) for _, amount in parts])
    rows = [WaterfallRow(formats.period(before.period), formats.whole(before.value, indicator.unit), "total", drawn[0])]
    for (name, amount), step in zip(parts, drawn[1:], strict=False):
        good = float(amount) * indicator.direction
        tone: Literal["good", "bad", "flat"] = "good" if good > 0 else "bad" if good < 0 else "flat"
        rows.append(WaterfallRow(name, effect_text(amount, indicator, formats), tone, step))
    rows.append(WaterfallRow(formats.period(now.period), formats.whole(now.value, indicator.unit), "total", drawn[-1]))
    name = indicator_name(indicator, formats.lang)
    return Waterfall(word("overview.why", formats.lang, name=name), note, tuple(rows))


def effect_text(amount: Number, indicator: Indicator, formats: Formats) -> str:
    """A part of a change with its sign: an amount in its unit, or points of a share."""
    if indicator.unit != "share":
        return formats.contribution(amount, indicator.unit)
    sign = "+" if amount > 0 else "−" if amount < 0 else ""
    return sign + word("format.points", formats.lang, n=f"{abs(float(amount)) * 100:.2f}")


def _exact(value: Value) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value or 0))
