"""Proof that a form was sent from our own page.

The proof is an HMAC keyed with the session's secret, which another site can make a browser send but can never read; so
it is bound to the session, needs no store and no server key, and ends with the session. A fresh random part makes every
page differ, against BREACH. Before sign-in, any random cookie of the visit serves as the secret in the same way.
Source: OWASP CSRF Prevention Cheat Sheet, "Signed Double-Submit Cookie".
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from shopkeeper.errors import AccessDenied

_PURPOSE = b"shopkeeper csrf v1:"


def csrf_token(session_token: str) -> str:
    """A token for one page of a session; any number are valid at once.

    >>> check_csrf("the session's secret", csrf_token("the session's secret"))
    """
    salt = secrets.token_hex(16)
    return f"{salt}.{_proof(session_token, salt)}"


def check_csrf(session_token: str, received: str | None) -> None:
    """Raises AccessDenied unless `received` was made for this session. Compares in constant time."""
    salt, _, proof = (received or "").partition(".")
    expected = _proof(session_token, salt)
    if not session_token or not hmac.compare_digest(expected.encode(), proof.encode("utf-8", "replace")):
        raise AccessDenied(
            "the form is no longer valid",
            received="no token" if not received else "a token of another session",
            state="nothing was changed",
            next_command="reload the page and send it again",
        )


def _proof(session_token: str, salt: str) -> str:
    message = _PURPOSE + salt.encode("utf-8", "replace")
    return hmac.new(session_token.encode(), message, hashlib.sha256).hexdigest()
