"""The Definitions page in a real browser: a text checked, accepted and compared, in both languages, on a desk and on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.test_data_pages import place, signed_in
from tests.browser.test_pages import unlabelled
from tests.kpi_definitions import indicator, measure

__all__ = ["place"]
pytestmark = pytest.mark.needs("chromium", "chinese-fonts")
GOOD = measure("dear", more='where = "payable_amount > 10"') + indicator("dear_share", "dear", "paid_amount")


@pytest.mark.parametrize(("lang", "width", "scheme"), [("en", 1440, "dark"), ("zh", 390, "light")])
def test_a_text_is_checked_accepted_and_compared(
    chrome: Browser, place: str, lang: str, width: int, scheme: str
) -> None:
    page = signed_in(chrome, place, width, lang, scheme)
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))

    def fits() -> None:
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert unlabelled(page) == []

    page.goto(f"{place}/kpis/definitions")
    fits()
    page.fill("[name=file]", f"{lang}.toml")
    text = GOOD.replace("dear", f"dear_{lang}")
    page.fill("[name=text]", text.replace('payable_amount"', 'payabel_amount"'))
    page.click(".writing .btn:not(.primary)")
    fits()
    assert page.locator("#edit [role=alert]").is_visible()
    assert "payabel_amount" in page.input_value("[name=text]")
    for limit in (10, 11):
        page.fill("[name=text]", text.replace("> 10", f"> {limit}"))
        page.fill("[name=reason]", f"above {limit}")
        page.click(".writing .btn.primary")
        fits()
        assert page.locator("p.flash").is_visible()
    page.select_option("#diff [name=compare]", f"dear_{lang}_share")
    page.click("#diff form .btn")
    fits()
    assert page.locator("#diff table.list").count() >= 2
    assert page.locator("#versions tbody tr").count() >= 2
    page.click(f"#own a[href*='dear_{lang}_share']")
    fits()
    assert page.locator("#def-title").is_visible()
    assert said == []
    page.context.close()
