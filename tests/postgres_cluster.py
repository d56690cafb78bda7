"""A PostgreSQL server of the tests' own: started when the first test asks, on loopback, gone at the end.

Every pytest-xdist worker has its own, so workers never meet. Mark the test `needs("postgresql")` and take the fixture
`new_postgres_database`: each call makes an empty database and returns its URL. This file is a pytest plugin.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

_START_SECONDS = 30.0
# Nothing here outlives the run, so nothing needs to reach the disk.
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "listen_addresses": "127.0.0.1",
}


@pytest.fixture(scope="session")
def postgres_url(postgresql_bin: Path) -> Iterator[str]:
    """URL of a running server's maintenance database, `postgresql://postgres@127.0.0.1:PORT/postgres`."""
    pytest.importorskip("psycopg")
    with running_postgres(postgresql_bin) as url:
        yield url


@contextlib.contextmanager
def running_postgres(postgresql_bin: Path) -> Iterator[str]:
    """A server that is gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="shopkeeper-postgres-"))
    server: subprocess.Popen[bytes] | None = None
    try:
        account = _account(folder)
        initdb: list[str | Path] = [
            postgresql_bin / "initdb",
            "-D",
            folder / "data",
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
        ]
        subprocess.run([*initdb, "--locale=C", "--no-sync"], check=True, cwd=folder, capture_output=True, **account)
        port = _free_port()
        command: list[str | Path] = [postgresql_bin / "postgres", "-D", folder / "data", "-p", str(port), "-k", folder]
        for name, value in _SETTINGS.items():
            command += ["-c", f"{name}={value}"]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, **account)
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        _wait_until_ready(server, url, folder / "log")
        yield url
    finally:
        if server is not None and server.poll() is None:
            server.send_signal(signal.SIGQUIT)  # immediate shutdown: there is nothing to keep
            server.wait(timeout=_START_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def new_postgres_database(postgres_url: str) -> Callable[[], str]:
    """A function that makes an empty database and returns its URL."""
    import psycopg

    numbers = itertools.count(1)

    def make() -> str:
        name = f"shop_{next(numbers)}"
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return postgres_url.removesuffix("postgres") + name

    return make


def _account(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: hand the folder to the account that Debian made for it."""
    if os.geteuid() != 0:
        return {}
    shutil.chown(folder, "postgres", "postgres")
    return {"user": "postgres", "group": "postgres", "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    import psycopg

    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            psycopg.connect(url, connect_timeout=5).close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"PostgreSQL did not start:\n{log.read_text(errors='replace')[-2000:]}", pytrace=False)
            time.sleep(0.02)
