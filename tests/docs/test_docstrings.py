"""Every example in a docstring runs and prints what it says. None is skipped."""

from __future__ import annotations

import doctest
import importlib

import pytest

from tests.architecture.files import code_files, module_name, package_files, shown

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
MODULES = [module_name(path) for path in package_files(".py") if ">>>" in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples_run(name: str) -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    for example in finder.find(importlib.import_module(name), name):
        runner.run(example, out=report.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(report)
    assert runner.tries > 0, "the module has >>> but no example was found: is it in a comment?"


def test_no_docstring_example_is_skipped() -> None:
    skip = "doctest: " + "+SKIP"
    assert [shown(path) for path in code_files(".py") if skip in path.read_text(encoding="utf-8")] == []
