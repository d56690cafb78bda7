"""The forecast of an indicator as a page and the API show it: course, bands, target's chance, backtest, slices or articles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shopkeeper.core.wording import Language, word
from shopkeeper.errors import NotEstimable, NotFound, UsageError
from shopkeeper.insight.forecast.articles import Article, Articles, Expected, Sum, forecast_articles, measure_of
from shopkeeper.insight.forecast.indicator import HORIZON, Outlook, forecast_indicator
from shopkeeper.insight.forecast.result import Forecast, Tried
from shopkeeper.insight.models.said import Said
from shopkeeper.kpi.definition import Indicator
from shopkeeper.kpi.missing import missing_words
from shopkeeper.kpi.own.folder import definitions_of
from shopkeeper.render.formats import NOTHING, Formats
from shopkeeper.views.labels import Choice, indicator_name, slice_names
from shopkeeper.views.lens import PARAMETER_OF, SLICE_PARAMETERS, Lens
from shopkeeper.views.model_words import said
from shopkeeper.views.overview import Freshness, freshness
from shopkeeper.warehouse.shop import Shop

SHOWN_PAST = {"day": 91, "week": 53, "month": 25, "quarter": 13, "year": 6}
LISTED = 100
"""How many articles a page lists, largest first; the command and the API's CSV have them all."""
ARTICLES = "sku"


@dataclass(frozen=True)
class Band:
    """A figure ahead in words: mean and both intervals."""

    name: str
    mean: str
    within80: str
    within95: str
    note: str = ""


@dataclass(frozen=True)
class ForecastChart:
    """The course for the chart: past values, then means with their bands. Lists are as long as `labels`."""

    labels: tuple[str, ...]
    ticks: tuple[str, ...]
    past: tuple[float | None, ...]
    mean: tuple[float | None, ...]
    low80: tuple[float | None, ...]
    high80: tuple[float | None, ...]
    low95: tuple[float | None, ...]
    high95: tuple[float | None, ...]
    texts: tuple[str, ...]
    target: float | None
    target_text: str
    unit: str
    symbol: str
    lang: str


@dataclass(frozen=True)
class Fact:
    """A label and a figure of the backtest, and what it means."""

    label: str
    text: str
    note: str = ""


@dataclass(frozen=True)
class Course:
    """One forecast, shown."""

    name: str
    chart: ForecastChart
    bands: tuple[Band, ...]
    first: Band
    chance: str
    chance_note: str
    target: str
    facts: tuple[Fact, ...]
    method: str
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class SliceRow:
    """One slice in the table: its first period ahead."""

    name: str
    last: str
    band: Band
    chance: str
    mase: str


@dataclass(frozen=True)
class ArticleRow:
    """One article on one platform, or one sum of them."""

    names: tuple[str, ...]
    demand: str
    band: Band
    before: str
    mase: str


@dataclass(frozen=True)
class ArticlesShown:
    """The forecast of articles: sums first, then the largest articles."""

    title: str
    method: str
    facts: tuple[Fact, ...]
    sums: tuple[ArticleRow, ...]
    rows: tuple[ArticleRow, ...]
    unlisted: int


@dataclass(frozen=True)
class ForecastPage:
    """Everything on the page. `refused` says why there is no forecast, and `needed` what would have to be there."""

    shop: str
    kpi: str
    name: str
    freshness: Freshness
    grains: tuple[Choice, ...]
    cuts: tuple[Choice, ...]
    cut: str
    course: Course | None
    slices: tuple[SliceRow, ...]
    articles: ArticlesShown | None
    festivals: str
    refused: str
    needed: str
    next: str


def forecast_page(shop: Shop, lens: Lens, snapshot: int, cut: str = "", horizon: int | None = None) -> ForecastPage:
    """The forecast of the lens's indicator, in all or cut by a dimension or by article.

    Raises NotFound for an unknown indicator or cut, UsageError for a horizon that is too long.
    """
    definitions = definitions_of(shop)
    chosen = definitions.indicator(lens.kpi)
    cuts = _cuts(shop, chosen, lens.lang)
    if cut and cut not in {c.value for c in cuts}:
        raise NotFound("cut of a forecast", cut, [c.value for c in cuts if c.value])
    formats = Formats(lens.lang, shop.settings.shop.currency)
    course, articles, festivals = None, None, ""
    slices: tuple[SliceRow, ...] = ()
    refused = needed = next_ = ""
    try:
        if cut == ARTICLES:
            found = forecast_articles(shop, chosen.id, horizon=horizon, filters=lens.slices)
            articles = _articles(found, formats)
        else:
            by = (SLICE_PARAMETERS[cut],) if cut else ()
            outlook = forecast_indicator(shop, chosen.id, grain=lens.grain, horizon=horizon, by=by, filters=lens.slices)
            whole = next((f for f in outlook.forecasts if not f.dims), outlook.forecasts[0])
            course = _course(whole, chosen, outlook, formats, _slice_name(shop, whole, lens.lang))
            slices = tuple(_slice_row(shop, f, formats) for f in outlook.forecasts) if by else ()
            festivals = festival_words(outlook, formats)
    except NotEstimable as error:
        refused, needed = refusal_words(error, formats)
        next_ = error.next_command
    grains = tuple(Choice(g, word(f"kpi_grain.{g}", lens.lang)) for g in ("day", "week", "month", "quarter"))
    return ForecastPage(
        shop.id, chosen.id, indicator_name(chosen, lens.lang), freshness(shop, snapshot, lens), grains, cuts, cut, course,
        slices, articles, festivals, refused, needed, next_,
    )  # fmt: skip


def _cuts(shop: Shop, chosen: Indicator, lang: Language) -> tuple[Choice, ...]:
    """What this indicator can be cut by here."""
    found = [Choice("", word("forecast.whole", lang))]
    for slice_ in chosen.slices:
        if len(slice_names(shop, slice_, lang).values) > 1:
            found.append(Choice(PARAMETER_OF[slice_], word(f"kpi_slice.{slice_}", lang)))
    try:
        measure_of(chosen.id, definitions_of(shop))
        found.append(Choice(ARTICLES, word("forecast.by_article", lang)))
    except UsageError:
        pass
    return tuple(found)


def refusal_words(error: NotEstimable, formats: Formats) -> tuple[str, str]:
    """Why there is no forecast and what is needed, in the reader's language."""
    told = said(error.told, formats) if isinstance(error.told, Said) else error.what
    parts = [said(n, formats) if isinstance(n, Said) else missing_words([str(n)], formats.lang) for n in error.needed]
    return told, ("、" if formats.lang == "zh" else ", ").join(dict.fromkeys(parts or error.missing))


def festival_words(outlook: Outlook, formats: Formats) -> str:
    """The festivals ahead with their days."""
    named = [f"{word(f'festival.{name}', formats.lang)} {formats.day(day)}" for name, day in outlook.festivals]
    return ("、" if formats.lang == "zh" else ", ").join(named)


def chance_text(probability: float | None, formats: Formats) -> str:
    """A probability as people say it: never certain.

    >>> chance_text(0.0004, Formats("en", "CNY")), chance_text(0.456, Formats("en", "CNY"))
    ('< 1%', '46%')
    """
    if probability is None:
        return NOTHING
    if probability < 0.01:
        return "< 1%"
    return "> 99%" if probability > 0.99 else f"{probability * 100:.0f}%"


def _slice_name(shop: Shop, found: Forecast, lang: Language) -> str:
    if not found.dims:
        return word("forecast.whole", lang)
    return " · ".join(slice_names(shop, s, lang).name(v) for s, v in found.dims)


def _course(found: Forecast, chosen: Indicator, outlook: Outlook, formats: Formats, name: str) -> Course:
    bands = tuple(_period_band(found, i, chosen.unit, formats) for i in range(len(found.ahead)))
    past = found.past[-SHOWN_PAST[found.grain] :]
    target = found.chance.target
    return Course(
        name, _chart(found, past, chosen.unit, formats), bands, bands[0],
        chance_text(found.chance.probability, formats), formats.period(found.chance.period),
        formats.value(target, chosen.unit), _facts(found.tried, formats), method_words(found, formats.lang),
        _remarks(found, formats),
    )  # fmt: skip


def _period_band(found: Forecast, step: int, unit: str, formats: Formats) -> Band:
    p = found.ahead[step]
    return Band(
        formats.period(p.period), formats.value(p.mean, unit), _between(p.low80, p.high80, unit, formats),
        _between(p.low95, p.high95, unit, formats), word("forecast.begun", formats.lang) if p.begun else "",
    )  # fmt: skip


def _between(low: float, high: float, unit: str, formats: Formats) -> str:
    return f"{formats.value(low, unit)} – {formats.value(high, unit)}"


def _chart(
    found: Forecast, past: tuple[tuple[object, float | None], ...], unit: str, formats: Formats
) -> ForecastChart:
    ahead = found.ahead
    blank: tuple[None, ...] = (None,) * len(past)
    last = past[-1][1] if past else None
    periods = [p for p, _ in found.past[-len(past) :]] + [p.period for p in ahead]
    values = tuple(v for _, v in past)
    joined: tuple[float | None, ...] = (*blank[:-1], last) if past else ()

    def line(name: str) -> tuple[float | None, ...]:
        return (*joined, *(getattr(p, name) for p in ahead))

    return ForecastChart(
        tuple(formats.period(p) for p in periods), tuple(formats.tick(p) for p in periods),
        (*values, *([None] * len(ahead))), line("mean"), line("low80"), line("high80"), line("low95"), line("high95"),
        (*(formats.value(v, unit) for v in values), *(formats.value(p.mean, unit) for p in ahead)), found.chance.target,
        formats.value(found.chance.target, unit), unit, formats.symbol, formats.lang,
    )  # fmt: skip


def _facts(tried: Tried, formats: Formats) -> tuple[Fact, ...]:
    lang = formats.lang

    def number(value: float | None) -> str:
        return NOTHING if value is None else f"{value:.2f}"

    def share(value: float | None) -> str:
        return NOTHING if value is None else f"{value * 100:.0f}%"

    smape = NOTHING if tried.smape is None else f"{tried.smape:.1f}%"
    return (
        Fact("MASE", number(tried.mase), word("forecast.mase_note", lang, naive=number(tried.naive_mase))),
        Fact("sMAPE", smape, word("forecast.smape_note", lang)),
        Fact("WAPE", share(tried.wape), word("forecast.wape_note", lang)),
        Fact(word("forecast.covered", lang, level=80), share(tried.covered80), word("forecast.covered_note", lang)),
        Fact(word("forecast.covered", lang, level=95), share(tried.covered95), word("forecast.covered_note", lang)),
        Fact(word("forecast.origins", lang), f"{tried.origins}", word("forecast.origins_note", lang)),
    )


def method_words(found: Forecast, lang: Language) -> str:
    """How it was computed, in one sentence: the path and the members of the blend with their shares."""
    members = ("、" if lang == "zh" else ", ").join(
        f"{word(f'forecast_member.{name}', lang)} {share * 100:.0f}%" for name, share in found.members[:4]
    )
    return word(f"forecast.path_{found.path}", lang) + " " + word("forecast.blend", lang, members=members)


def _remarks(found: Forecast, formats: Formats) -> tuple[str, ...]:
    lang = formats.lang
    remarks = [word("forecast.unseen", lang, name=word(f"festival.{name}", lang)) for name in found.unseen]
    if (
        found.tried.mase is not None
        and found.tried.naive_mase is not None
        and found.tried.mase >= found.tried.naive_mase
    ):
        remarks.append(word("forecast.no_better", lang))
    remarks.append(word("forecast.known_until", lang, day=formats.day(found.known_until)))
    return tuple(remarks)


def _slice_row(shop: Shop, found: Forecast, formats: Formats) -> SliceRow:
    unit = definitions_of(shop).indicator(found.kpi).unit
    last = next((v for _, v in reversed(found.past) if v is not None), None)
    mase = NOTHING if found.tried.mase is None else f"{found.tried.mase:.2f}"
    return SliceRow(
        _slice_name(shop, found, formats.lang), formats.value(last, unit), _period_band(found, 0, unit, formats),
        chance_text(found.chance.probability, formats), mase,
    )  # fmt: skip


# --- articles ---------------------------------------------------------------------------------------------------------


def _articles(found: Articles, formats: Formats) -> ArticlesShown:
    lang = formats.lang
    shown = [a for a in found.articles if a.demand != "none"][:LISTED]

    def share(value: float) -> str:
        return NOTHING if value != value else f"{value * 100:.0f}%"

    facts = (
        Fact(word("forecast.wape_articles", lang), share(found.wape), word("forecast.wape_note", lang)),
        Fact(word("forecast.wape_total", lang), share(found.wape_total), word("forecast.wape_note", lang)),
        Fact(word("forecast.covered", lang, level=80), share(found.covered80), word("forecast.covered_note", lang)),
        Fact(word("forecast.covered", lang, level=95), share(found.covered95), word("forecast.covered_note", lang)),
        Fact(word("forecast.origins", lang), f"{found.origins}", word("forecast.origins_note", lang)),
    )
    method = word(
        f"forecast_way.{found.method}", lang, up=share(found.tried[0]), agreed=share(found.tried[1]),
        n=f"{len(found.articles):,}",
    )  # fmt: skip
    return ArticlesShown(
        word("forecast.days_ahead", lang, days=formats.days(found.first, found.last)), method, facts,
        tuple(_sum_row(s, found.unit, formats) for s in _first_sums(found.sums)),
        tuple(_article_row(a, found.unit, formats) for a in shown), len(found.articles) - len(shown),
    )  # fmt: skip


def _first_sums(sums: Iterable[Sum]) -> list[Sum]:
    return [s for s in sums if s.level in ("total", "platform", "category")]


def _sum_row(found: Sum, unit: str, formats: Formats) -> ArticleRow:
    lang = formats.lang
    level = word(f"forecast.level_{found.level}", lang)
    name = found.platform or found.category or ("" if found.level == "total" else word("forecast.unnamed", lang))
    return ArticleRow((level, name), "", _band(found.expected, unit, formats), formats.value(found.before, unit), "")


def _article_row(found: Article, unit: str, formats: Formats) -> ArticleRow:
    mase = NOTHING if found.mase is None else f"{found.mase:.2f}"
    demand = word(f"forecast_demand.{found.demand}", formats.lang)
    return ArticleRow(
        (found.name or found.sku, found.sku, found.platform, found.category), demand,
        _band(found.expected, unit, formats), "", mase,
    )  # fmt: skip


def _band(found: Expected, unit: str, formats: Formats) -> Band:
    return Band(
        "", formats.value(round(found.mean, 1), unit), _between(round(found.low80, 1), round(found.high80, 1), unit, formats),
        _between(round(found.low95, 1), round(found.high95, 1), unit, formats),
    )  # fmt: skip


def shown_horizon(text: str, grain: str) -> int | None:
    """A horizon as an address gives it; None where it is left out. Raises UsageError for what is no whole number."""
    if not text:
        return None
    if not text.isdigit():
        raise UsageError("this horizon is no whole number", received=text, allowed=f"such as {HORIZON.get(grain, 3)}")  # type: ignore[call-overload]
    return int(text)
