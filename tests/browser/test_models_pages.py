"""Models in a real browser: the list, an answer with its picture, a heatmap, a refusal; on a desk and on a phone."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import uvicorn
from playwright.sync_api import Browser

from shopkeeper.access.grants import grant
from shopkeeper.access.users import create_user
from shopkeeper.cli.serve import bound_socket
from shopkeeper.core.clock import utc_now
from shopkeeper.state import open_state
from shopkeeper.web.app import create_app
from tests.browser.test_data_pages import signed_in
from tests.browser.test_pages import unlabelled
from tests.returning_buyers import orders
from tests.tiny_shop import make_tiny
from tests.web.conftest import PASSWORD

pytestmark = pytest.mark.needs("chromium", "chinese-fonts")


@pytest.fixture(scope="module")
def returning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A shop whose buyers come back, over eight months, operated by Olive."""
    folder = tmp_path_factory.mktemp("returning")
    make_tiny(folder / "shop").put(order_lines=orders(days=240)).shop.close()
    with open_state(f"sqlite:///{folder / 'state.sqlite'}") as state:
        olive = create_user(state, "olive", PASSWORD, actor="tests", at=utc_now())
        grant(state, olive.id, "tiny", "operator", actor="tests", at=utc_now())
        socket = bound_socket("127.0.0.1", 0)
        app = create_app([folder / "shop"], state=state)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=10)
        socket.close()


@pytest.mark.parametrize(("lang", "width", "scheme"), [("en", 1440, "light"), ("zh", 390, "dark")])
def test_models_are_read_and_used(chrome: Browser, returning: str, lang: str, width: int, scheme: str) -> None:
    page = signed_in(chrome, returning, width, lang, scheme)
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)

    def fits() -> None:
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert unlabelled(page) == []

    page.goto(f"{returning}/models")
    fits()
    page.click('a[href^="/models/rfm"]')
    page.wait_for_selector("model-picture[data-ready] canvas")
    fits()
    page.fill('input[name="segment"]', f"best-{lang}")
    page.click(".exit-form button")
    page.wait_for_url("**/segments?**")
    assert page.locator("#saved").get_by_text(f"best-{lang}").count() >= 1
    page.goto(f"{returning}/models/cohorts")
    page.wait_for_selector("model-picture[data-ready] svg.heatmap rect")
    fits()
    page.goto(f"{returning}/models/uplift")
    assert page.locator(".refusal li").count() >= 1
    fits()
    assert said == []
