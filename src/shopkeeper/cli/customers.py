"""`shopkeeper customers …`: buyers as people."""

from __future__ import annotations

import typer

from shopkeeper.cli import one_id

customers_app = typer.Typer(no_args_is_help=True, help="Buyers as people: who is one person across channels.")
for command in (one_id.link, one_id.merge, one_id.split):
    customers_app.command()(command)
customers_app.add_typer(one_id.links_app, name="links")
