"""From an [[indicator]] entry to the indicator that everything else sees, or why it would give a wrong number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from shopkeeper.core.wording import word
from shopkeeper.kpi.catalogue import INDICATORS, MEASURES
from shopkeeper.kpi.definition import SLICES, History, Indicator, Measure, OwnWords, Slice, Unit
from shopkeeper.kpi.own import grammar
from shopkeeper.kpi.own.document import ID, IndicatorEntry, Place, suggested
from shopkeeper.kpi.own.expression import Expression
from shopkeeper.kpi.relation import DIMENSION_COLUMNS, carries
from shopkeeper.warehouse.model import COMMERCE_TABLES

COUNTS: tuple[str, ...] = get_args(History)
_NOT_REPLACED = {"D3": "it is counted from loads, not from measures"}
_LEVELS = {"stock_value": "stock of several days is the same stock"}
_NEW_BUYERS = {"new_buyers": 365, "first_buyers": 365}


@dataclass(frozen=True)
class Remark:
    """Something that is allowed and worth knowing: a key of the wording `define_remark` with what it names."""

    code: str
    where: str
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class _Part:
    """A measure or history count: its unit, table, day axis and whether it is a distinct count."""

    name: str
    unit: Unit
    fact: str
    day: str
    distinct: bool


def own_indicator(
    place: Place, entry: IndicatorEntry, measures: Mapping[str, Measure]
) -> tuple[Indicator, tuple[Remark, ...]]:
    """The indicator of an entry, and what is worth knowing about it. Raises KpiDefinitionError naming the key."""
    replaced = _replaced(place, entry)
    sides = {
        key: [_part(place, key, name, measures) for name in getattr(entry, key)]
        for key in ("numerator", "denominator", "minus")
    }
    _check_sides(place, entry, sides)
    _check_unit(place, entry, sides, replaced)
    parts = [part for side in sides.values() for part in side]
    counts = [part.name for part in parts if part.name in COUNTS]
    horizon = max((int(n.rpartition("_")[2]) for n in counts if n.startswith(("cohort_", "active_"))), default=0)
    windows = max((int(n.rpartition("_")[2]) for n in counts if n.startswith(("buyers_", "repeat_"))), default=0)
    since = max((_NEW_BUYERS.get(n, 0) for n in counts), default=0)
    made = Indicator(
        entry.replaces or entry.id,
        entry.unit,
        {"up": 1, "down": -1, "neutral": 0}[entry.direction],  # type: ignore[arg-type]
        needs_of(parts, measures),
        entry.how,
        tuple(entry.numerator),
        tuple(entry.denominator),
        tuple(entry.minus),
        dimension=replaced.dimension if replaced else entry.dimension,
        companion_of=replaced.companion_of if replaced else _companion(place, entry),
        slices=_slices(place, entry, parts, measures),
        horizon_days=horizon,
        history_days=since or windows,
        history_from="start" if since else "end",
        mature_days=entry.mature_days,
        starred=bool(replaced and replaced.starred),
        own=_words(entry, replaced, measures),
        of_visits=any(part.fact == "visits" and part.name not in MEASURES for part in parts),
    )
    return made, _remarks(place, entry, sides, measures)


def _replaced(place: Place, entry: IndicatorEntry) -> Indicator | None:
    """The built-in indicator whose place this one takes."""
    if not entry.replaces:
        folded = {known.casefold(): known for known in INDICATORS}
        taken = folded.get(entry.id.casefold())
        if taken:
            raise place.wrong(
                "id", "a built-in indicator has this id", entry.id, f'a new id, or instead of id: replaces = "{taken}"'
            )
        if not re.match(ID, entry.id) or entry.id == "definitions":
            raise place.wrong("id", "this cannot be the id of an indicator", entry.id or "nothing",
                              "a small letter, then small letters, digits and _ (40 at most); not definitions")  # fmt: skip
        if entry.name is None:
            raise place.wrong("name", "a new indicator needs a name", None, 'name = { en = "…", zh = "…" }')
        return None
    if entry.replaces not in INDICATORS:
        raise place.wrong(
            "replaces", "no built-in indicator has this id", entry.replaces, suggested(entry.replaces, INDICATORS)
        )
    if entry.id not in ("", entry.replaces):
        raise place.wrong("id", "what replaces a built-in indicator has its id", entry.id, "no id beside replaces")
    if entry.replaces in _NOT_REPLACED:
        raise place.wrong(
            "replaces",
            f"{entry.replaces} cannot be replaced: {_NOT_REPLACED[entry.replaces]}",
            entry.replaces,
            "a new id",
        )
    for key in ("dimension", "companion_of"):
        if getattr(entry, key):
            raise place.wrong(
                key, "what replaces a built-in indicator stands where that one stood", getattr(entry, key), f"no {key}"
            )
    return INDICATORS[entry.replaces]


def _part(place: Place, key: str, name: str, measures: Mapping[str, Measure]) -> _Part:
    if name in _LEVELS:
        raise place.wrong(key, f"days of this must not be added up: {_LEVELS[name]}", name, "another measure")
    if name in COUNTS:
        if key == "minus":
            raise place.wrong(key, "counts of buyers by their history are not subtracted", name, "a measure")
        return _Part(name, "count", "order_lines", "paid_day", distinct=True)
    if name in measures:
        found = measures[name]
        return _Part(name, found.unit, found.fact, found.day, found.kind == "distinct")
    raise place.wrong(key, "no measure has this name", name, suggested(name, [*measures, *COUNTS]))


def _check_sides(place: Place, entry: IndicatorEntry, sides: dict[str, list[_Part]]) -> None:
    if entry.how == "total" and entry.denominator:
        raise place.wrong(
            "denominator", "a total is not divided", ", ".join(entry.denominator), 'no denominator, or how = "ratio"'
        )
    if entry.how != "total" and not entry.denominator:
        raise place.wrong(
            "denominator", "a ratio needs something to be divided by", "nothing", 'a measure, or how = "total"'
        )
    beside = "numerator" if entry.how == "total" else "denominator"
    for key, side in (
        ("numerator", sides["numerator"]),
        ("denominator", sides["denominator"]),
        ("minus", sides["minus"]),
    ):
        units = list(dict.fromkeys(part.unit for part in side))
        if len(units) > 1:
            told = ", ".join(f"{part.name}: {part.unit}" for part in side)
            raise place.wrong(
                key, "unlike units are added", told, "measures of one unit: money with money, units with units"
            )
        distinct = [part.name for part in side if part.distinct]
        if len(distinct) > 1:
            raise place.wrong(
                key, "distinct counts are added: who is in both counts twice", ", ".join(distinct),
                'one measure of kind "distinct" whose condition covers both',
            )  # fmt: skip
    if sides["minus"] and sides[beside] and sides["minus"][0].unit != sides[beside][0].unit:
        raise place.wrong(
            "minus",
            "unlike units are subtracted",
            f"{sides[beside][0].unit} − {sides['minus'][0].unit}",
            "the same unit",
        )


def _check_unit(place: Place, entry: IndicatorEntry, sides: dict[str, list[_Part]], replaced: Indicator | None) -> None:
    """Money ÷ a count is money, a share is of like things, a total keeps the unit of its parts."""
    top = sides["numerator"][0].unit
    if entry.how == "total":
        allowed: tuple[str, ...] = (top,)
        told = f"a total of {top}"
    else:
        bottom = sides["denominator"][0].unit
        told = f"{top} ÷ {bottom}"
        allowed = ("times",) if entry.how == "excess_ratio" else _quotients(top, bottom)
        if entry.how == "excess_ratio" and top != bottom:
            raise place.wrong(
                "how", "what exceeds 1 is a quotient of like units", told, "the same unit above and below"
            )
    if not allowed:
        raise place.wrong(
            "denominator", "no unit is known for this quotient", told, "money, days or minutes ÷ a count; or like units"
        )
    if entry.unit not in allowed:
        raise place.wrong("unit", f"{told} is not measured so", entry.unit, " or ".join(allowed))
    if replaced and replaced.unit != entry.unit:
        raise place.wrong(
            "unit",
            f"targets and pages read {entry.replaces} in its own unit",
            entry.unit,
            f"{replaced.unit}, or a new id",
        )


def _quotients(top: str, bottom: str) -> tuple[str, ...]:
    if top == bottom:
        return ("share", "times")
    if bottom in ("count", "units"):
        return (top,) if top in ("money", "days", "minutes") else ("times",)
    return ()


def _companion(place: Place, entry: IndicatorEntry) -> str:
    if not entry.companion_of:
        return ""
    if entry.dimension:
        raise place.wrong(
            "companion_of",
            "an indicator belongs to a dimension or stands beside one",
            entry.companion_of,
            "one of both",
        )
    if entry.companion_of not in INDICATORS:
        raise place.wrong(
            "companion_of", "no indicator has this id", entry.companion_of, suggested(entry.companion_of, INDICATORS)
        )
    return entry.companion_of


# --- slices and needs -------------------------------------------------------------------------------------------------


def fact_slices(fact: str) -> tuple[Slice, ...]:
    """Slices that rows of a fact can be cut by; visitors by article are not different visitors."""
    return tuple(s for s in SLICES if carries(fact, s) and not (fact == "visits" and s == "category"))


def _slices(
    place: Place, entry: IndicatorEntry, parts: list[_Part], measures: Mapping[str, Measure]
) -> tuple[Slice, ...]:
    facts = dict.fromkeys(part.fact for part in parts)
    able = tuple(s for s in SLICES if all(s in fact_slices(fact) for fact in facts))
    for wanted in entry.slices or ():
        if wanted not in able:
            lacking = [part.name for part in parts if wanted not in fact_slices(part.fact)]
            told = ", ".join(f"{name} ({measures[name].fact})" for name in lacking if name in measures)
            raise place.wrong(
                "slices", f"not every part can be cut by {wanted}: {told}", wanted, able or "no slice at all"
            )
    return able if entry.slices is None else tuple(entry.slices)


def needs_of(parts: list[_Part], measures: Mapping[str, Measure]) -> tuple[str, ...]:
    """Columns without a value in which the indicator would be unknown, as table.column."""
    found: dict[str, None] = {}
    for part in parts:
        found[f"{part.fact}.{part.day}"] = None
        measure = measures.get(part.name)
        if measure is None:
            found["order_lines.customer_id"] = None
        elif part.name in MEASURES:
            found |= dict.fromkeys(_built_in_needs(part.name))
        else:
            read = [e for e in (measure.of, measure.where) if isinstance(e, Expression)]
            found |= dict.fromkeys(
                _need(part.fact, n) for e in read for n in sorted(grammar.needed(grammar.parse(e.text)))
            )
    return tuple(found)


def _need(fact: str, name: str) -> str:
    if name in COMMERCE_TABLES[fact].column_names:
        return f"{fact}.{name}"
    return (
        f"products.{name}"
        if DIMENSION_COLUMNS[name] == "category"
        else f"platforms.{'platform_id' if name == 'platform' else name}"
    )


def _built_in_needs(name: str) -> tuple[str, ...]:
    """What every built-in indicator made of a measure asks of the measure's own table."""
    fact = MEASURES[name].fact
    asking = [i for i in INDICATORS.values() if name in (*i.numerator, *i.denominator, *i.minus)]
    asked = [{need for need in i.needs if need.split(".")[0] == fact} for i in asking]
    return tuple(sorted(set.intersection(*asked))) if asked else ()


# --- words and remarks ------------------------------------------------------------------------------------------------


def _words(entry: IndicatorEntry, replaced: Indicator | None, measures: Mapping[str, Measure]) -> OwnWords:
    used = dict.fromkeys((*entry.numerator, *entry.denominator, *entry.minus))
    parts = tuple((n, own) for n in used if n in measures and (own := measures[n].own_name))
    if entry.name:
        name = entry.name.pair
    else:
        assert replaced is not None
        key = f"{replaced.word_key}_name"
        name = (word(key, "en"), word(key, "zh"))
    formula = entry.formula.pair if entry.formula else (_formula(entry, measures, 0), _formula(entry, measures, 1))
    return OwnWords(name, entry.definition.pair, formula, parts)


def _formula(entry: IndicatorEntry, measures: Mapping[str, Measure], lang: Literal[0, 1]) -> str:
    """The formula in words, made of the names of its parts."""

    def named(names: list[str]) -> str:
        return " + ".join(_part_name(name, measures, lang) for name in names)

    less = f" − {named(entry.minus)}" if entry.minus else ""
    if entry.how == "total":
        return named(entry.numerator) + less
    bottom = named(entry.denominator) + less
    text = f"{named(entry.numerator)} ÷ {f'({bottom})' if entry.minus or len(entry.denominator) > 1 else bottom}"
    return f"{text} − 1" if entry.how == "excess_ratio" else text


def _part_name(name: str, measures: Mapping[str, Measure], lang: Literal[0, 1]) -> str:
    own = measures[name].own_name if name in measures else None
    return own[lang] if own else word(f"part.{name}", "en" if lang == 0 else "zh")


def _remarks(
    place: Place, entry: IndicatorEntry, sides: dict[str, list[_Part]], measures: Mapping[str, Measure]
) -> tuple[Remark, ...]:
    found = []
    axes = {key: dict.fromkeys(f"{part.fact}.{part.day}" for part in side) for key, side in sides.items()}
    if entry.denominator and {a.split(".")[1] for a in axes["numerator"]} != {
        a.split(".")[1] for a in axes["denominator"]
    }:
        told = ", ".join(axes["numerator"]), ", ".join(axes["denominator"])
        found.append(Remark("axes", place.key("denominator"), (("top", told[0]), ("bottom", told[1]))))
    daily = [
        p.name for side in sides.values() for p in side if p.name in measures and measures[p.name].over_time == "daily"
    ]
    if daily:
        found.append(Remark("daily", place.key("numerator"), (("measures", ", ".join(daily)),)))
    if sides["minus"] and any(part.distinct for part in sides["minus"]):
        found.append(Remark("subset", place.key("minus"), (("measures", ", ".join(entry.minus)),)))
    if entry.unit == "share" and not _same_rows(sides, measures):
        found.append(Remark("share", place.key("unit")))
    return tuple(found)


def _same_rows(sides: dict[str, list[_Part]], measures: Mapping[str, Measure]) -> bool:
    """Whether the numerator is the denominator under a condition, so that a share cannot exceed 1."""
    if len(sides["numerator"]) != 1 or len(sides["denominator"]) != 1 or sides["minus"]:
        return False
    top, bottom = (measures.get(side[0].name) for side in (sides["numerator"], sides["denominator"]))
    if top is None or bottom is None or (top.fact, top.day, top.kind) != (bottom.fact, bottom.day, bottom.kind):
        return False
    return bottom.where is None and _text(top) == _text(bottom)


def _text(measure: Measure) -> str:
    """What a measure adds up or counts: the text of an own one, the column of a built-in one."""
    if isinstance(measure.of, Expression):
        return measure.of.text.strip()
    from shopkeeper.kpi.relation import unbound

    try:
        return str(measure.of(unbound(measure.fact)).get_name())
    except AttributeError:
        return measure.id
