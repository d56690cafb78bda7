"""A little shop of fourteen months whose figures can be worked out by hand, served; and the three people of the cast."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from shopkeeper.access.grants import grant
from shopkeeper.access.users import create_user
from shopkeeper.core.clock import utc_now
from shopkeeper.core.period import Period, periods_between
from shopkeeper.state import State, open_state
from shopkeeper.web.app import create_app
from tests.tiny_shop import Row, line, make_tiny

SETTINGS = """[shop]
id = "little"
name = "Little Tea"
currency = "CNY"
timezone = "Asia/Shanghai"
demo = true
notice = "Made up for tests."
notice_zh = "为测试而编造。"
[targets.C4]
floor = 5.0
baseline = 10.0
target = 14.0
reason = "chosen by the test"
"""
PASSWORD = "a long enough phrase 7"


def orders() -> list[Row]:
    """Each month m buys 2 + m % 3 teas at 10 and one rice at 20 + m, each by a buyer of their own; one line has no category."""
    first, last = Period.parse("2016-11"), Period.parse("2017-12")
    rows: list[Row] = []
    for m, month in enumerate(periods_between(first.start, last.end, "month")):
        for n in range(2 + m % 3):
            rows.append(line(f"t{m}-{n}", f"{month.label}-0{n + 1}", f"buyer{n}", 10))
        rows.append(line(f"r{m}", f"{month.label}-20", "buyer9", 20 + m, sku_id="rice"))
    rows.append(line("g", "2017-12-24", "buyer9", 3, sku_id="gift"))
    rows.append(line("end", "2017-12-31", "buyer0", 1))
    return rows


@pytest.fixture(scope="session")
def little_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the little shop. Read it only."""
    folder = tmp_path_factory.mktemp("little")
    tiny = make_tiny(folder, SETTINGS)
    tiny.put(order_lines=orders())
    tiny.shop.close()
    return folder


@pytest.fixture(scope="session")
def little_app(little_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """The little shop on loopback, without users."""
    state = open_state(f"sqlite:///{tmp_path_factory.mktemp('state') / 'state.sqlite'}")
    yield create_app([little_folder], state=state)
    state.close()


@pytest.fixture
def client(little_app: FastAPI) -> TestClient:
    """A new browser in front of the little shop."""
    return TestClient(little_app, base_url="http://127.0.0.1", follow_redirects=False)


@dataclass(frozen=True)
class GuardedShop:
    """The little shop with users: Alice owns it, Bob analyses it, Charlie has no role, Vera may look."""

    app: FastAPI
    state: State

    def visitor(self) -> TestClient:
        """A browser that nobody has signed in with."""
        return TestClient(self.app, base_url="http://127.0.0.1", follow_redirects=False)

    def signed_in(self, name: str) -> TestClient:
        """A browser of one of the cast."""
        browser = self.visitor()
        answer = sign_in(browser, name, PASSWORD)
        assert answer.status_code == 303, answer.text
        return browser


@pytest.fixture(scope="session")
def guarded(little_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedShop]:
    """The little shop with Alice, Bob, Charlie and Vera."""
    state = open_state(f"sqlite:///{tmp_path_factory.mktemp('state') / 'state.sqlite'}")
    now = utc_now()
    people = {n: create_user(state, n, PASSWORD, actor="tests", at=now) for n in ("alice", "bob", "charlie", "vera")}
    grant(state, people["alice"].id, "little", "owner", actor="tests", at=now)
    grant(state, people["bob"].id, "little", "analyst", actor="tests", at=now)
    grant(state, people["vera"].id, "little", "viewer", actor="tests", at=now)
    yield GuardedShop(create_app([little_folder], state=state), state)
    state.close()


def csrf_of(html: str) -> str:
    """The form's proof, as a browser would send it."""
    return html.split('name="csrf" value="')[1].split('"')[0]


def sign_in(browser: TestClient, name: str, password: str, **more: str):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """Fill in the form and send it."""
    form = browser.get("/sign-in").text
    return browser.post("/sign-in", data={"name": name, "password": password, "csrf": csrf_of(form), **more})
