"""A run of the rules over a shop, recorded; and the rules that its rows suggest, kept or dismissed one by one.

The command line and the pages come through here, so that both do the same.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from shopkeeper.core.clock import utc_now
from shopkeeper.core.wording import Language, word
from shopkeeper.errors import NotFound, WarehouseBusy
from shopkeeper.quality import rules_file
from shopkeeper.quality.ledger import record_run
from shopkeeper.quality.result import CheckResult
from shopkeeper.quality.rule import SEVERITIES, AsOf, Rule
from shopkeeper.quality.run import run_rules
from shopkeeper.quality.suggest import Suggestion, suggest
from shopkeeper.warehouse.lake import explained_engine_errors
from shopkeeper.warehouse.model import COMMERCE_TABLES
from shopkeeper.warehouse.shop import Shop

_ORDER = ("fail", "not_run", "pass")


@dataclass(frozen=True)
class Checkup:
    """What a run found, errors and failures first. Without `run_id` it is not in the ledger, and `busy` says why."""

    results: tuple[CheckResult, ...]
    snapshot: int
    run_id: str
    busy: str


def as_of_today(timezone: str) -> AsOf:
    """Today, whose rows are not all in yet."""
    today = utc_now().astimezone(zoneinfo.ZoneInfo(timezone)).date()
    return AsOf(today, today - dt.timedelta(days=1))


def check_shop(shop: Shop, rules: Sequence[Rule], day: AsOf, *, by: str, scope: str = "") -> Checkup:
    """Run rules on one snapshot and record the run. A busy warehouse is told, not raised: the findings stand without it."""
    with shop.lake.reading() as snapshot, explained_engine_errors("checks of the warehouse"):
        results = run_rules(shop.lake.connection, rules, day)
    results.sort(key=lambda r: (SEVERITIES.index(r.rule.severity), _ORDER.index(r.status), -r.violations, r.rule.id))
    try:
        run_id = record_run(shop.lake, results, day, snapshot=snapshot, by=by, scope=scope)
    except WarehouseBusy as busy:
        return Checkup(tuple(results), snapshot, "", busy.message())
    return Checkup(tuple(results), snapshot, run_id, "")


def checked_rules(shop: Shop) -> tuple[Rule, ...]:
    """The rules that apply to a shop, each read once by the engine. Raises ConfigError naming file, line and key."""
    rules = rules_file.active_rules(shop.folder)
    rules_file.probe(shop.lake.connection, rules, shop.folder)
    return rules


def suggestions(shop: Shop, table: str, day: AsOf) -> tuple[Suggestion, ...]:
    """Every rule that the rows of a table seem to follow, also those that apply already. Raises NotFound for another table."""
    if table not in COMMERCE_TABLES:
        raise NotFound("table", table, COMMERCE_TABLES)
    with shop.lake.reading(), explained_engine_errors("profile of the warehouse"):
        return suggest(shop.lake.connection, table, day)


def untaken(folder: Path, found: Iterable[Suggestion]) -> tuple[Suggestion, ...]:
    """Suggestions that no rule which applies says already."""
    taken = {(rule.table, rule.kind, rule.cells) for rule in rules_file.active_rules(folder)}
    return tuple(s for s in found if (s.rule.table, s.rule.kind, s.rule.cells) not in taken)


def undecided(folder: Path, found: Iterable[Suggestion]) -> tuple[Suggestion, ...]:
    """Of these, what nobody has dismissed."""
    unwanted = rules_file.dismissed_rules(folder)
    return tuple(s for s in untaken(folder, found) if s.rule.id not in unwanted)


def accept(
    shop: Shop, found: Sequence[Suggestion], ids: Sequence[str], day: dt.date, lang: Language, *, by: str
) -> Path:
    """Write suggested rules into checks.toml. Raises NotFound when one is not suggested now; then none is written."""
    known = {s.rule.id: s for s in untaken(shop.folder, found)}
    wanted = [_known(known, ident) for ident in dict.fromkeys(ids)]
    remarks = {
        s.rule.id: word(
            "check.remark",
            lang,
            day=day,
            checked=f"{s.result.checked:,}",
            violations=f"{s.result.violations:,}",
            who=" ".join(by.split()),
        )
        for s in wanted
    }
    with shop.lake.locked(by, "accept rules"):
        return rules_file.accept(shop.folder, [s.rule for s in wanted], remarks)


def dismiss(
    shop: Shop, found: Sequence[Suggestion], ids: Sequence[str], day: dt.date, lang: Language, *, by: str
) -> Path:
    """Write into checks.toml that suggestions are not wanted. Raises NotFound when one is not suggested now."""
    known = {s.rule.id: s for s in untaken(shop.folder, found)}
    for ident in ids:
        _known(known, ident)
    with shop.lake.locked(by, "dismiss suggestions"):
        return rules_file.dismiss(
            shop.folder, ids, word("check.remark_dismissed", lang, day=day, who=" ".join(by.split()))
        )


def _known(known: dict[str, Suggestion], ident: str) -> Suggestion:
    if ident not in known:
        table = ident.split(".")[0]
        raise NotFound("suggested rule", ident, known, next_command=f"shopkeeper check --suggest {table}")
    return known[ident]
