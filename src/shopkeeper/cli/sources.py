"""`shopkeeper sources`: what has been loaded, which days each source covers, and how well sources join."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from shopkeeper.cli.context import current_shop
from shopkeeper.cli.output import Format, emit
from shopkeeper.core.wording import Language

if TYPE_CHECKING:
    from shopkeeper.warehouse.shop import Shop

Part = Literal["loads", "coverage", "hits", "pulls", "platforms"]
_COLUMNS: dict[Part, tuple[str, ...]] = {
    "loads": (
        "started_at", "source", "file_name", "table_name", "rows_read", "rows_loaded", "rows_unchanged", "rows_quarantined",
        "snapshot",
    ),
    "coverage": (
        "platform", "table", "required", "rows", "last_day", "age_days", "limit_days", "days_held", "days_expected",
        "first_missing",
    ),
    "pulls": (
        "source", "kind", "place", "looked_at", "went_well_at", "changed_at", "cursor", "rows", "withdrawn",
        "keys_compared_at", "drift", "failed",
    ),
    "hits": ("join", "hits", "of", "share", "missing"),
    "platforms": ("platform", "calls", "signature", "sources", "needs", "doubts"),
}  # fmt: skip


def sources(
    ctx: typer.Context,
    show: Annotated[
        Part,
        typer.Option(
            "--show",
            help="Loads; days covered; how well sources join; pulls: freshness, cursor, drift; or platforms to pull from.",
        ),
    ] = "loads",
    window: Annotated[
        str, typer.Option("--window", metavar="M", help="Coverage of a month, such as 2017-10, or of all months.")
    ] = "",
    format: Annotated[Format, typer.Option("--format", help="How rows are printed.")] = "table",
) -> None:
    """List loads (rows read = loaded + unchanged + quarantined, who, when, how long), days covered, join hits or pulls.

    Coverage takes the newest 28 days unless --window names a month or `months`; JSON lists every day that is missing.
    """
    here = current_shop(ctx)
    warnings: tuple[str, ...] = ()
    rows: list[dict[str, object]]
    shop = here.open()
    try:
        snapshot = shop.lake.snapshot()
        if show == "coverage":
            rows, warnings = _coverage(shop, window, here.lang)
        elif show == "pulls":
            from shopkeeper.ingest.pull.state import pull_states

            rows = [asdict(state) for state in pull_states(shop)]
        elif show == "hits":
            rows = _hits(shop)
        elif show == "platforms":
            rows = _platforms(shop, here.lang)
        else:
            rows = shop.lake.rows(
                "SELECT l.started_at, l.source, f.file_name, f.table_name, f.rows_read, f.rows_loaded, f.rows_unchanged, "
                "f.rows_quarantined, l.loaded_by, l.seconds, l.snapshot, l.load_id FROM load_files f JOIN loads l "
                "USING (load_id) ORDER BY l.started_at DESC, f.file_name, f.table_name"
            )
    finally:
        shop.close()
    meta: dict[str, object] = {"shop": shop.id, "as_of": None, "snapshot": snapshot, "warnings": list(warnings)}
    emit(rows, columns=[(n, n.replace("_", " ")) for n in _COLUMNS[show]], fmt=format, meta=meta)
    if format == "table":
        for warning in warnings:
            typer.echo(warning, err=True)


def _coverage(shop: Shop, window: str, lang: Language) -> tuple[list[dict[str, object]], tuple[str, ...]]:
    """One row a platform and table; days are missing where a required table of a platform that sells has no row."""
    from shopkeeper.views.coverage import coverage, coverage_ask
    from shopkeeper.views.lens import Lens

    found = coverage(shop, Lens(shop.id, lang), shop.lake.snapshot(), coverage_ask(shop, window))
    rows: list[dict[str, object]] = []
    for block in found.blocks:
        for line in block.lines:
            missing = [slot.start for slot in line.slots if slot.state == "hole"]
            rows.append({
                "platform": block.platform, "table": line.table, "required": line.required, "rows": line.rows,
                "last_day": line.last_day, "age_days": line.age_days, "limit_days": line.limit_days,
                "days_held": line.days_held, "days_expected": line.days_expected,
                "first_missing": missing[0] if missing else None, "missing_days": missing,
            })  # fmt: skip
    return rows, found.warnings


def _platforms(shop: Shop, lang: Language) -> list[dict[str, object]]:
    from shopkeeper.views.platforms import platform_rows

    return [asdict(row) for row in platform_rows(shop, lang)]


def _hits(shop: Shop) -> list[dict[str, object]]:
    from shopkeeper.quality.reconcile import join_hits

    return [
        {"join": hit.id, "hits": hit.hits, "of": hit.of, "share": hit.share, "missing": list(hit.missing),
         "steps": dict(hit.steps)}
        for hit in join_hits(shop.lake)
    ]  # fmt: skip
