"""`shopkeeper quarantine …`: rows set aside, why, and what to do with them: correct, load again, or drop on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from shopkeeper.cli.context import current_shop
from shopkeeper.cli.output import Format, emit, plain
from shopkeeper.core.wording import Language, word

if TYPE_CHECKING:
    from shopkeeper.ingest.quarantine import HeldRow
    from shopkeeper.ingest.release import ReleaseReport
    from shopkeeper.warehouse.shop import Shop

FINDINGS = 1
Shown = Literal["waiting", "open", "edited", "released", "discarded", "read again", "superseded", "all"]
Printed = Annotated[Format, typer.Option("--format", help="How rows are printed.")]
RowId = Annotated[str, typer.Argument(metavar="ID", help="A row's id, as the list shows it.")]

quarantine_app = typer.Typer(
    no_args_is_help=True, help="Rows set aside by loads: list them, correct them, load them again or drop them."
)


@quarantine_app.command("list")
def list_(
    ctx: typer.Context,
    load: Annotated[str, typer.Option("--load", metavar="ID", help="Only rows of this load.")] = "",
    table: Annotated[str, typer.Option("--table", metavar="T", help="Only rows meant for this table.")] = "",
    reason: Annotated[str, typer.Option("--reason", metavar="R", help="Only reasons that contain this.")] = "",
    file: Annotated[str, typer.Option("--file", metavar="F", help="Only rows of the file of this name.")] = "",
    status: Annotated[Shown, typer.Option("--status", help="What became of them.")] = "waiting",
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most this many rows.")] = 50,
    format: Printed = "table",
) -> None:
    """List rows set aside: how many for each reason, then the rows. Leaves with 1 while rows wait."""
    from shopkeeper.ingest.quarantine import Wanted, held_rows, reasons

    here = current_shop(ctx)
    shop = here.open()
    try:
        wanted = Wanted(load=load, table=table, reason=reason, file=file, status=status)
        counted = reasons(shop.lake, wanted)
        rows = [_row(row) for row in held_rows(shop.lake, wanted, limit)]
        meta = _meta(shop) | {"reasons": [vars(one) for one in counted], "rows": sum(one.rows for one in counted)}
    finally:
        shop.close()
    if format == "table":
        if not counted:
            typer.echo(word("quarantine.nothing", here.lang))
            return
        emit(meta["reasons"], columns=_headings(("rows", "table", "column", "reason", "status"), here.lang),
             fmt=format, meta=meta)  # fmt: skip
    names = (
        "id",
        "status",
        "file",
        "line",
        "table",
        "column",
        "reason",
        "received",
        *(() if format == "table" else ("raw",)),
    )
    emit(rows, columns=_headings(names, here.lang), fmt=format, meta=meta)
    if format == "table" and meta["rows"] > len(rows):
        typer.echo(word("quarantine.more", here.lang, shown=len(rows), rows=f"{meta['rows']:,}"))
    if any(one.status in ("open", "edited") for one in counted):
        raise typer.Exit(FINDINGS)


@quarantine_app.command("show")
def show(ctx: typer.Context, row_id: RowId, format: Printed = "table") -> None:
    """Show one row: every cell as it was read, its corrections beside it, and what was done with it by whom."""
    from shopkeeper.ingest.quarantine import actions_of, held_row

    here = current_shop(ctx)
    shop = here.open()
    try:
        row = held_row(shop.lake, row_id)
        done = [
            {"at": a.at, "by": a.by, "action": a.action, "edits": dict(a.edits) or None, "reason": a.reason or None,
             "load": a.load_id or None}
            for a in actions_of(shop.lake, row)
        ]  # fmt: skip
        meta = _meta(shop) | {"row": _row(row), "load": row.load_id, "file_hash": row.file_hash, "actions": done}
    finally:
        shop.close()
    headers = dict.fromkeys([*row.raw, *row.edits])
    cells = [{"header": h, "read": row.raw.get(h), "corrected": row.edits.get(h)} for h in headers]
    if format == "table":
        typer.echo(
            word("quarantine.where", here.lang, file=row.file_name, line=row.source_line, table=row.table or "–",
                 column=row.column or "–", reason=row.reason, status=word(f"quarantine_status.{_key(row.status)}", here.lang))
        )  # fmt: skip
    emit(cells, columns=_headings(("header", "read", "corrected"), here.lang), fmt=format, meta=meta)
    if format == "table" and done:
        done = [one | {"action": word(f"quarantine_action.{one['action']}", here.lang)} for one in done]
        emit(
            done, columns=_headings(("at", "by", "action", "edits", "reason", "load"), here.lang), fmt=format, meta=meta
        )


@quarantine_app.command("edit")
def edit_(
    ctx: typer.Context,
    row_id: RowId,
    set_: Annotated[
        list[str], typer.Option("--set", metavar="HEADER=VALUE", help="A cell's right value, by the file's own header.")
    ],
) -> None:
    """Correct cells of a row beside the untouched original; `release` loads it."""
    from shopkeeper.ingest.quarantine import edit, pairs

    here = current_shop(ctx)
    cells = pairs(set_)
    shop = here.open()
    try:
        row = edit(shop, row_id, cells, by=here.actor)
    finally:
        shop.close()
    listed = ", ".join(f"{header} = {value!r}" for header, value in row.edits.items())
    typer.echo(word("quarantine.edited", here.lang, id=row.id, file=row.file_name, line=row.source_line, edits=listed))


@quarantine_app.command("release")
def release_(
    ctx: typer.Context,
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Rows by their ids.")] = None,
    load: Annotated[str, typer.Option("--load", metavar="ID", help="Every row of this load that waits.")] = "",
    all_edited: Annotated[bool, typer.Option("--all-edited", help="Every row that was corrected.")] = False,
    present_mapping: Annotated[
        bool,
        typer.Option("--present-mapping", help="Read with the mapping of today where it has changed since the load."),
    ] = False,
    format: Printed = "table",
) -> None:
    """Load rows again with their corrections, as one snapshot. Leaves with 1 when some stay, with their new reason."""
    from shopkeeper.ingest.release import release

    here = current_shop(ctx)
    shop = here.open()
    try:
        report = release(
            shop, ids=ids or [], load=load, all_edited=all_edited, by=here.actor, present_mapping=present_mapping
        )
        _show_release(report, shop, here.lang, format)
    finally:
        shop.close()
    if report.refused:
        raise typer.Exit(FINDINGS)


@quarantine_app.command("discard")
def discard_(
    ctx: typer.Context,
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Rows by their ids.")],
    reason: Annotated[str, typer.Option("--reason", help="Why they are dropped; kept with who and when.")],
) -> None:
    """Drop rows on purpose: they stay in the quarantine, marked, and no longer count as waiting."""
    from shopkeeper.ingest.quarantine import discard

    here = current_shop(ctx)
    shop = here.open()
    try:
        rows = discard(shop, ids, reason, by=here.actor)
    finally:
        shop.close()
    typer.echo(word("quarantine.discarded", here.lang, rows=len(rows), ids=", ".join(row.id for row in rows)))


def _show_release(report: ReleaseReport, shop: Shop, lang: Language, fmt: Format) -> None:
    rows = [_row(row) | {"outcome": "released" if row in report.released else "refused"}
            for row in (*report.released, *report.refused)]  # fmt: skip
    warnings = [
        word("quarantine.present_mapping", lang, rows="–", amount="–", detail=", ".join(report.present_mapping))
    ]
    meta = _meta(shop) | {
        "snapshot": report.snapshot, "load": report.load_id, "tables": [vars(part) for part in report.tables],
        "warnings": warnings if report.present_mapping else [],
    }  # fmt: skip
    if fmt == "table":
        rows = [row | {"outcome": word(f"quarantine_action.{row['outcome']}", lang)} for row in rows]
    names = ("id", "outcome", "file", "line", "table", "column", "reason", "received")
    emit(rows, columns=_headings(names, lang), fmt=fmt, meta=meta)
    if fmt == "table":
        for warning in meta["warnings"]:
            typer.echo(warning)
        loaded, unchanged = (sum(getattr(p, n) for p in report.tables) for n in ("loaded", "unchanged"))
        typer.echo(
            word("quarantine.done", lang, released=len(report.released), refused=len(report.refused), loaded=loaded,
                 unchanged=unchanged, snapshot=report.snapshot, seconds=f"{report.seconds:.1f}")
        )  # fmt: skip


def _row(row: HeldRow) -> dict[str, Any]:
    return {
        "id": row.id, "status": row.status, "file": row.file_name, "line": row.source_line, "table": row.table,
        "column": row.column, "reason": row.reason, "received": row.received, "raw": dict(row.raw), "edits": dict(row.edits),
        "day": None if row.day is None else plain(row.day), "load": row.load_id,
    }  # fmt: skip


def _meta(shop: Shop) -> dict[str, Any]:
    return {"shop": shop.id, "as_of": None, "snapshot": shop.lake.snapshot(), "warnings": []}


def _headings(names: tuple[str, ...], lang: Language) -> list[tuple[str, str]]:
    return [(name, word(f"quarantine_heading.{name}", lang)) for name in names]


def _key(status: str) -> str:
    return status.replace(" ", "_")
