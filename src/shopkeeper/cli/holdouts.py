"""`shopkeeper holdouts …`: who gets no messages, so that one can tell what messages do."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from shopkeeper.cli.context import current_shop
from shopkeeper.cli.output import Format, emit
from shopkeeper.core.wording import word

Name = Annotated[str, typer.Argument(metavar="NAME", help="The holdout.")]
Moment = Annotated[str, typer.Option(metavar="MOMENT", help="A moment with its zone; now when left out.")]

holdouts_app = typer.Typer(no_args_is_help=True, help="Holdouts: a share of customers that gets no messages.")
_COLUMNS = ("name", "share", "purpose", "channel", "starts_at", "ends_at", "declared_by", "note")


@holdouts_app.command("list")
def list_(
    ctx: typer.Context, format: Annotated[Format, typer.Option("--format", help="How rows are printed.")] = "table"
) -> None:
    """List every holdout ever declared."""
    from shopkeeper.customers.holdouts import holdouts

    here = current_shop(ctx)
    shop, state = here.open(), here.state()
    try:
        rows = [{name: getattr(one, name) for name in _COLUMNS} for one in holdouts(state, shop.id)]
        meta: dict[str, object] = {"shop": shop.id, "as_of": None, "snapshot": shop.lake.snapshot(), "warnings": []}
    finally:
        shop.close()
        state.close()
    if not rows and format == "table":
        typer.echo(word("holdouts.none", here.lang))
        return
    columns = [(name, word(f"holdouts.{name}", here.lang) if format == "table" else name) for name in _COLUMNS]
    emit(rows, columns=columns, fmt=format, meta=meta)


@holdouts_app.command("declare")
def declare(
    ctx: typer.Context,
    name: Name,
    share: Annotated[float, typer.Option("--share", metavar="S", help="Share of all customers, such as 0.1.")],
    purpose: Annotated[str, typer.Option("--purpose", metavar="P", help="Messages of this purpose alone.")] = "",
    channel: Annotated[str, typer.Option("--channel", metavar="C", help="Messages by this channel alone.")] = "",
    from_: Annotated[
        str, typer.Option("--from", metavar="MOMENT", help="Begin, with its zone; now when left out.")
    ] = "",
    until: Annotated[
        str, typer.Option("--until", metavar="MOMENT", help="End, with its zone; none when left out.")
    ] = "",
    note: Annotated[str, typer.Option("--note", metavar="WHY", help="What it is for.")] = "",
) -> None:
    """Hold a share of customers out of messages, drawn by hash: the same ones until it ends."""
    from shopkeeper.core.clock import utc_now
    from shopkeeper.customers.holdouts import declare as declared

    here = current_shop(ctx)
    starts, ends = _moment(from_, "--from"), _moment(until, "--until")
    state = here.state()
    try:
        declared(
            state, here.settings.shop.id, name, share, purpose=purpose, channel=channel, note=note, starts_at=starts,
            ends_at=ends, by=here.actor, at=utc_now(),
        )  # fmt: skip
    finally:
        state.close()


@holdouts_app.command("end")
def end(ctx: typer.Context, name: Name) -> None:
    """Hold nobody out any more by this one; its record stays."""
    from shopkeeper.core.clock import utc_now
    from shopkeeper.customers.holdouts import end as ended

    here = current_shop(ctx)
    state = here.state()
    try:
        ended(state, here.settings.shop.id, name, by=here.actor, at=utc_now())
    finally:
        state.close()


def _moment(text: str, option: str) -> dt.datetime | None:
    from shopkeeper.errors import UsageError

    try:
        moment = dt.datetime.fromisoformat(text) if text else None
    except ValueError:
        moment = dt.datetime.min
    if moment is not None and moment.tzinfo is None:
        raise UsageError(
            "this is no moment with a zone", where=option, received=text, allowed="2025-06-18T00:00:00+08:00",
            state="nothing was changed",
        )  # fmt: skip
    return moment
