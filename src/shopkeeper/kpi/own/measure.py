"""From a [[measure]] entry to the measure that the compiler takes, or why it would give a wrong number."""

from __future__ import annotations

from typing import Literal

from shopkeeper.errors import KpiDefinitionError
from shopkeeper.kpi.catalogue import MEASURES
from shopkeeper.kpi.definition import SLICES, Measure, Rows, Unit
from shopkeeper.kpi.own import grammar, units
from shopkeeper.kpi.own.document import MeasureEntry, Place, suggested
from shopkeeper.kpi.own.expression import Expression, RowCount
from shopkeeper.kpi.relation import DIMENSION_COLUMNS
from shopkeeper.warehouse.model import COMMERCE_TABLES

FACTS = tuple(t.name for t in COMMERCE_TABLES.values() if t.day and t.kind in ("fact", "published"))
"""Tables whose rows belong to days: those that measures are of."""

_ADVICE = {
    "recomputed": "one buyer on two days is one buyer of the week: leave over_time out, it is recomputed in each period",
    "daily": 'over_time = "daily": then longer periods show "–" instead of a sum that is wrong',
}


def own_measure(place: Place, entry: MeasureEntry) -> Measure:
    """The measure of an entry. Raises KpiDefinitionError naming the key."""
    _check_names(place, entry)
    where: Rows | None = Expression(entry.where, entry.fact) if entry.where else None
    condition = _condition(place, entry) if entry.where else None
    joins = _joins(grammar.names(condition) if condition else frozenset())
    if entry.kind == "distinct":
        _check_distinct(place, entry)
        of: Rows = Expression(entry.of, entry.fact)
        return Measure(
            entry.id, entry.fact, entry.day, "distinct", of, where, "recomputed", "count", joins, entry.name.pair
        )
    try:
        node = grammar.parse(entry.of)
        unit = units.addable(node, entry.fact)
    except KpiDefinitionError as error:
        raise place.at("of", error) from None
    read = grammar.names(node)
    if not read and entry.of.strip() != "1":
        raise place.wrong("of", "this is the same number in every row", entry.of, 'columns, or "1" to count rows')
    made = Expression(entry.of, entry.fact) if read else RowCount(entry.day)
    declared: Unit = unit  # type: ignore[assignment]
    if entry.unit not in (None, unit):
        raise place.wrong("unit", f"the sum of {entry.of} is not measured so", entry.unit, unit)
    return Measure(
        entry.id, entry.fact, entry.day, "sum", made, where, _over_time(place, entry, node), declared,
        tuple(dict.fromkeys((*_joins(read), *joins))), entry.name.pair,
    )  # fmt: skip


def _check_names(place: Place, entry: MeasureEntry) -> None:
    if entry.fact not in FACTS:
        raise place.wrong(
            "fact", "no table of the commerce model has this name and days", entry.fact, suggested(entry.fact, FACTS)
        )
    table = COMMERCE_TABLES[entry.fact]
    days = [column.name for column in table.columns if column.type == "day"]
    if entry.day not in days:
        raise place.wrong("day", f"{entry.fact} has no such day", entry.day, suggested(entry.day, days))
    if entry.id in MEASURES:
        raise place.wrong("id", "a built-in measure has this id", entry.id, "an id of its own, such as own_" + entry.id)
    reserved = {*units.readable(entry.fact), *SLICES, "period", "openings"}
    if entry.id in reserved or entry.id.startswith(
        ("sum_", "its_", "buyers_", "repeat_", "cohort_", "active_", "visitors", "sessions")
    ):
        raise place.wrong(
            "id", "a column or count has this name already", entry.id, "another id, such as own_" + entry.id
        )


def _condition(place: Place, entry: MeasureEntry) -> grammar.Node:
    try:
        node = grammar.parse(entry.where)
        found = units.unit_of(node, entry.fact)
    except KpiDefinitionError as error:
        raise place.at("where", error) from None
    if found != "condition" or not grammar.names(node):
        raise place.wrong(
            "where", "this is no condition on a row", entry.where, "such as quantity > 1 and channel_id = 'live'"
        )
    return node


def _check_distinct(place: Place, entry: MeasureEntry) -> None:
    columns = [c.name for c in COMMERCE_TABLES[entry.fact].columns if c.type == "text"]
    if entry.of not in columns:
        raise place.wrong(
            "of", "different values are counted of one column with names or ids", entry.of, suggested(entry.of, columns)
        )
    if entry.unit not in (None, "count"):
        raise place.wrong("unit", "a number of different values is a count", entry.unit, "count")
    if entry.over_time not in (None, "recomputed"):
        raise place.wrong(
            "over_time", "a distinct count is never added up over days", entry.over_time, _ADVICE["recomputed"]
        )


def _over_time(place: Place, entry: MeasureEntry, node: grammar.Node) -> Literal["adds", "daily"]:
    why = units.levels(node, entry.fact)
    if why and entry.fact == "visits":
        raise place.wrong(
            "of",
            f"days of this must not be added up: {why}",
            entry.of,
            "the built-in measures visitors and visitors_carting",
        )
    if why and entry.over_time != "daily":
        raise place.wrong(
            "over_time", f"days of this must not be added up: {why}", entry.over_time or "adds", _ADVICE["daily"]
        )
    if entry.over_time == "recomputed":
        raise place.wrong(
            "over_time", "a sum is added up over days, not recomputed", "recomputed", 'adds, or kind = "distinct"'
        )
    return "daily" if entry.over_time == "daily" else "adds"


def _joins(read: frozenset[str]) -> tuple[Literal["platforms", "products"], ...]:
    wanted = {DIMENSION_COLUMNS[name] for name in read if name in DIMENSION_COLUMNS}
    found: list[Literal["platforms", "products"]] = []
    if "platform" in wanted:
        found.append("platforms")
    if "category" in wanted:
        found.append("products")
    return tuple(found)
