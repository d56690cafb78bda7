"""The rules that tests/conftest.py lays on tests: no silent skip in CI, named needs, counted reference data."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import pytest

def test_that_passes(): pass

def test_that_skips(): pytest.skip("no such machine")

@pytest.mark.xfail(reason="known", strict=True)
def test_that_is_expected_to_fail(): assert False

@pytest.mark.needs("a-crystal-ball")
def test_with_an_unknown_need(): pass

@pytest.mark.reference("no_such_data")
def test_on_absent_data(): assert False
"""


def outcome(folder: Path, repository: Path, *options: str, ci: str) -> str:
    """The output of a run of TESTS under the real conftest."""
    (folder / "tests").mkdir()
    (folder / "tests/conftest.py").write_bytes((repository / "tests/conftest.py").read_bytes())
    (folder / "tests/test_sample.py").write_text(TESTS, encoding="utf-8")
    (folder / "pyproject.toml").write_bytes((repository / "pyproject.toml").read_bytes())
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options],
        cwd=folder, env={**plain, "CI": ci}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout


def test_elsewhere_a_skip_stays_a_skip(tmp_path: Path, repository: Path) -> None:
    printed = outcome(tmp_path, repository, ci="")
    assert "1 passed, 1 skipped, 1 deselected, 1 xfailed, 1 error" in printed
    assert "needs('a-crystal-ball') is unknown" in printed


def test_in_ci_a_skip_is_a_failure_that_keeps_its_reason(tmp_path: Path, repository: Path) -> None:
    printed = outcome(tmp_path, repository, ci="true")
    assert "1 failed, 1 passed, 1 deselected, 1 xfailed, 1 error" in printed
    assert "skipped, which CI=true forbids: Skipped: no such machine" in printed


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_tests_on_absent_data_are_counted(tmp_path: Path, repository: Path, options: tuple[str, ...]) -> None:
    printed = outcome(tmp_path, repository, *options, ci="")
    assert "left out 1 test: ../shared/data/no_such_data is not here" in printed
