"""A platform on loopback that enforces its signature, pages, throttles, drops connections and sends what is personal.

    with served("taobao") as door:
        door.next_faults = ["drop", "throttle", ""]      # one a request, before what is right
        …

The checks of the signatures are written after the platforms' documents, apart from the product's own functions.
"""

from __future__ import annotations

import contextlib
import copy
import datetime as dt
import email.utils
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from shopkeeper.ingest.platforms.fixture import ApiFixture

NOW = dt.datetime(2026, 7, 6, 16, 0, tzinfo=dt.UTC)
"""The moment of the tests: the end of the fixtures' day in China."""
KEY, SECRET, TOKEN = "app-1234", "secret-of-the-app-5f2d", "token-of-the-shop-9a1c"
Json = Any


class DeniedError(Exception):
    """The platform says no: `kind` is what a door's `refusal` words."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(kind)


@dataclass
class Incoming:
    """A request as it came in."""

    verb: str
    path: str
    query: dict[str, str]
    body: bytes
    headers: dict[str, str]


@dataclass
class Outgoing:
    """An answer."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def answer(content: Json, status: int = 200, **headers: str) -> Outgoing:
    """A JSON answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Outgoing(json.dumps(content, ensure_ascii=False).encode(), status, named)


@dataclass
class Door:
    """One platform. Subclasses read requests, check signatures and word answers; records and faults are set by the test.

    `next_faults` are consumed one a request: "drop" cuts the connection, "429" and "throttle" are too many calls by HTTP and
    by the platform's code, "garbage" is no JSON, "strange" is another JSON, "half" ends in the middle; "" is none, and any
    other is a refusal of that kind. `between` is called before each page with its number, and may change the records.
    """

    fixture: ApiFixture
    secret: str = SECRET
    token: str = TOKEN
    next_faults: list[str] = field(default_factory=list)
    always: str = ""
    between: Callable[[Door, str, int], None] = lambda door, method, number: None
    lost_pages: int = 0
    asked: list[tuple[str, Json]] = field(default_factory=list)
    clock_ahead: float = 0.0
    records: dict[str, list[Json]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.records = {name: copy.deepcopy(list(records)) for name, records in self.fixture.records.items()}

    @property
    def now(self) -> dt.datetime:
        """The moment by the platform's clock."""
        return NOW + dt.timedelta(seconds=self.clock_ahead)

    def handle(self, request: Incoming) -> Outgoing | None:
        """The answer to one request; None cuts the connection."""
        with self.lock:
            fault = self.next_faults.pop(0) if self.next_faults else self.always
            if fault == "drop":
                return None
            if fault == "429":
                return answer({"message": "slow down"}, 429, Retry_After="1")
            if fault == "garbage":
                return Outgoing("<html>王小满 维护中</html>".encode(), headers={"Content-Type": "text/html"})
            if fault == "strange":
                return answer({"hello": ["王小满"]})
            if fault == "half":
                return Outgoing(b'{"response": {"rec')
            if fault:
                return self.refusal(fault)
            try:
                method, params = self.read(request)
                self.asked.append((method, params))
                return self.reply(method, params)
            except DeniedError as denied:
                return self.refusal(denied.kind)

    def read(self, request: Incoming) -> tuple[str, Json]:
        """The method and its parameters, once signature, token and moment are right."""
        raise NotImplementedError

    def reply(self, method: str, params: Json) -> Outgoing:
        """What a call answers."""
        raise NotImplementedError

    def refusal(self, kind: str) -> Outgoing:
        """An error of the platform, by kind: throttle, signature, token, clock, permission, passing."""
        raise NotImplementedError

    def page(
        self, method: str, call: str, inside: Callable[[Json], bool], number: int, size: int
    ) -> tuple[list[Json], int]:
        """A page, counted from 0, of the records that are inside, newest first, and how many there are."""
        self.between(self, method, number)
        found = [record for record in reversed(self.records[call]) if inside(record)]
        shown = found[number * size : (number + 1) * size]
        if number == 0 and found and self.lost_pages:
            self.lost_pages -= 1
            shown = []
        return shown, len(found)


@contextlib.contextmanager
def served(door: Door) -> Iterator[str]:
    """The address of a door on loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # noqa: N802
            self._answer()

        def do_POST(self) -> None:  # noqa: N802
            self._answer()

        def log_message(self, format: str, *args: object) -> None:
            del format, args

        def date_time_string(self, timestamp: float | None = None) -> str:
            del timestamp
            return door_date(door)

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            headers = {name.lower(): value for name, value in self.headers.items()}
            out = door.handle(Incoming(self.command, parts.path, query, body, headers))
            if out is None:
                self.close_connection = True
                with contextlib.suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(out.status)
            told = {"Content-Type": "application/json;charset=UTF-8"} | out.headers
            for name, value in (told | {"Content-Length": str(len(out.body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(out.body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def door_date(door: Door) -> str:
    """The Date of a door's answers: the tests' moment, and what its clock is ahead."""
    return email.utils.format_datetime(door.now, usegmt=True)
