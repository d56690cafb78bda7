"""`shopkeeper customers link|links|merge|split`: who is one person, why, and what a person says about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from shopkeeper.cli.context import ShopContext, current_shop
from shopkeeper.cli.output import Format, emit
from shopkeeper.core.wording import Language, word

if TYPE_CHECKING:
    from shopkeeper.customers.oneid.deciding import Decided
    from shopkeeper.warehouse.shop import Shop

FINDINGS = 1
Printed = Annotated[Format, typer.Option("--format", help="How rows are printed.")]
PersonId = Annotated[str, typer.Argument(metavar="PERSON", help="A person's id, such as P00000017.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with who and when.")]

links_app = typer.Typer(no_args_is_help=True, help="Links between customers: why they are, or may be, one person.")


def link(
    ctx: typer.Context,
    full: Annotated[bool, typer.Option("--full", help="Look at every customer, not only at what changed.")] = False,
    train: Annotated[
        bool, typer.Option("--train", help="Estimate the weights of the comparison anew; implies --full.")
    ] = False,
    format: Printed = "table",
) -> None:
    """Look for customers that are one person. Leaves with 1 while uncertain links wait for a decision."""
    from shopkeeper.customers.oneid.linking import link as run_link
    from shopkeeper.customers.oneid.summary import summary

    here = current_shop(ctx)
    shop = here.open()
    try:
        with here.state() as state:
            run = run_link(shop, state, by=here.actor, whole=full, train=train)
        waiting, meta = summary(shop.lake).waiting, _meta(shop)
    finally:
        shop.close()
    row = {
        "run": run.run_id, "whole": run.whole, "customers": run.customers, "touched": run.touched, "persons": run.persons,
        "moved": run.moved, "unlinkable_share": run.unlinkable_share, "review": waiting,
        "weak_keys": [vars(weak) for weak in run.weak_keys], "seconds": run.seconds,
    }  # fmt: skip
    if format == "table":
        _tell_run(row, here.lang, meta)
    else:
        emit([row], columns=[(name, name) for name in row], fmt=format, meta=meta)
    if waiting:
        raise typer.Exit(FINDINGS)


def _tell_run(row: dict[str, Any], lang: Language, meta: dict[str, Any]) -> None:
    counted = {name: f"{row[name]:,}" for name in ("persons", "customers", "touched", "moved")}
    typer.echo(word("one_id.ran", lang, **counted, seconds=f"{row['seconds']:.1f}", snapshot=meta["snapshot"]))
    if row["unlinkable_share"] is not None:
        typer.echo(word("one_id.ran_unlinkable", lang, share=f"{row['unlinkable_share']:.1%}"))
    for weak in row["weak_keys"]:
        kind = word(f"one_id.kind_{weak['kind']}", lang)
        typer.echo(word("one_id.weak", lang, kind=kind, keys=f"{weak['keys']:,}", holders=f"{weak['holders']:,}"))
    if row["review"]:
        typer.echo(word("one_id.ran_review", lang, n=f"{row['review']:,}"))


@links_app.command("show")
def show(ctx: typer.Context, person: PersonId, format: Printed = "table") -> None:
    """Show a person: customers of the sources, keys, and every link with its reason."""
    from shopkeeper.views.identities import person_identities

    here = current_shop(ctx)
    shop = here.open()
    try:
        found = person_identities(shop.lake, person, here.lang, here.settings.shop.currency, clear=True)
        meta = _meta(shop)
    finally:
        shop.close()
    links = [vars(one) for one in found.links]
    identities = [vars(one) for one in found.identities]
    told = {"person": found.person_id, "confidence": found.confidence, "customers": found.customers}
    if format != "table":
        meta |= told | {"asked": found.asked or None, "identities": identities}
        emit(links, columns=[(n, n) for n in ("left_id", "right_id", "kind", "status", "confidence", "says")],
             fmt=format, meta=meta)  # fmt: skip
        return
    if found.asked:
        typer.echo(word("one_id.redirected", here.lang, asked=found.asked, person=found.person_id))
    sure = "–" if found.confidence is None else f"{found.confidence:.3f}"
    typer.echo(word("one_id.person_line", here.lang, person=found.person_id, n=len(found.customers), confidence=sure))
    emit([{"customer_id": c} for c in found.customers], columns=_headings(("customer_id",), here.lang), fmt=format,
         meta=meta)  # fmt: skip
    if identities:
        keys = ("customer_id", "platform_id", "kind", "identity")
        emit(identities, columns=_headings(keys, here.lang), fmt=format, meta=meta)
    if links:
        shown = [one | {"status": one["status_word"]} for one in links]
        names = ("left_id", "right_id", "status", "confidence", "says")
        emit(shown, columns=_headings(names, here.lang), fmt=format, meta=meta)


@links_app.command("review")
def review(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most this many links.")] = 50,
    format: Printed = "table",
) -> None:
    """List uncertain links, the surest first. Leaves with 1 while there are any."""
    from shopkeeper.customers.oneid.summary import uncertain
    from shopkeeper.views.identities import link_shown

    here = current_shop(ctx)
    shop = here.open()
    try:
        found = uncertain(shop.lake, limit=limit)
        meta = _meta(shop)
    finally:
        shop.close()
    rows = [
        vars(link_shown(one.link, here.lang, here.settings.shop.currency, clear=True))
        | {"left_person": one.left_person, "right_person": one.right_person}
        for one in found
    ]
    if format == "table" and not rows:
        typer.echo(word("one_id.nothing_waits", here.lang))
        return
    names = ("left_id", "left_person", "right_id", "right_person", "confidence", "says")
    emit(rows, columns=_headings(names, here.lang), fmt=format, meta=meta)
    if rows:
        raise typer.Exit(FINDINGS)


@links_app.command("judge")
def judge(
    ctx: typer.Context,
    left: Annotated[str, typer.Argument(metavar="CUSTOMER", help="One customer of the link.")],
    right: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The other.")],
    verdict: Annotated[Literal["accept", "reject"], typer.Argument(help="Whether they are one person.")],
    reason: Reason,
    format: Printed = "table",
) -> None:
    """Accept or reject an uncertain link; what is said here wins over every later run."""
    from shopkeeper.customers.oneid import deciding

    here = current_shop(ctx)
    shop = here.open()
    try:
        with here.state() as state:
            done = deciding.judge(shop, state, (left, right), verdict, by=here.actor, reason=reason)
        _tell(done, shop, here, format)
    finally:
        shop.close()


def merge(
    ctx: typer.Context,
    person: PersonId,
    others: Annotated[list[str], typer.Argument(metavar="OTHER...", help="Persons that are the same one.")],
    reason: Reason,
    format: Printed = "table",
) -> None:
    """Make one person of several. The id of the one with most customers stays; the others lead to it."""
    from shopkeeper.customers.oneid import deciding

    here = current_shop(ctx)
    shop = here.open()
    try:
        with here.state() as state:
            done = deciding.merge(shop, state, person, others, by=here.actor, reason=reason)
        _tell(done, shop, here, format)
    finally:
        shop.close()


def split(
    ctx: typer.Context,
    person: PersonId,
    customers: Annotated[list[str], typer.Argument(metavar="CUSTOMER...", help="Customers that are somebody else.")],
    reason: Reason,
    format: Printed = "table",
) -> None:
    """Part customers from the rest of a person. The larger part keeps the id; of equal parts, that of the first customer."""
    from shopkeeper.customers.oneid import deciding

    here = current_shop(ctx)
    shop = here.open()
    try:
        with here.state() as state:
            done = deciding.split(shop, state, person, customers, by=here.actor, reason=reason)
        _tell(done, shop, here, format)
    finally:
        shop.close()


def _tell(done: Decided, shop: Shop, here: ShopContext, fmt: Format) -> None:
    if fmt == "table":
        typer.echo(word("one_id.decided", here.lang, number=done.number, persons=", ".join(done.persons)))
    else:
        row = {"decision": done.number, "run": done.run_id, "persons": list(done.persons)}
        emit([row], columns=[(name, name) for name in row], fmt=fmt, meta=_meta(shop))


def _meta(shop: Shop) -> dict[str, Any]:
    return {"shop": shop.id, "as_of": None, "snapshot": shop.lake.snapshot(), "warnings": []}


def _headings(names: tuple[str, ...], lang: Language) -> list[tuple[str, str]]:
    return [(name, word(f"one_id_heading.{name}", lang)) for name in names]
