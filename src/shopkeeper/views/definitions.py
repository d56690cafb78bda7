"""The Definitions page: what every indicator is and where it comes from, a check of a text, and two versions side by side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shopkeeper.core.period import Grain, Period
from shopkeeper.core.settings import Anchors
from shopkeeper.core.wording import Language, word
from shopkeeper.errors import KpiDefinitionError, UsageError
from shopkeeper.kpi.definition import Indicator, Slice, Unit
from shopkeeper.kpi.definitions import Definitions, Origin
from shopkeeper.kpi.missing import missing_words
from shopkeeper.kpi.own import versions as kept_versions
from shopkeeper.kpi.own.checked import check_text, first_values
from shopkeeper.kpi.own.compiled import Compiled
from shopkeeper.kpi.own.difference import Cause, CellChange, Difference, difference
from shopkeeper.kpi.own.folder import compiled_of, definitions_of, texts_of
from shopkeeper.kpi.own.indicator import Remark
from shopkeeper.kpi.result import Cell, Request, Value
from shopkeeper.render.formats import NOTHING, Formats
from shopkeeper.views.labels import indicator_name, indicator_word, part_name
from shopkeeper.warehouse.shop import Shop

LISTED_CELLS = 60
"""How many differing cells are listed, newest first; all count."""


@dataclass(frozen=True)
class TargetShown:
    """A target in force or to come: since when, for whom, and its three anchors as written."""

    since: dt.date | None
    platform: str
    floor: str
    baseline: str
    target: str
    weight: float
    reason: str


@dataclass(frozen=True)
class DefinitionShown:
    """One indicator of the list."""

    id: str
    name: str
    dimension: str
    origin: Origin
    origin_word: str
    file: str
    line: int
    version: str
    unit: str
    definition: str
    formula: str
    targets: tuple[TargetShown, ...]


@dataclass(frozen=True)
class VersionShown:
    """One accepted version; `gone` says that the file was taken away."""

    number: int
    file: str
    gone: bool
    digest: str
    accepted_at: dt.datetime
    accepted_by: str
    reason: str


@dataclass(frozen=True)
class ProblemShown:
    """One mistake: what failed, where, what was received and what would do."""

    failed: str
    where: str
    received: str
    allowed: str


@dataclass(frozen=True)
class ValueShown:
    """An own indicator in the newest whole month, before anything is accepted."""

    id: str
    name: str
    period: str
    text: str
    missing: str


@dataclass(frozen=True)
class CheckShown:
    """What a check of definitions found. `accepted` says whether they could be accepted as they are."""

    acceptable: bool
    problems: tuple[ProblemShown, ...]
    remarks: tuple[str, ...]
    values: tuple[ValueShown, ...]
    changed: tuple[str, ...]


@dataclass(frozen=True)
class DefinitionsPage:
    """Everything on the Definitions page that no form has asked for."""

    shop: str
    rows: tuple[DefinitionShown, ...]
    own: int
    replaced: int
    versions: tuple[VersionShown, ...]
    unrecorded: tuple[str, ...]
    problems: tuple[ProblemShown, ...]
    remarks: tuple[str, ...]
    files: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class CellShown:
    """One cell that differs: texts as shown, and the values behind them."""

    label: str
    dims: dict[str, str | None]
    before_value: Value
    after_value: Value
    change_value: Value
    period: str
    slice: str
    before: str
    after: str
    change: str
    why: str


@dataclass(frozen=True)
class CauseShown:
    """Rows of one table that count in another way."""

    text: str
    headings: tuple[str, ...]
    samples: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class DifferenceShown:
    """Two versions of an indicator on the same data."""

    kpi: str
    name: str
    before: str
    after: str
    before_series: tuple[float | None, ...]
    after_series: tuple[float | None, ...]
    periods: tuple[str, ...]
    cells: tuple[CellShown, ...]
    differing: int
    of: int
    looked_at: str
    causes: tuple[CauseShown, ...]
    snapshot: int


def definitions_page(shop: Shop, lang: Language, versions: Sequence[kept_versions.Version]) -> DefinitionsPage:
    """The list of a shop. Files that cannot be used are told in `problems`, and the others listed all the same."""
    try:
        compiled, texts = compiled_of(shop), texts_of(shop.folder)
    except KpiDefinitionError as error:
        return DefinitionsPage(shop.id, (), 0, 0, _versions(versions), (), (_problem(error),), (), ())
    definitions = compiled.definitions
    rows = tuple(_row(shop, definitions, i, lang) for i in definitions.indicators.values())
    return DefinitionsPage(
        shop.id, rows, sum(r.origin == "own" for r in rows), sum(r.origin == "replaced" for r in rows), _versions(versions),
        tuple(kept_versions.unrecorded(texts, versions)), tuple(map(_problem, compiled.problems)),
        tuple(remark_text(r, lang) for r in compiled.remarks), tuple(texts.items()),
    )  # fmt: skip


def _versions(versions: Sequence[kept_versions.Version]) -> tuple[VersionShown, ...]:
    return tuple(
        VersionShown(v.number, v.file, v.text is None, v.digest, v.accepted_at, v.accepted_by, v.reason)
        for v in reversed(versions)
    )


def _row(shop: Shop, definitions: Definitions, declared: Indicator, lang: Language) -> DefinitionShown:
    source, origin = definitions.sources.get(declared.id), definitions.origin(declared.id)
    formats = Formats(lang, shop.settings.shop.currency)
    held = sorted((t for t in definitions.targets if t.kpi == declared.id), key=lambda t: (t.platform, t.since))
    targets = [_target(t.anchors, declared.unit, formats, t.since, t.platform) for t in held]
    anchors = shop.settings.targets.get(declared.id)
    if anchors is not None:
        targets.insert(0, _target(anchors, declared.unit, formats, None, ""))
    return DefinitionShown(
        declared.id, indicator_name(declared, lang),
        word(f"kpi_dimension.{declared.dimension}", lang) if declared.dimension else "",
        origin, word(f"definitions.origin_{origin}", lang), source.file if source else "", source.line if source else 0,
        definitions.version_of(declared.id) if source else "", unit_name(declared.unit, formats),
        indicator_word(declared, "definition", lang), indicator_word(declared, "formula", lang), tuple(targets),
    )  # fmt: skip


def unit_name(unit: Unit, formats: Formats) -> str:
    """A unit in words, money by the currency's sign."""
    return formats.symbol if unit == "money" else word(f"kpi_unit.{unit}", formats.lang)


def _target(anchors: Anchors, unit: Unit, formats: Formats, since: dt.date | None, platform: str) -> TargetShown:
    def text(anchor: float | str | None) -> str:
        return anchor if isinstance(anchor, str) else formats.value(anchor, unit)

    return TargetShown(
        since, platform, text(anchors.floor), text(anchors.baseline), text(anchors.target), anchors.weight, anchors.reason
    )  # fmt: skip


def _problem(error: KpiDefinitionError) -> ProblemShown:
    told = dict(error.parts())
    return ProblemShown(error.what, error.where, told.get("received", ""), error.allowed)


def remark_text(remark: Remark, lang: Language) -> str:
    """A remark in words, with its place."""
    values = dict(remark.values)
    if lang == "zh" and "needs_zh" in values:
        values["needs"] = values["needs_zh"]
    text = word(f"define_remark.{remark.code}", lang, **values)
    return f"{remark.where}: {text}" if lang == "en" else f"{remark.where}：{text}"


def check_shown(shop: Shop, given: Mapping[str, str], lang: Language) -> CheckShown:
    """Check files, by `kpis/NAME`, against a shop without accepting them; those in the folder when none are given."""
    try:
        compiled = check_text(shop, given)
    except KpiDefinitionError as error:
        return CheckShown(False, (_problem(error),), (), (), ())
    if compiled.problems:
        return CheckShown(False, tuple(map(_problem, compiled.problems)), (), (), ())
    values = tuple(_value(shop, compiled, v.kpi, v.cell, lang) for v in first_values(shop, compiled.definitions, given))
    remarks = tuple(remark_text(r, lang) for r in compiled.remarks)
    return CheckShown(True, (), remarks, values, changed_ids(compiled_of(shop).definitions, compiled.definitions))


def changed_ids(before: Definitions, after: Definitions) -> tuple[str, ...]:
    """Indicators that both know and declare differently."""
    both = [k for k in after.indicators if k in before.indicators and (k in after.sources or k in before.sources)]
    return tuple(k for k in both if before.version_of(k) != after.version_of(k))


def _value(shop: Shop, compiled: Compiled, kpi: str, cell: Cell | None, lang: Language) -> ValueShown:
    declared = compiled.definitions.indicators[kpi]
    formats = Formats(lang, shop.settings.shop.currency)
    return ValueShown(
        kpi, indicator_name(declared, lang), formats.period(cell.period) if cell else "",
        formats.exact(cell.value if cell else None, declared.unit), missing_words(cell.missing, lang) if cell else "",
    )  # fmt: skip


# --- two versions -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asking:
    """Which indicator to compare, under which two versions, over which periods and slices."""

    kpi: str
    before: str = ""
    after: str = ""
    grain: Grain = "month"
    by: tuple[Slice, ...] = ()
    start: dt.date | None = None
    end: dt.date | None = None
    at: Period | None = None


def pair_of(shop: Shop, kept: Sequence[kept_versions.Version], asking: Asking) -> tuple[str, str]:
    """The two versions to compare: those named, or else the last two in which the indicator differs.

    Raises UsageError when there are no two.
    """
    if asking.before and asking.after:
        return asking.before, asking.after
    found = [label for label, _ in kept_versions.changes_of(shop, kept, asking.kpi)]
    if not found:
        definitions_of(shop).indicator(asking.kpi)
    if len(found) < 2:
        raise UsageError(
            "this indicator has one version only", received=f"{asking.kpi}: {found[0]}",
            allowed="two versions, such as built-in and now", next_command="shopkeeper define list",
        )  # fmt: skip
    return asking.before or found[-2], asking.after or found[-1]


def difference_shown(
    shop: Shop, kept: Sequence[kept_versions.Version], asking: Asking, lang: Language, *, samples: bool,
    draft: Definitions | None = None,
) -> DifferenceShown:  # fmt: skip
    """Two versions of an indicator on the shop's own data; `draft` stands in for the later one.

    Raises NotFound and UsageError for versions that are not there, KpiDefinitionError for one that cannot be used.
    """
    known = draft or definitions_of(shop)
    folded = {k.casefold(): k for k in known.indicators}
    kpi = folded.get(asking.kpi.casefold(), asking.kpi)
    named = (asking.before or kept_versions.NOW, word("definitions.draft", lang))
    labels = named if draft else pair_of(shop, kept, Asking(kpi, asking.before, asking.after))
    sides = (
        kept_versions.definitions_at(shop, kept, labels[0]),
        draft or kept_versions.definitions_at(shop, kept, labels[1]),
    )
    request = Request(asking.grain, asking.start, asking.end, asking.by)
    found = difference(shop, kpi, *sides, request, at=asking.at)
    declared = next(d.indicators[found.kpi] for d in reversed(sides) if found.kpi in d.indicators)
    formats = Formats(lang, shop.settings.shop.currency)
    closely = found.looked_at
    return DifferenceShown(
        found.kpi, indicator_name(declared, lang), label_name(labels[0], lang), label_name(labels[1], lang),
        _series([c.before for c in found.cells if not asking.by]), _series([c.after for c in found.cells if not asking.by]),
        tuple(formats.period(c.period) for c in found.cells if not asking.by),
        tuple(_cell(c, declared, formats) for c in tuple(reversed(found.changed))[:LISTED_CELLS]),
        len(found.changed), len(found.cells),
        " · ".join(filter(None, (formats.period(closely.period), _slice(closely, lang)))) if closely else "",
        tuple(_cause(found, cause, sides, formats, samples=samples) for cause in found.causes), found.snapshot,
    )  # fmt: skip


def label_name(label: str, lang: Language) -> str:
    """A version as a reader sees it."""
    if label in (kept_versions.NOW, kept_versions.BUILT, "0"):
        return word("definitions.now" if label == kept_versions.NOW else "definitions.origin_built_in", lang)
    return word("definitions.version_n", lang, n=label) if label.isdecimal() else label


def _series(cells: Sequence[Cell | None]) -> tuple[float | None, ...]:
    return tuple(None if c is None or c.value is None else float(c.value) for c in cells)


def _slice(cell: CellChange, lang: Language) -> str:
    return " · ".join(word("overview.unknown_value", lang) if v is None else v for _, v in cell.dims)


def _cell(cell: CellChange, declared: Indicator, formats: Formats) -> CellShown:
    missing = [missing_words(c.missing, formats.lang) for c in (cell.before, cell.after) if c and c.value is None]
    before, after = (formats.exact(c.value if c else None, declared.unit) for c in (cell.before, cell.after))
    values = (cell.before.value if cell.before else None, cell.after.value if cell.after else None, cell.change)
    return CellShown(
        cell.period.label, dict(cell.dims), *values, formats.period(cell.period), _slice(cell, formats.lang), before, after,
        _signed(cell.change, declared, formats), ", ".join(dict.fromkeys(missing)),
    )  # fmt: skip


def _signed(change: Value, declared: Indicator, formats: Formats) -> str:
    if change is None:
        return NOTHING
    sign = "+" if change > 0 else "−" if change < 0 else ""
    if declared.unit == "share":
        return sign + word("format.points", formats.lang, n=f"{abs(float(change)) * 100:.2f}")
    return sign + formats.exact(change if change > 0 else -change, declared.unit)


def _cause(
    found: Difference, cause: Cause, sides: tuple[Definitions, Definitions], formats: Formats, *, samples: bool
) -> CauseShown:
    lang = formats.lang

    def named(definitions: Definitions, measures: tuple[str, ...]) -> str:
        declared = definitions.indicators.get(found.kpi)
        return " + ".join(part_name(declared, m, lang) for m in measures) if declared and measures else NOTHING

    text = word(
        "definitions.cause", lang, side=word(f"definitions.side_{cause.side}", lang),
        table=word(f"kpi_source.{cause.fact}", lang), before=named(sides[0], cause.measures_before),
        after=named(sides[1], cause.measures_after), only_before=f"{cause.only_before:,}",
        only_after=f"{cause.only_after:,}", otherwise=f"{cause.otherwise:,}",
    )  # fmt: skip
    if cause.before is not None and cause.after is not None:
        sums = word("definitions.cause_sum", lang, before=f"{cause.before:,}", after=f"{cause.after:,}")
        text += sums if lang == "zh" else f" {sums}"
    rows = cause.samples if samples else ()
    keys = [k for k in (rows[0] if rows else ()) if not k.startswith("counts_")]
    headings = {"made_before": word("definitions.before", lang), "made_after": word("definitions.after", lang)}
    return CauseShown(
        text, tuple(headings.get(k, k) for k in keys), tuple(tuple(_sample(row, k) for k in keys) for row in rows)
    )  # fmt: skip


def _sample(row: Mapping[str, object], key: str) -> str:
    """A cell of a sample; what a version does not count is "–", not 0."""
    if key.startswith("made_") and not row[key.replace("made_", "counts_")]:
        return NOTHING
    return NOTHING if row[key] is None else str(row[key])
