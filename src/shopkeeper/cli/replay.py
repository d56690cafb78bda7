"""`shopkeeper replay`: read files that were loaded before anew, with the mappings of today, and say what that changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from shopkeeper.cli.context import current_shop
from shopkeeper.cli.output import Format, emit, plain
from shopkeeper.core.wording import Language, word

if TYPE_CHECKING:
    from shopkeeper.ingest.replay import ReplayReport
    from shopkeeper.kpi.result import Matrix
    from shopkeeper.views.replayed import IndicatorChange
    from shopkeeper.warehouse.shop import Shop


def replay(
    ctx: typer.Context,
    source: Annotated[str | None, typer.Option("--source", metavar="NAME", help="Only files of this source.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    months: Annotated[
        int, typer.Option("--months", min=1, help="Compare the indicators of this many full months, the newest.")
    ] = 3,
    format: Annotated[Format, typer.Option("--format", help="How rows are printed.")] = "table",
) -> None:
    """Read files again from their raw copies with today's mappings: one snapshot, and what it changes in the indicators."""
    from shopkeeper.cli.load_progress import told_progress
    from shopkeeper.ingest.replay import replay as replayed
    from shopkeeper.kpi.own.folder import definitions_of
    from shopkeeper.views.replayed import indicator_changes, months_of

    here = current_shop(ctx)
    shop = here.open()
    try:
        with told_progress() as progress:
            report = replayed(shop, source=source, by=here.actor, dry_run=dry_run, look=months_of, progress=progress)
        changes = indicator_changes(*report.seen, here.lang, months, definitions_of(shop)) if report.seen else ()
        _show(report, changes, shop, here.lang, format)
    finally:
        shop.close()


def _show(
    report: ReplayReport[Matrix], changes: tuple[IndicatorChange, ...], shop: Shop, lang: Language, fmt: Format
) -> None:
    warnings = [word("replay.without_mapping", lang, files=", ".join(report.without_mapping))]
    before, after = report.quarantined
    meta: dict[str, Any] = {
        "shop": shop.id, "as_of": None, "snapshot": report.snapshot, "warnings": warnings if report.without_mapping else [],
        "load": report.load_id or None, "dry_run": report.dry_run, "sources": list(report.sources),
        "changed_files": list(report.changed), "read_again": list(report.again), "tables": [vars(t) for t in report.tables],
        "quarantined_before": before, "quarantined_after": after, "discarded": report.discarded,
    }  # fmt: skip
    rows = [
        {"kpi": c.kpi, "name": c.name, "period": c.period.label, "unit": c.unit,
         "before": None if c.before is None else plain(c.before) if not isinstance(c.before, int | float) else c.before,
         "after": None if c.after is None else plain(c.after) if not isinstance(c.after, int | float) else c.after}
        for c in changes
    ]  # fmt: skip
    if fmt != "table":
        columns = [(name, name) for name in ("kpi", "name", "period", "unit", "before", "after")]
        emit(rows, columns=columns, fmt=fmt, meta=meta)
        return
    for warning in meta["warnings"]:
        typer.echo(warning)
    if not report.load_id:
        typer.echo(word("replay.nothing_to_do", lang, snapshot=report.snapshot))
        return
    _print_changes(report, changes, shop, lang)


def _print_changes(
    report: ReplayReport[Matrix], changes: tuple[IndicatorChange, ...], shop: Shop, lang: Language
) -> None:
    from shopkeeper.render.formats import Formats

    formats = Formats(lang, shop.settings.shop.currency)
    tables = [vars(change) for change in report.tables]
    if tables:
        emit(tables, columns=_headings(("table", "inserted", "updated", "deleted"), lang), fmt="table", meta={})
    shown = [
        {"kpi": c.kpi, "name": c.name, "period": c.period.label, "before": formats.exact(c.before, c.unit),
         "after": formats.exact(c.after, c.unit)}
        for c in changes
    ]  # fmt: skip
    if shown:
        emit(shown, columns=_headings(("kpi", "name", "period", "before", "after"), lang), fmt="table", meta={})
    else:
        typer.echo(word("replay.same_indicators", lang))
    before, after = report.quarantined
    typer.echo(
        word("replay.would_do" if report.dry_run else "replay.done", lang, changed=len(report.changed), again=len(report.again),
             rows=f"{sum(t.rows for t in report.tables):,}", before=before, after=after, seconds=f"{report.seconds:.1f}",
             snapshot=report.snapshot)
    )  # fmt: skip


def _headings(names: tuple[str, ...], lang: Language) -> list[tuple[str, str]]:
    return [(name, word(f"replay_heading.{name}", lang)) for name in names]
