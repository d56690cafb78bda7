"""`shopkeeper kpis --pack`: one platform's indicators in its own words, the last whole periods side by side."""

from __future__ import annotations

from shopkeeper.cli.output import Format, emit
from shopkeeper.core.period import Period
from shopkeeper.core.wording import Language, word
from shopkeeper.errors import UsageError
from shopkeeper.kpi.definition import Indicator
from shopkeeper.kpi.definitions import Definitions
from shopkeeper.kpi.matrix import matrix_for
from shopkeeper.kpi.missing import missing_words
from shopkeeper.kpi.own.folder import definitions_of
from shopkeeper.kpi.packs import PACKS, Pack, Section, pack_of, pack_request, platforms_of, with_platform_needs
from shopkeeper.kpi.result import Matrix, Request
from shopkeeper.render.formats import NOTHING, Formats
from shopkeeper.views.labels import indicator_name
from shopkeeper.warehouse.shop import Shop

SHOWN_PERIODS = 3


def emit_pack(shop: Shop, name: str, asked: Request, lang: Language, fmt: Format) -> None:
    """Print a pack. Raises NotFound for an unknown one, UsageError where the shop has no platform for it."""
    pack = pack_of(name)
    if asked.kpis or asked.by:
        raise UsageError("a pack says which indicators it has", received="--kpi or --by", allowed="--pack without them")
    platforms = platforms_of(shop, pack)
    if not platforms:
        here = [p.id for p in PACKS.values() if platforms_of(shop, p)]
        raise UsageError(
            "this shop has no platform that the pack is for", where=f"shop {shop.id}", received=pack.id,
            allowed=", ".join(here) or "packs need a platform in the table platforms",
        )  # fmt: skip
    request = pack_request(pack, asked, platforms)
    matrix = with_platform_needs(shop, matrix_for(shop, request), platforms)
    rows = [row for section in pack.sections for row in _rows(pack, section, matrix, definitions_of(shop), lang, fmt)]
    periods = [(p.label, p.label) for p in _periods(matrix)] if fmt == "table" else []
    wanted = ("section", "term", "kpi", *(() if periods else ("period", "value", "unit", "status")))
    headings = {"section": word("pack.section", lang), "term": word("pack.term", lang)}
    columns = [(n, headings.get(n, n)) for n in wanted] + periods + [("missing", word("matrix.needs", lang))]
    title = f"{word(f'pack.{pack.id}_name', lang)} · {', '.join(platforms)}"
    meta: dict[str, object] = {
        "shop": shop.id, "as_of": matrix.last_day.isoformat() if matrix.last_day else None, "snapshot": matrix.snapshot,
        "warnings": list(matrix.warnings()), "pack": pack.id, "platforms": list(platforms),
    }  # fmt: skip
    emit(rows, columns=columns, fmt=fmt, meta=meta, title=title)


def _periods(matrix: Matrix) -> list[Period]:
    """The last periods that the data covers."""
    latest = matrix.latest_whole
    return [p for p in matrix.periods if latest is None or p <= latest][-SHOWN_PERIODS:]


def _rows(
    pack: Pack, section: Section, matrix: Matrix, own: Definitions, lang: Language, fmt: Format
) -> list[dict[str, object]]:
    heading = word(f"pack_section.{section.id}", lang)
    rows: list[dict[str, object]] = []
    for kpi in section.indicators:
        named: dict[str, object] = {
            "section": heading,
            "term": pack.own_term(kpi, lang) or indicator_name(own.indicator(kpi), lang),
        }
        if fmt == "table":
            rows.append(named | _beside(own.indicator(kpi), matrix, lang))
        else:
            rows += [named | cell.as_json() for cell in matrix.cells if cell.kpi == kpi]
    for key in section.unsourced:
        needs = word(f"pack_unsourced.{key}_needs", lang)
        blank: dict[str, object] = {"section": heading, "term": word(f"pack_unsourced.{key}_name", lang), "kpi": ""}
        if fmt == "table":
            rows.append(blank | {p.label: NOTHING for p in _periods(matrix)} | {"missing": needs})
        else:
            rows.append(blank | {"period": None, "value": None, "unit": None, "status": "missing", "missing": [needs]})
    return [row | {"missing": " ".join(row["missing"])} if fmt == "csv" else row for row in rows]  # type: ignore[arg-type]


def _beside(declared: Indicator, matrix: Matrix, lang: Language) -> dict[str, object]:
    """One indicator with its shown periods side by side."""
    formats, unit = Formats(lang, matrix.currency), declared.unit
    cells = {p.label: matrix.cell(declared.id, p) for p in _periods(matrix)}
    texts: dict[str, object] = {label: formats.value(c.value if c else None, unit) for label, c in cells.items()}
    last = list(cells.values())[-1] if cells else None
    needs = missing_words(last.missing, lang) if last and last.value is None else ""
    return {"kpi": declared.id, **texts, "missing": needs}
