"""The live board in a browser: an event that is sent shows by itself, in both languages and both widths."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser

from shopkeeper.cli.serve import bound_socket
from shopkeeper.core.clock import utc_now
from shopkeeper.ingest.events.intake import EventIntake
from shopkeeper.state import open_state
from shopkeeper.warehouse.shop import Shop, open_shop
from shopkeeper.web.app import create_app
from tests.tiny_shop import SETTINGS, make_opened_folder


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Shop, str]]:
    shop = open_shop(make_opened_folder(tmp_path / "shop", SETTINGS + "demo = true\n"))
    state, socket = open_state(f"sqlite:///{tmp_path / 'state.sqlite'}"), bound_socket("127.0.0.1", 0)
    app = create_app([shop], state=state)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False, timeout_graceful_shutdown=5))
    app.state.live.leaving = lambda: server.should_exit
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
    thread.start()
    yield shop, f"http://127.0.0.1:{socket.getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=90)
    assert not thread.is_alive()
    socket.close()
    state.close()
    shop.close()


def send(shop: Shop, name: str) -> None:
    intake = EventIntake(shop)
    told = {"event_id": name, "happened_at": utc_now().isoformat(), "name": name, "visitor_id": "13800001111"}
    intake.take_body(json.dumps(told).encode(), "json", by="tests")[1].result(30)
    intake.close()


def test_an_event_shows_by_itself_and_names_nobody(chrome: Browser, served: tuple[Shop, str]) -> None:
    shop, address = served
    for number, (width, locale) in enumerate(((1440, "en-GB"), (390, "zh-CN"), (390, "en-GB"))):
        context = chrome.new_context(viewport={"width": width, "height": 900}, locale=locale)
        page = context.new_page()
        faults: list[str] = []
        page.on("console", lambda message, faults=faults: faults.append(message.text))
        page.on("pageerror", lambda error, faults=faults: faults.append(str(error)))
        page.goto(f"{address}/live", wait_until="load", timeout=60_000)
        send(shop, f"probe{number}")
        page.get_by_text(f"probe{number}").wait_for(timeout=60_000)
        assert page.locator('[data-tile="events"] .tile-value').inner_text() == str(number + 1)
        assert "13800001111" not in page.content()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert faults == []
        context.close()
