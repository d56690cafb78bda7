"""The aggregates behind an explanation: one query a fact table, all periods and all cuts in it at once.

order_lines                                   grouped by sets
day         platform  category  amount        period      platform  category   amount
2025-10-01  tmall     tea       10       →    2025-10     –         –          25      the whole
2025-10-03  jd        tea       15            2025-10     tmall     –          10      one dimension
                                              2025-10     tmall     tea        10      a leaf of the search
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from shopkeeper.core.period import Period
from shopkeeper.insight.explain.question import DIMENSIONS, Dimension
from shopkeeper.kpi.availability import Holdings
from shopkeeper.kpi.compiler import period_start
from shopkeeper.kpi.definition import SLICES, Indicator, Measure
from shopkeeper.kpi.definitions import Definitions
from shopkeeper.kpi.relation import base, carries, unbound, unique_in_shop
from shopkeeper.kpi.result import Filters
from shopkeeper.kpi.visitors import measured_by
from shopkeeper.warehouse.engines import reading
from shopkeeper.warehouse.engines.dialect import Dialect, compiled
from shopkeeper.warehouse.model import TABLES
from shopkeeper.warehouse.shop import Shop

if TYPE_CHECKING:
    import ibis.expr.types as ir

SEARCHED: tuple[Dimension, ...] = ("platform", "category", "channel", "group")
"""Dimensions whose combinations are searched; articles and branches are too many to combine."""

Keys = tuple[str | None, ...]
Sums = dict[tuple[dt.date, Keys], Decimal]


@dataclass(frozen=True)
class Side:
    """A numerator or denominator: its measures with their signs."""

    measures: tuple[tuple[int, Measure], ...]

    @property
    def facts(self) -> tuple[str, ...]:
        """The tables that it is read from."""
        return tuple(dict.fromkeys(m.fact for _, m in self.measures))

    def carried(self, wanted: Sequence[Dimension]) -> tuple[Dimension, ...]:
        """Those dimensions that every one of its tables tells."""
        return tuple(d for d in wanted if all(_tells(fact, d) for fact in self.facts))


@dataclass(frozen=True)
class Grouped:
    """Sums of one side by cut: `sums[()]` the whole, `sums[("platform",)]` one dimension, the longest cut the leaves."""

    dimensions: tuple[Dimension, ...]
    searched: tuple[Dimension, ...]
    sums: dict[tuple[Dimension, ...], Sums]
    parts: dict[tuple[dt.date, str], Decimal]
    """The whole by measure, with its sign."""

    def of(self, cut: tuple[Dimension, ...], start: dt.date) -> dict[Keys, Decimal]:
        """The sums of one cut in the period that begins on a day."""
        return {keys: value for (day, keys), value in self.sums.get(cut, {}).items() if day == start}

    def whole(self, start: dt.date) -> Decimal | None:
        """The sum of everything in a period; None without a row."""
        return self.sums.get((), {}).get((start, ()))


def sides(indicator: Indicator, definitions: Definitions, holdings: Holdings) -> tuple[Side, Side | None] | None:
    """Numerator and denominator of an indicator in this shop as measures.

    None where a part is a purchase history or a level, which rows of a table do not add up to.
    """
    if indicator.how not in ("ratio", "total", "excess_ratio", "margin"):
        return None
    parts = {"numerator": indicator.numerator, "denominator": indicator.denominator, "minus": indicator.minus}
    if any(name not in definitions.measures for names in parts.values() for name in names):
        return None
    measured = {
        side: [definitions.measures[m] for name in names for m in measured_by(indicator, name, holdings)]
        for side, names in parts.items()
    }
    minus = [(-1, m) for m in measured["minus"]]
    top = [(1, m) for m in measured["numerator"]] + (minus if indicator.minus_of == "numerator" else [])
    bottom = [(1, m) for m in measured["denominator"]] + (minus if indicator.minus_of == "denominator" else [])
    return Side(tuple(top)), Side(tuple(bottom)) if bottom else None


def grouped(shop: Shop, wanted_of: Sequence[Side], periods: Sequence[Period], wanted: Sequence[Dimension],
            filters: Filters, holdings: Holdings, definitions: Definitions) -> list[Grouped]:  # fmt: skip
    """Each side's sums in some periods of one length, whole, by each dimension, and by all searched ones together.

    One query a fact table and day axis, for all sides at once.
    """
    found = []
    for side in wanted_of:
        dimensions = side.carried(wanted)
        searched = tuple(d for d in SEARCHED if d in dimensions)
        cuts = dict.fromkeys([(), *((d,) for d in dimensions), searched])
        found.append(Grouped(dimensions, searched, {cut: {} for cut in cuts}, {}))
    every = [(i, sign, m) for i, side in enumerate(wanted_of) for sign, m in side.measures]
    with reading(shop.lake, shop.settings.engine) as engine:
        for axis in dict.fromkeys((m.fact, m.day) for _, _, m in every):
            own = tuple(one for one in every if (one[2].fact, one[2].day) == axis)
            here = {i for i, _, _ in own}
            cuts = dict.fromkeys(cut for i in sorted(here) for cut in found[i].sums)
            named = tuple(d for d in DIMENSIONS if any(d in cut for cut in cuts))
            plan = _Plan(own, named, tuple(cuts), filters, holdings, definitions)
            _add(found, plan, engine.rows(_sql(plan, periods, engine.dialect)).rows)
    return found


@dataclass(frozen=True)
class _Plan:
    """What one query reads: measures as (side, sign, measure)."""

    measures: tuple[tuple[int, int, Measure], ...]
    dimensions: tuple[Dimension, ...]
    cuts: tuple[tuple[Dimension, ...], ...]
    filters: Filters
    holdings: Holdings
    definitions: Definitions

    @property
    def fact(self) -> str:
        return self.measures[0][2].fact


def _add(found: list[Grouped], plan: _Plan, rows: list[tuple[object, ...]]) -> None:
    """Rows are (grouping, period, dimensions…, measures…); bits of `grouping` are 1 where a dimension is not grouped by."""
    width = 2 + len(plan.dimensions)
    cut_of = {_grouping(plan.dimensions, cut): cut for cut in plan.cuts}
    for row in rows:
        cut = cut_of[int(cast(int, row[0]))]
        named = dict(zip(plan.dimensions, row[2:width], strict=True))
        key = (cast(dt.date, row[1]), tuple(cast("str | None", named[d]) for d in cut))
        for (side, sign, measure), value in zip(plan.measures, row[width:], strict=True):
            sums = found[side].sums.get(cut)
            if value is not None and sums is not None:
                sums[key] = sums.get(key, Decimal(0)) + sign * Decimal(str(value))
                if not cut:
                    found[side].parts[key[0], measure.id] = sign * Decimal(str(value))


def _grouping(dimensions: tuple[Dimension, ...], cut: tuple[Dimension, ...]) -> int:
    return sum(1 << (len(dimensions) - 1 - i) for i, d in enumerate(dimensions) if d not in cut)


def _sql(plan: _Plan, periods: Sequence[Period], dialect: Dialect) -> str:
    """One statement: the fact's rows once, grouped by every cut."""
    measured = compiled(_rows(plan, periods), dialect)
    quoted = [f"dim_{d}" for d in plan.dimensions]
    sets = ", ".join("(" + ", ".join(["period", *(f"dim_{d}" for d in cut)]) + ")" for cut in plan.cuts)
    values = ", ".join(
        f"count(DISTINCT m{i}) AS v{i}" if m.kind == "distinct" else f"sum(m{i}) AS v{i}"
        for i, (_, _, m) in enumerate(plan.measures)
    )
    grouping = f"grouping({', '.join(quoted)})" if quoted else "0"
    shown = "".join(f"{name}, " for name in quoted)
    return f"SELECT {grouping} AS cut, period, {shown}{values} FROM ({measured}) AS measured GROUP BY GROUPING SETS ({sets})"


def _rows(plan: _Plan, periods: Sequence[Period]) -> ir.Table:
    """The fact's rows of the periods: (period, dim_…, m0, m1 …), each measure NULL where its condition does not hold."""
    import ibis

    measures = tuple(m for _, _, m in plan.measures)
    axis = measures[0].day
    by = tuple(s for s in SLICES if s in plan.dimensions)
    t = base(plan.fact, measures, by, plan.filters, plan.holdings.speaking_for(measures), plan.definitions.vat_share)
    spans = [(t[axis] >= ibis.literal(p.start)) & (t[axis] < ibis.literal(p.end)) for p in periods]
    t = t.filter(functools.reduce(lambda a, b: a | b, spans))
    grain = periods[0].grain
    if "group" in plan.dimensions:
        t = _with_group(t)
    columns: dict[str, ir.Value] = {"period": period_start(t[axis], grain)}
    for name in plan.dimensions:
        columns[f"dim_{name}"] = t.sku_id if name == "sku" else t[name]
    for i, m in enumerate(measures):
        value = m.of(t)
        if m.kind == "distinct" and unique_in_shop(value.get_name()):
            value = t.shop_id.cast("string") + "/" + value.cast("string")
        columns[f"m{i}"] = ibis.ifelse(m.where(t).fill_null(False), value, None) if m.where else value
    return t.select(**columns)


def _with_group(t: ir.Table) -> ir.Table:
    """Whether the line's buyer had paid on an earlier day: new, returning, or NULL for a buyer without a name."""
    import ibis

    lines = unbound("order_lines")
    lines = lines.filter(~lines.is_brushing.fill_null(False) & lines.customer_id.notnull() & lines.paid_day.notnull())
    first = lines.group_by("customer_id").aggregate(first_paid=lines.paid_day.min())
    first = first.rename(of_customer="customer_id")
    t = t.left_join(first, t.customer_id == first.of_customer)
    known = ibis.ifelse((t.first_paid < t.paid_day.fill_null(t.ordered_day)).fill_null(False), "returning", "new")
    return t.mutate(group=ibis.ifelse(t.customer_id.isnull(), None, known))


def _tells(fact: str, dimension: Dimension) -> bool:
    if dimension == "sku":
        return "sku_id" in TABLES[fact].column_names and fact != "visits"
    if dimension == "group":
        return fact == "order_lines"
    return carries(fact, dimension) and not (fact == "visits" and dimension == "category")
