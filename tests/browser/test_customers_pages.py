"""Customers and segments in a real browser: found, tagged; a rule built, counted, saved; on a desk and on a phone."""

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
from tests.people_shop import NAME, PHONE, people_shop
from tests.web.conftest import PASSWORD

pytestmark = pytest.mark.needs("chromium", "chinese-fonts")


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A shop with three customers, operated by Olive."""
    folder = tmp_path_factory.mktemp("people")
    ming = people_shop(folder / "shop")
    ming.lake.close()
    with open_state(f"sqlite:///{folder / 'state.sqlite'}") as state:
        olive = create_user(state, "olive", PASSWORD, actor="tests", at=utc_now())
        grant(state, olive.id, "ming", "operator", actor="tests", at=utc_now())
        socket = bound_socket("127.0.0.1", 0)
        app = create_app([ming.folder], state=state)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=10)
        socket.close()


@pytest.mark.parametrize(("lang", "width", "scheme"), [("en", 1440, "light"), ("zh", 390, "dark")])
def test_a_customer_is_found_and_a_rule_is_built(
    chrome: Browser, people: str, lang: str, width: int, scheme: str
) -> None:
    page = signed_in(chrome, people, width, lang, scheme)
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))

    def fits() -> None:
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert unlabelled(page) == []

    page.goto(f"{people}/customers")
    fits()
    page.fill("[name=who]", PHONE)
    page.click("form[action='/customers/search'] button")
    fits()
    assert NAME in (page.text_content("h1") or "")
    page.fill("[name=add]", f"vip-{lang}")
    page.click(".tagged form:last-of-type button")
    fits()
    assert page.locator("button[name=remove]").count() >= 1
    page.goto(f"{people}/segments")
    fits()
    page.fill("textarea[name=rule]", "")
    page.select_option("[data-dimension]", "orders")
    page.select_option("[data-operator]", ">=")
    page.fill("[data-value]", "1")
    page.click("[data-add]")
    page.locator("#count strong", has_text="2").wait_for()
    page.fill("[name=name]", f"buyers-{lang}")
    page.click(".doing .btn.primary")
    fits()
    assert page.locator("p.flash").is_visible()
    assert page.locator("#saved tbody tr").count() >= 1
    assert said == []
    page.context.close()
