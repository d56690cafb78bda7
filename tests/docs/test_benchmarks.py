"""docs/benchmarks.md is made from results, and tells missed bars as plainly as kept ones."""

from __future__ import annotations

from typing import Any

from tools import benchmark_docs


def result(value: float, better: str = "lower") -> dict[str, Any]:
    figure = {"id": "page", "value": value, "unit": "ms", "bar": 30.0, "better": better, "against": "every indicator"}
    machine = {"system": "Linux 6", "processor": "Some CPU", "cores": 2, "load_1min": 0.5}
    versions = {"python": "3.12.1", "duckdb": "1.5.5"}
    return {
        "name": "kpi",
        "when": "2026-11-23T10:00:00+00:00",
        "machine": machine,
        "versions": versions,
        "figures": [figure],
    }


def test_the_page_is_what_its_results_make() -> None:
    assert benchmark_docs.kept_results()
    assert benchmark_docs.PAGE.read_text(encoding="utf-8") == benchmark_docs.page(benchmark_docs.kept_results())


def test_machine_and_versions_stand_by_the_figures() -> None:
    text = benchmark_docs.page([result(12.0)])
    assert "2026-11-23 · Some CPU, 2 cores, Linux 6, load 0.5 · python 3.12.1, duckdb 1.5.5" in text


def test_a_missed_bar_is_told() -> None:
    assert "| page | 12 | ms | ≤ 30 | yes | every indicator |" in benchmark_docs.page([result(12.0)])
    assert "| page | 31 | ms | ≤ 30 | **no** | every indicator |" in benchmark_docs.page([result(31.0)])
    assert "| page | 31 | ms | ≥ 30 | yes | every indicator |" in benchmark_docs.page([result(31.0, "higher")])
