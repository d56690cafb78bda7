"""Write docs/benchmarks.md from the results kept beside it, one JSON file a benchmark.

`python -m tools.benchmark_docs` writes the page; `--take` first copies what benchmarks/results/ holds into docs/benchmarks/;
`--check` only tells whether the page is what it would write, and exits 1 when it is not.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "docs" / "benchmarks"
PAGE = ROOT / "docs" / "benchmarks.md"
MADE = "<!-- Made by `python -m tools.benchmark_docs` from docs/benchmarks/*.json; take new results instead. -->"
OPENING = """Each table is one run of `make bench NAME=…` on the machine that it names.
Figures are medians of runs that took turns; other programs may have shared the machine, so ratios and processor seconds say
more than seconds on the wall. Measure on your own machine before you plan by them."""


def page(results: list[dict[str, Any]]) -> str:
    """Markdown: a section a benchmark, with its machine, its versions and every figure, kept bars and missed ones alike."""
    return "\n\n".join(["# Benchmarks", MADE, OPENING, *(_section(result) for result in results)]) + "\n"


def _section(result: dict[str, Any]) -> str:
    machine, versions = result["machine"], result["versions"]
    told = ", ".join(f"{name} {version}" for name, version in versions.items())
    lines = [
        f"## {result['name']}",
        f"{result['when'][:10]} · {machine['processor']}, {machine['cores']} cores, {machine['system']}, "
        f"load {machine['load_1min']} · {told}\n",
        "| figure | value | unit | bar | kept | against |",
        "|---|--:|---|--:|---|---|",
    ]
    return "\n".join([*lines, *(_row(figure) for figure in result["figures"])])


def _row(figure: dict[str, Any]) -> str:
    bar, lower = figure["bar"], figure["better"] == "lower"
    kept = ""
    if bar is not None:
        kept = "yes" if (figure["value"] <= bar if lower else figure["value"] >= bar) else "**no**"
    told = "" if bar is None else f"{'≤' if lower else '≥'} {bar:g}"
    return f"| {figure['id']} | {figure['value']:.4g} | {figure['unit']} | {told} | {kept} | {figure['against']} |"


def kept_results() -> list[dict[str, Any]]:
    """The results that the page is made from, by name."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(KEPT.glob("*.json"))]


def take() -> None:
    """Copy this machine's results beside the page."""
    KEPT.mkdir(exist_ok=True)
    for path in (ROOT / "benchmarks" / "results").glob("*.json"):
        shutil.copyfile(path, KEPT / path.name)


def main(arguments: list[str] | None = None) -> int:
    """Write or check; the exit code says whether the page was as it must be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--check", action="store_true", help="change nothing, exit 1 when the page is not what it must be"
    )
    parser.add_argument("--take", action="store_true", help="first copy benchmarks/results into docs/benchmarks")
    asked = parser.parse_args(arguments)
    if asked.take:
        take()
    wanted = page(kept_results())
    if asked.check:
        same = PAGE.exists() and PAGE.read_text(encoding="utf-8") == wanted
        if not same:
            print(
                f"{PAGE.relative_to(ROOT)} is not what its results make: run python -m tools.benchmark_docs",
                file=sys.stderr,
            )
        return 0 if same else 1
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
