"""The list of all indicators, and the page of one: course, breakdown, definition, sources and the SQL behind a cell."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal

from shopkeeper.core.wording import Language, word
from shopkeeper.errors import NotEstimable
from shopkeeper.kpi.definition import DIMENSIONS, Indicator, Slice
from shopkeeper.kpi.definitions import Definitions
from shopkeeper.kpi.explain_sql import cell_sql
from shopkeeper.kpi.matrix import holdings, matrix_for
from shopkeeper.kpi.own.folder import definitions_of
from shopkeeper.kpi.result import Cell, Request
from shopkeeper.kpi.score import RowScore, score
from shopkeeper.render.formats import NOTHING, Formats
from shopkeeper.views.change import change_between
from shopkeeper.views.comparisons import ComparisonRow, comparison_rows
from shopkeeper.views.detail import Detail, detail, part_text
from shopkeeper.views.labels import ON_PREVIOUS, Choice, indicator_name, indicator_word, slice_names
from shopkeeper.views.ledger import last_load_by_table
from shopkeeper.views.lens import PARAMETER_OF, Lens
from shopkeeper.views.overview import Freshness, LensBar, freshness, lens_bar
from shopkeeper.views.rows import Row, row, target_of
from shopkeeper.views.window import Figures, figures, window
from shopkeeper.warehouse.shop import Shop

BREAKDOWN_ROWS = 60
"""How many rows a breakdown shows, largest first."""


@dataclass(frozen=True)
class Source:
    """A table that an indicator needs, whether it has what is needed, and the load that last brought rows."""

    table: str
    name: str
    found: bool
    load: str
    file: str
    loaded_at: dt.datetime | None


@dataclass(frozen=True)
class Entry:
    """One indicator of the list."""

    row: Row
    origin: str
    definition: str
    formula: str
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class EntryGroup:
    """One dimension of the list."""

    id: str
    name: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class KpiList:
    """All indicators with what they mean."""

    shop: str
    period: str
    freshness: Freshness
    bar: LensBar | None
    groups: tuple[EntryGroup, ...]
    previous_label: str


@dataclass(frozen=True)
class BreakdownRow:
    """One value of a slice. `share` is the bar's length: the value against the largest one."""

    name: str
    value: float | None
    text: str
    numerator: float | None
    numerator_text: str
    denominator: float | None
    denominator_text: str
    change: str
    arrow: str
    share: float


@dataclass(frozen=True)
class Breakdown:
    """An indicator cut by one slice. `with_parts` says whether numerator and denominator are shown."""

    slice: str
    label: str
    rows: tuple[BreakdownRow, ...]
    unlisted: int
    with_parts: bool


@dataclass(frozen=True)
class Anchor:
    """The three anchors of the score, as texts."""

    floor: str
    baseline: str
    target: str
    weight: str
    reason: str


@dataclass(frozen=True)
class IndicatorPage:
    """Everything on the page of one indicator."""

    shop: str
    period: str
    freshness: Freshness
    bar: LensBar
    dimension: str
    detail: Detail
    origin: str
    sources: tuple[Source, ...]
    direction: str
    unit: str
    anchor: Anchor | None
    slices: tuple[Choice, ...]
    breakdown: Breakdown | None
    companions: tuple[Row, ...]
    comparisons: tuple[ComparisonRow, ...]
    state: str
    sql: str
    no_sql: str
    numerator_label: str
    denominator_label: str
    previous_label: str


def origin_word(definitions: Definitions, chosen: Indicator, lang: Language) -> str:
    """That an indicator is the shop's own, or stands in place of a built-in one; empty for a built-in one."""
    origin = definitions.origin(chosen.id)
    return "" if origin == "built_in" else word(f"definitions.origin_{origin}", lang)


def kpi_list(shop: Shop, lens: Lens, snapshot: int) -> KpiList:
    """Every indicator with its definition, value, change and sources."""
    fresh = freshness(shop, snapshot, lens)
    found = window(shop, lens)
    cells = figures(shop, lens, found) if found else None
    currency = cells.matrix.currency if cells else shop.settings.shop.currency
    formats = Formats(lens.lang, currency)
    scored = score(cells.matrix, shop, found.selected).rows if cells and found else {}
    tables = tables_of(shop, lens)
    definitions = definitions_of(shop)
    groups = []
    for letter in (*DIMENSIONS, None):
        members = [i for i in definitions.indicators.values() if i.dimension == letter]
        name = word(f"kpi_dimension.{letter}", lens.lang) if letter else word("overview.companions", lens.lang)
        entries = tuple(
            entry_of(i, origin_word(definitions, i, lens.lang), cells, formats, scored.get(i.id), tables)
            for i in members
        )
        groups.append(EntryGroup(letter or "companions", name, entries))
    return KpiList(
        shop.id,
        formats.period(found.selected) if found else "",
        fresh,
        lens_bar(shop, lens, found, formats) if found else None,
        tuple(groups),
        word(ON_PREVIOUS[found.selected.grain], lens.lang) if found else "",
    )


def indicator_page(shop: Shop, lens: Lens, snapshot: int) -> IndicatorPage:
    """The page of one indicator, named by the lens.

    Raises NotFound for an unknown one, NotEstimable for a shop without orders.
    """
    definitions = definitions_of(shop)
    chosen = definitions.indicator(lens.kpi)
    found = window(shop, lens)
    if found is None:
        raise NotEstimable("this shop has no orders yet", ("order_lines",), next_command="shopkeeper ingest")
    cells = figures(shop, lens, found)
    formats = Formats(lens.lang, cells.matrix.currency)
    scored = score(cells.matrix, shop, found.selected).rows
    shown = row(chosen, cells, formats, scored.get(chosen.id))
    slices = _slices(shop, lens, chosen)
    by = lens.by or (slices[0][0] if slices else None)
    sql, no_sql = _sql(shop, lens, chosen, cells)
    explained = detail(shop, lens, chosen, shown, cells, formats, target_of(scored.get(chosen.id)))
    every = definitions.indicators.values()
    family = [i for i in every if chosen.id in (i.companion_of,) or (chosen.companion_of == i.id)]
    cell = cells.cell(chosen.id, found.selected)
    return IndicatorPage(
        shop=shop.id,
        period=formats.period(found.selected),
        freshness=freshness(shop, snapshot, lens),
        bar=lens_bar(shop, lens, found, formats),
        dimension=word(f"kpi_dimension.{chosen.dimension}", lens.lang) if chosen.dimension else "",
        detail=explained,
        origin=origin_word(definitions, chosen, lens.lang),
        sources=_sources(chosen, tables_of(shop, lens)),
        direction=word({1: "kpis.higher", -1: "kpis.lower", 0: "kpis.neutral"}[chosen.direction], lens.lang),
        unit=formats.symbol if chosen.unit == "money" else word(f"kpi_unit.{chosen.unit}", lens.lang),
        anchor=_anchor(chosen, scored.get(chosen.id), formats),
        slices=tuple(Choice(PARAMETER_OF[s], label) for s, label in slices),
        breakdown=_breakdown(shop, lens, chosen, by, cells, formats) if by else None,
        companions=tuple(row(i, cells, formats, scored.get(i.id)) for i in family),
        comparisons=comparison_rows(shop, chosen, found.selected, Request(lens.grain, filters=lens.slices), formats),
        state=word(f"kpi_status.{cell.status}", lens.lang) if cell else "",
        sql=sql,
        no_sql=no_sql,
        numerator_label=explained.formula.numerator or word("kpis.numerator", lens.lang),
        denominator_label=explained.formula.denominator or word("kpis.denominator", lens.lang),
        previous_label=word(ON_PREVIOUS[found.selected.grain], lens.lang),
    )


# --- sources ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tables:
    """What is loaded: needs that are met, and the newest load of each table."""

    filled: frozenset[str]
    loads: dict[str, tuple[str, dt.datetime, str]]
    lens: Lens


def tables_of(shop: Shop, lens: Lens) -> Tables:
    """What the shop has loaded."""
    return Tables(holdings(shop).filled, last_load_by_table(shop.lake), lens)


def _sources(chosen: Indicator, tables: Tables) -> tuple[Source, ...]:
    needed: dict[str, bool] = {}
    for need in chosen.needs:
        table = need.split(".")[0]
        needed[table] = needed.get(table, True) and need in tables.filled
    return tuple(
        Source(
            table,
            word(f"kpi_source.{table}", tables.lens.lang),
            found,
            load[0] if load else "",
            load[2] if load else "",
            load[1] if load else None,
        )
        for table, found in needed.items()
        for load in [tables.loads.get(table)]
    )


def entry_of(
    chosen: Indicator, origin: str, cells: Figures | None, formats: Formats, scored: RowScore | None, tables: Tables
) -> Entry:
    """One indicator with its value, meaning and sources."""
    shown = row(chosen, cells, formats, scored) if cells else _unknown_row(chosen, formats)
    return Entry(
        shown,
        origin,
        indicator_word(chosen, "definition", formats.lang),
        indicator_word(chosen, "formula", formats.lang),
        _sources(chosen, tables),
    )


def _unknown_row(chosen: Indicator, formats: Formats) -> Row:
    """The row of an indicator in a shop without orders."""
    lang = formats.lang
    return Row(
        id=chosen.id,
        name=indicator_name(chosen, lang),
        unit=chosen.unit,
        starred=chosen.starred,
        in_matrix=chosen.dimension is not None,
        value=None,
        text=NOTHING,
        exact=NOTHING,
        previous=None,
        year=None,
        target=NOTHING,
        attainment=None,
        attainment_text=NOTHING,
        series=(),
        status="no_data",
        status_word=word("status.no_data", lang),
        missing=word("overview.no_rows", lang),
    )


def _anchor(chosen: Indicator, scored: RowScore | None, formats: Formats) -> Anchor | None:
    if scored is None or scored.anchors is None:
        return None
    floor, baseline, target = (
        formats.value(a, chosen.unit) for a in (scored.anchors.floor, scored.anchors.baseline, scored.anchors.target)
    )
    return Anchor(floor, baseline, target, f"{scored.anchors.weight:g}", scored.anchors.reason)


def _sql(shop: Shop, lens: Lens, chosen: Indicator, cells: Figures) -> tuple[str, str]:
    try:
        return cell_sql(shop, chosen.id, cells.window.selected, lens.filters), ""
    except NotEstimable:
        return "", word("kpis.no_sql", lens.lang)


# --- breakdown --------------------------------------------------------------------------------------------------------


def _slices(shop: Shop, lens: Lens, chosen: Indicator) -> list[tuple[Slice, str]]:
    """The slices that this indicator can be cut by here, with their names; those with several values first."""
    filtered = {name for name, _ in lens.filters}
    order: tuple[Slice, ...] = ("category", "channel", "platform", "shop")
    usable = [s for s in order if s in chosen.slices and s not in filtered]
    several = {s: len(slice_names(shop, s, lens.lang).values) > 1 for s in usable}
    return [(s, word(f"kpi_slice.{s}", lens.lang)) for s in sorted(usable, key=lambda s: not several[s]) if several[s]]


def _breakdown(
    shop: Shop, lens: Lens, chosen: Indicator, by: Slice, cells: Figures, formats: Formats
) -> Breakdown | None:
    if by not in chosen.slices:
        return None
    period = cells.window.selected
    now = _cells_by(shop, lens, chosen, by, cells)
    before_lens = replace(lens, at=period.previous())
    before = _cells_by(shop, before_lens, chosen, by, cells) if cells.window.earlier else {}
    names = slice_names(shop, by, lens.lang)
    listed = [c for c in now.values() if c.value is not None]
    ratio = chosen.how != "total"
    listed.sort(key=lambda c: -float((c.denominator if ratio and c.denominator is not None else c.value) or 0))
    largest = max((abs(float(c.value or 0)) for c in listed), default=0.0) or 1.0
    rows = tuple(
        _breakdown_row(names.name(dict(c.dims)[by]), c, before.get(dict(c.dims)[by]), chosen, formats, largest)
        for c in listed[:BREAKDOWN_ROWS]
    )
    label = word(f"kpi_slice.{by}", lens.lang)
    with_parts = any(c.numerator is not None for c in listed)
    return Breakdown(PARAMETER_OF[by], label, rows, max(len(listed) - BREAKDOWN_ROWS, 0), with_parts)


def _cells_by(shop: Shop, lens: Lens, chosen: Indicator, by: Slice, cells: Figures) -> dict[str | None, Cell]:
    period = lens.at or cells.window.selected
    request = Request(lens.grain, period.start, period.end, (by,), (chosen.id,), lens.slices)
    return {dict(c.dims)[by]: c for c in matrix_for(shop, request).cells if c.period == period}


def _breakdown_row(
    name: str, cell: Cell, before: Cell | None, chosen: Indicator, formats: Formats, largest: float
) -> BreakdownRow:
    whole = before is not None and "partial" not in (cell.status, before.status)
    change = change_between(cell.value, before.value, chosen.unit) if whole and before else None
    text = "–" if change is None else formats.change(change, "points" if chosen.unit == "share" else "percent")
    return BreakdownRow(
        name=name,
        value=_number(cell.value),
        text=formats.value(cell.value, chosen.unit),
        numerator=_number(cell.numerator),
        numerator_text=part_text(cell.numerator, formats, chosen.numerator),
        denominator=_number(cell.denominator),
        denominator_text=part_text(cell.denominator, formats, chosen.denominator),
        change=text,
        arrow="" if not change else "up" if change > 0 else "down",
        share=abs(float(cell.value or 0)) / largest,
    )


def _number(value: Decimal | float | int | None) -> float | None:
    return None if value is None else float(value)
