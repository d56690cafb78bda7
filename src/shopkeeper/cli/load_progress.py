"""Progress of a load: a moving line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from shopkeeper.ingest.report import Progress


class _Lines:
    """One line on standard error when a step is over."""

    def start(self, what: str, total: int) -> None:
        self._what, self._since = what, time.perf_counter()

    def advance(self, n: int) -> None:
        pass

    def done(self) -> None:
        sys.stderr.write(f"{self._what}: {time.perf_counter() - self._since:.1f} s\n")


class _Bar:
    """A bar of rich that disappears when the load is over."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._task: TaskID | None = None

    def start(self, what: str, total: int) -> None:
        self._task = self._bar.add_task(what, total=total or None)

    def advance(self, n: int) -> None:
        if self._task is not None:
            self._bar.advance(self._task, n)

    def done(self) -> None:
        if self._task is not None:
            self._bar.remove_task(self._task)
            self._task = None


@contextlib.contextmanager
def told_progress() -> Iterator[Progress]:
    """Progress on standard error, so that standard output stays data."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    shown = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*shown, console=Console(stderr=True), transient=True) as bar:
        yield _Bar(bar)
