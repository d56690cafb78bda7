"""`shopkeeper serve`: the dashboard and the API of one shop or several, until Ctrl-C."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from shopkeeper.cli.context import current_shop
from shopkeeper.core.wording import Language
from shopkeeper.errors import InternalError

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def serve(
    ctx: typer.Context,
    host: Annotated[
        str | None, typer.Option("--host", help="Address to listen on, instead of the setting serve.host.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", min=0, max=65535, help="Port, instead of the setting serve.port; 0 is any free one."),
    ] = None,
    also: Annotated[
        list[Path] | None, typer.Option("--also", metavar="DIR", help="Serve this shop folder too; may be repeated.")
    ] = None,
    work: Annotated[
        bool, typer.Option("--work", help="Run a worker for each shop too, in a process of its own.")
    ] = False,
) -> None:
    """Serve the dashboard and the API until Ctrl-C."""
    from shopkeeper.cli.work_beside import workers_beside

    here = current_shop(ctx)
    settings = here.settings.serve
    folders = [here.folder, *(also or [])]
    with workers_beside(folders if work else [], here.settings.work.grace_seconds):
        run_server(folders, host or settings.host, settings.port if port is None else port, lang=here.lang)


def run_server(folders: Sequence[Path], host: str, port: int, *, lang: Language = "en") -> None:
    """Serve some shop folders; returns after Ctrl-C.

    Raises InternalError when the address is taken or cannot be had, ConfigError for a folder that is no shop.
    """
    import uvicorn

    from shopkeeper.core.wording import word
    from shopkeeper.web.app import create_app

    sockets = [bound_socket(host, port)]
    try:
        app = create_app(list(folders), loopback=host in LOOPBACK)
        shown = f"[{host}]" if ":" in host else host
        typer.echo(word("serve.ready", lang, address=f"http://{shown}:{sockets[0].getsockname()[1]}"))
        typer.echo(word("serve.stop", lang))
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=3
        )
        server = uvicorn.Server(config)
        app.state.live.leaving = lambda: server.should_exit
        with contextlib.suppress(KeyboardInterrupt):  # raised again by uvicorn once everything is closed
            server.run(sockets=sockets)
    finally:
        for bound in sockets:
            bound.close()
    typer.echo(word("serve.stopped", lang))


def bound_socket(host: str, port: int) -> socket.socket:
    """A socket on the address, taken before anything is opened. Raises InternalError when it cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _no_address(host, port, error) from None
    try:
        if os.name == "posix":  # elsewhere this option would let two servers share the port
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(2048)
    except OSError as error:
        bound.close()
        raise _no_address(host, port, error) from None
    return bound


def _no_address(host: str, port: int, error: OSError) -> InternalError:
    taken = error.errno == errno.EADDRINUSE
    return InternalError(
        "another program already listens on this port" if taken else "the server cannot listen on this address",
        where=f"{host}:{port}",
        received=error.strerror or str(error),
        allowed="a free port, such as --port 0 for any"
        if taken
        else "an address of this machine and a port you may use",
        state="nothing was started",
        next_command="shopkeeper serve --port 8421" if taken else "shopkeeper serve --host 127.0.0.1",
    )
