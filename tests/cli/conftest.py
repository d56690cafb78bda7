from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shopkeeper.cli.app import main
from tests.tiny_shop import line, make_tiny

TARGETS = "\n[serve]\nport = 8793\n\n[targets.C4]\nfloor = 10\nbaseline = 20\ntarget = 40\n"


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process as the console script would."""
    monkeypatch.setenv("COLUMNS", "160")

    def command(*arguments: object) -> Ran:
        capsys.readouterr()
        try:
            main([str(a) for a in arguments])
        except SystemExit as end:
            code = 0 if end.code is None else int(end.code)
        else:
            code = 0
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return command


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop of three orders, to be read only: March 10 + 0.10, April 20; one buyer is unknown."""
    settings = '[shop]\nid = "tiny"\nname = "Tiny"\ntimezone = "Asia/Shanghai"\n' + TARGETS
    tiny = make_tiny(tmp_path_factory.mktemp("cli") / "tiny", settings)
    tiny.put(
        order_lines=[
            line("1", "2017-03-01", amount=10), line("2", "2017-03-31", None, "0.10", sku_id="rice"),
            line("3", "2017-04-30", "Wu", 20, sku_id="gift"),
        ]
    )  # fmt: skip
    tiny.shop.close()
    return tiny.shop.folder


@pytest.fixture
def own_shop(tmp_path: Path) -> Path:
    """A shop that a test may change: one order."""
    tiny = make_tiny(tmp_path / "own").put(order_lines=[line("1", "2017-03-01")])
    tiny.shop.close()
    return tiny.shop.folder
