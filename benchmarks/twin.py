"""How fast is a world written straight to Parquet, how much memory does it take, and how does it grow?

SCALE=small measures scales 0.1, 1 and 4; SCALE=full goes on to 50, which is 100 million order lines.
"""

from __future__ import annotations

import resource
from pathlib import Path

from benchmarks.harness import Figure, full_scale, in_child, report, scratch, timed

SEED = 7
LARGE = 50.0


def simulate(scale: float) -> tuple[float, float, int]:
    """Run two years of every record at a scale; seconds on the wall, of the processor, and order lines."""
    from shopkeeper.twin.world import DAYS, START, World

    world = World(SEED, scale, START, days=DAYS)

    def work() -> int:
        lines = 0
        while world.day < DAYS:
            lines += world.step(min(30, DAYS - world.day)).tables["order_lines"].num_rows
        return lines

    lines, wall, cpu = timed(work)
    return wall, cpu, lines


def write(folder: Path, scale: float) -> tuple[float, float, int, float, float]:
    """Write a world; seconds on the wall and of processors, order lines, GB on disk, highest memory of one worker in GB."""
    from shopkeeper.twin.lake.writing import write_lake

    written, wall, own = timed(lambda: write_lake(folder, SEED, scale, processes=2))
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = own + children.ru_utime + children.ru_stime
    # Linux counts kibibytes; a worker is the largest of the children that have ended.
    return wall, cpu, written.rows["order_lines"], written.size / 1e9, children.ru_maxrss * 1024 / 1e9


def _figures_of(scale: float, folder: Path) -> tuple[list[Figure], float]:
    (wall, cpu, lines, size, worker), peak = in_child(write, folder, scale)
    name = f"scale {scale:g}"
    large = scale >= LARGE
    memory = max(peak, worker) if scale <= 2 else peak + 2 * worker
    found = [
        Figure(f"{name}: written", wall, "s", 600.0 if large else None, against="two processes, Parquet"),
        Figure(f"{name}: processors", cpu, "s", against="all processes together"),
        Figure(f"{name}: order lines", float(lines), "lines"),
        Figure(f"{name}: lines a second", lines / wall, "lines/s", better="higher"),
        Figure(f"{name}: peak memory", memory, "GB", 8.0, against="all processes together"),
        Figure(f"{name}: on disk", size, "GB"),
    ]
    return found, cpu / lines


def main() -> int:
    """Measure; the exit code says whether the bars are kept."""
    (wall, cpu, lines), peak = in_child(simulate, 0.1)
    figures = [
        Figure("scale 0.1: every record told", wall, "s", 60.0, against="the demo's bar holds loading, too"),
        Figure("scale 0.1: every record told, processor", cpu, "s"),
        Figure("scale 0.1: every record told, peak memory", peak, "GB"),
        Figure("scale 0.1: every record told, order lines", float(lines), "lines"),
    ]
    seconds_a_line = {}
    for scale in (1.0, 4.0, *((LARGE,) if full_scale() else ())):
        with scratch() as folder:
            found, seconds_a_line[scale] = _figures_of(scale, folder / "lake")
            figures += found
    first, last = min(seconds_a_line), max(seconds_a_line)
    growth = seconds_a_line[last] / seconds_a_line[first]
    figures.append(
        Figure(
            f"processor time a line, scale {last:g} ÷ scale {first:g}",
            growth,
            "times",
            1.5,
            against="grows in proportion",
        )
    )
    return report("twin", figures)


if __name__ == "__main__":
    raise SystemExit(main())
