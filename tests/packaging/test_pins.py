"""What gets installed is pinned, complete, free of addresses, and not too big."""

from __future__ import annotations

import ast
import itertools
import json
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.files import package_files

MAX_INSTALLED_MB = 900


@pytest.fixture(scope="module")
def project(repository: Path) -> dict[str, object]:
    return tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))


def pins(repository: Path) -> dict[str, list[Requirement]]:
    """The constraints by package; one package may have several pins with exclusive markers."""
    found: dict[str, list[Requirement]] = {}
    for line in (repository / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


def declared(project: dict[str, object]) -> list[Requirement]:
    """Every requirement that pyproject.toml names, of any group."""
    table = project["project"]
    assert isinstance(table, dict)
    lists = [table["dependencies"], *table["optional-dependencies"].values()]
    groups = project["dependency-groups"]
    assert isinstance(groups, dict)
    lists += groups.values()
    return [Requirement(text) for texts in lists for text in texts if isinstance(text, str)]


def third_party_imports(source: str) -> set[str]:
    """Top-level names of the modules a source file imports, other than Python's own and ours."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names - sys.stdlib_module_names - {"shopkeeper"}


def test_everything_the_product_imports_is_declared(project: dict[str, object]) -> None:
    table = project["project"]
    assert isinstance(table, dict)
    texts = [*table["dependencies"], *itertools.chain(*table["optional-dependencies"].values())]
    allowed = {canonicalize_name(Requirement(text).name) for text in texts}
    owners = metadata.packages_distributions()
    undeclared = {
        name
        for path in package_files(".py")
        for name in third_party_imports(path.read_text(encoding="utf-8"))
        if not allowed & {canonicalize_name(owner) for owner in owners.get(name, [])}
    }
    assert sorted(undeclared) == []


def test_imports_inside_functions_are_seen() -> None:
    assert third_party_imports("import os, numpy.linalg\ndef f():\n    from ibis.expr import x") == {"numpy", "ibis"}


def test_every_constraint_is_one_exact_version(repository: Path) -> None:
    loose = [str(r) for rs in pins(repository).values() for r in rs if not re.fullmatch(r"==[\w.]+", str(r.specifier))]
    assert loose == []


def test_every_requirement_has_a_pin_that_satisfies_it(repository: Path, project: dict[str, object]) -> None:
    pinned = pins(repository)
    wrong = [
        str(requirement)
        for requirement in declared(project)
        if not pinned.get(canonicalize_name(requirement.name))
        or not all(
            requirement.specifier.contains(next(iter(pin.specifier)).version)
            for pin in pinned[canonicalize_name(requirement.name)]
        )
    ]
    assert wrong == []


def test_pin_files_hold_no_address(repository: Path) -> None:
    constraints = (repository / "constraints.txt").read_text(encoding="utf-8")
    assert [line for line in constraints.splitlines() if "://" in line or line.startswith("-")] == []
    lock = json.loads((repository / "assets/package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []


def test_every_browser_package_is_pinned_with_its_integrity(repository: Path) -> None:
    wanted = json.loads((repository / "assets/package.json").read_text(encoding="utf-8"))["dependencies"]
    packages = json.loads((repository / "assets/package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert packages[""]["dependencies"] == wanted
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert [name for name, package in packages.items() if name and not package["integrity"].startswith("sha512-")] == []


def test_the_default_install_is_at_most_900_mb() -> None:
    sizes: dict[str, int] = {}
    waiting = ["shopkeeper-ops"]
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in sizes:
            continue
        distribution = metadata.distribution(name)
        files = [Path(str(file.locate())) for file in distribution.files or []]
        sizes[name] = sum(file.stat().st_size for file in files if file.is_file())
        # ibis-framework[duckdb] is the one extra in the default install; its own needs are declared by us as well.
        required = [Requirement(text) for text in distribution.requires or []]
        waiting += [r.name for r in required if r.marker is None or r.marker.evaluate({"extra": ""})]
    assert "duckdb" in sizes
    assert sum(sizes.values()) / 1e6 <= MAX_INSTALLED_MB
