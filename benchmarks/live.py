"""How many events a second does one server take in for good, how soon are they on the live board, and what does a page cost then?

KILLS=50 also kills a process that takes events in, so often, and counts what is lost or doubled.
"""

from __future__ import annotations

import datetime as dt
import http.client
import json
import multiprocessing
import os
import re
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.harness import Figure, report, runs, scratch
from benchmarks.live_kills import survive
from benchmarks.pages import Server, serving

BATCH = 100
SENDERS = 4
TARGET = 10_000
SETTINGS = """[shop]
id = "live"
name = "Live"
timezone = "Asia/Shanghai"
[live]
flush_seconds = 20
"""


@dataclass
class Sent:
    """What one sender met: seconds of each answer, and how many events were taken."""

    seconds: list[float] = field(default_factory=list)
    events: int = 0
    refused: int = 0


def make_shop(folder: Path) -> str:
    """A shop with a year of orders behind its pages, and the token of its owner."""
    from shopkeeper.access.grants import grant
    from shopkeeper.access.tokens import create_token
    from shopkeeper.access.users import create_user
    from shopkeeper.core.clock import utc_now
    from shopkeeper.ingest.load import load_paths
    from shopkeeper.warehouse.shop import open_shop, open_shop_state

    (folder / "inbox").mkdir(parents=True)
    (folder / "shopkeeper.toml").write_text(SETTINGS, encoding="utf-8")
    today = utc_now().date()
    rows = ["order_id,line_no,sku_id,customer_id,ordered_at,paid_at,quantity,payable_amount"]
    for n in range(20_000):
        day = today - dt.timedelta(days=n % 365 + 1)
        rows.append(f"o{n},1,tea{n % 50},c{n % 3000},{day} 10:00:00,{day} 10:01:00,1,{10 + n % 90}")
    (folder / "inbox" / "order_lines.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    shop = open_shop(folder)
    load_paths(shop, [shop.inbox], by="bench")
    state = open_shop_state(shop)
    now = utc_now()
    owner = create_user(state, "alice", "a long enough phrase 7", actor="bench", at=now)
    grant(state, owner.id, shop.id, "owner", actor="bench", at=now)
    token = create_token(state, "alice", "bench", expires_at=now + dt.timedelta(days=1), actor="bench", at=now).secret
    state.close()
    shop.close()
    return token


def send(port: int, token: str, sender: int, seconds: float, rate: float, answers: multiprocessing.Queue[Sent]) -> None:
    """Post batches at a steady rate, each waiting for its answer, from a process of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    done, begin, number = Sent(), time.perf_counter(), 0
    while (now := time.perf_counter()) - begin < seconds:
        due = begin + number * BATCH / rate
        if now < due:
            time.sleep(due - now)
        at = dt.datetime.now(dt.UTC).isoformat()
        body = json.dumps([
            {"event_id": f"{sender}-{number}-{n}", "happened_at": at, "name": "view", "visitor_id": f"v{(number * 7 + n) % 5000}",
             "sku_id": f"tea{n % 50}", "channel_id": "search", "attributes": {"page": "/tea", "n": n}}
            for n in range(BATCH)
        ])  # fmt: skip
        started = time.perf_counter()
        connection.request("POST", "/api/v1/events", body, headers)
        answer = connection.getresponse()
        answer.read()
        done.seconds.append(time.perf_counter() - started)
        if answer.status == 202:
            done.events += BATCH
        else:
            done.refused += 1
        number += 1
    answers.put(done)


@contextmanager
def sending(port: int, token: str, seconds: float, rate: float) -> Iterator[multiprocessing.Queue[Sent]]:
    """Some senders at work."""
    context = multiprocessing.get_context("spawn")
    answers: multiprocessing.Queue[Sent] = context.Queue()
    senders = [
        context.Process(target=send, args=(port, token, n, seconds, rate / SENDERS, answers)) for n in range(SENDERS)
    ]
    for sender in senders:
        sender.start()
    try:
        yield answers
    finally:
        for sender in senders:
            sender.join()


def pages(port: int, token: str, until: threading.Event, found: dict[str, list[float]]) -> None:
    """Open the dashboard four times a second, as people would."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while not until.is_set():
        for page in ("/", "/kpis"):
            started = time.perf_counter()
            connection.request("GET", page, headers={"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"})
            connection.getresponse().read()
            found.setdefault(page, []).append(time.perf_counter() - started)
            until.wait(0.25)


def shown(port: int, token: str, times: int, before: int) -> list[float]:
    """Seconds from sending one payment to reading it from the board's stream; `before`: how many were sent already.

    A payment, because others push an event out of the board's newest ones within a moment.
    """
    headers = {"Authorization": f"Bearer {token}"}
    stream = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    stream.request("GET", "/live/stream", headers=headers)
    board = stream.getresponse()
    posting = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    found = []
    for number in range(times):
        time.sleep(0.13 * (number % 7))
        name = f"probe-{number}-{time.time_ns()}"
        told = {"event_id": name, "happened_at": dt.datetime.now(dt.UTC).isoformat(), "name": "pay", "value": 1}
        started = time.perf_counter()
        posting.request("POST", "/api/v1/events", json.dumps(told), {**headers, "Content-Type": "application/json"})
        posting.getresponse().read()
        while _orders(board.readline()) <= before + number:
            pass
        found.append(time.perf_counter() - started)
    stream.close()
    return found


def _orders(message: bytes) -> int:
    """The orders that one message of the board's stream shows."""
    found = re.search(rb'data-tile=\\"orders\\".*?title=\\"([0-9,]+)\\"', message)
    return int(found[1].replace(b",", b"")) if found else 0


def percentile(values: list[float], share: float) -> float:
    """The value that this share of the values does not pass."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def measure(server: Server, token: str) -> list[Figure]:
    """The figures of one server."""
    port, seconds = server.port, float(runs(30, 60))
    pages_met: dict[str, list[float]] = {}
    until = threading.Event()
    watching = threading.Thread(target=pages, args=(port, token, until, pages_met))
    probes = runs(10, 20)
    quiet = shown(port, token, probes, 0)
    with sending(port, token, seconds, TARGET * 1.1) as answers:
        begin = time.perf_counter()
        watching.start()
        time.sleep(2)
        busy = shown(port, token, runs(15, 30), probes)
        done = [answers.get() for _ in range(SENDERS)]
        spent = time.perf_counter() - begin
        until.set()
        watching.join()
    answers_met = [one for sent in done for one in sent.seconds]
    taken, refused = sum(sent.events for sent in done), sum(sent.refused for sent in done)
    against = f"batches of {BATCH}, {SENDERS} senders, one server"
    return [
        Figure("events taken durably", taken / spent, "events/s", TARGET, "higher", against=against),
        Figure("answer, median", statistics.median(answers_met) * 1000, "ms", against=against),
        Figure("answer, p99", percentile(answers_met, 0.99) * 1000, "ms", 250, against=against),
        Figure("batches refused", refused, "batches", against="503 with Retry-After"),
        *(
            Figure(f"{page} meanwhile, {name}", percentile(met, share) * 1000, "ms", bar, against="as a reader waits")
            for page, met in pages_met.items() for name, share, bar in (("median", 0.5, None), ("p95", 0.95, 100.0))
        ),
        Figure("to the board, p95", percentile(busy, 0.95), "s", 2.0, against="under this load"),
        Figure("to the board when quiet, p95", percentile(quiet, 0.95), "s", 2.0, against="one event at a time"),
    ]  # fmt: skip


def main() -> int:
    """Measure; the exit code says whether the bars are kept."""
    kills = int(os.environ.get("KILLS", "0"))
    with scratch() as folder:
        token = make_shop(folder / "live")
        with serving(folder / "live") as server:
            figures = measure(server, token)
        if kills:
            (folder / "kills").mkdir()
            (folder / "kills" / "shopkeeper.toml").write_text(SETTINGS, encoding="utf-8")
            survived = survive(folder / "kills", kills)
            against = f"{survived.confirmed:,} confirmed, {survived.flushes} flushes, {kills} kill -9"
            figures.append(Figure("events lost", survived.lost, "events", 0, against=against))
            figures.append(Figure("events doubled", survived.doubled, "events", 0, against=against))
    return report("live", figures)


if __name__ == "__main__":
    raise SystemExit(main())
