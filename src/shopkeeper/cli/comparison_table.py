"""`shopkeeper kpis --against`: cells beside what they are compared with."""

from __future__ import annotations

from collections.abc import Mapping

from shopkeeper.cli.output import Format, emit
from shopkeeper.core.wording import Language
from shopkeeper.kpi.counterpart import against_named
from shopkeeper.kpi.definitions import Definitions
from shopkeeper.kpi.own.folder import definitions_of
from shopkeeper.kpi.result import Matrix
from shopkeeper.render.formats import Formats
from shopkeeper.views.comparisons import Compared, compared, note
from shopkeeper.views.labels import indicator_name
from shopkeeper.warehouse.shop import Shop


def emit_compared(
    matrix: Matrix, shop: Shop, name: str, lang: Language, fmt: Format, meta: Mapping[str, object]
) -> None:
    """Print every cell with a value beside its counterpart; JSON has those without one, too.

    Raises NotFound for an unknown comparison.
    """
    found = compared(shop, matrix, against_named(name))
    if fmt == "json":
        emit([c.as_json() for c in found], columns=[], fmt="json", meta=meta)
        return
    formats = Formats(lang, matrix.currency)
    rows = [
        _row(c, definitions_of(shop), formats, plain=fmt == "csv")
        for c in found
        if fmt == "csv" or c.cell.value is not None
    ]
    columns = ["kpi", "name", "period", *matrix.request.by, "value", "against", "then", "change", "note"]
    emit(rows, columns=[(n, n) for n in columns], fmt=fmt, meta=meta)


def _row(found: Compared, own: Definitions, formats: Formats, *, plain: bool) -> dict[str, object]:
    cell = found.cell
    declared = own.indicator(cell.kpi)
    other = found.other.period.label if found.other.period else found.against
    named: dict[str, object] = {str(name): value for name, value in cell.dims}
    named |= {"kpi": cell.kpi, "name": indicator_name(declared, formats.lang), "period": cell.period.label}
    told: dict[str, object] = {"against": other, "note": note(found, formats.lang)}
    if plain:
        return named | told | {"value": cell.value, "then": found.value, "change": found.change}
    kind = "points" if declared.unit == "share" else "percent"
    sign = "+" if (found.change or 0) > 0 else "−" if (found.change or 0) < 0 else ""
    change = None if found.change is None else sign + formats.change(found.change, kind)
    texts: dict[str, object] = {
        "value": formats.value(cell.value, declared.unit),
        "then": formats.value(found.value, declared.unit),
    }
    return named | told | texts | {"change": change}
