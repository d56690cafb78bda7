"""`shopkeeper define …`: own indicators and targets: check, accept, list, and compare two versions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shopkeeper.cli.context import ShopContext, current_shop
from shopkeeper.cli.output import Format, emit
from shopkeeper.core.period import Grain
from shopkeeper.core.wording import Language, word

if TYPE_CHECKING:
    from shopkeeper.kpi.definitions import Definitions
    from shopkeeper.views.definitions import CheckShown, DifferenceShown
    from shopkeeper.warehouse.shop import Shop

FINDINGS = 1
Printed = Annotated[Format, typer.Option("--format", help="How rows are printed.")]
Files = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[FILE…]", help="Files of definitions, TOML or plain YAML; those in kpis/ when left out."),
]

define_app = typer.Typer(
    no_args_is_help=True, help="Own indicators, measures and targets: check, accept, list, and compare two versions."
)


@define_app.command("check")
def check(ctx: typer.Context, files: Files = None, format: Printed = "table") -> None:
    """Check definitions without accepting them: every mistake, what is worth knowing, the newest values. Exit 1 for a mistake."""
    from shopkeeper.views.definitions import check_shown

    here = current_shop(ctx)
    shop = here.open()
    try:
        found = check_shown(shop, _given(shop, files), here.lang)
    finally:
        shop.close()
    _print_check(found, shop, here.lang, format)
    if not found.acceptable:
        raise typer.Exit(FINDINGS)


@define_app.command("accept")
def accept(
    ctx: typer.Context,
    files: Files = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept with the version.")] = "",
) -> None:
    """Check definitions, write them into kpis/ and record them as a version; everything uses them at once."""
    from shopkeeper.core.clock import utc_now
    from shopkeeper.kpi.own.versions import accept as accept_files
    from shopkeeper.views.definitions import remark_text

    here = current_shop(ctx)
    shop = here.open()
    try:
        with here.state() as state:
            given = _given(shop, files)
            done = accept_files(shop, state, given, by=here.actor, reason=reason, at=utc_now())
    finally:
        shop.close()
    for remark in done.compiled.remarks:
        typer.echo(remark_text(remark, here.lang))
    if not done.versions:
        typer.echo(word("definitions.unchanged", here.lang))
        return
    numbers = ", ".join(map(str, done.versions))
    typer.echo(word("definitions.accepted", here.lang, versions=numbers, files=", ".join(done.files)))


@define_app.command("list")
def list_(
    ctx: typer.Context,
    all_: Annotated[bool, typer.Option("--all", help="Built-in indicators too.")] = False,
    versions: Annotated[bool, typer.Option("--versions", help="The accepted versions instead.")] = False,
    format: Printed = "table",
) -> None:
    """List own and replaced indicators with their version, place and targets. Exit 1 while a file cannot be used."""
    from shopkeeper.kpi.own.versions import shop_versions
    from shopkeeper.views.definitions import definitions_page
    from shopkeeper.views.plain import as_plain

    here = current_shop(ctx)
    shop = here.open()
    try:
        page = definitions_page(shop, here.lang, shop_versions(shop))
        meta = {"shop": shop.id, "as_of": None, "snapshot": shop.lake.snapshot(), "warnings": list(page.unrecorded)}
    finally:
        shop.close()
    listed = page.versions if versions else [r for r in page.rows if all_ or r.origin != "built_in" or r.targets]
    rows = [dict(as_plain(row)) for row in listed]  # type: ignore[call-overload]
    if format == "table" and not versions:
        rows = [{**row, "targets": " · ".join(_target(t) for t in row["targets"])} for row in rows]
    names = ("number", "file", "accepted_at", "accepted_by", "reason") if versions else _LISTED
    if rows or format != "table":
        emit(rows, columns=_headings(names, here.lang, format), fmt=format, meta=meta)
    else:
        typer.echo(word("definitions.no_versions" if versions else "definitions.none_own", here.lang))
    if format == "table" and page.unrecorded:
        typer.echo(word("definitions.unrecorded", here.lang, files=", ".join(page.unrecorded)))
    if page.problems:
        raise typer.Exit(FINDINGS)


@define_app.command("diff")
def diff(
    ctx: typer.Context,
    kpi: Annotated[str, typer.Argument(metavar="ID", help="An indicator.")],
    between: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--between", metavar="V1 V2", help="Versions: a number, now, or built-in; the last two when left out."
        ),
    ] = None,
    draft: Annotated[
        Path | None, typer.Option("--draft", metavar="FILE", help="Compare what applies now with this file.")
    ] = None,
    period: Annotated[Grain, typer.Option("--period", help="Length of one period.")] = "month",
    from_: Annotated[str | None, typer.Option("--from", metavar="D", help="First day or period.")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="D", help="Last day or period, included.")] = None,
    by: Annotated[list[str] | None, typer.Option("--by", help="Cut by platform, shop, category or channel.")] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="P", help="The period whose rows are looked at.")] = None,
    format: Printed = "table",
) -> None:
    """Compute two versions of an indicator on the shop's own data: cells that differ, and the rows behind the newest of them."""
    from shopkeeper.core.period import Period
    from shopkeeper.kpi.asked import parse_request
    from shopkeeper.kpi.own.versions import shop_versions
    from shopkeeper.views.definitions import Asking, difference_shown

    here = current_shop(ctx)
    shop = here.open()
    try:
        request = parse_request(grain=period, from_=from_, to=to, by=by or [])
        before, after = between or ("", "")
        asking = Asking(
            kpi, before, after, request.grain, request.by, request.start, request.end, Period.parse(at) if at else None
        )  # fmt: skip
        drafted = _drafted(shop, draft) if draft else None
        found = difference_shown(shop, shop_versions(shop), asking, here.lang, samples=True, draft=drafted)
    finally:
        shop.close()
    _print_difference(found, here, shop, format)


def _given(shop: Shop, files: list[Path] | None) -> dict[str, str]:
    from shopkeeper.kpi.own.folder import read_text
    from shopkeeper.kpi.own.versions import file_name

    return {file_name(path.name): read_text(path) for path in files or ()}


def _drafted(shop: Shop, path: Path) -> Definitions:
    from shopkeeper.kpi.own.checked import check_text

    return check_text(shop, _given(shop, [path])).whole()


_LISTED = ("id", "name", "origin_word", "version", "file", "unit", "targets")
_HEADINGS = {
    "id": "definitions.indicator", "name": "definitions.indicator", "origin_word": "definitions.origin",
    "version": "definitions.version", "file": "definitions.file", "unit": "definitions.unit", "targets": "definitions.targets",
    "number": "definitions.version", "accepted_at": "definitions.at", "accepted_by": "definitions.by",
    "reason": "definitions.reason", "failed": "definitions.failed", "where": "definitions.where",
    "received": "definitions.received", "allowed": "definitions.allowed", "period": "definitions.period",
    "slice": "definitions.slice", "before": "definitions.before", "after": "definitions.after",
    "change": "definitions.change", "why": "definitions.why", "text": "definitions.first_value", "missing": "definitions.why",
}  # fmt: skip


def _headings(names: tuple[str, ...], lang: Language, fmt: Format) -> list[tuple[str, str]]:
    return [(name, word(_HEADINGS[name], lang) if fmt == "table" and name != "id" else name) for name in names]


def _target(target: dict[str, object]) -> str:
    beginning = " ".join(str(v) for v in (target["since"], target["platform"]) if v)
    anchors = f"{target['floor']} / {target['baseline']} / {target['target']}"
    return f"{beginning}: {anchors}" if beginning else anchors


def _print_check(found: CheckShown, shop: Shop, lang: Language, fmt: Format) -> None:
    from shopkeeper.views.plain import as_plain

    meta: dict[str, object] = {"shop": shop.id, "as_of": None, "snapshot": None, "warnings": list(found.remarks)}
    problems = [vars(problem) for problem in found.problems]
    names = ("failed", "where", "received", "allowed")
    if fmt == "json":
        emit([as_plain(found)], columns=[], fmt=fmt, meta=meta)  # type: ignore[list-item]
        return
    if fmt == "csv":
        emit(problems, columns=_headings(names, lang, fmt), fmt=fmt, meta=meta)
        return
    if problems:
        emit(problems, columns=_headings(names, lang, fmt), fmt=fmt, meta=meta)
        typer.echo(word("definitions.checked_badly", lang, n=len(problems)))
        return
    if found.values:
        shown = ("id", "name", "period", "text", "missing")
        emit([vars(v) for v in found.values], columns=_headings(shown, lang, fmt), fmt=fmt, meta=meta)
    for remark in found.remarks:
        typer.echo(remark)
    typer.echo(word("definitions.checked_well", lang))


def _print_difference(found: DifferenceShown, here: ShopContext, shop: Shop, fmt: Format) -> None:
    from shopkeeper.views.plain import as_plain

    lang = here.lang
    meta: dict[str, object] = {"shop": shop.id, "as_of": None, "snapshot": found.snapshot, "warnings": []}
    names = ("period", "slice", "before", "after", "change", "why")
    if fmt == "json":
        emit([as_plain(found)], columns=[], fmt=fmt, meta=meta)  # type: ignore[list-item]
        return
    cells = [vars(cell) for cell in found.cells]
    if fmt == "csv":
        emit(cells, columns=_headings(names, lang, fmt), fmt=fmt, meta=meta)
        return
    told = {"name": found.name, "before": found.before, "after": found.after, "all": found.of}
    if not cells:
        typer.echo(word("definitions.same", lang, **told))
        return
    typer.echo(word("definitions.differing", lang, n=found.differing, **told))
    emit(cells, columns=_headings(names, lang, fmt), fmt=fmt, meta=meta)
    typer.echo(word("definitions.rows_of", lang, period=found.looked_at))
    for cause in found.causes:
        typer.echo(f"- {cause.text}")
        rows = [dict(zip(cause.headings, row, strict=True)) for row in cause.samples]
        if rows:
            emit(rows, columns=[(name, name) for name in cause.headings], fmt=fmt, meta=meta)
    if not found.causes:
        typer.echo(word("definitions.no_rows", lang))
