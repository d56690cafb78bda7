"""Post events to a server, waiting when it says that too much waits already."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from urllib.parse import urlencode, urlsplit

from shopkeeper.errors import SourceError, UsageError

TRIES = 8
_SECONDS = 30.0


def post_batch(
    address: str, body: bytes, token: str, *, shop: str = "", wait: Callable[[float], None] = time.sleep
) -> Mapping[str, object]:
    """The server's answer to a batch of lines. A batch may be sent again: an event is known by its id.

    Raises UsageError for an address that is none, SourceError when the server refuses or does not answer.
    """
    if urlsplit(address).scheme not in ("http", "https"):
        raise UsageError("this is no address of a server", received=address, allowed="http://HOST:PORT or https://HOST")
    query = f"?{urlencode({'shop': shop})}" if shop else ""
    request = urllib.request.Request(  # noqa: S310 - the scheme was looked at above
        f"{address.rstrip('/')}/api/v1/events{query}", body, method="POST",
        headers={"Content-Type": "application/x-ndjson", "Authorization": f"Bearer {token}"},
    )  # fmt: skip
    failure = ""
    for number in range(TRIES):
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
                data: Mapping[str, object] = json.load(answer)["data"]
                return data
        except urllib.error.HTTPError as error:
            failure = _told(error)
            if error.code not in (429, 503):
                break
            wait(float(error.headers.get("Retry-After") or 2**number))
        except OSError as error:
            failure = str(error)
            wait(min(2.0**number, 10.0))
    raise SourceError(
        "the server does not take these events", retryable=True, where=address, received=failure,
        state="what was answered before is kept there; the rest was not sent", next_command="send the same file again",
    )  # fmt: skip


def _told(error: urllib.error.HTTPError) -> str:
    try:
        told = json.load(error)["error"]
    except (ValueError, KeyError, TypeError):
        return f"HTTP {error.code}"
    return f"HTTP {error.code}: {told.get('failed', '')} {told.get('allowed', '')}".strip()
