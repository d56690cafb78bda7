"""Nothing committed names one developer's machine or a package registry's address."""

from __future__ import annotations

import pytest

from tests.architecture import rules
from tests.architecture.files import project_files, shown


def _text(content: bytes) -> str:
    return "" if b"\0" in content else content.decode("utf-8", errors="replace")


def test_no_file_names_a_machine_path_or_a_registry() -> None:
    assert [c for path in project_files() for c in rules.leaks(shown(path), _text(path.read_bytes()))] == []


@pytest.mark.parametrize(
    "pieces",
    [
        ("/wo", "rk/main/src"),
        ("/ho", "me/alice/shop"),
        ("https://py", "pi.org/simple"),
        ("https://registry.np", "mjs.org/echarts"),
        ("--index", "-url X"),
        ("--find", "-links X"),
        ('"resol', 'ved": "X"'),
    ],
)
def test_a_leak_is_found(pieces: tuple[str, str]) -> None:
    assert len(rules.leaks("a.txt", "".join(pieces))) == 1


@pytest.mark.parametrize(
    "text", ["src/work/main.py", "/home/you/myshop", "a resolved issue", "https://example.com/work/a"]
)
def test_what_only_looks_like_a_leak_passes(text: str) -> None:
    assert rules.leaks("a.txt", text) == []
