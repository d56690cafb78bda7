"""The Data pages in a real browser: the matrix by keyboard, a row corrected and released, on a phone and on paper."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from playwright.sync_api import Browser, Page

from shopkeeper.access.grants import grant
from shopkeeper.access.users import create_user
from shopkeeper.cli.serve import bound_socket
from shopkeeper.core.clock import utc_now
from shopkeeper.state import open_state
from shopkeeper.web.app import create_app
from tests.browser.test_pages import unlabelled
from tests.shop_folders import HEADER, LINES, ShopFolder
from tests.web.conftest import PASSWORD

pytestmark = pytest.mark.needs("chromium", "chinese-fonts")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A shop with sales of the last weeks, one day missing and two rows set aside, operated by Olive."""
    folder = tmp_path_factory.mktemp("browsed")
    mugs = ShopFolder(folder / "shop", LINES + 'paid_at = "day"\n')
    today = (utc_now() + dt.timedelta(hours=8)).date()
    days = [today - dt.timedelta(days=n) for n in range(1, 40) if n != 6]
    good = "".join(f"G{n}{part},mug,{day},1,1{n % 3}\n" for n, day in enumerate(days) for part in "ab")
    mugs.load(mugs.drop("a.csv", HEADER + good + f"C,jug,{days[3]},some,7.50\nD,jug,{days[3]},many,8\n"))
    mugs.lake.close()
    with open_state(f"sqlite:///{folder / 'state.sqlite'}") as state:
        olive = create_user(state, "olive", PASSWORD, actor="tests", at=utc_now())
        grant(state, olive.id, "mugs", "operator", actor="tests", at=utc_now())
        socket = bound_socket("127.0.0.1", 0)
        server = uvicorn.Server(
            uvicorn.Config(create_app([mugs.folder], state=state), log_level="error", access_log=False)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=10)
        socket.close()


def signed_in(chrome: Browser, place: str, width: int, lang: str = "en", scheme: str = "light") -> Page:
    """A page of Olive's; whatever the console says is in `page.said`."""
    context = chrome.new_context(
        viewport={"width": width, "height": 900}, locale={"en": "en-GB", "zh": "zh-CN"}[lang],
        color_scheme="dark" if scheme == "dark" else "light",
    )  # fmt: skip
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(f"{place}/sign-in")
    page.fill("[name=name]", "olive")
    page.fill("[name=password]", PASSWORD)
    page.click("main form button")
    page.wait_for_url(f"{place}/")
    return page


@pytest.mark.parametrize(("lang", "width", "scheme"), [("en", 1440, "dark"), ("zh", 390, "light")])
def test_a_row_is_corrected_released_and_the_checks_run(
    chrome: Browser, place: str, lang: str, width: int, scheme: str
) -> None:
    page = signed_in(chrome, place, width, lang, scheme)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))

    def fits() -> None:
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert unlabelled(page) == []

    page.goto(f"{place}/data/quarantine")
    fits()
    page.click(".held tr.row >> nth=0 >> th a")
    fits()
    page.fill(".cellrows tr.fault input[name=value]", "2")
    page.click("button[value=release]")
    fits()
    assert page.locator(".card.result").count() == 1
    page.goto(f"{place}/data/checks")
    page.click(".bar .btn.primary")
    fits()
    assert page.locator(".flash").is_visible()
    assert page.locator("#tables tbody tr").count() > 1
    page.select_option("#suggest-table", "order_lines")
    page.click("#suggest form .btn")
    fits()
    page.click("#suggest .acts button >> nth=1")
    fits()
    assert page.locator(".flash").is_visible()
    assert said == []
    page.context.close()


def test_the_matrix_is_one_tab_stop_and_arrows_read_its_cells(chrome: Browser, place: str) -> None:
    page = signed_in(chrome, place, 1440)
    page.goto(f"{place}/data")
    page.wait_for_load_state("networkidle")
    assert page.locator("[data-slot][tabindex='0']").count() == 1
    page.locator("[data-slot][tabindex='0']").focus()
    first = page.inner_text("[data-readout]")
    assert "rows · load of lines" in first
    page.keyboard.press("ArrowRight")
    assert page.inner_text("[data-readout]") != first
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.closest('tr').rowIndex") > 3
    assert page.locator("td.hole").count() >= 1
    page.select_option("#window", "months")
    page.wait_for_selector("table.grid.month")
    assert "window=months" in page.url
    assert page.locator("[data-slot][tabindex='0']").count() == 1
    page.context.close()


def test_one_box_chooses_all_rows_and_enter_in_a_field_releases_nothing(chrome: Browser, place: str) -> None:
    page = signed_in(chrome, place, 1440)
    page.goto(f"{place}/data/quarantine?status=all")
    page.wait_for_load_state("networkidle")
    page.check("[data-all]")
    assert page.locator("[name=id]:checked").count() == page.locator("[name=id]").count()
    page.fill("[name=why]", "x")
    page.press("[name=why]", "Enter")
    page.wait_for_timeout(300)
    assert page.url.endswith("/data/quarantine?status=all")
    page.context.close()


@pytest.mark.parametrize("path", ["/data", "/data/checks", "/data/quarantine"])
def test_the_pages_print_without_their_controls(chrome: Browser, place: str, path: str) -> None:
    page = signed_in(chrome, place, 1440)
    page.goto(place + path)
    page.emulate_media(media="print")
    for control in (".rail", ".lens", ".doing", ".btn"):
        assert not any(page.locator(control).nth(n).is_visible() for n in range(page.locator(control).count())), control
    assert page.pdf(prefer_css_page_size=True)
    page.context.close()


def test_the_forms_work_without_scripts(chrome: Browser, place: str) -> None:
    context = chrome.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{place}/sign-in")
    page.fill("[name=name]", "olive")
    page.fill("[name=password]", PASSWORD)
    page.click("main form button")
    page.goto(f"{place}/data?window=months")
    assert page.locator("table.grid.month").count() == 1
    page.goto(f"{place}/data/quarantine?status=all")
    page.select_option("#q-table", "order_lines")
    page.click("form.lens noscript button, form.lens button")
    assert "table=order_lines" in page.url
    context.close()
