"""The rows behind a cell: those of each part's fact that its measure counts, with the measure's own condition.

A part that is a history of buyers (new payers, repeat buyers …) shows the paid lines of the period that the history starts from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from shopkeeper.core.period import Period
from shopkeeper.errors import NotFound
from shopkeeper.kpi.definition import Indicator, Measure, Speaking
from shopkeeper.kpi.matrix import holdings
from shopkeeper.kpi.own.folder import definitions_of
from shopkeeper.kpi.relation import BUYER, base, carries, unique_in_shop
from shopkeeper.kpi.result import Filters, Value
from shopkeeper.kpi.visitors import measured_by
from shopkeeper.warehouse.engines import reading
from shopkeeper.warehouse.engines.dialect import Dialect, compiled
from shopkeeper.warehouse.model import TABLES
from shopkeeper.warehouse.shop import Shop

if TYPE_CHECKING:
    import ibis.expr.types as ir

PEOPLE = ("customer_id", "visitor_id")
"""Columns that name a person: shown as #1, #2 …, the same person alike within one answer."""

FREE_TEXT = ("note", "text", "name", "attributes", "received")
"""Columns in which a person may be described: left out."""

CONTRIBUTION = "contribution"


@dataclass(frozen=True)
class Part:
    """One part of a cell: which measure, over which days of which fact. `history` says that the rows are only its start."""

    name: str
    measure: Measure
    period: Period
    history: bool = False
    speaking: Speaking = ()
    vat_share: Decimal | None = None
    persons: str = ""


@dataclass(frozen=True)
class FileRows:
    """How many contributing rows one file brought in one load."""

    load_id: str
    file_hash: str
    rows: int


@dataclass(frozen=True)
class Contribution:
    """What counts in one part: how many rows, what they add up to, the largest of them, and the files they came from.

    `value` is the sum or distinct count of the rows, counted here anew; None for a history, which no row tells alone.
    """

    part: Part
    rows: int
    value: Value
    columns: tuple[str, ...]
    sample: tuple[tuple[object, ...], ...]
    files: tuple[FileRows, ...]


def parts_of(shop: Shop, declared: Indicator, period: Period, filters: Filters = ()) -> tuple[Part, ...]:
    """The parts of an indicator that rows of a fact make up, numerator first; none for coverage, which counts days.

    A fact whose rows no such filter can tell apart is not part of the cell.
    """
    definitions = definitions_of(shop)
    known, vat = definitions.measures, definitions.vat_share
    found, parts = holdings(shop), dict[tuple[str, Period], Part]()
    persons = "person_members" if found.linked else ""
    for name in (*declared.numerator, *declared.denominator, *declared.minus):
        at = period.previous() if name == "previous_buyers" else period
        own = [m for m in measured_by(declared, name, found) if m in known]
        history = not own and name != "previous_buyers"
        for measure in own or ([] if name.startswith("coverage_") else ["buyers"]):
            speaking = found.speaking_for([known[measure]])
            parts.setdefault((measure, at), Part(name, known[measure], at, history, speaking, vat, persons))
    if declared.how in ("median_gap", "km_share"):
        parts["buyers", period] = Part("buyers", known["buyers"], period, history=True, persons=persons)
    return tuple(
        part for part in parts.values()
        if part.measure.fact in found.filled and all(carries(part.measure.fact, name) for name, _ in filters)
    )  # fmt: skip


def contributions(
    shop: Shop, kpi: str, period: Period, filters: Filters = (), *, limit: int = 20
) -> tuple[Contribution, ...]:  # fmt: skip
    """The rows behind a cell, part by part; at most `limit` of each, the largest first, people masked.

    Raises NotFound for an unknown indicator.
    """
    parts = parts_of(shop, definitions_of(shop).indicator(kpi), period, filters)
    if not parts:
        return ()
    with reading(shop.lake, shop.settings.engine) as engine:
        found = []
        for part in parts:
            t = _counted(part, filters)
            total = engine.rows(compiled(_total(part, t), engine.dialect)).rows[0]
            shown = engine.rows(rows_sql(part, filters, limit, engine.dialect))
            files = engine.rows(compiled(_files(t), engine.dialect)).rows
            value = None if part.history else total[1]
            told = tuple(FileRows(str(load), str(file), int(n)) for load, file, n in files)
            found.append(Contribution(part, int(total[0]), value, tuple(shown.names), tuple(shown.rows), told))
    return tuple(found)


def part_named(parts: Sequence[Part], name: str) -> Part:
    """A part by the id of its measure. Raises NotFound with those there are."""
    for part in parts:
        if part.measure.id == name:
            return part
    raise NotFound("part of this indicator", name, [part.measure.id for part in parts])


def rows_sql(part: Part, filters: Filters, limit: int | None, dialect: Dialect = "duckdb") -> str:
    """SQL of a part's rows, the largest contribution first, people masked; all of them without a limit."""
    t = _counted(part, filters)
    fact = TABLES[part.measure.fact]
    names = [c.name for c in fact.columns if c.name not in FREE_TEXT]
    shown = t.select(*dict.fromkeys([*names, "file_hash", "source_line", CONTRIBUTION]))
    people = [n for n in PEOPLE if n in shown.columns] + ([CONTRIBUTION] if _entity(part) in PEOPLE else [])
    first = _sorted(shown, part)
    if limit is not None:
        first = first.limit(limit)
    return compiled(_sorted(_masked(first, people), part), dialect)  # numbering people loses the order


def _sorted(t: ir.Table, part: Part) -> ir.Table:
    """Largest contribution first; those of a distinct count, which have no size, by day."""
    largest = [t[CONTRIBUTION].desc()] if part.measure.kind == "sum" else []
    names = dict.fromkeys([part.measure.day, *TABLES[part.measure.fact].key])
    return t.order_by([*largest, *(t[name] for name in names)])


def _counted(part: Part, filters: Filters) -> ir.Table:
    """Rows of the fact that the measure counts in the period, each with what it contributes."""
    import ibis

    measure = part.measure
    t = base(measure.fact, (measure,), (), filters, part.speaking, part.vat_share, persons=part.persons)
    t = t.filter((t[measure.day] >= ibis.literal(part.period.start)) & (t[measure.day] < ibis.literal(part.period.end)))
    if measure.where:
        t = t.filter(measure.where(t).fill_null(False))
    t = t.mutate(**{CONTRIBUTION: measure.of(t)})
    return t.filter(t[CONTRIBUTION].notnull())


def _total(part: Part, t: ir.Table) -> ir.Table:
    if part.measure.kind == "sum":
        return t.aggregate(rows=t.count(), value=t[CONTRIBUTION].sum())
    within = ["shop_id"] if unique_in_shop(_entity(part)) else []
    counted = t.group_by([*within, CONTRIBUTION]).aggregate(rows_of=t.count())
    return counted.aggregate(rows=counted.rows_of.sum().fill_null(0), value=counted.count())


def _files(t: ir.Table) -> ir.Table:
    import ibis

    counted = t.group_by(["load_id", "file_hash"]).aggregate(rows=t.count())
    return counted.order_by([ibis.desc("rows"), "load_id", "file_hash"]).limit(LISTED_FILES)


LISTED_FILES = 20
"""How many files a part names, those with most rows first."""


def _entity(part: Part) -> str:
    """The column that a distinct measure counts; nothing for a sum."""
    measure = part.measure
    return measure.of(base(measure.fact, (measure,), (), ())).get_name() if measure.kind == "distinct" else ""


def counts_persons(part: Part) -> bool:
    """Whether buyers who are one person count once in a part."""
    return bool(part.persons) and (part.history or _entity(part) == BUYER)


def _masked(t: ir.Table, people: list[str]) -> ir.Table:
    """The same rows with people as numbers: dense, so that distinct ones can still be told and counted."""
    import ibis

    masked = {}
    for name in people:
        number = ibis.dense_rank().over(order_by=t[name]) + 1
        masked[name] = t[name].notnull().ifelse(ibis.literal("#") + number.cast("string"), None)
    return t.mutate(**masked) if masked else t
