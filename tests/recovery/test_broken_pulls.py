"""A pull that breaks off anywhere leaves the shop as before or as after, and the next pull finishes it."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from shopkeeper.errors import SourceError
from shopkeeper.ingest.pull.run import pull
from tests.shop_folders import HEAD, ShopFolder
from tests.source_databases import SourceDatabase, made_database

ROOT = Path(__file__).resolve().parents[2]
ROWS = 60_000
FILLED = {  # rows of about 100 bytes, made by the server itself
    "postgres": "INSERT INTO sold SELECT n, 'o' || n, 1, 'mug', repeat(md5(n::text), 2), 1, 2.5, false, "
    f"TIMESTAMPTZ '2024-03-01 09:00:00+08', TIMESTAMP '2024-03-01 12:00:00' FROM generate_series(1, {ROWS}) n",
    "mysql": "INSERT INTO sold SELECT seq, CONCAT('o', seq), 1, 'mug', REPEAT(MD5(seq), 2), 1, 2.5, 0, "
    f"'2024-03-01 09:00:00', '2024-03-01 12:00:00' FROM seq_1_to_{ROWS}",
}
KILLED = """
import os, signal, sys
from pathlib import Path
from shopkeeper.ingest.pull import run
from shopkeeper.warehouse.shop import open_shop
kept = getattr(run, sys.argv[2])
def dies(*args, **kwargs):
    if sys.argv[3] == "after":
        kept(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(run, sys.argv[2], dies)
run.pull(open_shop(Path(sys.argv[1])), "erp", by="alice")
"""


class Cutter:
    """A loopback proxy that drops its connections once the server has sent so many bytes."""

    def __init__(self, host: str, port: int, after: int) -> None:
        self._target, self._left = (host, port), after
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.cut = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = socket.create_connection(self._target)
                threading.Thread(target=self._pass, args=(near, far, False), daemon=True).start()
                threading.Thread(target=self._pass, args=(far, near, True), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(16384):
                if counted:
                    self._left -= len(data)
                    if self._left < 0:
                        self.cut.set()
                        break
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self) -> None:
        self._server.close()


@contextlib.contextmanager
def through(database: SourceDatabase, after: int) -> Iterator[tuple[str, Cutter]]:
    """The database's URL through a proxy."""
    parts = urlsplit(database.connection)
    assert parts.hostname is not None
    assert parts.port is not None
    cutter = Cutter(parts.hostname, parts.port, after)
    try:
        yield database.connection.replace(f":{parts.port}/", f":{cutter.port}/"), cutter
    finally:
        cutter.close()


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("postgres", marks=pytest.mark.needs("postgresql")),
        pytest.param("mysql", marks=pytest.mark.needs("mariadb")),
    ],
)
def test_a_cut_connection_changes_nothing_and_the_next_pull_finishes(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    database = made_database(kind, request, tmp_path)
    database.run(FILLED[kind])
    settings = ('cursor = "changed"', 'key = "id"')
    mugs = ShopFolder(tmp_path / "mugs", database.entry(*settings))
    before = mugs.state()
    with through(database, 400_000) as (url, cutter):
        mugs.map(database.entry(*settings).replace(database.connection, url))
        with pytest.raises(SourceError) as broken:
            pull(mugs.shop, "erp", by="alice")
        assert cutter.cut.is_set()
    assert broken.value.retryable, str(broken.value)
    assert mugs.state() == before
    mugs.map(database.entry(*settings))
    pull(mugs.shop, "erp", by="alice")
    assert mugs.rows("SELECT count(*), sum(payable_amount) FROM order_lines") == [(ROWS, ROWS * Decimal("2.5"))]


@pytest.mark.parametrize(("function", "when"), [("_load", "before"), ("record_pull", "after")])
@pytest.mark.parametrize("catalog", ["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))])
def test_a_kill_between_extract_and_commit_loses_and_doubles_nothing(
    request: pytest.FixtureRequest, tmp_path: Path, function: str, when: str, catalog: str
) -> None:
    head = HEAD
    if catalog == "postgresql":
        url = request.getfixturevalue("new_postgres_database")()
        head += f'[warehouse]\ncatalog = "{url}"\n[state]\nurl = "{url}"\n'
    erp = made_database("sqlite", request, tmp_path)
    for number in range(1, 4):
        erp.add(number, f"o{number}", 1, "5", "2024-03-01 12:00:00")
    folder = tmp_path / "mugs"
    settings = erp.entry('cursor = "changed"', 'key = "id"', 'deletions = "every pull"')
    mugs = ShopFolder(folder, settings, head) if catalog == "sqlite" else _made(folder, settings, head)
    pull(mugs.shop, "erp", by="alice")
    before = mugs.rows("SELECT max(snapshot), arg_max(cursor, snapshot), count(*) FROM pulls")
    erp.run("UPDATE sold SET paid = '6', changed = '2024-03-01 13:00:00' WHERE id = 1", "DELETE FROM sold WHERE id = 2")
    done = subprocess.run(
        [sys.executable, "-c", KILLED, folder, function, when], cwd=ROOT, check=False, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert mugs.rows("SELECT max(snapshot), arg_max(cursor, snapshot), count(*) FROM pulls") == before
    assert mugs.rows("SELECT payable_amount FROM order_lines ORDER BY order_id") == [(5,), (5,), (5,)]
    pull(mugs.shop, "erp", by="alice")
    assert mugs.rows("SELECT order_id, payable_amount FROM order_lines ORDER BY 1") == [("o1", 6), ("o3", 5)]
    assert mugs.rows("SELECT count(*) FROM pulls") == [(before[0][2] + 1,)]


def _made(folder: Path, settings: str, head: str) -> ShopFolder:
    """A shop whose lake is on a server: no template can be copied."""
    from shopkeeper.core.settings import FILE_NAME
    from shopkeeper.warehouse.shop import open_shop

    folder.mkdir()
    (folder / FILE_NAME).write_text(head + settings, encoding="utf-8")
    open_shop(folder).close()
    found = ShopFolder.__new__(ShopFolder)
    found.folder, found.head, found.inbox = folder, head, folder / "inbox"
    return found
