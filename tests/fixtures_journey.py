"""The demo shop, loaded once a test run and shared by every worker. Tests that write take a copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import filelock
import pytest

from shopkeeper.cli.demo_shops import write_shop_folder
from shopkeeper.ingest.load import load_source
from shopkeeper.warehouse.shop import open_shop


def _load(folder: Path) -> None:
    write_shop_folder(folder, "journey")
    shop = open_shop(folder)
    try:
        load_source(shop, "journey", by="tests")
    finally:
        shop.close()


@pytest.fixture(scope="session")
def journey_shop(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Folder of a loaded `journey` shop. Read it only."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    folder, whole = shared / "journey", shared / "journey.whole"
    with filelock.FileLock(str(shared / "journey.lock")):
        if not whole.exists():
            shutil.rmtree(folder, ignore_errors=True)
            _load(folder)
            whole.touch()
    return folder


@pytest.fixture
def journey_copy(journey_shop: Path, tmp_path: Path) -> Path:
    """A copy of the demo shop that a test may change."""
    return Path(shutil.copytree(journey_shop, tmp_path / "journey"))
