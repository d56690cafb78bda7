"""The Models pages: every model with what it asks and needs; one model with its answer, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shopkeeper.core.wording import Language, word
from shopkeeper.errors import NotEstimable
from shopkeeper.insight.models.declared import GROUPS, Model, Option
from shopkeeper.insight.models.inputs import filled_inputs
from shopkeeper.insight.models.registry import model as model_named
from shopkeeper.insight.models.registry import models
from shopkeeper.insight.models.result import Basis, Cell, Exit, Figure, ModelResult, Picture, Table
from shopkeeper.insight.models.run import Asked, estimate
from shopkeeper.insight.models.said import Said
from shopkeeper.kpi.missing import missing_words
from shopkeeper.render.formats import NOTHING, Formats
from shopkeeper.render.picture import DrawnPicture, DrawnSeries
from shopkeeper.views.lens import Lens
from shopkeeper.views.model_words import cell_text, said
from shopkeeper.views.overview import Freshness, freshness
from shopkeeper.warehouse.shop import Shop


@dataclass(frozen=True)
class InputShown:
    """One input of a model, in words, and whether the shop has it."""

    id: str
    name: str
    found: bool
    needed: bool


@dataclass(frozen=True)
class CheckShown:
    """Published figures that the model gave back, and the test that holds it to them."""

    source: str
    data: str
    figures: str
    test: str


@dataclass(frozen=True)
class ModelEntry:
    """One model of the list. `ready`: every input that it needs is there."""

    number: int
    id: str
    name: str
    question: str
    group: str
    ready: bool
    inputs: tuple[InputShown, ...]
    references: tuple[str, ...]
    breaks: str
    checks: tuple[CheckShown, ...]


@dataclass(frozen=True)
class ModelGroup:
    """Models of one kind of question."""

    id: str
    name: str
    entries: tuple[ModelEntry, ...]


@dataclass(frozen=True)
class ModelsPage:
    """The list of models."""

    shop: str
    freshness: Freshness
    groups: tuple[ModelGroup, ...]
    ready: int
    count: int


@dataclass(frozen=True)
class ChoiceShown:
    """One value of an option."""

    value: str
    name: str


@dataclass(frozen=True)
class OptionShown:
    """An option with the value of this run."""

    name: str
    label: str
    kind: str
    value: str
    low: float | None
    high: float | None
    choices: tuple[ChoiceShown, ...]


@dataclass(frozen=True)
class FigureShown:
    """One number: as it is, and as it is read. `interval` is empty where there is none."""

    id: str
    label: str
    value: object
    unit: str
    low: object
    high: object
    level: float | None
    text: str
    interval: str
    note: str


@dataclass(frozen=True)
class ColumnShown:
    """One column; `numeric` ones stand to the right."""

    id: str
    heading: str
    unit: str
    numeric: bool


@dataclass(frozen=True)
class TableShown:
    """A table: `rows` as they are, names said; `texts` as they are read."""

    id: str
    title: str
    note: str
    columns: tuple[ColumnShown, ...]
    rows: tuple[tuple[object, ...], ...]
    texts: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class ExitShown:
    """What can be done with the answer; `rule` is that of a segment."""

    id: str
    kind: str
    label: str
    rule: str


@dataclass(frozen=True)
class Answer:
    """The answer of a model in one language."""

    method: str
    figures: tuple[FigureShown, ...]
    tables: tuple[TableShown, ...]
    pictures: tuple[DrawnPicture, ...]
    remarks: tuple[str, ...]
    exits: tuple[ExitShown, ...]
    basis: Basis
    basis_text: str


@dataclass(frozen=True)
class Refusal:
    """Why there is no answer, and what would be needed for one."""

    reason: str
    needed: tuple[str, ...]


@dataclass(frozen=True)
class ModelPage:
    """One model: either `answer` or `refusal` is there."""

    shop: str
    freshness: Freshness
    model: ModelEntry
    options: tuple[OptionShown, ...]
    first_day: str
    last_day: str
    answer: Answer | None
    refusal: Refusal | None


def models_page(shop: Shop, lens: Lens, snapshot: int) -> ModelsPage:
    """Every model with the inputs that this shop has for it."""
    declared = models().values()
    filled = filled_inputs(shop, {n for m in declared for n in (*m.inputs, *m.helps)})
    entries = [_entry(m, filled, lens.lang) for m in declared]
    groups = tuple(
        ModelGroup(g, word(f"model_group.{g}", lens.lang), tuple(e for e in entries if e.group == g)) for g in GROUPS
    )
    return ModelsPage(
        shop.id, freshness(shop, snapshot, lens), tuple(g for g in groups if g.entries), sum(e.ready for e in entries),
        len(entries),
    )  # fmt: skip


def model_page(shop: Shop, lens: Lens, snapshot: int, name: str, asked: Asked) -> ModelPage:
    """One model over the shop. Raises NotFound for its name, UsageError for an option that cannot be used."""
    found = model_named(name)
    chosen = found.chosen(dict(asked.options))
    filled = filled_inputs(shop, (*found.inputs, *found.helps))
    formats = Formats(lens.lang, shop.settings.shop.currency)
    answer: Answer | None = None
    refused: Refusal | None = None
    try:
        answer = answer_of(estimate(shop, found, asked), formats)
    except NotEstimable as error:
        refused = refusal_of(error, lens.lang)
    return ModelPage(
        shop.id, freshness(shop, snapshot, lens), _entry(found, filled, lens.lang),
        tuple(_option(o, chosen[o.name], lens.lang) for o in found.options),
        asked.first_day.isoformat() if asked.first_day else "", asked.last_day.isoformat() if asked.last_day else "",
        answer, refused,
    )  # fmt: skip


def answer_of(result: ModelResult, formats: Formats) -> Answer:
    """A result in the words of one language."""
    return Answer(
        said(result.method, formats),
        tuple(_figure(f, formats) for f in result.figures),
        tuple(_table(t, formats) for t in result.tables),
        tuple(drawn(p, formats) for p in result.pictures),
        tuple(said(r, formats) for r in result.remarks),
        tuple(_exit(e, formats) for e in result.exits),
        result.basis,
        _basis_text(result.basis, formats),
    )


def refusal_of(error: NotEstimable, lang: Language) -> Refusal:
    """A refusal in the words of one language."""
    formats = Formats(lang, "")
    reason = (
        said(error.told, formats)
        if isinstance(error.told, Said)
        else word("models.refused_method", lang, reason=error.what)
    )
    needs = error.needed or error.missing
    return Refusal(reason, tuple(said(n, formats) if isinstance(n, Said) else _need(str(n), lang) for n in needs))


def drawn(picture: Picture, formats: Formats) -> DrawnPicture:
    """A picture with its words said."""
    return DrawnPicture(
        picture.id, picture.kind, said(picture.title, formats), said(picture.x_name, formats),
        said(picture.y_name, formats),
        tuple(
            DrawnSeries(s.name if isinstance(s.name, str) else said(s.name, formats), s.values, s.at, s.low, s.high)
            for s in picture.series
        ),
        tuple(cell_text(label, "text", formats) for label in picture.labels),
        picture.x_unit, picture.y_unit, picture.stacked,
    )  # fmt: skip


def _entry(model: Model, filled: frozenset[str], lang: Language) -> ModelEntry:
    inputs = tuple(
        InputShown(n, _need(n, lang), n in filled, needed)
        for names, needed in ((model.inputs, True), (model.helps, False))
        for n in names
    )
    return ModelEntry(
        model.number, model.id, word(f"model.{model.id}_name", lang), word(f"model.{model.id}_question", lang), model.group,
        all(i.found for i in inputs if i.needed), inputs, model.references, word(f"model.{model.id}_breaks", lang),
        tuple(CheckShown(c.source, c.data, c.figures, c.test) for c in model.checks),
    )  # fmt: skip


def _need(name: str, lang: Language) -> str:
    return missing_words([name], lang) if name.partition(".")[0].isidentifier() and " " not in name else name


def _option(option: Option, value: int | float | str, lang: Language) -> OptionShown:
    choices = tuple(ChoiceShown(c, word(f"model_choice.{c}", lang)) for c in option.choices)
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return OptionShown(
        option.name, word(f"model_option.{option.name}", lang), option.kind, text, option.low, option.high, choices
    )


def _figure(figure: Figure, formats: Formats) -> FigureShown:
    low, high = figure.low, figure.high
    interval = ""
    if low is not None and high is not None:
        interval = word(
            "models.interval" if figure.level else "models.range", formats.lang, level=f"{figure.level:.0%}",
            low=cell_text(low, figure.unit, formats), high=cell_text(high, figure.unit, formats),
        )  # fmt: skip
    return FigureShown(
        figure.id, said(figure.label, formats), figure.value, figure.unit, low, high,
        figure.level if interval and figure.level else None,
        cell_text(figure.value, figure.unit, formats), interval, said(figure.note, formats) if figure.note else "",
    )  # fmt: skip


def _table(table: Table, formats: Formats) -> TableShown:
    units = [c.unit for c in table.columns]
    return TableShown(
        table.id, said(table.title, formats), said(table.note, formats) if table.note else "",
        tuple(ColumnShown(c.id, said(c.heading, formats), c.unit, c.unit not in ("text", "day")) for c in table.columns),
        tuple(tuple(_plain(cell, formats) for cell in row) for row in table.rows),
        tuple(tuple(cell_text(cell, unit, formats) for cell, unit in zip(row, units, strict=True)) for row in table.rows),
    )  # fmt: skip


def _plain(cell: Cell, formats: Formats) -> object:
    return said(cell, formats) if isinstance(cell, Said) else cell


def _exit(one: Exit, formats: Formats) -> ExitShown:
    return ExitShown(one.id, one.kind, said(one.label, formats), one.rule)


def _basis_text(basis: Basis, formats: Formats) -> str:
    rows = word("models.separator", formats.lang).join(
        word("models.rows_of", formats.lang, n=formats.count(n), table=_need(table, formats.lang))
        for table, n in basis.rows
    )
    days = formats.days(basis.first_day, basis.last_day)
    if days == NOTHING and basis.last_day is not None:
        days = word("models.until", formats.lang, day=formats.day(basis.last_day))
    return word("models.basis", formats.lang, rows=rows, days=days, snapshot=basis.snapshot)


def without_rules(page: ModelPage) -> ModelPage:
    """The same page for somebody who may not save anything."""
    return replace(page, answer=replace(page.answer, exits=())) if page.answer else page
