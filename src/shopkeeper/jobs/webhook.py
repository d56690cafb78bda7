"""A channel: POST the message to an address, signed, so that the receiver knows who sent it and when.

The form is that of Standard Webhooks, which receivers can check with a ready-made library: `webhook-id` (the same on every
attempt), `webhook-timestamp`, and `webhook-signature: v1,BASE64`, an HMAC-SHA256 over `id.timestamp.body`.
Source: Standard Webhooks specification 1.0.0, "Signature scheme" and "Deliverability and reliability".
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import email.utils
import hashlib
import hmac
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shopkeeper import __version__
from shopkeeper.errors import ConfigError, Undelivered
from shopkeeper.jobs.outbox import Message

if TYPE_CHECKING:
    import httpx2

SECONDS = 10.0
"""Limit of each of connecting, sending and waiting for the answer."""

LATER = (408, 425, 429)
"""The answers of 4xx that ask to come back; all others of 4xx are final."""

_READ_BYTES = 500
_LONGEST_WAIT = 6 * 3600.0
_PREFIX = "whsec_"


@dataclass(frozen=True)
class Webhook:
    """One receiver. `secret` is a text, or `whsec_` and base64 as Standard Webhooks write it."""

    url: str
    secret: str = field(repr=False)
    seconds: float = SECONDS

    def send(self, message: Message, at: dt.datetime) -> str:
        """POST the message. 2xx is delivered; 4xx is final but for 408, 425 and 429; everything else is tried again.

        A redirect is final too: following it would sign for another receiver than the one that was configured.
        """
        import httpx2

        where = self._shown()
        try:
            with (
                httpx2.Client(timeout=self.seconds, follow_redirects=False, trust_env=False) as client,
                client.stream(
                    "POST", self.url, content=message.body.encode(), headers=self._headers(message, at)
                ) as answer,
            ):
                said = self._read(answer)
        except httpx2.InvalidURL as error:
            raise Undelivered("the address cannot be used", final=True, where=where, received=error) from None
        except httpx2.TimeoutException as error:
            raise Undelivered(
                "the receiver did not answer in time", final=False, where=where, received=type(error).__name__
            ) from None
        except httpx2.HTTPError as error:
            raise Undelivered("the receiver cannot be reached", final=False, where=where, received=error) from None
        if answer.is_success:
            return f"{answer.status_code} {said}".strip()
        final = not answer.is_server_error and answer.status_code not in LATER
        raise Undelivered(
            "the receiver refused the message" if final else "the receiver could not take the message now", final=final,
            wait_seconds=0.0 if final else _asked_wait(answer.headers.get("retry-after", ""), at), where=where,
            received=f"{answer.status_code} {said}".strip(),
        )  # fmt: skip

    def _headers(self, message: Message, at: dt.datetime) -> dict[str, str]:
        seconds = str(int(at.timestamp()))
        return {
            "content-type": "application/json",
            "user-agent": f"Shopkeeper/{__version__}",
            "webhook-id": message.id,
            "webhook-timestamp": seconds,
            "webhook-signature": signature(self.secret, message.id, seconds, message.body.encode()),
        }

    def _read(self, answer: httpx2.Response) -> str:
        """The beginning of the answer's text; a receiver that trickles is not listened to for ever."""
        end = time.monotonic() + self.seconds
        said = b""
        for part in answer.iter_raw():
            said += part
            if len(said) >= _READ_BYTES or time.monotonic() > end:
                break
        return " ".join(said[:_READ_BYTES].decode("utf-8", "replace").split())

    def _shown(self) -> str:
        """The address without what may be secret in it: user, password and query."""
        import httpx2

        try:
            url = httpx2.URL(self.url)
        except httpx2.InvalidURL:
            return "the webhook's address"
        return f"{url.scheme}://{url.host}{f':{url.port}' if url.port else ''}{url.path}"


def signature(secret: str, message_id: str, seconds: str, body: bytes) -> str:
    """What stands in `webhook-signature`.

    >>> signature("whsec_c2VjcmV0", "msg_1", "1614265330", b"{}") == signature("secret", "msg_1", "1614265330", b"{}")
    True
    """
    signed = f"{message_id}.{seconds}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode()


def _key(secret: str) -> bytes:
    if not secret.startswith(_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise ConfigError(
            "the secret of the webhook cannot be read", where="shopkeeper.toml, key notify.secret",
            received="whsec_ and something that is not base64", allowed="any text, or whsec_ and base64",
        ) from None  # fmt: skip


def _asked_wait(header: str, at: dt.datetime) -> float:
    """Seconds that Retry-After asks for, as a number or a date, 0 when it does not; never more than six hours."""
    if header.strip().isdigit():
        return min(float(header), _LONGEST_WAIT)
    try:
        wait = (email.utils.parsedate_to_datetime(header) - at).total_seconds()
    except (ValueError, TypeError):
        return 0.0
    return min(max(wait, 0.0), _LONGEST_WAIT)
