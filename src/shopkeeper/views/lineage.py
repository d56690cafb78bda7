"""Where one cell comes from: its formula with the numbers in it, the rows and files behind each part, and what the checks say."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from shopkeeper.core.period import Period
from shopkeeper.core.wording import Language, word
from shopkeeper.errors import NotEstimable
from shopkeeper.kpi.contributing import Contribution, contributions, counts_persons
from shopkeeper.kpi.definition import Indicator
from shopkeeper.kpi.explain_sql import cell_sql
from shopkeeper.kpi.matrix import holdings, matrix_for, persons_remark
from shopkeeper.kpi.missing import missing_words
from shopkeeper.kpi.own.folder import definitions_of
from shopkeeper.kpi.result import Cell, Dims, Filters, Request
from shopkeeper.quality.ledger import history, rules_of
from shopkeeper.render.formats import Formats
from shopkeeper.views.detail import Formula, formula
from shopkeeper.views.labels import indicator_word, part_name
from shopkeeper.views.ledger import loads_by_id
from shopkeeper.views.lens import Lens
from shopkeeper.views.overview import Freshness, freshness
from shopkeeper.views.window import window
from shopkeeper.warehouse.lake import Lake
from shopkeeper.warehouse.model import COMMERCE_TABLES
from shopkeeper.warehouse.shop import Shop

SHOWN_ROWS = 20


@dataclass(frozen=True)
class FileShown:
    """One file that contributing rows came from, and the load that brought it: one snapshot."""

    file: str
    load: str
    snapshot: int | None
    loaded_at: dt.datetime | None
    rows: int


@dataclass(frozen=True)
class PartShown:
    """One part of the cell: what it adds up to, counted anew from the rows, and the largest of them."""

    measure: str
    name: str
    table: str
    day: str
    period: str
    rows: int
    value: str
    history: bool
    columns: tuple[str, ...]
    sample: tuple[tuple[str, ...], ...]
    files: tuple[FileShown, ...]


@dataclass(frozen=True)
class PersonsShown:
    """Which run of One-ID says who is one buyer: of how many customers it made how many persons. `says` is a sentence."""

    run: str
    ran_at: dt.datetime
    customers: int
    persons: int
    says: str


@dataclass(frozen=True)
class Verdict:
    """What the newest run of checks found on one table, and rows of it still set aside. `run` is empty if it never ran."""

    table: str
    name: str
    status: str
    status_word: str
    run: str
    ran_at: dt.datetime | None
    passed: int
    failed: tuple[str, ...]
    set_aside: int


@dataclass(frozen=True)
class Lineage:
    """Everything about where one cell comes from. `value` is "–" where it has none, and `missing` says why."""

    shop: str
    kpi: str
    name: str
    period: str
    cut: str
    freshness: Freshness
    value: str
    state: str
    missing: str
    definition: str
    formula: Formula
    parts: tuple[PartShown, ...]
    persons: PersonsShown | None
    verdicts: tuple[Verdict, ...]
    sql: str
    no_sql: str


def lineage_page(shop: Shop, lens: Lens, snapshot: int) -> Lineage:
    """The lineage of the cell that a lens looks at.

    Raises NotFound for an unknown indicator, NotEstimable for a shop without orders, UsageError for a period without data.
    """
    found = window(shop, lens)
    if found is None:
        raise NotEstimable("this shop has no orders yet", ("order_lines",), next_command="shopkeeper ingest")
    return lineage(shop, lens.kpi, found.selected, lens.filters, lens.lang, freshness(shop, snapshot, lens))


def lineage(
    shop: Shop, kpi: str, period: Period, dims: Dims, lang: Language, fresh: Freshness, rows: int = SHOWN_ROWS
) -> Lineage:
    """Where the cell of an indicator in a period and slice comes from."""
    declared = definitions_of(shop).indicator(kpi)
    filters: Filters = tuple((name, (value,)) for name, value in dims)
    matrix = matrix_for(shop, Request(period.grain, period.start, period.end, (), (declared.id,), filters))
    cell = matrix.cell(declared.id, period)
    formats = Formats(lang, matrix.currency)
    sliced = all(name in declared.slices for name, _ in dims)
    behind = contributions(shop, declared.id, period, filters, limit=rows) if sliced else ()
    tables = dict.fromkeys([c.part.measure.fact for c in behind] + [need.split(".")[0] for need in declared.needs])
    sql, no_sql = _sql(shop, declared, period, dims, cell, lang)
    return Lineage(
        shop=shop.id,
        kpi=declared.id,
        name=indicator_word(declared, "name", lang),
        period=formats.period(period),
        cut=" · ".join(
            f"{word(f'kpi_slice.{name}', lang)}: {value if value is not None else '–'}" for name, value in dims
        ),
        freshness=fresh,
        value=formats.exact(cell.value if cell else None, declared.unit),
        state=word(f"kpi_status.{cell.status}", lang) if cell else "",
        missing=missing_words(cell.missing, lang) if cell else "",
        definition=indicator_word(declared, "definition", lang),
        formula=formula(declared, cell, formats),
        parts=_parts(shop.lake, declared, behind, formats),
        persons=_persons(shop, behind, lang),
        verdicts=_verdicts(shop.lake, tuple(tables), lang),
        sql=sql,
        no_sql=no_sql,
    )


def _sql(
    shop: Shop, declared: Indicator, period: Period, dims: Dims, cell: Cell | None, lang: Language
) -> tuple[str, str]:
    if cell is None or cell.status == "not_sliceable":
        return "", word("kpis.no_sql", lang)
    try:
        return cell_sql(shop, declared.id, period, dims), ""
    except NotEstimable:
        return "", word("kpis.no_sql", lang)


def _parts(
    lake: Lake, declared: Indicator, behind: tuple[Contribution, ...], formats: Formats
) -> tuple[PartShown, ...]:  # fmt: skip
    hashes = sorted({f.file_hash for c in behind for f in c.files})
    named = "SELECT file_hash, min(file_name) FROM load_files WHERE list_contains(?, file_hash) GROUP BY 1"
    names = dict(lake.query(named, [hashes]).fetchall()) if hashes else {}
    loads = {load.id: load for load in loads_by_id(lake, sorted({f.load_id for c in behind for f in c.files}))}
    shown = []
    told = {c.part.name for c in behind if c.rows}
    for c in behind:
        if not c.rows and c.part.name in told:
            continue  # visitors are told by session or by day; the other measure has nothing to show here
        measure = c.part.measure
        files = tuple(
            FileShown(
                names.get(f.file_hash, f.file_hash[:12]), f.load_id, load.snapshot if load else None,
                load.started_at if load else None, f.rows,
            )
            for f in c.files for load in [loads.get(f.load_id)]
        )  # fmt: skip
        value = formats.exact(c.value, "money" if measure.unit == "money" else "count")
        sample = tuple(tuple("" if v is None else f"{v}" for v in row) for row in c.sample)
        shown.append(
            PartShown(
                measure.id, part_name(declared, c.part.name, formats.lang), measure.fact, measure.day,
                formats.period(c.part.period), c.rows, value, c.part.history, c.columns, sample, files,
            )
        )  # fmt: skip
    return tuple(shown)


def _persons(shop: Shop, behind: tuple[Contribution, ...], lang: Language) -> PersonsShown | None:
    """The run that a part's buyers rest on; None where none of them is linked to another, or no part counts buyers."""
    linked = holdings(shop).linked
    if linked is None or not any(counts_persons(c.part) for c in behind):
        return None
    row = shop.lake.query("SELECT ran_at FROM link_runs WHERE run_id = ?", [linked.run]).fetchone()
    assert row is not None
    return PersonsShown(linked.run, row[0], linked.customers, linked.persons, persons_remark(linked).text(lang))


def _verdicts(lake: Lake, tables: tuple[str, ...], lang: Language) -> tuple[Verdict, ...]:
    """The newest run's outcome for each table that the cell rests on."""
    run = next(iter(history(lake, limit=1)), None)
    rules = rules_of(lake, run.run_id) if run else ()
    aside = dict(lake.query("SELECT table_name, count(*) FROM quarantine WHERE resolved IS NULL GROUP BY 1").fetchall())
    found = []
    for table in (t for t in tables if t in COMMERCE_TABLES):
        own = [rule for rule in rules if rule.table == table]
        failed = tuple(rule.rule for rule in own if rule.status == "fail")
        judged = [rule for rule in own if rule.status != "not_run"]
        status = "fail" if failed else "pass" if judged else "not_run"
        found.append(
            Verdict(
                table, word(f"kpi_source.{table}", lang), status, word(f"check_status.{status}", lang),
                run.run_id if run and judged else "", run.ran_at if run and judged else None,
                sum(rule.status == "pass" for rule in own), failed, int(aside.get(table, 0)),
            )
        )  # fmt: skip
    return tuple(found)
