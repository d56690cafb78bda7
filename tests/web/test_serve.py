"""`shopkeeper serve` refuses clearly before it starts, says where it is, and stops cleanly."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from shopkeeper.cli.serve import bound_socket
from shopkeeper.core.clock import utc_now
from shopkeeper.errors import InternalError
from shopkeeper.jobs import listing
from shopkeeper.state import default_state_url, open_state
from tests.shop_folders import GOOD, LINES, ShopFolder

COMMAND = [sys.executable, "-c", "from shopkeeper.cli import main; main()"]


def test_a_port_in_use_is_said_before_anything_starts() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(InternalError) as refused:
            bound_socket("127.0.0.1", other.getsockname()[1])
    assert refused.value.exit_code == 4
    assert "another program already listens" in refused.value.what
    assert refused.value.next_command.startswith("shopkeeper serve --port")


def test_an_address_that_is_not_ours_is_refused() -> None:
    with pytest.raises(InternalError) as refused:
        bound_socket("192.0.2.1", 8420)
    assert refused.value.exit_code == 4


def test_it_serves_until_ctrl_c_and_then_leaves_with_0(little_folder: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "-C", str(little_folder), "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().split(": ", 1)[1].strip()
        with urllib.request.urlopen(f"{address}/api/v1/health", timeout=60) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0
    assert "Stopped." in out
    assert err == ""


def test_a_folder_that_is_no_shop_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "-C", str(tmp_path), "serve", "--port", "0"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert "not a shop folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_worker_beside_the_server_loads_the_inbox_and_ends_with_it(tmp_path: Path) -> None:
    mugs = ShopFolder(tmp_path / "shop", LINES)
    mugs.lake.close()
    mugs.drop("a.csv", GOOD)
    process = subprocess.Popen(
        [*COMMAND, "-C", str(mugs.folder), "serve", "--port", "0", "--work"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert "http://" in process.stdout.readline()
        with open_state(default_state_url(mugs.folder / "data")) as state:
            end = time.monotonic() + 120
            while not any(job.changed for job in listing.jobs(state, "mugs")) and time.monotonic() < end:
                time.sleep(0.1)
            assert any(job.changed for job in listing.jobs(state, "mugs"))
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
            assert process.returncode == 0
            assert listing.workers(state, "mugs", at=utc_now()) == (), "its worker said good-bye"
            assert "running" not in listing.counts(state, "mugs")
    finally:
        process.kill()
