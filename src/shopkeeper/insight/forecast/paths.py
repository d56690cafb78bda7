"""Two ways to a period's figure: through the days of its parts, and from its own past values; mixed by their errors."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from shopkeeper.core.period import Period
from shopkeeper.errors import NotEstimable
from shopkeeper.insight.forecast.parts import Past
from shopkeeper.methods.forecast.accuracy import Floats, divided, mean_known
from shopkeeper.methods.forecast.daily import Calendar, forecast_daily

_RATIOS = 6
"""Over how many of the last whole periods it is taken how days add up to a period."""


@dataclass(frozen=True)
class Said:
    """What a way of forecasting says of every slice: `now` (n_slices, n_steps), and at earlier origins `tried` and what `came`.

    The latter have shape (n_origins, n_slices, n_steps); `naive` says "as in the season before". `shares` are the members of
    the blend by slice. `begun`: some days of the first period ahead are known and are in it.
    """

    now: Floats
    tried: Floats
    came: Floats
    naive: Floats
    shares: tuple[dict[str, float], ...]
    known_until: dt.date
    begun: bool

    def members_of(self, row: int) -> tuple[tuple[str, float], ...]:
        """The members of a slice's blend and their shares, largest first."""
        return tuple(sorted(((k, v) for k, v in self.shares[row].items() if v >= 0.005), key=lambda kv: -kv[1]))

    def with_total(self) -> Said:
        """The same and, last, the sum of all slices: what the parts say is what the whole says."""

        def summed(values: Floats) -> Floats:
            known = ~np.isnan(values).all(axis=-2, keepdims=True)
            total = np.where(known, np.nansum(values, axis=-2, keepdims=True), np.nan)
            return np.concatenate([values, total], axis=-2)

        shares = (*self.shares, {"bottom_up": 1.0})
        parts = (summed(self.now), summed(self.tried), summed(self.came), summed(self.naive))
        return Said(*parts, shares, self.known_until, self.begun)


# --- through the days -------------------------------------------------------------------------------------------------


def by_days(past: Past, days: Past, ahead: list[Period], origins: list[int],
            calendar: Callable[[dt.date, int], Calendar], *, exact: bool) -> Said:  # fmt: skip
    """Forecast numerator and denominator of every day, and add the days up to periods.

    What is counted once a period (buyers) is less than the sum of its days: the sum is multiplied by how much less it was in
    the last whole periods. `exact`: periods are days, and nothing has to be added up.

    Raises NotEstimable for a history of days too short to try a forecast on.
    """
    rows = len(days.slices)
    stacked = days.top if days.bottom is None else np.vstack([days.top, days.bottom])
    known = stacked.shape[1]
    first_day = days.first_day
    reach = (ahead[-1].end - first_day).days - known
    longest = max([reach, *((_target_end(first_day, o, ahead, days) - first_day).days - o for o in origins)])
    usable = tuple(o for o in origins if o >= 56)
    if len(usable) < 3:
        raise NotEstimable(
            "too few earlier origins in the history of days", ["some months of days in which it is known"]
        )
    able = ~np.isnan(mean_known(stacked[:, : usable[0]]))
    quiet = np.where(able[:, None], stacked, 0.0)
    blended = forecast_daily(quiet, longest, calendar=calendar(first_day, known + longest), origins=usable)
    now = _periods_of(past, days, stacked, blended.mean, known, ahead, exact=exact)
    tried, came, naive = [], [], []
    for i, origin in enumerate(usable):
        targets = _targets(first_day, origin, ahead, days)
        said = _periods_of(past, days, stacked[:, :origin], blended.backtest.said[i], origin, targets, exact=exact)
        tried.append(np.where(able[:rows, None], said, np.nan))
        came.append(_what_came(past, targets))
        naive.append(_naive(past, targets, first_day + dt.timedelta(days=origin)))
    shares = tuple(
        {name: float(blended.weights[m, row]) for m, name in enumerate(blended.members)} for row in range(rows)
    )
    begun = ahead[0].start < first_day + dt.timedelta(days=known)
    silent = np.where(able[:rows, None], now, np.nan)
    return Said(silent, np.stack(tried), np.stack(came), np.stack(naive), shares, days.periods[-1].start, begun)


def _targets(first_day: dt.date, origin: int, ahead: list[Period], days: Past) -> list[Period]:
    """The periods that an earlier origin was to forecast: the one that holds its next day, and those after."""
    start = Period.containing(first_day + dt.timedelta(days=origin), ahead[0].grain)
    found = [start]
    while len(found) < len(ahead):
        found.append(found[-1].next())
    return found


def _target_end(first_day: dt.date, origin: int, ahead: list[Period], days: Past) -> dt.date:
    return _targets(first_day, origin, ahead, days)[-1].end


def _periods_of(past: Past, days: Past, known: Floats, said: Floats, origin: int, targets: list[Period], *,
                exact: bool) -> Floats:  # fmt: skip
    """Values of periods from known and forecast days, shape (n_slices, n_periods)."""
    rows = len(days.slices)
    line = np.hstack([known, said])
    at = [((p.start - days.first_day).days, (p.end - days.first_day).days) for p in targets]
    sums = np.stack([np.nansum(line[:, max(a, 0) : b], axis=1) for a, b in at], axis=1)
    if not exact:
        sums = sums * _per_sum(past, days, known, origin)[:, None]
    if days.bottom is None:
        return sums
    top, bottom = sums[:rows], sums[rows:]
    return divided(top, bottom, np.nan) - days.less


def _per_sum(past: Past, days: Past, known: Floats, origin: int) -> Floats:
    """Figure of a period ÷ sum of its days, for each part: the mean over the last whole periods before an origin."""
    cut = days.first_day + dt.timedelta(days=origin)
    whole = [i for i, p in enumerate(past.periods) if p.end <= cut and p.start >= days.first_day][-_RATIOS:]
    parts = past.top if past.bottom is None else np.vstack([past.top, past.bottom])
    if not whole:
        return np.ones(len(parts))
    spans = [
        ((past.periods[i].start - days.first_day).days, (past.periods[i].end - days.first_day).days) for i in whole
    ]
    sums = np.stack([np.nansum(known[:, a:b], axis=1) for a, b in spans], axis=1)
    figure = parts[:, whole]
    ok = ~np.isnan(figure) & (sums != 0)
    top, bottom = np.where(ok, figure, 0.0).sum(axis=1), np.where(ok, sums, 0.0).sum(axis=1)
    return divided(top, bottom, 1.0)


def _what_came(past: Past, targets: list[Period]) -> Floats:
    place = {p: i for i, p in enumerate(past.periods)}
    out = np.full((len(past.slices), len(targets)), np.nan)
    for step, period in enumerate(targets):
        if period in place:
            out[:, step] = past.value[:, place[period]]
    return out


def _naive(past: Past, targets: list[Period], cut: dt.date) -> Floats:
    """As in the season before: the same weekday of the last week for days, else the last whole period."""
    whole = [i for i, p in enumerate(past.periods) if p.end <= cut]
    out = np.full((len(past.slices), len(targets)), np.nan)
    season = 7 if targets[0].grain == "day" else 1
    if len(whole) >= season:
        for step in range(len(targets)):
            out[:, step] = past.value[:, whole[-season + step % season]]
    return out


# --- from its own values ----------------------------------------------------------------------------------------------


def by_value(past: Past, ahead: list[Period], trials: int) -> Said:
    """Forecast the values of periods as they stand: the last one, the mean of four, smoothed, and that of a year before.

    Meant for figures that days do not add up to, and as a second opinion on the others.
    Raises NotEstimable with fewer than six whole periods.
    """
    count, steps = len(past.periods), len(ahead)
    if count < 6:
        raise NotEstimable("too few whole periods", [f"6 whole periods; there are {count}"])
    gap = 0
    period = past.periods[-1].next()
    while period < ahead[0]:
        gap, period = gap + 1, period.next()
    origins = [o for o in range(count - trials, count) if o >= 4]
    a_year = {"week": 52, "month": 12, "quarter": 4}.get(past.periods[0].grain, 0)
    members = {
        "last": np.stack([_last(past.value[:, :o], steps) for o in (*origins, count)]),
        "mean_4": np.stack([_mean(past.value[:, :o], steps) for o in (*origins, count)]),
        "smoothed": np.stack([_smoothed(past.value[:, :o], steps) for o in (*origins, count)]),
    }
    if a_year and count > a_year + 3:
        members["year_before"] = np.stack(
            [_year_before(past.value[:, :o], steps, gap, a_year) for o in (*origins, count)]
        )
    came = np.full((len(origins), len(past.slices), steps), np.nan)
    for i, o in enumerate(origins):
        wanted = past.value[:, o + gap : o + gap + steps]
        came[i, :, : wanted.shape[1]] = wanted
    return _blended(members, came, members["last"][:-1], past)


def _last(values: Floats, steps: int) -> Floats:
    return np.repeat(values[:, -1:], steps, axis=1)


def _mean(values: Floats, steps: int) -> Floats:
    return np.repeat(mean_known(values[:, -4:])[:, None], steps, axis=1)


def _smoothed(values: Floats, steps: int, speed: float = 0.35) -> Floats:
    age = np.arange(values.shape[1])[::-1]
    weight = np.where(np.isnan(values), 0.0, (1 - speed) ** age)
    total = weight.sum(axis=1)
    level = divided((np.nan_to_num(values) * weight).sum(axis=1), total, np.nan)
    return np.repeat(level[:, None], steps, axis=1)


def _year_before(values: Floats, steps: int, gap: int, year: int) -> Floats:
    count = values.shape[1]
    at = np.array([count + gap + s - year for s in range(steps)])
    found = np.full((len(values), steps), np.nan)
    inside = (at >= 0) & (at < count)
    found[:, inside] = values[:, at[inside]]
    return found


def _blended(members: dict[str, Floats], came: Floats, naive: Floats, past: Past) -> Said:
    """Members weighted by inverse square of their errors; at each origin by the errors of the others."""
    names = tuple(members)
    said = np.stack([members[n] for n in names])
    error = np.stack([np.abs(m[:-1] - came) for m in said])
    rows = len(past.slices)
    tried = np.stack([
        _weighted(said[:, i], _mean_error(np.delete(error, i, axis=1))) for i in range(len(came))
    ]) if len(came) else np.zeros((0, rows, came.shape[2]))  # fmt: skip
    last = _mean_error(error)
    weights = _shares(last)
    shares = tuple({n: float(weights[m, row]) for m, n in enumerate(names)} for row in range(rows))
    return Said(_weighted(said[:, -1], last), tried, came, naive, shares, past.periods[-1].last_day, False)


def _mean_error(error: Floats) -> Floats:
    """Mean error of each member and slice, (n_members, n_slices)."""
    return np.stack([mean_known(np.moveaxis(e, 1, 0).reshape(e.shape[1], -1)) for e in error])


def _shares(error: Floats) -> Floats:
    """Shares of the members by inverse square of the error; a member never held against what came has none."""
    known = np.where(np.isnan(error), np.inf, np.maximum(error, 1e-12))
    least = known.min(axis=0)
    raw = np.where(np.isinf(known), 0.0, (np.where(np.isinf(least), 1.0, least) / known) ** 2)
    total = raw.sum(axis=0)
    return divided(raw, np.broadcast_to(total, raw.shape))


def _weighted(said: Floats, error: Floats) -> Floats:
    """Mix (n_members, n_slices, n_steps) by errors (n_members, n_slices)."""
    share = np.where(np.isnan(said), 0.0, _shares(error)[:, :, None])
    total = share.sum(axis=0)
    return divided((np.nan_to_num(said) * share).sum(axis=0), total, np.nan)


# --- both -------------------------------------------------------------------------------------------------------------


def mixed(days: Said, value: Said) -> Said:
    """Both ways, weighted by their errors where both were tried: the last origins of each, aligned at the newest.

    A period that has begun is left to the way through the days, which alone knows some of them.
    """
    n = min(len(days.tried), len(value.tried))
    if n < 3:
        return days
    a, b = days.tried[-n:], value.tried[-n:]
    came = days.came[-n:]
    errors = np.stack([np.abs(a - came), np.abs(b - came)])
    by_step = np.stack([mean_known(np.moveaxis(e, 0, 2)) for e in errors])
    share = _shares(by_step.reshape(2, -1)).reshape(by_step.shape)
    share = np.where(np.isnan(np.stack([days.now, value.now])), 0.0, share)
    share = divided(share, share.sum(axis=0), np.nan)
    if days.begun:  # its known days are in the forecast as they are; the other way does not know them
        share[0, :, 0], share[1, :, 0] = 1.0, 0.0
    now = np.nansum(np.stack([days.now, value.now]) * share, axis=0)
    tried = np.nansum(np.stack([a, b]) * share[:, None], axis=0)
    first = share[0].mean(axis=1)
    shares = tuple(
        {
            k: v * float(part)
            for said, part in ((days, first[r]), (value, 1 - first[r]))
            for k, v in said.shares[r].items()
        }
        for r in range(len(days.shares))
    )
    return Said(now, tried, came, days.naive[-n:], shares, days.known_until, days.begun)
