"""What will each article sell on each platform? Thousands of series from one query, forecast together, adding up to the whole."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from shopkeeper.errors import UsageError
from shopkeeper.insight.forecast.events import calendar_of
from shopkeeper.insight.models.said import refusal, say
from shopkeeper.kpi.catalogue import MEASURES
from shopkeeper.kpi.definition import Measure
from shopkeeper.kpi.definitions import Definitions
from shopkeeper.kpi.own.folder import definitions_of
from shopkeeper.kpi.result import Filters
from shopkeeper.methods.forecast.accuracy import Floats, coverage, wape
from shopkeeper.methods.forecast.blend import LEVELS, Blended, half_widths
from shopkeeper.methods.forecast.daily import MIN_DAYS, forecast_daily
from shopkeeper.methods.forecast.hierarchy import Hierarchy, reconciled
from shopkeeper.methods.forecast.intermittent import DemandClass, demand_class
from shopkeeper.warehouse.shop import Shop

HORIZON, MOST = 28, 90
Level = Literal["total", "platform", "category", "platform_category"]
LEVELS_OF_SUMS: tuple[Level, ...] = ("total", "platform", "category", "platform_category")
_LEAST_DAYS = 3 * MIN_DAYS
_GAIN = 0.99
"""Reconciliation is used where its backtest error is below this share of the bottom-up one."""


@dataclass(frozen=True)
class Bottom:
    """Daily figures of articles by platform, shape (n_series, n_days); 0 where nothing sold, NaN before the first sale."""

    first_day: dt.date
    values: Floats
    platform: tuple[str, ...]
    category: tuple[str, ...]
    sku: tuple[str, ...]
    name: tuple[str, ...]


@dataclass(frozen=True)
class Expected:
    """A sum over the days ahead with its bands."""

    mean: float
    low80: float
    high80: float
    low95: float
    high95: float


@dataclass(frozen=True)
class Article:
    """One article on one platform: what is expected, how its demand comes, its backtest error (MASE; None = not known)."""

    platform: str
    category: str
    sku: str
    name: str
    demand: DemandClass
    expected: Expected
    mase: float | None


@dataclass(frozen=True)
class Sum:
    """A sum of articles: its level, its names, what is expected, and the last days of the same number."""

    level: Level
    platform: str
    category: str
    expected: Expected
    before: float


@dataclass(frozen=True)
class Articles:
    """The forecast of all articles. Sums are exactly what the articles add up to.

    `wape` and the coverages are of sums over the days ahead at earlier origins, on the level of the article; `wape_total` of the
    whole. `method` says how they were made to agree, `tried` the errors of both ways over all levels.
    `by_level` has them in the order of `LEVELS_OF_SUMS`, and last for the articles.
    """

    kpi: str
    unit: str
    first: dt.date
    last: dt.date
    articles: tuple[Article, ...]
    sums: tuple[Sum, ...]
    method: Literal["bottom_up", "reconciled"]
    tried: tuple[float, float]
    by_level: tuple[tuple[float, float], ...]
    wape: float
    wape_total: float
    covered80: float
    covered95: float
    origins: int
    snapshot: int


def forecast_articles(shop: Shop, kpi: str = "units", *, horizon: int | None = None, filters: Filters = ()) -> Articles:
    """Forecast every article on every platform and, coherently, their sums by category and platform.

    Raises:
        UsageError: an indicator that is no plain sum over order lines, or a horizon that is not 1 to 90 days.
        NotEstimable: fewer than some weeks of sales.
    """
    definitions = definitions_of(shop)
    days = HORIZON if horizon is None else horizon
    if not 1 <= days <= MOST:
        raise UsageError("this horizon is too short or too long", received=str(horizon), allowed=f"1 to {MOST} days")
    measure = measure_of(kpi, definitions)
    bottom = read_bottom(shop, measure, filters)
    count = bottom.values.shape[1]
    if count < _LEAST_DAYS:
        raise refusal("forecast.too_short", [say("forecast.need_days", n=_LEAST_DAYS)])
    hierarchy = hierarchy_of(bottom)
    filled = np.nan_to_num(bottom.values)
    calendar = calendar_of(bottom.first_day, count + days)
    parts = forecast_daily(_long_enough(bottom.values, days), days, calendar=calendar)
    sums = forecast_daily(hierarchy.sums(filled), days, calendar=calendar)
    return _made(shop, definitions.indicator(kpi).unit, kpi, bottom, hierarchy, parts, sums, days)


def measure_of(kpi: str, definitions: Definitions) -> Measure:
    """The one measure of order lines that an indicator sums. Raises UsageError for another kind of indicator."""
    indicator = definitions.indicator(kpi)
    name = indicator.numerator[0] if indicator.how == "total" and len(indicator.numerator) == 1 else ""
    measure = MEASURES.get(name)
    if measure is None or indicator.minus or measure.fact != "order_lines" or measure.kind != "sum" or measure.joins:
        raise UsageError(
            "this indicator is no plain sum over order lines", received=kpi, allowed="units, paid_amount, gmv, receivable",
            next_command=f"shopkeeper forecast {kpi} --by platform",
        )  # fmt: skip
    return measure


def articles_sql(measure: Measure, filters: Filters) -> str:
    """The one query: a row a platform, article and day. Rows count as they do for the indicator."""
    from shopkeeper.kpi.relation import base
    from shopkeeper.warehouse.engines.dialect import compiled

    t = base("order_lines", (measure,), ("platform", "category"), filters)
    t = t.filter(t[measure.day].notnull())
    value = measure.of(t).cast("float64").sum(where=measure.where(t) if measure.where else None)
    return compiled(t.group_by(["platform", "category", "sku_id", measure.day]).aggregate(value=value), "duckdb")


def read_bottom(shop: Shop, measure: Measure, filters: Filters = ()) -> Bottom:
    """Daily figures of every article on every platform. Raises NotEstimable where nothing was sold."""
    day = measure.day
    got = shop.lake.query(
        f"SELECT coalesce(platform, '') AS platform, coalesce(category, '') AS category, coalesce(sku_id, '') AS sku, "
        f"coalesce(p.name, '') AS name, CAST(epoch({day}) / 86400 AS BIGINT) AS day, coalesce(value, 0) AS value "
        f"FROM ({articles_sql(measure, filters)}) LEFT JOIN (SELECT sku_id, any_value(name) AS name FROM products "
        f"GROUP BY 1) p USING (sku_id) ORDER BY platform, category, sku, name"
    ).fetchnumpy()
    if len(got["day"]) == 0:
        raise refusal("forecast.nothing_sold", ["order_lines"])
    texts = [np.asarray(got[n]).astype(str) for n in ("platform", "category", "sku", "name")]
    same = np.all([t[1:] == t[:-1] for t in texts], axis=0)
    series = np.concatenate([[0], np.cumsum(~same)]).astype(np.int64)
    at = np.asarray(got["day"]).astype(np.int64)
    first, last = int(at.min()), int(at.max())
    rows, columns = int(series[-1]) + 1, last - first + 1
    values: Floats = (
        np.bincount(series * columns + at - first, np.asarray(got["value"], dtype=float), rows * columns)
        .astype(np.float64)
        .reshape(rows, columns)
    )
    sold = values > 0
    begun = np.where(sold.any(axis=1), np.argmax(sold, axis=1), columns - 1)
    values[np.arange(columns)[None, :] < begun[:, None]] = np.nan
    heads = np.concatenate([[0], np.flatnonzero(~same) + 1])
    names = [tuple(str(v) for v in t[heads]) for t in texts]
    return Bottom(dt.date(1970, 1, 1) + dt.timedelta(days=first), values, *names)


def hierarchy_of(bottom: Bottom) -> Hierarchy:
    """Total, platforms, categories, and categories within platforms."""
    both = tuple(f"{p}\x1f{c}" for p, c in zip(bottom.platform, bottom.category, strict=True))
    groups = [np.zeros(len(bottom.sku), dtype=np.int64)]
    groups += [
        np.unique(names, return_inverse=True)[1].astype(np.int64) for names in (bottom.platform, bottom.category, both)
    ]
    return Hierarchy(len(bottom.sku), tuple(groups))


def _long_enough(values: Floats, days: int) -> Floats:
    """The figures, with nothing sold as 0 also before the first sale for articles too new to be tried otherwise."""
    began = np.argmax(~np.isnan(values), axis=1)
    new = began > values.shape[1] - days - MIN_DAYS
    return np.where(new[:, None], np.nan_to_num(values), values)


def _made(shop: Shop, unit: str, kpi: str, bottom: Bottom, hierarchy: Hierarchy, parts: Blended, sums: Blended,
          days: int) -> Articles:  # fmt: skip
    """Forecasts that agree, by the way whose backtest is better, with bands of the sums over the days ahead."""
    up_tried, agreed_tried = both_ways(hierarchy, parts, sums)
    came = np.nan_to_num(parts.backtest.came)
    all_came = np.concatenate([hierarchy.sums(came), came], axis=1)
    by_level = tuple(
        zip(level_errors(hierarchy, all_came, up_tried), level_errors(hierarchy, all_came, agreed_tried), strict=True)
    )
    errors = (float(np.mean([up for up, _ in by_level])), float(np.mean([agreed for _, agreed in by_level])))
    use = errors[1] < errors[0] * _GAIN
    tried = agreed_tried if use else up_tried
    if use:
        _, agreed = reconciled(hierarchy, sums.mean, parts.mean, _variance(parts, sums))
        agreed = np.maximum(agreed, 0.0)
    else:
        agreed = parts.mean
    mean = np.vstack([hierarchy.sums(agreed), agreed]).sum(axis=1)
    whole_came, whole_tried = all_came.sum(axis=2), tried.sum(axis=2)
    away = np.abs(whole_tried - whole_came)
    expected = _bands(mean, away)
    n_sums = len(mean) - hierarchy.n_parts
    last = bottom.first_day + dt.timedelta(days=bottom.values.shape[1])
    covered = _covered(away[:, n_sums:], expected_half(away[:, n_sums:]))
    return Articles(
        kpi, unit, last, last + dt.timedelta(days=days - 1), _articles(bottom, parts, expected[n_sums:]),
        _sums(bottom, hierarchy, expected[:n_sums], days), "reconciled" if use else "bottom_up", errors, by_level,
        wape(whole_came[:, n_sums:], whole_tried[:, n_sums:]), wape(whole_came[:, 0], whole_tried[:, 0]),
        covered[0], covered[1], len(tried), shop.lake.snapshot(),
    )  # fmt: skip


def both_ways(hierarchy: Hierarchy, parts: Blended, sums: Blended) -> tuple[Floats, Floats]:
    """What bottom-up and reconciled forecasts would have said, (n_origins, n_sums + n_parts, horizon).

    The variances that weigh the reconciliation at an origin are those of the other origins' errors.
    """
    said = np.nan_to_num(parts.backtest.said)
    up = np.concatenate([hierarchy.sums(said), said], axis=1)
    agreed = np.empty_like(up)
    for i in range(len(said)):
        others = [j for j in range(len(said)) if j != i] or [i]
        both = reconciled(hierarchy, np.nan_to_num(sums.backtest.said[i]), said[i], _variance(parts, sums, others))
        fitted = np.maximum(both[1], 0.0)
        agreed[i] = np.concatenate([hierarchy.sums(fitted), fitted])
    return up, agreed


def _variance(parts: Blended, sums: Blended, origins: list[int] | None = None) -> Floats:
    """Mean squared error of each sum and part over some origins, never 0."""
    chosen = slice(None) if origins is None else origins
    found = []
    for blended in (sums, parts):
        error = (np.nan_to_num(blended.backtest.said) - np.nan_to_num(blended.backtest.came))[chosen]
        found.append((error**2).mean(axis=(0, 2)))
    variance = np.concatenate(found)
    floored: Floats = np.maximum(variance, max(float(variance.max()), 1.0) * 1e-9)
    return floored


def level_errors(hierarchy: Hierarchy, came: Floats, said: Floats) -> list[float]:
    """For each level, articles last, the share of the quantity that was in the wrong place."""
    ends = np.cumsum([*hierarchy.sizes, hierarchy.n_parts])
    starts = [0, *ends[:-1]]
    return [wape(came[:, a:b], said[:, a:b]) for a, b in zip(starts, ends, strict=True)]


def expected_half(away: Floats) -> list[Floats]:
    """Half-widths of sums over the days ahead, for each level of `LEVELS`, from errors (n_origins, n_series)."""
    return [half_widths(away[:, :, None], level)[:, 0] for level in LEVELS]


def _bands(mean: Floats, away: Floats) -> list[Expected]:
    half80, half95 = expected_half(away)
    return [
        Expected(float(m), max(float(m - a), 0.0), float(m + a), max(float(m - b), 0.0), float(m + b))
        for m, a, b in zip(mean, half80, half95, strict=True)
    ]


def _covered(away: Floats, half: list[Floats]) -> tuple[float, float]:
    """Share of actual sums inside bands made from the other origins' errors."""
    if len(away) < 3:
        return float("nan"), float("nan")
    shares = []
    for level in range(len(half)):
        inside = []
        for i in range(len(away)):
            width = expected_half(np.delete(away, i, axis=0))[level]
            inside.append(coverage(away[i], np.zeros_like(width), width))
        shares.append(float(np.mean(inside)))
    return shares[0], shares[1]


def _articles(bottom: Bottom, parts: Blended, expected: list[Expected]) -> tuple[Article, ...]:
    kinds = demand_class(bottom.values[:, -364:])
    mase = parts.backtest.mase
    made = [
        Article(p, c, s, n, kind, e, float(m) if np.isfinite(m) else None)
        for p, c, s, n, kind, e, m in zip(
            bottom.platform, bottom.category, bottom.sku, bottom.name, kinds, expected, mase, strict=True
        )
    ]
    return tuple(sorted(made, key=lambda a: (-a.expected.mean, a.platform, a.sku)))


def _sums(bottom: Bottom, hierarchy: Hierarchy, expected: list[Expected], days: int) -> tuple[Sum, ...]:
    before = hierarchy.sums(np.nan_to_num(bottom.values[:, -days:])).sum(axis=1)
    made, place = [], 0
    for level, group, size in zip(LEVELS_OF_SUMS, hierarchy.groups, hierarchy.sizes, strict=True):
        first = _first_of(group, size)
        for i in range(size):
            at = int(first[i])
            platform = bottom.platform[at] if level in ("platform", "platform_category") else ""
            category = bottom.category[at] if level in ("category", "platform_category") else ""
            made.append(Sum(level, platform, category, expected[place], float(before[place])))
            place += 1
    return tuple(made)


def _first_of(group: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """A part of each group."""
    found = np.zeros(size, dtype=np.int64)
    found[group[::-1]] = np.arange(len(group))[::-1]
    return found
