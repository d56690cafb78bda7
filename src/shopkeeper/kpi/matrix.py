"""The KPI matrix: a request merged into one scan a fact table, finished, and kept for the snapshot it was computed on."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from shopkeeper.core.period import Grain, Period, periods_between
from shopkeeper.errors import KpiDefinitionError, UsageError
from shopkeeper.kpi import compiler, history
from shopkeeper.kpi.availability import Holdings, Linked, read_holdings
from shopkeeper.kpi.compiler import FactPlan
from shopkeeper.kpi.coverage import Coverage, checked_tables, read_coverage
from shopkeeper.kpi.definition import Indicator, ShopFlag, Slice
from shopkeeper.kpi.definitions import BUILT_IN, Definitions
from shopkeeper.kpi.finish import Fetched, Finisher, Spells, too_short
from shopkeeper.kpi.own.folder import definitions_of, settled
from shopkeeper.kpi.profits import profits_sql
from shopkeeper.kpi.relation import BUYER, carries
from shopkeeper.kpi.result import Dims, Matrix, Remark, Request, Statement
from shopkeeper.kpi.rollup.answer import cut_of, fill, has_measure
from shopkeeper.kpi.rollup.holdings import kept_holdings
from shopkeeper.kpi.rollup.refresh import rolled_up
from shopkeeper.kpi.rollup.store import Unit
from shopkeeper.kpi.visitors import helping_measures
from shopkeeper.warehouse.engines import DuckdbEngine, Engine, reading
from shopkeeper.warehouse.model import TABLES
from shopkeeper.warehouse.shop import Shop

_HISTORY = {"new_buyers", "first_buyers", "returning", "cohort_7", "active_7", "cohort_30", "active_30", "realised"}
_WINDOWS = {f"{kind}_{n}" for kind in ("buyers", "repeat") for n in history.WINDOW_DAYS}
_KEPT_MATRICES = 64


@dataclass(frozen=True)
class DataRange:
    """First and last shop day that orders were placed or paid on."""

    first_day: dt.date | None
    last_day: dt.date | None


@dataclass(frozen=True)
class SliceValue:
    """One value of a dimension and what was paid under it in all."""

    value: str | None
    paid_amount: Decimal | None


class _Kept:
    """Results by key, newest kept, safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: OrderedDict[object, object] = OrderedDict()

    def get(self, key: object) -> object | None:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: object, value: object) -> None:
        with self._lock:
            self._values[key] = value
            while len(self._values) > _KEPT_MATRICES:
                self._values.popitem(last=False)


_matrices = _Kept()
_holdings = _Kept()


def holdings(shop: Shop, definitions: Definitions | None = None) -> Holdings:
    """What the warehouse holds now of what the definitions ask for, the shop's own when none are given."""
    asked = settled(shop, definitions) if definitions else definitions_of(shop)
    kept = _holdings.get((shop.data_dir, asked.digest, shop.lake.snapshot()))
    if isinstance(kept, Holdings):
        return kept
    with reading(shop.lake, shop.settings.engine) as engine:
        return _holdings_at(shop, engine, asked)


def _holdings_at(shop: Shop, engine: Engine, definitions: Definitions = BUILT_IN) -> Holdings:
    """Holdings of the snapshot that the engine sees."""
    kept = _holdings.get((shop.data_dir, definitions.digest, engine.snapshot))
    if isinstance(kept, Holdings):
        return kept
    lake, now = shop.lake, _apply_now(shop, definitions)
    if now and isinstance(engine, DuckdbEngine) and lake.as_of is None and not (lake.read_only or lake.uncommitted):
        found = kept_holdings(lake, engine, shop.settings.warehouse.rollups_from_lines, definitions)
    else:
        found = read_holdings(engine, definitions)
    _holdings.put((shop.data_dir, definitions.digest, engine.snapshot), found)
    return found


def data_range(shop: Shop) -> DataRange:
    """From which day to which this shop has orders, also while its definitions cannot be used."""
    try:
        found = holdings(shop)
    except KpiDefinitionError:
        found = holdings(shop, BUILT_IN)
    return DataRange(found.first_day, found.last_day)


def slice_values(shop: Shop, slice_: Slice) -> list[SliceValue]:
    """The values of a dimension, largest paid amount first."""
    days = data_range(shop)
    if days.first_day is None or days.last_day is None:
        return []
    end = days.last_day + dt.timedelta(days=1)
    request = Request("year", days.first_day, end, (slice_,), ("paid_amount",))
    sums: dict[str | None, Decimal] = defaultdict(Decimal)
    for cell in matrix_for(shop, request).cells:
        if isinstance(cell.value, Decimal):
            sums[dict(cell.dims)[slice_]] += cell.value
    return [SliceValue(v, s) for v, s in sorted(sums.items(), key=lambda item: -item[1])]


def matrix_for(shop: Shop, request: Request, definitions: Definitions | None = None) -> Matrix:
    """The matrix of a request, from memory when neither the lake nor the definitions have changed since.

    `definitions` are the shop's own when none are given. Raises NotFound for an unknown indicator, UsageError for a range
    that ends before it begins, KpiDefinitionError while a file of definitions cannot be used.
    """
    asked = settled(shop, definitions) if definitions else definitions_of(shop)
    settings = shop.settings
    place = (shop.data_dir, settings.coverage.model_dump_json(), settings.engine.name, asked.digest, request)
    kept = _matrices.get((*place, shop.lake.snapshot()))
    if isinstance(kept, Matrix):
        return kept
    rolled = definitions is None or _apply_now(shop, asked)
    with reading(shop.lake, settings.engine) as engine:
        matrix = _compute(shop, engine, request, _holdings_at(shop, engine, asked), asked, rolled=rolled)
    _matrices.put((*place, matrix.snapshot), matrix)
    return matrix


def _apply_now(shop: Shop, definitions: Definitions) -> bool:
    """Whether these are the shop's definitions: roll-ups are kept of those, not of a past version or a draft."""
    try:
        return definitions.digest == definitions_of(shop).digest
    except KpiDefinitionError:
        return False


def compute(shop: Shop, request: Request, definitions: Definitions | None = None) -> Matrix:
    """The matrix of a request, computed afresh from the facts; everything in it rests on one snapshot."""
    asked = settled(shop, definitions) if definitions else definitions_of(shop)
    with reading(shop.lake, shop.settings.engine) as engine:
        return _compute(shop, engine, request, _holdings_at(shop, engine, asked), asked)


def matrix_within(shop: Shop, snapshot: int, request: Request) -> Matrix:
    """The matrix of a request inside a reading transaction that the caller holds, at its snapshot, by DuckDB."""
    engine, asked = DuckdbEngine(shop.lake, snapshot), definitions_of(shop)
    return _compute(shop, engine, request, _holdings_at(shop, engine, asked), asked)


def _compute(shop: Shop, engine: Engine, request: Request, found: Holdings,
             definitions: Definitions = BUILT_IN, *, rolled: bool = False) -> Matrix:  # fmt: skip
    wanted = tuple(map(definitions.indicator, request.kpis)) or tuple(definitions.indicators.values())
    periods = _periods(request, found)
    currency = found.currencies[0] if len(found.currencies) == 1 else shop.settings.shop.currency
    statements: list[Statement] = []
    fetched = Fetched()
    if periods:
        _fetch(shop, engine, request, wanted, periods, found, fetched, statements, definitions, rolled=rolled)
    finisher = Finisher(fetched, found, currency, request.by, request.filters, definitions)
    slices = sorted(fetched.slices, key=_by_name) if request.by else [()]
    cells = tuple(finisher.cell(i, p, dims) for p in periods for dims in slices for i in wanted)
    return Matrix(
        request, periods, cells, found.snapshot, found.first_day, found.last_day, currency,
        (*_remarks(found), *_uncosted(fetched, periods)), tuple(statements),
    )  # fmt: skip


def _by_name(dims: Dims) -> list[tuple[bool, str]]:
    """Slices in the order of their names, the unknown one last."""
    return [(value is None, value or "") for _, value in dims]


def _remarks(found: Holdings) -> tuple[Remark, ...]:
    told: list[Remark] = []
    if found.linked:
        told.append(persons_remark(found.linked))
    if found.unknown_buyer_lines:
        lines = ("unknown", f"{found.unknown_buyer_lines:,}"), ("lines", f"{found.lines:,}")
        told.append(Remark("no_buyer", lines))
    if found.untold:
        told.append(Remark("no_visitors", (("shops", ", ".join(found.untold)),)))
    unnamed = sorted(found.hiding & found.telling.shops)
    if unnamed:
        told.append(Remark("visitors_of_nobody", (("shops", ", ".join(unnamed)),)))
    told += [Remark(key, (("shops", ", ".join(shops)),)) for key, shops in _one_sided(found).items() if shops]
    return tuple(told)


def persons_remark(linked: Linked) -> Remark:
    """That buyers are persons, of how many customers, by which run."""
    counts = ("customers", f"{linked.customers:,}"), ("persons", f"{linked.persons:,}")
    return Remark("persons", (("run", linked.run), *counts))


def _one_sided(found: Holdings) -> dict[str, tuple[str, ...]]:
    """Shops that are left out of what needs both sides, by what they do not tell; nothing that no shop tells."""
    named: dict[ShopFlag, str] = {
        "tells_refunds": "no_refunds",
        "tells_shipments": "no_shipments",
        "tells_tiers": "no_tiers",
    }
    return {
        key: tuple(sorted(found.platform_of.keys() - found.speaking[flag]))
        for flag, key in named.items() if found.speaking.get(flag)
    }  # fmt: skip


def _uncosted(fetched: Fetched, periods: tuple[Period, ...]) -> tuple[Remark, ...]:
    """How many of the paid lines that a margin asks for have no cost."""
    asked = {period.start for period in periods}
    paid, costed = (
        sum(int(n) for (start, _), n in fetched.totals.get(name, {}).items() if start in asked and n is not None)
        for name in ("lines_to_cost", "lines_costed")
    )
    if paid == costed:
        return ()
    return (Remark("no_cost", (("unknown", f"{paid - costed:,}"), ("lines", f"{paid:,}"))),)


def _periods(request: Request, found: Holdings) -> tuple[Period, ...]:
    start = request.start or found.first_day
    end = request.end or (found.last_day + dt.timedelta(days=1) if found.last_day else None)
    if start is None or end is None:
        return ()
    if end <= start:
        raise UsageError("the range ends before it begins", received=f"{start} to {end}")
    return tuple(periods_between(start, end, request.grain))


def _fetch(shop: Shop, engine: Engine, request: Request, wanted: tuple[Indicator, ...], periods: tuple[Period, ...],
           found: Holdings, fetched: Fetched, statements: list[Statement], definitions: Definitions, *,
           rolled: bool) -> None:  # fmt: skip
    able = _able(wanted, request, found)
    plans = fact_plans(request, able, periods, found, definitions)
    required = checked_tables(shop.settings.coverage.required) if any(i.id == "D3" for i in able) else None
    unit = _unit(shop, request, periods, found, definitions) if rolled else None
    if unit is not None:
        fill(unit, request, plans, able, periods, fetched, (required, _selling(found)) if required else None)
    else:
        for plan in plans:
            told = _with_told_profits(plan, able, periods, found)
            _run(engine, told, request.grain, periods, found, fetched, statements, able)
        if required:
            fetched.coverage = _coverage(engine, required, request.grain, periods, found)
    if request.by and not fetched.slices and "order_lines" in found.filled:
        # Nothing that was asked for can be told; the slices that lack it are those that sold.
        sold = FactPlan("order_lines", ("paid_amount",), request.by, request.filters, periods[0].start, periods[-1].end)
        if unit is not None and has_measure(unit, request.grain, "paid_amount"):
            fill(unit, request, [sold], (), periods, fetched, None)
        else:
            _run(engine, sold, request.grain, periods, found, fetched, statements, able)
    if required and request.by == ("platform",):
        for platform in _selling(found):
            fetched.slices.setdefault((("platform", platform),))


def _with_told_profits(plan: FactPlan, able: list[Indicator], periods: tuple[Period, ...], found: Holdings) -> FactPlan:
    """The plan with buyers' profits from the first period on whose new buyers can be followed; without, if there is none."""
    if not plan.with_profits or found.first_day is None or found.last_day is None:
        return plan
    asked = [i for i in able if "realised" in i.numerator]
    told = [p.start for p in periods if any(not too_short(i, p, found.first_day, found.last_day) for i in asked)]
    return replace(plan, profits_from=told[0]) if told else replace(plan, with_profits=False)


def _selling(found: Holdings) -> tuple[str, ...]:
    """Platforms of the shops that have sold."""
    return tuple(sorted({platform for platform in found.platform_of.values() if platform is not None}))


def _coverage(
    engine: Engine, required: tuple[str, ...], grain: Grain, periods: tuple[Period, ...], found: Holdings
) -> Coverage:  # fmt: skip
    assert found.first_day is not None
    assert found.last_day is not None
    low, high = max(periods[0].start, found.first_day), min(periods[-1].end, found.last_day + dt.timedelta(days=1))
    return Coverage(read_coverage(engine, required, grain, low, high), _selling(found), required)


def _able(wanted: Iterable[Indicator], request: Request, found: Holdings) -> list[Indicator]:
    """The indicators that have all they need, for these dimensions."""
    named = (*request.by, *(name for name, _ in request.filters))
    return [
        i for i in wanted
        if not found.lacks(i.needs) and all(s in i.slices for s in named)
    ]  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """A request, planned: indicators that can be computed, what is read of each fact, and from where."""

    able: tuple[Indicator, ...]
    plans: tuple[FactPlan, ...]
    read: str


def asked_for(shop: Shop, request: Request) -> Asked:
    """How a request would be computed now."""
    definitions = definitions_of(shop)
    found = holdings(shop, definitions)
    wanted = tuple(map(definitions.indicator, request.kpis)) or tuple(definitions.indicators.values())
    periods = _periods(request, found)
    able = _able(wanted, request, found)
    plans = fact_plans(request, able, periods, found, definitions) if periods else []
    why = _why_counted(shop, request, found)
    cut = cut_of(request)
    read = f"facts: {why}" if why else f"roll-up by {', '.join(cut or ()) or 'nothing'}, {request.grain}"
    return Asked(tuple(able), tuple(plans), read)


def _why_counted(shop: Shop, request: Request, found: Holdings) -> str:
    """Why a request is counted from the facts; nothing when roll-ups answer it."""
    lake, least = shop.lake, shop.settings.warehouse.rollups_from_lines
    if shop.settings.engine.name != "duckdb":
        return f"engine {shop.settings.engine.name}"
    if lake.as_of is not None or lake.read_only or lake.uncommitted:
        return "a snapshot of the past"
    if cut_of(request) is None:
        return "more than one dimension, or several values of a filter"
    return f"fewer than {least:,} order lines" if found.lines < least or found.last_day is None else ""


def _unit(shop: Shop, request: Request, periods: tuple[Period, ...], found: Holdings,
          definitions: Definitions) -> Unit | None:  # fmt: skip
    """The roll-ups that answer a request; None for a small shop, a past snapshot or a cut that none is kept by."""
    lake, cut = shop.lake, cut_of(request)
    if cut is None or _why_counted(shop, request, found):
        return None
    everything = replace(request, by=cut, kpis=(), filters=())
    able = _able(definitions.indicators.values(), everything, found)
    plans = fact_plans(everything, able, periods, found, definitions)
    required = checked_tables(shop.settings.coverage.required)
    return rolled_up(lake, cut, request.grain, {plan.fact: plan for plan in plans}, required, found)


def fact_plans(request: Request, able: list[Indicator], periods: tuple[Period, ...], found: Holdings,
               definitions: Definitions = BUILT_IN) -> list[FactPlan]:  # fmt: skip
    """What to read of each fact table so that every indicator wanted has its parts."""
    names = dict.fromkeys(n for i in able for n in (*i.numerator, *i.denominator, *i.minus))
    spells = any(i.how in ("median_gap", "km_share") for i in able)
    with_buyers = spells or any(n in _HISTORY or n in _WINDOWS for n in names)
    if "previous_buyers" in names:
        names["buyers"] = None
    for i in able:
        names |= dict.fromkeys(helping_measures(i, found))
    if "goods_net" in names:
        names |= dict.fromkeys(("lines_costed", "lines_to_cost"))
    if "selling_cost" in names:
        names |= dict.fromkeys(("refunds_of_no_article", "selling_costs_told"))
    by_fact: dict[str, list[str]] = defaultdict(list)
    for name in names:
        if name in definitions.measures:
            by_fact[definitions.measures[name].fact].append(name)
    if with_buyers:
        by_fact.setdefault("order_lines", [])
    plans = []
    for fact, measures in by_fact.items():
        slices = (*request.by, *(name for name, _ in request.filters))
        if fact not in found.filled or not all(carries(fact, s) for s in slices):
            continue
        start, end = _reach(fact, names, with_buyers, periods, found)
        plans.append(
            FactPlan(
                fact,
                tuple(measures),
                request.by,
                request.filters,
                start,
                end,
                with_buyers and fact == "order_lines",
                definitions.own_measures(tuple(measures)),
                found.speaking_for(definitions.measures[name] for name in measures),
                definitions.vat_share,
                "realised" in names and fact == "order_lines",
                persons="person_members" if found.linked and BUYER in TABLES[fact].column_names else "",
            )
        )
    return plans


def _reach(fact: str, names: dict[str, None], with_buyers: bool, periods: tuple[Period, ...],
           found: Holdings) -> tuple[dt.date, dt.date]:  # fmt: skip
    """The days to scan: the periods', and for histories the days before and after that they look at."""
    start, end = periods[0].start, periods[-1].end
    if fact != "order_lines":
        return start, end
    if "previous_buyers" in names:
        start = periods[0].previous().start
    if with_buyers and found.first_day and found.last_day:
        start = found.first_day if "first_buyers" in names else min(start, periods[0].start - dt.timedelta(days=366))
        end = max(end, found.last_day + dt.timedelta(days=1))
    return start, end


def _run(engine: Engine, plan: FactPlan, grain: Grain, periods: tuple[Period, ...], found: Holdings, fetched: Fetched,
         statements: list[Statement], able: list[Indicator]) -> None:  # fmt: skip
    scans = {plan.level: compiler.scan_sql(plan, engine.dialect)} if plan.measures else {}
    if plan.with_buyers:
        if plan.with_profits:
            scans[plan.profits] = profits_sql(plan, engine.dialect)
        scans[compiler.HISTORIES] = history.whole_histories_sql(plan, grain, engine.dialect)
    start, end = periods[0].start, periods[-1].end
    try:
        for name, sql in scans.items():
            started = time.perf_counter()
            engine.keep(name, sql)
            statements.append(Statement(plan.fact, sql, time.perf_counter() - started))
        for axis in plan.axes():
            if any(m.day == axis for m in plan.declared()):
                first = periods[0].previous().start if "buyers" in plan.measures and axis == "paid_day" else start
                _take(engine, compiler.finish_sql(plan, axis, grain, first, end, engine.dialect), plan, fetched, start)
        if plan.with_buyers and found.last_day and start <= found.last_day:
            _take_histories(engine, plan, grain, start, end, found.last_day, fetched, able)
    finally:
        engine.drop(*scans)


def _take(engine: Engine, sql: str, plan: FactPlan, fetched: Fetched, start: dt.date) -> None:
    answer = engine.rows(sql)
    names = answer.names
    width = 1 + len(plan.by)
    for row in answer.rows:
        dims: Dims = tuple(zip(plan.by, row[1:width], strict=True))
        if row[0] >= start:
            fetched.slices.setdefault(dims)
        for name, value in zip(names[width:], row[width:], strict=True):
            fetched.totals.setdefault(name, {})[row[0], dims] = value


def _take_histories(engine: Engine, plan: FactPlan, grain: Grain, start: dt.date, end: dt.date, last_day: dt.date,
                    fetched: Fetched, able: list[Indicator]) -> None:  # fmt: skip
    names = {n for i in able for n in (*i.numerator, *i.denominator)}
    span = (plan, grain, start, end, last_day, engine.dialect)
    if names & _HISTORY:
        _take(engine, history.openings_sql(*span), plan, fetched, start)
    if names & _WINDOWS:
        _take(engine, history.windows_sql(*span), plan, fetched, start)
    if any(i.how in ("median_gap", "km_share") for i in able):
        _take_spells(engine, history.spells_sql(*span), plan, fetched)


def _take_spells(engine: Engine, sql: str, plan: FactPlan, fetched: Fetched) -> None:
    width = 1 + len(plan.by)
    for row in engine.rows(sql).rows:
        dims: Dims = tuple(zip(plan.by, row[1:width], strict=True))
        fetched.slices.setdefault(dims)
        duration, happened, count = row[width:]
        fetched.spells[row[0], dims] = Spells(
            np.array(duration, dtype=np.int64), np.array(happened, dtype=bool), np.array(count, dtype=np.int64)
        )


def narrowed(request: Request, period: Period, dims: Dims, kpi: str) -> Request:
    """The request for one indicator in one period and slice."""
    filters = (*request.filters, *((name, (value,)) for name, value in dims))
    return replace(request, start=period.start, end=period.end, by=(), kpis=(kpi,), filters=filters)
