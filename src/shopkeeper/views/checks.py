"""The Checks page: what the newest run found, table by table and rule by rule, how accuracy went, and where rules come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shopkeeper.core.period import Period
from shopkeeper.core.wording import Language, has_word, word
from shopkeeper.errors import ConfigError
from shopkeeper.quality.builtin import builtin_rules
from shopkeeper.quality.describe import measured, says
from shopkeeper.quality.ledger import RuleRow, Run, history, rules_of
from shopkeeper.quality.result import Sample, Status
from shopkeeper.quality.rule import SEVERITIES, WEIGHT, Rule, Severity
from shopkeeper.quality.rules_file import FILE_NAME, active_rules, dismissed_rules, source_of
from shopkeeper.quality.suggest import Suggestion
from shopkeeper.render.formats import Formats
from shopkeeper.views.detail import Trend
from shopkeeper.views.lens import Lens
from shopkeeper.views.overview import Freshness, freshness
from shopkeeper.warehouse.personal import KEYS, SAYINGS
from shopkeeper.warehouse.shop import Shop

LISTED_RUNS = 60


@dataclass(frozen=True)
class RuleShown:
    """One rule with what the run found. `says` is empty for a rule that applies no more; `line` is its line in checks.toml."""

    rule: str
    table: str
    table_name: str
    kind: str
    severity: Severity
    severity_word: str
    status: Status
    says: str
    told: str
    checked: int
    violations: int
    share: float | None
    source: str
    line: int | None
    samples: tuple[Sample, ...]


@dataclass(frozen=True)
class TableScore:
    """One table: weighted passes ÷ weighted runs over its rules, and how many rules of each severity failed."""

    table: str
    name: str
    accuracy: float | None
    failed: Mapping[Severity, int]
    passed: int
    not_run: int
    violations: int


@dataclass(frozen=True)
class ChecksPage:
    """Everything on the page. `run` is the newest run of every rule; None before the first."""

    shop: str
    freshness: Freshness
    run: Run | None
    coverage: float | None
    newer_data: bool
    tables: tuple[TableScore, ...]
    empty_tables: tuple[str, ...]
    failing: tuple[RuleShown, ...]
    silent: tuple[RuleShown, ...]
    passing: tuple[RuleShown, ...]
    accuracy: Trend
    ran: Trend
    runs: tuple[Run, ...]
    built_in: int
    own: int
    off: tuple[str, ...]
    dismissed: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class SuggestionShown:
    """A rule that the rows of a table seem to follow, with what it would find."""

    rule: str
    kind: str
    says: str
    checked: int
    violations: int
    share: float | None
    samples: tuple[Sample, ...]


def checks_page(shop: Shop, lens: Lens, snapshot: int, rules_at: tuple[int, int]) -> ChecksPage:  # noqa: ARG001
    """The page of a shop, `rules_at` when its rules were last written. A broken checks.toml is told in `warnings`."""
    runs = history(shop.lake, limit=LISTED_RUNS)
    whole = [one for one in reversed(runs) if not one.scope]
    run = whole[-1] if whole else None
    rules = _Rules(shop, lens.lang)
    rows = rules_of(shop.lake, run.run_id) if run else ()
    empty = sorted({row.table for row in rows if row.why == "table_empty"})
    shown = [rules.shown(row) for row in rows if row.table not in empty]
    fresh = freshness(shop, snapshot, lens)
    return ChecksPage(
        shop.id, fresh, run, _ran(run) if run else None,
        bool(run and fresh.loaded_at and fresh.loaded_at > run.ran_at),
        _scores(rows, empty, lens.lang), tuple(word(f"kpi_source.{name}", lens.lang) for name in empty),
        tuple(r for r in shown if r.status == "fail"), tuple(r for r in shown if r.status == "not_run"),
        tuple(r for r in shown if r.status == "pass"),
        _trend(whole, [one.accuracy for one in whole], lens, shop), _trend(whole, [_ran(one) for one in whole], lens, shop), runs,
        rules.built_in, rules.own, rules.off, rules.dismissed, rules.warnings,
    )  # fmt: skip


def without_samples(page: ChecksPage) -> ChecksPage:
    """The page for those who may not see the content of rows."""
    failing = tuple(replace(rule, samples=()) for rule in page.failing)
    return replace(page, failing=failing)


def without_people(page: ChecksPage) -> ChecksPage:
    """The page for those who may not see who stands in rows: no samples of rules about what names somebody."""
    failing = tuple(replace(rule, samples=()) if _names_people(rule.rule) else rule for rule in page.failing)
    return replace(page, failing=failing)


def _names_people(rule: str) -> bool:
    """Whether a rule is about a column that may say who somebody is, by its own words."""
    return any(name in rule for columns in (*KEYS.values(), *SAYINGS.values()) for name in columns)


def suggestions_shown(
    found: Sequence[Suggestion], lang: Language, *, samples: bool = True, people: bool = True
) -> tuple[SuggestionShown, ...]:
    """Suggestions in words, most broken first; samples only for those who may see the content of rows, and people in them."""
    return tuple(
        SuggestionShown(
            s.rule.id, s.rule.kind, says(s.rule, lang), s.result.checked, s.result.violations, s.result.share,
            s.result.samples if samples and (people or not _names_people(s.rule.id)) else (),
        )
        for s in found
    )  # fmt: skip


class _Rules:
    """The rules that apply now, where each comes from, and what the file says besides."""

    def __init__(self, shop: Shop, lang: Language) -> None:
        self.lang = lang
        self.active: dict[str, Rule] = {}
        self.lines: dict[str, int] = {}
        self.dismissed: tuple[str, ...] = ()
        self.warnings: tuple[str, ...] = ()
        built_in = {rule.id for rule in builtin_rules()}
        try:
            self.active = {rule.id: rule for rule in active_rules(shop.folder)}
            self.lines = source_of(shop.folder)
            self.dismissed = tuple(sorted(dismissed_rules(shop.folder)))
        except ConfigError as error:
            self.warnings = (error.message(),)
            self.active = {rule.id: rule for rule in builtin_rules()}
        self.off = tuple(sorted(built_in - set(self.active) - set(self.lines)))
        self.own = len(self.lines)
        self.built_in = len(self.active) - sum(ident in self.active for ident in self.lines)

    def shown(self, row: RuleRow) -> RuleShown:
        rule = self.active.get(row.rule)
        line = self.lines.get(row.rule)
        key = "checks.source_own" if line else "checks.source_model" if rule else "checks.source_gone"
        name = f"kpi_source.{row.table}"
        return RuleShown(
            row.rule, row.table, word(name, self.lang) if has_word(name) else row.table, row.kind, row.severity,
            word(f"check_severity.{row.severity}", self.lang), row.status, says(rule, self.lang) if rule else "",
            measured(row.kind, row.why, row.facts, self.lang), row.checked, row.violations, row.share,
            word(key, self.lang, file=FILE_NAME, line=line), line, row.samples,
        )  # fmt: skip


def _scores(rows: Sequence[RuleRow], empty: Sequence[str], lang: Language) -> tuple[TableScore, ...]:
    """Tables with rows, the least accurate first."""
    tables: dict[str, list[RuleRow]] = {}
    for row in rows:
        if row.table not in empty:
            tables.setdefault(row.table, []).append(row)
    made = []
    for table, mine in tables.items():
        run = sum(WEIGHT[r.severity] * r.checked for r in mine)
        passed = sum(WEIGHT[r.severity] * (r.checked - r.violations) for r in mine)
        failed = {s: sum(r.status == "fail" and r.severity == s for r in mine) for s in SEVERITIES}
        made.append(
            TableScore(
                table, word(f"kpi_source.{table}", lang), passed / run if run else None, failed,
                sum(r.status == "pass" for r in mine), sum(r.status == "not_run" for r in mine),
                sum(r.violations for r in mine),
            )
        )  # fmt: skip
    return tuple(sorted(made, key=lambda t: (t.accuracy is None, t.accuracy, t.table)))


def _ran(run: Run) -> float | None:
    """The share of a run's rules that could judge something."""
    ran = run.passed + run.failed
    return ran / (ran + run.not_run) if ran + run.not_run else None


def _trend(runs: Sequence[Run], values: Sequence[float | None], lens: Lens, shop: Shop) -> Trend:
    """A line over the whole runs, oldest first."""
    formats = Formats(lens.lang, shop.settings.shop.currency)
    moments = [formats.moment(run.ran_at, shop.settings.shop.timezone) for run in runs]
    nothing = (None,) * len(runs)
    return Trend(
        tuple(moments), tuple(formats.tick(Period.containing(run.ran_at.date(), "day")) for run in runs), tuple(values),
        tuple(formats.accuracy(value) for value in values), nothing, nothing, None, "", max(len(runs) - 1, 0), "share", "",
        lens.lang,
    )  # fmt: skip
