"""Workers beside a server: one process a shop, that ends with the server and is started again when it ends by itself.

A process and not a thread: a load holds the interpreter for seconds, and pages would wait for it.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

COMMAND = (sys.executable, "-c", "from shopkeeper.cli import main; main()")
_AGAIN_SECONDS = 5.0


@contextlib.contextmanager
def workers_beside(folders: Sequence[Path], grace_seconds: float) -> Iterator[None]:
    """Keep a worker running for each shop folder; at the end each finishes its job within the grace, or hands it back."""
    ending = threading.Event()
    keepers = [threading.Thread(target=_keep, args=(f, ending, grace_seconds), name=f"worker of {f}") for f in folders]
    for keeper in keepers:
        keeper.start()
    try:
        yield
    finally:
        ending.set()
        for keeper in keepers:
            keeper.join()


def _keep(folder: Path, ending: threading.Event, grace_seconds: float) -> None:
    while not ending.is_set():
        # a session of its own: Ctrl-C reaches the server, which then closes the worker's standard input
        process = subprocess.Popen(
            [*COMMAND, "-C", str(folder), "work", "--with-parent"], stdin=subprocess.PIPE, start_new_session=True
        )
        assert process.stdin is not None
        while process.poll() is None and not ending.wait(0.2):
            pass
        process.stdin.close()
        try:
            process.wait(grace_seconds + 10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        ending.wait(_AGAIN_SECONDS)
