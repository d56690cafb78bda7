"""The files that the house rules apply to."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "shopkeeper"
OWN_CODE = {".css", ".html", ".js", ".py", ".sh", ".svg"}


@cache
def project_files() -> tuple[Path, ...]:
    """Every file that is, or would be, committed."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return tuple(sorted(path for path in set(paths) if path.is_file()))


def shown(path: Path) -> str:
    """The path as a person would type it."""
    return path.relative_to(ROOT).as_posix()


def code_files(*suffixes: str) -> list[Path]:
    """Our own code with one of these endings, wherever it is in the project."""
    wanted = set(suffixes) or OWN_CODE
    return [path for path in project_files() if path.suffix in wanted]


def package_files(*suffixes: str) -> list[Path]:
    """Files of the package with one of these endings; all of them when none is named."""
    return [
        path for path in project_files() if path.is_relative_to(PACKAGE) and (not suffixes or path.suffix in suffixes)
    ]


def module_name(path: Path) -> str:
    """src/shopkeeper/kpi/__init__.py → shopkeeper.kpi"""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
