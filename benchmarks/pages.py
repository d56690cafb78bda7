"""What does a warm view of the Overview cost the server, and how soon does a browser paint it?"""

from __future__ import annotations

import http.client
import multiprocessing
import os
import shutil
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.harness import Figure, in_child, journey_folder, peak_rss_gb, report, runs

PAGES = ("/", "/kpis", "/kpis/C4", "/data")
BROWSER_ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PAINT = """() => new Promise(done => {
  const seen = () => performance.getEntriesByName('first-contentful-paint')[0];
  if (seen()) return done(seen().startTime);
  new PerformanceObserver(() => seen() && done(seen().startTime)).observe({type: 'paint', buffered: true});
})"""


@dataclass(frozen=True)
class Server:
    """A dashboard in a process of its own, which tells its processor seconds and its peak memory when asked."""

    port: int
    _asking: Connection

    def spent(self) -> tuple[float, float]:
        """Processor seconds of the server so far, and its peak memory in GB."""
        self._asking.send("spent")
        seconds, peak = self._asking.recv()
        return float(seconds), float(peak)


def _serve(folder: Path, port: int, answers: Connection) -> None:
    from shopkeeper.cli.serve import run_server

    def answer() -> None:
        while answers.recv() == "spent":
            answers.send((time.process_time(), peak_rss_gb()))
        os._exit(0)

    threading.Thread(target=answer, daemon=True).start()
    run_server([folder], "127.0.0.1", port)


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """The dashboard of a shop folder on a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    context = multiprocessing.get_context("spawn")
    asking, answers = context.Pipe()
    process = context.Process(target=_serve, args=(folder, port, answers))
    process.start()
    try:
        _await_server(port, process)
        yield Server(port, asking)
    finally:
        if process.is_alive():
            asking.send("stop")
        process.join(10)


def _await_server(port: int, process: multiprocessing.process.BaseProcess) -> None:
    give_up = time.monotonic() + 120
    while time.monotonic() < give_up and process.is_alive():
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the server did not start")


def view(connection: http.client.HTTPConnection, page: str) -> int:
    """Fetch a page on an open connection; its length in bytes."""
    connection.request("GET", page, headers={"Accept-Encoding": "gzip", "Accept-Language": "en"})
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise RuntimeError(f"{page} answered {response.status}")
    return len(body)


def processor_ms(server: Server, page: str, rounds: int, views: int) -> tuple[float, float]:
    """Processor and wall milliseconds of one warm view: medians over rounds of many views."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    for _ in range(10):
        view(connection, page)
    cpu, wall = [], []
    for _ in range(rounds):
        before, started = server.spent()[0], time.perf_counter()
        for _ in range(views):
            view(connection, page)
        wall.append((time.perf_counter() - started) / views)
        cpu.append((server.spent()[0] - before) / views)
    connection.close()
    return statistics.median(cpu) * 1000, statistics.median(wall) * 1000


def paints(port: int, loads: int) -> tuple[float, float]:
    """Median seconds to the first contentful paint of the Overview: by a new visitor, and by one who was here before."""
    from playwright.sync_api import sync_playwright

    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    address = f"http://127.0.0.1:{port}/"
    new, known = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(BROWSER_ARGUMENTS))
        for _ in range(loads):
            visitor = browser.new_context(viewport={"width": 1440, "height": 900})
            page = visitor.new_page()
            page.goto(address)
            new.append(page.evaluate(PAINT) / 1000)
            page.goto(address)
            known.append(page.evaluate(PAINT) / 1000)
            visitor.close()
        browser.close()
    return statistics.median(new), statistics.median(known)


def main() -> int:
    """Measure; the exit code says whether the bars are kept."""
    figures = []
    with journey_folder() as folder, serving(folder) as server:
        for page in PAGES:
            cpu, wall = processor_ms(server, page, runs(5, 11), 50)
            bar = 10.0 if page == "/" else None
            figures.append(
                Figure(f"{page} warm, server processor", cpu, "ms", bar, against="one view, mean of 50, median")
            )
            figures.append(Figure(f"{page} warm, on the wall", wall, "ms", against="as the client waits"))
        new, known = in_child(paints, server.port, runs(7, 21))[0]
        figures.append(
            Figure("/ first contentful paint", new, "s", 0.5, against="headless Chromium, empty cache, 1440 px")
        )
        figures.append(Figure("/ first contentful paint again", known, "s", against="assets in the cache"))
        figures.append(Figure("server, peak memory", server.spent()[1], "GB", against="resident"))
    return report("pages", figures)


if __name__ == "__main__":
    raise SystemExit(main())
