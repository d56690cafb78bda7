"""`shopkeeper work`: run what is due, by itself, until a signal."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shopkeeper.cli.context import ShopContext, current_shop
from shopkeeper.core.wording import word

if TYPE_CHECKING:
    from shopkeeper.core.wording import Language
    from shopkeeper.jobs.job import Job
    from shopkeeper.jobs.worker import Ended, Orders

FINDINGS = 1


def work(
    ctx: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Do what is due now and what follows it, then leave.")] = False,
    kinds: Annotated[
        list[str] | None, typer.Option("--kinds", metavar="KIND", help="Take only jobs of this kind; may be repeated.")
    ] = None,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Run declared jobs and send what waits in the outbox: until Ctrl-C or SIGTERM, or all that is due with --once.

    With --once it leaves with 1 when a job became a dead letter.
    """
    import datetime as dt

    from shopkeeper.cli.job_kinds import handlers
    from shopkeeper.jobs.kinds import known_kind
    from shopkeeper.jobs.worker import Pace, Worker

    here = current_shop(ctx)
    told = here.settings.work
    wanted = [known_kind(kind, "any" if kind == "pull" else "").name for kind in kinds or ()]
    with here.state() as state:
        bound = handlers(here.folder, state)
        orders = OrdersOfFolder(here)
        worker = Worker(
            state, here.settings.shop.id, {kind: bound[kind] for kind in wanted or bound}, orders,
            pace=Pace(dt.timedelta(seconds=told.lease_seconds), told.poll_seconds, told.grace_seconds),
            heard=_printer(here.lang),
        )  # fmt: skip
        orders()  # a wrong setting is said before anything starts
        if with_parent:
            threading.Thread(target=_until_parent_ends, args=(worker.stop,), daemon=True).start()
        if once:
            worker.run_due()
        else:
            typer.echo(word("work.ready", here.lang, kinds=", ".join(wanted or bound)), err=with_parent)
            worker.run()
            typer.echo(word("work.stopped", here.lang), err=with_parent)
    if once and worker.dead:
        raise typer.Exit(FINDINGS)


class OrdersOfFolder:
    """What a shop folder's settings tell its workers, read again when the file has changed.

    Settings that became wrong are said once on standard error; until they are mended the last good ones hold.
    """

    def __init__(self, here: ShopContext) -> None:
        self._folder = here.folder
        self._stamp: tuple[int, int] | None = None
        self._orders: Orders | None = None

    def __call__(self) -> Orders:
        """The orders of now. Raises ConfigError when there were no good ones yet."""
        from shopkeeper.core.settings import FILE_NAME
        from shopkeeper.errors import ShopkeeperError

        stamp = _stamp(self._folder / FILE_NAME)
        if self._orders is None or stamp != self._stamp:
            self._stamp = stamp
            try:
                self._orders = self._read()
            except ShopkeeperError as error:
                if self._orders is None:
                    raise
                sys.stderr.write(f"{error.message()}\n")
        return self._orders

    def _read(self) -> Orders:
        from shopkeeper.core.settings import read_settings
        from shopkeeper.jobs.notices import channels_of, told_of_dead_letters
        from shopkeeper.jobs.schedule import schedules_of
        from shopkeeper.jobs.worker import Orders

        settings = read_settings(self._folder)
        return Orders(schedules_of(settings), channels_of(settings, self._folder), told_of_dead_letters(settings))


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:  # being replaced at this moment
        return None
    return found.st_mtime_ns, found.st_size


def _printer(lang: Language):  # type: ignore[no-untyped-def]  # noqa: ANN202
    def say(job: Job, ended: Ended, seconds: float) -> None:
        what = f"{job.kind} {job.source}".strip()
        line = word(
            "work.ended", lang, what=what, id=job.id, how=word(f"job_status.{ended}", lang), seconds=f"{seconds:.1f}"
        )
        sys.stderr.write(line + "\n")

    return say


def _until_parent_ends(stop) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """A server that was killed closes this pipe: its worker ends too, and is not left behind."""
    sys.stdin.buffer.read()
    stop()
