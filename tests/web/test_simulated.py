"""A simulated shop says so: on every page, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from shopkeeper.state import open_state
from shopkeeper.web.app import create_app
from tests.tiny_shop import line, make_tiny

SETTINGS = (
    '[shop]\nid = "twin"\nname = "Twin"\ncurrency = "CNY"\ntimezone = "Asia/Shanghai"\ndemo = true\nsimulated = true\n'
)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder: Path = tmp_path_factory.mktemp("simulated")
    tiny = make_tiny(folder, SETTINGS)
    tiny.put(order_lines=[line("a", "2024-03-01", "alice", 10)])
    tiny.shop.close()
    state = open_state(f"sqlite:///{tmp_path_factory.mktemp('state') / 'state.sqlite'}")
    yield TestClient(create_app([folder], state=state), base_url="http://127.0.0.1")
    state.close()


@pytest.mark.parametrize(("lang", "words"), [("en", "A simulated shop"), ("zh", "模拟店铺")])
def test_every_page_says_so(simulated: TestClient, lang: str, words: str) -> None:
    for path in ("/", "/kpis", "/data", "/data/reconcile", "/data/checks", "/data/quarantine"):
        answer = simulated.get(path, headers={"Cookie": f"lang={lang}"})
        assert answer.status_code == 200
        assert words in answer.text, path
