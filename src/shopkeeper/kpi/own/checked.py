"""A check of definitions against one shop: what cannot be used, what is worth knowing, and the first values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import duckdb

from shopkeeper.errors import KpiDefinitionError, ShopkeeperError
from shopkeeper.kpi.definitions import Definitions
from shopkeeper.kpi.matrix import holdings, matrix_for
from shopkeeper.kpi.missing import missing_words
from shopkeeper.kpi.own.compiled import Compiled, compile_texts
from shopkeeper.kpi.own.document import suggested
from shopkeeper.kpi.own.folder import texts_of
from shopkeeper.kpi.own.indicator import Remark
from shopkeeper.kpi.relation import base
from shopkeeper.kpi.result import Cell, Request
from shopkeeper.warehouse.engines.dialect import compiled as compiled_sql
from shopkeeper.warehouse.shop import Shop


def check_text(shop: Shop, given: Mapping[str, str]) -> Compiled:
    """The shop's definitions with some files, by `kpis/NAME`, new or in place of those there.

    Raises KpiDefinitionError for a file in the folder that is no text.
    """
    found = compile_texts({**texts_of(shop.folder), **given}, shop.settings.shop.currency)
    remarks = tuple(r for r in found.remarks if not given or r.where.split(",")[0] in given)
    by_shop = (*_unknown_platforms(shop, found.definitions), *_unreadable(shop, found.definitions))
    found = replace(found, problems=(*found.problems, *by_shop), remarks=remarks)
    if found.problems:
        return found
    return replace(found, remarks=(*remarks, *_about_data(shop, found.definitions, given)))


def own_in(definitions: Definitions, given: Mapping[str, str]) -> tuple[str, ...]:
    """Ids of the shop's own indicators that stand in some files; in all when none are given."""
    return tuple(k for k, source in definitions.sources.items() if not given or source.file in given)


@dataclass(frozen=True)
class FirstValue:
    """An own indicator in the newest whole month."""

    kpi: str
    cell: Cell | None


def first_values(shop: Shop, definitions: Definitions, given: Mapping[str, str]) -> tuple[FirstValue, ...]:
    """Each of the shop's own indicators in its newest whole month, computed without accepting anything."""
    wanted = own_in(definitions, given)
    if not wanted:
        return ()
    matrix = matrix_for(shop, Request("month", kpis=wanted), definitions)
    period = matrix.latest_whole
    return tuple(FirstValue(kpi, matrix.cell(kpi, period) if period else None) for kpi in wanted)


def _unknown_platforms(shop: Shop, definitions: Definitions) -> tuple[KpiDefinitionError, ...]:
    named = {t.platform: t for t in definitions.targets if t.platform}
    if not named:
        return ()
    known = [
        p for (p,) in shop.lake.query("SELECT DISTINCT platform_id FROM shops WHERE platform_id IS NOT NULL").fetchall()
    ]
    return tuple(
        KpiDefinitionError(
            "no shop here is on this platform", where=f"{target.where}, key platform", received=platform,
            allowed=suggested(platform, sorted(known)), state="nothing was changed", next_command="shopkeeper sources",
        )
        for platform, target in named.items() if known and platform not in known
    )  # fmt: skip


def _unreadable(shop: Shop, definitions: Definitions) -> list[KpiDefinitionError]:
    """Measures that the engine cannot compute, asked without reading a row: the checks before should leave none."""
    problems = []
    for measure in definitions.own_measures(tuple(definitions.measures)):
        t = base(measure.fact, (measure,), (), ())
        where = measure.where(t) if measure.where else None
        made = measure.of(t).sum(where=where) if measure.kind == "sum" else measure.of(t).nunique(where=where)
        try:
            shop.lake.query(f"EXPLAIN {compiled_sql(t.aggregate(made=made), 'duckdb')}")
        except (duckdb.Error, ShopkeeperError) as error:
            problems.append(
                KpiDefinitionError(
                    "the engine cannot compute this measure", where=f"measure {measure.id}", state="nothing was changed",
                    received=getattr(measure.of, "text", measure.of), allowed=str(error).splitlines()[0],
                    next_command="shopkeeper define check",
                )
            )  # fmt: skip
    return problems


def _about_data(shop: Shop, definitions: Definitions, given: Mapping[str, str]) -> list[Remark]:
    """What the shop's own data say about definitions that have no problem."""
    found = holdings(shop, definitions)
    remarks = []
    for value in first_values(shop, definitions, given):
        declared, source = definitions.indicators[value.kpi], definitions.sources[value.kpi]
        where = f"{source.file}, line {source.line}, {value.kpi}"
        lacks = found.lacks(declared.needs)
        if lacks:
            told = (("needs", missing_words(lacks, "en")), ("needs_zh", missing_words(lacks, "zh")))
            remarks.append(Remark("needs", where, told))
        parts = (*declared.numerator, *declared.denominator, *declared.minus)
        money = any(definitions.measures[p].unit == "money" for p in parts if p in definitions.measures)
        if len(found.currencies) > 1 and money:
            remarks.append(Remark("currency", where, (("currencies", "/".join(found.currencies)),)))
        share = value.cell.value if value.cell and declared.unit == "share" else None
        if share is not None and not 0 <= share <= 1:
            remarks.append(Remark("beyond", where, (("value", f"{float(share):.1%}"),)))
    return remarks
