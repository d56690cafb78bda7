"""What every test may rely on: paths, system programs, reference data, and no silent skips in CI.

- `@pytest.mark.needs("chromium", "postgresql")` skips with the reason where a system program is missing.
- `@pytest.mark.reference("online_retail")` deselects, and counts, where `../shared/data/online_retail` is missing.
- `@pytest.mark.spark` does the same where Java is missing; such tests run on one worker, which starts it once.
- With CI=true a skip is a failure: whatever made the machine owes the test what it needs.
- `tests/fixtures_journey.py` holds the fixtures made from the demo shop, `tests/postgres_cluster.py` and
  `tests/mariadb_server.py` those of servers,
  `tests/spark_shops.py` those that Spark computes.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# The same examples every time, and no clock: a slow machine must not fail a true statement.
settings.register_profile("house", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

# A runner that is itself a shell's background job ignores Ctrl-C, and so would everything it starts; tests send Ctrl-C.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT.parent / "shared" / "data"
IN_CI = os.environ.get("CI") == "true"

# Looked for, because a checkout of an early commit, or a copy made by a test, may not hold them.
PLUGINS = ("fixtures_journey", "postgres_cluster", "mariadb_server", "source_databases", "spark_shops")
pytest_plugins = [f"tests.{name}" for name in PLUGINS if Path(__file__).with_name(f"{name}.py").exists()]


def chromium() -> Path | None:
    """The browser that tests drive."""
    found = [shutil.which(name) for name in ("chromium", "google-chrome", "chromium-browser")]
    return next((Path(path) for path in found if path), None)


def postgresql_programs() -> Path | None:
    """The folder that holds PostgreSQL's `initdb` and `postgres`; Debian keeps it off the PATH."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).parent
    return max((path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")), default=None)


def mariadb_program() -> Path | None:
    """MariaDB's server, which Debian keeps off some paths."""
    found = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin")
    return Path(found) if found else None


def chinese_fonts() -> bool:
    """Whether fontconfig knows a font that can draw Chinese."""
    if shutil.which("fc-list") is None:
        return False
    listed = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, check=False)
    return bool(listed.stdout.strip())


NEEDS = {"chromium": chromium, "chinese-fonts": chinese_fonts, "postgresql": postgresql_programs,
         "mariadb": mariadb_program}  # fmt: skip


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder of reference data sets; use it in tests marked `reference`."""
    return REFERENCE


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """The browser's program. Mark the test `needs("chromium")`."""
    path = chromium()
    assert path is not None, 'mark this test @pytest.mark.needs("chromium")'
    return path


@pytest.fixture(scope="session")
def postgresql_bin() -> Path:
    """The folder of PostgreSQL's server programs. Mark the test `needs("postgresql")`."""
    path = postgresql_programs()
    assert path is not None, 'mark this test @pytest.mark.needs("postgresql")'
    return path


# --- needs: skip with the reason -------------------------------------------------------------------------------------


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip where a named program is missing; refuse a name that nobody knows."""
    for mark in item.iter_markers("needs"):
        for name in mark.args:
            if name not in NEEDS:
                pytest.fail(f"needs({name!r}) is unknown; known: {', '.join(NEEDS)}", pytrace=False)
            if not NEEDS[name]():
                pytest.skip(f"this machine has no {name}; see tools/system_packages.sh")


# --- CI: a skip is a failure ------------------------------------------------------------------------------------------


def refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure that keeps its reason; an expected failure stays what it is."""
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI=true forbids: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Applies to skips of single tests."""
    report = yield
    if IN_CI:
        refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Applies to skips of whole files, such as `pytest.importorskip` makes."""
    report = yield
    if IN_CI:
        refuse_skip(report)
    return report


# --- reference: deselect and count ------------------------------------------------------------------------------------

ABSENT: pytest.StashKey[dict[str, int]] = pytest.StashKey()


def absent_reference(item: pytest.Item) -> str | None:
    """What this test wants and the machine lacks: the first reference folder, or Java."""
    folders = (str(mark.args[0]) for mark in item.iter_markers("reference"))
    absent = (f"../shared/data/{folder}" for folder in folders if not (REFERENCE / folder).is_dir())
    java = "java" if item.get_closest_marker("spark") and shutil.which("java") is None else None
    return next(absent, java)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out tests whose reference data is not beside the checkout, and those of Spark where there is no Java."""
    for item in items:
        if item.get_closest_marker("spark"):
            item.add_marker(pytest.mark.xdist_group("spark"))
    absent = {item: folder for item in items if (folder := absent_reference(item)) is not None}
    counts: dict[str, int] = {}
    for folder in absent.values():
        counts[folder] = counts.get(folder, 0) + 1
    config.stash[ABSENT] = counts
    if absent:
        config.hook.pytest_deselected(items=list(absent))
        items[:] = [item for item in items if item not in absent]


class WorkerCounts:
    """With pytest-xdist the workers collect; they hand their counts to the process that prints."""

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
        if output is not None:
            output["absent_reference"] = session.config.stash.get(ABSENT, {})

    def pytest_testnodedown(self, node: Any) -> None:
        node.config.stash[ABSENT] = getattr(node, "workeroutput", {}).get("absent_reference", {})


def pytest_configure(config: pytest.Config) -> None:
    """Register the counting only where pytest-xdist, whose hook it uses, is active."""
    if config.pluginmanager.hasplugin("xdist") or config.pluginmanager.hasplugin("dsession"):
        config.pluginmanager.register(WorkerCounts(), "worker-counts")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what was missing and how many tests that left out."""
    for what, count in sorted(config.stash.get(ABSENT, {}).items()):
        terminalreporter.write_line(f"left out {count} test{'s' * (count != 1)}: {what} is not here")


@pytest.fixture(autouse=True)
def _plain_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests neither see the developer's own Shopkeeper settings nor a coloured terminal."""
    for name in [name for name in os.environ if name.startswith("SHOPKEEPER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NO_COLOR", "1")
