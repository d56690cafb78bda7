"""The Overview: how the business stands in one period, on one screen."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from shopkeeper.core.period import GRAINS, Grain
from shopkeeper.core.wording import word
from shopkeeper.kpi.definition import DIMENSIONS, Indicator
from shopkeeper.kpi.definitions import Definitions
from shopkeeper.kpi.own.folder import definitions_of
from shopkeeper.kpi.score import Score, score
from shopkeeper.render.formats import NOTHING, Formats
from shopkeeper.views.brief import Phrase, brief
from shopkeeper.views.detail import Detail, detail
from shopkeeper.views.labels import ON_PREVIOUS, Choice, slice_names
from shopkeeper.views.ledger import last_load_at
from shopkeeper.views.lens import SLICE_PARAMETERS, Lens
from shopkeeper.views.rows import STATUS_WORDS, Row, RowStatus, row, target_of
from shopkeeper.views.window import Figures, Window, figures, window
from shopkeeper.warehouse.shop import Shop

TILES = ("paid_amount", "orders", "buyers", "C4", "U3", "discount_rate", "units", "net_revenue", "roas")
"""Indicators shown large, in this order; those without a value make room for the next."""

SHOWN_TILES = 5

ALL_VALUES = {
    "category": "overview.all_category",
    "channel": "overview.all_channel",
    "platform": "overview.all_platform",
    "branch": "overview.all_branch",
}
"""What a selector says while nothing is chosen."""

_TALLY: tuple[RowStatus, ...] = ("on_track", "watch", "off", "not_scored", "partial", "immature", "no_data")


@dataclass(frozen=True)
class Group:
    """One dimension of the matrix: rows with a value, and those without."""

    id: str
    name: str
    rows: tuple[Row, ...]
    absent: tuple[Row, ...]
    score: str
    score_share: float | None
    score_title: str


@dataclass(frozen=True)
class Tally:
    """How many indicators have a status."""

    status: RowStatus
    word: str
    count: int


@dataclass(frozen=True)
class ScoreCard:
    """The operating score: 0–5 with its confidence, 0–1."""

    total: float | None
    text: str
    confidence: float
    confidence_text: str
    scored: int
    of: int


@dataclass(frozen=True)
class Selector:
    """One selector of the lens bar."""

    name: str
    label: str
    all_label: str
    chosen: str
    choices: tuple[Choice, ...]
    unlisted: int


@dataclass(frozen=True)
class LensBar:
    """What the reader may choose: length of period, which one, and slices that have more than one value."""

    grain: Grain
    grains: tuple[Choice, ...]
    period: str
    period_name: str
    periods: tuple[Choice, ...]
    earlier: str
    later: str
    selectors: tuple[Selector, ...]


@dataclass(frozen=True)
class Freshness:
    """What the figures rest on."""

    first_day: dt.date | None
    last_day: dt.date | None
    last_day_text: str
    snapshot: int
    loaded_at: dt.datetime | None


@dataclass(frozen=True)
class Overview:
    """Everything on the Overview. `bar` and `selected` are None for a shop without orders."""

    shop: str
    period: str
    freshness: Freshness
    brief: tuple[Phrase, ...]
    score: ScoreCard
    tiles: tuple[Row, ...]
    groups: tuple[Group, ...]
    companions: Group
    tally: tuple[Tally, ...]
    bar: LensBar | None
    selected: Detail | None
    previous_label: str
    warnings: tuple[str, ...]


def freshness(shop: Shop, snapshot: int, lens: Lens) -> Freshness:
    """To which day the data go, and when they came."""
    from shopkeeper.kpi.matrix import data_range

    days = data_range(shop)
    formats = Formats(lens.lang, shop.settings.shop.currency)
    return Freshness(days.first_day, days.last_day, formats.day(days.last_day), snapshot, last_load_at(shop.lake))


def overview(shop: Shop, lens: Lens, snapshot: int) -> Overview:
    """Look at a shop through a lens. Raises UsageError for a period without data."""
    definitions = definitions_of(shop)
    fresh = freshness(shop, snapshot, lens)
    found = window(shop, lens)
    if found is None:
        return _empty(shop, lens, fresh, len(definitions.matrix))
    cells = figures(shop, lens, found)
    scored = score(cells.matrix, shop, found.selected)
    formats = Formats(lens.lang, cells.matrix.currency)
    rows = {i.id: row(i, cells, formats, scored.rows.get(i.id)) for i in definitions.indicators.values()}
    matrix_rows = tuple(rows[i.id] for i in definitions.matrix)
    chosen = definitions.indicator(lens.kpi or default_indicator(rows))
    period = formats.period(found.selected)
    return Overview(
        shop=shop.id,
        period=period,
        freshness=fresh,
        brief=brief(matrix_rows, rows.get("paid_amount"), rows.get("C4.orders"), period, formats),
        score=_score_card(scored, lens, len(definitions.matrix)),
        tiles=tuple(rows[t] for t in TILES if t in rows and rows[t].known)[:SHOWN_TILES],
        groups=tuple(_group(letter, rows, scored, lens, definitions) for letter in DIMENSIONS),
        companions=_companions(rows, lens, definitions),
        tally=_tally(matrix_rows, lens),
        bar=lens_bar(shop, lens, found, formats),
        selected=_selected(shop, lens, chosen, rows[chosen.id], cells, formats, scored),
        previous_label=word(ON_PREVIOUS[found.selected.grain], lens.lang),
        warnings=cells.matrix.warnings(lens.lang),
    )


def default_indicator(rows: dict[str, Row]) -> str:
    """The indicator that is explained before anybody chooses one: the first headline that has a value."""
    return next(
        (t for t in TILES if t in rows and rows[t].known), next((k for k, r in rows.items() if r.known), "paid_amount")
    )


def _selected(
    shop: Shop, lens: Lens, chosen: Indicator, shown: Row, cells: Figures, formats: Formats, scored: Score
) -> Detail:
    return detail(shop, lens, chosen, shown, cells, formats, target_of(scored.rows.get(chosen.id)))


def _empty(shop: Shop, lens: Lens, fresh: Freshness, of: int) -> Overview:
    nothing = ScoreCard(None, NOTHING, 0.0, "0%", 0, of)
    none = Group("companions", word("overview.companions", lens.lang), (), (), NOTHING, None, "")
    return Overview(shop.id, "", fresh, (), nothing, (), (), none, (), None, None, "", ())


def _group(letter: str, rows: dict[str, Row], scored: Score, lens: Lens, definitions: Definitions) -> Group:
    members = [rows[i.id] for i in definitions.matrix if i.dimension == letter]
    standing = next(d for d in scored.dimensions if d.dimension == letter)
    text = NOTHING if standing.score is None else f"{standing.score:.1f}"
    title = word("overview.scored_of", lens.lang, n=standing.scored, all=standing.of)
    return Group(
        letter,
        word(f"kpi_dimension.{letter}", lens.lang),
        tuple(r for r in members if r.known),
        tuple(r for r in members if not r.known),
        text,
        None if standing.score is None else standing.score / 5,
        title,
    )


def _companions(rows: dict[str, Row], lens: Lens, definitions: Definitions) -> Group:
    members = [rows[i.id] for i in definitions.indicators.values() if i.dimension is None]
    return Group(
        "companions",
        word("overview.companions", lens.lang),
        tuple(r for r in members if r.known),
        tuple(r for r in members if not r.known),
        NOTHING,
        None,
        "",
    )


def _tally(rows: tuple[Row, ...], lens: Lens) -> tuple[Tally, ...]:
    counted = [Tally(s, word(STATUS_WORDS[s], lens.lang), sum(r.status == s for r in rows)) for s in _TALLY]
    return tuple(t for t in counted if t.count)


def _score_card(scored: Score, lens: Lens, of: int) -> ScoreCard:
    count = sum(d.scored for d in scored.dimensions)
    text = NOTHING if scored.total is None else f"{scored.total:.1f}"
    return ScoreCard(scored.total, text, scored.confidence, f"{scored.confidence * 100:.0f}%", count, of)


def lens_bar(shop: Shop, lens: Lens, found: Window, formats: Formats) -> LensBar:
    """The selectors above a page."""
    selectors = []
    for name, slice_ in SLICE_PARAMETERS.items():
        names = slice_names(shop, slice_, lens.lang)
        chosen = lens.filter_value(slice_)
        if len(names.values) > 1 or chosen:
            label = word(f"kpi_slice.{slice_}", lens.lang)
            every = word(ALL_VALUES[name], lens.lang)
            selectors.append(Selector(name, label, every, chosen, names.choices(chosen), names.unlisted))
    return LensBar(
        grain=lens.grain,
        grains=tuple(Choice(g, word(f"kpi_grain.{g}", lens.lang)) for g in GRAINS),
        period=found.selected.label,
        period_name=formats.period(found.selected),
        periods=tuple(Choice(p.label, formats.period(p)) for p in found.choices),
        earlier=found.earlier.label if found.earlier else "",
        later=found.later.label if found.later else "",
        selectors=tuple(selectors),
    )
