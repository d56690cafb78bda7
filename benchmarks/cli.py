"""How long until `shopkeeper --help` has answered?"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

from benchmarks.harness import Figure, Timings, report, runs

COMMANDS = {
    "shopkeeper --help": "import sys; from shopkeeper.cli import main; sys.exit(main(['--help']))",
    "shopkeeper kpis --help": "import sys; from shopkeeper.cli import main; sys.exit(main(['kpis', '--help']))",
    "python -c pass": "pass",
}


def run(code: str) -> tuple[float, float]:
    """Seconds on the wall and of the processor of one new interpreter that runs this; it must succeed."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    """Measure; the exit code says whether the bars are kept."""
    found = {name: Timings() for name in COMMANDS}
    for _ in range(runs(10, 30)):
        for name, code in COMMANDS.items():
            wall, cpu = run(code)
            found[name].wall.append(wall)
            found[name].cpu.append(cpu)
    figures = []
    for name, timings in found.items():
        bar = 0.5 if name == "shopkeeper --help" else None
        figures.append(Figure(name, timings.seconds, "s", bar, against="a new process on the wall"))
        figures.append(Figure(f"{name}, processor", timings.cpu_seconds, "s"))
    return report("cli", figures)


if __name__ == "__main__":
    raise SystemExit(main())
