"""The matrix as a terminal table: the last periods side by side, the change, a spark of the year, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shopkeeper.core.period import Period
from shopkeeper.core.settings import ShopSection
from shopkeeper.core.wording import Language, word
from shopkeeper.kpi.definition import DIMENSIONS, Indicator
from shopkeeper.kpi.definitions import Definitions
from shopkeeper.kpi.missing import missing_words
from shopkeeper.kpi.result import Dims, Matrix
from shopkeeper.kpi.score import Score
from shopkeeper.render.formats import Formats
from shopkeeper.views.labels import indicator_word

_BLOCKS = "▁▂▃▄▅▆▇█"
_PERIODS_BY_WIDTH = ((118, 4), (100, 3), (0, 1))


def print_matrix(
    matrix: Matrix,
    scores: list[Score],
    lang: Language,
    shop: ShopSection,
    definitions: Definitions,
    *,
    companions: bool = False,
) -> None:
    """Print one table a slice, then the score."""
    console = Console()
    notice = shop.notice_zh if lang == "zh" and shop.notice_zh else shop.notice
    console.print(Text(word("matrix.title", lang, shop=shop.name, snapshot=matrix.snapshot), style="bold"))
    if notice:
        console.print(Text(notice, style="dim"))
    if not matrix.periods or not matrix.cells:
        console.print(word("matrix.no_data", lang))
        return
    formats = Formats(lang, matrix.currency)
    for dims in matrix.slices():
        if dims:
            named = " · ".join(f"{word(f'kpi_slice.{n}', lang)}: {v if v is not None else '–'}" for n, v in dims)
            console.print(Text(f"\n{named}", style="bold cyan"))
        _print_slice(console, matrix, dims, formats, lang, definitions, companions=companions)
    for found in scores:
        _print_score(console, found, lang)
    for warning in matrix.warnings(lang):
        console.print(Text(f"! {warning}", style="yellow"))


@dataclass(frozen=True)
class _Sheet:
    """One printed table: a slice, the periods side by side, and those the spark draws."""

    matrix: Matrix
    dims: Dims
    shown: list[Period]
    drawn: list[Period]
    trend: bool
    formats: Formats
    lang: Language

    def row(self, indicator: Indicator) -> list[str | Text]:
        """The cells of one indicator."""
        cells = [self.matrix.cell(indicator.id, p, self.dims) for p in self.shown]
        texts = [self.formats.value(c.value if c else None, indicator.unit) for c in cells]
        marks = ["*" if c and c.status in ("immature", "partial") and c.value is not None else "" for c in cells]
        history = [self.matrix.cell(indicator.id, p, self.dims) for p in self.drawn]
        values = [float(c.value) if c and c.value is not None else None for c in history]
        last = cells[-1]
        needs = missing_words(last.missing, self.lang) if last and last.value is None else ""
        return [
            Text(indicator.id if indicator.dimension else "", style="dim"),
            indicator_word(indicator, "name", self.lang),
            *(Text(t + m, style="dim" if t == "–" else "") for t, m in zip(texts, marks, strict=True)),
            _change(values, indicator, self.formats),
            *([_spark(values)] if self.trend else []),
            Text(needs, style="dim"),
        ]

    def empty_table(self) -> Table:
        """The table with its headings."""
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        table.add_column("", no_wrap=True)
        table.add_column(word("matrix.indicator", self.lang), overflow="fold", min_width=24, max_width=34)
        for period in self.shown:
            table.add_column(self.formats.tick(period), justify="right", no_wrap=True)
        table.add_column(word("matrix.change", self.lang), justify="right", no_wrap=True)
        if self.trend:
            table.add_column(word("matrix.trend", self.lang), no_wrap=True)
        table.add_column(word("matrix.needs", self.lang), overflow="fold")
        return table


def _print_slice(
    console: Console,
    matrix: Matrix,
    dims: Dims,
    formats: Formats,
    lang: Language,
    definitions: Definitions,
    *,
    companions: bool,
) -> None:
    latest = matrix.latest_whole
    assert latest is not None
    upto = [p for p in matrix.periods if p <= latest]
    periods = next(n for width, n in _PERIODS_BY_WIDTH if console.width >= width)
    sheet = _Sheet(matrix, dims, upto[-periods:], upto[-12:], periods > 1, formats, lang)
    table = sheet.empty_table()
    wanted = [i for i in definitions.indicators.values() if matrix.cell(i.id, latest, dims) is not None]
    groups: list[tuple[str, list[Indicator]]] = [
        (word(f"kpi_dimension.{d}", lang), [i for i in wanted if i.dimension == d]) for d in DIMENSIONS
    ]
    if companions:
        groups.append((word("matrix.beside", lang), [i for i in wanted if not i.dimension]))
    for title, members in groups:
        if members:
            table.add_row("", Text(title, style="bold"))
        for indicator in members:
            table.add_row(*sheet.row(indicator))
    console.print(table)


def _change(values: list[float | None], indicator: Indicator, formats: Formats) -> Text:
    if len(values) < 2 or values[-1] is None or not values[-2]:
        return Text("–", style="dim")
    points = indicator.unit == "share"
    change = values[-1] - values[-2] if points else values[-1] / values[-2] - 1
    arrow = "▲" if change > 0 else "▼" if change < 0 else "="
    return Text(f"{arrow} {formats.change(change, 'points' if points else 'percent')}")


def _spark(values: list[float | None]) -> str:
    known = [v for v in values if v is not None]
    if len(known) < 2:
        return ""
    low, high = min(known), max(known)
    step = (high - low) / (len(_BLOCKS) - 1) or 1.0
    return "".join(" " if v is None else _BLOCKS[round((v - low) / step)] for v in values)


def _print_score(console: Console, found: Score, lang: Language) -> None:
    if found.total is None:
        console.print(Text(word("matrix.no_score", lang), style="dim"))
        return
    parts = [
        f"{word(f'kpi_dimension.{d.dimension}', lang)} {d.score:.1f}" for d in found.dimensions if d.score is not None
    ]
    line = word(
        "matrix.score",
        lang,
        total=f"{found.total:.2f}",
        confidence=f"{found.confidence:.0%}",
        period=found.period.label,
    )
    console.print(Text(f"{line}  {' · '.join(parts)}", style="bold"))
