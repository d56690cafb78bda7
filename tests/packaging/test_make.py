"""The Makefile and the CI script keep their contract."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

CONTRACT = {"demo", "test", "check", "shots", "bench", "env", "clean"}


def run(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    # The outer make's own variables would change what an inner make does.
    plain = {
        name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "SERVE"}
    }
    return subprocess.run(
        command,
        cwd=folder,
        env={**plain, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_lists_every_target(repository: Path) -> None:
    listed = set(re.findall(r"^make (\w+)", run(["make", "help"], repository).stdout, re.MULTILINE))
    phony = re.search(r"^\.PHONY: (.*)$", (repository / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert phony is not None
    assert listed == set(phony[1].split()) - {"bench-name", "missing-assets"}
    assert listed >= CONTRACT


@pytest.mark.parametrize(("setting", "stops"), [([], False), (["SERVE=1"], False), (["SERVE=0"], True)])
def test_demo_serves_unless_told_not_to(repository: Path, setting: list[str], stops: bool) -> None:
    planned = run(["make", "--dry-run", "demo", *setting], repository).stdout
    assert ("--no-serve" in planned) is stops


def test_bench_without_a_name_tells_the_names(repository: Path) -> None:
    done = run(["make", "bench", "NAME=no-such-benchmark"], repository)
    assert done.returncode == 2
    assert "make bench needs NAME, one of:" in done.stderr


@pytest.mark.parametrize(("check", "test"), [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_ci_runs_both_fails_if_either_fails_and_ends_with_the_closing_line(
    repository: Path, tmp_path: Path, check: int, test: int
) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(repository / ".ci/run", tmp_path / ".ci/run")
    closing = "============ 12 passed, 1 failed in 3.21s (0:00:03) ============"
    (tmp_path / "Makefile").write_text(
        f"check:\n\t@echo ran check; exit {check}\ntest:\n\t@echo '{closing}'; exit {test}\n", encoding="utf-8"
    )
    done = run(["bash", ".ci/run"], tmp_path)
    assert (done.returncode == 0) is (check == 0 and test == 0)
    assert "ran check" in done.stdout
    assert done.stdout.splitlines()[-1] == closing
