"""Shared by every benchmark: interleaved runs, peak memory of a child process, the table and the result file.

The machine is rarely ours alone, so a figure is the median of several runs, candidates take turns in the same minutes,
and the processor time stands beside the time on the wall: it hardly moves when somebody else is busy.
"""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import json
import multiprocessing
import os
import platform
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("shopkeeper-ops", "duckdb", "ibis-framework", "numpy", "fastapi", "pyspark")
Better = Literal["lower", "higher"]
T = TypeVar("T")


@dataclass(frozen=True)
class Figure:
    """One measured figure. `bar` is the worst value allowed, None = only reported; `against` says what it is held to."""

    id: str
    value: float
    unit: str
    bar: float | None = None
    better: Better = "lower"
    against: str = ""

    @property
    def met(self) -> bool:
        """Whether the bar is kept."""
        if self.bar is None:
            return True
        return self.value <= self.bar if self.better == "lower" else self.value >= self.bar


@dataclass
class Timings:
    """Seconds of each run of one candidate: on the wall, and of all processors together."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """The median run on the wall."""
        return statistics.median(self.wall)

    @property
    def cpu_seconds(self) -> float:
        """The median run in processor time."""
        return statistics.median(self.cpu)


def full_scale() -> bool:
    """Whether SCALE=full was asked for: more runs, nothing else."""
    scale = os.environ.get("SCALE", "small")
    if scale not in ("small", "full"):
        raise SystemExit(f"SCALE is {scale!r}; it can be small or full")
    return scale == "full"


def runs(small: int, full: int) -> int:
    """How often to repeat, by SCALE."""
    return full if full_scale() else small


def timed(work: Callable[[], T]) -> tuple[T, float, float]:
    """The result of a call, its seconds on the wall and its processor seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - wall, time.process_time() - cpu


def interleaved(repeat: int, candidates: dict[str, Callable[[], object]]) -> dict[str, Timings]:
    """Run every candidate `repeat` times, taking turns, so that all meet the same weather. The order turns each round."""
    found = {name: Timings() for name in candidates}
    names = list(candidates)
    for round_ in range(repeat):
        for name in names[round_ % len(names) :] + names[: round_ % len(names)]:
            _, wall, cpu = timed(candidates[name])
            found[name].wall.append(wall)
            found[name].cpu.append(cpu)
    return found


def ratio_of_pairs(first: Timings, second: Timings) -> float:
    """Median over the rounds of first ÷ second: what is left when both were slowed alike."""
    return statistics.median(a / b for a, b in zip(first.wall, second.wall, strict=True))


def peak_rss_gb() -> float:
    """Highest resident memory of this process so far, in GB (10⁹ bytes)."""
    status = Path("/proc/self/status")
    if status.exists():  # a child's ru_maxrss begins at its parent's size on Linux; VmHWM is its own
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e9
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def _with_peak(work: Callable[..., T], arguments: Sequence[Any]) -> tuple[T, float]:
    return work(*arguments), peak_rss_gb()


def in_child(work: Callable[..., T], *arguments: object) -> tuple[T, float]:
    """Run a module-level function in a new process; its result and the process's peak memory in GB."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_with_peak, work, arguments).result()


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder of our own that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="shopkeeper-bench-") as folder:
        yield Path(folder)


@contextmanager
def journey_folder() -> Iterator[Path]:
    """A loaded `journey` shop: the folder that SHOP names, or one loaded for this run."""
    named = os.environ.get("SHOP")
    if named:
        yield Path(named)
        return
    from benchmarks.load import load_fresh

    with scratch() as folder:
        in_child(load_fresh, folder / "journey")
        yield folder / "journey"


def machine() -> dict[str, object]:
    """What this was measured on, without its name."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load_1min": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def versions() -> dict[str, str]:
    """Versions of what was measured."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def report(name: str, figures: Sequence[Figure], notes: Sequence[str] = (), folder: Path = RESULTS) -> int:
    """Print the table, write `results/NAME.json`; 0 when every bar is kept, else 1."""
    folder.mkdir(parents=True, exist_ok=True)
    when = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    result = {
        "name": name,
        "when": when,
        "machine": machine(),
        "versions": versions(),
        "figures": [asdict(f) for f in figures],
    }
    (folder / f"{name}.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    _show(name, figures, notes)
    return 0 if all(f.met for f in figures) else 1


def _show(name: str, figures: Sequence[Figure], notes: Sequence[str]) -> None:
    table = Table(title=f"benchmark: {name}", title_justify="left")
    table.add_column("figure", overflow="fold")
    table.add_column("value", justify="right")
    table.add_column("unit")
    table.add_column("bar", justify="right")
    table.add_column("kept")
    table.add_column("against", overflow="fold")
    for f in figures:
        sign = "≤" if f.better == "lower" else "≥"
        bar = "" if f.bar is None else f"{sign} {f.bar:g}"
        kept = "" if f.bar is None else ("yes" if f.met else "[bold red]NO[/]")
        table.add_row(f.id, f"{f.value:.4g}", f.unit, bar, kept, f.against)
    console = Console()
    console.print(table)
    for note in (*notes, "Medians of runs that took turns; other programs may have shared the machine."):
        console.print(note, markup=False)
