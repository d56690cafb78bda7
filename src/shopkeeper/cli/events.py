"""`shopkeeper events`: what waits in the journal, bring it into the warehouse, and send a file of events."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shopkeeper.cli.context import current_shop
from shopkeeper.cli.output import Format, emit
from shopkeeper.core.wording import Language, word
from shopkeeper.errors import SourceError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shopkeeper.warehouse.shop import Shop

TOKEN_VARIABLE = "SHOPKEEPER_TOKEN"  # noqa: S105 - the name of a variable
_BATCH = 500
_COLUMNS = ("journal", "segments", "waiting_bytes", "held_bytes", "torn")

events_app = typer.Typer(help="Events as they happen: the journal, and what becomes of it.", no_args_is_help=True)


@events_app.command()
def status(
    ctx: typer.Context,
    format: Annotated[Format, typer.Option("--format", help="How rows are printed.")] = "table",
) -> None:
    """Say how much of each journal waits, and how much of what is still on the disk the lake holds already."""
    here = current_shop(ctx)
    shop = here.open()
    try:
        rows = [_journal(shop, name) for name in ("events", "webhooks")]
        snapshot = shop.lake.snapshot()
    finally:
        shop.close()
    meta: dict[str, object] = {"shop": shop.id, "as_of": None, "snapshot": snapshot, "warnings": []}
    columns = [(name, word(f"events_command.{name}", here.lang)) for name in _COLUMNS]
    emit(rows, columns=columns, fmt=format, meta=meta)


@events_app.command()
def flush(ctx: typer.Context) -> None:
    """Bring everything that waits in the journal into the warehouse now."""
    from shopkeeper.ingest.events.keeper import flush_all

    here = current_shop(ctx)
    shop = here.open()
    try:
        done = flush_all(shop, by=here.actor)
    finally:
        shop.close()
    told = {name: f"{getattr(done, name):,}" for name in ("read", "loaded", "unchanged", "set_aside", "sessions")}
    typer.echo(word("events_command.flushed", here.lang, seconds=f"{done.seconds:.1f}", **told))
    if done.set_aside:
        typer.echo(word("ingest.set_aside", here.lang), err=True)
        raise typer.Exit(1)


@events_app.command()
def send(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="Events, one JSON object a line, or one JSON array.")],
    to: Annotated[
        str,
        typer.Option(
            "--to", metavar="URL", help="A server such as http://127.0.0.1:8420; else this shop's own journal."
        ),
    ] = "",
    shop_id: Annotated[str, typer.Option("--shop", help="Which of the shops that the server serves.")] = "",
) -> None:
    """Send a file of events to a server, with the token in SHOPKEEPER_TOKEN, or put them into this shop's journal.

    Sending the same file twice changes nothing: an event is known by its id.
    """
    lang = current_shop(ctx).lang
    counts = {"received": 0, "accepted": 0, "set_aside": 0}
    answers = _posted(to, shop_id, file) if to else _kept(ctx, file)
    for first, answer in answers:
        for name in counts:
            counts[name] += int(str(answer[name]))
        _tell_faults(answer, first, lang)
    typer.echo(word("events_command.sent", lang, **{name: f"{number:,}" for name, number in counts.items()}))
    if counts["set_aside"]:
        raise typer.Exit(1)


def _journal(shop: Shop, name: str) -> dict[str, object]:
    from shopkeeper.ingest.events.flush import journal_folder, unread
    from shopkeeper.ingest.events.journal import segments

    folder = journal_folder(shop.data_dir, "events" if name == "events" else "webhooks")
    known = segments(folder)
    size = sum(segment.size() for segment in known)
    waiting = sum(stretch.end - stretch.begin for stretch in unread(shop, folder, limit=size + 1))
    return {
        "journal": name, "segments": len(known), "waiting_bytes": waiting, "held_bytes": size - waiting,
        "torn": len(list(folder.glob("*.torn"))),
    }  # fmt: skip


def _batches(file: Path) -> Iterator[tuple[int, bytes]]:
    """Batches of a file as NDJSON, with the place of the first event of each."""
    try:
        with file.open("rb") as stream:
            if stream.read(64).lstrip().startswith(b"["):
                from pydantic_core import from_json, to_json

                events = from_json(file.read_bytes())
                for first in range(0, len(events), _BATCH):
                    yield first, b"\n".join(to_json(event) for event in events[first : first + _BATCH])
                return
            stream.seek(0)
            lines: list[bytes] = []
            first = 0
            for line in stream:
                if line.strip():
                    lines.append(line)
                if len(lines) == _BATCH:
                    yield first, b"".join(lines)
                    first, lines = first + len(lines), []
            if lines:
                yield first, b"".join(lines)
    except (OSError, ValueError) as error:
        raise SourceError("the file of events cannot be read", where=str(file), received=error) from None


def _kept(ctx: typer.Context, file: Path) -> Iterator[tuple[int, Mapping[str, object]]]:
    from shopkeeper.ingest.events.intake import EventIntake

    here = current_shop(ctx)
    shop = here.open()
    intake = EventIntake(shop)
    try:
        for first, body in _batches(file):
            judged, done = intake.take_body(body, "ndjson", by=here.actor)
            done.result()
            faults = [fault.as_json() for fault in judged.faults]
            yield first, {
                "received": judged.received, "accepted": judged.accepted, "set_aside": len(faults), "faults": faults,
            }  # fmt: skip
    finally:
        intake.close()
        shop.close()


def _posted(to: str, shop_id: str, file: Path) -> Iterator[tuple[int, Mapping[str, object]]]:
    from shopkeeper.ingest.events.sending import post_batch

    token = os.environ.get(TOKEN_VARIABLE, "")
    if not token:
        raise UsageError(
            "sending needs a token", where=f"environment, {TOKEN_VARIABLE}", received="nothing", state="nothing was sent",
            next_command="shopkeeper user token create NAME --for events",
        )  # fmt: skip
    for first, body in _batches(file):
        yield first, post_batch(to, body, token, shop=shop_id)


def _tell_faults(answer: Mapping[str, object], first: int, lang: Language) -> None:
    faults = answer["faults"]
    assert isinstance(faults, list)
    for fault in faults:
        told = {name: fault.get(name, "") for name in ("where", "failed", "received", "allowed")}
        typer.echo(word("events_command.fault", lang, index=first + int(fault["index"]), **told), err=True)
