"""A MariaDB server of the tests' own: started when the first test asks, on loopback, gone at the end.

Every pytest-xdist worker has its own. Mark the test `needs("mariadb")` and take `new_mariadb_database`: each call makes an
empty database and returns its URL, `mysql://root@127.0.0.1:PORT/NAME`. This file is a pytest plugin.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from shopkeeper.warehouse.extensions import load_extension

_START_SECONDS = 120.0
_SETTINGS = (  # nothing here outlives the run, so nothing needs to reach the disk
    "--no-defaults", "--skip-grant-tables", "--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync",
    "--skip-innodb-doublewrite", "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=8M", "--skip-log-bin",
    "--bind-address=127.0.0.1", "--skip-name-resolve", "--sql-mode=", "--character-set-server=utf8mb4",
    "--default-time-zone=+08:00",
)  # fmt: skip


@pytest.fixture(scope="session")
def mariadb_url() -> Iterator[str]:
    """URL of a running server without a database: `mysql://root@127.0.0.1:PORT/`. It has no accounts: whoever asks may."""
    with running_mariadb() as url:
        yield url


@contextlib.contextmanager
def running_mariadb() -> Iterator[str]:
    """A server that is gone at the end."""
    program = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin")
    assert program is not None, 'mark this test @pytest.mark.needs("mariadb")'
    folder = Path(tempfile.mkdtemp(prefix="shopkeeper-mariadb-"))
    server: subprocess.Popen[bytes] | None = None
    try:
        (folder / "data").mkdir()
        account = _account(folder)
        port = _free_port()
        places = [f"--datadir={folder}/data", f"--socket={folder}/s.sock", f"--port={port}", f"--pid-file={folder}/pid"]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen([program, *_SETTINGS, *places], cwd=folder, stdout=log, stderr=log, **account)
        url = f"mysql://root@127.0.0.1:{port}/"
        _wait_until_ready(server, port, folder / "log")
        yield url
    finally:
        if server is not None and server.poll() is None:
            server.kill()  # there is nothing to keep
            server.wait(timeout=_START_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def new_mariadb_database(mariadb_url: str) -> Callable[[], str]:
    """A function that makes an empty database and returns its URL."""
    numbers = itertools.count(1)

    def make() -> str:
        name = f"erp_{next(numbers)}"
        in_mariadb(mariadb_url + "information_schema", f"CREATE DATABASE {name}")
        return mariadb_url + name

    return make


def in_mariadb(url: str, *statements: str) -> None:
    """Run statements in one session of the server."""
    with duckdb.connect(config={"allow_unsigned_extensions": True}) as connection:
        load_extension(connection, "mysql")
        place, _, database = url.removeprefix("mysql://root@").partition("/")
        host, _, port = place.partition(":")
        attached = f"host={host} port={port} user=root database={database}"
        connection.execute(f"ATTACH '{attached}' AS server (TYPE mysql)")
        for statement in statements:
            connection.execute("CALL mysql_execute('server', ?)", [statement])


def _account(folder: Path) -> dict[str, Any]:
    """The server refuses to run as root: hand the folder to the account that Debian made for it."""
    if os.geteuid() != 0:
        return {}
    for path in (folder, folder / "data"):
        shutil.chown(path, "mysql", "mysql")
    return {"user": "mysql", "group": "mysql", "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            in_mariadb(f"mysql://root@127.0.0.1:{port}/information_schema", "SELECT 1")
            return
        except duckdb.Error:
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"MariaDB did not start:\n{log.read_text(errors='replace')[-2000:]}", pytrace=False)
            time.sleep(0.1)
