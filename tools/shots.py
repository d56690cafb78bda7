"""Take the screenshots of every page, in both languages and both widths: `make shots`.

Serves demo/journey (loaded first when it is not there) on a free port and writes docs/screenshots/PAGE-LANGUAGE-WIDTH.png.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser, sync_playwright

from shopkeeper.cli.demo_shops import write_shop_folder
from shopkeeper.cli.serve import bound_socket
from shopkeeper.ingest.load import load_source
from shopkeeper.state import open_state
from shopkeeper.warehouse.shop import open_shop
from shopkeeper.web.app import create_app

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "screenshots"
DEMO = ROOT / "demo" / "journey"
PAGES = {
    "overview": "/", "live": "/live", "kpis": "/kpis", "indicator": "/kpis/C4", "definitions": "/kpis/definitions",
    "forecast": "/kpis/C4/forecast",
    "packs": "/packs", "data": "/data", "reconcile": "/data/reconcile", "checks": "/data/checks",
    "quarantine": "/data/quarantine", "jobs": "/jobs", "identities": "/customers/identities", "diagnose": "/diagnose",
    "models": "/models", "model": "/models/rfm",
}  # fmt: skip
WIDTHS = {1440: 1000, 390: 844}
LOCALES = {"en": "en-GB", "zh": "zh-CN"}
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
TALLEST = 2400
"""Longer pages are cut here: a picture in the documentation is looked at, not scrolled."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A server on the shop, with a state of its own, so that pictures never show somebody's users."""
    socket = bound_socket("127.0.0.1", 0)
    with tempfile.TemporaryDirectory() as scratch, open_state(f"sqlite:///{scratch}/state.sqlite") as state:
        server = uvicorn.Server(uvicorn.Config(create_app([folder], state=state), log_level="error", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{socket.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=10)
            socket.close()


def load_demo(folder: Path) -> None:
    """Load the demo shop; does nothing to one that is loaded."""
    write_shop_folder(folder, "journey")
    shop = open_shop(folder)
    try:
        load_source(shop, "journey", by="make shots")
    finally:
        shop.close()


def take(browser: Browser, address: str, name: str, path: str, lang: str, width: int, scheme: str) -> Path:
    """One picture. Raises AssertionError when the page is wider than its window."""
    context = browser.new_context(
        viewport={"width": width, "height": WIDTHS[width]},
        locale=LOCALES[lang],
        color_scheme="dark" if scheme == "dark" else "light",
    )
    context.set_default_timeout(120_000)
    page = context.new_page()
    page.goto(address + path)
    page.wait_for_load_state("load" if name == "live" else "networkidle")  # the live board's stream never rests
    page.mouse.move(0, 0)
    size = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert size[0] <= width, f"{name} is {size[0]} pixels wide"
    target = FOLDER / f"{name}-{lang}-{width}{'-dark' if scheme == 'dark' else ''}.png"
    # the window becomes as tall as the page, so that what sticks to the top is drawn where a reader sees it
    page.set_viewport_size({"width": width, "height": min(int(size[1]), TALLEST)})
    page.wait_for_timeout(200)
    page.screenshot(path=target)
    context.close()
    return target


def main() -> None:
    """Take them all."""
    program = next((p for n in ("chromium", "google-chrome", "chromium-browser") if (p := shutil.which(n))), None)
    if program is None:
        sys.exit("make shots needs a Chromium; see tools/system_packages.sh")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DEMO
    FOLDER.mkdir(parents=True, exist_ok=True)
    load_demo(folder)
    with served(folder) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        for name, path in PAGES.items():
            for lang in LOCALES:
                for width in WIDTHS:
                    print(take(browser, address, name, path, lang, width, "light").relative_to(ROOT))
        for lang in LOCALES:
            print(take(browser, address, "overview", "/", lang, 1440, "dark").relative_to(ROOT))
        browser.close()


if __name__ == "__main__":
    main()
