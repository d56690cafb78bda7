"""One server on the demo shop and one browser for the whole run; every page opened by a test is watched."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from shopkeeper.cli.serve import bound_socket
from shopkeeper.state import open_state
from shopkeeper.web.app import create_app

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def address(journey_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the demo shop is served, its first view already made."""
    state = open_state(f"sqlite:///{tmp_path_factory.mktemp('state') / 'state.sqlite'}")
    socket = bound_socket("127.0.0.1", 0)
    config = uvicorn.Config(create_app([journey_shop], state=state), log_level="error", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
    thread.start()
    found = f"http://127.0.0.1:{socket.getsockname()[1]}"
    for language in ("en", "zh"):
        with urlopen(Request(found, headers={"Accept-Language": language}), timeout=120) as answer:
            assert answer.status == 200
    yield found
    server.should_exit = True
    thread.join(timeout=10)
    socket.close()
    state.close()


@pytest.fixture(scope="session")
def chrome(chromium_path: Path) -> Iterator[Browser]:
    """One browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium_path), args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Watched:
    """A page, and everything that should not happen on it."""

    page: Page
    address: str
    faults: list[str] = field(default_factory=list)

    def goto(self, path: str) -> Page:
        """Open a path and wait until its charts are drawn."""
        self.page.goto(self.address + path)
        self.page.wait_for_load_state("networkidle")
        return self.page

    def until(self, condition: Callable[[Page], Any], what: str, seconds: float = 30) -> None:
        """Wait for something; the Content-Security-Policy forbids Playwright's own wait_for_function."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition(self.page):
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"waited {seconds} s in vain for {what}")


@pytest.fixture
def open_page(chrome: Browser, address: str) -> Iterator[Callable[..., Watched]]:
    """Open watched pages; afterwards none may have had a console message, a script error or a foreign request."""
    opened: list[Watched] = []

    def opener(*, width: int = 1440, lang: str = "en", scheme: str = "light", storage: Any = None) -> Watched:
        context = chrome.new_context(
            viewport={"width": width, "height": 900},
            locale={"en": "en-GB", "zh": "zh-CN"}[lang],
            color_scheme="dark" if scheme == "dark" else "light",
            storage_state=storage,
        )
        context.set_default_timeout(30_000)
        page = context.new_page()
        watched = Watched(page, address)
        page.on("console", lambda message: watched.faults.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: watched.faults.append(f"script: {error}"))
        page.on(
            "request", lambda r: watched.faults.append(f"foreign: {r.url}") if not r.url.startswith(address) else None
        )
        page.on("requestfailed", lambda r: watched.faults.append(f"failed: {r.url} {r.failure}"))
        opened.append(watched)
        return watched

    yield opener
    faults = [fault for watched in opened for fault in watched.faults if "net::ERR_ABORTED" not in fault]
    for watched in opened:
        watched.page.context.close()
    assert faults == []
