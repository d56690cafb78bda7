"""Whether a body comes from who shares our secret. The raw bytes are signed, so they are checked before anything is read."""

from __future__ import annotations

import base64
import hashlib
import hmac

from shopkeeper.errors import NotSignedIn

REPLAY_SECONDS = 300
"""How far the moment of a signed body may lie from our clock, on either side."""


def shopify_signature(secret: str, body: bytes) -> str:
    """Shopify's: base64 of HMAC-SHA256 over the raw body.

    >>> shopify_signature("hush", b"{}")
    'UFwgrGBPZilFtmKh8TqcovA78LGYb1BdWu9I4Q2oyRg='
    """
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def own_signature(secret: str, moment: str, body: bytes) -> str:
    """Ours: `sha256=` and the hex HMAC-SHA256 over the moment (Unix seconds), a full stop and the raw body.

    >>> own_signature("hush", "1783303200", b"[]")[:20]
    'sha256=44e3c7a3c020c'
    """
    return "sha256=" + hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()


def check_shopify(secret: str, body: bytes, given: str) -> None:
    """Raises NotSignedIn unless the body carries Shopify's signature."""
    if not hmac.compare_digest(shopify_signature(secret, body).encode(), given.encode("utf-8", "replace")):
        raise _refused("X-Shopify-Hmac-Sha256")


def check_own(secret: str, body: bytes, given: str, moment: str, *, now: float) -> None:
    """Raises NotSignedIn unless the body carries our signature, made a moment ago."""
    if not hmac.compare_digest(own_signature(secret, moment, body).encode(), given.encode("utf-8", "replace")):
        raise _refused("X-Shopkeeper-Signature")
    if not moment.isascii() or not moment.isdigit() or len(moment) > 12 or abs(now - int(moment)) > REPLAY_SECONDS:
        raise NotSignedIn(
            "this was signed too long ago, or ahead of our clock", where="header X-Shopkeeper-Timestamp", received=moment[:20],
            allowed=f"Unix seconds, at most {REPLAY_SECONDS} s from now", state="nothing was kept",
        )  # fmt: skip


def _refused(header: str) -> NotSignedIn:
    return NotSignedIn(
        "the signature does not fit the body", where=f"header {header}", state="nothing was kept",
        next_command="check the secret on both sides",
    )  # fmt: skip
