"""`shopkeeper segments …`: rules over profiles: count, save, refresh, compare and export; and who may be written to."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from shopkeeper.cli.context import current_shop
from shopkeeper.cli.output import Format, emit
from shopkeeper.core.wording import Language, word

Printed = Annotated[Format, typer.Option("--format", help="How rows are printed.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The segment.")]
RuleText = Annotated[
    str,
    typer.Argument(
        metavar="RULE", help='A rule such as {"all": [{"orders": ">= 2"}]}; a file after @, or - for stdin.'
    ),
]

segments_app = typer.Typer(no_args_is_help=True, help="Segments: rules over customers' profiles.")


@segments_app.command("list")
def list_(ctx: typer.Context, format: Printed = "table") -> None:
    """List saved segments with their newest members."""
    from shopkeeper.customers.segments import refreshes, segments

    here = current_shop(ctx)
    shop, state = here.open(), here.state()
    try:
        rows = []
        for one in segments(state, shop):
            newest = next(iter(refreshes(state, shop, one.name, 1)), None)
            rows.append({
                "name": one.name, "version": one.version, "rule": one.rule.as_json(),
                "members": newest.members if newest else None,
                "came": newest.came if newest else None, "went": newest.went if newest else None,
                "refreshed_at": newest.refreshed_at if newest else None, "note": one.note, "tag": one.tag,
            })  # fmt: skip
        meta: dict[str, object] = {"shop": shop.id, "as_of": None, "snapshot": shop.lake.snapshot(), "warnings": []}
    finally:
        shop.close()
        state.close()
    if not rows and format == "table":
        typer.echo(word("segments.none", here.lang))
        return
    names = ("name", "version", "members", "came", "went", "refreshed_at", "rule", "tag", "note")
    emit(rows, columns=_headings(names, here.lang, format), fmt=format, meta=meta)


@segments_app.command("dimensions")
def dimensions(ctx: typer.Context, format: Printed = "table") -> None:
    """List the dimensions that a rule may ask for, with what each needs."""
    from shopkeeper.customers.catalogue import DIMENSIONS
    from shopkeeper.customers.profiles import available, people_of
    from shopkeeper.customers.rules import OPERATORS

    here = current_shop(ctx)
    shop = here.open()
    try:
        people = people_of(shop)
        rows = [
            {"dimension": d.id, "name": word(f"profile.{d.id}", here.lang), "kind": d.kind,
             "operators": " ".join(op for op, kinds in OPERATORS.items() if d.kind in kinds),
             "missing": "" if available(people, d) else ", ".join(d.sources)}
            for d in DIMENSIONS.values()
        ]  # fmt: skip
        meta: dict[str, object] = {"shop": shop.id, "as_of": None, "snapshot": people.snapshot, "warnings": []}
    finally:
        shop.close()
    emit(
        rows,
        columns=_headings(("dimension", "name", "kind", "operators", "missing"), here.lang, format),
        fmt=format,
        meta=meta,
    )


@segments_app.command("count")
def count(
    ctx: typer.Context,
    rule: RuleText,
    as_of: Annotated[str, typer.Option("--as-of", metavar="DAY", help="Look from this day.")] = "",
    format: Printed = "table",
) -> None:
    """Count the customers that a rule takes, without saving it."""
    from shopkeeper.customers.rules import read_rule
    from shopkeeper.customers.segments import count as counted

    here = current_shop(ctx)
    shop, state = here.open(), here.state()
    try:
        found = counted(shop, state, read_rule(_given(rule)), _day(as_of))
    finally:
        shop.close()
        state.close()
    meta: dict[str, object] = {
        "shop": shop.id,
        "as_of": str(found.looked_from),
        "snapshot": found.snapshot,
        "warnings": [],
    }
    if format == "table":
        typer.echo(word("segments.counted", here.lang, n=f"{found.members:,}", of=f"{found.of:,}"))
        return
    emit(
        [{"members": found.members, "of": found.of}],
        columns=[("members", "members"), ("of", "of")],
        fmt=format,
        meta=meta,
    )


@segments_app.command("save")
def save(
    ctx: typer.Context,
    name: Name,
    rule: RuleText,
    note: Annotated[str, typer.Option("--note", metavar="WHY", help="What it is for.")] = "",
    tag: Annotated[
        str, typer.Option("--tag", metavar="TAG", help="Tag that every refresh gives to members and takes from others.")
    ] = "",
) -> None:
    """Save a rule under a name, as its next version."""
    from shopkeeper.core.clock import utc_now
    from shopkeeper.customers.segments import save as kept

    here = current_shop(ctx)
    shop, state = here.open(), here.state()
    try:
        one = kept(state, shop, name, _given(rule), note=note, tag=tag, by=here.actor, at=utc_now())
    finally:
        shop.close()
        state.close()
    typer.echo(word("segments.saved", here.lang, name=one.name, version=one.version))


@segments_app.command("drop")
def drop(ctx: typer.Context, name: Name) -> None:
    """Let a segment go; its versions stay on record."""
    from shopkeeper.core.clock import utc_now
    from shopkeeper.customers.segments import let_go

    here = current_shop(ctx)
    shop, state = here.open(), here.state()
    try:
        let_go(state, shop, name, by=here.actor, at=utc_now())
    finally:
        shop.close()
        state.close()


@segments_app.command("refresh")
def refresh(ctx: typer.Context, name: Name, format: Printed = "table") -> None:
    """Ask a segment's rule of the newest profiles, keep who it takes, and say who came and who went."""
    from shopkeeper.core.clock import utc_now
    from shopkeeper.customers.segments import refresh as asked

    here = current_shop(ctx)
    shop, state = here.open(), here.state()
    try:
        done = asked(state, shop, name, by=here.actor, at=utc_now())
    finally:
        shop.close()
        state.close()
    meta: dict[str, object] = {
        "shop": shop.id,
        "as_of": str(done.looked_from),
        "snapshot": done.snapshot,
        "warnings": [],
    }
    names = ("name", "version", "members", "came", "went", "tagged", "untagged")
    emit(
        [{name: vars(done)[name] for name in names}], columns=_headings(names, here.lang, format), fmt=format, meta=meta
    )


@segments_app.command("export")
def export(
    ctx: typer.Context,
    name: Name,
    to: Annotated[Path | None, typer.Option("--to", metavar="FILE", help="Where; NAME.FORM when left out.")] = None,
    form: Annotated[Literal["csv", "xlsx", "parquet"], typer.Option("--form", help="Form of the file.")] = "csv",
    personal: Annotated[bool, typer.Option("--personal", help="With names and keys.")] = False,
) -> None:
    """Write a segment's members with their profiles to a file. It is written into the audit trail."""
    from shopkeeper.access.audit import record
    from shopkeeper.core.clock import utc_now
    from shopkeeper.customers.exports import export_bytes
    from shopkeeper.customers.segments import segment

    here = current_shop(ctx)
    shop, state = here.open(), here.state()
    try:
        body, rows = export_bytes(shop, state, segment(state, shop, name).rule, form, personal=personal)
        target = to or Path(f"{name}.{form}")
        target.write_bytes(body)
        record(
            state, "segment.exported", name, actor=here.actor, at=utc_now(), shop=shop.id, members=rows, form=form,
            personal=personal,
        )  # fmt: skip
    finally:
        shop.close()
        state.close()
    typer.echo(word("segments.exported", here.lang, file=str(target), n=f"{rows:,}"))


@segments_app.command("reach")
def reach(
    ctx: typer.Context,
    name: Name,
    purpose: Annotated[str, typer.Option("--purpose", metavar="P", help="What consent is asked for.")],
    channel: Annotated[str, typer.Option("--channel", metavar="C", help="How it would be sent.")],
    at: Annotated[str, typer.Option("--at", metavar="MOMENT", help="When, with a zone; now when left out.")] = "",
    format: Printed = "table",
) -> None:
    """Count whom one may write to at a moment, and why not the others: consent, quiet hours, caps."""
    from shopkeeper.core.clock import utc_now
    from shopkeeper.customers.contact import WHYS, may_contact
    from shopkeeper.customers.profiles import people_of
    from shopkeeper.customers.segments import members_sql, segment

    here = current_shop(ctx)
    shop, state = here.open(), here.state()
    try:
        people = people_of(shop)
        wanted = members_sql(shop, state, people, segment(state, shop, name).rule)
        refs = [ref for (ref,) in shop.lake.query(f"SELECT ref FROM ({wanted}) ORDER BY ref").fetchall()]
        found = may_contact(shop, state, refs, purpose, channel, dt.datetime.fromisoformat(at) if at else utc_now())
    finally:
        shop.close()
        state.close()
    counts = found.counts
    told: dict[str, int] = {"allowed": len(found.allowed)}
    told.update({why: counts[why] for why in WHYS if why in counts})
    words = {why: word(f"contact_why.{why}", here.lang) if format == "table" else why for why in told}
    rows = [{"reason": words[why], "n": n} for why, n in told.items()]
    meta: dict[str, object] = {"shop": shop.id, "as_of": at or None, "snapshot": people.snapshot, "warnings": []}
    emit(rows, columns=_headings(("reason", "n"), here.lang, format), fmt=format, meta=meta)


def _given(rule: str) -> str:
    if rule == "-":
        return sys.stdin.read()
    return Path(rule[1:]).read_text(encoding="utf-8") if rule.startswith("@") else rule


def _day(text: str) -> dt.date | None:
    from shopkeeper.errors import UsageError

    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError("this is no day", where="--as-of", received=text, allowed="2025-06-18") from None


def _headings(names: tuple[str, ...], lang: Language, fmt: Format) -> list[tuple[str, str]]:
    return [(name, word(f"customers_heading.{name}", lang) if fmt == "table" else name) for name in names]
