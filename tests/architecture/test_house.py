"""Imports flow one way, files stay readable, names mean something, and `__all__` tells the truth."""

from __future__ import annotations

import pytest

from tests.architecture import rules
from tests.architecture.files import OWN_CODE, PACKAGE, code_files, module_name, package_files, project_files, shown


def test_every_room_imports_only_rooms_above_it() -> None:
    complaints = [
        complaint
        for path in package_files(".py")
        for complaint in rules.wrong_imports(
            path.read_text(encoding="utf-8"), module_name(path), path.name == "__init__.py"
        )
    ]
    assert complaints == []


def test_errors_import_nothing_from_the_package() -> None:
    source = (PACKAGE / "errors.py").read_text(encoding="utf-8")
    assert list(rules.imported_modules(source, "shopkeeper.errors", is_package=False)) == []


def test_no_file_is_longer_than_700_lines() -> None:
    assert [c for path in code_files() for c in rules.long_file(shown(path), path.read_text(encoding="utf-8"))] == []


def test_no_function_is_longer_than_60_lines() -> None:
    files = code_files(".py")
    assert [c for path in files for c in rules.long_functions(shown(path), path.read_text(encoding="utf-8"))] == []


def test_no_folder_is_deeper_than_three() -> None:
    paths = (path.relative_to(PACKAGE).as_posix() for path in package_files())
    assert [complaint for path in paths for complaint in rules.deep_folder(path)] == []


def test_no_name_is_vague() -> None:
    files = [path for path in project_files() if path.suffix in OWN_CODE]
    assert [complaint for path in files for complaint in rules.vague_name(shown(path))] == []


def test_declared_exports_match_what_is_defined() -> None:
    complaints = [
        complaint
        for path in package_files(".py")
        for complaint in rules.wrong_exports(
            path.read_text(encoding="utf-8"), module_name(path), path.name == "__init__.py"
        )
    ]
    assert complaints == []


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {path.parent for path in package_files(".py")}
    assert [shown(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


# --- each rule finds a bad example and passes a good one --------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("shopkeeper.kpi.matrix", "from shopkeeper.views import overview"),
        ("shopkeeper.kpi.matrix", "def f():\n    import shopkeeper.web.app"),
        ("shopkeeper.kpi.matrix", "from shopkeeper import core, cli"),
        ("shopkeeper.kpi.matrix", "from ..web import app"),
        ("shopkeeper.kpi.matrix", "import importlib\nimportlib.import_module('shopkeeper.web')"),
        ("shopkeeper.errors", "from shopkeeper.core import ids"),
        ("shopkeeper.web.app", "from shopkeeper.cli import main"),
        ("shopkeeper.twin.brand", "from shopkeeper.warehouse import lake"),
        ("shopkeeper.ingest.sources", "from shopkeeper.twin import brand"),
        ("shopkeeper.pantry.shelf", "x = 1"),
    ],
)
def test_an_import_against_the_flow_is_found(module: str, source: str) -> None:
    assert len(rules.wrong_imports(source, module, is_package=False)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("shopkeeper.kpi.matrix", "from shopkeeper.core.period import Period\nfrom shopkeeper.kpi import registry"),
        ("shopkeeper.cli.serve", "from shopkeeper.web import app\nfrom shopkeeper.twin import brand"),
        ("shopkeeper.cli.version", "from shopkeeper import __version__"),
        ("shopkeeper.__main__", "from shopkeeper.cli import main"),
        ("shopkeeper.twin.brand", "from shopkeeper.core.ids import new_id\nimport numpy"),
    ],
)
def test_an_import_along_the_flow_passes(module: str, source: str) -> None:
    assert rules.wrong_imports(source, module, is_package=False) == []


def test_a_relative_import_inside_a_package_is_resolved_from_the_package() -> None:
    found = list(
        rules.imported_modules("from . import targets\nfrom ..web import app", "shopkeeper.kpi", is_package=True)
    )
    assert found == [(1, "shopkeeper.kpi"), (2, "shopkeeper.web")]


def test_a_file_of_701_lines_is_found() -> None:
    assert rules.long_file("a.py", "x\n" * 701)
    assert not rules.long_file("a.py", "x\n" * 700)


def test_a_function_of_61_lines_is_found_and_its_docstring_is_free() -> None:
    body = "    x = 1\n"
    assert rules.long_functions("a.py", "def f():\n" + body * 60)
    assert not rules.long_functions("a.py", "def f():\n" + body * 59)
    assert not rules.long_functions("a.py", 'def f():\n    """A\n' + "    b\n" * 80 + '    """\n' + body * 59)


def test_a_folder_four_deep_is_found() -> None:
    assert rules.deep_folder("a/b/c/d/e.py")
    assert not rules.deep_folder("a/b/c/e.py")


@pytest.mark.parametrize("path", ["src/utils.py", "web/static/common.js", "kpi/job_manager.py", "helpers/a.py"])
def test_a_vague_name_is_found(path: str) -> None:
    assert rules.vague_name(path)


def test_a_clear_name_passes() -> None:
    assert not rules.vague_name("src/shopkeeper/kpi/commonwealth.py")


def test_wrong_exports_are_found() -> None:
    module = '__all__ = ["gone", "f"]\ndef f(): ...\ndef g(): ...\ndef _h(): ...\nfrom pathlib import Path'
    assert rules.wrong_exports(module, "shopkeeper.kpi.matrix", is_package=False) == [
        "shopkeeper.kpi.matrix: __all__ lists gone, which does not exist",
        "shopkeeper.kpi.matrix: __all__ forgets g",
    ]
    package = '__all__ = ["Matrix"]\nfrom shopkeeper.kpi.matrix import Matrix, Cell\nfrom shopkeeper.core import ids'
    assert rules.wrong_exports(package, "shopkeeper.kpi", is_package=True) == ["shopkeeper.kpi: __all__ forgets Cell"]
