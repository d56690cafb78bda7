"""One indicator as a row: value, changes, target, recent course and status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shopkeeper.core.wording import Language, word
from shopkeeper.kpi.definition import Indicator
from shopkeeper.kpi.missing import missing_words
from shopkeeper.kpi.result import Cell, Value
from shopkeeper.kpi.score import RowScore
from shopkeeper.render.formats import NOTHING, Formats
from shopkeeper.views.change import Change, change_between, judged, series_changes, usual_change
from shopkeeper.views.labels import indicator_name
from shopkeeper.views.window import SPARK_PERIODS, Figures

RowStatus = Literal["on_track", "watch", "off", "not_scored", "no_data", "immature", "partial"]

STATUS_WORDS: dict[RowStatus, str] = {
    "on_track": "status.on_track",
    "watch": "status.watch",
    "off": "status.off",
    "not_scored": "status.not_scored",
    "no_data": "status.no_data",
    "immature": "kpi_status.immature",
    "partial": "kpi_status.partial",
}


@dataclass(frozen=True)
class Delta:
    """A change as it is shown: its size, the arrow of its direction, and whether it is welcome."""

    text: str
    arrow: Literal["up", "down", "level"]
    tone: Literal["good", "bad", "flat"]
    title: str
    size: float


@dataclass(frozen=True)
class Row:
    """One indicator in the selected period."""

    id: str
    name: str
    unit: str
    starred: bool
    in_matrix: bool
    value: Value
    text: str
    exact: str
    previous: Delta | None
    year: Delta | None
    target: str
    attainment: float | None
    attainment_text: str
    series: tuple[float | None, ...]
    status: RowStatus
    status_word: str
    missing: str

    @property
    def known(self) -> bool:
        """Whether it has a value in this period."""
        return self.value is not None


def row(indicator: Indicator, found: Figures, formats: Formats, scored: RowScore | None = None) -> Row:
    """An indicator's row in the selected period of a page."""
    lang = formats.lang
    periods = found.window.until_selected
    cells = found.series(indicator.id, periods)
    cell = cells[-1] if cells else None
    values = comparable(cells)
    value = cell.value if cell else None
    status = _status(cell, scored)
    attainment = scored.attainment if scored and value is not None else None
    return Row(
        id=indicator.id,
        name=indicator_name(indicator, lang),
        unit=indicator.unit,
        starred=indicator.starred,
        in_matrix=indicator.dimension is not None,
        value=value,
        text=formats.value(value, indicator.unit),
        exact=formats.exact(value, indicator.unit),
        previous=_delta(change_on_previous(values, indicator, cell), formats),
        year=_delta(_change_on_year(found, values, indicator, cell), formats),
        target=formats.value(target_of(scored), indicator.unit),
        attainment=attainment,
        attainment_text=NOTHING if attainment is None else f"{attainment * 100:.0f}%",
        series=tuple(None if c is None or c.value is None else float(c.value) for c in cells[-SPARK_PERIODS:]),
        status=status,
        status_word=word(STATUS_WORDS[status], lang),
        missing=_missing(cell, lang),
    )


def target_of(scored: RowScore | None) -> float | None:
    """The target of a scored indicator."""
    return scored.anchors.target if scored and scored.anchors else None


def comparable(cells: tuple[Cell | None, ...]) -> tuple[Value, ...]:
    """Values that may be compared with one another: those of whole periods."""
    return tuple(None if c is None or c.status == "partial" else c.value for c in cells)


def change_on_previous(values: tuple[Value, ...], indicator: Indicator, cell: Cell | None) -> Change | None:
    """The change of the last value on the one before, judged by the changes before it."""
    if len(values) < 2:
        return None
    changes = series_changes(values, indicator.unit)
    return judged(changes[-1], usual_change(changes[:-1]), indicator.unit, _direction(indicator, cell))


def _change_on_year(
    found: Figures, values: tuple[Value, ...], indicator: Indicator, cell: Cell | None
) -> Change | None:
    before = found.year_cell(indicator.id)
    if not values or before is None or before.status == "partial":
        return None
    pairs = dict(zip(found.window.until_selected, values, strict=True))
    earlier = [
        change_between(value, pairs.get(period.year_before()), indicator.unit)
        for period, value in list(pairs.items())[:-1]
    ]
    size = change_between(values[-1], before.value, indicator.unit)
    return judged(size, usual_change(earlier), indicator.unit, _direction(indicator, cell))


def _direction(indicator: Indicator, cell: Cell | None) -> int:
    """No change of a figure that is still ripening is called good or bad."""
    return 0 if cell is None or cell.status == "immature" else indicator.direction


def _delta(change: Change | None, formats: Formats) -> Delta | None:
    if change is None:
        return None
    text = formats.change(change.size, change.kind)
    arrow: Literal["up", "down", "level"] = "up" if change.size > 0 else "down" if change.size < 0 else "level"
    if change.usual is None:
        title = word("overview.usual_unknown", formats.lang)
    else:
        title = word("overview.usual_up_to", formats.lang, size=formats.change(change.usual, change.kind))
    return Delta(text, arrow, change.tone, title, change.size)


def _status(cell: Cell | None, scored: RowScore | None) -> RowStatus:
    if cell is None or cell.value is None:
        return "no_data"
    if cell.status == "partial":
        return "partial"
    if cell.status == "immature":
        return "immature"
    return scored.status if scored else "not_scored"


def _missing(cell: Cell | None, lang: Language) -> str:
    if cell is not None and cell.value is not None:
        return ""
    if cell is None or not cell.missing:
        return word("overview.no_rows", lang)
    needed = missing_words(cell.missing, lang)
    # "has no category dimension" and the like are sentences of their own; the rest are things that are needed
    own = {"daily_only", "empty", "no_slice"}
    return needed if cell.missing[0].partition(":")[0] in own else word("overview.needs", lang, what=needed)
