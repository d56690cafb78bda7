"""`shopkeeper check`: run the rules, see how accuracy goes, and have rules suggested from the data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from shopkeeper.cli.context import ShopContext, current_shop
from shopkeeper.cli.output import Format, emit
from shopkeeper.core.wording import word
from shopkeeper.errors import NotFound, UsageError

if TYPE_CHECKING:
    from shopkeeper.core.wording import Language
    from shopkeeper.quality.result import CheckResult
    from shopkeeper.quality.rule import AsOf, Rule
    from shopkeeper.warehouse.shop import Shop


def check(
    ctx: typer.Context,
    tables: Annotated[
        list[str] | None, typer.Argument(metavar="[TABLE…]", help="Only these tables; with --suggest also a file.")
    ] = None,
    rule: Annotated[list[str] | None, typer.Option("--rule", metavar="ID", help="Only these rules.")] = None,
    suggest: Annotated[
        bool, typer.Option("--suggest", help="Suggest rules from a profile of the tables, or of a file.")
    ] = False,
    accept: Annotated[
        list[str] | None, typer.Option("--accept", metavar="ID", help="Write a suggested rule into checks.toml.")
    ] = None,
    dismiss: Annotated[
        list[str] | None,
        typer.Option("--dismiss", metavar="ID", help="Do not suggest a rule again; kept in checks.toml."),
    ] = None,
    history: Annotated[bool, typer.Option("--history", help="Earlier runs and how accuracy went.")] = False,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DAY", help="Look from the end of this day; today when left out.")
    ] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="In the table, show rules that passed or could not run too.")
    ] = False,
    format: Annotated[Format, typer.Option("--format", help="How rows are printed.")] = "table",
) -> None:
    """Check the data against declared rules; exit 1 when a rule of severity error fails.

    Built-in rules follow from the commerce model; a shop adds its own in checks.toml.
    """
    from shopkeeper.cli import check_suggestions

    if sum([suggest, bool(accept), bool(dismiss), history]) > 1:
        raise UsageError(
            "--suggest, --accept, --dismiss and --history do different things", allowed="one of them at a time"
        )
    here = current_shop(ctx)
    if suggest and tables and any(check_suggestions.is_file(name) for name in tables):
        check_suggestions.for_files(here, tables, format)
        return
    shop = here.open()
    try:
        day = _as_of(as_of, shop.settings.shop.timezone)
        if history:
            _history(shop, here.lang, format)
        elif suggest:
            check_suggestions.for_tables(shop, here.lang, _known_tables(tables), day, format)
        elif accept:
            check_suggestions.decide(shop, here.lang, accept, day, by=here.actor, keep=True)
        elif dismiss:
            check_suggestions.decide(shop, here.lang, dismiss, day, by=here.actor, keep=False)
        else:
            failed = _run(here, shop, _chosen(shop, tables, rule), day, _scope(tables, rule), all_=all_, fmt=format)
            raise typer.Exit(1 if failed else 0)
    finally:
        shop.close()


def _as_of(text: str | None, timezone: str) -> AsOf:
    """Today, whose rows are not all in yet, or the end of a named day."""
    from shopkeeper.quality.checkup import as_of_today
    from shopkeeper.quality.rule import AsOf

    if text is None:
        return as_of_today(timezone)
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError("this is no day", where="--as-of", received=text, allowed="a day such as 2017-12-31") from None
    return AsOf(day, day)


def _scope(tables: Sequence[str] | None, rules: Sequence[str] | None) -> str:
    return " ".join([*(tables or ()), *(rules or ())])


def _known_tables(tables: Sequence[str] | None) -> list[str]:
    from shopkeeper.warehouse.model import COMMERCE_TABLES

    for name in tables or ():
        if name not in COMMERCE_TABLES:
            raise NotFound("table", name, COMMERCE_TABLES)
    return list(tables or COMMERCE_TABLES)


def _chosen(shop: Shop, tables: Sequence[str] | None, ids: Sequence[str] | None) -> list[Rule]:
    from shopkeeper.quality.checkup import checked_rules

    wanted = _known_tables(tables)
    rules = checked_rules(shop)
    for ident in ids or ():
        if all(rule.id != ident for rule in rules):
            raise NotFound("rule", ident, [rule.id for rule in rules], next_command="shopkeeper check --all lists them")
    chosen = [rule for rule in rules if rule.table in wanted and (not ids or rule.id in ids)]
    if not chosen:
        raise UsageError("no rule is of these tables", received=" ".join(ids or ()), allowed=wanted)
    return chosen


def _run(
    here: ShopContext, shop: Shop, rules: Sequence[Rule], day: AsOf, scope: str, *, all_: bool, fmt: Format
) -> bool:  # fmt: skip
    """Run, record and print; returns whether an error rule failed."""
    from shopkeeper.quality.checkup import check_shop

    done = check_shop(shop, rules, day, by=here.actor, scope=scope)
    warnings = [word("check.not_recorded", here.lang, why=done.busy)] if done.busy else []
    meta: dict[str, object] = {
        "shop": shop.id, "as_of": day.day.isoformat(), "snapshot": done.snapshot, "warnings": warnings,
    }  # fmt: skip
    if fmt == "table":
        _print(done.results, here.lang, meta, done.run_id, all_=all_)
    else:
        emit([r.as_json() for r in done.results], columns=[(n, n) for n in _CSV], fmt=fmt, meta=meta)
    return any(r.status == "fail" and r.rule.severity == "error" for r in done.results)


_CSV = ("rule", "table", "kind", "severity", "status", "why", "rows", "checked", "violations", "share", "samples")


def _print(results: Sequence[CheckResult], lang: Language, meta: dict[str, object], run_id: str, *, all_: bool) -> None:
    from shopkeeper.quality.describe import says, told
    from shopkeeper.quality.result import accuracy

    def shown(result: CheckResult) -> dict[str, object]:
        first = next(iter(result.samples), None)
        at = "" if first is None else word(
            "check.whole_line", lang, file=first.file_name or "–", line=first.source_line or "–", value=first.value
        )  # fmt: skip
        return {
            "severity": word(f"check_severity.{result.rule.severity}", lang), "rule": result.rule.id,
            "status": word(f"check_status.{result.status}", lang),
            "checked": f"{result.checked:,}", "violations": f"{result.violations:,}",
            "share": None if result.share is None else f"{result.share:.2%}",
            "says": says(result.rule, lang), "first": told(result, lang) or at,
        }  # fmt: skip

    wanted = [r for r in results if all_ or r.status == "fail" or r.why in ("few_weekdays", "few_rows", "no_day")]
    names = ("severity", "rule", "status", "checked", "violations", "share", "says", "first")
    columns = [(name, word(f"check.{name}", lang)) for name in names]
    title = word("check.title", lang, shop=meta["shop"], day=meta["as_of"], snapshot=meta["snapshot"])
    if wanted:
        emit([shown(r) for r in wanted], columns=columns, fmt="table", meta=meta, title=title)
    else:
        typer.echo(title)
    found = accuracy(results)
    counts = {status: sum(r.status == status for r in results) for status in ("pass", "fail", "not_run")}
    errors = sum(r.status == "fail" and r.rule.severity == "error" for r in results)
    typer.echo(word(
        "check.totals", lang, passed=counts["pass"], failed=counts["fail"], errors=errors, not_run=counts["not_run"],
        accuracy="–" if found is None else f"{found:.4%}",
    ))  # fmt: skip
    empty = sorted({r.rule.table for r in results if r.why == "table_empty"})
    if empty:
        typer.echo(word("check.empty_tables", lang, tables=", ".join(empty)))
    for warning in meta["warnings"]:  # type: ignore[attr-defined]
        typer.echo(warning)
    if run_id:
        typer.echo(word("check.recorded", lang, run=run_id))


def _history(shop: Shop, lang: Language, fmt: Format) -> None:
    from shopkeeper.quality.ledger import history

    runs = history(shop.lake)
    names = ("ran_at", "ran_by", "as_of_day", "snapshot", "scope", "passed", "failed", "not_run", "errors", "accuracy")
    rows: list[dict[str, object]] = [
        {"run_id": run.run_id, **{name: getattr(run, name) for name in names}} for run in runs
    ]
    meta: dict[str, object] = {"shop": shop.id, "as_of": None, "snapshot": shop.lake.snapshot(), "warnings": []}
    if fmt != "table":
        emit(rows, columns=[(name, name) for name in ("run_id", *names)], fmt=fmt, meta=meta)
        return
    if not runs:
        typer.echo(word("check.no_runs", lang))
        return
    for row, run in zip(rows, runs, strict=True):
        row["scope"] = run.scope or word("check.everything", lang)
        row["accuracy"] = None if run.accuracy is None else f"{run.accuracy:.4%}"
    emit(rows, columns=[(name, word(f"check_run.{name}", lang)) for name in names], fmt=fmt, meta=meta)
