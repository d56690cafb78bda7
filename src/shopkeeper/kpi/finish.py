"""From sums and counts to values: Σ ÷ Σ in exact arithmetic, medians, Kaplan–Meier shares, and every reason for "–"."""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from shopkeeper.core.period import Period
from shopkeeper.errors import NotEstimable
from shopkeeper.kpi.availability import SPOKEN, Holdings
from shopkeeper.kpi.both_sides import rule_of
from shopkeeper.kpi.coverage import Coverage
from shopkeeper.kpi.definition import Indicator, Slice
from shopkeeper.kpi.definitions import BUILT_IN, Definitions
from shopkeeper.kpi.profits import UNITS
from shopkeeper.kpi.result import Cell, Dims, Filters, Status, Value
from shopkeeper.kpi.visitors import daily_measure, measured_by, of_visitors, visitors_gap
from shopkeeper.methods.survival import SurvivalCurve, kaplan_meier, weighted_median

Key = tuple[dt.date, Dims]
_COHORT_SEEN = Decimal("0.9")
_CENT_SHARE = Decimal("0.0001")


@dataclass(frozen=True)
class Spells:
    """Grouped spells of one cell: lengths, whether completed, how many."""

    duration_days: NDArray[np.int64]
    happened: NDArray[np.bool_]
    count: NDArray[np.int64]


@dataclass
class Fetched:
    """Everything the queries brought, by measure and cell."""

    totals: dict[str, dict[Key, Value]] = field(default_factory=dict)
    spells: dict[Key, Spells] = field(default_factory=dict)
    coverage: Coverage | None = None
    slices: dict[Dims, None] = field(default_factory=dict)

    def total(self, measure: str, key: Key) -> Value:
        """The sum or count of a measure in a cell; None when nothing was there."""
        return self.totals.get(measure, {}).get(key)


@dataclass(frozen=True)
class _Known:
    """Why an indicator has no value in any cell, whether it counts visitors or is of single days, and each part's measures."""

    missing: tuple[str, ...]
    status: Status
    of_visitors: bool
    daily: bool
    daily_visitors: str
    measures: dict[str, tuple[str, ...]]


def too_short(indicator: Indicator, period: Period, first: dt.date, last: dt.date) -> str | None:
    """What a period lacks in days: of data before it, or after it to follow its buyers; nothing when there are enough."""
    since = period.start if indicator.history_from == "start" else min(period.last_day, last) + dt.timedelta(days=1)
    short = (first - (since - dt.timedelta(days=indicator.history_days))).days
    if indicator.history_days and short > 0:
        return f"history:{short}"
    ahead = (period.last_day - last).days + indicator.horizon_days
    if "realised" in indicator.numerator and ahead > 0:
        return f"follow_up:{ahead}"
    return None


@dataclass(frozen=True)
class Finisher:
    """Turns fetched figures into cells for one request."""

    fetched: Fetched
    holdings: Holdings
    currency: str
    by: tuple[Slice, ...]
    filters: Filters
    definitions: Definitions = BUILT_IN

    def cell(self, indicator: Indicator, period: Period, dims: Dims) -> Cell:
        """One cell, with its value or the reason for having none."""
        missing, status = self._lacking(indicator, period)
        key = (period.start, dims)
        if not missing and self._known(indicator).of_visitors:
            daily = (
                self.fetched.total(self._known(indicator).daily_visitors, key),
                self.fetched.total("visits_without_sessions", key),
            )
            missing, status = visitors_gap(indicator, period.grain, daily, self._twice(dims)), "missing"
        if missing:
            return self._cell(indicator, period, dims, (None, None, None), status, missing)
        if indicator.how in ("median_gap", "km_share"):
            values, missing = self._from_spells(indicator, key)
        elif indicator.id == "D3":
            values, missing = self._coverage(period, dims), ()
        else:
            values, missing = self._quotient(indicator, period, dims)
        if values[0] is None:
            return self._cell(indicator, period, dims, values, "missing", self._untold(indicator, dims, missing))
        return self._cell(indicator, period, dims, values, self._maturity(indicator, period), ())

    def _known(self, indicator: Indicator) -> _Known:
        """What of an indicator is the same in all its cells."""
        kept = self._kept.get(indicator.id)
        if kept is None:
            parts = indicator.numerator + indicator.denominator + indicator.minus
            measures = {part: measured_by(indicator, part, self.holdings) for part in parts}
            own = self.definitions.measures
            daily = any(own[part].over_time == "daily" for part in parts if part in own)
            kept = self._kept[indicator.id] = _Known(
                *self._never(indicator),
                of_visitors(indicator),
                daily,
                daily_measure(indicator, self.holdings),
                measures,
            )
        return kept

    @functools.cached_property
    def _kept(self) -> dict[str, _Known]:
        return {}

    def _never(self, indicator: Indicator) -> tuple[tuple[str, ...], Status]:
        """Why no period has a value."""
        named = dict.fromkeys((*self.by, *(name for name, _ in self.filters)))
        if any(slice_ not in indicator.slices for slice_ in named):
            return tuple(f"no_slice:{s}" for s in named if s not in indicator.slices), "not_sliceable"
        lacks = self.holdings.lacks(indicator.needs)
        if lacks:
            return lacks, "missing"
        currencies = self._currencies
        if len(currencies) > 1 and "shop" not in self.by and self._of_money(indicator):
            return (f"currency:{'/'.join(currencies)}",), "missing"
        return (), "ok"

    def _lacking(self, indicator: Indicator, period: Period) -> tuple[tuple[str, ...], Status]:
        """Why no slice of a period has a value; worked out once for all of them."""
        key = indicator.id, period.start
        if key not in self._lacks:
            self._lacks[key] = self._lacking_of(indicator, period)
        return self._lacks[key]

    @functools.cached_property
    def _lacks(self) -> dict[tuple[str, dt.date], tuple[tuple[str, ...], Status]]:
        return {}

    def _lacking_of(self, indicator: Indicator, period: Period) -> tuple[tuple[str, ...], Status]:
        known = self._known(indicator)
        if known.missing:
            return known.missing, known.status
        if known.daily and period.grain != "day":
            return ("daily_only",), "missing"
        first, last = self.holdings.first_day, self.holdings.last_day
        if first is None or last is None:
            return ("order_lines",), "missing"
        short = too_short(indicator, period, first, last)
        if short:
            return (short,), "missing"
        if "previous_buyers" in indicator.denominator and period.previous().start < first:
            return ("previous",), "missing"
        return (), "ok"

    @functools.cached_property
    def _currencies(self) -> tuple[str, ...]:
        """Currencies of the shops that the request lets through."""
        asked = dict(self.filters).get("shop")
        found = self.holdings.currency_of
        return tuple(sorted({c for shop, c in found.items() if asked is None or shop in asked}))

    def _untold(self, indicator: Indicator, dims: Dims, missing: tuple[str, ...]) -> tuple[str, ...]:
        """Why a slice has no value: a side that none of its shops tells goes before a part that is empty."""
        rule = rule_of(indicator)
        if rule is not None and missing in ((), ("empty",)):
            silent = [f for f in rule.flags if not self._of_slice(dims, self.holdings.speaking.get(f, frozenset()))]
            return tuple(SPOKEN[flag][0] for flag in silent) or ("empty",)
        return missing or ("empty",)

    def _of_slice(self, dims: Dims, these: frozenset[str]) -> tuple[str, ...]:
        """Those of some shops that are of a slice."""
        named = [(name, (value,)) for name, value in dims] + list(self.filters)
        shops, platforms = ([set(v) for n, v in named if n == name] for name in ("shop", "platform"))
        return tuple(
            shop for shop in sorted(these)
            if all(shop in s for s in shops) and all(self.holdings.platform_of.get(shop) in p for p in platforms)
        )  # fmt: skip

    def _twice(self, dims: Dims) -> tuple[str, ...]:
        """Shops of a slice whose visitors are told both by session and by day."""
        return self._of_slice(dims, self.holdings.telling.twice)

    def _of_money(self, indicator: Indicator) -> bool:
        """Whether any part is an amount, even when the value is a share."""
        measures = self.definitions.measures
        return any(measures[part].unit == "money" for part in self._parts(indicator) if part in measures)

    @staticmethod
    def _parts(indicator: Indicator) -> tuple[str, ...]:
        return indicator.numerator + indicator.denominator + indicator.minus

    def _maturity(self, indicator: Indicator, period: Period) -> Status:
        key = indicator.id, period.start
        if key not in self._maturities:
            self._maturities[key] = self._maturity_of(indicator, period)
        return self._maturities[key]

    @functools.cached_property
    def _maturities(self) -> dict[tuple[str, dt.date], Status]:
        return {}

    def _maturity_of(self, indicator: Indicator, period: Period) -> Status:
        first, last = self.holdings.first_day, self.holdings.last_day
        assert first is not None
        assert last is not None
        if period.last_day > last or (period.start < first and period.end > first):
            return "partial"
        ripe_after = max(indicator.horizon_days, indicator.mature_days)
        if indicator.how == "median_gap":
            ripe_after = max(ripe_after, 90)
        return "immature" if period.last_day + dt.timedelta(days=ripe_after) > last else "ok"

    def _quotient(
        self, indicator: Indicator, period: Period, dims: Dims
    ) -> tuple[tuple[Value, Value, Value], tuple[str, ...]]:
        top = self._sum(indicator, indicator.numerator, period, dims)
        if top == 0 and indicator.numerator == ("buyers",):
            return (None, None, None), ("order_lines.customer_id",)  # lines were paid here, and none names its buyer
        unknown = self._uncosted(indicator, (period.start, dims))
        if unknown:
            return (None, None, None), unknown
        taken = self._sum(indicator, indicator.minus, period, dims) if indicator.minus else 0
        if top is None and "selling_cost" in indicator.minus:
            top = 0  # nothing was sold or given back; the fees are told
        if "realised" in indicator.numerator and top is not None:
            top = _exact(top) / UNITS
        if indicator.how == "total":
            value = None if top is None else _exact(top) - _exact(taken or 0)
            return (_typed(value, indicator), None, None), ()
        bottom = self._sum(indicator, indicator.denominator, period, dims)
        if indicator.denominator[0].startswith("cohort_") and not self._cohort_seen(bottom, period, dims):
            assert self.holdings.last_day is not None
            ahead = period.last_day + dt.timedelta(days=indicator.horizon_days) - self.holdings.last_day
            return (None, top, bottom), (f"follow_up:{ahead.days}",)
        if indicator.how == "turnover":
            return self._turnover(top, bottom, taken, period)
        if indicator.how == "margin" and top is not None:
            top = _exact(top) - _exact(taken or 0)
        elif bottom is not None and indicator.minus:
            bottom = _exact(bottom) - _exact(taken or 0)
        begun = self.holdings.last_day is not None and period.start <= self.holdings.last_day
        if top is None and bottom is not None and begun and _nothing_is_zero(indicator, self.definitions):
            top = 0
        if bottom is None or top is None or not bottom:
            return (None, top, bottom), ("empty",)
        quotient = _exact(top) / _exact(bottom)
        if indicator.how == "excess_ratio":
            quotient -= 1
        if indicator.unit in ("money", "visitors_per_money"):
            return (quotient.quantize(_CENT_SHARE), top, bottom), ()
        return (float(quotient), top, bottom), ()

    def _uncosted(self, indicator: Indicator, key: Key) -> tuple[str, ...]:
        """What a cell's margin lacks: the cost of every line that was paid, a refund's article, or what selling cost."""
        found = self.fetched
        unpaid, uncosted = not found.total("lines_to_cost", key), not found.total("lines_costed", key)
        if "goods_net" in indicator.numerator and uncosted and not unpaid:
            return ("sku_costs.unit_cost",)
        if "realised" in indicator.numerator and not found.total("realised_costed", key):
            return ("sku_costs.unit_cost",) if found.total("new_buyers", key) else ("empty",)
        if "refund_net" in indicator.minus and found.total("refunds_of_no_article", key):
            return ("refunds.sku_id",)
        if "selling_cost" in indicator.minus and not found.total("selling_costs_told", key):
            return ("ledger_entries.fees",)
        return ()

    def _cohort_seen(self, observed: Value, period: Period, dims: Dims) -> bool:
        """Whether nearly the whole cohort was followed: the first days' buyers alone are the eager ones, not a sample."""
        everyone = self.fetched.total("openings", (period.start, dims))
        return not everyone or _exact(observed or 0) >= _COHORT_SEEN * _exact(everyone)

    def _turnover(
        self, sold: Value, stock: Value, days: Value, period: Period
    ) -> tuple[tuple[Value, Value, Value], tuple[str, ...]]:
        """Cost of goods sold scaled to a year ÷ mean daily stock value; levels are averaged over days, never summed."""
        if sold is None or not stock or not days:
            return (None, None, None), ("empty",)
        first, last = self.holdings.first_day, self.holdings.last_day
        assert first is not None
        assert last is not None
        observed = (min(period.last_day, last) - max(period.start, first)).days + 1
        yearly = (abs(_exact(sold)) * 365 / observed).quantize(_CENT_SHARE)
        average = (_exact(stock) / _exact(days)).quantize(_CENT_SHARE)
        return (float(yearly / average), yearly, average), ()

    def _sum(self, indicator: Indicator, names: tuple[str, ...], period: Period, dims: Dims) -> Value:
        found: list[Value] = []
        for name in names:
            if name == "previous_buyers":
                found.append(self.fetched.total("buyers", (period.previous().start, dims)))
                continue
            for measure in self._known(indicator).measures[name]:
                found.append(self.fetched.total(measure, (period.start, dims)))
        present = [_exact(v) for v in found if v is not None]
        if not present:
            return None
        total = sum(present, Decimal(0))
        return int(total) if all(isinstance(v, int) for v in found if v is not None) else total

    def _from_spells(self, indicator: Indicator, key: Key) -> tuple[tuple[Value, Value, Value], tuple[str, ...]]:
        spells = self.fetched.spells.get(key)
        if spells is None:
            return (None, None, None), ("empty",)
        completed = int(spells.count[spells.happened].sum())
        of = int(spells.count.sum())
        try:
            if indicator.how == "median_gap":
                value = weighted_median(spells.duration_days[spells.happened], spells.count[spells.happened])
            else:
                value = self._curve(key, spells).share_by(indicator.horizon_days)
        except NotEstimable:
            longest = int(spells.duration_days.max())
            return (None, completed, of), (f"follow_up:{max(indicator.horizon_days - longest, 0)}",)
        return (value, completed, of), ()

    def _curve(self, key: Key, spells: Spells) -> SurvivalCurve:
        """The curve that all horizons of a cell are read from."""
        if key not in self._curves:
            self._curves[key] = kaplan_meier(spells.duration_days, spells.happened, spells.count)
        return self._curves[key]

    @functools.cached_property
    def _curves(self) -> dict[Key, SurvivalCurve]:
        return {}

    def _coverage(self, period: Period, dims: Dims) -> tuple[Value, Value, Value]:
        coverage, first, last = self.fetched.coverage, self.holdings.first_day, self.holdings.last_day
        assert coverage is not None
        assert first is not None
        assert last is not None
        wanted = dict(dims).get("platform")
        asked = dict(self.filters).get("platform")
        platforms = [p for p in coverage.platforms if (not dims or p == wanted) and (asked is None or p in asked)]
        days = (min(period.last_day, last) - max(period.start, first)).days + 1
        fresh = sum(coverage.fresh.get((period.start, p), 0) for p in platforms)
        required = len(coverage.required_tables) * len(platforms) * days
        return (fresh / required, fresh, required) if required > 0 else (None, fresh, required)

    def _cell(self, indicator: Indicator, period: Period, dims: Dims, values: tuple[Value, Value, Value], status: Status,
              missing: tuple[str, ...]) -> Cell:  # fmt: skip
        unit: str = indicator.unit
        shop = dict(dims).get("shop") if "shop" in self.by else None
        currency = self.holdings.currency_of.get(shop, self.currency) if shop else self.currency
        if indicator.unit == "money":
            unit = currency
        elif indicator.unit == "visitors_per_money":
            unit = f"visitors/{currency}"
        value, top, bottom = values[0], _money_like(values[1]), _money_like(values[2])
        return Cell(indicator.id, period, dims, value, unit, top, bottom, status, missing)


def _nothing_is_zero(indicator: Indicator, definitions: Definitions) -> bool:
    """Whether a numerator without a row is 0.

    A shop that records refunds had none, a day of quarantined rows passed no check, and no buyer came back.
    """
    facts = {definitions.measures[n].fact for n in indicator.numerator if n in definitions.measures}
    return facts <= {"refunds"} or "checks_run_quarantined" in indicator.denominator


def _exact(value: Value) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _typed(value: Decimal | None, indicator: Indicator) -> Value:
    if value is None:
        return None
    return int(value) if indicator.unit == "count" else _money_like(value)


def _money_like(value: Value) -> Value:
    """Drop the storage zeros beyond two decimals, never a digit that says something."""
    if not isinstance(value, Decimal):
        return value
    two = value.quantize(Decimal("0.01"))
    return two if two == value else value.normalize()
