"""The command tree, and how an error becomes a message and an exit code."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from shopkeeper import __version__
from shopkeeper.cli.anomalies import anomalies
from shopkeeper.cli.check import check
from shopkeeper.cli.context import ShopContext
from shopkeeper.cli.customers import customers_app
from shopkeeper.cli.define import define_app
from shopkeeper.cli.demo import demo
from shopkeeper.cli.diagnose import diagnose
from shopkeeper.cli.doctor import doctor
from shopkeeper.cli.events import events_app
from shopkeeper.cli.explain import explain
from shopkeeper.cli.export import export
from shopkeeper.cli.forecast import forecast
from shopkeeper.cli.holdouts import holdouts_app
from shopkeeper.cli.ingest import ingest
from shopkeeper.cli.init import init
from shopkeeper.cli.jobs import jobs_app
from shopkeeper.cli.kpis import kpis
from shopkeeper.cli.lineage import lineage
from shopkeeper.cli.maintain import maintain
from shopkeeper.cli.models import model, models
from shopkeeper.cli.quarantine import quarantine_app
from shopkeeper.cli.reconcile import reconcile
from shopkeeper.cli.replay import replay
from shopkeeper.cli.segments import segments_app
from shopkeeper.cli.serve import serve
from shopkeeper.cli.sources import sources
from shopkeeper.cli.sql import sql
from shopkeeper.cli.template import template
from shopkeeper.cli.twin import twin_app
from shopkeeper.cli.user import user_app
from shopkeeper.cli.work import work
from shopkeeper.errors import InternalError, ShopkeeperError

app = typer.Typer(
    name="shopkeeper",
    help="掌柜 Shopkeeper: e-commerce operations as one closed loop.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"shopkeeper {__version__}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    directory: Annotated[Path, typer.Option("-C", metavar="DIR", help="The shop folder.")] = Path(),
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """掌柜 Shopkeeper: e-commerce operations as one closed loop."""
    ctx.obj = ShopContext(directory)


for command in (
    demo,
    init,
    ingest,
    check,
    sources,
    template,
    kpis,
    explain,
    forecast,
    lineage,
    models,
    model,
    reconcile,
    sql,
    export,
    doctor,
    maintain,
    serve,
    work,
):
    app.command()(command)
app.command()(replay)
app.command()(diagnose)
app.command()(anomalies)
app.add_typer(customers_app, name="customers")
app.add_typer(define_app, name="define")
app.add_typer(events_app, name="events")
app.add_typer(jobs_app, name="jobs")
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(segments_app, name="segments")
app.add_typer(holdouts_app, name="holdouts")
app.add_typer(user_app, name="user")
app.add_typer(twin_app, name="twin")


def main(arguments: list[str] | None = None) -> None:
    """Run one command and leave with the exit code of the contract: 0, 1 findings, 2 usage, 3 data refused, 4 internal."""
    argv = sys.argv[1:] if arguments is None else arguments
    try:
        app(argv)
    except SystemExit as end:  # Typer makes exits of its own out of Ctrl-C and of a reader that has gone
        if isinstance(end.__context__, BrokenPipeError):
            _close_stdout()
        if end.code == 130:
            sys.stderr.write(_STOPPED)
        raise
    except ShopkeeperError as error:
        _tell(error, argv)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write(_STOPPED)
        sys.exit(130)
    except BrokenPipeError:
        _close_stdout()
    except Exception as error:  # noqa: BLE001 - the last door: whatever it is, say it in the house's form
        if os.environ.get("SHOPKEEPER_DEBUG"):
            raise
        told = InternalError(
            "an error that Shopkeeper did not foresee",
            received=f"{type(error).__name__}: {error}",
            next_command="run again with SHOPKEEPER_DEBUG=1 and report what it prints",
        )
        _tell(told, argv)
        sys.exit(told.exit_code)


_STOPPED = "stopped; nothing half done was kept\n"


def _close_stdout() -> NoReturn:
    """End well: the reader, such as `head`, has had enough."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(0)


def _tell(error: ShopkeeperError, argv: list[str]) -> None:
    if "json" in argv or "--format=json" in argv:
        sys.stderr.write(json.dumps(error.as_json(), ensure_ascii=False) + "\n")
        return
    head, *rest = error.parts()
    width = max((len(label) for label, _ in rest), default=0)
    lines = [f"error: {head[1]}", *(f"  {label:<{width}}  {text}" for label, text in rest)]
    sys.stderr.write("\n".join(lines) + "\n")
