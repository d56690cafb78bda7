"""Ctrl-C stops a running statement at once, and is never lost where a library swallows it on its way up.

Python runs signal handlers between two bytecodes of the main thread, which a long statement of the engine never reaches.
The interpreter can however write each signal's number to a socket at the very moment it comes: a thread waits there.
"""

from __future__ import annotations

import contextlib
import functools
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType

import duckdb

_AGAIN_SECONDS = 0.05  # a statement that had not quite begun when the signal came misses the first call


class _Watcher:
    """The thread that stops the main thread's innermost connection."""

    def __init__(self) -> None:
        self.running: list[duckdb.DuckDBPyConnection] = []
        self.came = 0
        self.handled = threading.Event()
        self._inbox, self.outbox = socket.socketpair()
        self.outbox.setblocking(False)
        threading.Thread(target=self._watch, name="ctrl-c", daemon=True).start()

    def _watch(self) -> None:
        while numbers := self._inbox.recv(64):
            if signal.SIGINT in numbers:
                while self.running and not self.handled.is_set():
                    with contextlib.suppress(IndexError, Exception):  # it may have ended, and closed, this moment
                        self.running[-1].interrupt()
                    self.handled.wait(_AGAIN_SECONDS)
                self.handled.clear()


@functools.cache
def _watcher() -> _Watcher:
    return _Watcher()


@contextlib.contextmanager
def interruptible(connection: duckdb.DuckDBPyConnection) -> Iterator[Callable[[], None]]:
    """Let Ctrl-C stop what `connection` runs; yields a check that raises KeyboardInterrupt when one came and was swallowed.

    The handler in place runs as ever. Only the main thread receives signals: in another nothing changes, and the check
    does nothing. So it is where something else, an event loop say, already listens for signals.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield lambda: None
        return
    watcher = _watcher()
    already = watcher.came

    def check() -> None:
        if watcher.came > already:
            raise KeyboardInterrupt from None

    with _listening(watcher, before) if not watcher.running else contextlib.nullcontext():
        watcher.running.append(connection)
        try:
            yield check
        except BaseException as error:
            connection.interrupt()  # DuckDB may have noticed the signal itself, and left the statement running
            if isinstance(error, duckdb.InterruptException):
                check()
            raise
        finally:
            watcher.running.pop()


@contextlib.contextmanager
def _listening(watcher: _Watcher, before: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    def remember(number: int, frame: FrameType | None) -> None:
        watcher.came += 1
        watcher.handled.set()
        # When the stopped statement's own error is on its way already, a second one would end its cleaning up half-way.
        if not isinstance(sys.exc_info()[1], duckdb.InterruptException):
            before(number, frame)

    watcher.handled.clear()
    signal.signal(signal.SIGINT, remember)
    elsewhere = signal.set_wakeup_fd(watcher.outbox.fileno(), warn_on_full_buffer=False)
    if elsewhere != -1:
        signal.set_wakeup_fd(elsewhere)
    try:
        yield
    finally:
        signal.set_wakeup_fd(elsewhere)
        signal.signal(signal.SIGINT, before)
