"""A receiver of webhooks on loopback: it checks the signature by itself, and answers as a test tells it to."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Receiver:
    """What came, and what the next requests are answered: a status, "hang", "drop" or "trickle"; 200 when none is left."""

    secret: str
    url: str = ""
    answers: list[int | str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    got: list[tuple[str, bytes]] = field(default_factory=list)
    seen: dict[str, bytes] = field(default_factory=dict)
    unsigned: int = 0
    sent_headers: list[dict[str, str]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def take(self, message_id: str, timestamp: str, signatures: str, body: bytes) -> bool:
        """Whether the message is signed by who knows the secret. The effect is kept once for each id."""
        signed = b".".join([message_id.encode(), timestamp.encode(), body])
        right = base64.b64encode(hmac.new(self.secret.encode(), signed, hashlib.sha256).digest()).decode()
        fresh = abs(time.time() - int(timestamp)) < 300
        if not fresh or f"v1,{right}" not in signatures.split():
            self.unsigned += 1
            return False
        self.got.append((message_id, body))
        self.seen.setdefault(message_id, body)
        return True


@contextlib.contextmanager
def receiving(secret: str) -> Iterator[Receiver]:
    """A receiver that listens until the end."""
    receiver = Receiver(secret)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.sent_headers.append({name.lower(): value for name, value in self.headers.items()})
            parts = [self.headers.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature")]
            known = receiver.take(parts[0], parts[1], parts[2], body)
            answer = receiver.answers.pop(0) if receiver.answers else 200
            if answer == "hang":
                receiver.released.wait(30)
                return
            if answer == "drop":
                self.connection.close()
                return
            self.send_response((200 if answer == "trickle" else int(answer)) if known else 401)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(OSError):
                if answer == "trickle":
                    while not receiver.released.wait(0.05):
                        self.wfile.write(b".")
                        self.wfile.flush()
                self.wfile.write(b"thank you")

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook?key=hidden"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.released.set()
        server.shutdown()
        thread.join(10)
        server.server_close()
