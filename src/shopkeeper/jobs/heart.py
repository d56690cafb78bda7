"""The thread that keeps a running job's lease, hands on its progress, and hears that it must end."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable

from shopkeeper.errors import ShopkeeperError
from shopkeeper.jobs.queue import renew
from shopkeeper.jobs.task import Reason, Task
from shopkeeper.state import State

_LONGEST_PAUSE = 2.0
"""Progress on the Jobs page is at most this old, however long the lease."""


class Heart(threading.Thread):
    """Beats until `still` is called. When the job must end it says so to the task, and calls `interrupt` until it did."""

    def __init__(
        self, state: State, task: Task, *, lease: dt.timedelta, clock: Callable[[], dt.datetime],
        must_stop: Callable[[], bool], interrupt: Callable[[], None],
    ) -> None:  # fmt: skip
        super().__init__(name=f"heart of {task.job.id}", daemon=True)
        self._state, self._task, self._lease, self._clock = state, task, lease, clock
        self._must_stop, self._interrupt = must_stop, interrupt
        self._ended = threading.Event()

    def run(self) -> None:
        """Beat."""
        pause = min(self._lease.total_seconds() / 4, _LONGEST_PAUSE)
        kept = time.monotonic()
        while not self._ended.wait(pause):
            reason: Reason | None = "stop" if self._must_stop() else None
            try:
                held = renew(
                    self._state,
                    self._task.job,
                    at=self._clock(),
                    lease=self._lease,
                    progress=self._task.taken_progress(),
                )
                kept = time.monotonic()
                reason = reason if held == "held" else held
            except ShopkeeperError:  # a busy database may be free again before the lease runs out
                if time.monotonic() - kept > self._lease.total_seconds():
                    reason = "lost"
            if reason is not None and not self._ended.is_set():
                self._task.stop = self._task.stop or reason
                self._interrupt()

    def still(self) -> None:
        """Stop beating."""
        self._ended.set()
        self.join()
