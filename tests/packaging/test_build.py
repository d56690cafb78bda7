"""A wheel carries all that the product needs at run time, and an sdist becomes the same wheel without Node."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hatchling.metadata.core import ProjectMetadata

import hatch_assets
from tests.architecture.files import package_files, project_files

VENDOR = "shopkeeper/web/static/vendor"


def build(target: str, source: Path, output: Path, path: str) -> Path:
    """Build with hatchling in this environment, so that no network is asked; returns the file made."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(output)]
    environment = {**os.environ, "PATH": path, "HOME": str(output)}
    done = subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = output.glob("*.tar.gz" if target == "sdist" else "*.whl")
    return made


def hook(root: Path) -> hatch_assets.AssetsHook:
    """The hook as hatchling makes it, for the questions that need only the root."""
    metadata = ProjectMetadata[Any](str(root), None, {})
    return hatch_assets.AssetsHook(str(root), {}, None, metadata, "", "wheel")


@pytest.fixture(scope="module")
def without_node(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH on which there is no program at all."""
    return str(tmp_path_factory.mktemp("empty-path"))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """The project's files and the assets already fetched, without its .git: tests must not write into the checkout."""
    copy = tmp_path_factory.mktemp("checkout")
    assets = (repository / "src" / VENDOR).glob("*")
    for path in [*project_files(), *assets]:
        target = copy / path.relative_to(repository)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    return copy


@pytest.fixture(scope="module")
def sdist(checkout: Path, tmp_path_factory: pytest.TempPathFactory, without_node: str) -> Path:
    """The sdist, unpacked."""
    output = tmp_path_factory.mktemp("sdist")
    with tarfile.open(build("sdist", checkout, output, without_node)) as archive:
        archive.extractall(output, filter="data")
    (unpacked,) = (path for path in output.iterdir() if path.is_dir())
    return unpacked


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory, without_node: str) -> Path:
    """The wheel made from the sdist where there is no Node, unpacked as an installer would."""
    output = tmp_path_factory.mktemp("wheel")
    installed = output / "site-packages"
    with zipfile.ZipFile(build("wheel", sdist, output, without_node)) as archive:
        archive.extractall(installed)
    return installed


def test_the_wheel_holds_every_file_of_the_package(wheel: Path, repository: Path) -> None:
    expected = {path.relative_to(repository / "src").as_posix() for path in package_files()}
    held = {path.relative_to(wheel).as_posix() for path in wheel.rglob("*") if path.is_file()}
    assert sorted(expected - held) == []
    assert f"{VENDOR}/htmx.js" in held


def test_the_wheel_holds_the_browser_assets_with_their_licences(wheel: Path) -> None:
    manifest = json.loads((wheel / VENDOR / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["files"]) == set(hatch_assets.FILES.values())
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((wheel / VENDOR / name).read_bytes()).hexdigest() == digest
    for name in ("echarts.js", "htmx.js", "hx-sse.js"):
        assert gzip.decompress((wheel / VENDOR / f"{name}.gz").read_bytes()) == (wheel / VENDOR / name).read_bytes()


def test_the_wheel_names_its_command_and_licence(wheel: Path) -> None:
    (info,) = wheel.glob("*.dist-info")
    assert "shopkeeper = shopkeeper.cli:main" in (info / "entry_points.txt").read_text(encoding="utf-8")
    assert (info / "licenses/LICENSE").exists()


def test_the_command_runs_from_the_wheel_and_not_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    code = "import shopkeeper, sys; print(shopkeeper.__file__); sys.argv = ['shopkeeper', '--help']; "
    code += "from shopkeeper.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": str(wheel)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(wheel))


def test_a_checkout_without_npm_asks_for_node_from_pypi(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, without_node: str, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", without_node)
    fetched = hook(checkout)
    assert fetched.dependencies() == []
    (tmp_path / "assets").mkdir()
    for name in ("package.json", "package-lock.json"):
        (tmp_path / "assets" / name).write_bytes((checkout / "assets" / name).read_bytes())
    fresh = hook(tmp_path)
    assert fresh.dependencies() == [hatch_assets.NODE_WHEEL]


def test_npm_that_fails_leaves_a_clear_message_and_the_old_assets(checkout: Path, tmp_path: Path) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\nexit 7\n", encoding="utf-8")
    npm.chmod(0o755)
    lock = checkout / "assets/package-lock.json"
    kept = lock.read_bytes()
    lock.write_bytes(kept + b"\n")
    before = (checkout / "src" / VENDOR / "manifest.json").read_bytes()
    try:
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
        path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path}
        done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)
    finally:
        lock.write_bytes(kept)
    assert done.returncode != 0
    assert "could not be fetched" in done.stdout + done.stderr
    assert "next: see that `npm ping` answers" in done.stdout + done.stderr
    assert (checkout / "src" / VENDOR / "manifest.json").read_bytes() == before
