"""What a kind of job is given, and what it gives back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection

from shopkeeper.jobs.job import Job

Reason = Literal["cancel", "lost", "stop"]


class TaskStopped(BaseException):  # noqa: N818 - like KeyboardInterrupt, no error and not to be caught by handlers
    """The job must end now: cancelled, another worker's by now, or its worker is to stop."""


@dataclass(frozen=True)
class Done:
    """What a handler did.

    Attributes:
        result: JSON values for people, such as rows loaded.
        changed: whether data changed, so that the jobs `after` this one follow.
        write: runs in the transaction that ends the job: for what must be there if and only if the job is done, such as
            messages of the outbox.
    """

    result: Mapping[str, object] = field(default_factory=dict)
    changed: bool = False
    write: Callable[[Connection], None] | None = None


class Task:
    """A job under way. `token` is its fence: an effect outside keeps it, and refuses one with a smaller token."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.stop: Reason | None = None
        self._lock = threading.Lock()
        self._progress: dict[str, object] | None = None

    @property
    def token(self) -> int:
        """The fencing token of this attempt."""
        return self.job.fence

    @property
    def payload(self) -> Mapping[str, Any]:
        """What the job was given."""
        return self.job.payload

    def report(self, step: str, done: int, total: int = 0) -> None:
        """Say how far it is, for the Jobs page; `total` 0 is unknown. Raises TaskStopped when the job must end."""
        with self._lock:
            self._progress = {"step": step, "done": done, "total": total}
        self.check()

    def check(self) -> None:
        """Raises TaskStopped when the job must end now; handlers that take long call it, or `report`, now and then."""
        if self.stop is not None:
            raise TaskStopped

    def taken_progress(self) -> dict[str, object] | None:
        """The progress that was not taken yet."""
        with self._lock:
            told, self._progress = self._progress, None
        return told


Handler = Callable[[Task], Done]
