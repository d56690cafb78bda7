"""`shopkeeper customers …`: who there is, one of them, what is held of them, and forgetting them for good."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from shopkeeper.cli import one_id
from shopkeeper.cli.context import current_shop
from shopkeeper.cli.output import Format, emit, plain
from shopkeeper.core.wording import Language, word

if TYPE_CHECKING:
    from shopkeeper.customers.erase import ErasePlan, Erasure

Printed = Annotated[Format, typer.Option("--format", help="How rows are printed.")]
Who = Annotated[str, typer.Argument(metavar="ID", help="A reference, or a whole key, phone number or e-mail address.")]
Personal = Annotated[
    bool, typer.Option("--personal", help="Show names and keys; that is written into the audit trail.")
]

customers_app = typer.Typer(
    no_args_is_help=True,
    help="Customers: list them, look at one, report on one, erase one; who is one person.",
)


for _command in (one_id.link, one_id.merge, one_id.split):
    customers_app.command()(_command)
customers_app.add_typer(one_id.links_app, name="links")


@customers_app.command("list")
def list_(
    ctx: typer.Context,
    lifecycle: Annotated[str, typer.Option("--lifecycle", metavar="STATE", help="Only customers in this state.")] = "",
    page: Annotated[int, typer.Option("--page", min=1, help="Which fifty of them.")] = 1,
    personal: Personal = False,
    format: Printed = "table",
) -> None:
    """List customers, those who paid most first, with how complete their profiles are."""
    from shopkeeper.views.customers import customers_page
    from shopkeeper.views.lens import Lens

    here = current_shop(ctx)
    shop = here.open()
    try:
        if personal:
            here.written_down("customer.listed", f"page {page}")
        view = customers_page(shop, Lens(shop.id, here.lang), shop.lake.snapshot(), page, lifecycle, personal)
    finally:
        shop.close()
    meta: dict[str, object] = {
        "shop": shop.id, "as_of": view.looked_from, "snapshot": view.freshness.snapshot, "warnings": [],
        "customers": view.people, "completeness": view.completeness,
    }  # fmt: skip
    names = ("ref", "name", "orders", "paid", "last_order_day", "lifecycle", "top_category")
    if format == "json":
        meta = {key: plain(value) if key == "as_of" and value is not None else value for key, value in meta.items()}
    emit([vars(row) for row in view.rows], columns=_headings(names, here.lang, format), fmt=format, meta=meta)
    if format == "table" and view.completeness is not None:
        told = {"n": f"{view.people:,}", "share": f"{view.completeness:.1%}", "target": f"{view.target:.0%}"}
        typer.echo(word("customers.complete", here.lang, **told))


@customers_app.command("show")
def show(ctx: typer.Context, who: Who, personal: Personal = False, format: Printed = "table") -> None:
    """Show one customer: every dimension, or the source that it lacks."""
    from shopkeeper.customers.profiles import find, people_of
    from shopkeeper.views.customers import customer_page
    from shopkeeper.views.lens import Lens
    from shopkeeper.views.plain import as_plain

    here = current_shop(ctx)
    shop = here.open()
    try:
        ref = find(shop, people_of(shop), who)
        if personal:
            here.written_down("customer.seen", ref)
        view = customer_page(shop, Lens(shop.id, here.lang), shop.lake.snapshot(), ref, 1, "", personal)
    finally:
        shop.close()
    meta: dict[str, object] = {"shop": shop.id, "as_of": None, "snapshot": view.freshness.snapshot, "warnings": []}
    if format == "json":
        emit([as_plain(view)], columns=[], fmt=format, meta=meta)  # type: ignore[list-item]
        return
    rows = [
        {
            "group": group.name,
            "dimension": row.id,
            "name": row.name,
            "text": row.text,
            "missing": ", ".join(row.missing),
        }
        for group in view.groups
        for row in group.rows
        if row.applies or row.missing or format == "csv"
    ]
    title = " ".join(part for part in (view.ref, view.name) if part)
    names = ("dimension", "name", "text", "missing")
    emit(rows, columns=_headings(names, here.lang, format), fmt=format, meta=meta, title=title)


@customers_app.command("report")
def report(
    ctx: typer.Context,
    who: Who,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="DIR", help="Where; the current folder when left out.")
    ] = None,
) -> None:
    """Write all that is held of one person as JSON and as a page to read, for the person. The audit trail says so."""
    from shopkeeper.core.clock import utc_now
    from shopkeeper.customers.held import held_of
    from shopkeeper.views.held import report_html, report_json

    here = current_shop(ctx)
    shop, state = here.open(), here.state()
    try:
        held = held_of(shop, state, who, at=utc_now())
        settings = shop.settings.shop
        folder = to or Path()
        folder.mkdir(parents=True, exist_ok=True)
        paths = (folder / f"{held.ref}.json", folder / f"{held.ref}.html")
        paths[0].write_text(report_json(held, shop.id), encoding="utf-8")
        paths[1].write_text(report_html(held, settings.name, settings.timezone, here.lang), encoding="utf-8")
        here.written_down("customer.reported", held.ref)
    finally:
        shop.close()
        state.close()
    for path in paths:
        path.chmod(0o600)
        typer.echo(str(path))


@customers_app.command("erase")
def erase(
    ctx: typer.Context,
    who: Who,
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without this, only say what would be rewritten.")] = False,
    reason: Annotated[
        str, typer.Option("--reason", metavar="WHY", help="Why, for the record; it must not name the person.")
    ] = "",
    inbox: Annotated[
        Literal["refuse", "remove", "keep"],
        typer.Option("--inbox", help="What becomes of files in the inbox that hold the person."),
    ] = "refuse",
    format: Printed = "table",
) -> None:
    """Forget a person for good: rows, raw copies, older snapshots. Leaves with 1 when a file still names them."""
    from shopkeeper.core.clock import utc_now
    from shopkeeper.customers.erase import erase as erased
    from shopkeeper.customers.erase import plan_erasure
    from shopkeeper.customers.store import snapshot_of
    from shopkeeper.kpi.rollup.store import pins

    here = current_shop(ctx)
    shop, state = here.open(), here.state()
    try:
        pinned = pins(shop.data_dir) | snapshot_of(shop.data_dir)
        if not yes:
            _print_plan(plan_erasure(shop, state, who, pins=pinned), shop.id, here.lang, format)
            return
        done = erased(shop, state, who, reason=reason, by=here.actor, at=utc_now(), inbox=inbox, pins=pinned)
    finally:
        shop.close()
        state.close()
    _print_done(done, shop.id, here.lang, format)
    if done.left:
        raise typer.Exit(1)


def _print_plan(plan: ErasePlan, shop: str, lang: Language, fmt: Format) -> None:
    rows = [{"what": table, "count": n} for table, n in plan.rows.items()]
    rows += [
        {"what": word("erase.raw_rows", lang, n=plan.raw_files), "count": plan.raw_rows},
        {"what": word("erase.snapshots", lang), "count": plan.snapshots},
        {"what": word("erase.segments", lang), "count": plan.segments},
        {"what": word("erase.tags", lang), "count": plan.tags},
    ]
    meta: dict[str, object] = {
        "shop": shop, "as_of": None, "snapshot": None, "warnings": [], "ref": plan.ref, "inbox": list(plan.inbox),
        "own_files": list(plan.own_files), "pinned": list(plan.pinned),
    }  # fmt: skip
    emit(rows, columns=_headings(("what", "count"), lang, fmt), fmt=fmt, meta=meta, title=plan.ref)
    if fmt == "table":
        for name in (*plan.inbox, *plan.own_files):
            typer.echo(word("erase.file", lang, file=name))
        typer.echo(word("erase.not_done", lang, ref=plan.ref))


def _print_done(done: Erasure, shop: str, lang: Language, fmt: Format) -> None:
    meta: dict[str, object] = {"shop": shop, "as_of": None, "snapshot": done.snapshot, "warnings": list(done.left)}
    row = {"ref": done.plan.ref, "rows": sum(done.plan.rows.values()), "raw_rows": done.raw_rows,
           "snapshots": done.plan.snapshots, "searched_bytes": done.searched_bytes, "left": len(done.left)}  # fmt: skip
    if fmt != "table":
        emit([row], columns=[(name, name) for name in row], fmt=fmt, meta=meta)
        return
    typer.echo(word("erase.done", lang, **{**row, "searched": f"{done.searched_bytes / 1e6:,.1f}"}))
    for name in done.left:
        typer.echo(word("erase.left", lang, file=name))


def _headings(names: tuple[str, ...], lang: Language, fmt: Format) -> list[tuple[str, str]]:
    return [(name, word(f"customers_heading.{name}", lang) if fmt == "table" else name) for name in names]
