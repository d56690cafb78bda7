"""What will an indicator be? Its parts forecast day by day, made into periods, tried on the past and held against the target."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from shopkeeper.core.period import Grain, Period
from shopkeeper.errors import ConfigError, NotEstimable, UsageError
from shopkeeper.insight.forecast.events import calendar_of, festivals_between
from shopkeeper.insight.forecast.parts import Past, read_past, sums_over_days
from shopkeeper.insight.forecast.paths import Said, by_days, by_value, mixed
from shopkeeper.insight.forecast.result import Chance, Forecast, Path, Point, Tried
from shopkeeper.insight.models.said import refusal, say
from shopkeeper.kpi.definition import Indicator, Slice
from shopkeeper.kpi.definitions import Definitions
from shopkeeper.kpi.matrix import data_range
from shopkeeper.kpi.own.folder import definitions_of
from shopkeeper.kpi.result import Cell, Dims, Filters, Matrix, Request
from shopkeeper.kpi.score import resolve_anchors
from shopkeeper.methods.forecast.accuracy import Floats, coverage, wape
from shopkeeper.methods.forecast.accuracy import smape as smape_of
from shopkeeper.methods.forecast.spread import spread
from shopkeeper.warehouse.shop import Shop

HORIZON: dict[Grain, int] = {"day": 28, "week": 8, "month": 3, "quarter": 2, "year": 1}
MOST: dict[Grain, int] = {"day": 180, "week": 26, "month": 12, "quarter": 4, "year": 1}
TRIALS: dict[Grain, int] = {"day": 10, "week": 10, "month": 8, "quarter": 4, "year": 3}
"""How many earlier origins a forecast is tried at."""
SEASON: dict[Grain, int] = {"day": 7, "week": 1, "month": 1, "quarter": 1, "year": 1}
_DAY_STEP = 9
"""Days between the origins of daily forecasts: not a multiple of a week, so that all weekdays are tried."""


@dataclass(frozen=True)
class Outlook:
    """The forecasts of one request, a slice each, and the festivals that lie ahead."""

    kpi: str
    grain: Grain
    forecasts: tuple[Forecast, ...]
    festivals: tuple[tuple[str, dt.date], ...]
    known_until: dt.date
    snapshot: int
    currency: str


def forecast_indicator(shop: Shop, kpi: str, *, grain: Grain = "month", horizon: int | None = None,
                       by: tuple[Slice, ...] = (), filters: Filters = ()) -> Outlook:  # fmt: skip
    """Forecast one indicator, all of it or by a dimension.

    A ratio is forecast by numerator and denominator, so it stays Σ ÷ Σ. A period that has begun keeps the days that are known.
    Totals of slices that add up are the sums of their parts (bottom-up).

    Raises:
        NotFound: no such indicator.
        UsageError: a horizon that is not 1 to `MOST`, or a dimension that the indicator is not cut by.
        NotEstimable: a history that does not carry a forecast with tried intervals.
    """
    definitions = definitions_of(shop)
    indicator = definitions.indicator(kpi)
    steps = HORIZON[grain] if horizon is None else horizon
    if not 1 <= steps <= MOST[grain]:
        raise UsageError(
            "this horizon is too short or too long", received=str(horizon), allowed=f"1 to {MOST[grain]} ({grain})"
        )
    wrong = [s for s in by if s not in indicator.slices]
    if wrong:
        raise UsageError(
            "this indicator is not cut by it", received=wrong[0], allowed=indicator.slices or "no dimension"
        )
    past = read_past(shop, indicator, grain, by, filters)
    days = read_past(shop, indicator, "day", by, filters) if grain != "day" and sums_over_days(indicator) else None
    try:
        return _outlook(shop, definitions, indicator, past, days, grain, steps, filters, by)
    except NotEstimable as error:
        if error.told is not None:
            raise
        raise refusal("forecast.too_short", [say("forecast.need_history", n=6)]) from error


def _outlook(shop: Shop, definitions: Definitions, indicator: Indicator, past: Past, days: Past | None, grain: Grain,
             steps: int, filters: Filters, by: tuple[Slice, ...]) -> Outlook:  # fmt: skip
    if days is not None and days.slices != past.slices:
        days = _aligned(days, past)
    ahead = _periods_ahead(past, days, grain, steps)
    found = []
    refusals: list[NotEstimable] = []
    said = _all_said(past, days, ahead, grain)
    if by and indicator.additive:
        past, said = _with_total(past), said.with_total()
    for row in range(len(past.slices)):
        try:
            found.append(_one(shop, definitions, indicator, past, said, row, ahead, grain, filters))
        except NotEstimable as refusal:
            refusals.append(refusal)
    if not found:
        raise refusals[0]
    days_range = data_range(shop)
    last = days_range.last_day or ahead[0].start
    coming = festivals_between(ahead[0].start, ahead[-1].last_day)
    return Outlook(
        indicator.id, grain, tuple(found), tuple((f.name, f.day) for f in coming), last, shop.lake.snapshot(), past.unit
    )


def _aligned(days: Past, past: Past) -> Past:
    """Days in the order of slices of the periods; a slice that no day has is unknown."""
    place = {dims: i for i, dims in enumerate(days.slices)}
    rows = [place.get(dims, -1) for dims in past.slices]

    def take(values: Floats) -> Floats:
        padded = np.vstack([values, np.full((1, values.shape[1]), np.nan)])
        found: Floats = padded[rows]
        return found

    bottom = None if days.bottom is None else take(days.bottom)
    return Past(past.slices, days.periods, take(days.value), take(days.top), bottom, days.less, days.unit)


def _with_total(past: Past) -> Past:
    """The slices of a sum and, last, their sum."""

    def summed(values: Floats) -> Floats:
        known = ~np.isnan(values).all(axis=0)
        total = np.where(known, np.nansum(values, axis=0), np.nan)
        return np.vstack([values, total])

    return Past((*past.slices, ()), past.periods, summed(past.value), summed(past.top), None, past.less, past.unit)


def _periods_ahead(past: Past, days: Past | None, grain: Grain, steps: int) -> list[Period]:
    """The periods to forecast: the first that is not wholly known, and those after it."""
    first = past.periods[-1].next()
    if days is not None and days.periods[-1].start >= first.start:
        first = Period.containing(days.periods[-1].start + dt.timedelta(days=1), grain)
    found = [first]
    while len(found) < steps:
        found.append(found[-1].next())
    return found


def _all_said(past: Past, days: Past | None, ahead: list[Period], grain: Grain) -> Said:
    """What each way of forecasting says, now and at earlier origins, for every slice."""
    trials = TRIALS[grain]
    if grain == "day":
        origins = [len(past.periods) - 1 - i * _DAY_STEP for i in range(trials)]
        return by_days(past, past, ahead, sorted(o for o in origins if o > 0), calendar_of, exact=True)
    value = by_value(past, ahead, trials)
    if days is None:
        return value
    try:
        return mixed(by_days(past, days, ahead, _same_place(days, ahead[0], trials), calendar_of, exact=False), value)
    except NotEstimable:
        return value


def _same_place(days: Past, first: Period, trials: int) -> list[int]:
    """Origins as deep in earlier periods as the data are in the first period ahead, in days from the first known one."""
    deep = (days.periods[-1].start - first.start).days + 1
    found = []
    period = first
    for _ in range(trials):
        period = period.previous()
        origin = (period.start - days.first_day).days + min(deep, period.days - 1)
        if origin > 0:
            found.append(origin)
    return sorted(found)


def _one(shop: Shop, definitions: Definitions, indicator: Indicator, past: Past, said: Said, row: int,
         ahead: list[Period], grain: Grain, filters: Filters) -> Forecast:  # fmt: skip
    """The forecast of one slice, with bands from its own earlier errors."""
    values = said.now[row]
    if np.isnan(values).any():
        raise NotEstimable("the history is too short for a forecast", ["more periods in which it is known"])
    relative = indicator.unit != "share" and float(np.nanmin(past.value[row])) >= 0
    errors = said.tried[:, row] - said.came[:, row]
    # against the mean of both: a small forecast of a large figure is not infinitely wrong
    size = (np.abs(said.tried[:, row]) + np.abs(said.came[:, row])) / 2
    base = np.maximum(size, 1e-12) if relative else 1.0
    rising, smooth = (0, 7) if grain == "day" else (1, 1)
    off = spread(errors / base, rising_from=rising, smooth=smooth)
    scale = np.abs(values) if relative else np.ones(len(values))
    low_limit = 0.0 if float(np.nanmin(past.value[row])) >= 0 else -np.inf
    high_limit = 1.0 if indicator.unit == "share" and float(np.nanmax(past.value[row])) <= 1 else np.inf
    half80, half95 = off.half(0.80) * scale, off.half(0.95) * scale
    points = tuple(
        Point(
            p, float(np.clip(m, low_limit, high_limit)), float(max(m - a, low_limit)), float(min(m + a, high_limit)),
            float(max(m - b, low_limit)), float(min(m + b, high_limit)), begun=said.begun and i == 0,
        )
        for i, (p, m, a, b) in enumerate(zip(ahead, values, half80, half95, strict=True))
    )  # fmt: skip
    dims = past.slices[row]
    target = target_of(shop, definitions, indicator, ahead[0], dims, filters, past.unit)
    probability = None
    if target is not None and indicator.direction:
        scaled = float(scale[0]) or 1.0
        probability = off.chance(values[0] / scaled, target / scaled, 0, indicator.direction)
    path: Path = "parts" if past.bottom is not None else "value"
    return Forecast(
        indicator.id, dims, past.unit, grain, said.known_until,
        tuple(zip(past.periods, _or_none(past.value[row]), strict=True)), points,
        Chance(ahead[0], target, probability), path, said.members_of(row), _tried(said, past, row, errors, base, grain),
        _unseen(past, ahead),
    )  # fmt: skip


def _or_none(values: Floats) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(v) else float(v) for v in values)


def _tried(said: Said, past: Past, row: int, errors: Floats, base: Floats | float, grain: Grain) -> Tried:
    """Figures of the backtest; coverage of each origin by the spread of the others."""
    came, tried = said.came[:, row], said.tried[:, row]
    season = SEASON[grain]
    history = past.value[row]
    scale = float(np.nanmean(np.abs(history[season:] - history[:-season]))) if len(history) > season else float("nan")
    naive = said.naive[:, row]
    covered = {}
    for level in (0.80, 0.95):
        inside = []
        for i in range(len(errors)):
            others = np.delete(errors / base, i, axis=0)
            try:
                half = spread(others, rising_from=0 if grain == "day" else 1, smooth=7 if grain == "day" else 1).half(
                    level
                )
            except NotEstimable:
                continue
            wide = half * (np.abs(tried[i]) if isinstance(base, np.ndarray) else 1.0)
            inside.append(coverage(came[i], tried[i] - wide, tried[i] + wide))
        covered[level] = float(np.nanmean(inside)) if inside else float("nan")
    known = len([1 for i in range(len(came)) if not np.isnan(came[i]).all()])
    return Tried(
        known, _finite(float(np.nanmean(np.abs(errors))) / scale if scale else float("nan")),
        _finite(float(np.nanmean(np.abs(naive - came))) / scale if scale else float("nan")),
        _finite(float(np.nanmean(smape_of(came, tried)))), _finite(wape(came, tried)), _finite(covered[0.80]),
        _finite(covered[0.95]), season,
    )  # fmt: skip


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _unseen(past: Past, ahead: list[Period]) -> tuple[str, ...]:
    """Festivals ahead of which the history has not seen the same one: their effect is not known."""
    seen = {
        f.name
        for f in festivals_between(past.periods[0].start, past.periods[-1].last_day)
        if f.day <= past.periods[-1].last_day
    }
    coming = festivals_between(ahead[0].start, ahead[-1].last_day)
    return tuple(dict.fromkeys(f.name for f in coming if f.name not in seen))


def target_of(shop: Shop, definitions: Definitions, indicator: Indicator, period: Period, dims: Dims, filters: Filters,
              unit: str) -> float | None:  # fmt: skip
    """The target that holds for a period, as a number; None without one."""
    request = Request(period.grain, None, None, tuple(name for name, _ in dims), (indicator.id,), filters)
    days = data_range(shop)
    matrix = Matrix(request, (), (), shop.lake.snapshot(), days.first_day, days.last_day, unit)
    cell = Cell(indicator.id, period, dims, None, unit, None, None, "partial")
    try:
        anchors = resolve_anchors(shop, indicator, matrix, cell)
    except ConfigError:
        return None
    return None if anchors is None else anchors.target
