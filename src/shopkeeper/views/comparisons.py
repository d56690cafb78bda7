"""Cells set against what they are compared with: the period before, a year earlier, festivals aligned, baseline, target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from shopkeeper.core.period import Period
from shopkeeper.core.wording import Language, word
from shopkeeper.kpi.counterpart import AGAINST, Against, Counterpart, Refusal, counterpart
from shopkeeper.kpi.definition import Indicator
from shopkeeper.kpi.matrix import matrix_for
from shopkeeper.kpi.own.folder import definitions_of
from shopkeeper.kpi.result import Cell, Matrix, Request, Value
from shopkeeper.kpi.score import score
from shopkeeper.render.formats import NOTHING, Formats
from shopkeeper.views.change import change_between
from shopkeeper.warehouse.shop import Shop


@dataclass(frozen=True)
class Compared:
    """One cell and what it is set against.

    `change` is a fraction of the other value, or a difference of shares; None with a `refusal` where the two cannot be compared.
    """

    cell: Cell
    against: Against
    other: Counterpart
    value: Value
    change: float | None
    refusal: Refusal

    def as_json(self) -> dict[str, object]:
        """The cell's row by the contract with the comparison under `against`."""
        value = self.value if self.value is None or isinstance(self.value, int | float) else format(self.value, "f")
        return self.cell.as_json() | {
            "against": {
                "with": self.against, "period": self.other.period.label if self.other.period else None, "value": value,
                "change": self.change, "festival": self.other.festival or None, "offset": self.other.offset,
                "refused": self.refusal or None,
            }
        }  # fmt: skip


@dataclass(frozen=True)
class ComparisonRow:
    """One comparison of a page: with what, its value, the change, and the mapping or the reason for having none."""

    against: Against
    label: str
    period: str
    text: str
    change: str
    arrow: Literal["", "up", "down", "level"]
    note: str


def compared(shop: Shop, matrix: Matrix, against: Against) -> tuple[Compared, ...]:
    """Every cell of a matrix beside its counterpart, in the order of the cells."""
    if against in ("baseline", "target"):
        return _with_anchors(shop, matrix, against)
    others = {period: counterpart(period, against) for period in matrix.periods}
    wanted = [o.period for o in others.values() if o.period is not None]
    earlier = _matrix_of(shop, matrix, wanted)
    known = definitions_of(shop).indicators
    return tuple(
        _beside(cell, known[cell.kpi].unit, against, others[cell.period], earlier, matrix) for cell in matrix.cells
    )


def _matrix_of(shop: Shop, matrix: Matrix, periods: Sequence[Period]) -> Matrix | None:
    """The same request over the counterparts; None where all lie before the data."""
    first = matrix.first_day
    known = [p for p in periods if first is not None and p.end > first]
    if not known:
        return None
    start, end = min(p.start for p in known), max(p.end for p in known)
    return matrix_for(shop, replace(matrix.request, start=start, end=end))


def _beside(
    cell: Cell, unit: str, against: Against, other: Counterpart, earlier: Matrix | None, matrix: Matrix
) -> Compared:
    if other.period is None:
        return Compared(cell, against, other, None, None, other.refusal)
    first = matrix.first_day
    found = earlier.cell(cell.kpi, other.period, cell.dims) if earlier else None
    if found is None or first is None or other.period.end <= first:
        return Compared(cell, against, other, None, None, "no_data")
    if "partial" in (cell.status, found.status):
        return Compared(cell, against, other, found.value, None, "partial")
    change = change_between(cell.value, found.value, unit)
    return Compared(cell, against, other, found.value, change, "missing" if change is None else "")


def _with_anchors(shop: Shop, matrix: Matrix, against: Against) -> tuple[Compared, ...]:
    scored = {(p, d): score(matrix, shop, p, d).rows for p in matrix.periods for d in matrix.slices()}
    known, found = definitions_of(shop).indicators, []
    for cell in matrix.cells:
        row = scored[cell.period, cell.dims].get(cell.kpi)
        anchors = row.anchors if row else None
        value = None if anchors is None else anchors.target if against == "target" else anchors.baseline
        change = change_between(cell.value, value, known[cell.kpi].unit)
        refusal: Refusal = "no_anchor" if value is None else "missing" if change is None else ""
        found.append(Compared(cell, against, Counterpart(None), value, change, refusal))
    return tuple(found)


def comparison_rows(
    shop: Shop, chosen: Indicator, period: Period, request: Request, formats: Formats
) -> tuple[ComparisonRow, ...]:
    """Every comparison of one indicator in one period; `request` names the slice of the business."""
    narrowed = replace(request, start=period.start, end=period.end, by=(), kpis=(chosen.id,))
    matrix = matrix_for(shop, narrowed)
    rows = []
    for against in AGAINST:
        found = next((c for c in compared(shop, matrix, against) if c.cell.period == period), None)
        if found is not None:
            rows.append(_row(found, chosen, formats))
    return tuple(rows)


def _row(found: Compared, chosen: Indicator, formats: Formats) -> ComparisonRow:
    change = found.change
    kind = "points" if chosen.unit == "share" else "percent"
    arrow: Literal["", "up", "down", "level"] = ""
    if change is not None:
        arrow = "up" if change > 0 else "down" if change < 0 else "level"
    return ComparisonRow(
        found.against,
        word(f"compare.{found.against}", formats.lang),
        formats.period(found.other.period) if found.other.period else "",
        formats.value(found.value, chosen.unit),
        NOTHING if change is None else formats.change(change, kind),
        arrow,
        note(found, formats.lang),
    )


def note(found: Compared, lang: Language) -> str:
    """Why there is no comparison, or how festivals were aligned; nothing where there is nothing to say.

    A festival's own day is told as the main one, others by how far they are from it.
    """
    other = found.other
    name = word(f"festival.{other.festival}", lang) if other.festival else ""
    if found.refusal:
        return word(f"compare_refused.{found.refusal}", lang, festival=name or "–")
    if not name:
        return word("compare.ordinary", lang) if found.against == "festival" else ""
    unit = word(f"kpi_grain.{found.cell.period.grain}", lang)
    if not other.offset:
        return word("compare.main", lang, festival=name, unit=unit)
    return word("compare.offset", lang, festival=name, unit=unit, n=f"{other.offset:+d}".replace("-", "−"))
